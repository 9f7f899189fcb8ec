"""Commands of whoever runs the installation: `doctor`, `backup`, `restore`."""

import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app

from agreements.kernel import clock
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.cli import LuyueCommand, print_json
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.pausing import release_sending
from compliance.operations.archive import Manifest
from compliance.operations.backup import back_up, verify_archive
from compliance.operations.doctor import Grade, examine
from compliance.operations.restoring import restore as bring_back

MARKS = {Grade.GOOD: "ok", Grade.NOTE: "note", Grade.FINDING: "FINDING"}


@click.command("doctor", cls=LuyueCommand)
@click.option("--smtp", is_flag=True, help="Connect to the mail server too; nothing is sent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(*, smtp: bool, as_json: bool) -> None:
    """Ask everything that can be wrong without anybody seeing it; exit 1 on a finding. Changes nothing."""
    results = examine(db.session(), asks_smtp=smtp)
    found = sum(result.grade is Grade.FINDING for result in results)
    if as_json:
        print_json(
            {
                "findings": found,
                "checks": [
                    {"name": row.name, "grade": row.grade.value, "says": row.says, "remedy": row.remedy}
                    for row in results
                ],
            }
        )
    else:
        for row in results:
            click.echo(f"{MARKS[row.grade]:8}{row.name:14}{row.says}{f'  → {row.remedy}' if row.remedy else ''}")
        click.echo(f"{found} findings")
    if found:
        sys.exit(1)


@click.command("backup", cls=LuyueCommand)
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--with-keys", is_flag=True, help="Put keys.toml in too: then the archive alone opens everything.")
@click.option("--verify", is_flag=True, help="TARGET is an archive: check every hash in it, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(*, target: Path, with_keys: bool, verify: bool, as_json: bool) -> None:
    """Copy database, files and send journal into one archive while everything runs.

    TARGET is the archive's name, or a folder where it is named by its time. Without --with-keys keep keys.toml
    elsewhere: the archive's contact data can't be opened without it.
    """
    if verify:
        path, manifest = target, verify_archive(target)
    else:
        if not target.is_dir() and not target.absolute().parent.is_dir():
            raise InvalidInput(N_("There is no folder %(folder)s."), field="target", folder=str(target.parent))
        path, manifest = back_up(target, with_keys=with_keys)
    _show_manifest(path, manifest, as_json=as_json)
    if manifest.missing:
        click.echo(
            f"{len(manifest.missing)} files are missing or altered in the store and not in the archive; ask doctor.",
            err=True,
        )
        sys.exit(1)


@click.command("restore", cls=LuyueCommand)
@click.argument("archive", type=click.Path(path_type=Path), required=False)
@click.option("--force", is_flag=True, help="Replace what is here; it is backed up into the instance folder first.")
@click.option("--release", is_flag=True, help="Let the scheduler send again; takes --reason, no archive.")
@click.option("--reason", default="", help="Why sending may go on; it goes to the trail.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore(*, archive: Path | None, force: bool, release: bool, reason: str, as_json: bool) -> None:
    """Bring an archive back into an empty instance; web and scheduler must be stopped.

    Sending is paused afterwards until a person releases it, and what the send journal saw leave is held back.
    """
    if release:
        with unit_of_work() as session:
            done = release_sending(session, reason=reason, actor=OPERATOR, now=clock.now(session))
        if as_json:
            print_json({"released": done})
        else:
            click.echo("Sending goes on." if done else "Sending was not paused.")
        return
    if archive is None:
        raise InvalidInput(N_("Name the archive, or say --release."), field="archive")
    done_ = bring_back(archive, force=force)
    told = {
        "instance": current_app.instance_path,
        "copy_made_at": done_.manifest.created_at.isoformat(),
        "audit_acts": done_.manifest.audit_acts,
        "held_messages": done_.journal.held,
        "sends_unknown_here": done_.journal.unknown,
        "missing_files": len(done_.manifest.missing),
        "before": str(done_.before) if done_.before else None,
        "sending": "paused",
        "live_keys": list(done_.live_keys),
    }
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        click.echo(f"{name:20}{', '.join(value) or '–' if isinstance(value, list) else value}")
    if done_.live_keys:
        click.echo("These keys are live again, also if you revoked them after the copy: keys revoke PREFIX --reason …")
    click.echo('Sending is paused. Look at the notices, then: restore --release --reason "…"')


def _show_manifest(path: Path, manifest: Manifest, *, as_json: bool) -> None:
    told: dict[str, Any] = {
        "archive": str(path),
        "created_at": manifest.created_at.isoformat(),
        "engine": manifest.engine,
        "schema": manifest.schema,
        "rows": sum(manifest.counts.values()),
        "files": sum(member.name.startswith("files/") for member in manifest.members),
        "bytes": path.stat().st_size,
        "audit_acts": manifest.audit_acts,
        "audit_head": manifest.audit_head,
        "with_keys": manifest.with_keys,
        "missing": manifest.missing,
    }
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        click.echo(f"{name:14}{', '.join(value) or '–' if isinstance(value, list) else value}")


commands = (doctor, backup, restore)
