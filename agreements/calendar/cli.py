"""Commands of the calendar: `deadlines due` and `calendar show`.

Both work in a fresh clone: without a database the standard form and the published calendar count.
"""

import json
import re
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import inspect

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_rules import FIRST_EVENT, LAST_EVENT, Counting, Deadline
from agreements.calendar.published import chinese_name, published_calendar
from agreements.calendar.requests import request_of_json, request_of_words
from agreements.calendar.rules import ONE_DAY, DayKind, WorkingCalendar
from agreements.kernel import clock
from agreements.kernel.cli import BadInput, LuyueGroup, command_error, print_json
from agreements.kernel.db import db
from agreements.kernel.errors import N_, Conflict, InvalidInput
from agreements.kernel.instants import SHANGHAI

TABLES = frozenset({"policy_change", "calendar_version", "calendar_day", "rehearsal_clock"})

deadlines = LuyueGroup("deadlines", help="Compute legal deadlines.")
calendar = LuyueGroup("calendar", help="Show the working days of a year.")
commands: list[click.Group] = [deadlines, calendar]


def counting_here() -> Counting:
    """Return what counts in this installation, or the standard form where no database has been set up yet."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return Counting(published_calendar())  # asking the engine would create the file
    there = TABLES & set(inspect(db.engine).get_table_names())
    if not there:
        return Counting(published_calendar())
    if there != TABLES:
        raise Conflict(
            N_("The database is older than the program."),
            code="DATABASE_NOT_MIGRATED",
            remedy=N_("Run `flask --app app db upgrade`."),
        )
    session = db.session()
    return counting_in_force(session, now=clock.now(session))


@deadlines.command("due")
@click.argument("rule", required=False)
@click.option("--from", "event", metavar="ISO", help="Date or time of the event; a time without zone is Shanghai's.")
@click.option("--count", metavar="N", help="Length of the period; the policy in force or the standard form by default.")
@click.option("--unit", help="working_day, calendar_day, month or hour.")
@click.option("--roll", help="forward, back or none: where a last day that is not worked moves.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read one JSON object a line, print one a line.")
def due(
    *,
    rule: str | None,
    event: str | None,
    count: str | None,
    unit: str | None,
    roll: str | None,
    as_json: bool,
    from_stdin: bool,
) -> None:
    """Compute one date of RULE, or with --stdin one a line, each with the days it counted."""
    if from_stdin:
        given = {"rule": rule, "from": event, "count": count, "unit": unit, "roll": roll}
        for field, value in given.items():
            if value is not None:
                raise InvalidInput(
                    N_("With --stdin every line says what to compute."), field=field, remedy=N_("Leave one out.")
                )
        if due_of_lines(counting_here()):
            click.get_current_context().exit(BadInput.exit_code)
        return
    request = request_of_words(rule=rule, event=event, count=count, unit=unit, roll=roll)
    deadline = request.answer(counting_here())
    if as_json:
        print_json(as_answer(deadline))
    else:
        click.echo(as_text(deadline))
    if deadline.provisional:
        warn_provisional(deadline)


def due_of_lines(counting: Counting) -> int:
    """Answer every good line in its order and name every bad one on stderr; returns how many were bad."""
    bad = 0
    warned: set[int] = set()
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            deadline = request_of_json(line).answer(counting)
        except InvalidInput as error:
            error.field = f"line {number}" + (f", {error.field}" if error.field not in (None, "line") else "")
            command_error(error).show()
            bad += 1
            continue
        click.echo(json.dumps(as_answer(deadline), ensure_ascii=False))
        if deadline.provisional:
            for year in unpublished_years(deadline):
                if year not in warned:
                    warn_provisional_year(year)
                    warned.add(year)
    return bad


def as_answer(deadline: Deadline) -> dict[str, Any]:
    """Return the public form of a deadline; the keys are a promise."""
    return {
        "rule": deadline.rule.value,
        "event": iso(deadline.event),
        "count": deadline.count,
        "unit": deadline.unit.value if deadline.unit else None,
        "due_on": deadline.due_on.isoformat(),
        "overdue_from": iso(deadline.overdue_from),
        "target_at": iso(deadline.target_at) if deadline.target_at else None,
        "counted_days": [day.isoformat() for day in deadline.counted_days],
        "provisional": deadline.provisional,
        "calendar_version": deadline.calendar_version,
    }


def iso(moment: date | datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat() if isinstance(moment, datetime) else moment.isoformat()


def as_text(deadline: Deadline) -> str:
    end = "24:00" if deadline.unit is None or deadline.unit.value != "hour" else f"{deadline.overdue_from:%H:%M:%S}"
    lines = [
        f"{deadline.rule.value} (clause {deadline.clause}, {deadline.debtor.value})",
        f"  due           {weekday(deadline.due_on)} {end}, overdue from {iso(deadline.overdue_from)}",
    ]
    if deadline.target_at:
        lines.append(f"  our target    {iso(deadline.target_at)}")
    for day in deadline.trace:
        mark = "counted" if day.is_counted else "skipped"
        lines.append(f"  {mark}       {weekday(day.day)}  {described(day.kind, day.name)}".rstrip())
    lines.append(f"  calendar      {deadline.calendar_version}")
    return "\n".join(lines)


def weekday(day: date) -> str:
    return f"{day:%Y-%m-%d} {('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day.weekday()]}"


def described(kind: DayKind, name: str) -> str:
    chinese = chinese_name(name)
    both = name if chinese == name else f"{chinese} {name}"
    words = {
        DayKind.WORKING_DAY: "",
        DayKind.ADJUSTED_WORKING_DAY: f"调休上班日 adjusted working day, {both}",
        DayKind.WEEKEND: "weekend",
        DayKind.HOLIDAY: both,
        DayKind.UNPUBLISHED: "arrangement not published",
    }
    return words[kind]


def unpublished_years(deadline: Deadline) -> list[int]:
    """Return the years without an arrangement that a count passed, oldest first."""
    return sorted({day.day.year for day in deadline.trace if day.kind is DayKind.UNPUBLISHED})


def warn_provisional(deadline: Deadline) -> None:
    years = ", ".join(map(str, unpublished_years(deadline)))
    click.secho(
        f"WARNING: the holiday arrangement of {years} is not published. {deadline.due_on} is "
        f"provisional (from {deadline.earliest_on} to {deadline.latest_on}), to be computed again when it is, "
        "and makes nobody late until then.",
        err=True,
        fg="yellow",
        bold=True,
    )


def warn_provisional_year(year: int) -> None:
    click.secho(
        f"WARNING: the holiday arrangement of {year} is not published. Dates that reach into it are "
        "provisional, to be computed again when it is, and make nobody late until then.",
        err=True,
        fg="yellow",
        bold=True,
    )


@calendar.command("show")
@click.argument("year")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(year: str, *, as_json: bool) -> None:
    """Show the working days, holidays and adjusted working days of YEAR with their source notices."""
    if not re.fullmatch(r"[0-9]{4}", year) or not FIRST_EVENT.year <= int(year) <= LAST_EVENT.year:
        raise InvalidInput(
            N_("“%(given)s” is not a year we count in."),
            field="year",
            remedy=N_("Give four digits from 1992 to 2499."),
            given=year[:20],
        )
    sheet = year_sheet(counting_here().calendar, int(year))
    if as_json:
        print_json(sheet)
    else:
        click.echo(sheet_text(sheet))
    if not sheet["published"]:
        click.secho(
            f"WARNING: nobody has published the holiday arrangement of {year}; deadlines that reach into it are "
            f"provisional. Known through {sheet['coverage']['known_through']}.",
            err=True,
            fg="yellow",
            bold=True,
        )


def year_sheet(days: WorkingCalendar, year: int) -> dict[str, Any]:
    """Return a year's days; of an unpublished one only what was ruled ahead, and no working days."""
    published = year in days.published_years
    every = [date(year, 1, 1) + offset * ONE_DAY for offset in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    kinds = {day: days.kind_of(day) for day in every}
    worked = [day for day in every if kinds[day] in (DayKind.WORKING_DAY, DayKind.ADJUSTED_WORKING_DAY)]
    named = [
        {
            "kind": kinds[day],
            "entry": {
                "day": day.isoformat(),
                "weekday": f"{weekday(day)[-3:]}",
                "name": chinese_name(days.name_of(day)),
                "name_en": days.name_of(day),
                "source_notice": days.notice_of(day),
            },
        }
        for day in every
    ]
    return {
        "year": year,
        "published": published,
        "source_notice": days.year_notices.get(year),
        "working_day_count": len(worked) if published else None,
        "working_days": [day.isoformat() for day in worked] if published else [],
        "holidays": [row["entry"] for row in named if row["kind"] is DayKind.HOLIDAY],
        "adjusted_working_days": [row["entry"] for row in named if row["kind"] is DayKind.ADJUSTED_WORKING_DAY],
        "coverage": {
            "published_years": sorted(days.published_years),
            "known_through": days.known_through.isoformat() if days.known_through else None,
        },
        "calendar_version": days.version,
    }


def sheet_text(sheet: dict[str, Any]) -> str:
    if sheet["published"]:
        lines = [f"{sheet['year']}: {sheet['working_day_count']} working days, by {sheet['source_notice']}"]
    else:
        lines = [f"{sheet['year']}: not published; only the holidays fixed by law are certain"]
    lines += [f"  off     {row['day']} {row['weekday']}  {row['name']} {row['name_en']}" for row in sheet["holidays"]]
    lines += [
        f"  worked  {row['day']} {row['weekday']}  调休上班日 {row['name']} {row['name_en']}  ({row['source_notice']})"
        for row in sheet["adjusted_working_days"]
    ]
    lines.append(f"known through {sheet['coverage']['known_through']}, {sheet['calendar_version']}")
    return "\n".join(lines)
