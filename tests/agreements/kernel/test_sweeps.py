"""Due rows are worked off one by one; a bad one stops nobody and is never forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from agreements.kernel import revisions
from agreements.kernel.db import db
from agreements.kernel.errors import MissingData, Stale
from agreements.kernel.revisions import Revision
from agreements.kernel.sweeps import Sweep, SweepFailure, run_sweep
from tests.builders import at

NOW = at("Sat 2024-09-21 00:00")


class Toy:
    """Items 1…n, each due once; an act leaves a revision row. `poison` says what an item raises."""

    def __init__(self, count=3, poison=None):
        self.items = list(range(1, count + 1))
        self.poison = poison or {}

    def find(self, session, *, due_by):
        assert due_by.tzinfo
        done = set(session.scalars(select(Revision.tenant_id)))
        return [item for item in self.items if item not in done]

    def act(self, session, item, *, now):
        revisions.raise_revision(session, tenant_id=item, cause="toy.acted", now=now)
        session.flush()
        if item in self.poison:
            raise self.poison[item]

    def run(self, now=NOW, **options):
        return run_sweep(Sweep("toy", self.find, self.act), due_by=now, now=now, **options)


def acted():
    rows = list(db.session().scalars(select(Revision.tenant_id).order_by(Revision.seq)))
    db.session().rollback()
    return rows


def failures():
    rows = {row.item_id: row for row in db.session().scalars(select(SweepFailure))}
    db.session().expunge_all()
    db.session().rollback()
    return rows


def test_everything_due_is_acted_on_once_however_often_the_sweep_runs(app):
    toy = Toy(3)

    assert (toy.run().done, toy.run().done) == (3, 0)
    assert acted() == [1, 2, 3]


def test_one_poison_row_among_fifty_stops_nobody_and_leaves_no_half_act(app, caplog):
    toy = Toy(50, poison={7: ValueError("电话 13000000000")})

    run = toy.run()

    assert (run.done, run.failed) == (49, 1)
    assert 7 not in acted()
    row = failures()[7]
    assert (row.tries, row.parked_at) == (1, None)
    assert row.last_error.startswith("ValueError at test_sweeps.py:")
    assert "item 7 failed" in caplog.text
    assert "13000000000" not in caplog.text + row.last_error  # an error's text may hold personal data


def test_a_failing_item_waits_longer_each_time_and_is_parked_after_five_tries(app):
    toy = Toy(1, poison={1: MissingData("No calendar for %(year)s.", year=2027)})
    now, pauses = NOW, []
    for _ in range(9):
        assert toy.run(now).failed == 1
        assert toy.run(now + timedelta(seconds=59)).failed == 0  # still pausing
        pauses.append(failures()[1].next_try_at - now)
        now += pauses[-1]

    row = failures()[1]
    assert [int(pause.total_seconds() // 60) for pause in pauses] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert row.parked_at == NOW + timedelta(minutes=1 + 2 + 4 + 8)
    assert row.last_error.startswith("MISSING_DATA at")
    assert row.first_failed_at == NOW


def test_a_person_asking_for_a_run_does_not_wait_for_the_pause(app):
    toy = Toy(1, poison={1: ValueError()})
    toy.run()

    assert toy.run(pauses=False).failed == 1
    assert failures()[1].tries == 2


def test_a_clock_set_back_does_not_stretch_a_pause(app):
    toy = Toy(1, poison={1: ValueError()})
    toy.run()

    assert toy.run(NOW - timedelta(days=1)).failed == 1


def test_a_failure_is_forgotten_when_the_item_succeeds(app):
    toy = Toy(2, poison={1: ValueError()})
    toy.run()
    toy.poison.clear()

    assert toy.run(NOW + timedelta(minutes=1)).done == 1
    assert failures() == {}


def test_a_failure_is_forgotten_when_a_person_settled_the_item_but_not_when_less_is_asked_for(app):
    toy = Toy(1, poison={1: ValueError()})
    toy.run()
    toy.items = []

    toy.run(NOW - timedelta(seconds=1))  # asks only what was due before: the item may still be
    assert list(failures()) == [1]
    toy.run()
    assert failures() == {}


def test_being_second_is_no_failure(app):
    run = Toy(2, poison={1: Stale("Somebody else was first.")}).run()

    assert (run.done, run.failed) == (1, 0)
    assert failures() == {}


def test_an_act_that_found_nothing_left_is_not_counted(app):
    def find(session, *, due_by):
        return [1]

    def act(session, item, *, now):
        return False

    run = run_sweep(Sweep("toy", find, act), due_by=NOW, now=NOW)

    assert (run.done, run.failed) == (0, 0)


def test_items_that_appear_during_a_run_are_found_by_it(app):
    toy = Toy(2)

    def act(session, item, *, now):
        toy.act(session, item, now=now)
        if item < 6:
            toy.items.append(item + 2)

    assert run_sweep(Sweep("toy", toy.find, act), due_by=NOW, now=NOW).done == 7
    assert sorted(acted()) == [1, 2, 3, 4, 5, 6, 7]


def test_a_run_told_to_stop_finishes_its_item_and_says_it_was_interrupted(app):
    answers = iter([True, True, False])

    run = Toy(5).run(go_on=lambda: next(answers))

    assert (run.done, run.interrupted) == (2, True)
    assert acted() == [1, 2]


def test_a_run_says_how_late_the_oldest_item_was(app):
    toy = Toy(2)

    run = run_sweep(
        Sweep("toy", toy.find, toy.act, lambda _session, item: NOW - timedelta(hours=3 - item)), due_by=NOW, now=NOW
    )

    assert run.oldest_due_lag == timedelta(hours=2)


def test_a_broken_find_is_the_job_s_failure_and_not_an_item_s(app):
    def find(session, *, due_by):
        raise ValueError

    with pytest.raises(ValueError):
        run_sweep(Sweep("toy", find, lambda *_: None), due_by=NOW, now=NOW)
    assert db.session().scalar(select(func.count()).select_from(SweepFailure)) == 0
