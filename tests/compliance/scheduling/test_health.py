"""Punctual or not, which job is late and since when, and what needs a person."""

from datetime import timedelta

import pytest

from agreements.kernel import audit, clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import NotFound, NotPermitted
from compliance.scheduling import preview as preview_module
from compliance.scheduling.actions import ask_for_run, job_statuses, recent_runs, scheduler_health
from compliance.scheduling.jobs import JOBS
from compliance.scheduling.preview import preview
from compliance.scheduling.runner import tick_once
from tests.builders import a_person, at
from tests.builders_scheduling import a_heartbeat, a_job, acts

WALL = at("Thu 2024-09-12 10:00")


def health(**options):
    db.session().rollback()
    return scheduler_health(db.session(), WALL, **options)


def test_a_scheduler_that_never_ran_is_not_punctual(app):
    verdict = health()

    assert (verdict.is_punctual, verdict.never_ran, verdict.silent_since) == (False, True, None)
    assert len(verdict.late) == len(JOBS)


def test_every_job_within_three_cadences_is_punctual(app):
    for job in JOBS:
        a_heartbeat(job.name, wall=WALL, ago=timedelta(seconds=3 * job.cadence_seconds))

    assert health().is_punctual


def test_a_late_job_is_named_with_the_moment_it_should_have_finished(app):
    for job in JOBS:
        a_heartbeat(job.name, wall=WALL, ago=timedelta(minutes=4) if job.name == "lifecycle" else timedelta())

    verdict = health()

    assert [(status.job.name, status.late_since) for status in verdict.late] == [
        ("lifecycle", WALL - timedelta(minutes=3))
    ]
    assert verdict.silent_since is None  # the others go on


def test_when_every_job_is_late_the_scheduler_has_been_silent_since_its_last_heartbeat(app):
    for job in JOBS:
        a_heartbeat(job.name, wall=WALL, ago=timedelta(days=1, seconds=3 * job.cadence_seconds))

    verdict = health()

    assert not verdict.is_punctual
    assert verdict.silent_since == WALL - timedelta(days=1, seconds=15)


def test_a_job_that_breaks_on_time_is_not_punctual_either(app):
    jobs = (a_job("toy", 1),)
    a_heartbeat("toy", wall=WALL, error="ValueError at x.py:1")

    verdict = health(jobs=jobs)

    assert (verdict.is_punctual, verdict.late) == (False, ())
    assert [status.job.name for status in verdict.broken] == ["toy"]


def test_items_that_need_a_person_are_counted(app):
    jobs = (a_job("toy", 1, 2, poison={2}),)
    for _ in range(5):
        tick_once(due_by=WALL, now=WALL, jobs=jobs)

    status = job_statuses(db.session(), wall=WALL, jobs=jobs)[0]

    assert health(jobs=jobs).parked == 1
    assert [(row.item_id, row.tries) for row in status.parked] == [(2, 5)]


def test_runs_that_did_something_are_listed_newest_first(app):
    a_heartbeat("one", done=1)
    a_heartbeat("idle")
    a_heartbeat("two", clock_step_seconds=7200)

    assert [run.job for run in recent_runs(db.session())] == ["two", "one"]


def test_a_dry_run_says_what_is_due_and_changes_nothing(app):
    jobs = (a_job("toy", 4, 2),)

    [seen] = preview(db.session(), due_by=WALL, jobs=jobs)

    assert [(item.sweep, item.item_id, item.about) for item in seen.planned] == [("toy", 4, "#4"), ("toy", 2, "#2")]
    assert acts() == []


def test_asking_for_a_run_needs_the_permission_and_is_recorded(app):
    with pytest.raises(NotPermitted), unit_of_work() as session:
        ask_for_run(session, "lifecycle", actor=a_person("legal_officer"), now=WALL)
    with pytest.raises(NotFound, match="lifecycle"), unit_of_work() as session:
        ask_for_run(session, "nope", actor=a_person("ops"), now=WALL)

    with unit_of_work() as session:
        assert ask_for_run(session, "lifecycle", actor=a_person("ops"), now=WALL).name == "lifecycle"

    assert audit.verify(db.session())[0] == 1
    assert db.session().get(AuditEvent, 1).act == "job.run_by_hand"
    assert clock.wall() > WALL


def test_every_sweep_of_the_table_is_known_in_words():
    unknown = {sweep.name for job in JOBS for sweep in job.sweeps} - set(preview_module.SWEEPS)

    assert unknown == set()
