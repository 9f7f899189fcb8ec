"""Alarms: once each, dangers first, mailed to the roles they call, settled with the matter."""

from email import message_from_bytes, policy

import pytest

from agreements.kernel.db import unit_of_work
from agreements.kernel.errors import InvalidInput, NotPermitted
from compliance.alarms import actions, mailing
from compliance.alarms.models import AlarmMail, MailState
from compliance.alarms.rules import SPECS, AlarmKind
from compliance.notices.dispatch import Delivery
from compliance.notices.rules import Outcome
from tests.builders import at
from tests.builders_access import signed_in_client

NOW = at("Mon 2024-11-11 12:00")


class Server:
    """A mail server that answers as it is told."""

    timeout_seconds = 1.0

    def __init__(self, outcome=Outcome.ACCEPTED):
        self.outcome = outcome
        self.messages = []

    def deliver(self, message):
        self.messages.append(message)
        return Delivery(self.outcome, "250 ok", "localhost:25")


def bounced(session, stage="1", number="N-1"):
    return actions.raise_alarm(
        session,
        AlarmKind.NOTICE_BOUNCED,
        cause="notice:7",
        stage=stage,
        as_of=NOW,
        now=NOW,
        details={"number": number},
    )


def test_the_same_alarm_is_raised_once(session):
    assert bounced(session) is not None
    assert bounced(session) is None
    assert bounced(session, stage="2") is not None


def test_a_settled_alarm_calls_nobody_and_is_not_raised_again(session):
    bounced(session)

    assert actions.settle_alarms(session, cause="notice:7", now=NOW, actor=a_scheduler()) == 1
    assert actions.open_alarms(session) == []
    assert bounced(session) is None


def a_scheduler():
    from agreements.kernel.access.rules import SCHEDULER

    return SCHEDULER


def test_every_kind_has_its_text_and_its_page():
    assert set(SPECS) == set(AlarmKind)
    for spec in SPECS.values():
        assert spec.page.startswith("/")
        assert spec.roles


def test_the_alarm_leads_to_its_matter(session):
    assert actions.page_of_alarm(bounced(session)) == "/notices/7"


def test_a_person_of_a_called_role_gets_one_mail_once(app):
    client = signed_in_client(app, "legal_officer")
    finance = signed_in_client(app, "finance")
    with unit_of_work() as session:
        actions.set_address(session, address="officer@example.com", actor=client.actor, now=NOW)
        actions.set_address(session, address="cash@example.com", actor=finance.actor, now=NOW)
        bounced(session)
        bounced(session, stage="2", number="N-2")
    server = Server()

    mailing.mail_due(server, now=NOW)
    mailing.mail_due(server, now=NOW)

    assert [message.recipient for message in server.messages] == ["officer@example.com"]
    text = message_from_bytes(server.messages[0].content, policy=policy.default).get_content()
    assert "N-1" in text
    assert "N-2" in text
    assert "/notices/7" in text


def test_a_mail_that_was_not_taken_is_tried_again_under_its_id(app):
    client = signed_in_client(app, "legal_officer")
    with unit_of_work() as session:
        actions.set_address(session, address="officer@example.com", actor=client.actor, now=NOW)
        bounced(session)
    busy, server = Server(Outcome.TEMPORARY), Server()

    mailing.mail_due(busy, now=NOW)
    mailing.mail_due(server, now=NOW)
    assert server.messages == []
    mailing.mail_due(server, now=at("Mon 2024-11-11 12:03"))

    first, again = (message_from_bytes(m.content) for m in (busy.messages[0], server.messages[0]))
    assert first["Message-ID"] == again["Message-ID"]
    with unit_of_work() as session:
        assert session.query(AlarmMail).one().state is MailState.ACCEPTED


def test_settling_by_hand_takes_a_reason_and_a_role(app):
    officer = signed_in_client(app, "legal_officer").actor
    auditor = signed_in_client(app, "auditor").actor
    with unit_of_work() as session:
        alarm = bounced(session)
        with pytest.raises(InvalidInput):
            actions.settle_by_hand(session, alarm, reason=" ", actor=officer, now=NOW)
        with pytest.raises(NotPermitted):
            actions.settle_by_hand(session, alarm, reason="served by courier", actor=auditor, now=NOW)
        actions.settle_by_hand(session, alarm, reason="served by courier", actor=officer, now=NOW)
        assert actions.open_alarms(session) == []


def test_the_page_lists_and_settles(app):
    client = signed_in_client(app, "legal_officer")
    with unit_of_work() as session:
        alarm_id = bounced(session).id

    assert "N-1" in client.get("/alarms").text
    assert client.post(f"/alarms/{alarm_id}/settle", data={"reason": ""}).status_code == 422
    assert client.post(f"/alarms/{alarm_id}/settle", data={"reason": "served"}).status_code == 302
    assert client.post("/alarms/address", data={"address": "not one"}).status_code == 422
    assert client.post("/alarms/address", data={"address": "officer@example.com"}).status_code == 302
    assert "officer@example.com" in client.get("/alarms").text
