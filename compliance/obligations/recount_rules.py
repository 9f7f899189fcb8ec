"""What a changed calendar does to an open date (rules T-14, E-47, E-48)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from agreements.calendar.deadline_rules import Counting, Deadline
from agreements.calendar.deadline_table import DeadlineRule, Debtor, Unit
from agreements.kernel.instants import end_of, start_of


class RecountOutcome(StrEnum):
    """APPLIED: the date moved, or became final. KEPT: it did not move. TO_PERSON: somebody decides."""

    APPLIED = "applied"
    KEPT = "kept"
    TO_PERSON = "to_person"


class RecountResolution(StrEnum):
    """What a person decides on a date that would be past at once."""

    APPLIED = "applied"
    KEPT = "kept"


class RecountReason(StrEnum):
    """Why a recount ended as it did.

    BECAME_FINAL   the date stayed and is provisional no more
    MOVED_LATER, MOVED_EARLIER
    NEVER_EARLIER  the count ends earlier, but what a tenant owes is never moved earlier by itself (E-48)
    SAME_DATE      another term gives the same date
    NOT_COUNTABLE  the term as read now can't be counted by itself
    ALREADY_PAST   the count ends on a day that is over: our own duty would be late at once
    """

    BECAME_FINAL = "became_final"
    MOVED_LATER = "moved_later"
    MOVED_EARLIER = "moved_earlier"
    NEVER_EARLIER = "never_earlier"
    ALREADY_PAST = "already_past"
    SAME_DATE = "same_date"
    NOT_COUNTABLE = "not_countable"


@dataclass(frozen=True, slots=True)
class OpenDate:
    """An open obligation's date as it stands; `counted_on` is where its count ended, None where no day was counted.

    A date other than the counted one was stated in a demand (4.4) and rules over the count.
    """

    debtor: Debtor
    due_on: date
    provisional: bool
    target_at: datetime | None
    counted_on: date | None

    @property
    def is_stated(self) -> bool:
        return self.counted_on != self.due_on


@dataclass(frozen=True, slots=True)
class Recount:
    """What is to be done about one date. `due_on` is what the count gives now; `stays_on` what the date then is."""

    outcome: RecountOutcome
    reason: RecountReason
    due_on: date
    stays_on: date
    provisional: bool


def open_date(
    *, debtor: Debtor, due_on: date, provisional: bool, target_at: datetime | None, trace: dict[str, Any]
) -> OpenDate:
    days = trace.get("days") or ()
    return OpenDate(debtor, due_on, provisional, target_at, date.fromisoformat(days[-1]["day"]) if days else None)


def count_again(counting: Counting, trace: dict[str, Any], *, debtor: Debtor) -> Deadline | None:
    """Count a stored count again from its own inputs; None where no working day was asked for, so nothing can move."""
    if not trace.get("days") or trace["unit"] is None:
        return None
    return counting.due(
        DeadlineRule(trace["rule"]),
        date.fromisoformat(trace["event_on"]),
        count=trace["count"],
        unit=Unit(trace["unit"]),
        debtor=debtor,
    )


def judge_recount(old: OpenDate, new: Deadline, *, now: datetime) -> Recount | None:
    """Say what a new count does to an open date; None where nothing changes.

    A stated date never moves, but for a provisional one that the counted period turns out to pass: the tenant always
    keeps the whole period from arrival. Our own duty moves either way, unless it would be past at once.
    """

    def ends(outcome: RecountOutcome, reason: RecountReason, *, stays_on: date, provisional: bool) -> Recount:
        return Recount(outcome, reason, new.due_on, stays_on, provisional)

    if old.is_stated and (not old.provisional or new.due_on <= old.due_on):
        open_end = old.provisional and new.provisional and new.latest_on > old.due_on
        if old.provisional == open_end:
            return None
        return Recount(RecountOutcome.APPLIED, RecountReason.BECAME_FINAL, old.due_on, old.due_on, provisional=open_end)
    if new.due_on == old.due_on:
        if not old.provisional or new.provisional:
            return None
        return ends(RecountOutcome.APPLIED, RecountReason.BECAME_FINAL, stays_on=old.due_on, provisional=False)
    if new.due_on > old.due_on:
        return ends(RecountOutcome.APPLIED, RecountReason.MOVED_LATER, stays_on=new.due_on, provisional=new.provisional)
    if old.debtor is not Debtor.PROVIDER:
        return ends(RecountOutcome.KEPT, RecountReason.NEVER_EARLIER, stays_on=old.due_on, provisional=new.provisional)
    if not new.provisional and new.overdue_from <= now:
        return ends(
            RecountOutcome.TO_PERSON, RecountReason.ALREADY_PAST, stays_on=old.due_on, provisional=old.provisional
        )
    return ends(RecountOutcome.APPLIED, RecountReason.MOVED_EARLIER, stays_on=new.due_on, provisional=new.provisional)


def judge_bound(debtor: Debtor, bound_at: datetime, new: Deadline, *, now: datetime) -> Recount:
    """Say what a count does to a date where hours are counted, before or now: bounds are compared, not days."""
    outcome, reason = RecountOutcome.APPLIED, RecountReason.MOVED_LATER
    if new.overdue_from == bound_at:
        outcome, reason = RecountOutcome.KEPT, RecountReason.SAME_DATE
    elif new.overdue_from < bound_at and debtor is not Debtor.PROVIDER:
        outcome, reason = RecountOutcome.KEPT, RecountReason.NEVER_EARLIER
    elif new.overdue_from < bound_at and new.overdue_from <= now:
        outcome, reason = RecountOutcome.TO_PERSON, RecountReason.ALREADY_PAST
    elif new.overdue_from < bound_at:
        reason = RecountReason.MOVED_EARLIER
    return Recount(outcome, reason, new.due_on, new.due_on, provisional=new.provisional)


def moved_target(target_at: datetime | None, *, was_on: date, due_on: date) -> datetime | None:
    """Return our target at the same hour of another day; an hour past the day's end is its end."""
    if target_at is None:
        return None
    into_the_day: timedelta = target_at - start_of(was_on)
    return min(start_of(due_on) + into_the_day, end_of(due_on))
