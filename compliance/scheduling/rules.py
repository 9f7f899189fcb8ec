"""When a job is late, when a clock has stepped, and what the guard does about a pump that stands still.

Readings are seconds of a clock that never jumps, except where a parameter is called `wall`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LATE_AFTER_CADENCES = 3
LEAST_PATIENCE = timedelta(minutes=1)
STEP_LIMIT_SECONDS = 2.0
"""A wall clock that is trimmed drifts less than this between two looks; more is a step."""


class Cause(StrEnum):
    """Why a job ran."""

    SCHEDULED = "scheduled"
    BY_HAND = "by_hand"
    CATCH_UP = "catch_up"


def late_since(last_finished_at: datetime | None, *, cadence: timedelta, now: datetime) -> datetime | None:
    """Return when a job should have finished again, if three cadences and a minute have passed since it did; else None.

    The minute is for jobs of a few seconds: one slow mail server is no scheduler that stands still.
    A job that never finished is the caller's question: None too. A heartbeat ahead of the clock is not late.
    """
    if last_finished_at is None or now - last_finished_at <= max(LATE_AFTER_CADENCES * cadence, LEAST_PATIENCE):
        return None
    return last_finished_at + cadence


@dataclass(frozen=True, slots=True)
class ClockReading:
    """One look at both clocks: the wall in seconds of its epoch, and the clock that never jumps."""

    wall: float
    monotonic: float


def clock_step(before: ClockReading, after: ClockReading) -> float | None:
    """Return by how many seconds the wall clock jumped between two looks (negative: back), or None for no step."""
    step = (after.wall - before.wall) - (after.monotonic - before.monotonic)
    return step if abs(step) > STEP_LIMIT_SECONDS else None


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the guard knows of one job in its own process.

    last_beat  when it last began a run, went on to the next item or ended a run
    patience   how long one step of a run may take, in seconds
    """

    job: str
    cadence: float
    patience: float
    running: bool
    last_beat: float


class Remedy(StrEnum):
    """What the guard does: nothing; set up the ticks anew; end the process, for a thread can't be killed."""

    NONE = "none"
    RESTART_TICKS = "restart_ticks"
    END_PROCESS = "end_process"


@dataclass(frozen=True, slots=True)
class Finding:
    remedy: Remedy
    job: str | None = None


def find_fault(pulses: Iterable[Pulse], *, ticks_alive: bool, catching_up: bool, now: float) -> Finding:
    """Say what is wrong with the pumps of this process, the gravest first.

    ticks_alive  whether the thread that ticks (or catches up) lives
    catching_up  whether the first pass after the start is still under way, during which nothing ticks
    """
    known = list(pulses)
    for pulse in known:
        if pulse.running and now - pulse.last_beat > max(pulse.patience, LATE_AFTER_CADENCES * pulse.cadence):
            return Finding(Remedy.END_PROCESS, pulse.job)
    if not ticks_alive:
        return Finding(Remedy.RESTART_TICKS)
    if catching_up:
        return Finding(Remedy.NONE)
    for pulse in known:
        if not pulse.running and now - pulse.last_beat > LATE_AFTER_CADENCES * pulse.cadence:
            return Finding(Remedy.RESTART_TICKS, pulse.job)
    return Finding(Remedy.NONE)
