"""What happens to a case when the facts turn out otherwise, or its agreement ends in the middle (E-39, 6.3, 6.4)."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agreements.kernel.errors import Conflict, IllegalMove
from compliance.breaches.actions import close, confirm, demand_rectification, dismiss
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.suspension import reinstate
from compliance.desk.holds import standing_holds
from compliance.gateway.snapshot import entitlement_of
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeKind, NoticeState
from compliance.obligations.rules import ObligationState
from compliance.service.rules import HoldState
from tests.builders import at
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

ON_TIME = at("Thu 2024-09-19 09:00")
AFTER_THE_END = at("Fri 2025-08-01 10:00")


def a_decided_case(session):
    """The scheduler decided the suspension on Sat 2024-09-28; its notice is queued."""
    case = an_unrectified_case(session)
    sweep(session, at("Sat 2024-09-28 00:05"))
    assert case.state is CaseState.SUSPENSION_DECIDED
    return case


def test_e_40_a_notice_that_arrives_after_the_breach_turned_out_to_be_none_suspends_nothing(session):
    case = a_decided_case(session)
    a_change_notice(session, case, arrived=ON_TIME, now=at("Sat 2024-09-28 09:00"))
    arrive(session, case.hold.notice, at("Sun 2024-09-29 10:00"))
    now = at("Sun 2024-09-29 10:01")

    sweep(session, now)

    assert (case.obligation.state, case.state) == (ObligationState.PERFORMED_ON_TIME, CaseState.SUSPENSION_DECIDED)
    assert case.hold.effective_at is None
    [entitled] = entitlement_of(session, case.agreement.tenant.tenant_key, at=now).agreements
    assert entitled.holds == ()
    assert not [row for row in standing_holds(session, [case.agreement_id], []) if row.effective_at]

    dismiss(session, case, reason="甲方已按期通知", version=case.version, actor=OFFICER, now=now)

    assert (case.state, case.hold.state) == (CaseState.DISMISSED, HoldState.CANCELLED)
    kinds = session.scalars(select(Notice.kind).where(Notice.cause == f"case:{case.id}")).all()
    assert NoticeKind.SUSPENSION_WITHDRAWAL in kinds


def a_suspended_case(session):
    case = a_decided_case(session)
    arrive(session, case.hold.notice, at("Sun 2024-09-29 10:00"))
    sweep(session, at("Sun 2024-09-29 10:01"))
    return case


def test_no_demand_goes_out_where_the_notice_turns_out_to_have_come_in_time(session):
    case = a_suspected_case(session)
    now = at("Mon 2024-09-23 10:00")
    confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=now)
    a_change_notice(session, case, arrived=ON_TIME, now=now)

    with pytest.raises(Conflict, match="no breach"):
        demand_rectification(
            session, case, stated_due_on=None, language=Language.ZH, version=case.version, actor=OFFICER, now=now
        )
    dismiss(session, case, reason="通知已于期限内到达", version=case.version, actor=OFFICER, now=now)

    assert case.state is CaseState.DISMISSED
    assert session.scalars(select(Notice)).all() == []


def test_dismissing_a_demanded_case_stops_the_demand_that_has_not_left(session):
    case = a_demanded_case(session)
    a_change_notice(session, case, arrived=ON_TIME, now=at("Mon 2024-09-23 11:00"))

    dismiss(session, case, reason="已按时通知", version=case.version, actor=OFFICER, now=at("Mon 2024-09-23 11:05"))

    assert (case.state, case.demand_notice.state) == (CaseState.DISMISSED, NoticeState.CANCELLED)


def test_dismissing_calls_off_a_suspension_that_has_not_taken_effect(session):
    case = a_decided_case(session)
    a_change_notice(session, case, arrived=ON_TIME, now=at("Sat 2024-09-28 09:00"))

    dismiss(session, case, reason="已按时通知", version=case.version, actor=OFFICER, now=at("Sat 2024-09-28 09:05"))

    assert (case.hold.state, case.hold.notice.state) == (HoldState.CANCELLED, NoticeState.CANCELLED)


def test_a_confirmed_breach_is_not_dismissed(session):
    case = a_demanded_case(session)

    with pytest.raises(Conflict, match="confirmed"):
        dismiss(session, case, reason="算了", version=case.version, actor=OFFICER, now=at("Mon 2024-09-23 11:00"))


def test_an_earlier_arrival_found_later_makes_a_late_performance_timely(session):
    case = a_suspected_case(session)
    a_change_notice(session, case, arrived=at("Mon 2024-09-23 09:00"))
    assert case.obligation.state is ObligationState.PERFORMED_LATE

    a_change_notice(session, case, arrived=ON_TIME, now=at("Tue 2024-09-24 09:00"))
    assert case.obligation.state is ObligationState.PERFORMED_ON_TIME
    assert a_change_notice(session, case, arrived=at("Wed 2024-09-25 09:00")) == []  # and a later one changes nothing


def test_a_suspension_notice_that_arrives_after_the_end_suspends_nothing(session):
    case = a_decided_case(session)

    arrive(session, case.hold.notice, AFTER_THE_END)
    sweep(session, AFTER_THE_END)

    assert (case.state, case.hold.state) == (CaseState.SUSPENSION_DECIDED, HoldState.CANCELLED)
    assert sweep(session, AFTER_THE_END) == 0
    close(session, case, reservation="保留一切权利", version=case.version, actor=OFFICER, now=AFTER_THE_END)
    assert case.state is CaseState.CLOSED


def test_nothing_is_reinstated_after_the_end_but_the_case_can_be_closed(session):
    case = a_suspended_case(session)
    a_change_notice(session, case, arrived=at("Tue 2024-10-08 09:00"))
    with pytest.raises(Conflict, match="still open"):
        close(session, case, reservation="x", version=case.version, actor=OFFICER, now=at("Tue 2024-10-08 09:30"))
    a_cure(session, case, now=at("Tue 2024-10-08 10:00"))

    with pytest.raises(Conflict, match="ended"):
        reinstate(session, case, language=Language.ZH, version=case.version, actor=APPROVER, now=AFTER_THE_END)
    close(session, case, reservation="保留一切权利", version=case.version, actor=OFFICER, now=AFTER_THE_END)

    assert case.state is CaseState.CLOSED
    assert NoticeKind.RESUME_NOTICE not in session.scalars(select(Notice.kind)).all()


def test_a_closed_case_stays_closed(session):
    case = a_suspected_case(session)
    now = at("Mon 2024-09-23 10:00")
    dismiss(session, case, reason="误报", version=case.version, actor=OFFICER, now=now)
    close(session, case, reservation="保留一切权利", version=case.version, actor=OFFICER, now=now)

    with pytest.raises(IllegalMove):
        dismiss(session, case, reason="误报", version=case.version, actor=OFFICER, now=now)


@pytest.mark.parametrize(
    "forged",
    [
        # the demand's own arrival, with the hold pointed at the demand
        (
            "UPDATE hold SET notice_id = :demand, arrival_id = :arrival, notice_arrived_at ="
            " (SELECT arrived_at FROM arrival WHERE id = :arrival), effective_at = decided_at"
        ),
        (
            "UPDATE hold SET notice_id = :demand, notice_kind = 'rectification_demand', arrival_id = :arrival,"
            " notice_arrived_at = (SELECT arrived_at FROM arrival WHERE id = :arrival), effective_at = decided_at"
        ),
        # two approvers whom nobody knows
        "UPDATE hold SET effective_at = decided_at, first_approver_id = 901, second_approver_id = 902",
        # another tenant's agreement
        "UPDATE hold SET tenant_id = 99",
    ],
)
def test_clause_6_1_the_database_takes_no_forged_ground_for_a_hold(session, forged):
    case = a_decided_case(session)
    values = {"demand": case.demand_notice_id, "arrival": case.demand_notice.arrival_id}

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(forged), {name: value for name, value in values.items() if f":{name}" in forged})
