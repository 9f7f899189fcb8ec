"""What Today and the agreement page offer next for a case agrees with what the case itself allows."""

from compliance.desk.cases import case_rows
from compliance.desk.rules import NextAct
from tests.builders import at
from tests.builders_compliance import a_change_notice, a_demanded_case


def offered(session):
    [row] = case_rows(session, now=at("Mon 2024-09-23 12:00"))
    return row.step.act


def test_no_act_against_the_tenant_is_offered_once_it_turns_out_to_have_performed_in_time(session):
    case = a_demanded_case(session)
    assert offered(session) is NextAct.RECORD_ARRIVAL

    a_change_notice(session, case, arrived=at("Thu 2024-09-19 09:00"), now=at("Mon 2024-09-23 11:00"))

    assert offered(session) is NextAct.DISMISS_CASE
