"""Command `prepare`: what `make run` does before it starts the processes."""

from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask_migrate import upgrade

from agreements.kernel import clock
from agreements.kernel.access.links import LINK_LIFE
from agreements.kernel.cli import LuyueCommand
from agreements.kernel.db import unit_of_work
from agreements.kernel.errors import N_, Conflict
from agreements.kernel.instants import parse_instant
from compliance.desk.first_start import EXAMPLE_PRODUCT, EXAMPLE_TENANT_KEY, FirstStart, first_start, is_marked


@click.command("prepare", cls=LuyueCommand)
@click.option("--example/--no-example", default=True, help="Load the fictional agreement into an empty register.")
@click.option("--rehearsal", "rehearsal_at", help="Mark a NEW database as a rehearsal whose clock stands at this time.")
def prepare(*, example: bool, rehearsal_at: str | None) -> None:
    """Migrate the database, load the example once, and say how to get in."""
    _prepare(example=example, rehearsal_at=parse_instant(rehearsal_at, "rehearsal") if rehearsal_at else None)


def _prepare(*, example: bool, rehearsal_at: datetime | None) -> None:
    upgrade()
    wall = clock.wall()
    with unit_of_work() as session:
        if rehearsal_at is not None and is_marked(session):
            raise Conflict(
                N_("This database exists already; only a new one can be marked as a rehearsal."),
                code="NOT_NEW",
                remedy=N_("Name an empty folder in LUYUE_INSTANCE."),
            )
        clock.install(session, rehearsal_at=rehearsal_at)
        found = first_start(
            session,
            with_example=example,
            link_file=Path(current_app.instance_path) / "first-sign-up-link",
            now=clock.now(session),
            wall=wall,
        )
    _say(found)


def _say(found: FirstStart) -> None:
    address = current_app.extensions["luyue"]["settings"].public_url
    click.echo(f"\nLüyue 履约\n  Pages    {address}")
    if found.join_token:
        hours = int(LINK_LIFE.total_seconds()) // 3600
        click.echo(f"  Sign up  {address}/join/{found.join_token}")
        click.echo(f"           the first administrator's link; works once, for {hours} hours")
    query = f"{address}/gateway/v1/tenants/{EXAMPLE_TENANT_KEY}/status?product={EXAMPLE_PRODUCT}"
    if found.demo_key:
        click.echo(f"  Gateway  curl -s -H 'Authorization: Bearer {found.demo_key}' '{query}'")
        click.echo("           the key is shown this once; `flask --app app keys issue` makes another")
    click.echo("  Stop     Ctrl-C\n")
