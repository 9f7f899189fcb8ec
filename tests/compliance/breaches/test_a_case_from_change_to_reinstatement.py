"""Clauses 3.3, 4.4, 6.1: the chain from a missed change notice to suspension and back, with its guards."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from agreements.kernel import audit, policies
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, NotPermitted, Stale
from compliance.breaches import board
from compliance.breaches.actions import confirm, demand_rectification, dismiss
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.suspension import decide_suspension, reinstate
from compliance.breaches.waiting import Waits
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeKind, NoticeState
from compliance.obligations.models import Obligation, ObligationFiring
from compliance.obligations.rules import FormLevel, ObligationCode, ObligationState
from compliance.service.models import GatewayDirective, Hold
from compliance.service.rules import HoldState
from tests.builders import a_person, at, day
from tests.builders_compliance import (
    a_change,
    a_change_notice,
    a_cure,
    a_demanded_case,
    a_suspected_case,
    an_agreement_in_service,
    an_unrectified_case,
    arrive,
    sweep,
    the_case,
)
from tests.builders_register import APPROVER, OFFICER


def the_obligation(session, code=ObligationCode.TENANT_CHANGE_NOTIFICATION):
    return session.scalars(select(Obligation).where(Obligation.code == code)).one()


def test_clause_3_3_five_working_days_are_counted_from_the_change(session):
    a_change(session, an_agreement_in_service(session))

    obligation = the_obligation(session)

    assert obligation.due_on == day("Fri 2024-09-20")
    assert obligation.overdue_from == at("Sat 2024-09-21 00:00")
    assert [entry["day"] for entry in obligation.count_trace["days"] if entry["counted"]] == [
        "2024-09-13",
        "2024-09-14",  # adjusted working Saturday
        "2024-09-18",
        "2024-09-19",
        "2024-09-20",
    ]
    assert obligation.target_at is None


def test_clause_3_3_the_case_opens_at_the_bound_and_once(session):
    a_change(session, an_agreement_in_service(session))

    assert sweep(session, at("Fri 2024-09-20 23:59:59")) == 0
    assert sweep(session, at("Sat 2024-09-21 00:00")) == 1
    assert sweep(session, at("Sat 2024-09-21 00:00")) == 0
    assert sweep(session, at("Mon 2024-10-21 09:00")) == 0

    case = the_case(session)
    assert (case.state, case.clause) == (CaseState.SUSPECTED, "3.3")
    assert case.suspected_as_of == at("Sat 2024-09-21 00:00")
    assert session.scalar(select(func.count(ObligationFiring.id))) == 1


def test_a_sweep_weeks_late_dates_the_case_at_the_bound_and_its_own_act_at_the_run(session):
    a_change(session, an_agreement_in_service(session))

    sweep(session, at("Mon 2024-10-21 09:00"))

    case = the_case(session)
    assert case.suspected_as_of == at("Sat 2024-09-21 00:00")
    assert case.opened_at == at("Mon 2024-10-21 09:00")


def test_a_notice_that_arrived_in_time_but_was_recorded_late_leaves_no_breach(session):
    agreement = an_agreement_in_service(session)
    a_change(session, agreement)
    sweep(session, at("Sat 2024-09-21 00:00"))
    case = the_case(session)

    a_change_notice(session, case, arrived=at("Fri 2024-09-20 23:59"), now=at("Mon 2024-09-23 09:00"))

    assert case.obligation.state is ObligationState.PERFORMED_ON_TIME


@pytest.mark.parametrize(
    ("arrived", "state"),
    [
        ("Fri 2024-09-20 23:59:59", ObligationState.PERFORMED_ON_TIME),
        ("Sat 2024-09-21 00:00", ObligationState.PERFORMED_LATE),
    ],
)
def test_clause_3_3_the_last_moment_of_the_fifth_day_is_in_time(session, arrived, state):
    case = a_suspected_case(session)

    a_change_notice(session, case, arrived=at(arrived), now=at("Mon 2024-09-23 09:00"))

    assert case.obligation.state is state


def test_a_telephone_call_is_kept_but_performs_nothing(session):
    case = a_suspected_case(session)

    [judged] = a_change_notice(session, case, arrived=at("Mon 2024-09-23 09:00"), form=FormLevel.ORAL)

    assert judged.state is None
    assert case.obligation.state is ObligationState.OVERDUE


def test_a_change_before_the_agreement_took_effect_starts_no_clock(session):
    agreement = an_agreement_in_service(session)

    with pytest.raises(Conflict, match="in force"):
        a_change(session, agreement, occurred="Sat 2024-07-27")
    assert session.scalar(select(func.count(Obligation.id))) == 0


def test_a_change_found_long_after_is_born_overdue(session):
    agreement = an_agreement_in_service(session)

    a_change(session, agreement, occurred="Thu 2024-08-01", now=at("Thu 2024-09-12 15:00"))
    sweep(session, at("Thu 2024-09-12 15:05"))

    assert the_obligation(session).state is ObligationState.OVERDUE
    assert the_case(session).suspected_as_of == at("Fri 2024-08-09 00:00")


def test_two_people_can_not_act_on_the_same_version_of_a_case(session):
    case = a_suspected_case(session)
    seen = case.version
    now = at("Mon 2024-09-23 10:00")
    confirm(session, case, ground_class=GroundClass.OTHER, version=seen, actor=OFFICER, now=now)

    with pytest.raises((Stale, IllegalMove)):
        dismiss(session, case, reason="误报", version=seen, actor=OFFICER, now=now)
    with pytest.raises(Stale):
        demand_rectification(
            session, case, stated_due_on=None, language=Language.ZH, version=seen, actor=OFFICER, now=now
        )


def test_an_illegal_move_says_what_is_legal(session):
    case = a_suspected_case(session)

    with pytest.raises(IllegalMove, match="dismiss, confirm"):
        reinstate(
            session, case, language=Language.ZH, version=case.version, actor=APPROVER, now=at("Mon 2024-09-23 10:00")
        )


def test_clause_4_4_the_demand_s_clock_runs_only_from_its_arrival(session):
    case = a_demanded_case(session)

    assert sweep(session, at("Tue 2024-10-15 00:00")) == 0  # long past the stated date, but it never arrived
    assert case.state is CaseState.RECTIFICATION_DEMANDED

    arrive(session, case.demand_notice, at("Tue 2024-10-15 11:00"))
    sweep(session, at("Tue 2024-10-15 11:05"))
    assert case.rectification.due_on == day("Fri 2024-10-18")  # three whole working days are left to the tenant


def test_clause_4_4_the_stated_date_rules_where_it_leaves_the_whole_period(session):
    case = a_demanded_case(session)
    arrive(session, case.demand_notice, at("Tue 2024-09-24 11:00"))
    sweep(session, at("Tue 2024-09-24 11:05"))

    assert case.rectification.due_on == day("Fri 2024-09-27")
    sweep(session, at("Fri 2024-09-27 23:59:59"))
    assert case.state is CaseState.RECTIFICATION_DEMANDED
    sweep(session, at("Sat 2024-09-28 00:00"), "rectification_sweep")
    assert case.state is CaseState.NOT_RECTIFIED


def test_clause_6_1_the_scheduler_decides_by_its_list_and_waits_for_arrival(session):
    case = an_unrectified_case(session)

    sweep(session, at("Sat 2024-09-28 00:05"))

    assert case.state is CaseState.SUSPENSION_DECIDED
    assert (case.hold.state, case.hold.by_scheduler) == (HoldState.PENDING, True)
    assert case.hold.notice.state is NoticeState.QUEUED
    assert sweep(session, at("Sat 2024-10-12 00:05")) == 0  # however long it takes

    arrive(session, case.hold.notice, at("Sat 2024-10-12 10:00"))
    sweep(session, at("Sat 2024-10-12 10:01"))
    assert case.state is CaseState.SUSPENDED
    assert case.hold.effective_at == at("Sat 2024-10-12 10:00")


def test_a_switched_off_list_only_proposes(session):
    case = an_unrectified_case(session, now=at("Sat 2024-09-28 00:00"))
    policies.change(
        session,
        "auto_suspend_change_notification",
        value=False,
        effective_at=at("Sat 2024-09-28 00:01"),
        reason="仅提示",
        actor=a_person("admin"),
        now=at("Sat 2024-09-28 00:01"),
    )

    sweep(session, at("Sat 2024-09-28 00:05"))

    assert case.state is CaseState.NOT_RECTIFIED


def test_only_an_approver_decides_reinstates_and_only_after_acceptance(session):
    case = an_unrectified_case(session)
    now = at("Sat 2024-09-28 09:00")

    def decide(actor):
        return decide_suspension(
            session, case, reason="逾期未改正", language=Language.ZH, version=case.version, actor=actor, now=now
        )

    with pytest.raises(NotPermitted):
        decide(OFFICER)
    decide(APPROVER)
    arrive(session, case.hold.notice, at("Sun 2024-09-29 10:00"))
    sweep(session, at("Sun 2024-09-29 10:01"))

    def restore(actor=APPROVER):
        return reinstate(
            session, case, language=Language.ZH, version=case.version, actor=actor, now=at("Tue 2024-10-08 15:00")
        )

    with pytest.raises(Conflict, match="not accepted"):
        restore()
    with pytest.raises(Conflict, match="not been performed"):
        a_cure(session, case, now=at("Tue 2024-10-08 10:00"))
    a_change_notice(session, case, arrived=at("Tue 2024-10-08 09:00"))
    a_cure(session, case, now=at("Tue 2024-10-08 10:00"))
    assert case.state is CaseState.SUSPENDED  # the officer alone opens nothing
    with pytest.raises(NotPermitted):
        restore(OFFICER)
    restore()

    assert case.state is CaseState.RECTIFIED
    assert case.hold.state is HoldState.LIFTED
    assert case.obligation.state is ObligationState.PERFORMED_LATE
    assert [row.epoch for row in session.scalars(select(GatewayDirective).order_by(GatewayDirective.epoch))] == [1, 2]
    assert {notice.kind for notice in session.scalars(select(Notice))} == {
        NoticeKind.RECTIFICATION_DEMAND,
        NoticeKind.SUSPENSION_NOTICE,
        NoticeKind.RESUME_NOTICE,
    }
    audit.verify(session)


def test_a_cure_before_the_suspension_notice_arrives_cancels_the_suspension(session):
    case = an_unrectified_case(session)
    sweep(session, at("Sat 2024-09-28 00:05"))
    a_change_notice(session, case, arrived=at("Sat 2024-09-28 08:00"))

    a_cure(session, case, now=at("Sat 2024-09-28 09:00"))

    assert case.state is CaseState.RECTIFIED
    assert case.hold.state is HoldState.CANCELLED
    assert case.hold.notice.state is NoticeState.CANCELLED


def test_the_cap_stops_a_sweep_that_would_suspend_too_many(session):
    for number in range(5):
        agreement = an_agreement_in_service(
            session, order_no=f"20000000000010{number}", tenant_name=f"海棠第{number}公司"
        )
        a_change(session, agreement)
    sweep(session, at("Sat 2024-09-21 00:00"))
    now = at("Mon 2024-09-23 10:00")
    for case in session.scalars(select(BreachCase)):
        confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=now)
        demand_rectification(
            session, case, stated_due_on=None, language=Language.ZH, version=case.version, actor=OFFICER, now=now
        )
        arrive(session, case.demand_notice, at("Mon 2024-09-23 11:00"))

    sweep(session, at("Fri 2024-09-27 00:00"))
    decided = select(func.count(Hold.id))
    assert session.scalar(decided) == 3
    sweep(session, at("Fri 2024-09-27 23:59"))
    assert session.scalar(decided) == 3
    sweep(session, at("Sat 2024-09-28 00:01"))  # a day on: the rest waits for people
    assert session.scalar(decided) == 3


@pytest.mark.parametrize(
    ("found", "waits"),
    [
        ("Sun 2024-09-29 23:59", Waits.SCHEDULER),  # Friday's date, and one working day: a make-up Sunday
        ("Mon 2024-09-30 00:00", Waits.FOUND_LATE),
        ("Mon 2024-10-28 09:00", Waits.FOUND_LATE),
    ],
)
def test_a_suspension_found_late_is_held_for_a_person_and_the_case_says_so(session, found, waits):
    case = a_demanded_case(session)
    arrive(session, case.demand_notice, at("Tue 2024-09-24 11:00"))
    sweep(session, at(found), "rectification_sweep")
    assert board.rows(session, [case], now=at(found))[0].waits is waits

    sweep(session, at(found), "suspension_decide")

    assert (case.hold is None) is (waits is Waits.FOUND_LATE)
    if case.hold is None:
        decide_suspension(
            session,
            case,
            reason="已核实仍未改正",
            language=Language.ZH,
            version=case.version,
            actor=APPROVER,
            now=at(found),
        )
        assert case.hold.by_scheduler is False


def test_clause_6_1_the_database_refuses_an_effective_breach_hold_without_an_arrived_notice(session):
    case = an_unrectified_case(session)
    sweep(session, at("Sat 2024-09-28 00:05"))
    hold = case.hold
    effective = "UPDATE hold SET effective_at = '2024-09-28 02:00:00.000000'"

    refused = [
        f"{effective} WHERE id = {hold.id}",
        f"{effective}, first_approver_id = 1 WHERE id = {hold.id}",
        f"{effective}, first_approver_id = 1, second_approver_id = 1 WHERE id = {hold.id}",
        f"{effective}, arrival_id = 99, notice_arrived_at = '2024-09-28 01:00:00.000000' WHERE id = {hold.id}",
    ]
    for statement in refused:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(statement))


def test_clause_6_1_the_arrival_of_another_notice_does_not_serve(session):
    case = an_unrectified_case(session)
    sweep(session, at("Sat 2024-09-28 00:05"))
    demand = case.demand_notice

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            text(
                "UPDATE hold SET effective_at = decided_at, arrival_id = :arrival, notice_arrived_at ="
                " (SELECT arrived_at FROM arrival WHERE id = :arrival) WHERE id = :id"
            ),
            {"arrival": demand.arrival_id, "id": case.hold_id},
        )


def test_dismissing_needs_a_reason(session):
    case = a_suspected_case(session)
    now = at("Mon 2024-09-23 10:00")

    with pytest.raises(InvalidInput, match="reason"):
        dismiss(session, case, reason=" ", version=case.version, actor=OFFICER, now=now)
    dismiss(session, case, reason="变更已在期限内口头说明并补书面", version=case.version, actor=OFFICER, now=now)
    assert case.state is CaseState.DISMISSED
