"""E-34, E-36, I-6: which open dates move when a term is corrected or amended, and which don't."""

import pytest
from sqlalchemy import select

from agreements.kernel.errors import Conflict
from agreements.register.correcting import approve_correction, propose_correction
from agreements.register.models import Instrument
from compliance.alarms.calendar_watch import recount_one_by_terms, rejudge_one_by_terms
from compliance.breaches import board
from compliance.breaches.actions import confirm, dismiss
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.suspension import decide_suspension, reinstate
from compliance.breaches.waiting import Waits
from compliance.notices.rules import Language
from compliance.obligations.actions import record_performance
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import RecountOutcome, RecountReason
from compliance.obligations.rules import ObligationState
from compliance.obligations.terms_recounting import counted_by_old_terms, judged_by_old_terms
from compliance.service.rules import HoldState
from tests.builders import at, day
from tests.builders_compliance import (
    a_change,
    a_change_notice,
    a_suspected_case,
    an_agreement_in_service,
    an_unrectified_case,
    arrive,
    sweep,
)
from tests.builders_register import APPROVER, OFFICER, a_signed_supplement

NOW = at("Fri 2024-09-13 12:00")
PERIOD = {"value": 5, "unit": "working_day", "starts": "change", "form": "written"}
LONGER = {"change_notification": {**PERIOD, "value": 10}}


def a_clock(session):
    """A change of 2024-09-12: notice is owed by Fri 2024-09-20."""
    agreement = an_agreement_in_service(session)
    a_change(session, agreement)
    return agreement, session.scalars(select(Obligation)).one()


def corrected(session, agreement, period, *, now=NOW):
    annex = session.scalars(select(Instrument).where(Instrument.agreement_id == agreement.id)).first()
    correction = propose_correction(
        session,
        agreement,
        "change_notification",
        period,
        instrument_id=annex.id,
        clause="3.3",
        reason="录入有误",
        actor=OFFICER,
        now=now,
    )
    approve_correction(session, correction, actor=APPROVER, now=now)


def recount(session):
    for obligation_id in counted_by_old_terms(session, due_by=NOW):
        assert recount_one_by_terms(session, obligation_id, now=NOW)
    return session.scalars(select(ObligationRecount)).all()


def test_e_36_a_corrected_period_moves_the_open_date_once(session):
    agreement, obligation = a_clock(session)
    assert obligation.due_on == day("Fri 2024-09-20")

    corrected(session, agreement, {**PERIOD, "value": 10})
    [row] = recount(session)

    assert obligation.due_on == day("Fri 2024-09-27")
    assert (row.outcome, row.reason, obligation.generation) == (RecountOutcome.APPLIED, RecountReason.MOVED_LATER, 2)
    assert counted_by_old_terms(session, due_by=NOW) == []


def test_a_tenants_date_is_never_moved_earlier(session):
    agreement, obligation = a_clock(session)

    corrected(session, agreement, {**PERIOD, "value": 3})
    [row] = recount(session)

    assert (row.outcome, row.reason) == (RecountOutcome.KEPT, RecountReason.NEVER_EARLIER)
    assert obligation.due_on == day("Fri 2024-09-20")
    assert counted_by_old_terms(session, due_by=NOW) == []


def test_i_6_e_34_what_was_triggered_before_a_supplement_keeps_the_old_term(session):
    agreement, obligation = a_clock(session)

    a_signed_supplement(session, agreement, LONGER, now=NOW)

    assert counted_by_old_terms(session, due_by=NOW) == []
    assert obligation.due_on == day("Fri 2024-09-20")


def test_a_supplement_that_reaches_back_moves_it(session):
    agreement, obligation = a_clock(session)

    a_signed_supplement(session, agreement, LONGER, now=NOW, asked_for_at=at("Sun 2024-09-01 00:00"), reaches_back=True)
    recount(session)

    assert obligation.due_on == day("Fri 2024-09-27")


def test_a_term_that_can_not_be_counted_by_itself_is_left_to_a_person(session):
    agreement, obligation = a_clock(session)

    corrected(session, agreement, {**PERIOD, "value": 2, "unit": "month"})
    [row] = recount(session)

    assert (row.outcome, row.reason) == (RecountOutcome.TO_PERSON, RecountReason.NOT_COUNTABLE)
    assert obligation.due_on == day("Fri 2024-09-20")


# What was judged late by a wrong date (main 二 3, E-36)

LATE_FROM = at("Sat 2024-09-21 00:00")


def rejudge(session, now):
    for obligation_id in judged_by_old_terms(session, due_by=now):
        assert rejudge_one_by_terms(session, obligation_id, now=now)
    return session.scalars(select(ObligationRecount)).all()


def row_waits(session, case, now):
    return board.rows(session, [case], now=now)[0].waits


def performed(session, case, when):
    a_change_notice(session, case, arrived=at(when))


def test_e_36_what_was_overdue_by_a_misread_period_is_open_again_and_its_case_waits_for_dismissal(session):
    case = a_suspected_case(session)
    agreement, obligation = case.agreement, case.obligation
    assert obligation.state is ObligationState.OVERDUE
    now = at("Mon 2024-09-23 10:00")

    corrected(session, agreement, {**PERIOD, "value": 10}, now=now)
    [row] = rejudge(session, now)

    assert (row.outcome, row.reason) == (RecountOutcome.APPLIED, RecountReason.MOVED_LATER)
    assert (obligation.state, obligation.due_on, obligation.generation) == (
        ObligationState.OPEN,
        day("Fri 2024-09-27"),
        2,
    )
    assert rejudge(session, now) == [row]
    assert row_waits(session, case, now) is Waits.DISMISSAL
    with pytest.raises(Conflict, match="performed in time"):
        confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=now)
    dismiss(session, case, reason="期限录入有误", version=case.version, actor=OFFICER, now=now)

    sweep(session, at("Sat 2024-09-28 00:00"))
    assert (obligation.state, case.state) == (ObligationState.OVERDUE, CaseState.SUSPECTED)  # the right date passed too
    assert case.suspected_as_of == at("Sat 2024-09-28 00:00")


@pytest.mark.parametrize(
    ("arrived", "judged"),
    [
        ("Fri 2024-09-27 23:59", ObligationState.PERFORMED_ON_TIME),
        ("Sat 2024-09-28 00:00", ObligationState.PERFORMED_LATE),
    ],
)
def test_e_36_late_performance_is_judged_again_by_the_right_date(session, arrived, judged):
    case = a_suspected_case(session)
    performed(session, case, arrived)
    assert case.obligation.state is ObligationState.PERFORMED_LATE
    now = at("Sun 2024-09-29 10:00")

    corrected(session, case.agreement, {**PERIOD, "value": 10}, now=now)
    rejudge(session, now)

    assert (case.obligation.state, case.obligation.due_on) == (judged, day("Fri 2024-09-27"))


@pytest.mark.parametrize("days", [1, 3])
def test_main_2_3_a_shorter_period_never_turns_performance_into_a_breach(session, days):
    agreement = an_agreement_in_service(session)
    change = a_change(session, agreement)
    obligation = session.scalars(select(Obligation)).one()
    arrived = at("Fri 2024-09-20 10:00")
    record_performance(session, obligation, performed_at=arrived, actor=OFFICER, now=arrived)
    now = at("Mon 2024-09-23 10:00")

    corrected(session, agreement, {**PERIOD, "value": days}, now=now)

    assert rejudge(session, now) == []
    assert counted_by_old_terms(session, due_by=now) == []
    assert (change is not None, obligation.state) == (True, ObligationState.PERFORMED_ON_TIME)


def test_what_is_late_by_the_shorter_period_too_stays_late_and_is_asked_once(session):
    case = a_suspected_case(session)
    now = at("Mon 2024-09-23 10:00")

    corrected(session, case.agreement, {**PERIOD, "value": 3}, now=now)
    [row] = rejudge(session, now)

    assert (row.outcome, row.reason) == (RecountOutcome.KEPT, RecountReason.NEVER_EARLIER)
    assert (case.obligation.state, case.obligation.overdue_from) == (ObligationState.OVERDUE, LATE_FROM)
    assert rejudge(session, now) == [row]


def test_a_suspension_for_what_was_no_breach_is_lifted_by_an_approver_alone(session):
    case = an_unrectified_case(session)
    now = at("Mon 2024-09-30 10:00")
    hold = decide_suspension(
        session, case, reason="未改正", language=Language.ZH, version=case.version, actor=APPROVER, now=now
    )
    arrive(session, hold.notice, at("Mon 2024-09-30 14:00"))
    sweep(session, at("Mon 2024-09-30 14:01"), "suspension_execute")
    later = at("Tue 2024-10-08 10:00")
    corrected(session, case.agreement, {**PERIOD, "value": 20}, now=later)
    rejudge(session, later)

    assert row_waits(session, case, later) is Waits.REINSTATEMENT
    reinstate(
        session,
        case,
        language=Language.ZH,
        reason="期限录入有误，并无违约",
        version=case.version,
        actor=APPROVER,
        now=later,
    )
    assert (case.state, hold.state) == (CaseState.RECTIFIED, HoldState.LIFTED)
