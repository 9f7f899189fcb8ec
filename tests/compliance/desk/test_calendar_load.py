"""`calendar load FILE`: shows what moves first, and loads only when told to."""

import json

import pytest
from sqlalchemy import select

from agreements.calendar.actions import working_calendar
from agreements.calendar.models import CalendarVersion
from agreements.kernel import clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import unit_of_work
from tests.builders import at
from tests.builders_calendar import OURS, TENANTS, a_duty, a_long_agreement, the_file_of_2027
from tests.builders_desk import read

NOW = at("Tue 2026-12-29 10:00")


@pytest.fixture
def load(app, tmp_path):
    """Run the command on a database with two provisional dates; `load(content, *options)`."""
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=NOW)
        agreement = a_long_agreement(session)
        a_duty(session, agreement, TENANTS, "Mon 2026-12-28", number=1)
        a_duty(session, agreement, OURS, "Thu 2026-12-31", number=2, now=NOW)
    file = tmp_path / "2027.toml"

    def run(content, *options):
        file.write_bytes(content)
        return app.test_cli_runner().invoke(args=["calendar", "load", str(file), *options])

    return run


def loaded():
    return read(lambda session: session.scalars(select(CalendarVersion)).all())


def test_without_yes_it_shows_the_days_and_the_dates_and_loads_nothing(load):
    result = load(the_file_of_2027("2027-01-09"))

    assert result.exit_code == 1
    assert "days that change: 34" in result.stdout
    assert "2027-01-09 Sat  unpublished -> adjusted_working_day" in result.stdout
    assert "open dates that are touched: 2" in result.stdout
    assert "provider_upstream_notice (provider)  2027-01-02 -> 2027-01-04  applied: moved_later" in result.stdout
    assert "--yes" in result.stderr
    assert loaded() == []


def test_with_yes_it_loads_and_the_year_counts(load):
    result = load(the_file_of_2027(), "--yes", "--json")

    sheet = json.loads(result.stdout)
    assert (result.exit_code, sheet["loaded"], sheet["year"]) == (0, True, 2027)
    assert [(move["debtor"], move["from"], move["to"]) for move in sheet["moves"]] == [
        ("provider", "2027-01-02", "2027-01-04"),
        ("tenant", "2027-01-05", "2027-01-05"),
    ]
    [version] = loaded()
    assert version.name == sheet["calendar_version"] == read(working_calendar).version
    event = read(
        lambda session: session.scalars(select(AuditEvent).where(AuditEvent.act == "calendar.year_loaded")).one()
    )
    assert (event.actor_name, event.details["file"]) == ("command line", version.file_sha256)


def test_the_same_file_again_is_a_no(load):
    assert load(the_file_of_2027(), "--yes").exit_code == 0

    again = load(the_file_of_2027(), "--yes")

    assert (again.exit_code, "ARRANGEMENT_IN_FORCE" in again.stderr) == (1, True)
    assert len(loaded()) == 1


def test_a_wrong_file_names_the_line_and_loads_nothing(load):
    result = load(the_file_of_2027("2027-01-08"), "--yes")

    assert result.exit_code == 2
    assert "holiday 1, worked: 2027-01-08 is a weekday" in result.stderr
    assert loaded() == []
