"""Reading a year's arrangement from a file: what is wrong is named with its field and line."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.calendar.arrangement_file import read_arrangement
from agreements.calendar.arrangements import Recorded, changes_between, rulings_in_force
from agreements.calendar.published import published_calendar
from agreements.calendar.rules import DayKind, DayRuling, with_rulings
from agreements.kernel.errors import InvalidInput
from tests.builders import day

EXAMPLE = (Path(__file__).parents[3] / "examples" / "calendar-2026.toml").read_bytes()


def loaded(arrangement):
    recorded = Recorded(arrangement.year, arrangement.notice.number, arrangement.days)
    return with_rulings(published_calendar(), *rulings_in_force([recorded]))


def test_the_example_is_the_year_as_it_was_published():
    arrangement = read_arrangement(EXAMPLE)

    assert (arrangement.year, arrangement.notice.published_on) == (2026, day("Tue 2025-11-04"))
    assert arrangement.days[0] == DayRuling(
        day("Thu 2026-01-01"), is_working=False, name="New Year's Day", source_notice=arrangement.notice.number
    )
    assert changes_between(published_calendar(), loaded(arrangement), 2026) == []
    assert len(arrangement.sha256) == 64


def test_a_comparison_names_the_days_that_are_not_what_they_were():
    shorter = EXAMPLE.replace(b"to = 2026-05-05", b"to = 2026-05-04").replace(b"worked = [2026-05-09]", b"")

    changes = changes_between(published_calendar(), loaded(read_arrangement(shorter)), 2026)

    assert [(change.day, change.before, change.after) for change in changes] == [
        (day("Tue 2026-05-05"), DayKind.HOLIDAY, DayKind.WORKING_DAY),
        (day("Sat 2026-05-09"), DayKind.ADJUSTED_WORKING_DAY, DayKind.WEEKEND),
    ]


def test_of_a_new_year_only_what_is_no_plain_day_is_listed():
    new_year = EXAMPLE.replace(b"2026-", b"2027-").replace(b"year = 2026", b"year = 2027")
    new_year = b"\n".join(line for line in new_year.splitlines() if not line.startswith(b"worked"))

    changes = changes_between(published_calendar(), loaded(read_arrangement(new_year)), 2027)

    assert {change.before for change in changes} == {DayKind.UNPUBLISHED}
    assert {change.after for change in changes} == {DayKind.HOLIDAY}
    assert len(changes) == 33


WRONG = [
    (b"worked = [2026-05-09]", b"worked = [2026-05-11]", "line 28, holiday 4, worked", "weekday"),
    (b"to = 2026-05-05", b"to = 2026-04-30", "line 27, holiday 4, to", "before the holiday begins"),
    (b"to = 2026-05-05", b"to = 2026-06-05", "line 27, holiday 4, to", "longer than 20 days"),
    (b"to = 2026-05-05", b'to = "2026-05-05"', "line 27, holiday 4, to", "without quotes"),
    (b"to = 2026-05-05", b"to = 2026-05-05T00:00:00Z", "line 27, holiday 4, to", "without quotes"),
    (b"[2026-09-20, 2026-10-10]", b"[2026-09-20, 2025-10-11]", "line 44, holiday 7, worked", "not a day of 2026"),
    (b"[2026-09-20, 2026-10-10]", b"[\n2026-10-10,\n2026-10-04,\n]", "line 46, holiday 7, worked", "twice"),
    (b"[2026-09-20, 2026-10-10]", b"2026-09-20", "line 44, holiday 7, worked", "square brackets"),
    (b"from = 2026-06-19", b"from = 2026-06-22", "line 33, holiday 5, to", "before the holiday begins"),
    (b"from = 2026-06-19\n", b"", "line 30, holiday 5, from", "missing"),
    (b'name = "\xe6\x98\xa5\xe8\x8a\x82"', b'name = " "', "line 14, holiday 2, name", "text"),
    (b"from = 2026-10-01", b"begin = 2026-10-01", "line 42, holiday 7, begin", "not one of"),
    (b"year = 2026", b"year = 26", "line 2, year", "not a year"),
    (b"year = 2026", b"year = true", "line 2, year", "not a year"),
    (b"year = 2026", b"# no year", "year", "missing"),
    (b"published_on = 2025-11-04", b"published_on = 2027-01-01", "line 5, published_on", "published"),
    (
        b"published_on = 2025-11-04",
        b'published_on = 2025-11-04\nsource_url = "gov.cn"',
        "line 6, source_url",
        "address",
    ),
    (b"year = 2026", b"year = ", "file", "TOML"),
    (b"from = 2026-10-01\nto = 2026-10-07", b"from = 2026-10-02\nto = 2026-10-07", "days", "2026-10-01"),
]


@pytest.mark.parametrize(("before", "after", "field", "says"), WRONG)
def test_a_wrong_file_is_refused_with_its_field_and_line(before, after, field, says):
    assert before in EXAMPLE

    with pytest.raises(InvalidInput, match=says) as refused:
        read_arrangement(EXAMPLE.replace(before, after))

    assert refused.value.field == field


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * 70_000, b"holiday = 1", b"[[holiday]]\n" * 3])
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises(InvalidInput):
        read_arrangement(content)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_given_it_is_read_or_refused(content):
    for text in (content, EXAMPLE + b"\n" + content, content + b"\n" + EXAMPLE):
        try:
            arrangement = read_arrangement(text)
        except InvalidInput:
            continue
        loaded(arrangement)


days_of_2026 = st.integers(0, 364).map(lambda number: date(2026, 1, 1) + timedelta(number))


@given(st.lists(st.tuples(days_of_2026, st.booleans()), max_size=20))
def test_the_comparison_lists_exactly_the_days_whose_kind_differs(rulings):
    changed = with_rulings(
        published_calendar(), [DayRuling(on, is_working=works, name="x", source_notice="n") for on, works in rulings]
    )

    changes = changes_between(published_calendar(), changed, 2026)

    listed = {change.day for change in changes}
    for on in {on for on, _ in rulings}:
        differs = changed.kind_of(on) is not published_calendar().kind_of(on)
        assert differs <= (on in listed)
    assert [change.day for change in changes] == sorted(listed)
