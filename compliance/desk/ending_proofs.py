"""What the desk can show for the register's guards: breaches that may end an agreement, what is left to be done."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agreements.register.ending_rules import ClosingProof
from agreements.register.models import Agreement
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES
from compliance.retention.clocks import is_scheduled
from compliance.retention.positions import clock_now
from compliance.retention.rules import OF_AGREEMENTS, Clock, RetentionClass
from compliance.settlement.actions import live_settlement
from compliance.settlement.figures import why_not_settled
from compliance.settlement.rules import SettlementState

UNCONFIRMED = (CaseState.SUSPECTED, CaseState.DISMISSED)


def breaches_of(session: Session, agreement: Agreement) -> list[BreachCase]:
    """Return the agreement's confirmed breaches, newest first."""
    return list(
        session.scalars(
            select(BreachCase)
            .where(BreachCase.agreement_id == agreement.id, BreachCase.state.not_in(UNCONFIRMED))
            .order_by(BreachCase.id.desc())
        )
    )


def clocks_at_closing(session: Session, agreement: Agreement, *, now: datetime) -> list[tuple[RetentionClass, Clock]]:
    """Return how long each class of papers will be kept if the agreement is closed now."""
    counted = [(each, clock_now(session, agreement, each, now=now)) for each in OF_AGREEMENTS]
    return [(each, clock) for each, clock in counted if clock is not None]


def closing_proof(session: Session, agreement: Agreement, *, retention_scheduled: bool = True) -> ClosingProof:
    """Return what is left; a settlement counts as closed where 4.6 asks for none.

    retention_scheduled  that the person who closes looked at how long the records are kept; their clocks are set too
    """
    open_obligations = session.scalar(
        select(func.count(Obligation.id)).where(
            Obligation.agreement_id == agreement.id, Obligation.state.in_(OPEN_STATES)
        )
    )
    settlement = live_settlement(session, agreement.id)
    settled = (
        settlement.state is SettlementState.PAID
        if settlement is not None
        else why_not_settled(session, agreement) is not None
    )
    return ClosingProof(
        open_obligations or 0,
        settlement_closed=settled,
        retention_scheduled=retention_scheduled and is_scheduled(session, agreement),
    )
