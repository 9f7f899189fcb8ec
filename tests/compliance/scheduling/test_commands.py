"""`jobs tick`, `jobs list`: what counts as due, when acts are recorded, what is refused."""

import json

import pytest
from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from tests.builders import at
from tests.builders_register import a_paid_agreement
from tests.builders_scheduling import heartbeats


def jobs(app, *words):
    return app.test_cli_runner().invoke(args=["jobs", *words])


def expired_at():
    """When the agreement's end was recorded, or None."""
    db.session().rollback()
    return db.session().scalar(select(AuditEvent.recorded_at).where(AuditEvent.act == "agreement.expire"))


@pytest.fixture
def normal(app):
    """A normal database with an agreement that ended at 2025-07-30 00:00, unrecorded."""
    with unit_of_work() as session:
        clock.install(session)
        a_paid_agreement(session)
    return app


@pytest.fixture
def rehearsal(app):
    """The same in a rehearsal that stands at its last day."""
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=at("Tue 2025-07-29 12:00"))
        a_paid_agreement(session)
    return app


def test_a_tick_works_off_what_is_due_and_a_second_one_changes_nothing(normal):
    first = json.loads(jobs(normal, "tick", "--once", "--json").stdout)
    recorded = expired_at()
    second = json.loads(jobs(normal, "tick", "--json").stdout)

    assert {row["job"]: row["done"] for row in first["jobs"]}["lifecycle"] == 1
    assert (first["settled"], first["passes"]) == (True, 2)
    assert sum(row["done"] for row in second["jobs"]) == 0
    assert expired_at() == recorded


def test_an_instant_ahead_is_refused_in_a_normal_database(normal):
    result = jobs(normal, "tick", "--once", "--as-of", "2099-01-01T00:00")

    assert result.exit_code == 2
    assert "as-of: " in result.stderr
    assert "rehearsal" in result.stderr
    assert heartbeats() == []
    assert jobs(normal, "tick", "--dry-run", "--as-of", "2099-01-01").exit_code == 2


def test_an_instant_behind_limits_what_is_due_and_back_dates_nothing(normal):
    began = clock.wall()
    assert jobs(normal, "tick", "--as-of", "2025-07-29T23:59:59").exit_code == 0
    assert expired_at() is None

    assert jobs(normal, "tick", "--as-of", "2025-07-30T00:00").exit_code == 0

    event = db.session().scalars(select(AuditEvent).where(AuditEvent.act == "agreement.expire")).one()
    assert event.recorded_at >= began
    assert event.as_of == at("Wed 2025-07-30 00:00")


def test_an_instant_ahead_moves_the_clock_of_a_rehearsal_first(rehearsal):
    assert jobs(rehearsal, "tick").exit_code == 0
    assert expired_at() is None

    assert jobs(rehearsal, "tick", "--as-of", "2025-08-01T09:00").exit_code == 0

    assert clock.now(db.session()) == at("Fri 2025-08-01 09:00")
    assert expired_at() == at("Fri 2025-08-01 09:00")
    assert db.session().scalars(select(Agreement.state)).one() is AgreementState.EXPIRED
    assert jobs(rehearsal, "tick", "--as-of", "2025-07-01").exit_code == 0  # behind: only limits
    assert clock.now(db.session()) == at("Fri 2025-08-01 09:00")


def test_a_dry_run_lists_and_changes_nothing(normal):
    result = json.loads(jobs(normal, "tick", "--dry-run", "--json").stdout)

    assert {row["job"]: row["due"] for row in result["sweeps"]}["lifecycle"] == [1]
    assert expired_at() is None
    assert heartbeats() == []
    said = jobs(normal, "tick", "--dry-run").stdout
    assert "lifecycle             1 due\n" in said
    assert "Record that the service period has begun or ended: 200000000000001" in said
    assert "send_notices          0 due (runs by itself, not item by item)" in said


def test_one_job_can_be_ticked_and_an_unknown_one_is_refused(normal):
    assert jobs(normal, "tick", "--job", "obligation_sweep").exit_code == 0
    assert expired_at() is None

    result = jobs(normal, "tick", "--job", "nope")

    assert result.exit_code == 2
    assert "lifecycle" in result.stderr


@pytest.mark.parametrize("text", ["tomorrow", "2025-13-01", ""])
def test_an_instant_that_is_none_is_refused(normal, text):
    result = jobs(normal, "tick", f"--as-of={text}")

    assert result.exit_code == 2
    assert "as-of" in result.stderr


def test_the_table_lists_every_job_with_its_heartbeat(normal):
    assert "never ran" in jobs(normal, "list").stdout
    jobs(normal, "tick")

    rows = {row["job"]: row for row in json.loads(jobs(normal, "list", "--json").stdout)}

    assert list(rows)[:3] == ["clock_check", "termination_execute", "lifecycle"]
    assert rows["lifecycle"]["last_run"]["done"] == 1
    assert rows["lifecycle"]["late"] is False
    assert "every 5 s" in jobs(normal, "list").stdout
