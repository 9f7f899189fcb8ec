"""The outbox pump against a real mail server: every ending, written down as it was."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from sqlalchemy import func, select

from agreements.kernel import clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.files import StoredFile, content_of
from agreements.kernel.settings import Settings
from agreements.parties.actions import address_in_clear, confirm_notice_address, notice_address_in_force
from compliance.notices.dispatch import Delivery, Message, claim_next, enqueue, record_delivery
from compliance.notices.models import AcknowledgementLink, DeliveryAttempt, Notice, Outbox
from compliance.notices.rules import NoticeState, OutboxState, Outcome
from compliance.notices.sender import SendCounts, send_due
from compliance.notices.smtp import SmtpTransport, transport_of
from tests.builders import day
from tests.builders_notices import (
    ADDRESS,
    DRAFTED_AT,
    a_mail_server,
    a_queued_notice,
    a_rude_server,
    free_port,
    letter,
    link_token,
    pump,
)
from tests.builders_register import OFFICER, an_onboarded_agreement, an_upload


@pytest.fixture
def server():
    with a_mail_server() as server:
        yield server


@pytest.fixture
def queued(app):
    """The id of one queued notice, committed."""
    with unit_of_work() as session:
        return a_queued_notice(session).id


def ledger():
    """Return (notice, outbox, attempts oldest first) of the only notice, as committed."""
    session = db.session()
    session.rollback()
    session.expire_all()
    attempts = session.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.id)).all()
    return session.scalar(select(Notice)), session.scalar(select(Outbox)), attempts


def times_recorded(act):
    return db.session().scalar(select(func.count()).where(AuditEvent.act == act))


def test_a_queued_notice_is_handed_over_once_and_is_sent_not_arrived(queued, server):
    assert pump(server) == SendCounts(accepted=1)
    assert pump(server) == SendCounts()

    notice, outbox, [attempt] = ledger()
    assert (notice.state, notice.sent_at, notice.arrived_at) == (NoticeState.SENT, DRAFTED_AT, None)
    assert outbox.state is OutboxState.ACCEPTED
    assert (attempt.outcome, attempt.reply, attempt.host) == (
        Outcome.ACCEPTED,
        "250 queued as 1",
        f"127.0.0.1:{server.port}",
    )
    assert len(server.wire) == 1
    assert times_recorded("notice.sent") == 1


def test_clause_5_1_the_message_goes_to_one_tenant_under_our_own_stable_id(queued, server):
    pump(server)

    [(recipient, content)] = server.wire
    headers, said = letter(content)
    notice, outbox, _ = ledger()
    assert recipient == headers["To"] == ADDRESS
    assert (headers["Cc"], headers["Bcc"]) == (None, None)
    assert headers["Message-ID"] == outbox.message_id == f"<{notice.public_id}.1@localhost>"
    assert headers["From"].addresses[0].display_name == "青榕数据科技（杭州）有限公司"
    assert headers["Subject"] == notice.subject
    assert parsedate_to_datetime(headers["Date"]) == DRAFTED_AT
    assert "http://127.0.0.1:8000/n/" in said
    assert said.startswith("改正通知")


def test_neither_address_nor_link_can_be_read_where_the_message_is_kept(queued, server):
    pump(server)

    session = db.session()
    token = link_token(server.wire[0][1])
    kept = [content_of(session, file) for file in session.scalars(select(StoredFile))]
    assert not any(ADDRESS.encode() in content or token.encode() in content for content in kept)
    assert session.scalar(select(AcknowledgementLink.token_sha256)) != token


def test_a_server_that_can_not_be_reached_is_tried_again_at_once_then_later_and_later(queued):
    with free_port() as port:  # kept from everybody to the end, and nobody listens at it
        unreachable = SmtpTransport("127.0.0.1", port, timeout_seconds=2)

        def run(now):
            return send_due(unit_of_work, unreachable, now=now, read_now=lambda _session: now)

        assert run(DRAFTED_AT) == SendCounts(temporary=2)  # at once, and once more after 0 s
        assert run(DRAFTED_AT + timedelta(seconds=4)).total == 0
        assert run(DRAFTED_AT + timedelta(seconds=5)).temporary == 1
        assert run(DRAFTED_AT + timedelta(seconds=64)).total == 0
        assert run(DRAFTED_AT + timedelta(seconds=65)).temporary == 1

    notice, outbox, attempts = ledger()
    assert (notice.state, outbox.state, outbox.attempts) == (NoticeState.QUEUED, OutboxState.PENDING, 4)
    assert {attempt.outcome for attempt in attempts} == {Outcome.TEMPORARY}
    assert "ConnectionRefusedError" in attempts[0].reply


def test_greylisting_three_times_ends_in_one_delivery(queued, server):
    server.answers[ADDRESS].extend(["451 4.7.1 try later"] * 3)

    for minutes in (0, 1, 10):
        pump(server, DRAFTED_AT + timedelta(minutes=minutes))

    notice, outbox, attempts = ledger()
    assert [attempt.outcome for attempt in attempts] == [Outcome.TEMPORARY] * 3 + [Outcome.ACCEPTED]
    assert (notice.state, outbox.state) == (NoticeState.SENT, OutboxState.ACCEPTED)
    assert len(server.wire) == 1


def test_a_refused_address_bounces_the_notice_and_the_reply_is_kept_without_it(queued, server):
    server.answers[ADDRESS].append(f"550 5.1.1 <{ADDRESS}>: no such user")

    assert pump(server) == SendCounts(refused=1)
    assert pump(server, DRAFTED_AT + timedelta(days=1)).total == 0

    notice, outbox, [attempt] = ledger()
    assert (notice.state, notice.bounced_at) == (NoticeState.BOUNCED, DRAFTED_AT)
    assert outbox.state is OutboxState.UNDELIVERABLE
    assert attempt.reply == "550 5.1.1 <<recipient>>: no such user"


def test_one_good_one_refused_and_one_late_recipient_have_three_outcomes(app, server):
    with unit_of_work() as session:
        addresses = {}
        for number, name in enumerate(("good", "gone", "busy"), 1):
            agreement = an_onboarded_agreement(session, order_no=str(number), tenant_name=name)
            addresses[name] = a_queued_notice(
                session, agreement, address=f"{name}@tenant.example", cause=f"case:{number}"
            ).id
    server.answers["gone@tenant.example"].append("550 gone")
    server.answers["busy@tenant.example"].extend(["451 busy"] * 2)

    assert pump(server) == SendCounts(accepted=1, refused=1, temporary=2)

    session = db.session()
    states = {name: session.get(Notice, notice_id).state.value for name, notice_id in addresses.items()}
    assert states == {"good": "sent", "gone": "bounced", "busy": "queued"}


def test_a_connection_dropped_after_the_message_is_unknown_and_the_same_bytes_go_again(queued, server):
    server.drops = 1

    assert pump(server) == SendCounts(unknown=1, accepted=1)

    notice, _, attempts = ledger()
    assert [attempt.outcome for attempt in attempts] == [Outcome.UNKNOWN, Outcome.ACCEPTED]
    assert len(server.wire) == 2
    assert server.wire[0] == server.wire[1]
    assert notice.state is NoticeState.SENT
    assert times_recorded("notice.sent") == 1


def test_a_sender_that_died_leaves_an_attempt_without_end_and_the_lease_gives_it_to_the_next(queued, server):
    wall = clock.wall()
    with unit_of_work() as session:
        died = claim_next(session, now=DRAFTED_AT, wall=wall - timedelta(hours=1), lease=timedelta(minutes=1))
    assert died is not None

    assert pump(server) == SendCounts(accepted=1)

    _, _, attempts = ledger()
    assert [attempt.outcome for attempt in attempts] == [None, Outcome.ACCEPTED]


def test_nobody_takes_a_message_while_its_lease_runs(queued, server):
    with unit_of_work() as session:
        claim_next(session, now=DRAFTED_AT, wall=clock.wall(), lease=timedelta(minutes=1))

    assert pump(server) == SendCounts()
    assert server.wire == []


@pytest.mark.parametrize("late", [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.TEMPORARY])
def test_a_sender_that_wakes_after_its_lease_changes_nothing_but_its_own_attempt(queued, server, late):
    with unit_of_work() as session:
        asleep = claim_next(session, now=DRAFTED_AT, wall=clock.wall() - timedelta(hours=1), lease=timedelta(minutes=1))
    pump(server)

    with unit_of_work() as session:
        in_time = record_delivery(session, asleep, Delivery(late, "late", ""), now=DRAFTED_AT)

    notice, outbox, attempts = ledger()
    assert not in_time
    assert (notice.state, outbox.state) == (NoticeState.SENT, OutboxState.ACCEPTED)
    assert [attempt.outcome for attempt in attempts] == [late, Outcome.ACCEPTED]
    assert times_recorded("notice.sent") == 1


def test_a_later_change_of_the_contact_does_not_redirect_what_is_queued(app, server):
    with unit_of_work() as session:
        agreement = an_onboarded_agreement(session)
        in_force = notice_address_in_force(session, agreement.tenant_id)
        a_queued_notice(session, agreement, address=address_in_clear(session, in_force))
        confirm_notice_address(
            session,
            agreement.tenant,
            "new@tenant.example",
            signed_on=day("Mon 2024-09-23"),
            proof=an_upload(),
            actor=OFFICER,
            now=DRAFTED_AT,
        )

    pump(server)

    assert [recipient for recipient, _ in server.wire] == [ADDRESS]


def test_e_13_a_bounced_notice_goes_to_another_address_under_an_id_of_its_own(queued, server):
    server.answers[ADDRESS].append("550 gone")
    pump(server)

    with unit_of_work() as session:
        enqueue(session, session.get_one(Notice, queued), "second@tenant.example", actor=OFFICER, now=DRAFTED_AT)
    assert pump(server) == SendCounts(accepted=1)

    notice, _, _ = ledger()
    [(recipient, content)] = server.wire
    assert recipient == "second@tenant.example"
    assert letter(content)[0]["Message-ID"] == f"<{notice.public_id}.2@localhost>"
    assert notice.state is NoticeState.SENT


def test_a_bounced_notice_tried_again_at_its_address_keeps_its_bytes(queued, server):
    server.answers[ADDRESS].append("550 wrongly refused")
    pump(server)
    before = ledger()[1].message_sha256

    with unit_of_work() as session:
        enqueue(session, session.get_one(Notice, queued), ADDRESS.upper(), actor=OFFICER, now=DRAFTED_AT)
    pump(server)

    session = db.session()
    assert session.scalars(select(Outbox.message_sha256)).all() == [before]
    assert len(server.wire) == 1


def test_an_altered_message_is_never_sent_and_shows_as_failing(queued, server, app):
    outbox = db.session().scalar(select(Outbox))
    sha256 = outbox.message_file.sha256
    path = app.extensions["luyue"]["files"].root / sha256[:2] / sha256
    path.write_bytes(path.read_bytes()[:-4] + b"AAAA")

    assert pump(server) == SendCounts(temporary=2)

    _, _, attempts = ledger()
    assert attempts[0].reply == "FILE_ALTERED"
    assert server.wire == []


def test_a_transport_that_breaks_does_not_stop_the_others(app, server):
    with unit_of_work() as session:
        for number in (1, 2):
            agreement = an_onboarded_agreement(session, order_no=str(number), tenant_name=str(number))
            a_queued_notice(session, agreement, address=f"t{number}@tenant.example", cause=f"case:{number}")
    real = server.transport()

    class Breaks:
        timeout_seconds = 5.0

        def deliver(self, message):
            if message.recipient == "t1@tenant.example":
                raise RuntimeError("no wire")
            return real.deliver(message)

    counts = send_due(unit_of_work, Breaks(), now=DRAFTED_AT, read_now=lambda _session: DRAFTED_AT)

    assert counts == SendCounts(accepted=1, failed=1)


def test_a_sender_told_to_stop_finishes_its_message_and_starts_no_other(app, server):
    with unit_of_work() as session:
        for number in (1, 2, 3):
            agreement = an_onboarded_agreement(session, order_no=str(number), tenant_name=str(number))
            a_queued_notice(session, agreement, address=f"t{number}@tenant.example", cause=f"case:{number}")
    asked = iter((True, False))

    counts = send_due(
        unit_of_work,
        server.transport(),
        now=DRAFTED_AT,
        read_now=lambda _session: DRAFTED_AT,
        go_on=lambda: next(asked),
    )

    assert counts == SendCounts(accepted=1)
    assert len(server.wire) == 1
    states = db.session().scalars(select(Outbox.state).order_by(Outbox.id)).all()
    assert states == [OutboxState.ACCEPTED, OutboxState.PENDING, OutboxState.PENDING]
    assert db.session().scalar(select(func.count()).select_from(DeliveryAttempt)) == 1


def test_encryption_that_is_asked_for_and_not_offered_sends_nothing(queued, server):
    assert pump(server, security="starttls").temporary == 2

    _, _, attempts = ledger()
    assert "STARTTLS" in attempts[0].reply
    assert server.wire == []


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(queued, server):
    assert pump(server, security="tls").temporary == 2
    assert server.wire == []


def test_a_server_that_says_nothing_is_left_within_the_time(queued):
    with a_rude_server(lambda connection: connection.recv(1000)) as port:
        transport = SmtpTransport("127.0.0.1", port, timeout_seconds=0.4)
        begun = clock.wall()
        delivery = _deliver_any(transport)
        assert clock.wall() - begun < timedelta(seconds=30)
    assert delivery.outcome is Outcome.TEMPORARY


def test_a_server_that_never_stops_talking_is_cut_off(queued):
    def talk(connection):
        try:
            while True:
                connection.sendall(b"220-welcome\r\n" * 1000)
        except OSError:
            return

    with a_rude_server(talk) as port:
        transport = SmtpTransport("127.0.0.1", port, timeout_seconds=0.4)
        delivery = _deliver_any(transport)
    assert delivery.outcome is Outcome.TEMPORARY


def test_a_greeting_of_refusal_is_our_trouble_and_not_the_address(queued):
    with a_rude_server(lambda connection: connection.sendall(b"554 no service here\r\n")) as port:
        delivery = _deliver_any(SmtpTransport("127.0.0.1", port, timeout_seconds=60))
    assert delivery.outcome is Outcome.TEMPORARY


def _deliver_any(transport):
    return transport.deliver(Message("notices@localhost", ADDRESS, b"Subject: x\r\n\r\nx\r\n"))


def test_lines_that_begin_with_a_dot_arrive_as_they_were(server):
    content = b"Subject: x\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n"
    server.transport().deliver(Message("notices@localhost", ADDRESS, content))

    assert server.wire[0][1] == content


def test_a_security_nobody_knows_is_refused_when_settings_are_read():
    with pytest.raises(ValueError, match="smtp_security"):
        transport_of(Settings(smtp_security="ssl"))


def test_sending_is_dated_when_it_happened_and_never_before_the_run(queued, server):
    later = DRAFTED_AT + timedelta(seconds=20)

    send_due(unit_of_work, server.transport(), now=DRAFTED_AT, read_now=lambda _session: later)

    notice, _, [attempt] = ledger()
    assert (notice.sent_at, attempt.started_at) == (later, later)
