"""`deadlines due` and `calendar show` as operators and scripts use them."""

import json

import pytest

from agreements.calendar.actions import record_override
from agreements.calendar.deadline_table import RULES
from agreements.calendar.rules import DayRuling
from agreements.kernel import policies
from agreements.kernel.db import db, unit_of_work
from app import create_app
from tests.builders import a_person, at, day

KEYS = {
    "rule",
    "event",
    "count",
    "unit",
    "due_on",
    "overdue_from",
    "target_at",
    "counted_days",
    "provisional",
    "calendar_version",
}


@pytest.fixture
def fresh_clone(tmp_path):
    """The application where nobody has set up a database."""
    return create_app(instance_path=str(tmp_path / "instance"))


@pytest.fixture
def run(fresh_clone):
    runner = fresh_clone.test_cli_runner()
    return lambda *words, lines=None: runner.invoke(args=list(words), input=lines)


def answers(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_date_with_the_promised_keys(run):
    result = run("deadlines", "due", "change_notification", "--from", "2024-09-12", "--json")

    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {
        "rule": "change_notification",
        "event": "2024-09-12",
        "count": 5,
        "unit": "working_day",
        "due_on": "2024-09-20",
        "overdue_from": "2024-09-21T00:00:00+08:00",
        "target_at": None,
        "counted_days": ["2024-09-13", "2024-09-14", "2024-09-18", "2024-09-19", "2024-09-20"],
        "provisional": False,
        "calendar_version": "chinesecalendar-1.11.0+0",
    }


@pytest.mark.parametrize(
    "given", ["2025-11-07T16:40", "2025-11-07 16:40:00", "2025-11-07T16:40+08:00", "2025-11-07T08:40Z"]
)
def test_a_time_without_zone_is_shanghais(run, given):
    answer = json.loads(run("deadlines", "due", "upstream_notice", "--from", given, "--json").stdout)

    assert answer["event"] == "2025-11-07T16:40:00+08:00"
    assert (answer["due_on"], answer["target_at"]) == ("2025-11-10", "2025-11-10T18:00:00+08:00")


def test_the_text_explains_every_day(run):
    text = run("deadlines", "due", "change_notification", "--from", "2024-09-12").stdout

    assert "2024-09-20 Fri 24:00" in text
    assert "counted       2024-09-14 Sat  调休上班日" in text
    assert "skipped       2024-09-17 Tue  中秋" in text


def test_an_unpublished_year_is_answered_with_a_loud_warning(run):
    result = run("deadlines", "due", "change_notification", "--from", "2026-12-28", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["provisional"] is True
    assert "WARNING" in result.stderr
    assert "2027" in result.stderr


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_answers(run, rule):
    result = run("deadlines", "due", rule, "--from", "2024-09-12T10:00+08:00", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout).keys() == KEYS


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nonsense", "--from", "2024-09-12"], "rule: "),
        (["Change_Notification", "--from", "2024-09-12"], "rule: "),
        ([], "rule: "),
        (["change_notification"], "from: "),
        (["change_notification", "--from", "2024-02-30"], "from: "),
        (["change_notification", "--from", "2024-W37-4"], "from: "),
        (["change_notification", "--from", "２０２４-09-12"], "from: "),
        (["change_notification", "--from", "12.9.2024"], "from: "),
        (["change_notification", "--from", "2024-09-12T25:00"], "from: "),
        (["change_notification", "--from", "0001-01-01T00:00+14:00"], "from: "),
        (["change_notification", "--from", "9999-12-31"], "from: "),
        (["change_notification", "--from", "2024-09-12", "--count", "1.9"], "count: "),
        (["change_notification", "--from", "2024-09-12", "--count", "0"], "count: "),
        (["change_notification", "--from", "2024-09-12", "--count", "-1"], "count: "),
        (["change_notification", "--from", "2024-09-12", "--count", "５"], "count: "),
        (["change_notification", "--from", "2024-09-12", "--count", "1_0"], "count: "),
        (["change_notification", "--from", "2024-09-12", "--count", "999999999"], "count: "),
        (["change_notification", "--from", "2024-09-12", "--unit", "week"], "unit: "),
        (["change_notification", "--from", "2024-09-12", "--roll", "up"], "roll: "),
        (["change_notification", "--from", "2024-09-12", "--unit", "hour"], "from: "),
        (["change_notification", "--stdin"], "rule: "),
    ],
)
def test_bad_words_are_refused_by_name(run, words, says):
    result = run("deadlines", "due", *words)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"Error: {says}" in result.stderr


def test_lines_are_answered_one_by_one(run):
    lines = [
        '{"rule": "upstream_notice", "from": "2025-11-07T16:40:00+08:00"}',
        '{"rule": "change_notification", "event": "2024-09-12", "count": null, "unit": null, "roll": null}',
        '{"rule": "rectification", "from": "2024-09-12", "count": 3, "unit": "calendar_day", "roll": "none"}',
        '{"rule": "service_period_end", "from": "2025-07-29"}',
    ]

    result = run("deadlines", "due", "--stdin", lines="\n".join(lines))

    assert (result.exit_code, result.stderr) == (0, "")
    assert [a["due_on"] for a in answers(result)] == ["2025-11-10", "2024-09-20", "2024-09-15", "2025-07-29"]
    assert all(a.keys() == KEYS for a in answers(result))
    assert answers(result)[3]["overdue_from"] == "2025-07-30T00:00:00+08:00"


def test_no_lines_are_no_answers(run):
    result = run("deadlines", "due", "--stdin", lines="")

    assert (result.exit_code, result.stdout) == (0, "")


GOOD = '{"rule": "change_notification", "from": "2024-09-12"}'


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('{"rule": "no_such_rule", "from": "2024-09-12"}', "line 2, rule: "),
        ('{"from": "2024-09-12"}', "line 2, rule: "),
        ('{"rule": ["change_notification"], "from": "2024-09-12"}', "line 2, rule: "),
        ('{"rule": "change_notification"}', "line 2, from: "),
        ('{"rule": "change_notification", "from": 20240912}', "line 2, from: "),
        ('{"rule": "change_notification", "from": "2024-13-01"}', "line 2, from: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "event": "2024-09-12"}', "line 2, event: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "colour": 1}', "line 2, colour: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "from": "2024-09-12"}', "line 2, from: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "count": 1.9}', "line 2, count: 1.9"),
        ('{"rule": "change_notification", "from": "2024-09-12", "count": 5.0}', "line 2, count: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "count": true}', "line 2, count: true"),
        ('{"rule": "change_notification", "from": "2024-09-12", "count": "5"}', "line 2, count: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "count": 0}', "line 2, count: 0"),
        ('{"rule": "change_notification", "from": "2024-09-12", "count": NaN}', "line 2: NaN"),
        ('{"rule": "change_notification", "from": "2024-09-12", "count": 1e400}', "line 2, count: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "count": 1' + "0" * 5000 + "}", "line 2: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "unit": "days"}', "line 2, unit: "),
        ('{"rule": "change_notification", "from": "2024-09-12", "roll": false}', "line 2, roll: "),
        ('{"rule": "\\ud800", "from": "2024-09-12"}', "line 2, rule: "),
        ('{"rule": "\\u001b[31m", "from": "2024-09-12"}', "line 2, rule: "),
        ("[" * 9000, "line 2: "),
        ('"change_notification"', "line 2: "),
        ("change_notification", "line 2: "),
        ("", "line 2: "),
        ("   ", "line 2: "),
        (" " * 20_000 + "x", "line 2: "),
        (b'{"rule": "\xb1\xe4", "from": "2024-09-12"}', "line 2: "),  # GBK bytes
    ],
)
def test_a_bad_line_is_named_and_the_good_ones_are_answered(run, bad, says):
    bad = bad if isinstance(bad, bytes) else bad.encode()
    lines = GOOD.encode() + b"\n" + bad + b"\n" + GOOD.encode() + b"\n"

    result = run("deadlines", "due", "--stdin", lines=lines)

    assert result.exit_code == 2
    assert [a["due_on"] for a in answers(result)] == ["2024-09-20", "2024-09-20"]
    [said] = result.stderr.splitlines()
    assert said.startswith(f"Error: {says}")
    assert said.endswith(" (INVALID_INPUT)")
    assert "\x1b" not in said


def test_every_bad_line_is_named_with_its_field_and_what_to_do(run):
    lines = ["nonsense", GOOD, '{"rule": "change_notification", "from": "2024-02-30"}', GOOD, GOOD[:-1]]

    result = run("deadlines", "due", "--stdin", lines="\n".join(lines))

    assert result.exit_code == 2
    assert len(answers(result)) == 2
    first, second, third = result.stderr.splitlines()
    assert first.startswith("Error: line 1: ")
    assert first.endswith("Give one JSON object on every line. (INVALID_INPUT)")
    assert second.startswith("Error: line 3, from: ")
    assert "Write it as 2024-09-12" in second
    assert third.startswith("Error: line 5: ")


def test_each_unpublished_year_is_warned_of_once(run):
    days = ["2026-12-28", "2027-03-01", "2026-12-29", "2031-05-06", "2024-09-12", "2027-12-28"]
    lines = [json.dumps({"rule": "change_notification", "from": each}) for each in days]

    result = run("deadlines", "due", "--stdin", lines="\n".join(lines))

    assert result.exit_code == 0
    assert [a["provisional"] for a in answers(result)] == [True, True, True, True, False, True]
    told = [line.split("arrangement of ")[1][:4] for line in result.stderr.splitlines()]
    assert told == ["2027", "2031", "2028"]


def test_a_fresh_clone_is_asked_without_leaving_a_database(run, fresh_clone, tmp_path):
    run("deadlines", "due", "rectification", "--from", "2024-09-12", "--json")

    assert not (tmp_path / "instance" / "luyue.db").exists()


def test_an_empty_database_counts_by_the_standard_form(run, fresh_clone, tmp_path):
    (tmp_path / "instance" / "luyue.db").touch()

    result = run("deadlines", "due", "rectification", "--from", "2024-09-12", "--json")

    assert json.loads(result.stdout)["count"] == 3


def test_a_database_of_an_older_program_is_not_guessed_about(app):
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE calendar_day")

    result = app.test_cli_runner().invoke(args=["calendar", "show", "2026"])

    assert result.exit_code == 1
    assert "db upgrade" in result.stderr


def test_policies_and_rulings_in_force_are_obeyed(app):
    approver, long_ago = a_person("legal_approver"), at("Mon 2024-01-01 09:00")
    with unit_of_work() as session:
        policies.change(
            session, "rectification_working_days", 4, effective_at=long_ago, reason="r", actor=approver, now=long_ago
        )
        ruling = DayRuling(day("Fri 2024-09-13"), is_working=False, name="台风停工", source_notice="市政府令")
        record_override(session, ruling, actor=approver, now=long_ago)
    runner = app.test_cli_runner()

    answer = json.loads(
        runner.invoke(args=["deadlines", "due", "rectification", "--from", "2024-09-12", "--json"]).stdout
    )
    sheet = json.loads(runner.invoke(args=["calendar", "show", "2024", "--json"]).stdout)

    assert (answer["count"], answer["due_on"]) == (4, "2024-09-20")
    assert answer["calendar_version"] == sheet["calendar_version"] != "chinesecalendar-1.11.0+0"
    [ruled] = [row for row in sheet["holidays"] if row["day"] == "2024-09-13"]
    assert (ruled["name"], ruled["source_notice"]) == ("台风停工", "市政府令")


def test_a_year_is_shown_with_its_holidays_and_adjusted_days(run):
    result = run("calendar", "show", "2024", "--json")
    sheet = json.loads(result.stdout)

    assert result.stderr == ""
    assert sheet["published"] is True
    assert sheet["working_day_count"] == len(sheet["working_days"]) == 251
    assert "2024-02-09" in sheet["working_days"]
    assert {k: sheet["holidays"][-8][k] for k in ("day", "name")} == {"day": "2024-09-17", "name": "中秋"}
    assert [row["day"] for row in sheet["adjusted_working_days"]] == [
        "2024-02-04",
        "2024-02-18",
        "2024-04-07",
        "2024-04-28",
        "2024-05-11",
        "2024-09-14",
        "2024-09-29",
        "2024-10-12",
    ]
    assert all(row["source_notice"] for row in sheet["adjusted_working_days"])
    assert sheet["coverage"]["known_through"] == "2026-12-31"
    assert "2024-09-14 Sat  调休上班日" in run("calendar", "show", "2024").stdout


def test_a_year_nobody_published_is_no_error_and_no_guess(run):
    result = run("calendar", "show", "2027", "--json")
    sheet = json.loads(result.stdout)

    assert result.exit_code == 0
    assert (sheet["published"], sheet["working_day_count"], sheet["working_days"]) == (False, None, [])
    assert "WARNING" in result.stderr
    assert "not published" in run("calendar", "show", "2027").stdout


@pytest.mark.parametrize("year", ["20x7", "99", "1991", "2500", "２０２４", "02024"])
def test_a_bad_year_is_refused(run, year):
    result = run("calendar", "show", year)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "year: " in result.stderr
