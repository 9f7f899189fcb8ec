"""Pages: the acts on a settlement. Each form names the version it was made from; nothing on GET changes anything."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.register.actions import agreement_of_order
from compliance.settlement import actions, reading, usage
from compliance.settlement.actions import calculation_to_confirm, settlement_of_id
from compliance.settlement.models import Settlement
from compliance.settlement.rules import Basis
from compliance.settlement.schemas import read_day, read_upload, read_whole, read_word, read_yuan
from compliance.settlement.views import settlement_page

settlement_acts = Blueprint("settlement_acts", __name__, url_prefix="/settlements")

Act = Callable[[Session, Settlement, datetime], None]


@settlement_acts.post("")
def open_for_order() -> ResponseReturnValue:
    """Open the settlement of an order by hand, where the job has not yet."""
    with unit_of_work() as session:
        agreement = agreement_of_order(session, request.form.get("order_no", "").strip())
        opened = actions.open_settlement(session, agreement, actor=g.actor, now=clock.now(session))
        address = url_for("settlements.show", settlement_id=opened.id)
    return redirect(address)


def _do(settlement_id: int, act: str, use_case: Act, said: str) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            use_case(session, settlement_of_id(session, settlement_id), clock.now(session))
    except (InvalidInput, Conflict) as error:
        return settlement_page(settlement_id, act=act, form=request.form, error=error)
    flash(said, "success")
    return redirect(url_for("settlements.show", settlement_id=settlement_id))


@settlement_acts.post("/<int:settlement_id>/usage")
def record_usage(settlement_id: int) -> ResponseReturnValue:
    def record(session: Session, settlement: Settlement, now: datetime) -> None:
        usage.record_usage(
            session,
            settlement.agreement,
            used=read_whole(request.form, "used"),
            used_through_on=read_day(request.form, "used_through_on"),
            source=request.form.get("source", ""),
            upload=read_upload(request.files.get("file")),
            knows_beyond_quota=request.form.get("knows_beyond_quota") == "yes",
            actor=g.actor,
            now=now,
        )

    return _do(settlement_id, "usage", record, gettext("The usage is recorded; a second person signs it off."))


@settlement_acts.post("/<int:settlement_id>/usage/<int:statement_id>/sign-off")
def sign_off(settlement_id: int, statement_id: int) -> ResponseReturnValue:
    def sign(session: Session, settlement: Settlement, now: datetime) -> None:
        statement = usage.statement_of_id(session, statement_id, agreement_id=settlement.agreement_id)
        usage.sign_off(session, statement, actor=g.actor, now=now)

    return _do(settlement_id, "sign_off", sign, gettext("The usage statement is effective."))


@settlement_acts.post("/<int:settlement_id>/usage/<int:statement_id>/reject")
def reject(settlement_id: int, statement_id: int) -> ResponseReturnValue:
    def refuse(session: Session, settlement: Settlement, now: datetime) -> None:
        statement = usage.statement_of_id(session, statement_id, agreement_id=settlement.agreement_id)
        usage.reject(session, statement, reason=request.form.get("reason", ""), actor=g.actor, now=now)

    return _do(settlement_id, "reject", refuse, gettext("The usage statement is rejected."))


@settlement_acts.post("/<int:settlement_id>/earlier-refunds")
def earlier_refunds(settlement_id: int) -> ResponseReturnValue:
    def record(session: Session, settlement: Settlement, now: datetime) -> None:
        actions.set_earlier_refunds(
            session,
            settlement,
            read_yuan(request.form, "earlier_refunds"),
            note=request.form.get("note", ""),
            version=read_whole(request.form, "version"),
            actor=g.actor,
            now=now,
        )

    return _do(settlement_id, "earlier", record, gettext("Earlier refunds are taken off."))


@settlement_acts.get("/<int:settlement_id>/confirm")
def confirm_form(settlement_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.CONFIRM_SETTLEMENT)
    return _confirm_page(settlement_id)


@settlement_acts.post("/<int:settlement_id>/confirm")
def confirm(settlement_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.CONFIRM_SETTLEMENT)
    form = request.form
    try:
        with unit_of_work() as session:
            basis = read_word(Basis, form, "basis")
            actions.confirm(
                session,
                settlement_of_id(session, settlement_id),
                basis=basis,
                reason=form.get("reason", ""),
                refund=read_yuan(form, f"refund_{basis.value}"),
                version=read_whole(form, "version"),
                actor=g.actor,
                now=clock.now(session),
            )
    except (InvalidInput, Conflict) as error:
        return _confirm_page(settlement_id, error)
    flash(gettext("The settlement is confirmed; its figures stay."), "success")
    return redirect(url_for("settlements.show", settlement_id=settlement_id))


def _confirm_page(settlement_id: int, error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    found = reading.dossier_of(session, settlement_id)
    try:
        calculation_to_confirm(session, found.settlement, Basis.PAID_PROPORTIONAL)
    except Conflict as fault:
        return settlement_page(settlement_id, act="confirm", error=error or fault)
    page = render_template(
        "settlement/confirm.html",
        d=found,
        settlement=found.settlement,
        agreement=found.settlement.agreement,
        form=request.form,
        error=error,
        now=clock.now(session),
    )
    return page, error.status if error else 200


@settlement_acts.post("/<int:settlement_id>/pay")
def pay(settlement_id: int) -> ResponseReturnValue:
    def settle(session: Session, settlement: Settlement, now: datetime) -> None:
        actions.pay(
            session,
            settlement,
            paid_on=read_day(request.form, "paid_on"),
            reference=request.form.get("reference", ""),
            version=read_whole(request.form, "version"),
            actor=g.actor,
            now=now,
        )

    return _do(settlement_id, "pay", settle, gettext("The settlement is paid."))


@settlement_acts.post("/<int:settlement_id>/<any(dispute, uphold, withdraw):act>")
def decide(settlement_id: int, act: str) -> ResponseReturnValue:
    def say(session: Session, settlement: Settlement, now: datetime) -> None:
        given = {
            "reason": request.form.get("reason", ""),
            "version": read_whole(request.form, "version"),
            "actor": g.actor,
            "now": now,
        }
        USE_CASES[act](session, settlement, **given)

    return _do(settlement_id, act, say, gettext("It is recorded."))


USE_CASES: dict[str, Callable[..., object]] = {
    "dispute": actions.dispute,
    "uphold": actions.uphold,
    "withdraw": actions.withdraw,
}
