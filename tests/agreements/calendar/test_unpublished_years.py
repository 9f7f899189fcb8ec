"""Deadlines that reach into a year nobody has published (T-14, A8, E-47): provisional, both ends, never a breach."""

import pytest

from agreements.calendar.deadline_rules import Counting
from agreements.calendar.deadline_table import DeadlineRule, Debtor, Roll, Unit
from agreements.calendar.published import published_calendar
from agreements.calendar.rules import DayKind, DayRuling, with_rulings
from tests.builders import at, day

COUNTING = Counting(published_calendar())


def test_a_8_a_tenants_period_shows_the_latest_end():
    deadline = COUNTING.due(DeadlineRule.CHANGE_NOTIFICATION, day("Mon 2026-12-28"))

    assert deadline.provisional
    assert deadline.due_on == deadline.latest_on == day("Tue 2027-01-05")
    assert deadline.earliest_on == day("Sun 2027-01-03")  # if the weekend were made working days
    assert deadline.trace[-1].kind is DayKind.UNPUBLISHED


def test_a_8_our_own_period_shows_the_earliest_end():
    deadline = COUNTING.due(DeadlineRule.UPSTREAM_NOTICE, at("Thu 2026-12-31 16:40"))

    assert deadline.provisional
    assert deadline.due_on == deadline.earliest_on == day("Sat 2027-01-02")  # 1 January is a holiday by law
    assert deadline.latest_on == day("Mon 2027-01-04")
    assert deadline.target_at == at("Sat 2027-01-02 18:00")


@pytest.mark.parametrize(
    ("event", "provisional"),
    [
        ("Mon 2026-12-28", False),  # due on Tuesday the 29th
        ("Wed 2026-12-30", False),  # due on the last published day
        ("Thu 2026-12-31", True),
        ("Mon 2027-03-01", True),
    ],
)
def test_a_date_is_provisional_exactly_when_an_unpublished_day_decides_it(event, provisional):
    assert COUNTING.due(DeadlineRule.UPSTREAM_NOTICE, day(event)).provisional is provisional


def test_e_47_a_provisional_date_makes_nobody_late():
    deadline = COUNTING.due(DeadlineRule.CHANGE_NOTIFICATION, day("Mon 2026-12-28"))

    assert not deadline.is_overdue(at("Sun 2028-12-31 12:00"))


def test_a_date_that_does_not_roll_needs_no_published_year():
    end = COUNTING.due(DeadlineRule.SERVICE_PERIOD_END, day("Fri 2027-10-01"))
    cutoff = COUNTING.due(DeadlineRule.LIMITATION, day("Fri 2026-11-20"))

    assert not end.provisional
    assert not cutoff.provisional


def test_a_rolled_date_of_an_unpublished_year_has_two_ends():
    deadline = COUNTING.due(
        DeadlineRule.FORCE_MAJEURE_PROOF, day("Fri 2026-12-04")
    )  # thirty days on is Sunday 3 January

    assert deadline.provisional
    assert (deadline.earliest_on, deadline.latest_on) == (day("Sun 2027-01-03"), day("Mon 2027-01-04"))
    assert deadline.due_on == deadline.earliest_on
    by_tenant = COUNTING.due(DeadlineRule.FORCE_MAJEURE_PROOF, day("Fri 2026-12-04"), debtor=Debtor.TENANT)
    assert by_tenant.due_on == deadline.latest_on


def test_a_warning_counted_back_from_an_unpublished_year_takes_the_earlier_day():
    deadline = COUNTING.due(
        DeadlineRule.EXPIRY_WARNING, day("Mon 2027-02-01")
    )  # thirty days before is Saturday 2 January

    assert deadline.provisional
    assert (deadline.earliest_on, deadline.latest_on) == (day("Thu 2026-12-31"), day("Sat 2027-01-02"))
    assert deadline.due_on == deadline.earliest_on


def test_records_are_kept_to_the_later_end():
    deadline = COUNTING.due(DeadlineRule.LOG_RETENTION, day("Fri 2026-07-03"), roll=Roll.FORWARD)

    assert (deadline.due_on, deadline.provisional) == (day("Mon 2027-01-04"), True)


def test_hours_into_an_unpublished_year_are_certain():
    deadline = COUNTING.due(DeadlineRule.UPSTREAM_NOTICE, at("Thu 2026-12-31 16:40"), count=24, unit=Unit.HOUR)

    assert (deadline.due_on, deadline.provisional) == (day("Fri 2027-01-01"), False)


def test_publishing_the_year_settles_the_date():
    new_year = [
        DayRuling(day(text), is_working=False, name="New Year's Day", source_notice="notice")
        for text in ("Fri 2027-01-01", "Sat 2027-01-02", "Sun 2027-01-03")
    ]
    settled = Counting(with_rulings(published_calendar(), new_year, {2027: "notice"}))

    deadline = settled.due(DeadlineRule.CHANGE_NOTIFICATION, day("Mon 2026-12-28"))

    assert not deadline.provisional
    assert deadline.due_on == day("Tue 2027-01-05")
    assert deadline.is_overdue(at("Wed 2027-01-06 00:00"))


def test_a_day_ruled_ahead_of_its_year_is_settled_alone():
    ahead = Counting(
        with_rulings(
            published_calendar(),
            [DayRuling(day("Sat 2027-01-02"), is_working=True, name="New Year's Day", source_notice="notice")],
        )
    )

    deadline = ahead.due(DeadlineRule.UPSTREAM_NOTICE, day("Thu 2026-12-31"))

    assert deadline.due_on == deadline.latest_on == day("Sat 2027-01-02")
    assert deadline.provisional  # 1 January was passed on the way
