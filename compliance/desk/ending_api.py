"""`/api/v1/agreements/…`: cancelling, ending early and closing, each legal move by the one table (domain 6.1)."""

from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import content_of
from agreements.parties.actions import Upload
from agreements.register import ending
from agreements.register.actions import agreement_of_order
from agreements.register.api_schemas import (
    ClosingBody,
    DeclaredEndBody,
    EndByAgreementBody,
    GroundsBody,
    LifeShown,
)
from agreements.register.ending_rules import EndingGround
from agreements.register.models import Agreement
from agreements.register.rules import legal_events
from compliance.desk.ending_proofs import closing_proof
from compliance.desk.reading import life_of
from compliance.desk.rules import state_at
from compliance.retention.clocks import schedule_clocks

room = RestRoom(
    "life",
    __name__,
    path="/agreements",
    description="The life of an agreement: what is legal now, early ends with their proof, closing.",
)
ORDER = "/<order_no>"


@room.reads(f"{ORDER}/life", answers=LifeShown)
def life(order_no: str) -> dict[str, Any]:
    """The state of an agreement and what may happen to it now."""
    session = db.session()
    return _shown(_agreement(session, order_no), clock.now(session))


@room.acts(f"{ORDER}/cancel", takes=GroundsBody, answers=LifeShown)
def cancel(session: Session, *, now: datetime, order_no: str, reason: str) -> dict[str, Any]:
    """Cancel an unpaid order."""
    agreement = _agreement(session, order_no)
    ending.cancel_order(session, agreement, reason=reason, actor=g.actor, now=now)
    return _shown(agreement, now)


@room.acts(f"{ORDER}/end-by-agreement", takes=EndByAgreementBody, answers=LifeShown)
def end_by_agreement(
    session: Session,
    *,
    now: datetime,
    order_no: str,
    ground: str,
    ended_at: datetime,
    reason: str,
    proof: dict[str, Any],
) -> dict[str, Any]:
    """End it by a document that both signed, also for a later instant, or by a refund of the whole order."""
    agreement = _agreement(session, order_no)
    ending.end_by_agreement(
        session,
        agreement,
        EndingGround(ground),
        ended_at=ended_at,
        reason=reason,
        proof=_upload(proof),
        actor=g.actor,
        now=now,
    )
    return _shown(agreement, now)


@room.acts(f"{ORDER}/end-for-provider-cause", takes=DeclaredEndBody, answers=LifeShown)
def end_for_provider_cause(
    session: Session, *, now: datetime, order_no: str, arrived_at: datetime, reason: str, proof: dict[str, Any]
) -> dict[str, Any]:
    """End it for our reason; our notice has arrived."""
    agreement = _agreement(session, order_no)
    ending.end_for_provider_cause(
        session, agreement, arrived_at=arrived_at, reason=reason, proof=_upload(proof), actor=g.actor, now=now
    )
    return _shown(agreement, now)


@room.acts(f"{ORDER}/close", takes=ClosingBody, answers=LifeShown)
def close(session: Session, *, now: datetime, order_no: str, reason: str, retention_scheduled: bool) -> dict[str, Any]:
    """Close it when everything that followed its end is done."""
    agreement = _agreement(session, order_no)
    if retention_scheduled:
        schedule_clocks(session, agreement, actor=g.actor, now=now)
    proof = closing_proof(session, agreement, retention_scheduled=retention_scheduled)
    ending.close_agreement(session, agreement, proof, reason=reason, actor=g.actor, now=now)
    return _shown(agreement, now)


def _agreement(session: Session, order_no: str) -> Agreement:
    return agreement_of_order(session, require_shown_text(order_no, "order_no"))


def _upload(file: dict[str, Any]) -> Upload:
    return Upload(file["name"], file["media_type"], content_of(file, "proof"))


def _shown(agreement: Agreement, now: datetime) -> dict[str, Any]:
    state = state_at(life_of(agreement), now)
    return {
        "order_no": agreement.order_no,
        "state": state,
        "ended_at": agreement.ended_at,
        "legal_now": legal_events(state),
    }
