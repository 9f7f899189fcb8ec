"""Pages: supplements, from the terms picked to the instant from which they apply (clause 8.1)."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.datastructures import FileStorage

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError, NotFound
from agreements.kernel.instants import SHANGHAI, parse_instant
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.paging import page_of
from agreements.parties.actions import Upload
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.actions import agreement_of_order
from agreements.register.models import Agreement
from agreements.register.supplement_models import Supplement
from agreements.register.supplement_rules import (
    SUPPLEMENT_MOVES,
    SigningParty,
    SupplementEvent,
    SupplementState,
    state_at,
)
from agreements.register.supplements import (
    AMENDABLE,
    Change,
    cancel,
    current_values,
    draft_supplement,
    sign,
    supplement_of_number,
)
from agreements.register.term_forms import inputs_for, read_value

supplements = Blueprint("supplements", __name__, url_prefix="/supplements")

OPEN, ALL = "open", "all"
TABS = (OPEN, *(state.value for state in SupplementState), ALL)
OPEN_STATES = (SupplementState.DRAFT, SupplementState.SIGNED_BY_ONE, SupplementState.SIGNED_BY_BOTH)


@supplements.get("")
def index() -> ResponseReturnValue:
    session = db.session()
    tab = request.args.get("state", OPEN)
    tab = tab if tab in TABS else OPEN
    text = request.args.get("q", "").strip()[:100]
    wanted = (
        select(Supplement)
        .join(Supplement.agreement)
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .options(joinedload(Supplement.agreement).joinedload(Agreement.tenant).joinedload(Tenant.party))
        .order_by(Supplement.id.desc())
    )
    if tab == OPEN:
        wanted = wanted.where(Supplement.state.in_(OPEN_STATES))
    elif tab != ALL:
        wanted = wanted.where(Supplement.state == SupplementState(tab))
    if text:
        wanted = wanted.where(
            or_(
                Party.normalised_name.contains(normalised_name(text), autoescape=True),
                Supplement.number.contains(text, autoescape=True),
            )
        )
    by_state = {
        state.value: count
        for state, count in session.execute(select(Supplement.state, func.count()).group_by(Supplement.state))
    }
    counts = {state.value: by_state.get(state.value, 0) for state in SupplementState}
    counts |= {OPEN: sum(counts[state.value] for state in OPEN_STATES), ALL: sum(counts.values())}
    return render_template(
        "register/supplements.html",
        page=page_of(session, wanted),
        counts=counts,
        tabs=TABS,
        tab=tab,
        text=text,
        state_at=state_at,
        now=clock.now(session),
    )


@supplements.get("/new")
def new() -> ResponseReturnValue:
    """First the terms are picked, then what they shall be is written beside what applies now."""
    require(g.actor, Permission.DRAFT_SUPPLEMENT)
    return _draft_page(request.args.get("order_no", "").strip(), request.args.getlist("key"))


def _draft_page(order_no: str, keys: list[str], error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    agreement = None
    if order_no:
        try:
            agreement = agreement_of_order(session, order_no)
        except NotFound as fault:
            error = fault
    current = current_values(session, agreement, at=now) if agreement else {}
    page = render_template(
        "register/supplement_draft.html",
        agreement=agreement,
        order_no=order_no,
        current=current,
        inputs=inputs_for([key for key in keys if key in current], current),
        amendable=agreement is not None and agreement.state in AMENDABLE,
        form=request.form,
        error=error,
        now=now,
    )
    return page, error.status if error else 200


@supplements.post("")
def draft() -> ResponseReturnValue:
    order_no, keys = request.form.get("order_no", "").strip(), request.form.getlist("key")
    try:
        with unit_of_work() as session:
            now = clock.now(session)
            agreement = agreement_of_order(session, order_no)
            current = current_values(session, agreement, at=now)
            inputs = inputs_for([key for key in keys if key in current], current)
            asked_for = request.form.get("asked_for_at", "").strip()
            number = draft_supplement(
                session,
                agreement,
                {asked.key: Change(read_value(request.form, asked)) for asked in inputs},
                asked_for_at=parse_instant(asked_for, "asked_for_at") if asked_for else None,
                reaches_back=request.form.get("reaches_back") == "yes",
                reason=request.form.get("reason", ""),
                upload=read_upload(request.files.get("file")),
                actor=g.actor,
                now=now,
            ).number
    except (InvalidInput, Conflict) as error:
        return _draft_page(order_no, keys, error)
    flash(gettext("The supplement is drafted; it has no effect before both sides have signed."), "success")
    return redirect(url_for("supplements.show", number=number))


@supplements.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    return _page(number)


def _page(number: str, *, act: str = "", error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    supplement = supplement_of_number(session, number)
    state = state_at(supplement.state, in_force_at=supplement.in_force_at, now=now)
    page = render_template(
        "register/supplement.html",
        supplement=supplement,
        agreement=supplement.agreement,
        state=state,
        can_sign=state in (SupplementState.DRAFT, SupplementState.SIGNED_BY_ONE),
        can_cancel=state in SUPPLEMENT_MOVES[SupplementEvent.CANCEL].sources,
        drafted_by_me=supplement.drafted_by_id is not None and supplement.drafted_by_id == g.actor.id,
        history=session.scalars(
            select(AuditEvent)
            .where(
                AuditEvent.agreement_id == supplement.agreement_id, AuditEvent.subject == f"supplement:{supplement.id}"
            )
            .order_by(AuditEvent.seq)
        ).all(),
        act=act,
        form=request.form,
        error=error,
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )
    return page, error.status if error else 200


@supplements.get("/<number>/file")
def download(number: str) -> ResponseReturnValue:
    session = db.session()
    file = supplement_of_number(session, number).file
    if file is None:
        raise NotFound(N_("This supplement has no document yet."), field="file")
    return stored_file(session, file)


@supplements.post("/<number>/sign/<any(provider, tenant):party>")
def sign_one(number: str, party: str) -> ResponseReturnValue:
    def put(session: Session, supplement: Supplement, now: datetime) -> None:
        written = request.form.get("signed_at", "").strip()
        sign(
            session,
            supplement,
            SigningParty(party),
            signed_at=parse_instant(written, "signed_at") if written else now,
            signer=request.form.get("signer", ""),
            upload=read_upload(request.files.get("file")),
            version=_version(),
            actor=g.actor,
            now=now,
        )

    return _do(number, party, put, gettext("The signature is recorded."))


@supplements.post("/<number>/cancel")
def drop(number: str) -> ResponseReturnValue:
    def put(session: Session, supplement: Supplement, now: datetime) -> None:
        reason = request.form.get("reason", "")
        cancel(session, supplement, reason=reason, version=_version(), actor=g.actor, now=now)

    return _do(number, "cancel", put, gettext("The supplement is cancelled."))


def _do(
    number: str, act: str, use_case: Callable[[Session, Supplement, datetime], None], said: str
) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            use_case(session, supplement_of_number(session, number), clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _page(number, act=act, error=error)
    flash(said, "success")
    return redirect(url_for("supplements.show", number=number))


def _version() -> int:
    written = request.form.get("version", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 9 else 0


def read_upload(sent: FileStorage | None) -> Upload | None:
    """Read an uploaded file; None where none was chosen."""
    if sent is None or not sent.filename:
        return None
    return Upload(sent.filename, sent.mimetype or "application/octet-stream", sent.read())
