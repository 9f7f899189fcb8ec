"""Retention in dates: the last day is kept, the next is not; holds and open matters keep without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.retention.rules import (
    FLOOR_MONTHS,
    SURVIVING,
    Kept,
    Position,
    RetentionClass,
    WhyKept,
    kept,
    limited,
    longest,
    months_kept,
)
from tests.builders import day

ENDED = day("Tue 2025-07-29")


@pytest.mark.parametrize(
    ("today", "why"),
    [("Mon 2030-07-29", WhyKept.PERIOD), ("Tue 2030-07-30", WhyKept.OVER)],
)
def test_the_last_day_of_the_period_is_kept_and_the_next_is_not(today, why):
    found = kept(Position(ENDED), months=60, today=day(today))

    assert (found.why, found.through_on) == (why, day("Mon 2030-07-29"))


def test_the_period_ends_on_the_month_s_last_day_and_never_rolls():
    assert kept(Position(day("Thu 2024-02-29")), months=60, today=ENDED).through_on == day("Wed 2029-02-28")
    assert kept(Position(day("Tue 2025-07-29")), months=48, today=ENDED).through_on == day("Sun 2029-07-29")


def test_what_was_performed_later_counts_from_there():
    position = Position(ENDED, last_on=day("Fri 2025-08-29"))

    assert kept(position, months=60, today=ENDED).through_on == day("Thu 2030-08-29")


@pytest.mark.parametrize(
    ("position", "why"),
    [
        (Position(None), WhyKept.RUNNING),
        (Position(None, is_held=True), WhyKept.HELD),
        (Position(ENDED, is_held=True, has_open_cases=True), WhyKept.HELD),
        (Position(ENDED, has_open_duties=True), WhyKept.OPEN_DUTY),
        (Position(ENDED, has_open_cases=True), WhyKept.OPEN_CASE),
        (Position(ENDED, is_unsettled=True), WhyKept.UNSETTLED),
    ],
)
def test_a_hold_and_what_is_open_keep_without_end(position, why):
    assert kept(position, months=60, today=day("Fri 2099-05-01")) == Kept(why, None)


@given(st.sampled_from(RetentionClass), st.integers(6, 600))
def test_no_policy_goes_below_the_law(retention_class, months):
    assert months_kept(retention_class, months) >= FLOOR_MONTHS[retention_class]


def test_what_is_shared_is_kept_as_long_as_the_longest():
    over = Kept(WhyKept.OVER, day("Mon 2029-07-30"))
    running = Kept(WhyKept.PERIOD, day("Mon 2030-07-29"))
    held = Kept(WhyKept.HELD, None)

    assert longest([over, running]) is running
    assert longest([held, over, running]) is held
    assert longest([over]) is over


def test_clause_5_2_confidentiality_and_data_protection_survive():
    assert {each.clause for each in SURVIVING} >= {"5.1", "5.2", "6.1"}


@pytest.mark.parametrize(
    ("period", "through"),
    [
        ({"value": 2, "unit": "year"}, "Wed 2026-07-29"),
        ({"value": 18, "unit": "month"}, "Thu 2026-01-29"),
        ({"value": 90, "unit": "calendar_day"}, "Sun 2024-10-27"),
        ({"value": None, "unit": "year"}, None),
    ],
)
def test_clause_5_2_a_limit_in_the_agreement_is_told_from_its_end(period, through):
    ended_on = day("Mon 2024-07-29")

    told = limited(SURVIVING[1], period, ended_on=ended_on)

    assert told.agreed_through_on == (day(through) if through else None)
    assert limited(SURVIVING[1], period, ended_on=None).agreed_through_on is None
