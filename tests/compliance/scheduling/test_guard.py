"""The guard of one process: clock steps, dead ticks, a stuck job, a blocked database."""

from datetime import timedelta
from threading import Event

import pytest

from agreements.kernel import clock, engines
from agreements.kernel import db as kernel_db
from agreements.kernel.db import unit_of_work
from compliance.scheduling import rules
from compliance.scheduling.actions import scheduler_health
from compliance.scheduling.jobs import JOBS, check_clock
from compliance.scheduling.process import SchedulerProcess
from compliance.scheduling.rules import Cause, Remedy
from tests.builders_scheduling import a_job, a_pump, acts, heartbeats

PATIENCE_SECONDS = 60  # a busy machine is no fault
CLOCK_CHECK = JOBS[0]


class Clocks:
    """Two clocks that a test can move apart; left alone they run as the real ones."""

    def __init__(self):
        self.wall_offset = timedelta()
        self.monotonic_offset = 0.0

    def wall(self):
        return clock.wall() + self.wall_offset

    def monotonic(self):
        return clock.monotonic() + self.monotonic_offset

    def both_pass(self, seconds):
        self.wall_offset += timedelta(seconds=seconds)
        self.monotonic_offset += seconds


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def start(app, clocks):
    """Start a scheduler with the given jobs in this process; it is stopped at the end."""
    started = []

    def start(*jobs):
        with unit_of_work() as session:
            clock.install(session)
        process = SchedulerProcess(app, jobs=jobs, wall=clocks.wall, monotonic=clocks.monotonic)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.stop()
        process._ticks.join(PATIENCE_SECONDS)
        assert not process._ticks.is_alive()


def wait_until(found, seconds=PATIENCE_SECONDS):
    until = clock.monotonic() + seconds
    while not found():
        assert clock.monotonic() < until, "waited in vain"
        Event().wait(0.01)


def runs_of(job):
    return len(heartbeats(job))


def test_it_catches_up_first_and_then_ticks(start):
    start(a_job("toy", 1, 2, cadence=1))

    wait_until(lambda: runs_of("toy") >= 2)

    assert acts() == [1, 2]
    assert [beat.cause for beat in heartbeats("toy")][:2] == [Cause.CATCH_UP, Cause.SCHEDULED]


@pytest.mark.parametrize("hours", [2, 24, 24 * 365, -2, -24])
def test_a_clock_step_is_recorded_and_every_job_ticks_anew_at_once(start, clocks, hours):
    clocks.wall_offset = timedelta(hours=-hours)  # wrong before the step, right after it
    process = start(CLOCK_CHECK, a_job("slow", cadence=3600))
    wait_until(lambda: runs_of("slow") == (2 if hours > 0 else 1))  # set to a later time, the ticks would wait for it
    wait_until(lambda: not process._busy())
    process.guard()
    before = runs_of("slow")

    clocks.wall_offset = timedelta()
    assert process.guard().remedy is Remedy.NONE

    wait_until(lambda: runs_of("slow") == before + 1)
    wait_until(lambda: any(beat.clock_step_seconds == hours * 3600 for beat in heartbeats("clock_check")))
    assert process.guard().remedy is Remedy.NONE


def test_a_step_seen_while_the_clock_check_runs_is_recorded_by_its_next_run(start, clocks):
    release, running = Event(), Event()

    def hold(asked):
        running.set()
        release.wait(2 * PATIENCE_SECONDS)
        return check_clock(asked)

    process = start(a_job("clock_check", pump=hold))
    assert running.wait(PATIENCE_SECONDS)
    clocks.wall_offset += timedelta(hours=2)
    process.guard()
    release.set()

    def recorded():
        process.guard()
        return any(beat.clock_step_seconds == 7200 for beat in heartbeats("clock_check"))

    clocks.wall_offset = timedelta()
    process._reading = process._read_clocks()
    wait_until(recorded)


def test_small_corrections_of_the_clock_are_no_step(start, clocks):
    process = start(CLOCK_CHECK)
    wait_until(lambda: runs_of("clock_check"))

    clocks.wall_offset += timedelta(seconds=1.5)
    process.guard()

    assert process._step is None


def test_ticks_whose_thread_died_are_set_up_anew(start, caplog):
    process = start(a_job("toy", cadence=1))
    wait_until(lambda: runs_of("toy") >= 2)
    process._scheduler.shutdown(wait=False)
    process._ticks.join(PATIENCE_SECONDS)
    before = runs_of("toy")

    assert process.guard().remedy is Remedy.RESTART_TICKS

    wait_until(lambda: runs_of("toy") > before)
    assert process.restarts == 1
    assert "setting them up anew" in caplog.text
    assert process.guard().remedy is Remedy.NONE


def test_ticks_that_stand_still_while_their_thread_lives_are_set_up_anew(start, clocks):
    process = start(a_job("toy", cadence=1))
    wait_until(lambda: runs_of("toy") >= 2)
    process.guard()  # else a busy machine's delay counts as time that the whole process was stopped
    process._scheduler.pause()
    clocks.both_pass(4)

    assert process.guard().remedy is Remedy.RESTART_TICKS

    before = runs_of("toy")
    wait_until(lambda: runs_of("toy") > before)


def test_a_process_that_was_stopped_as_a_whole_is_not_taken_for_stuck(start, clocks):
    release, running = Event(), Event()

    def hang(_asked):
        running.set()
        release.wait(2 * PATIENCE_SECONDS)

    process = start(a_job("hanging", cadence=1, pump=a_pump(hang)))
    try:
        assert running.wait(PATIENCE_SECONDS)
        clocks.both_pass(3600)
        assert process.guard().remedy is Remedy.NONE
        for _ in range(7):
            clocks.both_pass(9)
            finding = process.guard()
        assert (finding.remedy, finding.job) == (Remedy.END_PROCESS, "hanging")
    finally:
        release.set()


def test_a_job_that_goes_from_item_to_item_is_not_stuck_however_long_it_takes(start, clocks):
    processes = []

    def go_through_items(asked):
        wait_until(lambda: processes)
        for _ in range(20):
            clocks.both_pass(9)
            asked.go_on()
            assert processes[0].guard().remedy is Remedy.NONE

    processes.append(start(a_job("long", pump=a_pump(go_through_items))))

    wait_until(lambda: runs_of("long"))
    assert heartbeats("long")[0].error is None


def test_a_blocked_database_is_noticed_and_the_work_goes_on_when_it_is_free(app, start, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 100)
    monkeypatch.setattr(rules, "LEAST_PATIENCE", timedelta())
    process = start(a_job("toy", 1, cadence=1))
    wait_until(lambda: runs_of("toy") >= 2)
    blocker = kernel_db.db.engine.connect().execution_options(**{engines.WRITES: True})
    blocker.begin()
    last = heartbeats("toy")[-1].finished_at

    def health():
        kernel_db.db.session().rollback()
        return scheduler_health(kernel_db.db.session(), clock.wall(), jobs=process.jobs)

    wait_until(lambda: not health().is_punctual)
    assert heartbeats("toy")[-1].finished_at - last < timedelta(seconds=1)
    assert process.guard().remedy is Remedy.NONE  # the ticks go on; the database does not

    blocker.close()
    wait_until(lambda: health().is_punctual)
    assert process.restarts == 0


def test_a_catch_up_that_breaks_off_leaves_the_work_to_the_ticks(start, monkeypatch):
    broken = iter([True])

    def break_once(session):
        if next(broken, False):
            raise OSError
        return clock.wall()

    monkeypatch.setattr("compliance.scheduling.process.clock.now", break_once)
    start(a_job("toy", 1, cadence=1))

    wait_until(lambda: runs_of("toy"))

    assert acts() == [1]
    assert {beat.cause for beat in heartbeats("toy")} == {Cause.SCHEDULED}


def test_pumps_that_reach_outside_wait_for_the_ticks(start):
    start(a_job("toy", 1), a_job("mail", pump=a_pump(lambda _asked: None)))

    wait_until(lambda: runs_of("mail"))

    assert {beat.cause for beat in heartbeats("mail")} == {Cause.SCHEDULED}
    assert heartbeats("toy")[0].cause is Cause.CATCH_UP
