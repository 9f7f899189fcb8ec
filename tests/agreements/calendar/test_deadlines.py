"""From an event to a due date: the worked examples of domain section 3, and properties against an oracle."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agreements.calendar.deadline_rules import Counting
from agreements.calendar.deadline_table import RULES, DeadlineRule, Debtor, Kind, Roll, Unit
from agreements.calendar.published import published_calendar
from agreements.kernel import policies
from agreements.kernel.errors import InvalidInput
from tests.builders import at, day

COUNTING = Counting(published_calendar())
CHANGE = DeadlineRule.CHANGE_NOTIFICATION
UPSTREAM = DeadlineRule.UPSTREAM_NOTICE
ZONES = ["Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "UTC"]


def midnight_after(text):
    """The first instant that is too late for a period ending on the given day."""
    return at(f"{text} 00:00") + timedelta(days=1)


@pytest.mark.parametrize(
    ("event", "due"),
    [
        ("Wed 2025-11-05", "Wed 2025-11-12"),
        ("Thu 2024-09-12", "Fri 2024-09-20"),  # Saturday the 14th is worked, 15 to 17 are the festival
        ("Sat 2024-09-14", "Tue 2024-09-24"),  # a change on an adjusted Saturday
        ("Sun 2024-09-15", "Tue 2024-09-24"),  # a change on a holiday: the same formula
        ("Thu 2026-09-17", "Wed 2026-09-23"),  # Sunday the 20th is worked
        ("Fri 2024-02-02", "Thu 2024-02-08"),  # Sunday the 4th is worked
        ("Fri 2024-02-09", "Thu 2024-02-22"),  # over the Spring Festival, Sunday the 18th is worked
        ("Mon 2024-02-05", "Sun 2024-02-18"),  # New Year's Eve 2024 counts, and the period ends on a worked Sunday
        ("Fri 2025-01-24", "Fri 2025-02-07"),  # New Year's Eve 2025 no more
        ("Thu 2025-09-25", "Thu 2025-10-09"),  # National Day with Mid-autumn
    ],
)
def test_clause_3_3_a_change_is_to_be_notified_within_five_working_days(event, due):
    deadline = COUNTING.due(CHANGE, day(event))

    assert deadline.due_on == day(due)
    assert deadline.overdue_from == midnight_after(due)
    assert deadline.target_at is None
    assert not deadline.provisional


def test_clause_3_3_the_counted_days_of_the_mid_autumn_example():
    deadline = COUNTING.due(CHANGE, day("Thu 2024-09-12"))

    assert deadline.counted_days == (
        day("Fri 2024-09-13"),
        day("Sat 2024-09-14"),
        day("Wed 2024-09-18"),
        day("Thu 2024-09-19"),
        day("Fri 2024-09-20"),
    )
    assert [d.day for d in deadline.skipped_days] == [
        day("Sun 2024-09-15"),
        day("Mon 2024-09-16"),
        day("Tue 2024-09-17"),
    ]
    assert (deadline.clause, deadline.source, deadline.debtor) == ("3.3", "C", "tenant")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("Fri 2025-11-07 16:40", "Mon 2025-11-10"),
        ("Fri 2025-11-07 23:59", "Mon 2025-11-10"),  # Friday evening
        ("Sat 2026-05-09 10:00", "Mon 2026-05-11"),  # received on an adjusted Saturday
        ("Fri 2026-05-08 10:00", "Sat 2026-05-09"),  # an adjusted Saturday can be the due day
        ("Wed 2025-10-01 09:00", "Thu 2025-10-09"),  # received on a holiday
        ("Fri 2025-10-10 09:00", "Sat 2025-10-11"),
        ("Thu 2025-11-06 00:00", "Fri 2025-11-07"),  # the first instant of a day belongs to it
    ],
)
def test_clause_2_4_a_source_notice_is_passed_on_within_one_working_day(received, due):
    deadline = COUNTING.due(UPSTREAM, at(received))

    assert deadline.due_on == day(due)
    assert deadline.overdue_from == midnight_after(due)
    assert deadline.target_at == at(f"{due} 18:00")


def test_t_5_a_deadline_ends_at_midnight_and_not_a_second_earlier_or_later():
    deadline = COUNTING.due(CHANGE, day("Thu 2024-09-12"))

    assert not deadline.is_overdue(at("Fri 2024-09-20 23:59:59"))
    assert not deadline.is_overdue(deadline.overdue_from - timedelta(microseconds=1))
    assert deadline.is_overdue(at("Sat 2024-09-21 00:00"))
    assert deadline.overdue_from.utcoffset() == timedelta(hours=8)


def test_t_1_the_legal_date_is_shanghais():
    before_eight = datetime(2025, 11, 6, 16, 30, tzinfo=UTC)  # Friday 00:30 in Shanghai

    assert COUNTING.due(UPSTREAM, before_eight).event_on == day("Fri 2025-11-07")
    assert COUNTING.due(UPSTREAM, before_eight).due_on == day("Mon 2025-11-10")
    with pytest.raises(ValueError, match="time zone"):
        COUNTING.due(UPSTREAM, datetime(2025, 11, 7, 0, 30))  # noqa: DTZ001 -- naive on purpose


@pytest.mark.parametrize(
    ("rule", "event", "due"),
    [
        (DeadlineRule.UPSTREAM_WITHDRAWAL_NOTICE, "Fri 2025-11-07", "Mon 2025-11-10"),
        (DeadlineRule.AUTHORIZATION_DEMAND, "Thu 2024-09-12", "Wed 2024-09-18"),
        (DeadlineRule.RECTIFICATION, "Thu 2024-09-12", "Wed 2024-09-18"),
        (DeadlineRule.MAINTENANCE_NOTICE, "Fri 2024-09-13", "Sat 2024-09-14"),
        (DeadlineRule.AFTERMATH_AGREEMENT, "Thu 2024-09-12", "Fri 2024-09-27"),
        (DeadlineRule.SETTLEMENT_STATEMENT, "Thu 2024-09-12", "Fri 2024-09-27"),
        (DeadlineRule.FORCE_MAJEURE_PROOF, "Mon 2024-09-02", "Tue 2024-10-08"),  # 2 October rolls past the holidays
        (DeadlineRule.FORCE_MAJEURE_PROOF, "Mon 2024-08-12", "Wed 2024-09-11"),
        (DeadlineRule.EXPIRY_WARNING, "Tue 2025-07-29", "Fri 2025-06-27"),  # 29 June is a Sunday: back
        (DeadlineRule.EXPIRY_WARNING, "Wed 2025-10-29", "Mon 2025-09-29"),
        (DeadlineRule.EXPIRY_WARNING, "Thu 2025-11-06", "Tue 2025-09-30"),  # 7 October lies in the holidays
        (DeadlineRule.SERVICE_PERIOD_END, "Tue 2025-07-29", "Tue 2025-07-29"),
        (DeadlineRule.SERVICE_PERIOD_END, "Wed 2025-10-01", "Wed 2025-10-01"),  # a holiday, and it stays
        (DeadlineRule.RESCISSION_CUTOFF, "Thu 2024-02-29", "Fri 2025-02-28"),
        (DeadlineRule.RESCISSION_CUTOFF, "Mon 2024-05-06", "Tue 2025-05-06"),
        (DeadlineRule.RESCISSION_CUTOFF, "Wed 2024-10-02", "Thu 2025-10-02"),  # a cut-off is never moved
        (DeadlineRule.LIMITATION, "Thu 2024-02-29", "Sun 2027-02-28"),
        (DeadlineRule.LOG_RETENTION, "Sat 2024-08-31", "Fri 2025-02-28"),
        (DeadlineRule.PROCESSING_RECORD_RETENTION, "Sun 2023-01-15", "Thu 2026-01-15"),
    ],
)
def test_every_rule_has_the_standard_period(rule, event, due):
    deadline = COUNTING.due(rule, day(event))

    assert deadline.due_on == day(due)
    assert deadline.overdue_from == midnight_after(due)
    assert not deadline.provisional


@pytest.mark.parametrize("rule", RULES)
def test_only_acts_of_ours_have_a_target(rule):
    deadline = COUNTING.due(rule, at("Fri 2025-03-07 10:00"))
    row = RULES[rule]

    is_our_act = row.debtor is Debtor.PROVIDER and row.kind in (Kind.DUTY, Kind.WARNING)
    assert (deadline.target_at is not None) == is_our_act
    assert deadline.target_at is None or deadline.target_at < deadline.overdue_from


def test_the_policies_of_the_table_exist_with_the_same_default():
    named = {row.policy: row.count for row in RULES.values() if row.policy}

    defaults = {key: policies.POLICIES[key].default for key in named}
    longest = {key: max(map(int, value)) if isinstance(value, list) else value for key, value in defaults.items()}
    assert named == longest
    assert policies.POLICIES["provider_target_hour"].default == COUNTING.target_hour


def test_t_7_what_must_be_done_within_calendar_days_rolls_and_a_cut_off_does_not():
    assert COUNTING.due(
        DeadlineRule.RECTIFICATION, day("Thu 2024-09-12"), count=3, unit=Unit.CALENDAR_DAY
    ).due_on == day("Wed 2024-09-18")
    assert COUNTING.due(
        DeadlineRule.RECTIFICATION, day("Thu 2024-09-12"), count=3, unit=Unit.CALENDAR_DAY, roll=Roll.NONE
    ).due_on == day("Sun 2024-09-15")
    assert COUNTING.due(DeadlineRule.RESCISSION_CUTOFF, day("Wed 2024-10-02"), roll=Roll.FORWARD).due_on == day(
        "Thu 2025-10-09"
    )


def test_t_7_a_rolled_date_shows_the_days_it_passed():
    deadline = COUNTING.due(DeadlineRule.FORCE_MAJEURE_PROOF, day("Fri 2024-08-16"))

    assert deadline.due_on == day("Wed 2024-09-18")
    assert deadline.counted_days == ()
    assert [(d.day, d.name) for d in deadline.skipped_days] == [
        (day("Sun 2024-09-15"), "Mid-autumn Festival"),
        (day("Mon 2024-09-16"), "Mid-autumn Festival"),
        (day("Tue 2024-09-17"), "Mid-autumn Festival"),
    ]


def test_hours_run_from_the_very_time_over_any_day():
    deadline = COUNTING.due(UPSTREAM, at("Fri 2025-11-07 16:40"), count=24, unit=Unit.HOUR)

    assert deadline.due_on == day("Sat 2025-11-08")
    assert deadline.overdue_from == at("Sat 2025-11-08 16:40")
    assert deadline.target_at is None
    assert not deadline.is_overdue(at("Sat 2025-11-08 16:39:59"))
    assert deadline.is_overdue(at("Sat 2025-11-08 16:40"))


def test_a_warning_can_be_counted_back_in_working_days():
    deadline = COUNTING.due(DeadlineRule.EXPIRY_WARNING, day("Fri 2024-09-20"), count=5, unit=Unit.WORKING_DAY)

    assert deadline.due_on == day("Thu 2024-09-12")
    assert deadline.counted_days[0] == day("Thu 2024-09-19")


@pytest.mark.parametrize(
    ("rule", "given", "field"),
    [
        (CHANGE, {"count": 0}, "count"),
        (CHANGE, {"count": 5_001}, "count"),
        (CHANGE, {"count": 241, "unit": Unit.MONTH}, "count"),
        (CHANGE, {"count": 5, "unit": Unit.HOUR}, "from"),  # a day has no hour to start from
        (DeadlineRule.SERVICE_PERIOD_END, {"count": 5}, "count"),
        (DeadlineRule.SERVICE_PERIOD_END, {"unit": Unit.MONTH}, "unit"),
        (DeadlineRule.SERVICE_PERIOD_END, {"roll": Roll.FORWARD}, "roll"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(rule, given, field):
    with pytest.raises(InvalidInput) as refused:
        COUNTING.due(rule, day("Thu 2024-09-12"), **given)

    assert refused.value.field == field
    assert refused.value.remedy


def test_an_hour_never_moves_and_centuries_are_refused():
    with pytest.raises(InvalidInput, match="roll"):
        COUNTING.due(CHANGE, at("Thu 2024-09-12 10:00"), count=5, unit=Unit.HOUR, roll=Roll.FORWARD)
    for odd in (date(1991, 12, 31), date(2500, 1, 1)):
        with pytest.raises(InvalidInput, match="from"):
            COUNTING.due(CHANGE, odd)


@pytest.mark.parametrize("count", [1, 3, 5, 10])
def test_every_day_of_the_published_years_agrees_with_a_day_by_day_oracle(count):
    """A10: weekends, adjusted days, holiday chains, leap day and year ends, each as the event."""
    start, through = date(2024, 1, 1), date(2026, 12, 31)
    days = [start + timedelta(days=n) for n in range((through - start).days + 1)]
    worked = [d for d in days if chinese_calendar.is_workday(d)]
    following, wrong = 0, []
    for event in days:
        while following < len(worked) and worked[following] <= event:
            following += 1
        if following + count > len(worked):
            break
        deadline = COUNTING.due(CHANGE, event, count=count)
        if deadline.counted_days != tuple(worked[following : following + count]) or deadline.provisional:
            wrong.append(event)

    assert event > date(2026, 12, 1)
    assert wrong == []


def oracle_overdue_from(received, count):
    """The first instant too late, by asking the data day after day; knows nothing of the code under test."""
    local = received.astimezone(ZoneInfo("Asia/Shanghai")).date()
    while count:
        local += timedelta(days=1)
        count -= chinese_calendar.is_workday(local)
    return datetime(local.year, local.month, local.day, tzinfo=ZoneInfo("Asia/Shanghai")) + timedelta(days=1)


INSTANTS = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 -- hypothesis wants the bounds naive
    datetime(2026, 11, 1),  # noqa: DTZ001 -- the same
    timezones=st.sampled_from([ZoneInfo(zone) for zone in ZONES]),
)


def check_against_oracle(received, count):
    deadline = COUNTING.due(CHANGE, received, count=count)

    bound = oracle_overdue_from(received, count)
    assert deadline.overdue_from == bound
    assert not deadline.is_overdue(bound - timedelta(seconds=1))
    assert deadline.is_overdue(bound)
    assert len(deadline.counted_days) == count


@given(received=INSTANTS, count=st.integers(1, 12))
@example(received=datetime(2024, 2, 29, 15, 59, 59, tzinfo=UTC), count=1)  # the last second of the leap day
@example(received=datetime(2024, 12, 31, 16, 0, tzinfo=UTC), count=1)  # New Year in Shanghai
def test_a_10_any_instant_agrees_with_the_oracle(received, count):
    check_against_oracle(received, count)


@pytest.mark.soak
@settings(max_examples=100_000, deadline=None)  # how fast one example is proves nothing on a busy machine
@given(received=INSTANTS, count=st.integers(1, 12))
def test_a_10_a_hundred_thousand_instants_agree_with_the_oracle(received, count):
    check_against_oracle(received, count)


@given(event=st.dates(date(2020, 1, 1), date(2040, 1, 1)), rule=st.sampled_from(sorted(RULES)))
def test_no_rule_ever_crashes_or_contradicts_itself(event, rule):
    deadline = COUNTING.due(rule, event)

    assert deadline.earliest_on <= deadline.due_on <= deadline.latest_on
    assert deadline.provisional or deadline.earliest_on == deadline.latest_on
    assert deadline.due_on >= event or RULES[rule].kind is Kind.WARNING


@pytest.fixture(params=ZONES)
def process_zone(request):
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def test_a_13_the_machines_zone_changes_nothing(process_zone):
    received = [
        at("Fri 2025-11-07 00:30"),
        at("Sat 2025-10-25 23:30"),
        at("Sun 2026-03-08 03:30"),
        at("Fri 2026-05-08 07:59"),
    ]

    deadlines = [COUNTING.due(UPSTREAM, instant) for instant in received]

    assert [(d.overdue_from.isoformat(), d.target_at.isoformat()) for d in deadlines] == [
        ("2025-11-11T00:00:00+08:00", "2025-11-10T18:00:00+08:00"),
        ("2025-10-28T00:00:00+08:00", "2025-10-27T18:00:00+08:00"),
        ("2026-03-10T00:00:00+08:00", "2026-03-09T18:00:00+08:00"),
        ("2026-05-10T00:00:00+08:00", "2026-05-09T18:00:00+08:00"),
    ]
