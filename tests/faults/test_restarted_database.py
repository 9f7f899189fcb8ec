"""X2: PostgreSQL killed and restarted under load: what it acknowledged is there, and every process comes back by itself."""

import os
import random
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from agreements.kernel import audit, clock
from agreements.kernel.db import db, unit_of_work
from app import create_app
from compliance.scheduling.models import JobRun
from deploy.supervisor import end_with
from tests.builders_notices import a_mail_server
from tests.conftest import Installations
from tests.faults.crowd import PATIENCE_SECONDS, ROOT, SCHEDULERS, Crowd, configure, wait_until
from tests.postgresql_server import ForeignServer

pytestmark = pytest.mark.postgresql

WRITERS = 3
RESTARTS = 4  # half of them kill -9; `make soak` restarts it a hundred times
MANY_RESTARTS = 100
BACK_WITHIN_SECONDS = 10  # measured in `make soak`, which has the machine to itself


@pytest.fixture
def own_server(tmp_path):
    """An instance on a server of its own, which may be killed."""
    (tmp_path / "templates").mkdir()
    installations = Installations(tmp_path / "templates")
    folder = tmp_path / "instance"
    installations.make("postgresql", folder)
    if isinstance(installations.server, ForeignServer):
        pytest.skip("TEST_DATABASE_URL names a server that is not ours to kill")
    yield folder, installations.server
    installations.close()


class Writers:
    """Processes that write and say what was acknowledged."""

    def __init__(self, instance, folder):
        self.files = [folder / f"acknowledged-{number}" for number in range(WRITERS)]
        self.processes = [self.start(instance, number) for number in range(WRITERS)]

    def start(self, instance, number):
        with self.files[number].open("x") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.committing_writer", str(instance), str(number)],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.DEVNULL,
                preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 - it only asks the kernel
            )

    def acknowledged(self):
        """Return the marks that were printed whole; read by a handle of our own, for a shared one shares its position."""
        texts = [file.read_text() for file in self.files]
        return [line.strip() for text in texts for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def counts(self):
        marks = self.acknowledged()
        return [sum(mark.startswith(f"try:{number}-") for mark in marks) for number in range(WRITERS)]

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def writers(own_server, tmp_path):
    writers = Writers(own_server[0], tmp_path)
    yield writers
    writers.stop()


@pytest.fixture
def crowd(own_server):
    with a_mail_server() as mail_server:
        configure(own_server[0], mail_server)
        crowd = Crowd(own_server[0], seed=1)
        yield crowd
        crowd.close()


@pytest.fixture
def app(own_server, crowd, writers):
    app = create_app(instance_path=str(own_server[0]))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def restart(server, writers, crowd, times, within):
    """Restart the server under load, every other time by kill -9; return the longest time until all were back."""
    chance = random.Random(20241108)
    slowest = 0.0
    wait_until(lambda: min(writers.counts()) > 0)
    for number in range(times):
        time.sleep(chance.uniform(0.05, 0.3))
        (server.stop if number % 2 else server.kill)()
        before = writers.counts()
        server.start()

        def all_back(before=before):
            write = all(now > then for now, then in zip(writers.counts(), before, strict=True))
            return write and crowd.web.ask("GET", "/sign-in")[0] == 200

        slowest = max(slowest, wait_until(all_back, within, "not everybody came back"))
    return slowest


def every_scheduler_ticks(since):
    """Every scheduler has run a job to its end that it began after the instant."""

    def reached():
        with unit_of_work() as session:
            runners = select(func.count(JobRun.runner.distinct())).where(JobRun.started_at > since)
            return session.scalar(runners) == SCHEDULERS

    return reached


def survive(server, writers, crowd, times, *, within):
    born = list(crowd.schedulers.alive), [process.pid for process in writers.processes]
    slowest = restart(server, writers, crowd, times, within)
    wait_until(every_scheduler_ticks(clock.wall()))
    writers.stop()
    acknowledged = writers.acknowledged()

    with unit_of_work() as session:
        audit.verify(session)
        made, paired = (
            set(session.scalars(select(audit.AuditEvent.subject).where(audit.AuditEvent.act == act)))
            for act in ("try.made", "try.paired")
        )
    print(f"{times} restarts, {len(acknowledged)} commits acknowledged, all back within {slowest:.1f} s")
    assert set(acknowledged) <= made
    assert made == paired  # what was not acknowledged is there wholly or not at all
    assert len(acknowledged) == len(set(acknowledged))
    assert born == (crowd.schedulers.alive, [process.pid for process in writers.processes])


def test_what_was_acknowledged_survives_and_every_process_comes_back(app, own_server, writers, crowd):
    survive(own_server[1], writers, crowd, RESTARTS, within=PATIENCE_SECONDS)


@pytest.mark.soak
def test_what_was_acknowledged_survives_a_hundred_restarts(app, own_server, writers, crowd):
    survive(own_server[1], writers, crowd, MANY_RESTARTS, within=BACK_WITHIN_SECONDS)
