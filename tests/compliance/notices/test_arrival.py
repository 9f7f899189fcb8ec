"""That a notice arrived: by an officer's record with proof, or by the tenant's own word."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agreements.kernel import files
from agreements.kernel.access.rules import ActorKind
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import IllegalMove, InvalidInput, NotFound, NotPermitted
from compliance.notices.arrivals import (
    acknowledge,
    arrival_for_cause,
    arrival_of,
    arrivals_after,
    notice_of_link,
    record_arrival,
)
from compliance.notices.dispatch import claim_next, message_of
from compliance.notices.models import AcknowledgementLink, Arrival, Notice, Outbox
from compliance.notices.rules import ArrivalBasis, NoticeState
from compliance.notices.sender import SendCounts
from tests.builders import at
from tests.builders_notices import (
    ADDRESS,
    DRAFTED_AT,
    a_draft,
    a_mail_server,
    a_queued_notice,
    a_sent_notice,
    an_approved_notice,
    link_token,
    pump,
)
from tests.builders_register import OFFICER, OPS

LATER = at("Mon 2024-09-23 16:00")


def a_proof(session, content=b"signed receipt"):
    return files.keep(session, content, name="签收单.pdf", media_type="application/pdf", now=LATER)


def arrive(session, notice, **changed):
    values = {
        "basis": ArrivalBasis.DESIGNATED_SYSTEM,
        "arrived_at": DRAFTED_AT + timedelta(minutes=1),
        "proof": None,
        "note": "收件系统自动回执",
        "actor": OFFICER,
        "now": LATER,
    }
    return record_arrival(session, notice, **(values | changed))


def test_an_officer_records_when_a_sent_notice_arrived(session):
    notice = a_sent_notice(session)

    arrival = arrive(session, notice)

    assert (notice.state, notice.arrived_at, notice.arrival_id) == (
        NoticeState.ARRIVED,
        arrival.arrived_at,
        arrival.id,
    )
    event = session.scalar(select(AuditEvent).where(AuditEvent.act == "notice.arrived"))
    assert (event.as_of, event.recorded_at) == (arrival.arrived_at, LATER)
    assert event.details["basis"] == "designated_system"
    assert arrival_of(session, notice.id) is arrival
    assert arrival_for_cause(session, notice.cause, notice.kind) is arrival
    assert arrivals_after(session, 0) == [(arrival, notice)]
    assert arrivals_after(session, arrival.id) == []


def test_one_fact_establishes_an_arrival_and_is_not_replaced(session):
    notice = a_sent_notice(session)
    first = arrive(session, notice)

    with pytest.raises(IllegalMove):
        arrive(session, notice, arrived_at=DRAFTED_AT + timedelta(hours=1))

    assert session.scalars(select(Arrival)).all() == [first]


def test_what_was_only_queued_has_not_entered_any_system(session):
    notice = a_queued_notice(session)

    with pytest.raises(IllegalMove) as refused:
        arrive(session, notice)

    assert "serve_on_paper" in str(refused.value)


@pytest.mark.parametrize("build", [an_approved_notice, a_queued_notice, a_sent_notice])
def test_a_paper_copy_can_be_served_once_the_notice_is_approved(session, build):
    notice = build(session)

    arrival = arrive(session, notice, basis=ArrivalBasis.PERSONAL, proof=a_proof(session))

    assert notice.state is NoticeState.ARRIVED
    assert arrival.proof_file_id is not None


def test_a_draft_can_not_be_served(session):
    with pytest.raises(IllegalMove):
        arrive(session, a_draft(session), basis=ArrivalBasis.PERSONAL, proof=a_proof(session))


@pytest.mark.parametrize(
    ("arrived_at", "field"),
    [(LATER + timedelta(seconds=1), "arrived_at"), (DRAFTED_AT - timedelta(seconds=1), "arrived_at")],
)
def test_a_notice_arrives_neither_in_the_future_nor_before_its_release(session, arrived_at, field):
    notice = a_sent_notice(session)

    with pytest.raises(InvalidInput) as refused:
        arrive(session, notice, arrived_at=arrived_at)

    assert refused.value.field == field
    assert notice.state is NoticeState.SENT


def test_only_who_may_record_arrivals_does(session):
    notice = a_sent_notice(session)
    with pytest.raises(NotPermitted):
        arrive(session, notice, actor=OPS)


def test_the_database_refuses_paper_without_its_proof_and_a_second_arrival(session):
    notice = a_sent_notice(session)
    arrive(session, notice, basis=ArrivalBasis.PERSONAL, proof=a_proof(session))

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("UPDATE arrival SET proof_file_id = NULL"))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            text(
                "INSERT INTO arrival (notice_id, basis, arrived_at, recorded_at, recorded_by, note)"
                " SELECT notice_id, 'acknowledged', arrived_at, recorded_at, recorded_by, '' FROM arrival"
            )
        )


@pytest.fixture
def sent_by_mail(app):
    """The token in a message that a real server took, and the notice's id."""
    with unit_of_work() as session:
        notice_id = a_queued_notice(session).id
    with a_mail_server() as server:
        pump(server)
        return link_token(server.wire[0][1]), notice_id


def test_the_tenant_acknowledges_by_the_link_once(sent_by_mail):
    token, notice_id = sent_by_mail

    with unit_of_work() as session:
        assert acknowledge(session, token, now=LATER)
    with unit_of_work() as session:
        assert not acknowledge(session, token, now=LATER + timedelta(hours=1))

        notice = session.get(Notice, notice_id)
        arrival = session.scalar(select(Arrival))
        link = session.scalar(select(AcknowledgementLink))
        assert (notice.state, notice.arrived_at, notice.acknowledged_at) == (NoticeState.ACKNOWLEDGED, LATER, LATER)
        assert (arrival.basis, arrival.arrived_at, link.used_at) == (ArrivalBasis.ACKNOWLEDGED, LATER, LATER)
        events = session.scalars(select(AuditEvent).where(AuditEvent.actor_kind == ActorKind.TENANT_CONTACT)).all()
        assert [event.act for event in events] == ["notice.arrived", "notice.acknowledged"]


def test_looking_at_the_link_changes_nothing(sent_by_mail):
    token, notice_id = sent_by_mail

    with unit_of_work() as session:
        assert notice_of_link(session, token, now=LATER).id == notice_id

    assert db.session().get(Notice, notice_id).state is NoticeState.SENT
    assert db.session().scalar(select(AcknowledgementLink.used_at)) is None


def test_what_arrived_before_by_other_proof_keeps_its_time_when_acknowledged(sent_by_mail):
    token, notice_id = sent_by_mail
    with unit_of_work() as session:
        arrival = arrive(session, session.get(Notice, notice_id))
        arrived_at = arrival.arrived_at

    with unit_of_work() as session:
        assert acknowledge(session, token, now=LATER)
        notice = session.get(Notice, notice_id)
        assert (notice.arrived_at, notice.acknowledged_at) == (arrived_at, LATER)
        assert session.scalar(select(Arrival)).basis is ArrivalBasis.DESIGNATED_SYSTEM


@pytest.mark.parametrize(("token", "later"), [("unknown", timedelta()), ("", timedelta()), (None, timedelta(days=181))])
def test_an_unknown_or_ended_link_shows_and_does_nothing(sent_by_mail, token, later):
    token = sent_by_mail[0] if token is None else token
    with unit_of_work() as session, pytest.raises(NotFound):
        notice_of_link(session, token, now=LATER + later)
    with unit_of_work() as session, pytest.raises(NotFound):
        acknowledge(session, token, now=LATER + later)


def test_a_tenant_who_answers_before_we_learn_that_it_was_sent_is_believed(app):
    with unit_of_work() as session:
        notice_id = a_queued_notice(session).id
    with a_mail_server(drops=1) as server:
        with unit_of_work() as session:
            claim = claim_next(session, now=DRAFTED_AT, wall=DRAFTED_AT, lease=timedelta(seconds=1))
            message = message_of(session, session.get_one(Outbox, claim.outbox_id))
        server.transport().deliver(message)  # and the sender dies here
        token = link_token(server.wire[0][1])

        with unit_of_work() as session:
            assert acknowledge(session, token, now=LATER)
            assert session.get(Notice, notice_id).sent_at is None

        assert pump(server, LATER) == SendCounts(accepted=1)

    notice = db.session().get(Notice, notice_id)
    db.session().refresh(notice)
    assert (notice.state, notice.sent_at, notice.acknowledged_at) == (NoticeState.ACKNOWLEDGED, LATER, LATER)
    assert server.wire[0] == server.wire[1]


def test_e_13_a_bounced_notice_is_served_by_courier(app):
    with unit_of_work() as session:
        notice_id = a_queued_notice(session).id
    with a_mail_server() as server:
        server.answers[ADDRESS].append("550 gone")
        pump(server)

    with unit_of_work() as session:
        notice = session.get(Notice, notice_id)
        assert notice.state is NoticeState.BOUNCED
        arrive(session, notice, basis=ArrivalBasis.COURIER_RECEIPT, proof=a_proof(session))
        assert notice.state is NoticeState.ARRIVED
