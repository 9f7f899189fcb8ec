"""The calendar feed: whole days for a calendar program, secret, in the person's language."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from agreements.kernel.access import actions
from agreements.kernel.access.models import Locale
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import unit_of_work
from agreements.kernel.sweeps import run_sweep
from compliance.alarms.calendar_watch import RECOUNT
from compliance.desk.calendar_ics import calendar_of
from compliance.desk.calendar_reading import Entry, EntryKind, EntryState, Side
from compliance.desk.models import CalendarFeed
from compliance.desk.rules import Whose
from tests.builders import at, day
from tests.builders_access import signed_in_client
from tests.builders_calendar import OURS, TENANTS, a_duty, a_long_agreement, rule
from tests.builders_desk import move_clock, opened_at, read
from tests.builders_expiry import scan

NOW = at("Tue 2026-12-29 10:00")


def set_up(session):
    agreement = a_long_agreement(session)
    a_duty(session, agreement, TENANTS, "Mon 2026-12-28", number=1)
    a_duty(session, agreement, OURS, "Tue 2026-12-29", number=2)


@pytest.fixture
def officer(app):
    return opened_at(app, NOW, "legal_officer", set_up=set_up)


def an_address(client):
    page = client.post("/calendar/subscription")
    assert page.headers["Cache-Control"] == "no-store"
    address = page.text.partition("/calendar/feed/")[2].partition('"')[0]
    return f"/calendar/feed/{address}"


def events_of(answer):
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    return {str(event["uid"]): event for event in Calendar.from_ical(answer.data).walk("VEVENT")}


def test_the_feed_holds_whole_days_that_another_program_reads(app, officer):
    stranger = app.test_client()

    answer = stranger.get(an_address(officer))

    events = events_of(answer)
    assert sorted((event.start, str(event["status"])) for event in events.values()) == [
        (day("Wed 2026-12-30"), "CONFIRMED"),
        (day("Tue 2027-01-05"), "TENTATIVE"),
        (day("Fri 2027-12-31"), "CONFIRMED"),
    ]
    assert {event.end - event.start for event in events.values()} == {timedelta(days=1)}
    [ours] = [event for event in events.values() if event.start == day("Wed 2026-12-30")]
    assert "海棠企业管理（武汉）有限公司" in ours["summary"]
    assert "200000000000001" in ours["description"]
    assert "13000000000" not in answer.text, "contact data is not for calendars"


def lines_of(content):
    assert content.endswith(b"\r\n")
    return content.removesuffix(b"\r\n").split(b"\r\n")


def unfolded(content):
    """RFC 5545 3.1, read by hand: a line break and one white space are nothing."""
    return content.replace(b"\r\n ", b"").replace(b"\r\n\t", b"").decode().split("\r\n")


def test_lines_are_folded_at_75_octets_and_read_by_hand_give_the_same(app, officer):
    content = app.test_client().get(an_address(officer)).data

    assert max(len(line) for line in lines_of(content)) <= 75
    for line in lines_of(content):
        line.decode()  # no character is torn
    by_hand = [line.removeprefix("UID:") for line in unfolded(content) if line.startswith("UID:")]
    by_library = [str(event["uid"]) for event in Calendar.from_ical(content).walk("VEVENT")]
    assert by_hand == by_library
    summaries = [line.partition(":")[2] for line in unfolded(content) if line.startswith("SUMMARY")]
    assert all("海棠企业管理（武汉）有限公司" in text for text in summaries)


def test_a_date_that_moves_keeps_its_uid_and_raises_its_sequence(app, officer):
    address, reader = an_address(officer), app.test_client()
    before = events_of(reader.get(address))

    with unit_of_work() as session:
        rule(session, "Wed 2026-12-30", is_working=False, now=NOW)
    run_sweep(RECOUNT[0], due_by=NOW, now=NOW)

    after = events_of(reader.get(address))
    assert before.keys() == after.keys()
    moved = {uid for uid in before if before[uid].start != after[uid].start}
    assert [(before[uid]["sequence"], after[uid]["sequence"]) for uid in moved] == [(0, 1)] * 2
    assert {after[uid].start for uid in moved} == {day("Thu 2026-12-31"), day("Wed 2027-01-06")}


def test_a_warning_that_moves_keeps_its_uid_and_raises_its_sequence(app, officer):
    """The last day is Friday 31 December 2027: each warning stands thirty, fifteen, … days before it."""
    address, reader = an_address(officer), app.test_client()
    planned, later = at("Mon 2027-11-15 10:00"), at("Mon 2027-11-15 11:00")
    with unit_of_work() as session:
        scan(session, planned)
    move_clock(later)
    before = events_of(reader.get(address))

    with unit_of_work() as session:
        rule(session, "Wed 2027-12-01", is_working=False, now=later)
        scan(session, later)

    after = events_of(reader.get(address))
    warnings = {uid for uid in before if uid.startswith("warning-")}
    moved = {uid for uid in warnings if before[uid].start != after[uid].start}
    assert before.keys() == after.keys()
    assert {(before[uid].start, after[uid].start) for uid in moved} == {
        (day("Wed 2027-12-01"), day("Tue 2027-11-30")),
    }
    assert {after[uid]["sequence"] - before[uid]["sequence"] for uid in moved} == {3600}
    assert all(before[uid]["sequence"] == after[uid]["sequence"] for uid in warnings - moved)


def test_what_has_not_changed_is_not_sent_again(app, officer):
    address, reader = an_address(officer), app.test_client()
    first = reader.get(address)
    etag = first.headers["ETag"]

    assert reader.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert "private" in first.headers["Cache-Control"]
    with unit_of_work() as session:
        rule(session, "Wed 2026-12-30", is_working=False, now=NOW)
    run_sweep(RECOUNT[0], due_by=NOW, now=NOW)
    assert reader.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_the_feed_speaks_its_owners_language(app, officer):
    english = opened_client(app, locale=Locale.EN)

    zh = app.test_client().get(an_address(officer), headers={"Accept-Language": "en"})
    en = app.test_client().get(an_address(english), headers={"Accept-Language": "zh"})

    assert "我方（乙方）" in zh.text
    assert "Ours" in en.text
    assert "我方" not in en.text


def opened_client(app, **person):
    return signed_in_client(app, "auditor", **person)


def test_a_new_address_ends_the_one_before_and_an_ended_one_is_dead(app, officer):
    reader = app.test_client()
    first = an_address(officer)
    second = an_address(officer)

    assert reader.get(first).status_code == 404
    assert reader.get(second).status_code == 200
    assert officer.post("/calendar/subscription/end").status_code == 302
    assert officer.post("/calendar/subscription/end").status_code == 302
    assert reader.get(second).status_code == 404
    acts = read(lambda session: [event.act for event in session.query(AuditEvent).order_by(AuditEvent.seq)])
    assert [act for act in acts if act.startswith("calendar_feed")] == [
        "calendar_feed.issued",
        "calendar_feed.issued",
        "calendar_feed.ended",
    ]


def test_the_secret_is_not_kept_and_not_shown_again(officer):
    token = an_address(officer).removeprefix("/calendar/feed/").removesuffix(".ics")

    kept = read(lambda session: session.query(CalendarFeed).one())
    assert len(token) >= 43
    assert token not in (kept.token_hash, officer.get("/calendar/subscription").text)
    assert token not in officer.get("/account").text


def test_a_disabled_persons_feed_is_dead_at_once(app, officer):
    address, reader = an_address(officer), app.test_client()
    assert reader.get(address).status_code == 200
    opened_client(app, name="另一人")

    with unit_of_work() as session:
        person = actions.person_of(session, officer.person_id)
        person.disabled_at = NOW

    assert reader.get(address).status_code == 404


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "..%2f..%2fetc"])
def test_a_guessed_address_opens_nothing(app, officer, token):
    an_address(officer)

    assert app.test_client().get(f"/calendar/feed/{token}.ics").status_code == 404


def test_the_past_leaves_the_feed(app, officer):
    address = an_address(officer)
    move_clock(at("Tue 2027-06-01 10:00"))

    events = events_of(app.test_client().get(address))

    assert {event.start for event in events.values()} == {day("Fri 2027-12-31")}


names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=200)


@given(st.lists(names, min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_name_comes_back_as_it_was_and_no_line_is_too_long(app, texts):
    entries = [
        Entry(
            kind=EntryKind.SERVICE_END,
            id=number,
            day=day("Fri 2027-12-31"),
            bound_at=at("Sat 2028-01-01 00:00"),
            side=Side.NOBODY,
            state=EntryState.OPEN,
            clause="三 1",
            whose=Whose("1", "k", text),
        )
        for number, text in enumerate(texts)
    ]
    with app.test_request_context():
        content = calendar_of(entries, base_url="https://luyue.example.com")

    assert max(len(line) for line in lines_of(content)) <= 75
    summaries = [str(event["summary"]) for event in Calendar.from_ical(content).walk("VEVENT")]
    assert [summary.partition(" · ")[2] for summary in summaries] == texts


def test_only_people_make_addresses(app):
    assert app.test_client().get("/calendar/subscription").status_code == 302
