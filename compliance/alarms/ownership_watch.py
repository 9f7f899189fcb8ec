"""Alarms about own platforms (clause 2.3): ownership to be looked at again, or found to be another's (E-46)."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import legal_date, start_of
from agreements.kernel.sweeps import Sweep
from agreements.parties.models import OwnPlatform
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind, number_in

KINDS = (AlarmKind.PLATFORM_RECHECK_DUE, AlarmKind.PLATFORM_IN_DOUBT)


def cause_of(platform_id: int) -> str:
    return f"platform:{platform_id}"


def _kind_of(platform: OwnPlatform, *, now: datetime) -> AlarmKind | None:
    """Return what a platform calls a person for; None for nothing."""
    if platform.until_at is not None and platform.until_at <= now:
        return None
    if platform.doubted_at is not None:
        return AlarmKind.PLATFORM_IN_DOUBT
    is_due = platform.recheck_on is not None and platform.recheck_on <= legal_date(now)
    return AlarmKind.PLATFORM_RECHECK_DUE if is_due else None


def _since(platform: OwnPlatform, kind: AlarmKind) -> datetime:
    if kind is AlarmKind.PLATFORM_IN_DOUBT and platform.doubted_at is not None:
        return platform.doubted_at
    assert platform.recheck_on is not None, "nothing else calls"
    return start_of(platform.recheck_on)


def _stage(platform: OwnPlatform, kind: AlarmKind) -> str:
    return _since(platform, kind).isoformat()


def find_due(session: Session, *, due_by: datetime) -> list[int]:
    """Return platforms that have called nobody yet for how they stand, oldest first."""
    told = {
        tuple(row) for row in session.execute(select(Alarm.kind, Alarm.cause, Alarm.stage).where(Alarm.kind.in_(KINDS)))
    }
    platforms = session.scalars(
        select(OwnPlatform)
        .where(
            OwnPlatform.removed_at.is_(None),
            or_(OwnPlatform.doubted_at <= due_by, OwnPlatform.recheck_on <= legal_date(due_by)),
        )
        .order_by(OwnPlatform.id)
    )
    found = []
    for platform in platforms:
        kind = _kind_of(platform, now=due_by)
        if kind is not None and (kind, cause_of(platform.id), _stage(platform, kind)) not in told:
            found.append(platform.id)
    return found


def raise_due(session: Session, item_id: int, *, now: datetime) -> bool:
    platform = session.get_one(OwnPlatform, item_id)
    kind = _kind_of(platform, now=now)
    if kind is None:
        return False
    raised = raise_alarm(
        session,
        kind,
        cause=cause_of(item_id),
        stage=_stage(platform, kind),
        as_of=_since(platform, kind),
        now=now,
        tenant_id=platform.tenant_id,
        details={"tenant_key": platform.tenant.tenant_key, "since": legal_date(_since(platform, kind)).isoformat()},
    )
    return raised is not None


def find_dealt_with(session: Session, *, due_by: datetime) -> list[int]:
    """Return platforms with an open alarm whose ground is gone: looked at, proved, taken off, or at its end."""
    found = set()
    for alarm in session.scalars(select(Alarm).where(Alarm.kind.in_(KINDS), Alarm.settled_at.is_(None))):
        platform = session.get_one(OwnPlatform, int(number_in(alarm.cause)))
        if _kind_of(platform, now=due_by) is not alarm.kind:
            found.add(platform.id)
    return sorted(found)


def settle_dealt_with(session: Session, item_id: int, *, now: datetime) -> bool:
    platform = session.get_one(OwnPlatform, item_id)
    kind = _kind_of(platform, now=now)
    gone = tuple(each for each in KINDS if each is not kind)
    settled = settle_alarms(session, cause=cause_of(item_id), now=now, actor=SCHEDULER, kinds=gone)
    return settled > 0


def due_at(session: Session, item_id: int) -> datetime:
    platform = session.get_one(OwnPlatform, item_id)
    if platform.doubted_at is not None:
        return platform.doubted_at
    return start_of(platform.recheck_on) if platform.recheck_on else platform.valid_from_at


def dealt_with_at(session: Session, item_id: int) -> datetime:
    platform = session.get_one(OwnPlatform, item_id)
    return platform.checked_at or platform.until_at or platform.valid_from_at


SWEEPS = (
    Sweep("platform_ownership_due", find_due, raise_due, due_at=due_at),
    Sweep("platform_ownership_dealt_with", find_dealt_with, settle_dealt_with, due_at=dealt_with_at),
)
