"""Arrangements of whole years: what one is, which of several is in force, and what loading one changes (rule T-14)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from agreements.calendar.rules import FIXED_HOLIDAYS, ONE_DAY, SATURDAY, DayKind, DayRuling, WorkingCalendar
from agreements.kernel.errors import N_, InvalidInput

FIXED_BEFORE_2025 = FIXED_HOLIDAYS - {(5, 2)}
"""2 May is a holiday by the regulation in force from 2025-01-01 only."""

FIRST_YEAR, LAST_YEAR = 1992, 2499
MARKED = frozenset({DayKind.HOLIDAY, DayKind.ADJUSTED_WORKING_DAY})


@dataclass(frozen=True, slots=True)
class SourceNotice:
    """The State Council's notice: its number (or what it is cited by), its title, its day and where it was read."""

    number: str
    title: str
    published_on: date
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A year as its notice arranges it: every day off and every adjusted working day, in the order of days.

    sha256  of the file it was read from; None where it was not read from one
    """

    year: int
    notice: SourceNotice
    days: tuple[DayRuling, ...]
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version as recorded: the year it arranges, or None where it rules single days."""

    year: int | None
    notice: str
    days: tuple[DayRuling, ...]


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day that is not what it was."""

    day: date
    before: DayKind
    after: DayKind
    name_before: str
    name_after: str


def rulings_in_force(versions: Iterable[Recorded]) -> tuple[list[DayRuling], dict[int, str]]:
    """Return the rulings that still count, and the years that are arranged as a whole with their notices.

    versions  in the order of recording

    A year loaded again replaces its earlier version and what was ruled on its days since, but not what the notice of
    the year after it says of its last days.
    """
    kept: list[tuple[int | None, DayRuling]] = []
    years: dict[int, str] = {}
    for version in versions:
        if version.year is not None:
            years[version.year] = version.notice
            kept = [
                (origin, ruling)
                for origin, ruling in kept
                if origin != version.year and (ruling.day.year != version.year or origin == version.year + 1)
            ]
        kept += [(version.year, ruling) for ruling in version.days]
    return [ruling for _, ruling in kept], years


def changes_between(before: WorkingCalendar, after: WorkingCalendar, year: int) -> list[DayChange]:
    """Return the days that a new arrangement of a year changes, earliest first, with the last days of the year before.

    Of a year that was not published only the days that are no plain weekday or weekend are listed.
    """
    changes = []
    day = date(year, 1, 1) - 7 * ONE_DAY
    while day.year <= year:
        old, new = before.kind_of(day), after.kind_of(day)
        names = before.name_of(day), after.name_of(day)
        is_plain_news = old is DayKind.UNPUBLISHED and new not in MARKED
        if (old is not new or names[0] != names[1]) and not is_plain_news:
            changes.append(DayChange(day, old, new, *names))
        day += ONE_DAY
    return changes


def check_arrangement(year: int, rulings: Iterable[DayRuling]) -> None:
    """Refuse what can't be a year's whole arrangement: days of elsewhere, a day twice, a weekday made a working day, a
    fixed holiday that is worked.

    A notice may reach into the last days of December before (as that for 2019 did).
    """
    days: dict[date, DayRuling] = {}
    for ruling in rulings:
        if ruling.day in days:
            raise InvalidInput(N_("%(day)s stands twice in the arrangement."), field="days", day=ruling.day)
        if not may_arrange(year, ruling.day):
            raise InvalidInput(N_("%(day)s is not a day of %(year)s."), field="days", day=ruling.day, year=year)
        if ruling.is_working and ruling.day.weekday() < SATURDAY:
            raise InvalidInput(
                N_("%(day)s is a weekday: only a Saturday or Sunday can be made a working day."),
                field="days",
                day=ruling.day,
            )
        days[ruling.day] = ruling
    for month, number in sorted(FIXED_HOLIDAYS if year >= 2025 else FIXED_BEFORE_2025):
        fixed = days.get(date(year, month, number))
        if fixed is None or fixed.is_working:
            raise InvalidInput(
                N_("The arrangement does not give %(day)s off, which is a holiday by law."),
                field="days",
                remedy=N_("Enter every holiday and every adjusted working day of the notice."),
                day=date(year, month, number),
            )


def may_arrange(year: int, day: date) -> bool:
    """Say whether the notice of a year can rule a day: one of the year, or of the last week before it."""
    return date(year - 1, 12, 25) <= day <= date(year, 12, 31)


def by_day(arrangement: Arrangement) -> Arrangement:
    return replace(arrangement, days=tuple(sorted(arrangement.days, key=lambda ruling: ruling.day)))
