"""Scheduling: each class of an ended agreement's papers gets a clock that explains its date (domain 6.1, 12)."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import SCHEDULER, Actor
from agreements.kernel.instants import start_of
from agreements.register.models import Agreement
from compliance.retention.holding import CLAUSE
from compliance.retention.models import DestructionCertificate, RetentionClock
from compliance.retention.positions import clock_now
from compliance.retention.rules import OF_AGREEMENTS, Clock, RetentionClass

ONE_DAY = timedelta(days=1)


def clocks_of(session: Session, agreement_id: int) -> dict[RetentionClass, RetentionClock]:
    """Return an agreement's scheduled clocks by class; none before it was closed or had ended."""
    rows = session.scalars(select(RetentionClock).where(RetentionClock.agreement_id == agreement_id))
    return {row.retention_class: row for row in rows}


def certificates_of(session: Session, agreement_id: int) -> dict[RetentionClass, DestructionCertificate]:
    """Return what was destroyed of an agreement, by class."""
    rows = session.scalars(select(DestructionCertificate).where(DestructionCertificate.agreement_id == agreement_id))
    return {row.retention_class: row for row in rows}


def is_scheduled(session: Session, agreement: Agreement) -> bool:
    return set(clocks_of(session, agreement.id)) == set(OF_AGREEMENTS)


def schedule_clocks(session: Session, agreement: Agreement, *, now: datetime, actor: Actor = SCHEDULER) -> bool:
    """Write down how long each class is kept, by today's facts and policy; False where nothing is new.

    What blocks destruction does not stop a clock: it is asked when the clock has run out. An agreement that still
    runs has none.
    """
    found = clocks_of(session, agreement.id)
    destroyed = certificates_of(session, agreement.id)
    changed = {}
    for each in OF_AGREEMENTS:
        if each in destroyed:
            continue
        clock = clock_now(session, agreement, each, now=now)
        if clock is not None and _put(session, agreement, each, clock, found.get(each), actor=actor, now=now):
            changed[each.value] = clock.through_on.isoformat()
    if not changed:
        return False
    audit.record(
        session,
        actor=actor,
        act="retention.scheduled",
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=CLAUSE,
        now=now,
        details=changed,
    )
    return True


def _put(
    session: Session,
    agreement: Agreement,
    retention_class: RetentionClass,
    clock: Clock,
    row: RetentionClock | None,
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    if row is not None and as_rule(row) == clock:
        return False
    if row is None:
        row = RetentionClock(agreement_id=agreement.id, retention_class=retention_class)
        session.add(row)
    row.counted_from, row.counted_on = clock.counted_from, clock.counted_on
    row.months, row.floor_months, row.rests_on = clock.months, clock.floor_months, clock.rests_on
    row.through_on, row.due_at = clock.through_on, start_of(clock.through_on + ONE_DAY)
    row.scheduled_at, row.scheduled_by = now, actor.name
    session.flush()  # sweeps of the same transaction ask for it
    return True


def as_rule(row: RetentionClock) -> Clock:
    """Return a stored clock as the value that the rules know."""
    return Clock(
        counted_from=row.counted_from,
        counted_on=row.counted_on,
        months=row.months,
        floor_months=row.floor_months,
        rests_on=row.rests_on,
        through_on=row.through_on,
    )
