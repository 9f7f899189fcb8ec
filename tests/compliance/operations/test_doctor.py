"""`doctor` finds what was broken, names it, and changes nothing."""

import json
from pathlib import Path

import pytest
from flask_migrate import stamp
from sqlalchemy import func, select, text

from agreements.kernel import clock, files
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.files import StoredFile
from agreements.kernel.pausing import pause_sending
from compliance.operations.doctor import Grade, examine
from compliance.scheduling.jobs import JOBS
from tests.builders_access import a_staff_member
from tests.builders_notices import DRAFTED_AT, a_queued_notice
from tests.builders_scheduling import a_heartbeat, a_parked_item

pytestmark = pytest.mark.both_engines
ROLES = ("admin", "legal_officer", "legal_approver")


@pytest.fixture
def sound(app):
    """An installation with nothing to find."""
    stamp()
    with unit_of_work() as session:
        clock.install(session)
        for role in ROLES:
            a_staff_member(session, role)
        files.keep(session, b"a letter", name="a.txt", media_type="text/plain", now=clock.now(session))
    for job in JOBS:
        a_heartbeat(job.name)
    return app


def findings():
    db.session.remove()
    return {row.name: row.says for row in examine(db.session()) if row.grade is Grade.FINDING}


def a_file(app):
    [sha256] = db.session().scalars(select(StoredFile.sha256))
    return Path(app.instance_path) / "files" / sha256[:2] / sha256


def test_a_sound_installation_has_no_finding_and_nothing_is_changed(sound):
    before = db.session().scalar(select(func.count()).select_from(AuditEvent))

    assert findings() == {}

    assert db.session().scalar(select(func.count()).select_from(AuditEvent)) == before


@pytest.mark.parametrize(
    ("fault", "name", "says"),
    [
        (lambda app: a_file(app).unlink(), "files", "1 missing, 0 altered"),
        (lambda app: a_file(app).write_bytes(b"another"), "files", "0 missing, 1 altered"),
        (lambda app: (Path(app.instance_path) / "keys.toml").chmod(0o644), "keys", "read by others"),
        (lambda app: (Path(app.instance_path) / "keys.toml").unlink(), "keys", "gone"),
        (lambda _app: a_heartbeat("clock_check", clock_step_seconds=-3600), "clock", "jumped"),
        (lambda _app: stamp(revision="base"), "migrations", "at none"),
    ],
)
def test_a_fault_is_found_and_named(sound, fault, name, says):
    fault(sound)

    found = findings()

    assert list(found) == [name]
    assert says in found[name]


def test_a_changed_act_a_pause_and_a_missing_approver_are_found(sound):
    with unit_of_work() as session:
        pause_sending(session, "restore", actor=OPERATOR, now=clock.now(session))
        session.execute(text("DELETE FROM person_role WHERE role = 'legal_approver'"))
        session.execute(text("UPDATE audit_event SET act = 'x' WHERE seq = 2"))

    found = findings()

    assert found["sending"].startswith("paused since")
    assert found["people"] == "nobody is legal_approver; 1 people without a role"
    assert "AUDIT_CHAIN_BROKEN" in found["audit_trail"]


def test_a_file_that_no_row_knows_is_worth_a_note(sound):
    sound.extensions["luyue"]["files"].write(b"left behind")

    [row] = [row for row in examine(db.session()) if row.name == "files"]

    assert (row.grade, row.says) == (Grade.NOTE, "1 whole; 1 that no row knows")


def test_a_scheduler_that_sleeps_is_found(sound):
    with unit_of_work() as session:
        a_queued_notice(session, now=DRAFTED_AT)

    assert "send_notices" in findings()["scheduler"]


def test_items_that_need_a_person_are_found(sound):
    with unit_of_work() as session:
        session.add(a_parked_item())

    assert findings() == {"parked": "lifecycle: 1 parked"}


def test_the_command_exits_by_what_it_found_and_prints_json(sound):
    runner = sound.test_cli_runner()
    fine = runner.invoke(args=["doctor", "--json"])
    assert (fine.exit_code, json.loads(fine.stdout)["findings"]) == (0, 0)

    (Path(sound.instance_path) / "keys.toml").unlink()
    ill = runner.invoke(args=["doctor"])
    assert ill.exit_code == 1
    assert "FINDING keys" in ill.stdout

    asked = runner.invoke(args=["doctor", "--smtp"])
    assert "mail_server" in asked.stdout
