"""The calendar's pages: month, list, export, working days, loading a year, deciding on a date."""

import csv
import io
import re

import pytest
from sqlalchemy import event, select

from agreements.calendar.actions import working_calendar
from agreements.calendar.models import CalendarVersion
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.sweeps import run_sweep
from compliance.alarms.calendar_watch import RECOUNT
from compliance.desk.calendar_reading import EntryKind, EntryState, Side, Wanted, count_entries, entries
from compliance.expiry import sweeps as expiry_sweeps
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import RecountOutcome
from tests.builders import at, day
from tests.builders_calendar import EXAMPLE, OURS, TENANTS, a_duty, a_long_agreement, rule, the_file_of_2027
from tests.builders_desk import opened_at, read, text_of, zh

NOW = at("Tue 2026-12-29 10:00")


def set_up(session):
    agreement = a_long_agreement(session)
    a_duty(session, agreement, TENANTS, "Mon 2026-12-28", number=1)
    a_duty(session, agreement, OURS, "Thu 2026-12-31", number=2, now=NOW)
    a_duty(session, agreement, OURS, "Tue 2026-12-29", number=3)
    a_duty(session, agreement, TENANTS, "Mon 2026-12-14", number=4)


@pytest.fixture
def officer(app):
    return opened_at(app, NOW, "legal_officer", set_up=set_up)


@pytest.fixture
def approver(app):
    return opened_at(app, NOW, "legal_approver", set_up=set_up)


def test_the_month_shows_both_sides_our_own_first_and_marks_the_days(officer):
    page = officer.get("/calendar?month=2026-10")
    assert page.text.count("is-adjusted_working_day") == 2 - 1  # 10 October; 20 September is not in its weeks
    assert "国庆节" in page.text

    page = officer.get("/calendar")
    assert '<h2 class="month-title" aria-live="polite">2026年12月</h2>' in page.text
    assert re.search(r'is-now[^>]*aria-current="date"', page.text)
    assert page.text.index("side-provider is-open") > 0
    assert zh("The holiday arrangement of %(year)s is not loaded.", year=2027) in text_of(page)
    assert 'rel="prev" href="/calendar?month=2026-11"' in page.text
    assert 'rel="next" href="/calendar?month=2027-01"' in page.text


def test_every_computed_date_opens_its_counted_days(officer):
    page = officer.get("/calendar?month=2027-01")

    assert page.text.count('class="trace"') == 3  # 30 December is in the first week
    assert zh("day_kind.unpublished") in page.text
    assert "is-unpublished" in page.text


@pytest.mark.parametrize("month", ["", "2026-13", "x", "1991-12", "9999-01", "2026-1"])
def test_a_month_that_is_none_is_the_present_one(officer, month):
    assert "2026年12月" in officer.get(f"/calendar?month={month}").text


@pytest.mark.parametrize("address", ["/calendar?month=1992-01", "/calendar?month=2499-12"])
def test_the_calendar_ends_somewhere(officer, address):
    assert officer.get(address).status_code == 200


def found(**wanted):
    now = wanted.pop("now", NOW)
    return read(
        lambda session: [
            (entry.kind, entry.day, entry.side, entry.state) for entry in entries(session, Wanted(**wanted), now=now)
        ]
    )


def test_the_list_is_filtered_sorted_and_counted(officer):
    assert found(first=day("Mon 2026-12-28")) == [
        (EntryKind.DUTY, day("Wed 2026-12-30"), Side.PROVIDER, EntryState.OPEN),
        (EntryKind.DUTY, day("Sat 2027-01-02"), Side.PROVIDER, EntryState.PROVISIONAL),
        (EntryKind.DUTY, day("Tue 2027-01-05"), Side.TENANT, EntryState.PROVISIONAL),
        (EntryKind.SERVICE_END, day("Fri 2027-12-31"), Side.NOBODY, EntryState.OPEN),
    ]
    assert [row[1] for row in found(state=EntryState.LATE)] == [day("Mon 2026-12-21")]
    assert [row[2] for row in found(side=Side.PROVIDER)] == [Side.PROVIDER] * 2
    assert [row[0] for row in found(clause="三 1")] == [EntryKind.SERVICE_END]
    assert len(found(kind=EntryKind.DUTY)) == 4
    assert found(tenant="没有这家") == []
    assert len(found(tenant="海棠")) == 5
    assert found(tenant="%") == []
    assert found(sort="-day") == found()[::-1]
    for sort in ("tenant", "-tenant", "clause", "-clause"):
        assert sorted(map(str, found(sort=sort))) == sorted(map(str, found()))
    assert read(lambda session: count_entries(session, Wanted(), now=NOW)) == 5


def test_a_day_of_the_calendar_holds_its_first_and_its_last_instant(officer):
    for first, last, count in (
        ("Wed 2026-12-30", "Wed 2026-12-30", 1),
        ("Thu 2026-12-31", "Fri 2027-01-01", 0),
        ("Fri 2027-12-31", "Fri 2027-12-31", 1),
        ("Sat 2028-01-01", "Sat 2028-01-01", 0),
    ):
        assert len(found(first=day(first), last=day(last))) == count


def test_warnings_stand_on_their_day_until_they_are_over(app):
    def with_warnings(session):
        a_long_agreement(session)

    now = at("Mon 2027-11-22 10:00")
    opened_at(app, now, set_up=with_warnings)
    for sweep in expiry_sweeps.AGREEMENT_SWEEPS:
        run_sweep(sweep, due_by=now, now=now)

    planned = found(kind=EntryKind.WARNING, now=now)

    assert planned
    assert {(kind, side) for kind, _, side, _ in planned} == {(EntryKind.WARNING, Side.PROVIDER)}


def test_the_list_page_takes_any_query(officer):
    for query in (
        "",
        "?from=&state=late",
        "?from=x&to=2026-99-99&side=x&kind=x&clause=x&sort=x&page=x",
        "?page=99&tenant=%25",
    ):
        assert officer.get(f"/calendar/list{query}").status_code == 200
    assert zh("No date in this range") in text_of(officer.get("/calendar/list?from=2030-01-01"))


def test_the_export_holds_what_the_list_shows(officer):
    answer = officer.get("/calendar/export.csv?from=2026-12-28", buffered=True)

    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == ["2026-12-30", "2027-01-02", "2027-01-05", "2027-12-31"]
    assert rows[1][1:4] == ["周三", zh("obligation.provider_upstream_notice"), zh("calendar_side.provider")]
    assert answer.headers["Content-Disposition"] == "attachment; filename=calendar-20261229.csv"


def upload(client, content):
    return client.post("/calendar/years/load", {"file": (io.BytesIO(content), "2027.toml")})


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]


def test_a_year_is_loaded_in_two_steps(approver):
    compared = upload(approver, the_file_of_2027())

    assert compared.status_code == 200
    assert read(lambda session: session.scalars(select(CalendarVersion)).all()) == []
    assert zh("recount_reason.moved_later") in text_of(compared)
    assert "2027年1月4日" in text_of(compared)
    answer = approver.post(
        "/calendar/years/confirm", {"content": hidden(compared, "content"), "seen": hidden(compared, "seen")}
    )
    assert answer.status_code == 302
    version = read(lambda session: session.scalars(select(CalendarVersion)).one())
    assert (version.year, len(version.days)) == (2027, 33)
    assert read(working_calendar).version == version.name

    run = run_sweep(RECOUNT[0], due_by=NOW, now=NOW)
    assert run.done == 2
    page = approver.get(answer.location)
    assert zh("recount_outcome.applied") in text_of(page)
    assert approver.get(f"{answer.location}/file").data == the_file_of_2027()
    years = text_of(approver.get("/calendar/years"))
    assert version.title in years
    assert zh("The holiday arrangement of %(year)s is not loaded.", year=2027) not in years
    assert version.title in text_of(approver.get("/calendar/years/2027"))


def test_a_comparison_that_is_out_of_date_is_refused(approver):
    compared = upload(approver, the_file_of_2027())
    with unit_of_work() as session:
        rule(session, "Thu 2026-12-31", is_working=False, now=NOW)

    answer = approver.post(
        "/calendar/years/confirm", {"content": hidden(compared, "content"), "seen": hidden(compared, "seen")}
    )

    assert answer.status_code == 409
    assert read(lambda session: len(session.scalars(select(CalendarVersion)).all())) == 1


@pytest.mark.parametrize("content", ["", "%%%", "bm90IHRvbWw="])
def test_what_is_confirmed_must_be_an_arrangement(approver, content):
    assert approver.post("/calendar/years/confirm", {"content": content, "seen": "x"}).status_code == 422


def test_a_wrong_file_is_shown_with_its_line(approver):
    answer = upload(approver, EXAMPLE.replace(b"worked = [2026-05-09]", b"worked = [2026-05-11]"))

    assert answer.status_code == 422
    assert "line 28, holiday 4, worked" in text_of(answer)
    assert approver.post("/calendar/years/load").status_code == 422


@pytest.mark.parametrize("role", ["legal_officer", "finance", "ops", "auditor"])
def test_loading_and_ruling_are_the_approvers_and_the_administrators(app, role):
    client = opened_at(app, NOW, role)

    assert client.get("/calendar/years").status_code == 200
    assert client.get("/calendar/years/load").status_code == 403
    assert upload(client, the_file_of_2027()).status_code == 403
    assert client.post("/calendar/years/confirm", {"content": "", "seen": ""}).status_code in (403, 422)
    assert client.get("/calendar/years/day").status_code == 403
    ruled = {"day": "2026-12-31", "is_working": "no", "name": "x", "source_notice": "y"}
    assert client.post("/calendar/years/day", ruled).status_code == 403
    assert read(lambda session: session.scalars(select(CalendarVersion)).all()) == []


def test_a_single_day_is_ruled_with_its_notice(approver):
    good = {"day": "2026-12-31", "is_working": "no", "name": "元旦", "source_notice": "国办发明电〔2026〕10号"}
    for field, value in (("day", "2026-02-30"), ("is_working", ""), ("name", " "), ("source_notice", "x" * 201)):
        assert approver.post("/calendar/years/day", good | {field: value}).status_code == 422

    answer = approver.post("/calendar/years/day", good)

    assert answer.status_code == 302
    assert "国办发明电〔2026〕10号" in text_of(approver.get(answer.location))
    assert "2026年12月31日" in text_of(approver.get("/calendar/years"))


def test_a_date_that_would_be_past_is_decided_on_its_page(approver):
    with unit_of_work() as session:
        rule(session, "Wed 2026-12-30", is_working=False, now=NOW)
    run_sweep(RECOUNT[0], due_by=NOW, now=NOW)
    with unit_of_work() as session:
        duty = session.scalars(select(Obligation).where(Obligation.cause == "test:3")).one()
        assert duty.due_on == day("Thu 2026-12-31")
        rule(session, "Wed 2026-12-30", is_working=True, now=at("Thu 2026-12-31 09:00"))
    late = at("Thu 2026-12-31 10:00")
    run_sweep(RECOUNT[0], due_by=late, now=late)

    recount = read(
        lambda session: session.scalars(
            select(ObligationRecount).where(ObligationRecount.outcome == RecountOutcome.TO_PERSON)
        ).one()
    )
    address = f"/calendar/recounts/{recount.id}"
    assert address in approver.get("/calendar/years").text
    assert approver.post(address, {"resolution": "", "reason": "x"}).status_code == 422
    assert approver.post(address, {"resolution": "kept", "reason": ""}).status_code == 422
    assert approver.post(address, {"resolution": "kept", "reason": "已按原期限安排"}).status_code == 302
    assert zh("recount_outcome.kept") in text_of(approver.get(address))
    assert address not in approver.get("/calendar/years").text


@pytest.mark.parametrize(
    "address",
    [
        "/calendar/versions/99",
        "/calendar/versions/99/file",
        "/calendar/recounts/99",
        "/calendar/years/1991",
        "/calendar/years/2500",
    ],
)
def test_what_is_not_there_is_not_found(officer, address):
    assert officer.get(address).status_code == 404


def test_the_pages_ask_a_fixed_number_of_questions(app):
    def many(session):
        agreement = a_long_agreement(session)
        for number in range(60):
            a_duty(session, agreement, TENANTS, "Mon 2026-12-14", number=number)

    client = opened_at(app, NOW, "legal_officer", set_up=many)
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    client.get("/calendar/list?from=2026-12-01")

    assert len(asked) < 30, asked
