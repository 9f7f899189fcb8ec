"""Sweeps: how due rows are worked off, one transaction each, so that a bad row stops nobody.

A room's `sweeps.py` offers pairs. `find` lists every item due by an instant, oldest due first. `act` deals with one of
them inside the transaction it is given: guarded by the state it expects, so that doing it twice, or in two processes at
once, changes nothing the second time. What a kill interrupts is found again by the next run.
"""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import CheckConstraint, Index, String, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel.db import Base, UTCDateTime, db, unit_of_work
from agreements.kernel.engines import is_passing
from agreements.kernel.errors import LuyueError, Stale

log = logging.getLogger("luyue.sweeps")

PARKED_AFTER_TRIES = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
MOST_FINDS = 20
"""Rounds of looking again within one run; what is left then is found by the next run."""
MOST_TRIES_AT_ONCE = 3
"""How often an item is tried in a row where the database was busy or lost the connection."""

Result = TypeVar("Result")


class Find(Protocol):
    def __call__(self, session: Session, /, *, due_by: datetime) -> list[int]:
        """Return the ids of all items due by the instant (inclusive), oldest due first."""


class Act(Protocol):
    def __call__(self, session: Session, item_id: int, /, *, now: datetime) -> bool | None:
        """Deal with one item in the caller's transaction; False where nothing was left to do."""


class DueAt(Protocol):
    def __call__(self, session: Session, item_id: int, /) -> datetime:
        """Return when an item that `find` listed became due."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One kind of due work.

    due_at    its items' place in the queue of all kinds; None for preparation, which has no due moment and comes first
    born_due  items can be due long before anybody could know of them, so their age says nothing of the scheduler
    """

    name: str
    find: Find
    act: Act
    due_at: DueAt | None = None
    born_due: bool = False


@dataclass(frozen=True, slots=True)
class SweepRun:
    """What a run did.

    done            items acted on
    failed          items whose act raised
    oldest_due_lag  how late the oldest waiting item was when the run began; None where nothing waited or nobody asked
    interrupted     whether the run was told to stop with work left
    """

    done: int = 0
    failed: int = 0
    oldest_due_lag: timedelta | None = None
    interrupted: bool = False

    def __add__(self, other: "SweepRun") -> "SweepRun":
        lags = [lag for lag in (self.oldest_due_lag, other.oldest_due_lag) if lag is not None]
        return SweepRun(
            done=self.done + other.done,
            failed=self.failed + other.failed,
            oldest_due_lag=max(lags, default=None),
            interrupted=self.interrupted or other.interrupted,
        )


class SweepFailure(Base):
    """An item that keeps failing: the row stays until it succeeds or is no longer due.

    `last_error` is the error's class or code and where it was raised, never its text, which may hold personal data.
    `parked_at` is when it had failed often enough to need a person; it is still tried, at the longest pause.
    """

    __tablename__ = "sweep_failure"
    __table_args__ = (
        CheckConstraint("tries >= 1", name="tries"),
        CheckConstraint("(parked_at IS NOT NULL) = (tries >= 5)", name="parked"),
        Index(None, "parked_at"),
    )

    sweep: Mapped[str] = mapped_column(String(60), primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tries: Mapped[int]
    last_error: Mapped[str] = mapped_column(String(200))
    due_by: Mapped[datetime] = mapped_column(UTCDateTime)
    first_failed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_failed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime)
    parked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def always() -> bool:
    return True


def attempt(work: Callable[[], Result]) -> Result | Exception:
    """Return what the work returns, or the error it raised: the one place where any error is caught."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - one bad item must not stop the others; the caller records it
        return error


def describe(error: Exception) -> str:
    """Name an error by its class or code and the line that raised it, without its text."""
    name = error.code if isinstance(error, LuyueError) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{name}{place}"[:200]


def run_sweep(
    sweep: Sweep,
    *,
    due_by: datetime,
    now: datetime,
    go_on: Callable[[], bool] = always,
    pauses: bool = True,
) -> SweepRun:
    """Act on everything due, oldest first, each item in a transaction of its own, until nothing new is found.

    due_by  inclusive; items due later are left alone
    now     when acts are recorded as done
    go_on   asked before each item; the run ends early where it says False
    pauses  whether an item that failed lately waits out its pause; False when a person asks for a run
    """
    seen: set[int] = set()
    run = SweepRun()
    for round_number in range(MOST_FINDS):
        looked = look(sweep, due_by=due_by, now=now, pauses=pauses)
        fresh = [item for item in looked.items if item not in seen]
        if round_number == 0 and fresh:
            run += SweepRun(oldest_due_lag=_lag(sweep, fresh[0], now=now))
        if not fresh:
            break
        for item in fresh:
            if not go_on():
                return run + SweepRun(interrupted=True)
            seen.add(item)
            run += run_item(sweep, item, was_failing=item in looked.failing, due_by=due_by, now=now)
    db.session().rollback()
    return run


def due_items(sweep: Sweep, session: Session, *, due_by: datetime) -> list[int]:
    """Return what a run would act on, oldest due first; changes nothing."""
    return sweep.find(session, due_by=due_by)


def lag_of(sweep: Sweep, session: Session, *, now: datetime, leaving: set[int]) -> timedelta:
    """Return how long the oldest due item has waited, zero where none does or the sweep can't tell; changes nothing.

    leaving  items not to count
    """
    if sweep.due_at is None or sweep.born_due:
        return timedelta()
    oldest = next((item for item in sweep.find(session, due_by=now) if item not in leaving), None)
    return timedelta() if oldest is None else max(now - sweep.due_at(session, oldest), timedelta())


@dataclass(frozen=True, slots=True)
class Look:
    """What a sweep would act on now, oldest due first, without those that wait out a pause; and what keeps failing."""

    items: tuple[int, ...]
    failing: frozenset[int]


def look(sweep: Sweep, *, due_by: datetime, now: datetime, pauses: bool) -> Look:
    """Find what is due, at what is committed now; forget failures of items that are no longer due."""
    session = db.session()
    session.rollback()
    found = sweep.find(session, due_by=due_by)
    rows = session.execute(
        select(SweepFailure.item_id, SweepFailure.due_by, SweepFailure.next_try_at).where(
            SweepFailure.sweep == sweep.name
        )
    ).all()
    session.rollback()
    gone = {row.item_id for row in rows if row.due_by <= due_by} - set(found)
    if gone:
        with unit_of_work() as writing:
            writing.execute(
                delete(SweepFailure).where(SweepFailure.sweep == sweep.name, SweepFailure.item_id.in_(gone))
            )
    paused = {row.item_id for row in rows if pauses and _is_pausing(row.next_try_at, now)}
    return Look(tuple(item for item in found if item not in paused), frozenset(row.item_id for row in rows))


def _is_pausing(next_try_at: datetime, now: datetime) -> bool:
    """A pause ahead of the clock counts, unless it is so far ahead that the clock must have been set back."""
    return now < next_try_at <= now + LONGEST_PAUSE


def _lag(sweep: Sweep, item: int, *, now: datetime) -> timedelta | None:
    if sweep.due_at is None:
        return None
    return max(now - sweep.due_at(db.session(), item), timedelta())


def run_item(sweep: Sweep, item: int, *, was_failing: bool, due_by: datetime, now: datetime) -> SweepRun:
    def act() -> bool | None:
        with unit_of_work() as session:
            acted = sweep.act(session, item, now=now)
            if was_failing:
                session.execute(
                    delete(SweepFailure).where(SweepFailure.sweep == sweep.name, SweepFailure.item_id == item)
                )
            return acted

    outcome = attempt(act)
    for _ in range(MOST_TRIES_AT_ONCE - 1):
        if not isinstance(outcome, Exception) or not is_passing(outcome):
            break
        outcome = attempt(act)
    if isinstance(outcome, Stale):
        return SweepRun()  # another process or a person was first
    if isinstance(outcome, Exception) and is_passing(outcome):
        raise outcome  # the database's trouble and not the item's: the next run goes on with it
    if isinstance(outcome, Exception):
        _record_failure(sweep, item, outcome, due_by=due_by, now=now)
        return SweepRun(failed=1)
    return SweepRun() if outcome is False else SweepRun(done=1)


def _record_failure(sweep: Sweep, item: int, error: Exception, *, due_by: datetime, now: datetime) -> None:
    """Log a failed try, count it and set the pause; raises where the database can't even take this."""
    log.error("%s: item %s failed: %s", sweep.name, item, describe(error))
    try:
        _count_failure(sweep, item, error, due_by=due_by, now=now)
    except IntegrityError:
        log.info("%s: item %s: another process counted its failure at the same moment", sweep.name, item)


def _count_failure(sweep: Sweep, item: int, error: Exception, *, due_by: datetime, now: datetime) -> None:
    with unit_of_work() as session:
        row = session.get(SweepFailure, (sweep.name, item), with_for_update=True)
        if row is None:
            row = SweepFailure(sweep=sweep.name, item_id=item, tries=0, first_failed_at=now)
            session.add(row)
        row.tries += 1
        row.last_error = describe(error)
        row.due_by = due_by
        row.last_failed_at = now
        row.next_try_at = now + min(FIRST_PAUSE * 2 ** min(row.tries - 1, 10), LONGEST_PAUSE)
        if row.tries >= PARKED_AFTER_TRIES and row.parked_at is None:
            row.parked_at = now
