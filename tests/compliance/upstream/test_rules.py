"""Clause 2.4 as pure rules: who is owed a notice, by when, what may follow what."""

import pytest

from agreements.calendar.deadline_table import Unit
from agreements.kernel.errors import IllegalMove, InvalidInput
from compliance.upstream.rules import (
    CHANGE_MOVES,
    IMPACT_MOVES,
    STANDARD_PERIOD,
    ChangeEvent,
    ChangeState,
    ImpactEvent,
    ImpactState,
    NoticePeriod,
    Triage,
    agreed_period,
    change_move,
    check_receipt,
    impact_move,
    is_owed,
    ladder,
    may_answer,
    require_closable,
)
from tests.builders import at, day

RECEIVED = at("Fri 2024-11-08 16:40")
SENT = at("Fri 2024-11-08 18:00")
C, I = ChangeState, ImpactState  # noqa: E741 - two letters for two machines


@pytest.mark.parametrize(
    ("effective", "ends", "owed"),
    [
        ("Sun 2024-07-28 10:00", "Wed 2025-07-30 00:00", True),
        ("Fri 2024-11-08 16:40", "Wed 2025-07-30 00:00", True),
        ("Fri 2024-11-08 17:00", "Wed 2025-07-30 00:00", True),  # E-25: between receipt and dispatch
        ("Fri 2024-11-08 18:00", "Wed 2025-07-30 00:00", True),
        ("Fri 2024-11-08 18:01", "Wed 2025-07-30 00:00", False),  # bought the changed product
        (None, "Wed 2025-07-30 00:00", False),  # E-09: unpaid
        ("Sun 2024-07-28 10:00", "Fri 2024-11-08 00:00", False),  # E-27: ended the day before
        ("Sun 2024-07-28 10:00", "Fri 2024-11-08 16:40", False),
        ("Sun 2024-07-28 10:00", "Fri 2024-11-08 16:41", True),
    ],
)
def test_clause_2_4_who_is_owed_the_notice(effective, ends, owed):
    assert owed is is_owed(
        effective_at=effective and at(effective),
        service_end_exclusive_at=at(ends),
        received_at=RECEIVED,
        until=SENT,
    )


STARTS = "provider_receipt_of_source_notice"


@pytest.mark.parametrize(
    ("term", "period"),
    [
        (None, STANDARD_PERIOD),
        ({"value": 2, "unit": "working_day", "starts": STARTS}, NoticePeriod(2, Unit.WORKING_DAY)),
        ({"value": 12, "unit": "hour", "starts": STARTS}, NoticePeriod(12, Unit.HOUR)),
        ({"value": None, "unit": None, "starts": None}, STANDARD_PERIOD),
        ({"value": 3, "unit": "working_day", "starts": "effective_date"}, STANDARD_PERIOD),
        ({"value": "many", "unit": "working_day", "starts": STARTS}, STANDARD_PERIOD),
        ("as soon as possible", STANDARD_PERIOD),
    ],
)
def test_i_5_a_period_of_ours_that_nobody_understands_is_never_the_longer_one(term, period):
    assert agreed_period(term) == period


def test_domain_8_the_ladder_of_a_due_day():
    stages = ladder(
        received_at=RECEIVED,
        due_on=day("Mon 2024-11-11"),
        target_at=at("Mon 2024-11-11 18:00"),
        overdue_from=at("Tue 2024-11-12 00:00"),
    )

    assert [(stage.name, stage.at) for stage in stages] == [
        ("noon", at("Mon 2024-11-11 12:00")),
        ("four", at("Mon 2024-11-11 16:00")),
        ("target", at("Mon 2024-11-11 18:00")),
        ("overdue", at("Tue 2024-11-12 00:00")),
    ]


def test_the_ladder_of_a_period_of_hours_has_only_the_rungs_within_it():
    stages = ladder(
        received_at=at("Mon 2024-11-11 13:00"),
        due_on=day("Mon 2024-11-11"),
        target_at=None,
        overdue_from=at("Mon 2024-11-11 17:00"),
    )

    assert [stage.name for stage in stages] == ["four", "overdue"]


CHANGE_TABLE = {  # domain 6.7, with legal's early end of what is no matter of 2.4
    ChangeEvent.TRIAGE: ({C.RECEIVED}, C.TRIAGED),
    ChangeEvent.MAP: ({C.RECEIVED, C.TRIAGED}, C.MAPPED),
    ChangeEvent.DISPATCH: ({C.MAPPED}, C.NOTIFYING),
    ChangeEvent.COMPLETE: ({C.NOTIFYING}, C.NOTIFIED),
    ChangeEvent.TAKE_EFFECT: ({C.NOTIFIED}, C.IN_EFFECT),
    ChangeEvent.AMEND: ({C.RECEIVED, C.TRIAGED, C.MAPPED, C.NOTIFYING, C.NOTIFIED, C.IN_EFFECT}, C.AMENDED),
    ChangeEvent.WITHDRAW: ({C.RECEIVED, C.TRIAGED, C.MAPPED, C.NOTIFYING, C.NOTIFIED, C.IN_EFFECT}, C.WITHDRAWN),
    ChangeEvent.CLOSE: ({C.TRIAGED, C.MAPPED, C.NOTIFIED, C.IN_EFFECT, C.WITHDRAWN}, C.CLOSED),
}
TOLD = {I.NOTIFIED_ON_TIME, I.NOTIFIED_LATE}
IMPACT_TABLE = {
    ImpactEvent.ARRIVE_ON_TIME: ({I.PENDING}, I.NOTIFIED_ON_TIME),
    ImpactEvent.ARRIVE_LATE: ({I.PENDING}, I.NOTIFIED_LATE),
    ImpactEvent.EXEMPT: ({I.PENDING}, I.NOT_APPLICABLE),
    ImpactEvent.LAPSE: (TOLD, I.NO_RESPONSE),
    ImpactEvent.ACCEPT: (TOLD | {I.NO_RESPONSE}, I.ACCEPTED),
    ImpactEvent.REFUSE: (TOLD | {I.NO_RESPONSE}, I.AFTERMATH_NEGOTIATION),
    ImpactEvent.SIGN_AFTERMATH: ({I.AFTERMATH_NEGOTIATION}, I.AFTERMATH_SIGNED),
    ImpactEvent.FAIL_AFTERMATH: ({I.AFTERMATH_NEGOTIATION}, I.AFTERMATH_FAILED),
    ImpactEvent.WITHDRAW: (
        TOLD | {I.PENDING, I.NO_RESPONSE, I.ACCEPTED, I.AFTERMATH_NEGOTIATION},
        I.WITHDRAWN,
    ),
}


@pytest.mark.parametrize("event", ChangeEvent)
@pytest.mark.parametrize("state", ChangeState)
def test_domain_6_7_the_machine_of_a_change(state, event):
    sources, target = CHANGE_TABLE[event]

    if state in sources:
        assert change_move(state, event).target is target
    else:
        with pytest.raises(IllegalMove):
            change_move(state, event)


@pytest.mark.parametrize("event", ImpactEvent)
@pytest.mark.parametrize("state", ImpactState)
def test_domain_6_7_the_machine_of_an_agreement_s_part(state, event):
    sources, target = IMPACT_TABLE[event]

    if state in sources:
        assert impact_move(state, event).target is target
    else:
        with pytest.raises(IllegalMove):
            impact_move(state, event)


def test_both_tables_are_whole():
    assert set(CHANGE_MOVES) == set(ChangeEvent)
    assert set(IMPACT_MOVES) == set(ImpactEvent)


def test_e_28_silence_can_still_turn_into_an_answer_and_never_is_one():
    assert may_answer(ImpactState.NO_RESPONSE)
    assert not may_answer(ImpactState.ACCEPTED)
    assert not may_answer(ImpactState.PENDING)


@pytest.mark.parametrize(
    ("received", "effective", "field"),
    [
        ("Fri 2024-11-08 16:41", None, "received_at"),
        ("Wed 2023-11-08 17:00", None, None),
        ("Wed 2023-11-01 10:00", None, "received_at"),
        ("Fri 2024-11-08 16:40", "Fri 2023-11-03", "effective_on"),
        ("Fri 2024-11-08 16:40", "Fri 2024-11-01", None),  # announced after the event
    ],
)
def test_t_13_a_receipt_lies_in_the_past_and_not_absurdly_far(received, effective, field):
    def check():
        check_receipt(received_at=at(received), effective_on=effective and day(effective), now=RECEIVED)

    if field is None:
        check()
    else:
        with pytest.raises(InvalidInput) as refused:
            check()
        assert refused.value.field == field


@pytest.mark.parametrize(
    ("state", "triage", "effective", "impacts", "closable"),
    [
        (C.IN_EFFECT, Triage.UPSTREAM_CHANGE, "Sun 2024-12-01", [I.ACCEPTED, I.NO_RESPONSE], True),
        (C.IN_EFFECT, Triage.UPSTREAM_CHANGE, "Sun 2024-12-01", [I.AFTERMATH_NEGOTIATION], False),
        (C.NOTIFIED, Triage.UPSTREAM_CHANGE, "Sun 2024-12-01", [I.ACCEPTED], False),
        (C.NOTIFIED, Triage.UPSTREAM_CHANGE, None, [I.ACCEPTED], True),
        (C.TRIAGED, Triage.MAINTENANCE, None, [], True),
        (C.MAPPED, Triage.IRRELEVANT, None, [I.NOT_APPLICABLE], True),
        (C.MAPPED, Triage.UPSTREAM_CHANGE, None, [I.NOT_APPLICABLE], False),
        (C.WITHDRAWN, Triage.UPSTREAM_CHANGE, "Sun 2024-12-01", [I.WITHDRAWN], True),
        (C.WITHDRAWN, Triage.UPSTREAM_CHANGE, "Sun 2024-12-01", [I.PENDING], False),
        (C.AMENDED, Triage.UPSTREAM_CHANGE, "Sun 2024-12-01", [], False),
    ],
)
def test_domain_6_7_what_may_be_closed(state, triage, effective, impacts, closable):
    def check():
        require_closable(state, triage=triage, effective_on=effective and day(effective), impacts=impacts)

    if closable:
        check()
    else:
        with pytest.raises(IllegalMove):
            check()
