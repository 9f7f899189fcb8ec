"""Counting open dates again when the calendar has changed (rules T-14, E-47, E-48).

What is overdue or performed is never touched. Each date is dealt with once for a calendar, in a transaction of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from agreements.calendar.actions import counting_with, versions, working_calendar
from agreements.calendar.deadline_rules import Counting, Deadline
from agreements.calendar.deadline_table import Unit
from agreements.calendar.rules import WorkingCalendar
from agreements.kernel import audit
from agreements.kernel.access.rules import SCHEDULER, Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.instants import end_of
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import (
    OpenDate,
    Recount,
    RecountOutcome,
    RecountReason,
    RecountResolution,
    count_again,
    judge_recount,
    moved_target,
    open_date,
)
from compliance.obligations.rules import ObligationState, count_trace
from compliance.obligations.terms_counting import MARK, count_by_terms


@dataclass(frozen=True, slots=True)
class Move:
    """What a calendar would do to one open obligation."""

    obligation: Obligation
    recount: Recount


def not_recounted(session: Session, *, due_by: datetime) -> list[int]:
    """Return open obligations counted by another calendar than the one in force at an instant; earliest bound first."""
    calendar = working_calendar(session, at=due_by)
    done = exists().where(
        ObligationRecount.obligation_id == Obligation.id,
        ObligationRecount.generation == Obligation.generation,
        ObligationRecount.to_version == calendar.version,
    )
    return list(
        session.scalars(
            select(Obligation.id)
            .where(
                _may_move(changed_at(session, at=due_by) or due_by),
                Obligation.calendar_version != calendar.version,
                ~done,
            )
            .order_by(Obligation.overdue_from, Obligation.id)
        )
    )


def changed_at(session: Session, *, at: datetime) -> datetime | None:
    """Return when the calendar in force at an instant was recorded; None where nothing was."""
    recorded = versions(session, at=at)
    return recorded[-1].recorded_at if recorded else None


def recount(session: Session, obligation_id: int, *, now: datetime) -> ObligationRecount | None:
    """Count one open date again by the calendar in force and do what follows.

    None where nothing had to be done, or another scheduler did it. Where nothing moves, the row only learns by which
    calendar it is right.
    """
    calendar = working_calendar(session)
    obligation = session.scalar(
        select(Obligation).where(Obligation.id == obligation_id, _may_move(changed_at(session, at=now) or now))
    )
    if obligation is None or obligation.calendar_version == calendar.version or _is_done(session, obligation, calendar):
        return None
    new, judged = _judge(obligation, counting_with(session, calendar, now=now), now=now)
    if judged is None:
        _confirm(session, obligation, calendar.version)
        return None
    moves = judged.outcome is RecountOutcome.APPLIED
    settles = judged.outcome is RecountOutcome.KEPT and obligation.provisional and not judged.provisional
    row = ObligationRecount(
        obligation_id=obligation.id,
        generation=obligation.generation + (moves or settles),
        outcome=judged.outcome,
        reason=judged.reason,
        from_due_on=obligation.due_on,
        counted_on=judged.due_on,
        from_version=obligation.calendar_version,
        to_version=calendar.version,
        recounted_at=now,
    )
    session.add(row)
    session.flush()  # a second scheduler fails here on the unique key
    record_recount(session, row, obligation, now=now)
    if moves:
        assert new is not None, "what moves was counted"
        move_date(session, obligation, new, judged)
    elif settles:
        _become_final(session, obligation)
    return row


def moves_under(session: Session, calendar: WorkingCalendar, *, now: datetime) -> Iterator[Move]:
    """Yield what a calendar would do to the open obligations, earliest bound first; writes nothing."""
    counting = counting_with(session, calendar, now=now)
    for obligation in session.scalars(_open(now)):
        _, judged = _judge(obligation, counting, now=now)
        if judged is not None:
            yield Move(obligation, judged)


def undecided(session: Session) -> list[ObligationRecount]:
    """Return the dates that wait for a person, oldest first; a later recount of the same date speaks for it."""
    later = aliased(ObligationRecount)
    return list(
        session.scalars(
            select(ObligationRecount)
            .join(Obligation)
            .where(
                ObligationRecount.outcome == RecountOutcome.TO_PERSON,
                ObligationRecount.resolution.is_(None),
                Obligation.state == ObligationState.OPEN,
                Obligation.generation == ObligationRecount.generation,
                ~exists().where(
                    later.obligation_id == ObligationRecount.obligation_id, later.id > ObligationRecount.id
                ),
            )
            .order_by(ObligationRecount.id)
        )
    )


def resolve(
    session: Session, recount_id: int, resolution: RecountResolution, *, reason: str, actor: Actor, now: datetime
) -> ObligationRecount:
    """Decide on a date of ours that would be past at once: move it there, so that it is overdue, or keep it.

    Raises Stale where it was decided, performed or counted again since.
    """
    require(actor, Permission.MANAGE_CALENDAR)
    if not reason.strip():
        raise InvalidInput(N_("Give the reason for this decision."), field="reason")
    row = session.get(ObligationRecount, recount_id)
    if row is None:
        raise NotFound(N_("There is no recount %(id)s."), id=recount_id)
    if row.outcome is not RecountOutcome.TO_PERSON:
        raise Conflict(N_("This date needs no decision."), code="NO_DECISION")
    if resolution is RecountResolution.APPLIED and row.reason is RecountReason.NOT_COUNTABLE:
        raise InvalidInput(
            N_("There is no other date to move it to."),
            field="resolution",
            remedy=N_("Keep the date, or correct the term: it is counted again then."),
        )
    obligation = row.obligation
    is_open = row in undecided(session)
    decided = session.scalar(
        update(ObligationRecount)
        .where(ObligationRecount.id == row.id, ObligationRecount.resolution.is_(None))
        .values(resolution=resolution, resolved_at=now)
        .returning(ObligationRecount.id)
    )
    if decided is None or not is_open:
        raise Stale(N_("Somebody else decided on this date, or it is settled."), clause=obligation.clause)
    session.refresh(row)
    record_recount(session, row, obligation, actor=actor, now=now, reason=reason.strip())
    if resolution is RecountResolution.APPLIED:
        counting = counting_with(session, working_calendar(session), now=now)
        if row.to_version.startswith(MARK):
            new = count_by_terms(session, obligation, now=now)
        else:
            new = count_again(counting, obligation.count_trace, debtor=obligation.debtor)
        if new is None or new.due_on != row.counted_on:
            raise Stale(N_("The calendar was changed again; this date is counted anew."), clause=obligation.clause)
        judged = Recount(RecountOutcome.APPLIED, row.reason, new.due_on, new.due_on, provisional=new.provisional)
        move_date(session, obligation, new, judged)
    return row


def _may_move(changed: datetime) -> ColumnElement[bool]:
    """Open, and not past its bound when the calendar changed: what was late by then stays late (T-15)."""
    return and_(
        Obligation.state == ObligationState.OPEN,
        or_(Obligation.provisional.is_(True), Obligation.overdue_from > changed),
    )


def _open(now: datetime) -> Select[Obligation]:
    return select(Obligation).where(_may_move(now)).order_by(Obligation.overdue_from, Obligation.id)


def _is_done(session: Session, obligation: Obligation, calendar: WorkingCalendar) -> bool:
    known = select(ObligationRecount.id).where(
        ObligationRecount.obligation_id == obligation.id,
        ObligationRecount.generation == obligation.generation,
        ObligationRecount.to_version == calendar.version,
    )
    return session.scalar(known) is not None


def _judge(obligation: Obligation, counting: Counting, *, now: datetime) -> tuple[Deadline | None, Recount | None]:
    new = count_again(counting, obligation.count_trace, debtor=obligation.debtor)
    return new, judge_recount(date_of(obligation), new, now=now) if new is not None else None


def date_of(obligation: Obligation) -> OpenDate:
    return open_date(
        debtor=obligation.debtor,
        due_on=obligation.due_on,
        provisional=obligation.provisional,
        target_at=obligation.target_at,
        trace=obligation.count_trace,
    )


def _confirm(session: Session, obligation: Obligation, version: str) -> None:
    session.execute(
        update(Obligation)
        .where(
            Obligation.id == obligation.id,
            Obligation.state == ObligationState.OPEN,
            Obligation.generation == obligation.generation,
        )
        .values(calendar_version=version)
    )


def move_date(session: Session, obligation: Obligation, new: Deadline, judged: Recount) -> None:
    """Write the date with how it was counted; a stated date that became final keeps its own count."""
    stays_on = judged.stays_on
    is_new = stays_on == new.due_on
    target_at = moved_target(obligation.target_at, was_on=obligation.due_on, due_on=stays_on)
    _write(
        session,
        obligation,
        due_on=stays_on,
        overdue_from=new.overdue_from if is_new else end_of(stays_on),
        target_at=target_at if new.unit is not Unit.HOUR and target_at else new.target_at,
        provisional=judged.provisional,
        calendar_version=new.calendar_version,
        trace=count_trace(new) if is_new else obligation.count_trace,
    )


def _become_final(session: Session, obligation: Obligation) -> None:
    """The date stays at its later end, and can be missed from now on."""
    _write(
        session,
        obligation,
        due_on=obligation.due_on,
        overdue_from=obligation.overdue_from,
        target_at=obligation.target_at,
        provisional=False,
        calendar_version=obligation.calendar_version,
        trace=obligation.count_trace,
    )


def _write(
    session: Session,
    obligation: Obligation,
    *,
    due_on: date,
    overdue_from: datetime,
    target_at: datetime | None,
    provisional: bool,
    calendar_version: str,
    trace: dict[str, Any],
) -> None:
    moved = session.scalar(
        update(Obligation)
        .where(
            Obligation.id == obligation.id,
            Obligation.state == ObligationState.OPEN,
            Obligation.generation == obligation.generation,
        )
        .values(
            generation=obligation.generation + 1,
            due_on=due_on,
            overdue_from=overdue_from,
            target_at=target_at,
            provisional=provisional,
            calendar_version=calendar_version,
            count_trace=trace,
        )
        .returning(Obligation.id)
    )
    if moved is None:
        raise Stale(N_("The obligation was settled meanwhile."), clause=obligation.clause)
    session.refresh(obligation)


def record_recount(
    session: Session,
    row: ObligationRecount,
    obligation: Obligation,
    *,
    now: datetime,
    actor: Actor = SCHEDULER,
    reason: str | None = None,
) -> None:
    """Write to the audit trail what became of a date, or what a person decided on it."""
    audit.record(
        session,
        actor=actor,
        act="obligation.recounted" if row.resolution is None else "obligation.recount_decided",
        subject=f"obligation:{obligation.id}",
        agreement_id=obligation.agreement_id,
        tenant_id=obligation.agreement.tenant_id,
        clause=obligation.clause,
        now=now,
        reason=reason,
        details={
            "code": obligation.code.value,
            "outcome": (row.resolution or row.outcome).value,
            "why": row.reason.value,
            "from": row.from_due_on.isoformat(),
            "counted": row.counted_on.isoformat(),
            "from_calendar": row.from_version,
            "to_calendar": row.to_version,
        },
    )
