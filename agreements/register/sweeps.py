"""What the scheduler records of agreements' lives; the truth itself is computed from the stored bounds."""

from datetime import datetime

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import Session

from agreements.kernel.sweeps import Sweep
from agreements.register.actions import advance
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState, service_starts_at
from agreements.register.supplement_models import Supplement
from agreements.register.supplements import take_effect, waiting_to_take_effect


def agreements_to_advance(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of agreements whose start or end bound has passed unrecorded, oldest bound first."""
    started = and_(
        Agreement.state == AgreementState.EFFECTIVE,
        Agreement.service_start_at <= due_by,
        Agreement.effective_at <= due_by,
    )
    ended = and_(Agreement.state.in_(IN_FORCE), Agreement.service_end_exclusive_at <= due_by)
    ended_early = and_(Agreement.state.in_(IN_FORCE), Agreement.ended_at <= due_by)
    bound = case(
        (Agreement.ended_at <= due_by, Agreement.ended_at),
        (and_(started, Agreement.effective_at > Agreement.service_start_at), Agreement.effective_at),
        (started, Agreement.service_start_at),
        else_=Agreement.service_end_exclusive_at,
    )
    due = or_(ended, started, ended_early)
    return list(session.scalars(select(Agreement.id).where(due).order_by(bound, Agreement.id)))


def agreement_due_at(session: Session, agreement_id: int) -> datetime:
    """Return the bound that an agreement to be advanced has passed."""
    agreement = session.get_one(Agreement, agreement_id)
    if agreement.state is AgreementState.EFFECTIVE and agreement.effective_at is not None:
        starts_at = service_starts_at(agreement.service_start_at, agreement.effective_at)
        return min(starts_at, agreement.over_from)
    return agreement.over_from


def advance_agreement(session: Session, agreement_id: int, *, now: datetime) -> bool:
    """Record what time made true of one agreement; False where it was recorded already."""
    agreement = session.get_one(Agreement, agreement_id)
    before = agreement.state
    advance(session, agreement, now=now)
    return agreement.state is not before


def record_supplement(session: Session, supplement_id: int, *, now: datetime) -> bool:
    """Record that a supplement took effect; False where it was recorded already."""
    return take_effect(session, session.get_one(Supplement, supplement_id), now=now)


def supplement_due_at(session: Session, supplement_id: int) -> datetime:
    """Return the instant from which a supplement applies."""
    in_force_at = session.get_one(Supplement, supplement_id).in_force_at
    assert in_force_at is not None, "both have signed it"
    return in_force_at


SWEEPS = (
    Sweep("supplements", waiting_to_take_effect, record_supplement, supplement_due_at),
    Sweep("lifecycle", agreements_to_advance, advance_agreement, agreement_due_at),
)
