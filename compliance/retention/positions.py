"""Where agreements stand for retention: their ends, open duties, cases, settlements and holds."""

from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from agreements.kernel import policies
from agreements.kernel.instants import legal_date
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import OPEN_CASE_STATES
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES
from compliance.retention.models import RetentionHold
from compliance.retention.rules import (
    OF_AGREEMENTS,
    Clock,
    CountedFrom,
    Kept,
    Position,
    RetentionClass,
    clock_of,
    kept,
    longest,
    months_kept,
    policy_key,
)
from compliance.settlement.figures import last_day_of
from compliance.settlement.models import Settlement
from compliance.settlement.rules import SettlementState

RUNNING = (AgreementState.DRAFT, AgreementState.PENDING_PAYMENT, AgreementState.EFFECTIVE, AgreementState.IN_SERVICE)
UNSETTLED = (SettlementState.DRAFT, SettlementState.CONFIRMED, SettlementState.DISPUTED)


def position_of(session: Session, agreement: Agreement, *, now: datetime) -> Position:
    """Read one agreement's position. A period that has run out is over, whether or not a job has recorded it."""
    duties = select(func.count(Obligation.id)).where(
        Obligation.agreement_id == agreement.id, Obligation.state.in_(OPEN_STATES)
    )
    cases = select(func.count(BreachCase.id)).where(
        BreachCase.agreement_id == agreement.id, BreachCase.state.in_(OPEN_CASE_STATES)
    )
    settlements = select(func.count(Settlement.id)).where(
        Settlement.agreement_id == agreement.id, Settlement.state.in_(UNSETTLED)
    )
    last_event, last_on = _last_of(session, agreement)
    return Position(
        ended_on=_ended_on(agreement, now=now),
        last_on=last_on,
        last_event=last_event,
        is_held=bool(standing_holds(session, agreement)),
        has_open_duties=bool(session.scalar(duties)),
        has_open_cases=bool(session.scalar(cases)),
        is_unsettled=bool(session.scalar(settlements)),
    )


def _ended_on(agreement: Agreement, *, now: datetime) -> date | None:
    if agreement.state in RUNNING and agreement.over_from > now:
        return None
    return last_day_of(agreement)


def _last_of(session: Session, agreement: Agreement) -> tuple[CountedFrom, date | None]:
    performed = session.scalar(select(func.max(Obligation.performed_at)).where(Obligation.agreement_id == agreement.id))
    settled = session.scalar(select(func.max(Settlement.settled_on)).where(Settlement.agreement_id == agreement.id))
    performed_on = legal_date(performed) if performed else None
    if settled is not None and (performed_on is None or settled >= performed_on):
        return CountedFrom.SETTLED, settled
    return CountedFrom.PERFORMED, performed_on


def standing_holds(session: Session, agreement: Agreement) -> list[RetentionHold]:
    """Return the holds on the agreement and on everything of its tenant, oldest first."""
    return list(
        session.scalars(
            select(RetentionHold)
            .where(
                RetentionHold.lifted_at.is_(None),
                or_(
                    RetentionHold.agreement_id == agreement.id,
                    (RetentionHold.agreement_id.is_(None)) & (RetentionHold.tenant_id == agreement.tenant_id),
                ),
            )
            .order_by(RetentionHold.id)
        )
    )


def holds_ever(session: Session, agreement: Agreement) -> list[int]:
    """Return the ids of all holds that ever covered the agreement, lifted ones too, oldest first."""
    return list(
        session.scalars(
            select(RetentionHold.id)
            .where(
                or_(
                    RetentionHold.agreement_id == agreement.id,
                    (RetentionHold.agreement_id.is_(None)) & (RetentionHold.tenant_id == agreement.tenant_id),
                )
            )
            .order_by(RetentionHold.id)
        )
    )


def clock_now(
    session: Session, agreement: Agreement, retention_class: RetentionClass, *, now: datetime
) -> Clock | None:
    """Count a class's period by today's facts and the policy in force; None while the agreement runs."""
    policy_months = policies.value_of(session, policy_key(retention_class), at=now)
    return clock_of(position_of(session, agreement, now=now), retention_class, policy_months=policy_months)


def months(session: Session, retention_class: RetentionClass, *, now: datetime) -> int:
    return months_kept(retention_class, policies.value_of(session, policy_key(retention_class), at=now))


def kept_agreement(session: Session, agreement: Agreement, retention_class: RetentionClass, *, now: datetime) -> Kept:
    """Say how long one class of an agreement's papers is kept."""
    position = position_of(session, agreement, now=now)
    return kept(position, months=months(session, retention_class, now=now), today=legal_date(now))


def kept_whole(session: Session, agreement: Agreement, *, now: datetime) -> Kept:
    """Say when the last of an agreement's papers may go."""
    position = position_of(session, agreement, now=now)
    today = legal_date(now)
    return longest(kept(position, months=months(session, each, now=now), today=today) for each in OF_AGREEMENTS)
