"""When we warn before an end, what a late run still says, and what replaces what ends (三 1, T-10, domain 8).

An agreement ends by itself at its bound; a warning neither ends it nor keeps it going. Warnings are a courtesy to the
tenant and a reminder to us [P]: several that are due together are one message, and none goes out after the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from agreements.calendar.deadline_rules import Counting
from agreements.calendar.deadline_table import DeadlineRule
from agreements.calendar.rules import Assume, WorkingCalendar, count_forward
from agreements.kernel.instants import end_of, legal_date, start_of
from agreements.parties.rules import DocumentType, lacks_seal

WARNING_HOUR = 9
"""Shanghai hour of the day at which a warning is due."""

LONGEST_ROLL = timedelta(days=20)
"""More than any run of days off, so that nothing falls due before it was planned."""

WARNED_AHEAD_WORKING_DAYS = 5


class Subject(StrEnum):
    """What ends."""

    AGREEMENT = "agreement"
    DOCUMENT = "document"


class WarningState(StrEnum):
    """`sent`: it went out, to the tenant, to us, or both. `skipped`: due and rightly silent. `void`: not owed."""

    PLANNED = "planned"
    SENT = "sent"
    SKIPPED = "skipped"
    VOID = "void"


class Silence(StrEnum):
    """Why a warning did not go out."""

    COLLAPSED = "collapsed"
    ENDED = "ended"
    BEFORE_US = "before_us"
    NOT_IN_FORCE = "not_in_force"
    RENEWED = "renewed"
    MOVED = "moved"
    NOT_WANTED = "not_wanted"


@dataclass(frozen=True, slots=True)
class Stage:
    """One warning as it should stand: how many calendar days before the end, on which day, from when.

    due_on       the day itself, rolled back to a working day; `provisional` where an unpublished year decided it
    """

    threshold: int
    due_on: date
    due_at: datetime
    provisional: bool
    calendar_version: str


def stages_of(counting: Counting, last_on: date, thresholds: Iterable[int]) -> list[Stage]:
    """T-10: the warnings before a last day, earliest first: calendar days back, then back to a working day, 09:00.

    last_on     last day, included, of the service period or of the document's validity
    thresholds  calendar days before it, in any order
    In an unpublished year the earlier of the possible days is taken: our own act is never late by it.
    """
    stages = []
    for threshold in sorted(set(thresholds), reverse=True):
        deadline = counting.due(DeadlineRule.EXPIRY_WARNING, last_on, count=threshold)
        stages.append(
            Stage(
                threshold=threshold,
                due_on=deadline.due_on,
                due_at=start_of(deadline.due_on) + timedelta(hours=WARNING_HOUR),
                provisional=deadline.provisional,
                calendar_version=deadline.calendar_version,
            )
        )
    return stages


def horizon(thresholds: Sequence[int]) -> timedelta:
    """Return how long before an end its warnings are planned: the longest of them and the longest roll."""
    return timedelta(days=max(thresholds, default=0)) + LONGEST_ROLL


@dataclass(frozen=True, slots=True)
class Due:
    """A planned warning that is due."""

    id: int
    threshold: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the warnings of one subject that are due together.

    says     those that the one message names, earliest due first; empty where nothing goes out
    sent     those that count as sent: due at the latest moment of all
    skipped  the others, with the reason
    """

    says: tuple[Due, ...]
    sent: tuple[Due, ...]
    skipped: tuple[tuple[Due, Silence], ...]


def decide(due: Iterable[Due], *, began_at: datetime, end_at: datetime, in_force: bool, now: datetime) -> Decision:
    """Domain 8, reliability 4.5 (6): one message for all that is due, marked at its latest; silence after the end.

    began_at  from when there was something that could end: what fell due before is not made up for
    end_at    the exclusive end; from then on no warning goes out
    in_force  whether there is an agreement in force that the end would matter to
    """
    rows = sorted(due, key=lambda row: (row.due_at, -row.threshold))
    if now >= end_at or not in_force:
        reason = Silence.ENDED if now >= end_at else Silence.NOT_IN_FORCE
        return Decision((), (), tuple((row, reason) for row in rows))
    before_us = tuple((row, Silence.BEFORE_US) for row in rows if row.due_at < began_at)
    ours = tuple(row for row in rows if row.due_at >= began_at)
    latest = max((row.due_at for row in ours), default=None)
    sent = tuple(row for row in ours if row.due_at == latest)
    collapsed = tuple((row, Silence.COLLAPSED) for row in ours if row.due_at != latest)
    return Decision(ours, sent, before_us + collapsed)


def continues(*, start_at: datetime, end_at: datetime, after: datetime) -> bool:
    """E-37: whether an order carries the service past another's exclusive end, `after`, without a gap."""
    return start_at <= after < end_at


@dataclass(frozen=True, slots=True)
class Held:
    """A document on file, as renewal sees it. `expires_on` None: it does not end."""

    id: int
    type: DocumentType
    issuer: str | None
    sealed: bool
    expires_on: date | None


def replaces(newer: Held, older: Held) -> bool:
    """Clause 3.3: whether a document takes another's place: same type, valid longer, and in a form that counts.

    A document of another authority stands beside it. The same validity recorded again replaces the earlier record.
    """
    if newer.id == older.id or newer.type is not older.type or older.expires_on is None:
        return False
    if newer.issuer and older.issuer and newer.issuer.strip() != older.issuer.strip():
        return False
    if lacks_seal(newer.type, sealed=newer.sealed):
        return False
    if newer.expires_on is None or newer.expires_on > older.expires_on:
        return True
    return newer.expires_on == older.expires_on and newer.id > older.id


def days_left(last_on: date, *, now: datetime) -> int:
    """Return how many calendar days the last day is away; 0 on the last day itself."""
    return (last_on - legal_date(now)).days


def warned_in_time(arrived_at: datetime, last_on: date, calendar: WorkingCalendar) -> bool:
    """Domain 6.2: whether a warning arrived at least five working days before a document expires.

    Read against us: five whole working days after the day of arrival, the last of them within the validity. A day
    of an unpublished year counts as not worked.
    """
    days = count_forward(calendar, legal_date(arrived_at), WARNED_AHEAD_WORKING_DAYS, assume=Assume.FEWEST_WORKED)
    return end_of(days[-1].day) <= end_of(last_on)
