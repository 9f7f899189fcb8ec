"""Several kinds of due work as one queue, worked off in the order in which it fell due (reliability 4.5).

After thirty days of downtime a service period that ended on the 3rd is recorded before a demand that lapsed on the 5th,
whatever table either stands in. What has no due moment is preparation, and is done first.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy.exc import NoResultFound

from agreements.kernel.db import db
from agreements.kernel.sweeps import Look, Sweep, SweepRun, always, attempt, look, run_item, run_sweep

GRAIN = timedelta(hours=1)
"""How far a look reaches past its oldest item: what follows from an act takes its own place at the next look."""

MOST_LOOKS = 5_000


@dataclass
class QueueRun:
    """What a run did, by the sweep's name; `broken` are sweeps that could not even be asked, with the error."""

    done: dict[str, SweepRun]
    broken: dict[str, Exception] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    """An item in the queue. `place` is its due moment, or a later one where its sweep lists a later item before it."""

    place: datetime
    sweep_no: int
    item: int
    due_at: datetime = field(compare=False)


def run_in_due_order(
    sweeps: Sequence[Sweep],
    *,
    due_by: datetime,
    now: datetime,
    go_on: Callable[[], bool] = always,
    pauses: bool = True,
    began: Callable[[Sweep], None] = lambda _sweep: None,
) -> QueueRun:
    """Act on all that is due of all kinds, oldest first, each item in a transaction of its own.

    Of the same moment the sweep that stands first comes first. An item may come up again where it has become due for
    something later. `began` is told whose turn it is; the rest is as in `run_sweep`.
    """
    run = QueueRun({sweep.name: SweepRun() for sweep in sweeps})
    for sweep in sweeps:
        if sweep.due_at is None:
            _prepare(run, sweep, due_by=due_by, now=now, go_on=go_on, pauses=pauses, began=began)
    queued = [sweep for sweep in sweeps if sweep.due_at is not None]
    seen: set[tuple[str, int, datetime]] = set()
    for number in range(MOST_LOOKS):
        looks = _look_at_all(run, queued, due_by=due_by, now=now, pauses=pauses)
        queue = heapq.merge(*(_waiting(run, no, queued[no], found, seen) for no, found in looks.items()))
        first = next(queue, None)
        if number == 0:
            _note_lag(run, queued, looks, now=now)
        if first is None:
            break
        for due in chain((first,), queue):
            if due.place > first.place + GRAIN:
                break
            sweep = queued[due.sweep_no]
            if not go_on():
                run.done[sweep.name] += SweepRun(interrupted=True)
                return run
            began(sweep)
            seen.add((sweep.name, due.item, due.due_at))
            failing = due.item in looks[due.sweep_no].failing
            run.done[sweep.name] += run_item(sweep, due.item, was_failing=failing, due_by=due_by, now=now)
    db.session().rollback()
    return run


def _prepare(
    run: QueueRun,
    sweep: Sweep,
    *,
    due_by: datetime,
    now: datetime,
    go_on: Callable[[], bool],
    pauses: bool,
    began: Callable[[Sweep], None],
) -> None:
    began(sweep)
    outcome = attempt(lambda: run_sweep(sweep, due_by=due_by, now=now, go_on=go_on, pauses=pauses))
    if isinstance(outcome, Exception):
        _break(run, sweep, outcome)
    else:
        run.done[sweep.name] += outcome


def _look_at_all(
    run: QueueRun, sweeps: list[Sweep], *, due_by: datetime, now: datetime, pauses: bool
) -> dict[int, Look]:
    """Look at every sweep that isn't broken, by its place."""
    looks = {}
    for number, sweep in enumerate(sweeps):
        if sweep.name in run.broken:
            continue
        found = attempt(lambda sweep=sweep: look(sweep, due_by=due_by, now=now, pauses=pauses))  # type: ignore[misc]
        if isinstance(found, Exception):
            _break(run, sweep, found)
        else:
            looks[number] = found
    return looks


def _waiting(
    run: QueueRun, number: int, sweep: Sweep, found: Look, seen: set[tuple[str, int, datetime]]
) -> Iterator[_Due]:
    """Tell a sweep's items with their due moments, oldest first, asking only as far as somebody reads."""
    place = None
    for item in found.items:
        due_at = _due_at(run, sweep, item)
        if sweep.name in run.broken:
            return
        if due_at is None or (sweep.name, item, due_at) in seen:
            continue
        place = due_at if place is None else max(place, due_at)
        yield _Due(place, number, item, due_at)


def _due_at(run: QueueRun, sweep: Sweep, item: int) -> datetime | None:
    """Return an item's due moment; None where another's act has dealt with it since the look."""
    assert sweep.due_at is not None, "only what has a due moment is queued"
    ask = sweep.due_at
    answer = attempt(lambda: ask(db.session(), item))
    if isinstance(answer, datetime):
        return answer
    if not isinstance(answer, NoResultFound):
        _break(run, sweep, answer)
    return None


def _note_lag(run: QueueRun, sweeps: list[Sweep], looks: dict[int, Look], *, now: datetime) -> None:
    for number, found in looks.items():
        due_at = _due_at(run, sweeps[number], found.items[0]) if found.items else None
        if due_at is not None:
            run.done[sweeps[number].name] += SweepRun(oldest_due_lag=max(now - due_at, timedelta()))


def _break(run: QueueRun, sweep: Sweep, error: Exception) -> None:
    db.session().rollback()
    run.broken[sweep.name] = error
