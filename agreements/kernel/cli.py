"""What every room's commands share: errors on stderr with their exit code, JSON on stdout."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from agreements.kernel.engines import is_passing, unavailable
from agreements.kernel.errors import N_, LuyueError, MissingData
from agreements.kernel.logs import configure_logs

UNDEFINED_TABLE = "42P01"


class Refused(click.ClickException):
    """A “no” of the domain: exit 1."""

    exit_code = 1


class BadInput(click.ClickException):
    """Input we can't take: exit 2."""

    exit_code = 2


def command_error(error: LuyueError) -> click.ClickException:
    """Return the error as the command line shows it: `Error: text [clause 3.3] (CODE)` on stderr."""
    clause = f" [clause {error.clause}]" if error.clause else ""
    kind = BadInput if error.exit_code == BadInput.exit_code else Refused
    return kind(f"{error}{clause} ({error.code})")


def lacks_a_table(error: DBAPIError) -> bool:
    """Say whether the database was never set up: it has no such table."""
    code = getattr(error.orig, "sqlstate", None)  # what PostgreSQL says; SQLite has words only
    return code == UNDEFINED_TABLE or str(error.orig).startswith("no such table: ")


def _in_words(error: SQLAlchemyError) -> LuyueError | None:
    """Return the database's “no” as an error of ours; None where it is another fault."""
    if is_passing(error):
        return unavailable(str(getattr(error, "orig", error)).splitlines()[0])
    if isinstance(error, DBAPIError) and lacks_a_table(error):
        return _not_set_up()
    return None


def _not_set_up() -> MissingData:
    return MissingData(
        N_("The database has not been set up yet."),
        code="DATABASE_NOT_SET_UP",
        remedy=N_("Run `make run`, or `flask --app app prepare`."),
    )


@contextmanager
def _told_in_words() -> Iterator[None]:
    configure_logs(logging.WARNING)
    try:
        yield
    except LuyueError as error:
        raise command_error(error) from error
    except SQLAlchemyError as error:
        said = _in_words(error)
        if said is None:
            raise
        raise command_error(said) from error


class LuyueCommand(click.Command):
    """A command that stands alone; what leaves it is told as a group's is."""

    def invoke(self, ctx: click.Context) -> Any:
        with _told_in_words():
            return super().invoke(ctx)


class LuyueGroup(AppGroup):
    """A room's command group: `commands = LuyueGroup("agreements", help="…")`, then `@commands.command("show")`.

    A LuyueError that leaves a command ends the process with exit 2 (bad input) or 1 (a “no”); nothing was written,
    because the error left the command's transaction too. A database without our tables, or out of reach, is
    such a “no”; any other error of the database stays loud.
    """

    def invoke(self, ctx: click.Context) -> Any:
        with _told_in_words():
            return super().invoke(ctx)

    def group(self, *args: Any, **options: Any) -> Any:
        """Make a group inside this one; it is a LuyueGroup too."""
        options.setdefault("cls", LuyueGroup)
        return super().group(*args, **options)


def print_json(value: Any) -> None:
    """Print one JSON value to stdout, Chinese readable, an indented document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def add_commands(app: Flask, group: click.Group) -> None:
    """Give the application a room's commands; rooms that share a name (`agreements`) share one group."""
    shared = app.cli.commands.get(group.name or "")
    if not isinstance(shared, LuyueGroup):
        shared = LuyueGroup(group.name, help=group.help)
        app.cli.add_command(shared)
    for command in group.commands.values():
        shared.add_command(command)
