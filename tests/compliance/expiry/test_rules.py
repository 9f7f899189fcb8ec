"""When a warning is due, what is said late, and what replaces what ends."""

from datetime import timedelta

import pytest

from agreements.calendar.deadline_rules import Counting
from agreements.calendar.published import published_calendar
from agreements.parties.rules import DocumentType
from compliance.expiry.rules import (
    Due,
    Held,
    Silence,
    continues,
    decide,
    horizon,
    replaces,
    stages_of,
    warned_in_time,
)
from tests.builders import at, day

THRESHOLDS = (30, 15, 7, 3, 1)
CALENDAR = published_calendar()
COUNTING = Counting(CALENDAR)


@pytest.mark.parametrize(
    ("last_on", "due"),
    [
        (  # nothing in the way but weekends
            "Fri 2024-11-29",
            ["Wed 2024-10-30", "Thu 2024-11-14", "Fri 2024-11-22", "Tue 2024-11-26", "Thu 2024-11-28"],
        ),
        (  # over National Day: 7 and 3 both fall into it
            "Thu 2024-10-10",
            ["Tue 2024-09-10", "Wed 2024-09-25", "Mon 2024-09-30", "Mon 2024-09-30", "Wed 2024-10-09"],
        ),
        (  # the make-up Sunday before National Day is worked
            "Sun 2024-10-06",
            ["Fri 2024-09-06", "Fri 2024-09-20", "Sun 2024-09-29", "Mon 2024-09-30", "Mon 2024-09-30"],
        ),
        (  # over Spring Festival 2025: three of them on the last working day before it
            "Wed 2025-02-05",
            ["Mon 2025-01-06", "Tue 2025-01-21", "Mon 2025-01-27", "Mon 2025-01-27", "Mon 2025-01-27"],
        ),
        (  # New Year's Eve 2024 was no day off, so the eve of the festival is worked
            "Sat 2024-02-17",
            ["Thu 2024-01-18", "Fri 2024-02-02", "Fri 2024-02-09", "Fri 2024-02-09", "Fri 2024-02-09"],
        ),
    ],
)
def test_t_10_warnings_are_counted_back_in_calendar_days_and_rolled_back_to_a_working_day(last_on, due):
    stages = stages_of(COUNTING, day(last_on), THRESHOLDS)

    assert [stage.threshold for stage in stages] == list(THRESHOLDS)
    assert [f"{stage.due_on:%a %Y-%m-%d}" for stage in stages] == due
    assert all(stage.due_at == at(f"{stage.due_on:%a %Y-%m-%d} 09:00") for stage in stages)
    assert not any(stage.provisional for stage in stages)


def test_a_year_nobody_published_gives_a_provisional_day_that_is_not_too_late():
    unpublished = max(CALENDAR.published_years) + 1
    last_on = day("Wed 2024-05-01").replace(year=unpublished)

    stages = stages_of(COUNTING, last_on, THRESHOLDS)

    assert any(stage.provisional for stage in stages)
    for stage in stages:
        assert stage.due_on <= last_on - timedelta(days=stage.threshold)
        assert last_on - timedelta(days=stage.threshold) - stage.due_on < horizon(THRESHOLDS)


def some(*texts):
    """Due warnings: "7 Fri 2024-11-22" and so on."""
    return [
        Due(number, int(text.split()[0]), at(f"{text.partition(' ')[2]} 09:00"))
        for number, text in enumerate(texts, start=1)
    ]


BEGAN, END = at("Sun 2024-07-28 10:00"), at("Sat 2024-11-30 00:00")


def decided(due, *, now, began_at=BEGAN, in_force=True):
    decision = decide(due, began_at=began_at, end_at=END, in_force=in_force, now=at(now))
    return (
        [item.threshold for item in decision.says],
        [item.threshold for item in decision.sent],
        {item.threshold: reason for item, reason in decision.skipped},
    )


def test_what_falls_on_one_day_is_one_message_and_every_one_of_them_sent():
    due = some("3 Tue 2024-11-26", "7 Tue 2024-11-26")

    assert decided(due, now="Tue 2024-11-26 09:00") == ([7, 3], [7, 3], {})


def test_what_is_found_together_after_an_outage_is_one_message_marked_at_the_latest():
    due = some("1 Thu 2024-11-28", "7 Fri 2024-11-22", "3 Tue 2024-11-26")

    assert decided(due, now="Fri 2024-11-29 08:00") == (
        [7, 3, 1],
        [1],
        {7: Silence.COLLAPSED, 3: Silence.COLLAPSED},
    )


@pytest.mark.parametrize(
    ("now", "is_silent"),
    [("Fri 2024-11-29 23:59:59", False), ("Sat 2024-11-30 00:00", True), ("Mon 2024-12-02 09:00", True)],
)
def test_after_the_end_nothing_goes_out(now, is_silent):
    says, sent, skipped = decided(some("1 Thu 2024-11-28"), now=now)

    assert (says, sent) == (([], []) if is_silent else ([1], [1]))
    assert skipped == ({1: Silence.ENDED} if is_silent else {})


def test_what_fell_due_before_there_was_an_agreement_is_not_made_up_for():
    due = some("15 Thu 2024-11-14", "7 Fri 2024-11-22")

    assert decided(due, now="Fri 2024-11-22 09:00", began_at=at("Wed 2024-11-20 10:00")) == (
        [7],
        [7],
        {15: Silence.BEFORE_US},
    )


def test_nothing_goes_out_for_what_is_not_in_force():
    assert decided(some("7 Fri 2024-11-22"), now="Fri 2024-11-22 09:00", in_force=False) == (
        [],
        [],
        {7: Silence.NOT_IN_FORCE},
    )


@pytest.mark.parametrize(
    ("start", "end", "goes_on"),
    [
        ("Sat 2024-11-30 00:00", "Mon 2025-12-01 00:00", True),  # no gap at midnight
        ("Fri 2024-11-01 00:00", "Mon 2025-12-01 00:00", True),  # overlaps
        ("Sun 2024-12-01 00:00", "Mon 2025-12-01 00:00", False),  # a day without service
        ("Fri 2024-11-01 00:00", "Sat 2024-11-30 00:00", False),  # ends with it
    ],
)
def test_e_37_an_order_goes_on_where_there_is_no_gap(start, end, goes_on):
    assert continues(start_at=at(start), end_at=at(end), after=END) is goes_on


def held(number, expires, *, kind=DocumentType.PRIOR_APPROVAL, issuer="省通信管理局", sealed=True):
    return Held(number, kind, issuer, sealed, day(expires) if expires else None)


OLD = held(1, "Fri 2024-11-29")


@pytest.mark.parametrize(
    ("newer", "takes_its_place"),
    [
        (held(2, "Sat 2025-11-29"), True),
        (held(2, None), True),
        (held(2, "Fri 2024-11-29"), True),  # recorded again
        (held(2, "Thu 2024-11-28"), False),  # ends before it
        (held(2, "Sat 2025-11-29", kind=DocumentType.BUSINESS_LICENCE), False),
        (held(2, "Sat 2025-11-29", issuer="市卫生健康委员会"), False),  # another authority's approval
        (held(2, "Sat 2025-11-29", issuer=None), True),
        (held(2, "Sat 2025-11-29", sealed=False), False),  # only a sealed copy counts (3.3)
        (OLD, False),
    ],
)
def test_clause_3_3_a_renewed_document_takes_the_place_of_the_old_one(newer, takes_its_place):
    assert replaces(newer, OLD) is takes_its_place


@pytest.mark.parametrize(
    ("arrived", "in_time"),
    [
        ("Fri 2024-11-22 23:59", True),  # 25, 26, 27, 28, 29
        ("Sat 2024-11-23 00:00", True),
        ("Sun 2024-11-24 23:59", True),
        ("Mon 2024-11-25 00:00", False),
    ],
)
def test_domain_6_2_a_warning_is_in_time_with_five_whole_working_days_before_the_end(arrived, in_time):
    assert warned_in_time(at(arrived), day("Fri 2024-11-29"), CALENDAR) is in_time
