"""What the desk concludes from facts: states by their bounds, the switch, standing, next acts, masked contacts."""

from datetime import timedelta

import pytest

from agreements.calendar.published import published_calendar
from agreements.register.rules import AgreementState
from compliance.breaches.rules import CaseState
from compliance.breaches.waiting import ACT_FOR as OURS
from compliance.breaches.waiting import Waits
from compliance.desk.rules import (
    ACT_FOR,
    DECISIONS,
    HoldFact,
    LifeFacts,
    NextAct,
    ServiceState,
    Standing,
    masked,
    onboarding_act,
    order_sums,
    service_state,
    standing_of,
    state_at,
    working_days_until,
)
from compliance.service.rules import HoldGround, HoldState
from tests.builders import at, day

INSTANT = timedelta(microseconds=1)


def life(state="in_service", effective="Mon 2024-07-29 10:00"):
    return LifeFacts(
        AgreementState(state), effective and at(effective), at("Sun 2024-07-28 00:00"), at("Wed 2025-07-30 00:00")
    )


@pytest.mark.parametrize(
    ("recorded", "now", "is_now"),
    [
        ("in_service", at("Wed 2025-07-30 00:00") - INSTANT, "in_service"),
        ("in_service", at("Wed 2025-07-30 00:00"), "expired"),  # no sweep has run
        ("effective", at("Mon 2024-07-29 10:00"), "in_service"),  # paid after the start date
        ("expired", at("Thu 2024-08-01 09:00"), "in_service"),  # asked about a day before the end
        ("expired", at("Mon 2024-07-29 10:00") - INSTANT, "pending_payment"),
        ("ended_by_agreement", at("Thu 2030-08-01 09:00"), "ended_by_agreement"),
    ],
)
def test_clause_3_1_the_state_follows_the_bounds_whether_or_not_a_sweep_recorded_it(recorded, now, is_now):
    assert state_at(life(recorded), now) is AgreementState(is_now)


def test_an_unpaid_agreement_stays_unpaid_after_its_end():
    assert state_at(life("pending_payment", effective=None), at("Thu 2030-08-01 09:00")) == "pending_payment"


@pytest.mark.parametrize(
    ("state", "is_activated", "holds", "switch"),
    [
        ("in_service", False, [], "not_activated"),
        ("in_service", True, [], "open"),
        ("in_service", True, [("breach", "pending")], "suspension_pending"),
        ("in_service", True, [("breach", "pending"), ("breach", "effective")], "suspended"),
        ("in_service", True, [("freeze", "effective")], "frozen"),
        ("in_service", True, [("freeze", "effective"), ("legal_order", "effective")], "suspended"),
        ("in_service", False, [("breach", "effective")], "suspended"),
        ("expired", True, [("breach", "effective")], "closed"),  # E-39
        ("pending_payment", False, [], "not_activated"),
    ],
)
def test_the_switch_is_derived_from_activation_and_holds(state, is_activated, holds, switch):
    facts = [HoldFact(HoldGround(ground), HoldState(hold)) for ground, hold in holds]
    assert service_state(state=AgreementState(state), is_activated=is_activated, holds=facts) is ServiceState(switch)


@pytest.mark.parametrize(
    ("cases", "is_held", "owes", "ended", "standing"),
    [
        ([], False, False, False, "good"),
        (["rectified", "closed"], False, False, False, "good"),
        ([], False, True, False, "watch"),
        (["suspected"], False, False, False, "watch"),
        (["suspected", "not_rectified"], False, True, False, "rectifying"),
        (["rectification_demanded"], True, True, False, "suspended"),
        ([], False, False, True, "barred"),
    ],
)
def test_standing_is_the_worst_of_what_is_open(cases, is_held, owes, ended, standing):
    states = [CaseState(case) for case in cases]
    assert standing_of(cases=states, is_held=is_held, owes_overdue=owes, ended_for_breach=ended) is Standing(standing)


def test_a_person_can_do_something_about_whatever_a_case_waits_for():
    assert set(ACT_FOR) == set(Waits)
    assert {ACT_FOR[wait] for wait in OURS} <= {*DECISIONS, NextAct.CLOSE_CASE}


@pytest.mark.parametrize(
    ("state", "obstacles", "act"),
    [
        ("pending_payment", ["not_in_service", "notice_address"], "confirm_payment"),
        ("effective", ["not_in_service"], None),  # complete, but the period has not begun
        ("effective", ["not_in_service", "notice_address"], "complete_onboarding"),
        ("in_service", [], "activate"),
        ("expired", ["notice_address"], None),
    ],
)
def test_what_brings_an_agreement_into_service(state, obstacles, act):
    found = onboarding_act(state=AgreementState(state), is_activated=False, obstacles=obstacles)
    assert found == act


@pytest.mark.parametrize(
    ("today", "due", "left"),
    [
        ("Thu 2024-09-12", "Fri 2024-09-20", 5),  # Sat 14 is worked, 15-17 are off
        ("Fri 2024-09-20", "Fri 2024-09-20", 0),
        ("Sat 2024-09-21", "Fri 2024-09-20", 0),  # late, but no working day has passed
        ("Mon 2024-09-23", "Fri 2024-09-20", -1),
        ("Thu 2099-09-10", "Fri 2099-09-18", None),  # nobody published that year
    ],
)
def test_working_days_left_count_adjusted_saturdays_and_skip_holidays(today, due, left):
    assert working_days_until(published_calendar(), day(today), day(due)) == left


def test_the_order_s_sums_are_inclusive_and_exact():
    sums = order_sums(
        first_on=day("Sun 2024-07-28"),
        end_on=day("Wed 2025-07-30"),
        quantity=1,
        list_price_fen=120000,
        paid_amount_fen=80000,
        quota_total=30000,
    )
    assert (sums.service_days, sums.discount_fen) == (367, 40000)
    assert (str(sums.unit_price_list), str(sums.unit_price_paid)) == ("0.040000", "0.026667")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("legal@tenant.example", "l***@tenant.example"),
        ("13800001234", "138****1234"),
        ("周明远", "周**"),
        ("周", "周*"),
        ("武汉市东湖新技术开发区示例路1号", "武******"),
        (None, None),
    ],
)
def test_a_contact_is_masked_but_for_what_tells_two_apart(given, shown):
    assert masked(given) == shown
