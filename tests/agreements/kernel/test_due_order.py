"""Several kinds of due work as one queue: the oldest first, whatever kind it is."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import NoResultFound

from agreements.kernel.db import db
from agreements.kernel.due_order import run_in_due_order
from agreements.kernel.sweeps import Sweep, SweepFailure, SweepRun
from tests.builders import at

NOW = at("Sun 2024-12-08 18:00")


class Work:
    """Toy work: `waiting[name]` holds when each item falls due; `acts` what was done, in order."""

    def __init__(self, **waiting):
        self.waiting = {name: dict(items) for name, items in waiting.items()}
        self.acts = []
        self.follows = {}  # what acting on (name, item) puts into another's queue: (name, item, due_at)
        self.poison = set()

    def sweep(self, name, *, prepares=False):
        def find(_session, *, due_by):
            due = [(due_at, item) for item, due_at in self.waiting[name].items() if due_at <= due_by]
            return [item for _, item in sorted(due)]

        def act(_session, item, *, now):
            if (name, item) in self.poison:
                raise ZeroDivisionError
            self.acts.append((name, item))
            del self.waiting[name][item]
            for other, number, due_at in self.follows.get((name, item), ()):
                self.waiting[other][number] = due_at

        def due_at(_session, item):
            if item not in self.waiting[name]:
                raise NoResultFound
            return self.waiting[name][item]

        return Sweep(name, find, act, None if prepares else due_at)

    def run(self, *names, prepares=(), **options):
        sweeps = [self.sweep(name, prepares=name in prepares) for name in names or self.waiting]
        return run_in_due_order(sweeps, **({"due_by": NOW, "now": NOW} | options))


def ago(**time):
    return NOW - timedelta(**time)


def test_kinds_take_turns_by_when_their_items_fell_due(app):
    work = Work(ends={1: ago(days=9), 2: ago(days=3)}, lapses={1: ago(days=7), 2: ago(days=3)}, starts={1: ago(days=8)})

    run = work.run()

    assert work.acts == [("ends", 1), ("starts", 1), ("lapses", 1), ("ends", 2), ("lapses", 2)]
    assert run.done["ends"] == SweepRun(done=2, oldest_due_lag=timedelta(days=9))
    assert run.done["starts"].oldest_due_lag == timedelta(days=8)


def test_what_follows_from_an_act_takes_its_own_place(app):
    work = Work(arrivals={1: ago(days=9), 2: ago(days=1)}, lapses={})
    work.follows["arrivals", 1] = [("lapses", 7, ago(days=5))]

    work.run()

    assert work.acts == [("arrivals", 1), ("lapses", 7), ("arrivals", 2)]


def test_an_item_comes_up_again_when_it_is_due_for_something_later(app):
    work = Work(demands={1: ago(days=9), 2: ago(days=8)})
    work.follows["demands", 1] = [("demands", 1, ago(days=2))]

    work.run()

    assert work.acts == [("demands", 1), ("demands", 2), ("demands", 1)]


def test_preparation_comes_first_and_what_is_not_due_stays(app):
    work = Work(warns={1: ago(days=9), 2: NOW + timedelta(seconds=1)}, plans={5: ago(days=1)})

    work.run(prepares=("plans",))

    assert work.acts == [("plans", 5), ("warns", 1)]
    assert list(work.waiting["warns"]) == [2]


def test_a_bad_item_and_a_sweep_that_can_not_be_asked_stop_nobody(app):
    work = Work(ends={1: ago(days=9), 2: ago(days=3)}, lapses={1: ago(days=7)})
    work.poison.add(("ends", 1))
    broken = Sweep("broken", lambda _session, **_: 1 / 0, lambda *_, **__: None, lambda *_: NOW)

    run = run_in_due_order([broken, work.sweep("ends"), work.sweep("lapses")], due_by=NOW, now=NOW)

    assert work.acts == [("lapses", 1), ("ends", 2)]
    assert (run.done["ends"].done, run.done["ends"].failed) == (1, 1)
    assert isinstance(run.broken["broken"], ZeroDivisionError)
    assert db.session().get(SweepFailure, ("ends", 1)).tries == 1


def test_told_to_stop_it_ends_between_items(app):
    work = Work(ends={number: ago(days=number) for number in (1, 2, 3)})
    answers = iter([True, True, False])

    run = work.run(go_on=lambda: next(answers))

    assert work.acts == [("ends", 3), ("ends", 2)]
    assert run.done["ends"].interrupted


@pytest.mark.parametrize("spread", [timedelta(0), timedelta(seconds=7)])
def test_two_thousand_rows_lose_nobody_and_starve_nobody(app, spread):
    count = 500
    names = ("ends", "lapses", "starts", "warns")
    due = {
        name: {item: ago(days=3) + (4 * item + no) * spread for item in range(count)} for no, name in enumerate(names)
    }
    work = Work(**due)

    run = work.run()

    assert sum(each.done for each in run.done.values()) == 4 * count
    places = [due[name][item] for name, item in work.acts]
    assert places == sorted(places)
