"""Alarms on a channel that takes nothing any more, whoever the message is for."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import SHANGHAI
from agreements.kernel.sweeps import Sweep
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind
from compliance.notices.channels import ChannelStanding, standing_of
from compliance.notices.rules import Channel

CHANNELS = tuple(Channel)


def cause_of(channel: Channel) -> str:
    return f"channel:{channel.value}"


def _stage(standing: ChannelStanding) -> str:
    """A channel that worked and fails again is another call."""
    assert standing.failing_since is not None
    return f"{standing.failing_since:%Y%m%dT%H%M%S}"


def find_failing(session: Session, *, due_by: datetime) -> list[int]:
    """Return the numbers of channels that fail and have not called anybody for this failure."""
    return [
        number
        for number, channel in enumerate(CHANNELS)
        if (standing := standing_of(session, channel, now=due_by)).is_failing
        and _alarm(session, channel, _stage(standing)) is None
    ]


def raise_failing(session: Session, item_id: int, *, now: datetime) -> bool:
    channel = CHANNELS[item_id]
    standing = standing_of(session, channel, now=now)
    if not standing.is_failing or standing.failing_from is None or standing.failing_since is None:
        return False
    raised = raise_alarm(
        session,
        AlarmKind.CHANNEL_FAILING,
        cause=cause_of(channel),
        stage=_stage(standing),
        as_of=min(standing.failing_from, now),
        now=now,
        details={
            "channel": channel.value,
            "since": f"{standing.failing_since.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        },
    )
    return raised is not None


def find_working(session: Session, *, due_by: datetime) -> list[int]:
    """Return the numbers of channels with an open alarm that have taken a message since."""
    called = set(
        session.scalars(select(Alarm.cause).where(Alarm.kind == AlarmKind.CHANNEL_FAILING, Alarm.settled_at.is_(None)))
    )
    return [
        number
        for number, channel in enumerate(CHANNELS)
        if cause_of(channel) in called and not standing_of(session, channel, now=due_by).is_failing
    ]


def settle_failing(session: Session, item_id: int, *, now: datetime) -> bool:
    cause = cause_of(CHANNELS[item_id])
    return settle_alarms(session, cause=cause, now=now, actor=SCHEDULER, kinds=(AlarmKind.CHANNEL_FAILING,)) > 0


def _alarm(session: Session, channel: Channel, stage: str) -> int | None:
    return session.scalar(
        select(Alarm.id).where(
            Alarm.kind == AlarmKind.CHANNEL_FAILING, Alarm.cause == cause_of(channel), Alarm.stage == stage
        )
    )


SWEEPS = (
    Sweep("channel_failing", find_failing, raise_failing),
    Sweep("channel_working", find_working, settle_failing),
)
