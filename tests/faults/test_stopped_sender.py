"""B2: a sender that stands still past its lease: another sends the same bytes, and what the first says late counts for
nothing."""

import os
import signal

import pytest
from sqlalchemy import func, select

from agreements.kernel import audit, clock
from agreements.kernel.db import db, unit_of_work
from app import create_app
from compliance.notices.models import DeliveryAttempt, Notice, Outbox
from compliance.notices.rules import NoticeState, OutboxState, Outcome
from tests.builders import at
from tests.builders_compliance import an_agreement_in_service
from tests.builders_notices import a_mail_server, a_queued_notice
from tests.faults.crowd import PATIENCE_SECONDS, Schedulers, configure, wait_until

pytestmark = pytest.mark.both_engines

STOPS = 2
MANY_STOPS = 30  # on each engine
ANSWERS_AFTER_SECONDS = 1.5  # within the sender's patience of 2 s, and time enough to stop it first


@pytest.fixture
def mail_server():
    with a_mail_server() as server:
        yield server


@pytest.fixture
def app(instance, mail_server):
    configure(instance, mail_server)
    app = create_app(instance_path=str(instance))
    with app.app_context():
        with unit_of_work() as session:
            clock.install(session, rehearsal_at=at("Mon 2024-09-23 09:30"))
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def schedulers(instance):
    schedulers = Schedulers(instance, "send_notices")  # stopped on the wire, and so in no transaction
    yield schedulers
    schedulers.close()


def attempts(*conditions):
    with unit_of_work() as session:
        return session.scalar(select(func.count(DeliveryAttempt.id)).where(*conditions))


def stop_in_the_middle(schedulers, mail_server):
    """Let a fresh sender hand over one message and stop it before it hears the answer; return its process id."""
    mail_server.reached.clear()
    mail_server.pause_seconds = ANSWERS_AFTER_SECONDS
    pid = schedulers.start()
    assert mail_server.reached.wait(PATIENCE_SECONDS)
    os.kill(pid, signal.SIGSTOP)
    mail_server.pause_seconds = 0
    return pid


def stop_again_and_again(schedulers, mail_server, stops):
    for number in range(stops):
        with unit_of_work() as session:
            agreement = an_agreement_in_service(
                session, order_no=f"7000000000000{number:02}", tenant_name=f"示例{number}公司"
            )
            notice_id = a_queued_notice(session, agreement, cause=f"case:{number}").id
        mail_server.drops = number % 2  # to every other one the server says nothing any more
        stopped = stop_in_the_middle(schedulers, mail_server)

        def sent(notice_id=notice_id):
            with unit_of_work() as session:
                return session.get_one(Notice, notice_id).state is NoticeState.SENT

        other = schedulers.start()
        wait_until(sent)
        with unit_of_work() as session:
            sent_at = session.get_one(Notice, notice_id).sent_at
        os.kill(stopped, signal.SIGCONT)
        wait_until(lambda: attempts(DeliveryAttempt.outcome.is_(None)) == 0)
        for pid in (stopped, other):
            schedulers.kill(pid)
        with unit_of_work() as session:
            assert session.get_one(Notice, notice_id).sent_at == sent_at

    with unit_of_work() as session:
        acts = session.scalars(select(audit.AuditEvent.act)).all()
        assert acts.count("notice.sent") == stops
        assert session.scalars(select(Outbox.state)).all() == [OutboxState.ACCEPTED] * stops
        audit.verify(session)
    assert attempts() == 2 * stops
    assert attempts(DeliveryAttempt.outcome == Outcome.UNKNOWN) == stops // 2
    assert len(mail_server.wire) == 2 * stops
    assert len(set(mail_server.wire)) == stops  # the same bytes under the same id


def test_who_wakes_after_the_lease_changes_nothing(app, schedulers, mail_server):
    stop_again_and_again(schedulers, mail_server, STOPS)


@pytest.mark.soak
def test_who_wakes_again_and_again_changes_nothing(app, schedulers, mail_server):
    stop_again_and_again(schedulers, mail_server, MANY_STOPS)
