"""`calendar load FILE`: shows what a year's arrangement would change and move, then loads it."""

import sys
from pathlib import Path
from typing import Any

import click

from agreements.calendar.arrangement_file import LARGEST_BYTES
from agreements.calendar.cli import described, weekday
from agreements.kernel import clock
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.cli import LuyueGroup, print_json
from agreements.kernel.db import db, unit_of_work
from compliance.desk.calendar_loading import Comparison, compare, load

commands = LuyueGroup("calendar", help="Show and load the working days of a year.")


@commands.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Load without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; needs --yes to load.")
def load_file(file: Path, *, yes: bool, as_json: bool) -> None:
    """Show what the arrangement in FILE (TOML, see examples/calendar-2026.toml) would change, and load it."""
    with file.open("rb") as opened:
        content = opened.read(LARGEST_BYTES + 1)
    session = db.session()
    compared = compare(session, content, now=clock.now(session))
    sheet = sheet_of(compared)
    if not as_json:
        click.echo(text_of(compared))
    loads = yes or (not as_json and sys.stdin.isatty() and click.confirm("Load it?"))
    session.rollback()
    if loads:
        with unit_of_work() as writing:
            version = load(writing, content, seen=compared.seen, actor=OPERATOR, now=clock.now(writing))
            sheet["calendar_version"] = version.name
    sheet["loaded"] = loads
    if as_json:
        print_json(sheet)
    elif loads:
        click.echo(f"loaded as {sheet['calendar_version']}; the scheduler's next tick counts the dates again")
    else:
        click.echo("nothing was loaded; add --yes to load it", err=True)
    if not loads:
        click.get_current_context().exit(1)


def sheet_of(compared: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON; the keys are a promise."""
    notice = compared.arrangement.notice
    return {
        "year": compared.arrangement.year,
        "notice": notice.number,
        "title": notice.title,
        "published_on": notice.published_on.isoformat(),
        "compared_with": compared.seen,
        "days": [
            {
                "day": change.day.isoformat(),
                "before": change.before.value,
                "after": change.after.value,
                "name": change.name_after or change.name_before,
            }
            for change in compared.changes
        ],
        "moves": [
            {
                "order_no": move.obligation.agreement.order_no,
                "obligation": move.obligation.code.value,
                "debtor": move.obligation.debtor.value,
                "from": move.obligation.due_on.isoformat(),
                "to": move.recount.stays_on.isoformat(),
                "counted": move.recount.due_on.isoformat(),
                "outcome": move.recount.outcome.value,
                "reason": move.recount.reason.value,
            }
            for move in compared.moves
        ],
        "warnings": [
            {
                "subject": move.warning.subject.value,
                "calendar_days_before": move.warning.threshold,
                "end": move.last_on.isoformat(),
                "from": move.warning.due_on.isoformat(),
                "to": move.to.isoformat(),
            }
            for move in compared.warnings
        ],
    }


def text_of(compared: Comparison) -> str:
    notice = compared.arrangement.notice
    lines = [f"{compared.arrangement.year}: {notice.title}, {notice.number}, {notice.published_on}"]
    lines.append(f"days that change: {len(compared.changes)}")
    lines += [
        f"  {weekday(change.day)}  "
        + ("name only" if change.before is change.after else f"{change.before.value} -> {change.after.value}")
        + f"  {described(change.after, change.name_after)}".rstrip()
        for change in compared.changes
    ]
    lines.append(f"open dates that are touched: {len(compared.moves)}")
    lines += [
        f"  {move.obligation.agreement.order_no}  {move.obligation.code.value} ({move.obligation.debtor.value})  "
        f"{move.obligation.due_on} -> {move.recount.stays_on}  "
        f"{move.recount.outcome.value}: {move.recount.reason.value}"
        for move in compared.moves
    ]
    lines.append(f"warnings that move: {len(compared.warnings)}")
    lines += [
        f"  {move.warning.subject.value} that ends {move.last_on}, {move.warning.threshold} days before:"
        f"  {move.warning.due_on} -> {move.to}"
        for move in compared.warnings
    ]
    return "\n".join(lines)
