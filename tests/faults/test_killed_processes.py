"""kill -9 of schedulers and web workers at random instants: the ledger is the one that a single process leaves."""

import time

import pytest
from sqlalchemy import func, select

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from app import create_app
from compliance.gateway.models import DecisionLogEntry
from compliance.notices.arrivals import acknowledge
from compliance.scheduling.runner import tick_once
from tests.builders_notices import a_mail_server
from tests.faults import story
from tests.faults.crowd import Crowd, Gateway, configure, wait_until

KILLS = 90  # ten in each chapter of the story; `make soak` kills many more
MANY_KILLS = 1500  # on each engine


@pytest.fixture
def mail_server():
    with a_mail_server(pause_seconds=0.05) as server:  # so that many kills hit a message on its way
        yield server


def the_stage(instance, mail_server):
    configure(instance, mail_server)
    app = create_app(instance_path=str(instance))
    with app.app_context():
        return app, *story.begin()


@pytest.fixture(scope="session")
def told_by_one_process(installations, tmp_path_factory):
    """The ledger that one process leaves on SQLite, undisturbed."""
    folder = tmp_path_factory.mktemp("alone") / "instance"
    installations.make("sqlite", folder)
    with a_mail_server() as mail_server:
        app, *_ = the_stage(folder, mail_server)

        def tick(reached):
            with unit_of_work() as session:
                now = clock.now(session)
            assert tick_once(due_by=now, now=now).is_clean
            assert reached()

        def press(token):
            with unit_of_work() as session:
                acknowledge(session, token, now=clock.now(session))

        with app.app_context():
            story.play(story.STORY, story.Stage(mail_server.wire, press), tick)
            with unit_of_work() as session:
                story.check_ledger(session)
                assert story.check_wire(session, mail_server.wire) == 0
                told = story.ledger(session)
            db.session.remove()
            db.engine.dispose()
    return told


def play_with_kills(instance, mail_server, told_by_one_process, kills):
    began = time.monotonic()
    app, key, tenant_key = the_stage(instance, mail_server)
    with app.app_context():
        crowd = Crowd(instance, seed=20240912)
        gateway = Gateway(crowd.web, key, {"tenant_key": tenant_key, "product": "id2-verify"})
        each = -(-kills // len(story.STORY))

        def storm(reached):
            crowd.storm(min(each, kills - sum(crowd.kills.values())))
            wait_until(reached, what=lambda: f"left undone: {story.still_open(db.session())}")

        try:
            story.play(story.STORY, story.Stage(mail_server.wire, crowd.web.acknowledge), storm)
        finally:
            gateway.close()
            crowd.close()
            db.session.remove()
            db.engine.dispose()
        with unit_of_work() as session:
            story.check_ledger(session)
            again = story.check_wire(session, mail_server.wire)
            told = story.ledger(session)
            logged = session.scalar(select(func.count(DecisionLogEntry.id)))
        db.session.remove()
        db.engine.dispose()
    print(
        f"{crowd.kills} kills in {time.monotonic() - began:.0f} s, {again} copies again on the wire,"
        f" {gateway.answered} answers to the gateway"
    )
    assert sum(crowd.kills.values()) == kills
    assert story.differences(told, told_by_one_process) == {}
    assert logged >= gateway.answered > 0
    assert gateway.refused <= {503}


@pytest.mark.both_engines
def test_killed_again_and_again_many_processes_leave_the_ledger_of_one(instance, mail_server, told_by_one_process):
    play_with_kills(instance, mail_server, told_by_one_process, KILLS)


@pytest.mark.soak
@pytest.mark.both_engines
def test_killed_thousands_of_times_many_processes_leave_the_ledger_of_one(instance, mail_server, told_by_one_process):
    play_with_kills(instance, mail_server, told_by_one_process, MANY_KILLS)
