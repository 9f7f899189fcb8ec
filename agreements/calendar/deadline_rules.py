"""The one way from an event to a due date (domain rules T-1 to T-11).

A due date is the last day. The period ends at its 24:00 in Shanghai, so `overdue_from` is the next day's 00:00 and
being on time is `arrival < overdue_from`. Periods that reach into a year nobody published are provisional: they carry
both ends, show the end that is safe for us to act on, and never make anybody late.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from agreements.calendar.deadline_table import RULES, DeadlineRule, Debtor, Kind, Roll, Rule, Source, Unit
from agreements.calendar.rules import (
    ONE_DAY,
    Assume,
    DayKind,
    TraceDay,
    WorkingCalendar,
    add_months,
    count_back,
    count_forward,
    roll_back,
    roll_forward,
)
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import SHANGHAI, end_of, legal_date, require_aware, start_of

TARGET_HOUR = 18
FIRST_EVENT, LAST_EVENT = date(1992, 1, 1), date(2499, 12, 31)  # Shanghai has kept +08:00 since 1992
LONGEST = {Unit.WORKING_DAY: 5_000, Unit.CALENDAR_DAY: 7_305, Unit.MONTH: 240, Unit.HOUR: 8_784}
"""The longest period taken, twenty years (the outer limit of Civil Code 188); for hours, one year."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """One computed date and why it is that one.

    event         the fact that starts the clock: an instant, or a local date
    count, unit   None for a fixed date
    due_on        last day, included; for an hour period the Shanghai date on which it ends
    overdue_from  exclusive end at +08:00: the next day 00:00, or the very hour of an hour period
    target_at     when we mean to be done with an act of our own; None for anybody else's, and for hours
    counted_days  the working days counted, in the order of counting; empty for other units
    trace         every day passed, counted or not, with what it was; for other units the days rolled over and the last
    provisional   a day of an unpublished year decided it: never a breach
    earliest_on, latest_on  what due_on can become once the year is published; both equal due_on otherwise
    """

    rule: DeadlineRule
    event: date | datetime
    count: int | None
    unit: Unit | None
    roll: Roll
    debtor: Debtor
    due_on: date
    overdue_from: datetime
    target_at: datetime | None
    counted_days: tuple[date, ...]
    trace: tuple[TraceDay, ...]
    provisional: bool
    earliest_on: date
    latest_on: date
    calendar_version: str

    def __post_init__(self) -> None:
        if self.overdue_from.tzinfo is None:
            raise ValueError("overdue_from must carry its time zone")
        if not self.earliest_on <= self.due_on <= self.latest_on:
            raise ValueError(f"{self.due_on} is not within {self.earliest_on} and {self.latest_on}")

    @property
    def clause(self) -> str:
        return RULES[self.rule].clause

    @property
    def source(self) -> Source:
        return RULES[self.rule].source

    @property
    def event_on(self) -> date:
        """The Shanghai date of the event, which is not counted."""
        return event_date(self.event)

    @property
    def skipped_days(self) -> tuple[TraceDay, ...]:
        """The days passed without counting, with the reason."""
        return tuple(day for day in self.trace if not day.is_counted)

    def is_overdue(self, now: datetime) -> bool:
        """Rules T-5 and T-14: late from the exclusive end on; a provisional date makes nobody late."""
        return not self.provisional and now >= self.overdue_from


@dataclass(frozen=True, slots=True)
class Counting:
    """The calendar and the numbers of a day: what `due` needs besides the event.

    counts       counts that replace the standard form's, such as those of the policies in force
    target_hour  Shanghai hour of the due day by which we mean to have done our own duties
    """

    calendar: WorkingCalendar
    counts: Mapping[DeadlineRule, int] = field(default_factory=dict)
    target_hour: int = TARGET_HOUR

    def due(
        self,
        rule: DeadlineRule,
        event: date | datetime,
        *,
        count: int | None = None,
        unit: Unit | None = None,
        roll: Roll | None = None,
        debtor: Debtor | None = None,
    ) -> Deadline:
        """Compute a deadline; count, unit, roll and debtor default to the policy in force or the standard form.

        event   an aware instant or a local date; only an instant starts an hour period
        count   at least 1; None also for a fixed date, which takes neither count nor unit
        debtor  who owes it, where either may (force majeure)
        Raises InvalidInput for what can't be counted.
        """
        row = RULES[rule]
        debtor = debtor or row.debtor
        unit = unit or row.unit
        period = _Period(
            count=self.counts.get(rule, row.count) if count is None else count,
            unit=unit,
            roll=roll or row.default_roll(unit),
            is_back=row.kind is Kind.WARNING,
        )
        _check(row, event, period)
        early, late = (
            _walk(event, period, self.calendar, assume) for assume in (Assume.MOST_WORKED, Assume.FEWEST_WORKED)
        )
        if late.due_on < early.due_on:  # counted back, more working days bring the date closer to the event
            early, late = late, early
        chosen = late if _may_wait(row, debtor) else early
        return Deadline(
            rule=rule,
            event=event,
            count=period.count,
            unit=unit,
            roll=period.roll,
            debtor=debtor,
            due_on=chosen.due_on,
            overdue_from=(chosen.ends_at or end_of(chosen.due_on)).astimezone(SHANGHAI),
            target_at=self._target(row, chosen.due_on, unit, debtor),
            counted_days=tuple(d.day for d in chosen.trace if d.is_counted) if unit is Unit.WORKING_DAY else (),
            trace=chosen.trace,
            provisional=any(day.kind is DayKind.UNPUBLISHED for day in chosen.trace),
            earliest_on=early.due_on,
            latest_on=late.due_on,
            calendar_version=self.calendar.version,
        )

    def _target(self, row: Rule, due_on: date, unit: Unit | None, debtor: Debtor) -> datetime | None:
        """Rule T-11: business hours bind us and nobody else.

        An hour period has no day's end to stay clear of, and a cut-off or a retention is no act of ours.
        """
        if debtor is not Debtor.PROVIDER or row.kind not in (Kind.DUTY, Kind.WARNING) or unit is Unit.HOUR:
            return None
        return min(start_of(due_on) + timedelta(hours=self.target_hour), end_of(due_on)).astimezone(SHANGHAI)


def event_date(event: date | datetime) -> date:
    """Rule T-1: the Shanghai date of an event; a naive datetime raises ValueError."""
    return legal_date(event) if isinstance(event, datetime) else event


def _may_wait(row: Rule, debtor: Debtor) -> bool:
    """Say which end of a provisional date is the safe one: the later for what others owe us and for keeping records."""
    return debtor is Debtor.TENANT or row.kind is Kind.RETENTION


@dataclass(frozen=True, slots=True)
class _Period:
    count: int | None
    unit: Unit | None
    roll: Roll
    is_back: bool


def _check(row: Rule, event: date | datetime, period: _Period) -> None:
    count, unit, roll = period.count, period.unit, period.roll
    if not FIRST_EVENT <= event_date(event) <= LAST_EVENT:
        raise InvalidInput(
            N_("%(day)s is outside the years we count in."),
            field="from",
            remedy=N_("Give a date from 1992 to 2499."),
            day=event_date(event),
        )
    if row.kind is Kind.FIXED:
        if count is not None or unit is not None or roll is not Roll.NONE:
            raise InvalidInput(
                N_("%(rule)s is a date the agreement itself names: nothing is counted and it never moves."),
                clause=row.clause,
                field="count" if count is not None else "unit" if unit is not None else "roll",
                remedy=N_("Give the rule and its date only."),
                rule=row.name.value,
            )
        return
    assert count is not None, "every rule but a fixed date has a count"
    assert unit is not None, "every rule but a fixed date has a unit"
    if not 1 <= count <= LONGEST[unit]:
        raise InvalidInput(
            N_("%(count)s is not a length of a period."),
            field="count",
            remedy=N_("Give a whole number from 1 to %(most)s."),
            count=count,
            most=LONGEST[unit],
        )
    if unit is Unit.HOUR and not isinstance(event, datetime):
        raise InvalidInput(
            N_("Hours are counted from a point in time, and %(day)s is a whole day."),
            field="from",
            remedy=N_("Write it as 2024-09-12T16:40 or 2024-09-12T16:40+08:00."),
            day=event,
        )
    if unit is Unit.HOUR and roll is not Roll.NONE:
        raise InvalidInput(
            N_("A period of hours never moves to another day."), field="roll", remedy=N_("Leave it out.")
        )


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where one count ended; `ends_at` only where the end is no day's end."""

    due_on: date
    trace: tuple[TraceDay, ...] = ()
    ends_at: datetime | None = None


def _walk(event: date | datetime, period: _Period, calendar: WorkingCalendar, assume: Assume) -> _Walk:
    start, unit = event_date(event), period.unit
    if period.count is None or unit is None:
        return _Walk(start)
    if unit is Unit.WORKING_DAY:
        count = count_back if period.is_back else count_forward
        return _landed(count(calendar, start, period.count, assume=assume))
    signed = -period.count if period.is_back else period.count
    if unit is Unit.HOUR:
        assert isinstance(event, datetime), "checked before"
        ends_at = require_aware(event) + timedelta(hours=signed)  # Civil Code 201: from the very time, in real hours
        return _Walk(legal_date(ends_at), ends_at=ends_at)
    last = start + signed * ONE_DAY if unit is Unit.CALENDAR_DAY else add_months(start, signed)
    if period.roll is Roll.NONE:
        return _Walk(last)
    roll = roll_forward if period.roll is Roll.FORWARD else roll_back
    return _landed(roll(calendar, last, assume=assume))


def _landed(trace: tuple[TraceDay, ...]) -> _Walk:
    return _Walk(trace[-1].day, trace)
