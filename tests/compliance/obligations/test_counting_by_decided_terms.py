"""Main 二 3, E-11: which running dates move once an approver decided between annex and online terms."""

import pytest
from sqlalchemy import select, update

from agreements.register.ledger import open_conflicts
from agreements.register.online_terms import record_online_terms, resolve_conflict
from agreements.register.rules import TermFact
from agreements.register.term_rules import Side
from compliance.alarms.calendar_watch import recount_one_by_terms, rejudge_one_by_terms
from compliance.breaches.actions import dismiss
from compliance.changes.rules import ChangeKind
from compliance.obligations.actions import record_performance
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import RecountOutcome, RecountReason
from compliance.obligations.rules import ObligationState
from compliance.obligations.terms_recounting import counted_by_old_terms, judged_by_old_terms
from tests.builders import at, day
from tests.builders_compliance import a_change, an_agreement_in_service, sweep, the_case
from tests.builders_register import APPROVER, OFFICER, an_upload

BEFORE = at("Mon 2024-09-09 10:00")
DECIDED = at("Tue 2024-10-08 10:00")
ONLINE = {"value": 8, "unit": "calendar_day", "starts": "change", "form": "written"}
BY_ONLINE, BY_ANNEX = day("Tue 2024-10-08"), day("Sat 2024-10-12")
"""By eight calendar days and by five working days from Mon 2024-09-30, over the holiday."""


@pytest.fixture
def obligation(session):
    """Notice owed by the online terms, as the conflict with the annex is open and they are roughly the longer."""
    agreement = an_agreement_in_service(session)
    record_online_terms(
        session,
        agreement.product,
        label="2024-07",
        effective_from_at=at("Mon 2024-07-01 00:00"),
        terms=[TermFact("change_notification", ONLINE, "1.1")],
        upload=an_upload("online.pdf"),
        actor=OFFICER,
        now=BEFORE,
    )
    a_change(session, agreement, occurred="Mon 2024-09-30", now=at("Mon 2024-09-30 15:00"))
    owed = session.scalars(select(Obligation)).one()
    assert owed.due_on == BY_ONLINE
    return owed


def decide(session, obligation, side, *, now=DECIDED):
    [conflict] = open_conflicts(session, obligation.agreement_id)
    resolve_conflict(session, conflict, side, reason="假期内五个工作日更长", actor=APPROVER, now=now)


def recount(session, now=DECIDED):
    for each in counted_by_old_terms(session, due_by=now):
        assert recount_one_by_terms(session, each, now=now)
    for each in judged_by_old_terms(session, due_by=now):
        assert rejudge_one_by_terms(session, each, now=now)
    return [(row.outcome, row.reason) for row in session.scalars(select(ObligationRecount))]


MOVED = (RecountOutcome.APPLIED, RecountReason.MOVED_LATER)


@pytest.mark.both_engines
def test_main_2_3_what_is_decided_later_moves_a_running_date_later_and_once(session, obligation):
    assert recount(session) == []

    decide(session, obligation, Side.ANNEX)

    assert recount(session) == [MOVED]
    assert (obligation.due_on, obligation.state) == (BY_ANNEX, ObligationState.OPEN)
    assert recount(session) == [MOVED]


def test_deciding_for_what_applied_meanwhile_moves_nothing(session, obligation):
    decide(session, obligation, Side.ONLINE)

    assert recount(session) == [(RecountOutcome.KEPT, RecountReason.SAME_DATE)]
    assert obligation.due_on == BY_ONLINE


def test_a_duty_that_began_after_the_decision_is_not_counted_again(session, obligation):
    session.execute(update(Obligation).values(opened_at=at("Tue 2024-10-08 11:00")))
    decide(session, obligation, Side.ANNEX)

    assert recount(session) == []


def test_main_2_3_what_was_overdue_by_the_loser_is_open_again(session, obligation):
    now = at("Thu 2024-10-10 10:00")
    sweep(session, now)
    assert obligation.state is ObligationState.OVERDUE

    decide(session, obligation, Side.ANNEX, now=now)

    assert recount(session, now) == [MOVED]
    assert (obligation.state, obligation.due_on) == (ObligationState.OPEN, BY_ANNEX)
    dismiss(session, the_case(session), reason="期限另有认定", version=1, actor=OFFICER, now=now)


def test_main_2_3_a_shorter_winner_never_moves_a_tenants_date_earlier_nor_makes_performance_late(session):
    """Nine calendar days from Thu 2024-09-12 end on a Saturday, so on Mon 2024-09-23; five working days on Fri 09-20."""
    agreement = an_agreement_in_service(session)
    longer = ONLINE | {"value": 9}
    record_online_terms(
        session,
        agreement.product,
        label="2024-07",
        effective_from_at=at("Mon 2024-07-01 00:00"),
        terms=[TermFact("change_notification", longer, "1.1")],
        upload=an_upload("online.pdf"),
        actor=OFFICER,
        now=BEFORE,
    )
    a_change(session, agreement)
    first = session.scalars(select(Obligation)).one()
    assert first.due_on == day("Mon 2024-09-23")
    a_change(session, agreement, description="地址变更", kind=ChangeKind.INFORMATION)
    kept = session.scalars(select(Obligation).where(Obligation.id != first.id)).one()
    arrived = at("Mon 2024-09-23 10:00")
    record_performance(session, first, performed_at=arrived, actor=OFFICER, now=arrived)

    decide(session, kept, Side.ANNEX, now=arrived)

    assert recount(session, arrived) == [(RecountOutcome.KEPT, RecountReason.NEVER_EARLIER)]
    assert (first.state, first.due_on) == (ObligationState.PERFORMED_ON_TIME, day("Mon 2024-09-23"))
    assert (kept.state, kept.due_on) == (ObligationState.OPEN, day("Mon 2024-09-23"))
