"""Commands `retention …`: what may be destroyed and when, and certificates. Approving is for people, on the pages."""

import click

from agreements.kernel import clock
from agreements.kernel.cli import LuyueGroup, print_json
from agreements.kernel.db import db
from agreements.kernel.instants import SHANGHAI
from compliance.retention import due_reading
from compliance.retention.certificate_paper import paper_of
from compliance.retention.due_reading import DueRow, Stage
from compliance.retention.models import DestructionCertificate

commands = LuyueGroup("retention", help="Classes of papers by the day from which they may go, and certificates.")


@commands.command("due")
@click.option("--stage", type=click.Choice([each.value for each in Stage]), help="Only those at this stage.")
@click.option("--json", "as_json", is_flag=True)
def due(stage: str | None, *, as_json: bool) -> None:
    """List scheduled classes, the one due first on top."""
    session = db.session()
    now = clock.now(session)
    statement = due_reading.scheduled_classes(
        stage=Stage(stage) if stage else None, retention_class=None, text="", now=now
    )
    rows = due_reading.due_rows(session, list(session.scalars(statement)), now=now)
    if as_json:
        print_json([_shown(row) for row in rows])
        return
    if not rows:
        click.echo(f"No class of papers is at the stage “{stage}”." if stage else "No class of papers is scheduled.")
    for row in rows:
        shown = _shown(row)
        may_go_from = f"{row.clock.due_at.astimezone(SHANGHAI):%Y-%m-%d}"
        counted = f"{shown['counted_from']} {shown['counted_on']} + {shown['months']} months ({shown['rests_on']})"
        about = f"{shown['order_no']}  {shown['retention_class']:<10} {shown['stage']:<10}"
        click.echo(f"{may_go_from}  {about} {counted}  {shown['certificate'] or ''}".rstrip())


def _shown(row: DueRow) -> dict[str, object]:
    return {
        "order_no": row.clock.agreement.order_no,
        "retention_class": row.clock.retention_class.value,
        "may_go_from": row.clock.due_at.astimezone(SHANGHAI).isoformat(),
        "counted_from": row.clock.counted_from.value,
        "counted_on": row.clock.counted_on.isoformat(),
        "months": row.clock.months,
        "rests_on": row.clock.rests_on.value,
        "stage": row.stage.value,
        "blocked_by": row.kept.why.value if row.kept and not row.kept.is_over else None,
        "proposal": row.proposal.id if row.proposal else None,
        "certificate": row.certificate.number if row.certificate else None,
    }


@commands.command("certificate")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True)
def certificate(number: str, *, as_json: bool) -> None:
    """Show a certificate of destruction, and whether it says what the audit trail recorded."""
    session = db.session()
    found = due_reading.certificate_of_number(session, number)
    is_unaltered, paper = due_reading.is_unaltered(session, found), paper_of(session, found)
    if as_json:
        print_json(_whole(found, is_unaltered=is_unaltered) | {"paper": paper.number if paper else None})
        return
    click.echo(f"{found.number}  {found.agreement.order_no}  {found.retention_class.value}")
    click.echo(f"destroyed {found.issued_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}, kept through {found.through_on}")
    for name, at, reason in due_reading.approvals_shown(found):
        click.echo(f"approved by {name}, {at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}: {reason}")
    for item in found.items:
        click.echo(f"{item.sha256}  {item.source} {item.row}  {item.size} bytes")
    if paper:
        click.echo(f"sealed as {paper.number}")
    click.echo(f"SHA-256 {found.sha256}: {'unaltered' if is_unaltered else 'ALTERED'}")


def _whole(found: DestructionCertificate, *, is_unaltered: bool) -> dict[str, object]:
    return {
        "number": found.number,
        "order_no": found.agreement.order_no,
        "retention_class": found.retention_class.value,
        "issued_at": found.issued_at.astimezone(SHANGHAI).isoformat(),
        "kept_through": found.through_on.isoformat(),
        "approvals": found.approvers,
        "items": [
            {"kind": each.kind.value, "source": each.source, "row": each.row, "sha256": each.sha256, "size": each.size}
            for each in found.items
        ],
        "sha256": found.sha256,
        "unaltered": is_unaltered,
    }
