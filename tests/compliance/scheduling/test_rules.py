"""When a job is late, when a clock stepped, what the guard does."""

from datetime import timedelta

import pytest

from compliance.scheduling.rules import (
    ClockReading,
    Finding,
    Pulse,
    Remedy,
    clock_step,
    find_fault,
    late_since,
)
from tests.builders import at

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("Thu 2024-09-12 10:00:00", None),
        ("Thu 2024-09-12 10:03:00", None),  # the third cadence counts
        ("Thu 2024-09-12 10:03:01", "Thu 2024-09-12 10:01:00"),
        ("Sun 2024-09-15 10:00:00", "Thu 2024-09-12 10:01:00"),
        ("Thu 2024-09-12 09:00:00", None),  # the clock was set back: a heartbeat ahead of it is not late
    ],
)
def test_a_job_is_late_after_three_cadences_since_when_it_should_have_finished(now, since):
    late = late_since(at("Thu 2024-09-12 10:00"), cadence=MINUTE, now=at(now))

    assert late == (since and at(since))


def test_a_job_of_every_few_seconds_is_not_late_within_a_minute():
    last = at("Thu 2024-09-12 10:00")

    assert late_since(last, cadence=MINUTE / 12, now=at("Thu 2024-09-12 10:01:00")) is None
    assert late_since(last, cadence=MINUTE / 12, now=at("Thu 2024-09-12 10:01:01")) == at("Thu 2024-09-12 10:00:05")


@pytest.mark.parametrize(
    ("wall", "monotonic", "step"),
    [
        (1.0, 1.0, None),
        (2.9, 1.0, None),  # trimmed
        (3.1, 1.0, pytest.approx(2.1)),
        (7201.0, 1.0, 7200),
        (-7199.0, 1.0, -7200),
        (3600.0, 3600.0, None),  # the process was stopped for an hour: both clocks went on
    ],
)
def test_a_jump_of_more_than_two_seconds_is_a_step(wall, monotonic, step):
    assert clock_step(ClockReading(1000.0, 50.0), ClockReading(1000.0 + wall, 50.0 + monotonic)) == step


def a_pulse(**changed):
    values = {"job": "lifecycle", "cadence": 60, "patience": 60, "running": False, "last_beat": 100.0}
    return Pulse(**(values | changed))


@pytest.mark.parametrize(
    ("pulse", "ticks_alive", "catching_up", "now", "remedy"),
    [
        (a_pulse(), True, False, 280.0, Remedy.NONE),
        (a_pulse(), True, False, 280.1, Remedy.RESTART_TICKS),
        (a_pulse(), True, True, 280.1, Remedy.NONE),  # nothing ticks before the catch-up is over
        (a_pulse(), False, False, 100.0, Remedy.RESTART_TICKS),
        (a_pulse(), False, True, 100.0, Remedy.RESTART_TICKS),
        (a_pulse(running=True), True, False, 280.0, Remedy.NONE),
        (a_pulse(running=True), True, False, 280.1, Remedy.END_PROCESS),
        (a_pulse(running=True), True, True, 280.1, Remedy.END_PROCESS),
        (a_pulse(running=True, cadence=5), True, False, 160.0, Remedy.NONE),  # a letter may take its minute
        (a_pulse(running=True, cadence=5), True, False, 160.1, Remedy.END_PROCESS),
    ],
)
def test_the_guard_restarts_ticks_that_stand_still_and_gives_up_a_stuck_thread(
    pulse, ticks_alive, catching_up, now, remedy
):
    assert find_fault([pulse], ticks_alive=ticks_alive, catching_up=catching_up, now=now).remedy is remedy


def test_a_stuck_job_outranks_dead_ticks_and_is_named():
    pulses = [a_pulse(job="one"), a_pulse(job="two", running=True)]

    assert find_fault(pulses, ticks_alive=False, catching_up=False, now=500.0) == Finding(Remedy.END_PROCESS, "two")
