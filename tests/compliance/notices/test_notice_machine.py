"""The notice machine and the rules of arrival, without a database."""

from datetime import timedelta

import pytest

from agreements.calendar.published import published_calendar
from agreements.kernel.errors import IllegalMove, InvalidInput
from compliance.notices.rules import (
    NOTICE_MOVES,
    ArrivalBasis,
    Fact,
    NoticeEvent,
    NoticeKind,
    NoticeState,
    Particulars,
    arrival_event,
    check_arrival,
    check_letter,
    is_failing,
    legal_events,
    notice_move,
    one_line,
    retry_delay,
    should_know_from,
    whole_minute,
)
from tests.builders import at, day

TODAY = day("Mon 2024-09-23")
FACT = Fact(day("Thu 2024-09-12"), "住所变更")


@pytest.mark.parametrize("state", NoticeState)
@pytest.mark.parametrize("event", NoticeEvent)
def test_a_move_that_is_not_in_the_table_is_refused_and_says_what_is_legal(state, event):
    if state in NOTICE_MOVES[event].sources:
        assert notice_move(state, event).target is NOTICE_MOVES[event].target
        return
    with pytest.raises(IllegalMove) as refused:
        notice_move(state, event)
    assert refused.value.values["legal"] == tuple(legal_events(state))


def test_acceptance_by_a_mail_server_never_leads_to_arrived():
    assert NOTICE_MOVES[NoticeEvent.SEND].target is NoticeState.SENT


@pytest.mark.parametrize(
    ("basis", "event"),
    [
        (ArrivalBasis.ACKNOWLEDGED, NoticeEvent.ARRIVE),
        (ArrivalBasis.DESIGNATED_SYSTEM, NoticeEvent.ARRIVE),
        (ArrivalBasis.SHOULD_KNOW, NoticeEvent.ARRIVE),
        (ArrivalBasis.COURIER_RECEIPT, NoticeEvent.SERVE_ON_PAPER),
        (ArrivalBasis.PERSONAL, NoticeEvent.SERVE_ON_PAPER),
    ],
)
def test_paper_can_be_served_where_nothing_was_sent_and_the_rest_can_not(basis, event):
    assert arrival_event(basis) is event
    for state in (NoticeState.APPROVED, NoticeState.QUEUED, NoticeState.BOUNCED):
        assert (state in NOTICE_MOVES[event].sources) is (event is NoticeEvent.SERVE_ON_PAPER)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"clause": " "}, "clause"),
        ({"facts": ()}, "facts"),
        ({"facts": (Fact(day("Tue 2024-09-24"), "将来"),)}, "facts"),
        ({"signatory": ""}, "signatory"),
        ({"due": None}, "due_on"),
        ({"due": TODAY}, "due_on"),
        ({"requests": ()}, "requests"),
    ],
)
def test_clause_4_4_a_demand_names_ground_facts_and_a_date_that_leaves_time(changed, field):
    values = {
        "clause": "3.3 + 4.4",
        "facts": (FACT,),
        "requests": ("补发通知",),
        "signatory": "张",
        "due": day("Tue 2024-09-24"),
    }
    values |= changed
    with pytest.raises(InvalidInput) as refused:
        check_letter(
            NoticeKind.RECTIFICATION_DEMAND,
            Particulars(values["facts"], values["requests"], values["signatory"]),
            clause=values["clause"],
            stated_due_on=values["due"],
            today=TODAY,
        )
    assert refused.value.field == field


def test_clause_6_1_a_suspension_notice_needs_no_date():
    check_letter(
        NoticeKind.SUSPENSION_NOTICE, Particulars((FACT,), (), "张"), clause="6.1", stated_due_on=None, today=TODAY
    )


RELEASED = at("Mon 2024-09-23 10:00")
NOW = at("Mon 2024-09-23 12:00")


@pytest.mark.parametrize(
    ("arrived_at", "proof", "field"),
    [
        (NOW, True, None),
        (RELEASED, True, None),
        (RELEASED - timedelta(seconds=1), True, "arrived_at"),
        (NOW + timedelta(seconds=1), True, "arrived_at"),
        (NOW, False, "proof"),
    ],
)
def test_an_arrival_is_neither_early_nor_late_nor_without_what_shows_it(arrived_at, proof, field):
    def check():
        check_arrival(arrived_at, not_before=RELEASED, now=NOW, has_proof=proof)

    if field is None:
        check()
        return
    with pytest.raises(InvalidInput) as refused:
        check()
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("accepted", "opens"),
    [
        ("Mon 2024-09-23 00:00", "Tue 2024-09-24 09:00"),
        ("Mon 2024-09-23 23:59:59", "Tue 2024-09-24 09:00"),
        ("Fri 2024-09-13 15:00", "Sat 2024-09-14 09:00"),  # an adjusted working Saturday
        ("Sat 2024-09-14 15:00", "Wed 2024-09-18 09:00"),  # Mid-autumn
        ("Thu 2026-12-31 15:00", "Mon 2027-01-04 09:00"),  # not published: the latest that day can be
    ],
)
def test_a_tenant_should_know_from_the_next_business_opening(accepted, opens):
    assert should_know_from(at(accepted), calendar=published_calendar(), opening_hour=9) == at(opens)


def test_a_time_is_named_as_the_first_minute_that_can_be_typed():
    assert whole_minute(NOW) == NOW
    assert whole_minute(NOW + timedelta(seconds=1)) == NOW + timedelta(minutes=1)


def test_sending_is_tried_again_at_once_then_less_and_less_often():
    seconds = [retry_delay(failures).total_seconds() for failures in range(1, 9)]
    assert seconds == [0, 5, 60, 300, 900, 1800, 1800, 1800]


@pytest.mark.parametrize(
    ("state", "attempts", "failing"),
    [
        (NoticeState.BOUNCED, 0, True),
        (NoticeState.QUEUED, 2, False),
        (NoticeState.QUEUED, 3, True),
        (NoticeState.SENT, 9, False),
    ],
)
def test_a_notice_is_failing_once_it_bounced_or_failed_three_times(state, attempts, failing):
    assert is_failing(state, attempts) is failing


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("甲公司\r\nBcc: other@tenant.example", "甲公司 Bcc: other@tenant.example"),
        ("a\u2028b\u2029c", "a b c"),
        ("\u202e公司\u2066x\u200f", "公司x"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
    ],
)
def test_what_goes_into_a_letter_is_one_line_without_hidden_marks(raw, clean):
    assert one_line(raw) == clean


def test_a_name_of_ten_kilobytes_is_refused_before_issue():
    with pytest.raises(InvalidInput):
        one_line("名" * 10_000)
