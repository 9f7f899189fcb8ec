"""Clause 2.4, main 二 3: our own duty counted in hours by online terms that came later, and back in working days."""

import pytest
from sqlalchemy import select

from agreements.kernel.errors import InvalidInput
from agreements.products.models import Product
from agreements.register.online_terms import record_online_terms
from agreements.register.rules import TermFact
from compliance.alarms.calendar_watch import recount_one_by_terms, resolve_recount
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import RecountOutcome, RecountReason, RecountResolution
from compliance.obligations.recounting import undecided
from compliance.obligations.terms_recounting import counted_by_old_terms
from tests.builders import at
from tests.builders_register import APPROVER, OFFICER, an_upload
from tests.builders_upstream import RECEIVED, a_change, a_source, an_order, run

BY_WORKING_DAY = at("Tue 2024-11-12 00:00")
"""The end of the working day after Fri 2024-11-08."""


@pytest.fixture
def duty(session):
    an_order(session, 1)
    a_change(session, a_source(session))
    run(session, RECEIVED)
    owed = session.scalars(select(Obligation)).one()
    assert owed.overdue_from == BY_WORKING_DAY
    return owed


def record(session, value, *, since, now):
    """A version of the online terms under which the order was made, recorded only now."""
    record_online_terms(
        session,
        session.scalars(select(Product)).one(),
        label=since,
        effective_from_at=at(since),
        terms=[TermFact("upstream_notice", {"starts": "provider_receipt_of_source_notice", **value}, "1.2")],
        upload=an_upload("online.pdf"),
        actor=OFFICER,
        now=now,
    )


def recount(session, now):
    for each in counted_by_old_terms(session, due_by=now):
        recount_one_by_terms(session, each, now=now)
    return [
        (row.outcome, row.reason) for row in session.scalars(select(ObligationRecount).order_by(ObligationRecount.id))
    ]


def test_our_duty_moves_to_the_hour_and_back_where_a_later_version_says_so(session, duty):
    now = at("Fri 2024-11-08 17:00")
    record(session, {"value": 4, "unit": "hour"}, since="Mon 2024-07-01 00:00", now=now)

    assert recount(session, now) == [(RecountOutcome.APPLIED, RecountReason.MOVED_EARLIER)]
    assert (duty.overdue_from, duty.target_at) == (at("Fri 2024-11-08 20:40"), None)

    later = at("Fri 2024-11-08 17:30")
    record(session, {"value": 1, "unit": "working_day"}, since="Tue 2024-07-02 00:00", now=later)

    assert recount(session, later)[1:] == [(RecountOutcome.APPLIED, RecountReason.MOVED_LATER)]
    assert (duty.overdue_from, duty.target_at) == (BY_WORKING_DAY, at("Mon 2024-11-11 18:00"))


def test_hours_that_have_passed_wait_for_a_person_until_a_later_version_gives_time_again(session, duty):
    now = at("Sat 2024-11-09 09:00")
    record(session, {"value": 4, "unit": "hour"}, since="Mon 2024-07-01 00:00", now=now)

    assert recount(session, now) == [(RecountOutcome.TO_PERSON, RecountReason.ALREADY_PAST)]
    assert duty.overdue_from == BY_WORKING_DAY

    record(session, {"value": 1, "unit": "working_day"}, since="Tue 2024-07-02 00:00", now=now)
    recount(session, now)

    assert undecided(session) == []


def test_a_term_that_can_not_be_counted_leaves_only_keeping_the_date(session, duty):
    now = at("Fri 2024-11-08 17:00")
    record(session, {"value": None, "unit": "working_day"}, since="Mon 2024-07-01 00:00", now=now)
    recount(session, now)
    [row] = undecided(session)

    with pytest.raises(InvalidInput) as refused:
        resolve_recount(session, row.id, RecountResolution.APPLIED, reason="x", actor=APPROVER, now=now)
    assert refused.value.field == "resolution"

    resolve_recount(session, row.id, RecountResolution.KEPT, reason="双方另行确认", actor=APPROVER, now=now)
    assert duty.overdue_from == BY_WORKING_DAY
