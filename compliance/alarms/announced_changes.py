"""Alarms about changes that tenants announced: on the day a person verifies whether they took effect (3.3 b)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import start_of
from agreements.kernel.sweeps import Sweep
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind, number_in
from compliance.changes.announcing import announced_to_verify
from compliance.changes.models import AnnouncedChange
from compliance.changes.rules import AnnouncedState

KINDS = (AlarmKind.ANNOUNCED_CHANGE_DUE,)


def cause_of(announced_id: int) -> str:
    return f"announced_change:{announced_id}"


def find_due(session: Session, *, due_by: datetime) -> list[int]:
    """Return announced changes whose day has come and that have called nobody yet, earliest day first."""
    told = set(session.scalars(select(Alarm.cause).where(Alarm.kind.in_(KINDS))))
    return [each for each in announced_to_verify(session, due_by=due_by) if cause_of(each) not in told]


def raise_due(session: Session, item_id: int, *, now: datetime) -> bool:
    announced = session.get_one(AnnouncedChange, item_id)
    if announced.state is not AnnouncedState.ANNOUNCED:
        return False
    raised = raise_alarm(
        session,
        AlarmKind.ANNOUNCED_CHANGE_DUE,
        cause=cause_of(item_id),
        stage="day",
        as_of=due_at(session, item_id),
        now=now,
        tenant_id=announced.tenant_id,
        details={"tenant_key": announced.tenant.tenant_key, "expected_on": announced.expected_on.isoformat()},
    )
    return raised is not None


def find_dealt_with(session: Session, *, due_by: datetime) -> list[int]:  # noqa: ARG001 - what is over is over
    """Return announced changes with an open alarm that a person has dealt with."""
    causes = session.scalars(
        select(Alarm.cause).where(Alarm.kind.in_(KINDS), Alarm.settled_at.is_(None)).order_by(Alarm.id)
    ).all()
    return list(
        session.scalars(
            select(AnnouncedChange.id)
            .where(
                AnnouncedChange.id.in_([int(number_in(cause)) for cause in causes]),
                AnnouncedChange.state != AnnouncedState.ANNOUNCED,
            )
            .order_by(AnnouncedChange.id)
        )
    )


def settle_dealt_with(session: Session, item_id: int, *, now: datetime) -> bool:
    return settle_alarms(session, cause=cause_of(item_id), now=now, actor=SCHEDULER, kinds=KINDS) > 0


def due_at(session: Session, item_id: int) -> datetime:
    return start_of(session.get_one(AnnouncedChange, item_id).expected_on)


def dealt_with_at(session: Session, item_id: int) -> datetime:
    announced = session.get_one(AnnouncedChange, item_id)
    return announced.settled_at or announced.recorded_at


SWEEPS = (
    Sweep("announced_change_due", find_due, raise_due, due_at=due_at),
    Sweep("announced_change_dealt_with", find_dealt_with, settle_dealt_with, due_at=dealt_with_at),
)
