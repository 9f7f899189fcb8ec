"""What Today draws: who was in time, month by month, and when agreements end."""

from datetime import date

import pytest

from compliance.desk.charts import Endings, Punctuality, endings, months_from, punctuality
from tests.builders import at
from tests.builders_compliance import a_change_notice, a_suspected_case, an_agreement_in_service

pytestmark = pytest.mark.both_engines


def month_of(rows, month):
    return next(row for row in rows if row.month == month)


def test_months_follow_each_other_across_the_year():
    assert months_from(date(2024, 11, 20), 3) == [date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1)]


def test_a_duty_is_late_by_its_bound_and_stays_late_when_it_is_performed(session):
    case = a_suspected_case(session)  # due Fri 2024-09-20
    september = date(2024, 9, 1)
    late = Punctuality(september, our_on_time=0, our_late=0, their_on_time=0, their_late=1)

    rows = punctuality(session, now=at("Fri 2024-09-20 23:59"))
    assert len(rows) == 12
    assert rows[-1].month == september
    assert month_of(rows, september).their_late == 0  # still in time, so not counted

    assert month_of(punctuality(session, now=at("Sat 2024-09-21 00:00")), september) == late
    a_change_notice(session, case, arrived=at("Tue 2024-10-08 09:00"), now=at("Tue 2024-10-08 11:00"))
    assert month_of(punctuality(session, now=at("Wed 2024-10-09 09:00")), september) == late


def test_a_duty_performed_in_time_counts_for_the_month_of_its_last_day(session):
    case = a_suspected_case(session)
    a_change_notice(session, case, arrived=at("Thu 2024-09-19 09:00"), now=at("Mon 2024-09-23 11:00"))

    row = month_of(punctuality(session, now=at("Mon 2024-12-02 09:00")), date(2024, 9, 1))
    assert (row.their_on_time, row.their_late) == (1, 0)


def test_an_agreement_ends_in_the_month_of_its_last_day_of_service(session):
    an_agreement_in_service(session)  # served through Tue 2025-07-29 24:00

    rows = endings(session, now=at("Mon 2024-12-02 09:00"))
    assert rows[0].month == date(2024, 12, 1)
    assert [row for row in rows if row.count] == [Endings(date(2025, 7, 1), 1)]
    assert not any(row.count for row in endings(session, now=at("Wed 2025-07-30 00:00")))
