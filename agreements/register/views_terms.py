"""Pages: the terms of one agreement in three columns at any instant, and the acts that set them right."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import SHANGHAI, parse_instant
from agreements.register.actions import agreement_of_order
from agreements.register.correcting import (
    approve_correction,
    correction_of_id,
    corrections_of,
    propose_correction,
    reject_correction,
)
from agreements.register.ledger import TermRow, ledger_of
from agreements.register.models import Agreement, Instrument
from agreements.register.online_terms import (
    Foreseen,
    conflict_of_id,
    foresee,
    record_online_terms,
    resolve_conflict,
    versions_of,
)
from agreements.register.rules import Succession, TermFact
from agreements.register.snapshots import record_snapshot, snapshot_of
from agreements.register.succession import (
    link_predecessor,
    others_of_tenant,
    predecessor_of,
    successors_of,
    transition,
)
from agreements.register.supplement_models import Supplement
from agreements.register.supplement_rules import state_at
from agreements.register.term_forms import Input, inputs_for, kind_of, read_value
from agreements.register.term_rules import Side
from agreements.register.views_supplements import read_upload

agreement_terms = Blueprint("agreement_terms", __name__, url_prefix="/agreements")


@agreement_terms.get("/<order_no>/terms")
def show(order_no: str) -> ResponseReturnValue:
    """Show the terms; `?at=` asks for another instant."""
    return _page(order_no)


def _page(order_no: str, *, act: str = "", error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    asked = request.args.get("at", "").strip()
    at = parse_instant(asked, "at") if asked else now
    agreement = agreement_of_order(session, order_no)
    before = predecessor_of(session, agreement)
    page = render_template(
        "register/terms.html",
        agreement=agreement,
        rows=sorted(ledger_of(session, agreement.id, at=at).values(), key=_by_clause),
        instruments=session.scalars(
            select(Instrument)
            .where(Instrument.agreement_id == agreement.id)
            .options(joinedload(Instrument.file))
            .order_by(Instrument.id)
        ).all(),
        supplements=session.scalars(
            select(Supplement).where(Supplement.agreement_id == agreement.id).order_by(Supplement.id.desc())
        ).all(),
        corrections=corrections_of(session, agreement.id),
        versions=versions_of(session, agreement.product_id),
        snapshot=snapshot_of(session, agreement.id),
        before=before,
        before_transition=transition(before, agreement) if before else None,
        successors=[(each, transition(agreement, each)) for each in successors_of(session, agreement)],
        choices=[(each.order_no, each.order_no) for each in others_of_tenant(session, agreement)],
        my_id=g.actor.id,
        asked=bool(asked),
        at=at,
        at_text=f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        state_at=state_at,
        act=act,
        form=request.form,
        error=error,
        now=now,
    )
    return page, error.status if error else 200


def _by_clause(row: TermRow) -> tuple[bool, list[tuple[int, str]], str]:
    clause = row.applied.clause
    parts = (clause or "").replace(" ", ".").split(".")
    return clause is None, [(int(part) if part.isdigit() else 0, part) for part in parts], row.applied.key


@agreement_terms.post("/<order_no>/conflicts/<int:conflict_id>")
def resolve(order_no: str, conflict_id: int) -> ResponseReturnValue:
    def put(session: Session, agreement: Agreement, now: datetime) -> None:
        side = request.form.get("side", "")
        if side not in tuple(Side):
            raise InvalidInput(N_("Choose one of those offered."), field="side")
        conflict = conflict_of_id(session, conflict_id)
        _require_of(agreement, conflict.agreement_id)
        resolve_conflict(session, conflict, Side(side), reason=request.form.get("reason", ""), actor=g.actor, now=now)

    return _do(order_no, f"conflict-{conflict_id}", put, gettext("The conflict is resolved."))


@agreement_terms.get("/<order_no>/corrections/new")
def correction_form(order_no: str) -> ResponseReturnValue:
    require(g.actor, Permission.PROPOSE_CORRECTION)
    return _correction_page(order_no, request.args.get("key", ""), request.args.get("instrument", ""))


def _correction_page(order_no: str, key: str, instrument: str, error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    agreement = agreement_of_order(session, order_no)
    document, current = _misread(session, agreement, key, instrument)
    page = render_template(
        "register/correction.html",
        agreement=agreement,
        document=document,
        asked=Input(key, kind_of(key, current), current),
        form=request.form,
        error=error,
    )
    return page, error.status if error else 200


@agreement_terms.post("/<order_no>/corrections")
def propose(order_no: str) -> ResponseReturnValue:
    key, instrument = request.form.get("key", ""), request.form.get("instrument", "")
    try:
        with unit_of_work() as session:
            agreement = agreement_of_order(session, order_no)
            document, current = _misread(session, agreement, key, instrument)
            propose_correction(
                session,
                agreement,
                key,
                read_value(request.form, Input(key, kind_of(key, current), current)),
                instrument_id=document.id,
                clause=request.form.get("clause", "").strip()[:40] or None,
                reason=request.form.get("reason", ""),
                actor=g.actor,
                now=clock.now(session),
            )
    except (InvalidInput, Conflict) as error:
        return _correction_page(order_no, key, instrument, error)
    flash(gettext("The correction waits for a second person."), "success")
    return redirect(url_for("agreement_terms.show", order_no=order_no, _anchor="corrections"))


def _misread(session: Session, agreement: Agreement, key: str, instrument: str) -> tuple[Instrument, object]:
    """Return the document whose reading is wrong, and what the record has of it; any other raises InvalidInput."""
    for row in ledger_of(session, agreement.id, at=clock.now(session)).values():
        for term in (row.annex, row.online, row.supplement):
            if term is not None and term.key == key and str(term.instrument_id) == instrument:
                return term.instrument, term.value
    raise InvalidInput(N_("This agreement has no such document."), field="instrument")


@agreement_terms.post("/<order_no>/corrections/<int:correction_id>/<any(approve, reject):decision>")
def decide(order_no: str, correction_id: int, decision: str) -> ResponseReturnValue:
    def put(session: Session, agreement: Agreement, now: datetime) -> None:
        correction = correction_of_id(session, correction_id)
        _require_of(agreement, correction.agreement_id)
        if decision == "approve":
            approve_correction(session, correction, actor=g.actor, now=now)
        else:
            reject_correction(session, correction, reason=request.form.get("reason", ""), actor=g.actor, now=now)

    return _do(order_no, f"correction-{correction_id}", put, gettext("It is recorded."))


@agreement_terms.get("/<order_no>/online-terms/new")
def online_form(order_no: str) -> ResponseReturnValue:
    require(g.actor, Permission.RECORD_ONLINE_TERMS)
    return _online_page(order_no, request.args.getlist("key"))


def _online_page(
    order_no: str, keys: list[str], error: LuyueError | None = None, foreseen: Foreseen | None = None
) -> ResponseReturnValue:
    session = db.session()
    agreement = agreement_of_order(session, order_no)
    current = _current(session, agreement)
    page = render_template(
        "register/online_terms.html",
        foreseen=foreseen,
        agreement=agreement,
        current=current,
        inputs=inputs_for([key for key in keys if key in current], current),
        form=request.form,
        error=error,
    )
    return page, error.status if error else 200


@agreement_terms.post("/<order_no>/online-terms")
def record_online(order_no: str) -> ResponseReturnValue:
    keys = request.form.getlist("key")
    try:
        with unit_of_work() as session:
            agreement = agreement_of_order(session, order_no)
            current = _current(session, agreement)
            inputs = inputs_for([key for key in keys if key in current], current)
            since = parse_instant(request.form.get("effective_from_at", ""), "effective_from_at")
            terms = [
                TermFact(asked.key, read_value(request.form, asked), request.form.get(f"clause_{asked.key}") or None)
                for asked in inputs
            ]
            if request.form.get("act") == "preview":
                require(g.actor, Permission.RECORD_ONLINE_TERMS)
                seen = foresee(session, agreement.product, effective_from_at=since, terms=terms, now=clock.now(session))
            else:
                seen = None
                record_online_terms(
                    session,
                    agreement.product,
                    label=request.form.get("label", ""),
                    effective_from_at=since,
                    terms=terms,
                    upload=read_upload(request.files.get("file")),
                    actor=g.actor,
                    now=clock.now(session),
                )
    except (InvalidInput, Conflict) as error:
        return _online_page(order_no, keys, error)
    if seen is not None:
        return _online_page(order_no, keys, foreseen=seen)
    flash(gettext("The online terms are recorded and compared with every order made under them."), "success")
    return redirect(url_for("agreement_terms.show", order_no=order_no))


def _current(session: Session, agreement: Agreement) -> dict[str, object]:
    rows = ledger_of(session, agreement.id, at=clock.now(session))
    return {key: rows[key].applied.value for key in sorted(rows)}


@agreement_terms.post("/<order_no>/spec-snapshot")
def keep_page(order_no: str) -> ResponseReturnValue:
    def put(session: Session, agreement: Agreement, now: datetime) -> None:
        record_snapshot(
            session,
            agreement,
            url=request.form.get("url", "").strip(),
            displayed_at=parse_instant(request.form.get("displayed_at", ""), "displayed_at"),
            calls_each=_calls("calls_each"),
            bonus_each=_calls("bonus_each") or 0,
            upload=read_upload(request.files.get("file")),
            actor=g.actor,
            now=now,
        )

    return _do(order_no, "snapshot", put, gettext("The page is kept; it governs what was bought."))


def _calls(name: str) -> int | None:
    said = request.form.get(name, "").strip().replace(",", "")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) <= 12):
        raise InvalidInput(N_("Write a whole number."), field=name, remedy=N_("Such as 10000."))
    return int(said)


@agreement_terms.post("/<order_no>/predecessor")
def follow(order_no: str) -> ResponseReturnValue:
    def put(session: Session, agreement: Agreement, now: datetime) -> None:
        kind = request.form.get("kind", "")
        if kind not in tuple(Succession):
            raise InvalidInput(N_("Choose one of those offered."), field="kind")
        old = agreement_of_order(session, request.form.get("predecessor", "").strip())
        link_predecessor(session, agreement, old, Succession(kind), actor=g.actor, now=now)

    return _do(order_no, "predecessor", put, gettext("The orders are linked."))


def _do(
    order_no: str, act: str, use_case: Callable[[Session, Agreement, datetime], None], said: str
) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            use_case(session, agreement_of_order(session, order_no), clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _page(order_no, act=act, error=error)
    flash(said, "success")
    return redirect(url_for("agreement_terms.show", order_no=order_no))


def _require_of(agreement: Agreement, agreement_id: int) -> None:
    if agreement.id != agreement_id:
        raise InvalidInput(N_("This belongs to another agreement."), field="order_no")
