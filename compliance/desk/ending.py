"""Pages: how an agreement ends before its time, and closing it. Only what is legal now is offered (domain 6.1)."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import SHANGHAI, parse_instant
from agreements.register.actions import agreement_of_order
from agreements.register.ending import (
    cancel_order,
    close_agreement,
    end_by_agreement,
    end_for_provider_cause,
    ending_of,
)
from agreements.register.ending_rules import AGREED, EndingGround
from agreements.register.models import Agreement
from agreements.register.rules import legal_events
from agreements.register.views_supplements import read_upload
from compliance.desk.ending_proofs import breaches_of, clocks_at_closing, closing_proof
from compliance.desk.pages import render_desk
from compliance.desk.reading import life_of
from compliance.desk.rules import state_at
from compliance.retention.clocks import schedule_clocks
from compliance.retention.rules import LAW

blueprint = Blueprint("agreement_ending", __name__, url_prefix="/agreements")


@blueprint.get("/<order_no>/ending")
def show(order_no: str) -> ResponseReturnValue:
    return _page(order_no)


def _page(order_no: str, *, act: str = "", error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    agreement = agreement_of_order(session, order_no)
    state = state_at(life_of(agreement), now)
    page = render_desk(
        "ending.html",
        agreement=agreement,
        state=state,
        legal=[event.value for event in legal_events(state)],
        ending=ending_of(session, agreement.id),
        breaches=breaches_of(session, agreement),
        left=closing_proof(session, agreement),
        clocks=clocks_at_closing(session, agreement, now=now),
        law=LAW,
        grounds=AGREED,
        act=act,
        form=request.form,
        error=error,
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )
    return page, error.status if error else 200


@blueprint.post("/<order_no>/ending/cancel")
def cancel(order_no: str) -> ResponseReturnValue:
    def put(session: Session, agreement: Agreement, now: datetime) -> None:
        cancel_order(session, agreement, reason=request.form.get("reason", ""), actor=g.actor, now=now)

    return _do(order_no, "cancel", put, gettext("The order is cancelled."))


@blueprint.post("/<order_no>/ending/by-agreement")
def by_agreement(order_no: str) -> ResponseReturnValue:
    def put(session: Session, agreement: Agreement, now: datetime) -> None:
        ground = request.form.get("ground", "")
        if ground not in AGREED:
            raise InvalidInput(N_("Choose one of those offered."), field="ground")
        end_by_agreement(
            session,
            agreement,
            EndingGround(ground),
            ended_at=parse_instant(request.form.get("ended_at", ""), "ended_at"),
            reason=request.form.get("reason", ""),
            proof=read_upload(request.files.get("proof")),
            actor=g.actor,
            now=now,
        )

    return _do(order_no, "by-agreement", put, _ended())


@blueprint.post("/<order_no>/ending/provider-cause")
def provider_cause(order_no: str) -> ResponseReturnValue:
    def put(session: Session, agreement: Agreement, now: datetime) -> None:
        end_for_provider_cause(
            session,
            agreement,
            arrived_at=parse_instant(request.form.get("arrived_at", ""), "arrived_at"),
            reason=request.form.get("reason", ""),
            proof=read_upload(request.files.get("proof")),
            actor=g.actor,
            now=now,
        )

    return _do(order_no, "provider-cause", put, _ended())


@blueprint.post("/<order_no>/ending/close")
def close(order_no: str) -> ResponseReturnValue:
    def put(session: Session, agreement: Agreement, now: datetime) -> None:
        if request.form.get("retention") == "yes":
            schedule_clocks(session, agreement, actor=g.actor, now=now)
        proof = closing_proof(session, agreement, retention_scheduled=request.form.get("retention") == "yes")
        close_agreement(session, agreement, proof, reason=request.form.get("reason", ""), actor=g.actor, now=now)

    return _do(order_no, "close", put, gettext("The agreement is closed; confidentiality goes on."))


def _ended() -> str:
    return str(gettext("The end is recorded; the gateway denies from its instant."))


def _do(
    order_no: str, act: str, use_case: Callable[[Session, Agreement, datetime], None], said: str
) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            use_case(session, agreement_of_order(session, order_no), clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _page(order_no, act=act, error=error)
    flash(said, "success")
    return redirect(url_for("agreement.show", order_no=order_no))
