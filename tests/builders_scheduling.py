"""Toy jobs: items that are acted on once each, leaving a revision row per act."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from agreements.kernel import clock, revisions
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.revisions import Revision
from agreements.kernel.sweeps import Sweep, SweepFailure, SweepRun
from compliance.scheduling.jobs import Job, Outcome
from compliance.scheduling.models import JobRun

ROOT = Path(__file__).parent.parent


def a_sweep(*items, name="toy", follows=None, poison=()):
    """A sweep over the items; an item is due once all of `follows` was acted on."""

    def acted(session, sweep):
        return set(session.scalars(select(Revision.tenant_id).where(Revision.cause == sweep)))

    def find(session, *, due_by):
        if follows is not None and not acted(session, follows):
            return []
        return [item for item in items if item not in acted(session, name)]

    def act(session, item, *, now):
        if item in poison:
            raise ValueError("13000000000")
        revisions.raise_revision(session, tenant_id=item, cause=name, now=now)

    return Sweep(name, find, act)


def a_job(name="toy", *items, cadence=60, pump=None, patience=60, **sweep):
    sweeps = () if pump else (a_sweep(*items, name=name, **sweep),)
    return Job(name, cadence, "A toy", sweeps, pump, patience)


def a_pump(function):
    """A pump that calls the function with what it was asked and did one thing."""

    def pump(asked):
        function(asked)
        return Outcome(SweepRun(done=1))

    return pump


def a_parked_item(sweep="lifecycle", item=4711):
    """An item that failed five times just now."""
    wall = clock.wall()
    return SweepFailure(
        sweep=sweep,
        item_id=item,
        tries=5,
        last_error="ValueError at x.py:1",
        due_by=wall,
        first_failed_at=wall,
        last_failed_at=wall,
        next_try_at=wall,
        parked_at=wall,
    )


def a_heartbeat(job="lifecycle", *, ago=timedelta(), wall=None, **changed):
    """Write a heartbeat that is `ago` old."""
    finished_at = (wall or clock.wall()) - ago
    values = {
        "job": job,
        "cause": "scheduled",
        "runner": "host:1",
        "started_at": finished_at,
        "finished_at": finished_at,
        "due_by": finished_at,
        "done": 0,
        "failed": 0,
        "postponed": 0,
    }
    with unit_of_work() as session:
        session.add(JobRun(**(values | changed)))


def heartbeats(job=None):
    """Every heartbeat, oldest first."""
    session = db.session()
    session.rollback()
    statement = select(JobRun).order_by(JobRun.id)
    return list(session.scalars(statement.where(JobRun.job == job) if job else statement))


def acts(cause="toy"):
    """The items acted on, in order."""
    session = db.session()
    session.rollback()
    return list(session.scalars(select(Revision.tenant_id).where(Revision.cause == cause).order_by(Revision.seq)))


def environment_of(app):
    return os.environ | {"LUYUE_INSTANCE": app.instance_path, "PYTHONUNBUFFERED": "1"}


def a_scheduler_process(app, **options):
    """A real `jobs run`."""
    command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "run"]
    return subprocess.Popen(command, cwd=ROOT, env=environment_of(app), stderr=subprocess.PIPE, text=True, **options)
