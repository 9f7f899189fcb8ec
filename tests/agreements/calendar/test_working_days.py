"""Which days are worked, and walking over them (rules T-2, T-4, T-7, T-8, T-10)."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.calendar.published import HOLIDAY_NAMES, chinese_name, published_calendar
from agreements.calendar.rules import (
    Assume,
    CalendarTooShort,
    DayKind,
    DayRuling,
    WorkingCalendar,
    add_months,
    count_back,
    count_forward,
    is_surely_worked,
    may_be_worked,
    roll_back,
    roll_forward,
    with_rulings,
)
from tests.builders import day

CALENDAR = published_calendar()
KNOWN_DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Fri 2024-02-09", DayKind.WORKING_DAY),  # New Year's Eve 2024: leave was only encouraged
        ("Tue 2025-01-28", DayKind.HOLIDAY),  # from 2025 the eve is a holiday
        ("Sat 2024-02-10", DayKind.HOLIDAY),
        ("Sun 2024-02-18", DayKind.ADJUSTED_WORKING_DAY),
        ("Sat 2024-09-14", DayKind.ADJUSTED_WORKING_DAY),
        ("Sat 2024-09-21", DayKind.WEEKEND),
        ("Sun 2026-09-20", DayKind.ADJUSTED_WORKING_DAY),
        ("Sat 2026-05-09", DayKind.ADJUSTED_WORKING_DAY),
        ("Thu 2026-12-31", DayKind.WORKING_DAY),
        ("Fri 2027-01-01", DayKind.UNPUBLISHED),
    ],
)
def test_t_4_a_day_is_worked_as_the_state_council_arranged(text, kind):
    assert CALENDAR.kind_of(day(text)) is kind


def test_t_4_every_published_day_agrees_with_the_data():
    first = date(2004, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(2027, 1, 1) - first).days)]

    assert [d for d in days if CALENDAR.is_working_day(d) != chinese_calendar.is_workday(d)] == []


def test_the_calendar_refuses_to_guess_about_an_unpublished_day():
    with pytest.raises(CalendarTooShort, match="2027"):
        CALENDAR.is_working_day(day("Mon 2027-01-04"))
    with pytest.raises(CalendarTooShort):
        count_forward(CALENDAR, day("Thu 2026-12-31"), 1)


def test_the_calendar_says_how_far_it_knows_and_by_which_notice():
    assert CALENDAR.known_through == day("Thu 2026-12-31")
    assert CALENDAR.version == "chinesecalendar-1.11.0+0"
    assert "2023〕7号" in CALENDAR.notice_of(day("Sat 2024-09-14"))


def test_known_through_stops_at_the_first_gap():
    calendar = WorkingCalendar(frozenset({2025, 2026, 2028}), {}, {}, "test")

    assert calendar.known_through == day("Thu 2026-12-31")
    assert WorkingCalendar(frozenset(), {}, {}, "test").known_through is None


def test_a_weekday_can_not_be_an_adjusted_working_day():
    with pytest.raises(ValueError, match="2026-03-02"):
        WorkingCalendar(frozenset({2026}), {}, {day("Mon 2026-03-02"): "x"}, "test")


def test_a_calendar_does_not_change_after_it_was_made():
    holidays = {}
    calendar = WorkingCalendar(frozenset({2026}), holidays, {}, "test")

    holidays[day("Mon 2026-03-02")] = "late"

    assert calendar.is_working_day(day("Mon 2026-03-02"))


def test_t_3_a_count_shows_what_it_passed():
    trace = count_forward(CALENDAR, day("Thu 2024-09-12"), 5)

    assert [(d.day, d.is_counted, d.kind) for d in trace] == [
        (day("Fri 2024-09-13"), True, DayKind.WORKING_DAY),
        (day("Sat 2024-09-14"), True, DayKind.ADJUSTED_WORKING_DAY),
        (day("Sun 2024-09-15"), False, DayKind.HOLIDAY),
        (day("Mon 2024-09-16"), False, DayKind.HOLIDAY),
        (day("Tue 2024-09-17"), False, DayKind.HOLIDAY),
        (day("Wed 2024-09-18"), True, DayKind.WORKING_DAY),
        (day("Thu 2024-09-19"), True, DayKind.WORKING_DAY),
        (day("Fri 2024-09-20"), True, DayKind.WORKING_DAY),
    ]
    assert trace[1].name == trace[2].name == "Mid-autumn Festival"


def test_counting_nothing_is_a_fault():
    with pytest.raises(ValueError, match="at least 1"):
        count_forward(CALENDAR, day("Thu 2024-09-12"), 0)


@given(start=st.dates(date(2024, 1, 1), date(2026, 10, 1)), count=st.integers(1, 30))
def test_t_3_counting_agrees_with_a_day_by_day_oracle(start, count):
    worked = [d for n in range(1, 90) if chinese_calendar.is_workday(d := start + timedelta(days=n))]

    assert count_forward(CALENDAR, start, count)[-1].day == worked[count - 1]


@given(start=KNOWN_DAYS, count=st.integers(1, 30))
def test_counting_back_undoes_counting_forward_between_working_days(start, count):
    first = count_back(CALENDAR, start, count)[-1].day

    assert first < start
    last_before = roll_back(CALENDAR, start - timedelta(days=1))[-1].day
    assert count == 1 or count_forward(CALENDAR, first, count - 1)[-1].day == last_before


@given(KNOWN_DAYS.filter(lambda d: d < date(2026, 12, 20)))
def test_t_7_and_t_10_rolling_moves_rest_days_only_and_the_right_way(start):
    forward, back = roll_forward(CALENDAR, start)[-1].day, roll_back(CALENDAR, start)[-1].day

    assert back <= start <= forward
    assert chinese_calendar.is_workday(forward)
    assert chinese_calendar.is_workday(back)
    assert (forward == start) == (back == start) == chinese_calendar.is_workday(start)
    assert not any(chinese_calendar.is_workday(back + timedelta(days=n)) for n in range(1, (forward - back).days))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("Thu 2024-09-12", 12, "Fri 2025-09-12"),
        ("Wed 2024-01-31", 1, "Thu 2024-02-29"),  # leap year
        ("Fri 2025-01-31", 1, "Fri 2025-02-28"),
        ("Thu 2024-02-29", 12, "Fri 2025-02-28"),
        ("Sat 2024-08-31", 6, "Fri 2025-02-28"),
        ("Sun 2024-12-15", 1, "Wed 2025-01-15"),
        ("Mon 2025-03-31", -1, "Fri 2025-02-28"),
        ("Wed 2025-01-15", -1, "Sun 2024-12-15"),
    ],
)
def test_t_8_months_end_on_the_corresponding_day_or_the_months_last(start, months, end):
    assert add_months(day(start), months) == day(end)


@pytest.mark.parametrize("year", range(2008, 2027))
def test_what_is_sure_about_an_unpublished_year_was_so_in_every_published_one(year):
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    memorial = {date(2015, 9, 3), date(2015, 9, 4)}

    assert [d for d in days if is_surely_worked(d) and not CALENDAR.is_working_day(d) and d not in memorial] == []
    fixed_then = [d for d in days if not may_be_worked(d) and d != date(year, 5, 2)]  # the 2nd of May since 2025
    assert [d for d in fixed_then if CALENDAR.is_working_day(d)] == []


@given(start=st.dates(date(2019, 1, 1), date(2026, 11, 20)), count=st.integers(1, 10))
def test_the_two_ends_always_hold_what_the_arrangement_then_says(start, count):
    unknown = WorkingCalendar(frozenset(), {}, {}, "nothing known")
    least = count_forward(unknown, start, count, assume=Assume.MOST_WORKED)[-1].day
    most = count_forward(unknown, start, count, assume=Assume.FEWEST_WORKED)[-1].day
    true = count_forward(CALENDAR, start, count)[-1].day

    assert least <= true <= most


def test_t_14_our_ruling_wins_over_the_data_and_renames_the_calendar():
    off = DayRuling(
        day("Mon 2026-03-02"), is_working=False, name="Day of mourning", source_notice="国办发明电〔2026〕1号"
    )
    on = DayRuling(
        day("Sat 2026-03-07"), is_working=True, name="Day of mourning", source_notice="国办发明电〔2026〕1号"
    )

    ruled = with_rulings(CALENDAR, [off, on])

    assert ruled.kind_of(off.day) is DayKind.HOLIDAY
    assert ruled.kind_of(on.day) is DayKind.ADJUSTED_WORKING_DAY
    assert ruled.notice_of(on.day) == "国办发明电〔2026〕1号"
    assert ruled.version.startswith("chinesecalendar-1.11.0+")
    assert ruled.version != CALENDAR.version
    assert ruled.version == with_rulings(CALENDAR, [on, off]).version


def test_t_14_the_later_ruling_of_a_day_wins():
    cancelled = [
        DayRuling(day("Sat 2026-02-14"), is_working=False, name="Spring Festival", source_notice="first"),
        DayRuling(day("Mon 2026-02-16"), is_working=True, name="Spring Festival", source_notice="first"),
        DayRuling(day("Sat 2026-02-14"), is_working=True, name="Spring Festival", source_notice="second"),
    ]

    ruled = with_rulings(CALENDAR, cancelled)

    assert ruled.kind_of(day("Sat 2026-02-14")) is DayKind.ADJUSTED_WORKING_DAY
    assert ruled.notice_of(day("Sat 2026-02-14")) == "second"
    assert ruled.kind_of(day("Mon 2026-02-16")) is DayKind.WORKING_DAY


def test_every_holiday_of_the_data_has_its_names():
    assert set(CALENDAR.holidays.values()) | set(CALENDAR.adjusted.values()) <= set(HOLIDAY_NAMES)
    assert chinese_name("Spring Festival") == "春节"
    assert chinese_name("春节") == "春节"
