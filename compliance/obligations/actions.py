"""Opening obligations, judging performance, and recording that time has passed."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.calendar.deadline_rules import Deadline
from agreements.kernel import audit
from agreements.kernel.access.rules import SCHEDULER, Actor
from agreements.kernel.errors import N_, Stale
from agreements.register.models import Agreement
from compliance.obligations.models import FiringStage, Obligation, ObligationFiring
from compliance.obligations.rules import (
    CATALOGUE,
    OPEN_STATES,
    REMINDERS,
    ObligationCode,
    ObligationState,
    count_trace,
    judge_performance,
    may_be_performed,
    require_open,
)


def open_obligation(
    session: Session,
    agreement: Agreement,
    code: ObligationCode,
    *,
    cause: str,
    triggered_at: datetime,
    deadline: Deadline,
    actor: Actor,
    now: datetime,
) -> Obligation:
    """Start a clock. It may be born overdue: the next sweep records that, dated at its bound (T-13).

    Asked again for the same cause it returns the obligation that exists.
    """
    known = session.scalar(
        select(Obligation).where(
            Obligation.agreement_id == agreement.id, Obligation.code == code, Obligation.cause == cause
        )
    )
    if known is not None:
        return known
    entry = CATALOGUE[code]
    obligation = Obligation(
        agreement_id=agreement.id,
        code=code,
        debtor=entry.debtor,
        clause=entry.clause,
        cause=cause,
        generation=1,
        triggered_at=triggered_at,
        due_on=deadline.due_on,
        overdue_from=deadline.overdue_from,
        target_at=deadline.target_at,
        provisional=deadline.provisional,
        calendar_version=deadline.calendar_version,
        count_trace=count_trace(deadline),
        state=ObligationState.OPEN,
        opened_at=now,
    )
    session.add(obligation)
    session.flush()  # the audit row names its id
    _record(session, obligation, "obligation.opened", actor=actor, now=now, as_of=triggered_at)
    return obligation


def record_performance(
    session: Session, obligation: Obligation, *, performed_at: datetime, actor: Actor, now: datetime
) -> ObligationState:
    """Judge performance by when it arrived; late performance stays a fact, unless an earlier arrival is found.

    The form was checked by the caller.
    """
    before = obligation.state
    if not may_be_performed(before, arrived_at=performed_at, overdue_from=obligation.overdue_from):
        require_open(before)
    judged = judge_performance(arrived_at=performed_at, overdue_from=obligation.overdue_from)
    moved = session.scalar(
        update(Obligation)
        .where(Obligation.id == obligation.id, Obligation.state == before)
        .values(state=judged, performed_at=performed_at)
        .returning(Obligation.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else recorded the performance meanwhile."), clause=obligation.clause)
    session.refresh(obligation)
    _record(session, obligation, f"obligation.{judged.value}", actor=actor, now=now, as_of=performed_at)
    return judged


def void(session: Session, obligation: Obligation, *, reason: str, actor: Actor, now: datetime) -> None:
    """Domain 6.3: what triggered it fell away, or was recorded in error; the reason stays.

    What was performed can't be voided. The right to decide is checked by the caller.
    """
    moved = session.scalar(
        update(Obligation)
        .where(Obligation.id == obligation.id, Obligation.state.in_(OPEN_STATES))
        .values(state=ObligationState.VOID, void_reason=reason)
        .returning(Obligation.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else recorded the performance meanwhile."), clause=obligation.clause)
    session.refresh(obligation)
    _record(session, obligation, "obligation.void", actor=actor, now=now, as_of=now)


def mark_overdue(session: Session, obligation: Obligation, *, now: datetime) -> bool:
    """Record that the bound has passed, as of the bound itself. Returns False where that was recorded before."""
    moved = session.scalar(
        update(Obligation)
        .where(
            Obligation.id == obligation.id,
            Obligation.state == ObligationState.OPEN,
            Obligation.code.not_in(REMINDERS),
            Obligation.provisional.is_(False),
            Obligation.overdue_from <= now,
        )
        .values(state=ObligationState.OVERDUE, overdue_recorded_at=now)
        .returning(Obligation.id)
    )
    if moved is None:
        return False
    session.refresh(obligation)
    session.add(
        ObligationFiring(
            obligation_id=obligation.id,
            stage=FiringStage.OVERDUE,
            generation=obligation.generation,
            as_of=obligation.overdue_from,
            observed_at=now,
        )
    )
    _record(session, obligation, "obligation.overdue", actor=SCHEDULER, now=now, as_of=obligation.overdue_from)
    return True


def rejudge(session: Session, obligation: Obligation, deadline: Deadline, *, now: datetime) -> ObligationState:
    """E-36: judge what was judged late again by its right, later date: open, still overdue, or performed in time."""
    before, generation = obligation.state, obligation.generation
    if before is ObligationState.OVERDUE:
        is_late = now >= deadline.overdue_from and not deadline.provisional
        judged = ObligationState.OVERDUE if is_late else ObligationState.OPEN
    else:
        assert obligation.performed_at is not None, "late performance has its arrival"
        judged = judge_performance(arrived_at=obligation.performed_at, overdue_from=deadline.overdue_from)
    moved = session.scalar(
        update(Obligation)
        .where(Obligation.id == obligation.id, Obligation.state == before, Obligation.generation == generation)
        .values(
            state=judged,
            generation=generation + 1,
            due_on=deadline.due_on,
            overdue_from=deadline.overdue_from,
            target_at=deadline.target_at,
            provisional=deadline.provisional,
            calendar_version=deadline.calendar_version,
            count_trace=count_trace(deadline),
            overdue_recorded_at=obligation.overdue_recorded_at if judged is ObligationState.OVERDUE else None,
        )
        .returning(Obligation.id)
    )
    if moved is None:
        raise Stale(N_("The obligation was settled meanwhile."), clause=obligation.clause)
    session.refresh(obligation)
    if judged is not before:
        act = "obligation.reopened" if judged is ObligationState.OPEN else f"obligation.{judged.value}"
        _record(session, obligation, act, actor=SCHEDULER, now=now, as_of=now)
    return judged


def overdue_unrecorded(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of open obligations whose bound has passed by an instant, oldest bound first."""
    return list(
        session.scalars(
            select(Obligation.id)
            .where(
                Obligation.state == ObligationState.OPEN,
                Obligation.code.not_in(REMINDERS),
                Obligation.provisional.is_(False),
                Obligation.overdue_from <= due_by,
            )
            .order_by(Obligation.overdue_from, Obligation.id)
        )
    )


def _record(
    session: Session, obligation: Obligation, act: str, *, actor: Actor, now: datetime, as_of: datetime
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"obligation:{obligation.id}",
        agreement_id=obligation.agreement_id,
        tenant_id=obligation.agreement.tenant_id,
        clause=obligation.clause,
        now=now,
        as_of=as_of,
        details={
            "code": obligation.code.value,
            "due_on": obligation.due_on.isoformat(),
            "calendar": obligation.calendar_version,
        },
    )
