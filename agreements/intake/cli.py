"""`agreements read FILE`: read a contract file and print the draft; nothing is written."""

from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from agreements.calendar.cli import counting_here
from agreements.calendar.published import published_calendar
from agreements.intake.drafting import IsWorkingDay, read_source
from agreements.intake.loading import load_source
from agreements.intake.printing import draft_as_json, draft_as_text
from agreements.intake.working_days import working_days_of
from agreements.kernel.cli import LuyueGroup, print_json
from agreements.kernel.errors import LuyueError

commands = LuyueGroup("agreements", help="Read, register and show agreements.")


@commands.command("read")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--evidence", "with_evidence", is_flag=True, help="With --json: where each value was read, and how surely."
)
def read(file: str, *, as_json: bool, with_evidence: bool) -> None:
    """Read a contract file and print what it says; nothing is written."""
    draft = read_source(load_source(Path(file)), is_working_day=_working_days_here())
    if as_json or with_evidence:
        print_json(draft_as_json(draft, with_evidence=with_evidence))
    else:
        click.echo(draft_as_text(draft))


def _working_days_here() -> IsWorkingDay:
    """Take the calendar of this installation; without a usable database the published one."""
    try:
        return working_days_of(counting_here().calendar)
    except (LuyueError, SQLAlchemyError):
        return working_days_of(published_calendar())
