"""One tick by hand works off everything due and what follows from it, once, and leaves heartbeats."""

from datetime import timedelta

from agreements.kernel import clock
from compliance.scheduling.jobs import JOBS
from compliance.scheduling.rules import Cause
from compliance.scheduling.runner import MOST_PASSES, tick_once
from compliance.scheduling.sweeps import forget_idle_runs
from tests.builders import at
from tests.builders_scheduling import a_heartbeat, a_job, a_pump, acts, heartbeats

NOW = at("Sat 2024-09-21 00:00")


def tick(*jobs, **options):
    return tick_once(due_by=NOW, now=NOW, jobs=jobs, **options)


def test_what_follows_is_done_in_the_same_tick_whatever_the_order_of_the_table(app):
    third = a_job("third", 3, follows="second")
    second = a_job("second", 2, follows="first")

    done = tick(third, second, a_job("first", 1))

    assert (done.passes, done.settled, done.is_clean) == (4, True, True)
    assert [acts(name) for name in ("first", "second", "third")] == [[1], [2], [3]]
    assert tick(third, second, a_job("first", 1)).passes == 1


def test_each_job_leaves_one_heartbeat_and_one_more_for_each_pass_that_did_something(app):
    tick(a_job("second", 2, follows="first"), a_job("first", 1, 11), cause=Cause.CATCH_UP)

    assert [(beat.job, beat.done, beat.cause) for beat in heartbeats()] == [
        ("second", 0, Cause.CATCH_UP),
        ("first", 2, Cause.CATCH_UP),
        ("second", 1, Cause.CATCH_UP),
    ]
    assert all(beat.due_by == NOW for beat in heartbeats())
    assert all(abs(clock.wall() - beat.finished_at) < timedelta(minutes=10) for beat in heartbeats())


def test_a_poison_item_is_counted_and_the_rest_is_done(app):
    done = tick(a_job("toy", *range(1, 51), poison={17}))

    assert (done.outcomes["toy"].work.done, done.outcomes["toy"].work.failed) == (49, 1)
    assert (done.settled, done.is_clean) == (True, False)


def test_a_job_that_breaks_does_not_stop_the_others(app, caplog):
    def break_down(_asked):
        raise ZeroDivisionError("13000000000")

    done = tick(a_job("broken", pump=a_pump(break_down)), a_job("toy", 1))

    assert acts() == [1]
    assert done.outcomes["broken"].error.startswith("ZeroDivisionError at test_ticks.py:")
    assert heartbeats("broken")[0].error == done.outcomes["broken"].error
    assert not done.is_clean
    assert "13000000000" not in caplog.text


def test_a_job_that_always_finds_something_ends_with_a_bound(app):
    done = tick(a_job("endless", pump=a_pump(lambda _asked: None)))

    assert (done.passes, done.settled) == (MOST_PASSES, False)


def test_a_tick_told_to_stop_ends_between_items(app):
    answers = iter([True, True, True, False, False])

    done = tick(a_job("toy", 1, 2, 3, 4), go_on=lambda: next(answers))

    assert acts() == [1, 2]
    assert not done.settled


def test_a_clock_behind_the_last_heartbeat_is_recorded_once(app):
    clock_check = tuple(job for job in JOBS if job.name == "clock_check")
    a_heartbeat(ago=-timedelta(hours=2))

    tick(*clock_check)
    tick(*clock_check)

    assert [beat.clock_step_seconds for beat in heartbeats("clock_check")] == [-7200, None]


def test_idle_heartbeats_are_forgotten_after_a_day_but_never_a_job_s_last(app):
    for days in (3, 2):
        a_heartbeat("idle", ago=timedelta(days=days))
    a_heartbeat("busy", ago=timedelta(days=3), done=1)
    a_heartbeat("busy", ago=timedelta(days=3), failed=1)
    a_heartbeat("busy", ago=timedelta(days=3), postponed=1)
    a_heartbeat("busy", ago=timedelta(days=3), error="ValueError")
    a_heartbeat("busy", ago=timedelta(days=3), clock_step_seconds=-5)
    a_heartbeat("busy", ago=timedelta(hours=23))

    assert forget_idle_runs(wall=clock.wall()) == 1
    assert len(heartbeats("busy")) == 6
    assert len(heartbeats("idle")) == 1
