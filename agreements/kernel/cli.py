"""What every room's commands share: errors on stderr with their exit code, JSON on stdout."""

import json
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from agreements.kernel.errors import LuyueError


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


class LuyueGroup(AppGroup):
    """A room's command group: `commands = LuyueGroup("agreements", help="…")`, then `@commands.command("show")`.

    A LuyueError that leaves a command ends the process with exit 2 (bad input) or 1 (a “no”); nothing was written,
    because the error left the command's transaction too.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LuyueError as error:
            raise command_error(error) from error

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
