"""Real scheduler processes on a real database file: killed, doubled, stopped."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select

from agreements.kernel import audit, clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.register.sweeps import agreements_to_advance
from compliance.scheduling.jobs import JOBS
from compliance.scheduling.rules import Cause
from tests.builders import at
from tests.builders_register import a_paid_agreement
from tests.builders_scheduling import ROOT, a_scheduler_process, environment_of, heartbeats

AGREEMENTS = 80
PATIENCE_SECONDS = 120  # a busy machine is no fault
AT_ONCE_SECONDS = 30  # less than any wait for a next tick or for a process to be given up


@pytest.fixture
def overdue(app):
    """Agreements that were paid before their start, and by today have begun and ended unrecorded."""
    with unit_of_work() as session:
        clock.install(session)
        for number in range(AGREEMENTS):
            a_paid_agreement(
                session,
                order_no=f"2000000000{number:05}",
                now=at("Sat 2024-07-27 12:00"),
                paid_at=at("Sat 2024-07-27 10:00"),
            )
    db.session.remove()
    return app


@pytest.fixture
def nursery(overdue):
    """Starts scheduler processes cheaply; returns a function that gives the next one's process id."""
    command = [sys.executable, str(Path(__file__).parent / "nursery.py"), overdue.instance_path]
    environment = environment_of(overdue) | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        born = []

        def start(how="usual"):
            process.stdin.write(f"{how}\n")
            process.stdin.flush()
            born.append(int(process.stdout.readline()))
            return born[-1]

        yield start
        for pid in born:
            kill(pid, signal.SIGKILL)
        process.stdin.close()


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def wait(seconds):
    Event().wait(seconds)


def wait_until(found, seconds=PATIENCE_SECONDS):
    until = clock.monotonic() + seconds
    while not found():
        assert clock.monotonic() < until, "waited in vain"
        wait(0.05)


def left():
    db.session().rollback()
    return len(agreements_to_advance(db.session(), due_by=clock.wall()))


def assert_each_act_once():
    """Every agreement started once and ended once, each dated at its own bound, in an unbroken trail."""
    session = db.session()
    session.rollback()
    rows = session.execute(select(AuditEvent.subject, AuditEvent.act, AuditEvent.as_of)).all()
    moves = Counter(row for row in rows if row.act in ("agreement.start_service", "agreement.expire"))
    assert set(moves.values()) == {1}
    assert Counter((act, as_of) for _, act, as_of in moves) == {
        ("agreement.start_service", at("Sun 2024-07-28 00:00")): AGREEMENTS,
        ("agreement.expire", at("Wed 2025-07-30 00:00")): AGREEMENTS,
    }
    audit.verify(session)


@pytest.mark.soak
def test_killed_again_and_again_the_scheduler_leaves_each_act_once(nursery):
    chance = random.Random(20240912)
    kills = interrupted = 0
    while left() and kills < 200:
        before = left()
        pid = nursery()
        began = clock.monotonic()
        while left() == before and clock.monotonic() - began < 10:
            wait(0.002)
        wait(chance.uniform(0, 0.03))
        kill(pid, signal.SIGKILL)
        kills += 1
        interrupted += left() > 0

    assert left() == 0
    assert interrupted >= 5, "the kills came too late to mean anything"
    assert_each_act_once()


def test_several_schedulers_at_once_leave_each_act_once(nursery):
    pids = [nursery() for _ in range(3)]

    wait_until(lambda: left() == 0)
    wait_until(lambda: len({beat.runner for beat in heartbeats("lifecycle")}) == 3)

    for pid in pids:
        kill(pid, signal.SIGTERM)
    assert_each_act_once()
    assert sum(beat.done for beat in heartbeats("lifecycle")) == AGREEMENTS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_catches_up_ticks_and_ends_as_soon_as_it_is_told(overdue, number):
    process = a_scheduler_process(overdue)
    line = process.stderr.readline()
    wait_until(lambda: heartbeats("send_notices"))

    process.send_signal(number)
    began = clock.monotonic()
    _, rest = process.communicate(timeout=PATIENCE_SECONDS)

    assert clock.monotonic() - began < AT_ONCE_SECONDS
    assert process.returncode == 0
    assert line.startswith(f"scheduler: {len(JOBS)} jobs (clock_check, termination_execute, lifecycle,")
    assert rest == ""
    assert [beat.cause for beat in heartbeats("lifecycle") if beat.done] == [Cause.CATCH_UP]
    assert_each_act_once()


def test_told_to_stop_in_the_middle_of_its_work_it_finishes_the_item_and_leaves_the_rest(nursery):
    pid = nursery("slow")
    wait_until(lambda: left() < AGREEMENTS)
    kill(pid, signal.SIGTERM)
    wait_until(lambda: not kill(pid, 0), seconds=AT_ONCE_SECONDS)

    stopped_at = left()
    second = nursery()
    wait_until(lambda: left() == 0)

    kill(second, signal.SIGTERM)
    wait_until(lambda: not kill(second, 0), seconds=AT_ONCE_SECONDS)
    assert 0 < stopped_at < AGREEMENTS
    assert_each_act_once()
