"""Domain 6.2, 6.4: what a case refuses although the machine would allow it, and the words of its letters."""

import pytest

from agreements.kernel.errors import Conflict, InvalidInput
from compliance.breaches.actions import confirm, demand_rectification
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.suspension import decide_suspension
from compliance.notices.actions import body_text
from compliance.notices.rules import Language, NoticeState
from compliance.service.rules import HoldState
from tests.builders import at, day
from tests.builders_compliance import (
    a_change_notice,
    a_cure,
    a_demanded_case,
    a_suspected_case,
    an_unrectified_case,
    arrive,
    sweep,
)
from tests.builders_register import APPROVER, OFFICER


def confirmed(session, case, **given):
    values = {"ground_class": GroundClass.OTHER, "now": at("Mon 2024-09-23 10:00")}
    confirm(session, case, version=case.version, actor=OFFICER, **(values | given))


def test_clause_6_1_does_not_carry_a_late_change_notice(session):
    case = a_suspected_case(session)

    with pytest.raises(InvalidInput, match=r"6\.1"):
        confirmed(session, case, ground_class=GroundClass.USAGE)
    assert case.state is CaseState.SUSPECTED


def test_what_was_notified_in_time_is_never_confirmed_as_a_breach(session):
    case = a_suspected_case(session)
    a_change_notice(session, case, arrived=at("Fri 2024-09-20 23:59"), now=at("Mon 2024-09-23 09:00"))

    with pytest.raises(Conflict, match="no breach"):
        confirmed(session, case)


@pytest.mark.parametrize(
    ("known_on", "known_at"),
    [
        ("Sat 2024-09-21", "Sat 2024-09-21 00:00"),
        ("Sun 2024-09-22", "Sun 2024-09-22 00:00"),
        ("Mon 2024-09-23", "Mon 2024-09-23 10:00"),
    ],
)
def test_clause_4_4_the_year_of_564_runs_from_when_we_knew_and_not_from_the_click(session, known_on, known_at):
    case = a_suspected_case(session)

    confirmed(session, case, known_on=day(known_on))

    assert case.known_at == at(known_at)


@pytest.mark.parametrize("known_on", ["Fri 2024-09-20", "Tue 2024-09-24"])
def test_nobody_knew_of_a_breach_before_it_was_one_or_will_know_tomorrow(session, known_on):
    case = a_suspected_case(session)

    with pytest.raises(InvalidInput, match="known_on"):
        confirmed(session, case, known_on=day(known_on))


def test_clause_4_4_a_demand_names_what_was_broken_and_its_power(session):
    case = a_demanded_case(session)

    assert case.demand_notice.clause == "3.3 + 4.4"
    assert "不符合协议第3.3条的约定" in body_text(session, case.demand_notice)


def test_a_demand_does_not_ask_for_what_has_come_late_already(session):
    case = a_suspected_case(session)
    a_change_notice(session, case, arrived=at("Sun 2024-09-22 09:00"))
    confirmed(session, case)
    notice = demand_rectification(
        session,
        case,
        stated_due_on=day("Fri 2024-09-27"),
        language=Language.ZH,
        version=case.version,
        actor=OFFICER,
        now=at("Mon 2024-09-23 10:00"),
    )

    letter = body_text(session, notice)
    assert "2024年9月22日（周日）：贵方就上述变更的书面通知到达我方，已超过约定期限" in letter
    assert "补发书面通知" not in letter


def test_the_scheduler_leaves_an_answered_demand_to_people(session):
    case = a_demanded_case(session)
    arrive(session, case.demand_notice, at("Tue 2024-09-24 11:00"))
    a_change_notice(session, case, arrived=at("Thu 2024-09-26 09:00"))

    sweep(session, at("Mon 2024-09-30 00:00"))
    assert case.state is CaseState.RECTIFICATION_DEMANDED  # it came in time: a person reviews it, time decides nothing

    a_cure(session, case, now=at("Mon 2024-09-30 09:00"))
    assert case.state is CaseState.RECTIFIED


def test_a_service_that_has_ended_is_not_suspended(session):
    case = an_unrectified_case(session)

    sweep(session, at("Wed 2025-07-30 00:00"), "suspension_decide")
    assert case.state is CaseState.NOT_RECTIFIED
    with pytest.raises(Conflict, match="ended"):
        decide_suspension(
            session,
            case,
            reason="逾期未改正",
            language=Language.ZH,
            version=case.version,
            actor=APPROVER,
            now=at("Wed 2025-07-30 09:00"),
        )


def test_a_cure_accepted_after_the_notice_arrived_lifts_nothing_although_no_sweep_has_run(session):
    case = an_unrectified_case(session)
    sweep(session, at("Sat 2024-09-28 00:05"))
    arrive(session, case.hold.notice, at("Sun 2024-09-29 10:00"))
    a_change_notice(session, case, arrived=at("Sun 2024-09-29 10:30"))

    a_cure(session, case, now=at("Sun 2024-09-29 11:00"))

    assert case.state is CaseState.SUSPENDED
    assert (case.hold.state, case.hold.effective_at) == (HoldState.EFFECTIVE, at("Sun 2024-09-29 10:00"))
    assert case.cure_accepted_at is not None


def test_a_demand_that_has_not_left_is_stopped_by_the_cure(session):
    case = a_demanded_case(session)
    a_change_notice(session, case, arrived=at("Mon 2024-09-23 10:01"))

    a_cure(session, case, now=at("Mon 2024-09-23 10:02"))

    assert case.state is CaseState.RECTIFIED
    assert case.demand_notice.state is NoticeState.CANCELLED
