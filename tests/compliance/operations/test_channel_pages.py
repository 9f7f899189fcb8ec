"""Channels: how they do, a message that tries one, an alarm where one fails, and what waits after a restore."""

import pytest
from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.access.rules import OPERATOR, Role
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.pausing import open_pause, pause_sending
from agreements.kernel.settings import Settings
from compliance.alarms import channel_sweeps
from compliance.alarms.actions import open_alarms
from compliance.alarms.rules import AlarmKind
from compliance.notices.channels import FAILING_CHANNEL_AFTER, standing_of
from compliance.notices.dispatch import Delivery, claim_next, record_delivery
from compliance.notices.models import Outbox
from compliance.notices.rules import Channel, OutboxState, Outcome
from compliance.notices.sender import lease_of
from compliance.notices.smtp import SmtpTransport
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_desk import text_of
from tests.builders_notices import ADDRESS, DRAFTED_AT, a_mail_server, a_queued_notice

LATER = at("Tue 2024-09-24 09:00")


@pytest.fixture
def rehearsal(app):
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=LATER)
    return app


def attempts(session, *outcomes, now=DRAFTED_AT):
    """What became of one attempt after the other, an hour apart."""
    for outcome in outcomes:
        session.scalars(select(Outbox)).one().next_attempt_at = now
        session.flush()
        claim = claim_next(session, now=now, wall=clock.wall(), lease=lease_of(SmtpTransport("", 0)))
        record_delivery(session, claim, Delivery(outcome, "451 later", "127.0.0.1:25"), now=now)


def channel_alarms(session):
    return [alarm for alarm in open_alarms(session) if alarm.kind is AlarmKind.CHANNEL_FAILING]


def run(session, now):
    for each in channel_sweeps.SWEEPS:
        for item in each.find(session, due_by=now):
            each.act(session, item, now=now)


def test_a_channel_fails_from_the_fifth_failure_in_a_row_and_calls_once(session):
    a_queued_notice(session)
    attempts(session, *[Outcome.TEMPORARY] * (FAILING_CHANNEL_AFTER - 1))
    run(session, LATER)
    assert channel_alarms(session) == []

    attempts(session, Outcome.UNKNOWN)
    run(session, LATER)
    run(session, LATER)

    [alarm] = channel_alarms(session)
    assert alarm.details == {"channel": "email", "since": "2024-09-23 09:30"}


def test_the_alarm_is_settled_once_a_message_is_taken(session):
    a_queued_notice(session)
    attempts(session, *[Outcome.TEMPORARY] * FAILING_CHANNEL_AFTER)
    run(session, LATER)
    assert channel_alarms(session)

    attempts(session, Outcome.ACCEPTED)
    run(session, LATER)

    assert channel_alarms(session) == []
    assert not standing_of(session, Channel.EMAIL, now=LATER).is_failing


def test_a_refusal_is_about_its_address_and_not_the_channel(session):
    a_queued_notice(session)
    attempts(session, Outcome.TEMPORARY, Outcome.REFUSED)

    standing = standing_of(session, Channel.EMAIL, now=DRAFTED_AT)

    assert (standing.in_a_row, standing.failed_in_24_hours) == (1, {Outcome.TEMPORARY: 1, Outcome.REFUSED: 1})


def test_the_page_shows_how_it_is_set_without_secrets_and_whose_address_fails(rehearsal):
    with unit_of_work() as session:
        notice = a_queued_notice(session)
        tenant = notice.tenant.party.name
        attempts(session, Outcome.REFUSED)

    page = signed_in_client(rehearsal, "auditor").get("/admin/channels")

    words = text_of(page)
    assert "127.0.0.1:25" in words
    assert "l***@tenant.example" in words
    assert tenant in words
    assert ADDRESS not in page.text


def test_a_test_message_goes_to_the_address_typed_and_the_servers_answer_is_shown(rehearsal, monkeypatch):
    client = signed_in_client(rehearsal, "ops")
    with a_mail_server() as server:
        use(rehearsal, monkeypatch, port=server.port)
        answer = client.post("/admin/channels/email/test", data={"address": "me@ours.example"})

        [(recipient, content)] = server.wire
    assert recipient == "me@ours.example"
    assert "test." in content.decode()
    assert "250" in text_of(answer)
    session = db.session()
    session.rollback()
    act = session.scalars(select(AuditEvent).where(AuditEvent.act == "channel.tested")).one()
    assert act.details == {"outcome": "accepted"}
    assert session.scalars(select(Outbox)).all() == []


def test_a_server_that_is_not_there_is_said(rehearsal, monkeypatch):
    use(rehearsal, monkeypatch, port=1)

    answer = signed_in_client(rehearsal, "admin").post(
        "/admin/channels/email/test", data={"address": "me@ours.example"}
    )

    assert "ConnectionRefusedError" in text_of(answer)


def use(app, monkeypatch, *, port):
    monkeypatch.setitem(app.extensions["luyue"], "settings", Settings(smtp_port=port))


@pytest.mark.parametrize("address", ["", "nobody", "a@b.cn\r\nBcc: x@y.cn", "a@b.cn, c@d.cn"])
def test_what_is_no_address_is_refused_and_nothing_leaves(rehearsal, address):
    answer = signed_in_client(rehearsal, "admin").post("/admin/channels/email/test", data={"address": address})

    assert answer.status_code == 422


@pytest.mark.parametrize("role", list(Role))
def test_who_tries_channels_and_who_releases(rehearsal, role):
    client = signed_in_client(rehearsal, role)

    assert client.get("/admin/channels").status_code == 200
    tried = client.post("/admin/channels/email/test", data={"address": "x"}).status_code
    assert tried == (422 if role in (Role.ADMIN, Role.OPS) else 403)
    released = client.post("/admin/channels/release", data={"reason": "核对完毕"}).status_code
    assert released == (302 if role is Role.ADMIN else 403)


def test_every_page_says_that_sending_is_paused_and_an_administrator_releases_it_with_a_reason(rehearsal):
    with unit_of_work() as session:
        pause_sending(session, "restore", copy_made_at=DRAFTED_AT, actor=OPERATOR, now=LATER)
    admin = signed_in_client(rehearsal, "admin")
    for path in ("/", "/agreements", "/cases", "/account"):
        assert "发送已暂停" in admin.get(path).text, path
    assert admin.post("/admin/channels/release", data={"reason": " "}).status_code == 422

    assert admin.post("/admin/channels/release", data={"reason": "与邮件日志核对一致"}).status_code == 302

    assert "发送已暂停" not in admin.get("/").text
    session = db.session()
    session.rollback()
    assert open_pause(session) is None


def test_nothing_is_suspended_or_sent_by_the_scheduler_while_paused(session):
    pause_sending(session, "restore", actor=OPERATOR, now=DRAFTED_AT)
    a_queued_notice(session)

    assert claim_next(session, now=LATER, wall=clock.wall(), lease=lease_of(SmtpTransport("", 0))) is None


def test_an_officer_decides_about_a_held_message_on_the_page(rehearsal):
    with unit_of_work() as session:
        a_queued_notice(session)
        session.scalars(select(Outbox)).one().state = OutboxState.HELD
        outbox_id = session.scalars(select(Outbox.id)).one()
    officer = signed_in_client(rehearsal)
    assert "已发出" in officer.get("/admin/channels").text

    refused = officer.post(f"/admin/channels/held/{outbox_id}", data={"decision": "sent", "reason": "x"})
    done = officer.post(f"/admin/channels/held/{outbox_id}", data={"decision": "again", "reason": "日志中没有"})
    again = officer.post(f"/admin/channels/held/{outbox_id}", data={"decision": "again", "reason": "日志中没有"})

    assert (refused.status_code, done.status_code, again.status_code) == (409, 302, 409)
    session = db.session()
    session.rollback()
    assert session.scalars(select(Outbox.state)).one() is OutboxState.PENDING
