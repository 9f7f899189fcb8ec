"""Clause 3.3: what an agreement says otherwise about change notices; nobody is judged by a guess."""

import pytest
from sqlalchemy import select

from agreements.kernel.errors import Conflict, InvalidInput
from agreements.register.rules import TermFact
from compliance.changes.actions import agreements_without_clock
from compliance.changes.rules import was_in_force_on
from compliance.obligations.models import Obligation
from tests.builders import at, day
from tests.builders_compliance import a_change, a_change_notice, a_suspected_case, an_agreement_in_service


def agreed(**term):
    return (TermFact("change_notification", term, "3.3"),)


@pytest.mark.parametrize(
    "terms",
    [
        agreed(value=None, unit=None, starts=None, form=None),
        (TermFact("change_notification", "none", None),),
        agreed(value=5, unit="working_day", starts="before_change", form="written"),
        agreed(value=5, unit="fortnight", starts="change", form="written"),
    ],
)
def test_such_a_term_starts_no_clock_and_stops_no_other(session, terms):
    odd = an_agreement_in_service(session, terms=terms)
    standard = an_agreement_in_service(session, order_no="200000000000002")

    change = a_change(session, odd)

    assert [clock.agreement_id for clock in session.scalars(select(Obligation))] == [standard.id]
    assert agreements_without_clock(session, change) == [odd]


@pytest.mark.parametrize(
    ("term", "bound"),
    [
        ({"value": 10, "unit": "working_day"}, "Sat 2024-09-28 00:00"),
        ({"value": 10, "unit": "calendar_day"}, "Tue 2024-09-24 00:00"),  # Sun 09-22 rolls to Mon 09-23
        ({"value": 120, "unit": "hour"}, "Wed 2024-09-18 00:00"),  # from the end of the day of the change
    ],
)
def test_another_period_is_counted_as_agreed(session, term, bound):
    agreement = an_agreement_in_service(session, terms=agreed(**term, starts="change", form="written"))

    a_change(session, agreement)

    assert session.scalars(select(Obligation)).one().overdue_from == at(bound)


def test_the_same_change_is_recorded_once(session):
    agreement = an_agreement_in_service(session)
    a_change(session, agreement)

    with pytest.raises(Conflict, match="on record"):
        a_change(session, agreement)
    a_change(session, agreement, description="法定代表人变更")  # another change of the same day has its own clock
    assert len(session.scalars(select(Obligation)).all()) == 2


def test_a_slip_in_the_year_of_arrival_is_refused(session):
    case = a_suspected_case(session)

    with pytest.raises(InvalidInput, match="arrived_at"):
        a_change_notice(session, case, arrived=at("Fri 2014-09-19 09:00"), now=at("Mon 2024-09-23 09:00"))


@pytest.mark.parametrize(
    ("changed", "counts"),
    [("Sat 2024-07-27", False), ("Sun 2024-07-28", True), ("Tue 2025-07-29", True), ("Wed 2025-07-30", False)],
)
def test_the_first_and_the_last_day_belong_to_the_agreement(changed, counts):
    assert counts == was_in_force_on(
        day(changed),
        effective_at=at("Sun 2024-07-28 10:00"),
        service_end_exclusive_at=at("Wed 2025-07-30 00:00"),
    )


def test_a_period_that_ends_in_the_day_includes_that_day():
    assert was_in_force_on(
        day("Wed 2025-07-30"),
        effective_at=at("Sun 2024-07-28 10:00"),
        service_end_exclusive_at=at("Wed 2025-07-30 10:15:30"),
    )
