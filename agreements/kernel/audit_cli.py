"""Command: verify the audit trail."""

import click

from agreements.kernel import audit
from agreements.kernel.cli import LuyueGroup, print_json
from agreements.kernel.db import db

commands = LuyueGroup("audit", help="The audit trail.")


@commands.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, as_json: bool) -> None:
    """Walk the whole chain; exit 1 naming the first row that does not fit.

    Keep the last hash elsewhere: a tail that was cut off shows only against a copy.
    """
    count, last_hash = audit.verify(db.session())
    if as_json:
        print_json({"acts": count, "last_hash": last_hash})
        return
    click.echo(f"{count} acts, chain unbroken; last hash {last_hash}")
