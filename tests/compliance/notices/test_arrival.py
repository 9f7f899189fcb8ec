"""That a notice arrived: by an officer's record with proof, or by the tenant's own word."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agreements.calendar.actions import record_override
from agreements.calendar.rules import DayRuling
from agreements.kernel import files, policies
from agreements.kernel.access.rules import ActorKind
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import IllegalMove, InvalidInput, NotFound, NotPermitted
from compliance.notices.arrivals import (
    acknowledge,
    arrival_for_cause,
    arrival_of,
    arrivals_after,
    earliest_arrival,
    notice_of_link,
    record_arrival,
)
from compliance.notices.dispatch import Delivery, claim_next, message_of, record_delivery
from compliance.notices.models import AcknowledgementLink, Arrival, Notice, Outbox
from compliance.notices.rules import ArrivalBasis, NoticeState, OutboxState, Outcome
from compliance.notices.sender import SendCounts
from tests.builders import at, day
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
from tests.builders_register import APPROVER, OFFICER, OPS

LATER = at("Mon 2024-09-23 16:00")
TWO_DAYS_LATER = at("Wed 2024-09-25 10:00")


def a_proof(session, content=b"signed receipt"):
    return files.keep(session, content, name="签收单.pdf", media_type="application/pdf", now=LATER)


def arrive(session, notice, **changed):
    values = {
        "basis": ArrivalBasis.DESIGNATED_SYSTEM,
        "arrived_at": DRAFTED_AT + timedelta(minutes=1),
        "note": "收件系统自动回执",
        "actor": OFFICER,
        "now": LATER,
    } | changed
    if "proof" not in values:
        values["proof"] = a_proof(session)
    return record_arrival(session, notice, **values)


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


@pytest.mark.parametrize("basis", ArrivalBasis)
def test_an_arrival_without_proof_is_refused_whatever_its_basis_and_note(session, basis):
    notice = a_sent_notice(session)

    with pytest.raises(InvalidInput) as refused:
        arrive(session, notice, basis=basis, arrived_at=TWO_DAYS_LATER, now=TWO_DAYS_LATER, proof=None, note="x")

    assert refused.value.field == "proof"
    assert (notice.state, arrival_of(session, notice.id)) == (NoticeState.SENT, None)


@pytest.fixture
def sent_at_three(session):
    """Queued Mon 2024-09-23 10:00; an attempt at 11:00 did not get through, the one at 15:00 did."""
    notice = a_queued_notice(session, now=at("Mon 2024-09-23 10:00"))
    for when, outcome in (("11:00", Outcome.TEMPORARY), ("15:00", Outcome.ACCEPTED)):
        now = at(f"Mon 2024-09-23 {when}")
        claim = claim_next(session, now=now, wall=now, lease=timedelta(minutes=1))
        record_delivery(session, claim, Delivery(outcome, "", ""), now=now + timedelta(seconds=2))
    session.refresh(notice)
    return notice


@pytest.mark.parametrize("basis", [ArrivalBasis.DESIGNATED_SYSTEM, ArrivalBasis.ACKNOWLEDGED])
@pytest.mark.parametrize("before", ["10:00", "11:00", "14:59:59"])
def test_a_notice_enters_no_system_before_an_attempt_that_got_through_began(session, sent_at_three, basis, before):
    with pytest.raises(InvalidInput) as refused:
        arrive(session, sent_at_three, basis=basis, arrived_at=at(f"Mon 2024-09-23 {before}"))

    assert refused.value.field == "arrived_at"
    assert "2024-09-23 15:00" in str(refused.value)
    began = at("Mon 2024-09-23 15:00")
    assert arrive(session, sent_at_three, basis=basis, arrived_at=began).arrived_at == began


@pytest.mark.parametrize("before", ["Mon 2024-09-23 10:00", "Mon 2024-09-23 15:00:02", "Tue 2024-09-24 08:59:59"])
def test_a_tenant_should_know_at_the_next_opening_and_not_before(session, sent_at_three, before):
    with pytest.raises(InvalidInput) as refused:
        arrive(
            session, sent_at_three, basis=ArrivalBasis.SHOULD_KNOW, arrived_at=at(before), note="ok", now=TWO_DAYS_LATER
        )

    assert refused.value.field == "arrived_at"
    opening = at("Tue 2024-09-24 09:00")
    assert arrive(session, sent_at_three, basis=ArrivalBasis.SHOULD_KNOW, arrived_at=opening, now=TWO_DAYS_LATER)


def test_the_opening_hour_is_the_policys_and_the_days_are_our_calendars(session, sent_at_three):
    long_ago = at("Mon 2024-01-01 09:00")
    policies.change(
        session, "business_opening_hour", 10, effective_at=long_ago, reason="r", actor=APPROVER, now=long_ago
    )
    typhoon = DayRuling(day("Tue 2024-09-24"), is_working=False, name="台风停工", source_notice="市政府令")
    record_override(session, typhoon, actor=APPROVER, now=long_ago)

    earliest = earliest_arrival(session, sent_at_three, ArrivalBasis.SHOULD_KNOW)

    assert earliest == at("Wed 2024-09-25 10:00")


def test_only_who_may_record_arrivals_does(session):
    notice = a_sent_notice(session)
    with pytest.raises(NotPermitted):
        arrive(session, notice, actor=OPS)


@pytest.mark.parametrize("basis", [basis for basis in ArrivalBasis if basis is not ArrivalBasis.SHOULD_KNOW])
def test_the_database_refuses_an_officers_arrival_without_proof_and_a_second_arrival(session, basis):
    notice = a_sent_notice(session)
    arrive(session, notice, basis=basis, actor=replace(OFFICER, id=1))

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


def test_what_was_served_on_paper_is_not_mailed_any_more(app):
    with unit_of_work() as session:
        notice = a_queued_notice(session)
        arrive(session, notice, basis=ArrivalBasis.PERSONAL)

    with a_mail_server() as server:
        assert pump(server, TWO_DAYS_LATER) == SendCounts()

    assert server.wire == []
    assert db.session().scalar(select(Outbox.state)) is OutboxState.CANCELLED


def test_a_refused_record_of_service_leaves_the_mail_waiting(app):
    with unit_of_work() as session:
        notice_id = a_queued_notice(session).id
    with pytest.raises(InvalidInput), unit_of_work() as session:
        arrive(session, session.get(Notice, notice_id), basis=ArrivalBasis.PERSONAL, proof=None)

    with a_mail_server() as server:
        assert pump(server) == SendCounts(accepted=1)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.TEMPORARY, OutboxState.CANCELLED),
        (Outcome.UNKNOWN, OutboxState.CANCELLED),
        (Outcome.ACCEPTED, OutboxState.ACCEPTED),
        (Outcome.REFUSED, OutboxState.UNDELIVERABLE),
    ],
)
def test_an_attempt_under_way_while_paper_is_served_is_the_last(session, outcome, state):
    notice = a_queued_notice(session)
    claim = claim_next(session, now=DRAFTED_AT, wall=DRAFTED_AT, lease=timedelta(minutes=1))
    arrive(session, notice, basis=ArrivalBasis.PERSONAL)

    assert record_delivery(session, claim, Delivery(outcome, "", ""), now=LATER)

    assert (notice.state, session.scalar(select(Outbox.state))) == (NoticeState.ARRIVED, state)


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
