"""Versions of the calendar in the database, and counting by the policies in force."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from agreements.calendar.actions import counting_in_force, load_year, record_override, versions, working_calendar
from agreements.calendar.arrangement_file import read_arrangement
from agreements.calendar.arrangements import Arrangement, SourceNotice
from agreements.calendar.deadline_table import DeadlineRule
from agreements.calendar.models import CalendarVersion
from agreements.calendar.published import published_calendar
from agreements.calendar.rules import DayKind, DayRuling
from agreements.kernel import audit, policies
from agreements.kernel.errors import Conflict, InvalidInput, NotPermitted, Stale
from tests.builders import a_person, at, day

NOW = at("Mon 2026-11-02 09:00")
APPROVER = a_person("legal_approver")
NOTICE = "国办发明电〔2026〕9号"
EXAMPLE = Path(__file__).parents[3] / "examples" / "calendar-2026.toml"


def a_ruling(text, *, is_working=False, name="National Day", source_notice=NOTICE):
    return DayRuling(day(text), is_working=is_working, name=name, source_notice=source_notice)


def the_year_2027():
    off = ["Fri 2027-01-01", "Sat 2027-01-02", "Sun 2027-01-03", "Sat 2027-05-01", "Sun 2027-05-02"]
    off += ["Fri 2027-10-01", "Sat 2027-10-02", "Sun 2027-10-03"]
    return [a_ruling(text) for text in off] + [a_ruling("Sat 2027-10-09", is_working=True)]


def an_arrangement(days=None, *, year=2027, number=NOTICE, url="https://www.gov.cn/notice"):
    notice = SourceNotice(number, f"国务院办公厅关于{year}年部分节假日安排的通知", day("Wed 2026-10-28"), url)
    return Arrangement(year, notice, tuple(the_year_2027() if days is None else days))


def test_without_rulings_the_published_calendar_counts(session):
    assert working_calendar(session) is published_calendar()


def test_t_14_a_ruled_day_counts_at_once_and_leaves_its_trail(session):
    record_override(session, a_ruling("Mon 2026-11-09"), actor=APPROVER, now=NOW)

    calendar = working_calendar(session)
    assert calendar.kind_of(day("Mon 2026-11-09")) is DayKind.HOLIDAY
    assert calendar.notice_of(day("Mon 2026-11-09")) == NOTICE
    [event] = session.scalars(select(audit.AuditEvent))
    assert (event.act, event.subject, event.reason) == ("calendar.day_ruled", "day:2026-11-09", NOTICE)
    assert event.details["was"] == "working_day"
    deadline = counting_in_force(session, now=NOW).due(DeadlineRule.UPSTREAM_NOTICE, day("Fri 2026-11-06"))
    assert deadline.due_on == day("Tue 2026-11-10")
    assert deadline.calendar_version == calendar.version != published_calendar().version


def test_the_same_ruling_twice_changes_nothing(session):
    first = record_override(session, a_ruling("Mon 2026-11-09"), actor=APPROVER, now=NOW)
    session.flush()
    second = record_override(session, a_ruling("Mon 2026-11-09"), actor=APPROVER, now=NOW + timedelta(hours=1))

    assert second is first
    assert len(session.scalars(select(audit.AuditEvent)).all()) == 1


def test_a_ruling_is_corrected_by_a_later_one_and_both_are_kept(session):
    record_override(session, a_ruling("Mon 2026-11-09"), actor=APPROVER, now=NOW)
    record_override(session, a_ruling("Mon 2026-11-09", is_working=True), actor=APPROVER, now=NOW)

    assert working_calendar(session).is_working_day(day("Mon 2026-11-09"))
    assert len(session.scalars(select(CalendarVersion)).all()) == 2


def test_a_ruling_needs_its_notice_and_the_right_person(session):
    with pytest.raises(InvalidInput) as refused:
        record_override(session, a_ruling("Mon 2026-11-09", source_notice=" "), actor=APPROVER, now=NOW)
    assert refused.value.field == "source_notice"
    with pytest.raises(NotPermitted):
        record_override(session, a_ruling("Mon 2026-11-09"), actor=a_person("ops"), now=NOW)

    assert session.scalars(select(CalendarVersion)).all() == []


def test_the_database_refuses_a_ruling_without_a_notice(session):
    event = audit.record(session, actor=APPROVER, act="test", subject="test:1", now=NOW)

    with pytest.raises(IntegrityError, match="ck_calendar_version_notice"):
        session.execute(
            insert(CalendarVersion).values(
                scope="day",
                notice="",
                name="x",
                recorded_at=NOW,
                audit_seq=event.seq,
            )
        )


def test_a_8_publishing_a_year_settles_what_was_provisional(session):
    event = day("Mon 2026-12-28")
    before = counting_in_force(session, now=NOW).due(DeadlineRule.CHANGE_NOTIFICATION, event)

    load_year(session, an_arrangement(), actor=APPROVER, now=NOW)

    after = counting_in_force(session, now=NOW).due(DeadlineRule.CHANGE_NOTIFICATION, event)
    assert (before.provisional, after.provisional) == (True, False)
    assert after.due_on == day("Tue 2027-01-05")
    calendar = working_calendar(session)
    assert calendar.known_through == day("Fri 2027-12-31")
    assert calendar.kind_of(day("Sat 2027-10-09")) is DayKind.ADJUSTED_WORKING_DAY
    assert [e.act for e in session.scalars(select(audit.AuditEvent))] == ["calendar.year_loaded"]


def test_the_same_arrangement_is_not_loaded_twice(session):
    load_year(session, an_arrangement(), actor=APPROVER, now=NOW)

    with pytest.raises(Conflict, match="2027"):
        load_year(session, an_arrangement(), actor=APPROVER, now=NOW)


def test_t_14_a_year_loaded_again_replaces_what_was_known_of_it_and_both_are_kept(session):
    load_year(session, an_arrangement(), actor=APPROVER, now=NOW)
    record_override(session, a_ruling("Wed 2027-03-03"), actor=APPROVER, now=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=2)
    days = [ruling for ruling in the_year_2027() if not ruling.is_working]

    load_year(session, an_arrangement(days, number="更正通知"), actor=APPROVER, now=later)

    calendar = working_calendar(session)
    assert calendar.kind_of(day("Sat 2027-10-09")) is DayKind.WEEKEND
    assert calendar.kind_of(day("Wed 2027-03-03")) is DayKind.WORKING_DAY
    assert calendar.notice_of(day("Fri 2027-10-01")) == "更正通知"
    known_before = working_calendar(session, at=later - timedelta(seconds=1))
    assert known_before.kind_of(day("Sat 2027-10-09")) is DayKind.ADJUSTED_WORKING_DAY
    assert known_before.kind_of(day("Wed 2027-03-03")) is DayKind.HOLIDAY
    assert working_calendar(session, at=NOW - timedelta(seconds=1)) is published_calendar()
    assert [row.name for row in versions(session)][-1] == calendar.version
    assert [row.notice for row in versions(session, year=2027)] == [NOTICE, "更正通知"]


def test_a_year_of_the_package_is_replaced_whole(session):
    content = EXAMPLE.read_bytes().replace(b"worked = [2026-05-09]", b"")

    load_year(session, read_arrangement(content), actor=APPROVER, now=NOW)

    calendar = working_calendar(session)
    assert not calendar.is_working_day(day("Sat 2026-05-09"))
    assert calendar.is_working_day(day("Sat 2026-02-28"))
    assert calendar.is_working_day(day("Sat 2025-02-08")), "other years stay as they were"


def test_what_next_years_notice_says_of_december_outlives_this_years_correction(session):
    new_year = [a_ruling("Thu 2026-12-31", name="New Year's Day"), *the_year_2027()]
    load_year(session, an_arrangement(new_year), actor=APPROVER, now=NOW)

    load_year(session, read_arrangement(EXAMPLE.read_bytes()), actor=APPROVER, now=NOW)

    assert working_calendar(session).kind_of(day("Thu 2026-12-31")) is DayKind.HOLIDAY


def test_nobody_loads_over_a_calendar_that_was_changed_since_the_comparison(session):
    seen = working_calendar(session).version
    record_override(session, a_ruling("Mon 2026-11-09"), actor=APPROVER, now=NOW)

    with pytest.raises(Stale):
        load_year(session, an_arrangement(), actor=APPROVER, now=NOW, seen=seen)


@pytest.mark.parametrize("role", ["legal_officer", "ops", "finance", "auditor"])
def test_loading_a_year_takes_an_approver_or_an_administrator(session, role):
    with pytest.raises(NotPermitted):
        load_year(session, an_arrangement(), actor=a_person(role), now=NOW)


def test_an_arrangement_names_where_it_was_read(session):
    with pytest.raises(InvalidInput, match="notice"):
        load_year(session, an_arrangement(url=None), actor=APPROVER, now=NOW)


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ([], "2027-01-01"),
        ([*the_year_2027(), a_ruling("Fri 2027-01-01")], "twice"),
        ([*the_year_2027(), a_ruling("Sat 2028-01-01")], "2028-01-01"),
    ],
)
def test_half_an_arrangement_is_no_arrangement(session, days, says):
    with pytest.raises(InvalidInput, match=says):
        load_year(session, an_arrangement(days), actor=APPROVER, now=NOW)


def test_a_policy_replaces_the_standard_count_from_its_day_on(session):
    tomorrow = NOW + timedelta(days=1)
    policies.change(
        session, "rectification_working_days", 5, effective_at=tomorrow, reason="counsel", actor=APPROVER, now=NOW
    )
    policies.change(session, "provider_target_hour", 17, effective_at=NOW, reason="counsel", actor=APPROVER, now=NOW)

    today, later = counting_in_force(session, now=NOW), counting_in_force(session, now=tomorrow)

    assert today.due(DeadlineRule.RECTIFICATION, day("Thu 2024-09-12")).due_on == day("Wed 2024-09-18")
    assert later.due(DeadlineRule.RECTIFICATION, day("Thu 2024-09-12")).due_on == day("Fri 2024-09-20")
    assert later.due(DeadlineRule.RECTIFICATION, day("Thu 2024-09-12"), count=1).due_on == day("Fri 2024-09-13")
    target = today.due(DeadlineRule.UPSTREAM_NOTICE, day("Thu 2024-09-12")).target_at
    assert target == at("Fri 2024-09-13 17:00")
