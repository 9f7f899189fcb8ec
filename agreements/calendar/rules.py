"""Which days are worked in China, and counting in them (domain rules T-2 to T-4, T-7, T-8, T-14).

The State Council arranges the holidays of a year in the autumn before it. Until then the year is unpublished: only the
holidays the law fixes to a date are certain. The calendar itself refuses to guess; whoever needs a date anyway counts
twice, assuming as many and as few working days as an arrangement could leave, and gets both ends (`Assume`).
"""

import hashlib
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from agreements.kernel.errors import N_, MissingData

SATURDAY = 5  # as date.weekday() counts
ONE_DAY = timedelta(days=1)

# Holidays that the Regulation on Public Holidays (as in force from 2025-01-01) fixes to a date, as (month, day).
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})

# Where an arrangement may give weekdays off, both ends included, as (month, day): New Year, Spring Festival,
# Tomb-sweeping, Labour Day, Dragon Boat, Mid-autumn with National Day. Every arrangement since 2008 fits, but for the
# one-off memorial days of September 2015.
SEASONS = (
    ((1, 1), (1, 3)),
    ((1, 20), (2, 28)),
    ((4, 2), (4, 7)),
    ((4, 29), (5, 7)),
    ((5, 27), (6, 27)),
    ((9, 7), (10, 10)),
)


class CalendarTooShort(MissingData):
    """A day was asked for whose year's arrangement nobody has published."""

    default_code = "CALENDAR_TOO_SHORT"


class DayKind(StrEnum):
    """What a day is. UNPUBLISHED: its year's arrangement isn't out, so it could be any of the others."""

    WORKING_DAY = "working_day"
    ADJUSTED_WORKING_DAY = "adjusted_working_day"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    UNPUBLISHED = "unpublished"


WORKED = frozenset({DayKind.WORKING_DAY, DayKind.ADJUSTED_WORKING_DAY})


class Assume(StrEnum):
    """How the days of an unpublished year are taken while counting."""

    MOST_WORKED = "most_worked"
    FEWEST_WORKED = "fewest_worked"


@dataclass(frozen=True, slots=True)
class DayRuling:
    """One day as a notice arranges it; `name` says for which holiday it is off, or made up for."""

    day: date
    is_working: bool
    name: str
    source_notice: str


@dataclass(frozen=True, slots=True)
class TraceDay:
    """One day that a count passed: what it was, and whether it counted."""

    day: date
    kind: DayKind
    is_counted: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked (rule T-4).

    published_years  years whose whole arrangement is known
    holidays         days off with the holiday's name; Saturdays and Sundays need no entry
    adjusted         Saturdays and Sundays that are worked (调休上班日), with the holiday they make up for
    version          stable name of this very set of days
    year_notices     source notice by year
    day_notices      source notice by day, where a single day was ruled differently; wins over the year's
    """

    published_years: frozenset[int]
    holidays: Mapping[date, str]
    adjusted: Mapping[date, str]
    version: str
    year_notices: Mapping[int, str] = field(default_factory=dict)
    day_notices: Mapping[date, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("holidays", "adjusted", "year_notices", "day_notices"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        for day in self.adjusted:
            if day.weekday() < SATURDAY or day in self.holidays:
                raise ValueError(f"{day} is no weekend made a working day")

    @property
    def known_through(self) -> date | None:
        """The last day of the unbroken run of published years, inclusive; None when there are none."""
        if not self.published_years:
            return None
        year = min(self.published_years)
        while year + 1 in self.published_years:
            year += 1
        return date(year, 12, 31)

    def is_settled(self, day: date) -> bool:
        """Say whether a notice decides the day: its year is published, or the day itself was ruled ahead."""
        return day.year in self.published_years or day in self.holidays or day in self.adjusted

    def kind_of(self, day: date) -> DayKind:
        if not self.is_settled(day):
            return DayKind.UNPUBLISHED
        if day in self.adjusted:
            return DayKind.ADJUSTED_WORKING_DAY
        if day in self.holidays:
            return DayKind.HOLIDAY
        return DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WORKING_DAY

    def is_working_day(self, day: date) -> bool:
        """Say whether the day is worked; raises CalendarTooShort for an unpublished one."""
        return self.look(day, assume=None).is_counted

    def name_of(self, day: date) -> str:
        """Return the holiday's name for a day off or made up, else an empty text."""
        return self.holidays.get(day) or self.adjusted.get(day) or ""

    def notice_of(self, day: date) -> str:
        """Return the notice that decides a day, or an empty text."""
        return self.day_notices.get(day) or self.year_notices.get(day.year, "")

    def look(self, day: date, *, assume: Assume | None) -> TraceDay:
        """Return the day as a count meets it, counted if worked; None as `assume` refuses unpublished days."""
        kind = self.kind_of(day)
        if kind is not DayKind.UNPUBLISHED:
            return TraceDay(day, kind, kind in WORKED, self.name_of(day))
        if assume is None:
            raise CalendarTooShort(
                N_("The holiday arrangement of %(year)s is not published."),
                remedy=N_("Enter it with its notice as soon as the State Council publishes it."),
                year=day.year,
            )
        worked = may_be_worked(day) if assume is Assume.MOST_WORKED else is_surely_worked(day)
        return TraceDay(day, kind, worked)


def may_be_worked(day: date) -> bool:
    """Say whether some arrangement could make an unpublished day a working one: any but the fixed holidays."""
    return (day.month, day.day) not in FIXED_HOLIDAYS


def is_surely_worked(day: date) -> bool:
    """Say whether an unpublished day is worked under every usual arrangement: a weekday outside the holiday seasons.

    A Monday 31 December is not: where 1 January is a Tuesday it has been bridged.
    """
    if day.weekday() >= SATURDAY or (day.month, day.day, day.weekday()) == (12, 31, 0):
        return False
    return not any(first <= (day.month, day.day) <= last for first, last in SEASONS)


def count_forward(
    calendar: WorkingCalendar, start: date, count: int, *, assume: Assume | None = None
) -> tuple[TraceDay, ...]:
    """Rules T-2 and T-3: walk to the count-th working day strictly after start; the last entry is that day.

    count  at least 1. Raises CalendarTooShort at an unpublished day unless told what to assume.
    """
    return _count(calendar, start, count, ONE_DAY, assume)


def count_back(
    calendar: WorkingCalendar, start: date, count: int, *, assume: Assume | None = None
) -> tuple[TraceDay, ...]:
    """Walk back to the count-th working day strictly before start; nearest to start first."""
    return _count(calendar, start, count, -ONE_DAY, assume)


def _count(
    calendar: WorkingCalendar, start: date, count: int, step: timedelta, assume: Assume | None
) -> tuple[TraceDay, ...]:
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    trace: list[TraceDay] = []
    day = start
    while count:
        day += step
        trace.append(calendar.look(day, assume=assume))
        count -= trace[-1].is_counted
    return tuple(trace)


def roll_forward(calendar: WorkingCalendar, day: date, *, assume: Assume | None = None) -> tuple[TraceDay, ...]:
    """Rule T-7 (Civil Code 203): the day itself if worked, else on to the first working day after the rest days.

    The days passed come first, the working day reached is the last entry and the only counted one.
    """
    return _roll(calendar, day, ONE_DAY, assume)


def roll_back(calendar: WorkingCalendar, day: date, *, assume: Assume | None = None) -> tuple[TraceDay, ...]:
    """Rule T-10: the day itself if worked, else back to the last working day before."""
    return _roll(calendar, day, -ONE_DAY, assume)


def _roll(calendar: WorkingCalendar, day: date, step: timedelta, assume: Assume | None) -> tuple[TraceDay, ...]:
    trace = [calendar.look(day, assume=assume)]
    while not trace[-1].is_counted:
        day += step
        trace.append(calendar.look(day, assume=assume))
    return tuple(trace)


def add_months(day: date, months: int) -> date:
    """Rule T-8 (Civil Code 202): the corresponding day of the month so many months on, or that month's last day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def with_rulings(
    base: WorkingCalendar, rulings: Iterable[DayRuling], years: Mapping[int, str] | None = None
) -> WorkingCalendar:
    """Rule T-14: the base calendar with our own rulings over it; a later ruling of the same day wins.

    years  years whose whole arrangement is in these rulings, each with its source notice; nothing the base says of
           such a year is kept
    """
    rulings, years = list(rulings), years or {}
    if not rulings and not years:
        return base
    holidays, adjusted, day_notices = (
        {day: text for day, text in known.items() if day.year not in years}
        for known in (base.holidays, base.adjusted, base.day_notices)
    )
    for ruling in rulings:
        holidays.pop(ruling.day, None)
        adjusted.pop(ruling.day, None)
        day_notices[ruling.day] = ruling.source_notice
        if not ruling.is_working:
            holidays[ruling.day] = ruling.name
        elif ruling.day.weekday() >= SATURDAY:
            adjusted[ruling.day] = ruling.name
    return WorkingCalendar(
        published_years=base.published_years | years.keys(),
        holidays=holidays,
        adjusted=adjusted,
        version=f"{base.version.partition('+')[0]}+{_fingerprint(rulings, years)}",
        year_notices={**base.year_notices, **years},
        day_notices=day_notices,
    )


def _fingerprint(rulings: Iterable[DayRuling], years: Mapping[int, str]) -> str:
    """Eight hex digits over the rulings in force, whatever the order of days they were recorded in."""
    in_force = {ruling.day: ruling for ruling in rulings}
    lines = [repr((day.isoformat(), r.is_working, r.name, r.source_notice)) for day, r in sorted(in_force.items())]
    lines += [repr(entry) for entry in sorted(years.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]
