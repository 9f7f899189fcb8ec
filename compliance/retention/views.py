"""Pages: what is kept until when and why, holds, duties that survive, and who saw what is confidential."""

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import access_log, clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.access_log import Search, SensitiveKind
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import parse_date, start_of
from agreements.kernel.web.paging import page_of
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.actions import agreement_of_order
from agreements.register.models import Agreement
from compliance.retention import reading
from compliance.retention.holding import hold_of_id, lift_hold, place_hold
from compliance.retention.positions import kept_whole
from compliance.retention.rules import LAW, OF_AGREEMENTS, HoldGround
from compliance.retention.seen import seen
from compliance.retention.watching import watch

retention = Blueprint("retention", __name__, url_prefix="/retention")
accesses = Blueprint("accesses", __name__, url_prefix="/access-log")
retention.after_app_request(watch)

LONGEST_SEARCH = 100
ROWS = 20
ONE_DAY = timedelta(days=1)


@retention.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    page = page_of(session, reading.ended_agreements(text), size=ROWS)
    return render_template(
        "retention/list.html",
        page=page,
        kept={each.id: kept_whole(session, each, now=now) for each in page.rows},
        destroyed=reading.destroyed_classes(session, [each.id for each in page.rows]),
        holds=reading.standing(session),
        periods=reading.periods(session, now=now),
        with_content=OF_AGREEMENTS,
        text=text,
        now=now,
    )


@retention.get("/agreements/<order_no>")
def show(order_no: str) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    return _page(order_no)


def _page(
    order_no: str, *, form: Mapping[str, str] | None = None, error: LuyueError | None = None
) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    agreement = agreement_of_order(session, order_no)
    page = render_template(
        "retention/agreement.html",
        sheet=reading.sheet_of(session, agreement, now=now),
        agreement=agreement,
        grounds=list(HoldGround),
        law=LAW,
        form=form or {},
        error=error,
        now=now,
    )
    return page, error.status if error else 200


@retention.post("/agreements/<order_no>/holds")
def place(order_no: str) -> ResponseReturnValue:
    form = request.form
    try:
        with unit_of_work() as session:
            agreement = agreement_of_order(session, order_no)
            place_hold(
                session,
                agreement.tenant,
                None if form.get("scope") == "tenant" else agreement,
                ground=_ground(form.get("ground", "")),
                reference=form.get("reference", ""),
                reason=form.get("reason", ""),
                actor=g.actor,
                now=clock.now(session),
            )
    except (InvalidInput, Conflict) as error:
        return _page(order_no, form=form, error=error)
    flash(gettext("The hold is placed; nothing it covers is deleted."), "success")
    return redirect(url_for(".show", order_no=order_no))


@retention.post("/agreements/<order_no>/holds/<int:hold_id>/lift")
def lift(order_no: str, hold_id: int) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            reason = request.form.get("reason", "")
            lift_hold(session, hold_of_id(session, hold_id), reason=reason, actor=g.actor, now=clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _page(order_no, error=error)
    flash(gettext("The hold is lifted."), "success")
    return redirect(url_for(".show", order_no=order_no))


def _ground(text: str) -> HoldGround:
    try:
        return HoldGround(text)
    except ValueError:
        raise InvalidInput(N_("Choose one of those offered."), field="ground") from None


@accesses.get("")
def index_of_accesses() -> ResponseReturnValue:
    """Show who saw whose contact data, texts and files, newest first."""
    require(g.actor, Permission.READ_ACCESS_LOG)
    session = db.session()
    try:
        search, error = read_search(session, request.args), None
    except InvalidInput as refused:
        search, error = Search(), refused
    page = page_of(session, access_log.looks(search))
    tenants = {each.tenant_id for each in page.rows}
    agreements = {each.agreement_id for each in page.rows}
    html = render_template(
        "retention/accesses.html",
        page=page,
        tenants={
            row.id: row
            for row in session.execute(
                select(Tenant.id, Tenant.tenant_key, Party.name)
                .join(Party, Party.id == Tenant.party_id)
                .where(Tenant.id.in_(tenants))
            )
        },
        orders={
            row.id: row.order_no
            for row in session.execute(select(Agreement.id, Agreement.order_no).where(Agreement.id.in_(agreements)))
        },
        asked=request.args,
        kinds=list(SensitiveKind),
        error=error,
        seen=seen,
    )
    return html, error.status if error else 200


def read_search(session: Session, given: Mapping[str, str]) -> Search:
    """Read what the address asks for: person and tenant by part of a name, a kind, and days, both included."""
    name = given.get("tenant", "").strip()[:LONGEST_SEARCH]
    kind, since, until = given.get("kind", ""), given.get("since", ""), given.get("until", "")
    if kind and kind not in set(SensitiveKind):
        raise InvalidInput(N_("Choose one of those offered."), field="kind")
    tenants = None
    if name:
        found = (
            select(Tenant.id)
            .join(Party, Party.id == Tenant.party_id)
            .where(Party.normalised_name.contains(normalised_name(name), autoescape=True) | (Tenant.tenant_key == name))
        )
        tenants = tuple(session.scalars(found))
    return Search(
        person=given.get("person", "").strip()[:LONGEST_SEARCH],
        tenant_ids=tenants,
        kind=SensitiveKind(kind) if kind else None,
        from_at=start_of(parse_date(since, "since")) if since else None,
        to_at=start_of(parse_date(until, "until") + ONE_DAY) if until else None,
    )
