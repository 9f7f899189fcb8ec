"""Loading a year's arrangement: first what it would change and move, then the load itself (T-14, E-48)."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from agreements.calendar.actions import calendar_with, load_year, working_calendar
from agreements.calendar.arrangement_file import read_arrangement
from agreements.calendar.arrangements import Arrangement, DayChange, changes_between
from agreements.calendar.models import CalendarVersion
from agreements.calendar.rules import ONE_DAY
from agreements.kernel import files
from agreements.kernel.access.rules import Actor, Permission, require
from compliance.expiry.planning import WarningMove, warnings_moved_by
from compliance.obligations.recounting import Move, moves_under

MEDIA_TYPE = "application/toml"


@dataclass(frozen=True, slots=True)
class Run:
    """Days in a row that change alike, first and last included."""

    first: DayChange
    last: DayChange
    count: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What loading an arrangement would do. `seen` names the calendar it was compared with.

    is_new  nobody published the year before
    moves   open dates that would move, become final or wait for a person; earliest bound first
    warnings  planned warnings of an end that would go out on another day; earliest first
    """

    arrangement: Arrangement
    seen: str
    is_new: bool
    changes: list[DayChange]
    moves: list[Move]
    warnings: list[WarningMove]

    @property
    def runs(self) -> list[Run]:
        """The changes with days in a row taken together."""
        runs: list[Run] = []
        for change in self.changes:
            if runs and _continues(runs[-1].last, change):
                runs[-1] = Run(runs[-1].first, change, runs[-1].count + 1)
            else:
                runs.append(Run(change, change, 1))
        return runs


def _continues(before: DayChange, change: DayChange) -> bool:
    return replace(before, day=change.day) == change and change.day - before.day == ONE_DAY


def compare(session: Session, content: bytes, *, now: datetime) -> Comparison:
    """Read a file and say what loading it would do; writes nothing."""
    arrangement = read_arrangement(content)
    before, after = working_calendar(session), calendar_with(session, arrangement)
    return Comparison(
        arrangement=arrangement,
        seen=before.version,
        is_new=arrangement.year not in before.published_years,
        changes=changes_between(before, after, arrangement.year),
        moves=list(moves_under(session, after, now=now)),
        warnings=list(warnings_moved_by(session, after, now=now)),
    )


def load(session: Session, content: bytes, *, seen: str, actor: Actor, now: datetime) -> CalendarVersion:
    """Load the arrangement that was compared and keep its file; the scheduler's next tick counts the dates again."""
    require(actor, Permission.MANAGE_CALENDAR)
    arrangement = read_arrangement(content)
    files.keep(session, content, name=f"calendar-{arrangement.year}.toml", media_type=MEDIA_TYPE, now=now)
    return load_year(session, arrangement, actor=actor, now=now, seen=seen)
