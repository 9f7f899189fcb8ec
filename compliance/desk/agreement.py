"""The page of one agreement, and the acts due at its stage: confirming payment, opening the service."""

from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import SHANGHAI, parse_date, start_of
from agreements.kernel.money import Money
from agreements.kernel.web.downloads import stored_file
from agreements.register.actions import agreement_of_order, confirm_payment
from compliance.desk.agreement_reading import file_of_agreement, record_of
from compliance.desk.pages import render_desk
from compliance.desk.schemas import ActivationForm, PaymentForm, read_form
from compliance.retention.clocks import certificates_of
from compliance.service.actions import activate_service

blueprint = Blueprint("agreement", __name__, url_prefix="/agreements")

PAYMENT_FIELDS = ("amount", "paid_at", "reference")


@blueprint.get("/<order_no>")
def show(order_no: str) -> ResponseReturnValue:
    return _page(order_no)


def _page(order_no: str, *, form: Any = None, error: LuyueError | None = None) -> str:
    """Render the page; `?on=` asks for the terms of another day, `?timeline=all` for every act."""
    session = db.session()
    now = clock.now(session)
    on = request.args.get("on", "")
    terms_at = start_of(parse_date(on, "on")) if on else now
    record = record_of(
        session, order_no, terms_at=terms_at, now=now, whole_timeline=request.args.get("timeline") == "all"
    )
    return render_desk(
        "agreement.html",
        record=record,
        agreement=record.agreement,
        destroyed=certificates_of(session, record.agreement.id),
        form=form or {"amount": str(Money(record.agreement.paid_amount_fen)), "paid_at": "", "reference": ""},
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        error=error,
        terms_at=terms_at,
        on=on,
        now=now,
    )


@blueprint.post("/<order_no>/payment")
def pay(order_no: str) -> ResponseReturnValue:
    try:
        values = read_form(PaymentForm, request.form)
        with unit_of_work() as session:
            confirm_payment(
                session, agreement_of_order(session, order_no), **values, actor=g.actor, now=clock.now(session)
            )
    except (InvalidInput, Conflict) as error:
        return _page(order_no, form=request.form, error=error), error.status
    flash(gettext("The payment is confirmed; the agreement is effective from the moment of payment."), "success")
    return redirect(url_for("agreement.show", order_no=order_no))


@blueprint.post("/<order_no>/activate")
def activate(order_no: str) -> ResponseReturnValue:
    try:
        read_form(ActivationForm, request.form)
        with unit_of_work() as session:
            activate_service(session, agreement_of_order(session, order_no), actor=g.actor, now=clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _page(order_no, error=error), error.status
    flash(gettext("The service is open: the gateway allows from now on."), "success")
    return redirect(url_for("agreement.show", order_no=order_no))


@blueprint.get("/<order_no>/files/<int:file_id>")
def download(order_no: str, file_id: int) -> ResponseReturnValue:
    session = db.session()
    return stored_file(session, file_of_agreement(session, order_no, file_id))
