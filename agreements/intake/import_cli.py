"""`agreements import FILE…`: read contract files, show their warnings, register them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.intake import actions
from agreements.intake.comparing import departures_of, open_deviations
from agreements.intake.deviations import Deviation, DeviationKind
from agreements.intake.draft import Draft
from agreements.intake.drafting import read_source
from agreements.intake.loading import read_path, source_of
from agreements.intake.models import Amount
from agreements.intake.order_list_cli import ListImported, import_list, is_list
from agreements.intake.order_list_cli import told as told_of_list
from agreements.intake.reviewed import draft_snapshot, reviewed
from agreements.intake.uploads import contract_upload
from agreements.intake.working_days import working_days_of
from agreements.kernel import clock
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.cli import LuyueGroup, command_error, print_json
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput, LuyueError, NotFound
from agreements.register.actions import agreement_of_order
from agreements.register.contract_joining import awaits_contract
from agreements.register.models import Agreement

commands = LuyueGroup("agreements", help="Read, register and show agreements.")

ACCEPTED_UNSEEN = "--yes at the command line"
ASKED_ONE_BY_ONE = "asked at the command line"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file; `created` is False where the order was registered before.

    has_joined  it was registered from a list, and this is its contract
    """

    file: str
    order_no: str
    tenant_key: str
    agreement_id: int
    created: bool
    has_joined: bool
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the files are to be registered; `product` None is asked for."""

    yes: bool
    product: str | None
    tenant_key: str | None


@commands.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--yes", is_flag=True, help="Acknowledge every warning and confirm every amount without asking.")
@click.option("--product", metavar="CODE", help="Product code, as the gateway names it; asked for where it is missing.")
@click.option(
    "--tenant-key", metavar="KEY", help="Public name of a new tenant at the gateway; a random one by default."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one object a file.")
@click.pass_context
def import_files(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    yes: bool,
    product: str | None,
    tenant_key: str | None,
    as_json: bool,
) -> None:
    """Read contract files and lists of orders (CSV, XLSX); an order that is registered already is left as it is.

    Orders of a list await a person's confirmation on the Import page, unless --yes registers them.
    """
    done: list[Imported | ListImported] = []
    worst = 0
    for number, path in enumerate(paths, 1):
        if len(paths) > 1:
            click.echo(f"[{number}/{len(paths)}] {path}", err=True)
        try:
            if is_list(Path(path)):
                rows = import_list(Path(path), yes=yes, product=product)
                worst = max(worst, int(rows.has_problems))
                done.append(rows)
                if not as_json:
                    click.echo(told_of_list(rows))
                continue
            imported = _import(Path(path), Wishes(yes, product, tenant_key))
        except LuyueError as error:
            click.echo(f"Error: {path}: {command_error(error).message}", err=True)
            worst = max(worst, error.exit_code)
            continue
        done.append(imported)
        if not as_json:
            click.echo(_told(imported))
    if as_json:
        print_json([asdict(imported) for imported in done])
    ctx.exit(worst)


def _import(path: Path, wishes: Wishes) -> Imported:
    """Import one file; an order that is known already writes nothing at all (E-49).

    Questions are asked before the transaction: nobody else waits for an answer.
    """
    upload = contract_upload(path.name, read_path(path))
    source = source_of(upload.name, upload.content)
    reading = db.session()
    draft = read_source(source, is_working_day=working_days_of(working_calendar(reading)))
    known = _agreement_of(reading, draft)
    if known is not None and not awaits_contract(reading, known):
        return _result(path, draft, known, created=False)
    _show(path, draft)
    confirmed = {} if wishes.yes else _ask_about(draft, source.text, departures_of(reading, source.text))
    product = "" if known else wishes.product or _answer(f"Product code of {path.name}", option="--product")
    with unit_of_work() as session:
        now = clock.now(session)
        imported = actions.take_in(session, upload, source, actor=OPERATOR, now=now)
        if wishes.yes:
            actions.accept_all(session, imported, note=ACCEPTED_UNSEEN, actor=OPERATOR, now=now)
        if departing := [row.id for row in open_deviations(imported)]:
            actions.acknowledge_deviations(
                session, imported, departing, actor=OPERATOR, now=now, reason=ASKED_ONE_BY_ONE
            )
        for warning in imported.warnings:
            actions.acknowledge_warning(session, imported, warning.id, actor=OPERATOR, now=now)
        for amount, value in confirmed.items():
            actions.confirm_amount(session, imported, amount, value, actor=OPERATOR, now=now)
        registration = actions.register(
            session, imported, product_code=product, tenant_key=wishes.tenant_key, actor=OPERATOR, now=now
        )
        return _result(
            path, draft, registration.agreement, created=registration.created, has_joined=registration.has_joined
        )


def _agreement_of(session: Session, draft: Draft) -> Agreement | None:
    try:
        return agreement_of_order(session, draft.order.order_no or "")
    except NotFound:
        return None


def _result(path: Path, draft: Draft, agreement: Agreement, *, created: bool, has_joined: bool = False) -> Imported:
    return Imported(
        file=str(path),
        order_no=agreement.order_no,
        tenant_key=agreement.tenant.tenant_key,
        agreement_id=agreement.id,
        created=created,
        has_joined=has_joined,
        warnings=list(draft.warnings),
    )


def _told(imported: Imported) -> str:
    if imported.has_joined:
        return f"{imported.file}: order {imported.order_no} was registered from a list; its contract joined it."
    if not imported.created:
        return f"{imported.file}: order {imported.order_no} was registered before; nothing was changed."
    return (
        f"{imported.file}: order {imported.order_no} is registered for tenant {imported.tenant_key}; it awaits payment."
    )


def _show(path: Path, draft: Draft) -> None:
    order = draft.order
    lines = [
        f"{path}: order {order.order_no}, {order.spec_text}, {order.service_start} – {order.service_end}",
        *(f"  warning: {warning}" for warning in draft.warnings),
    ]
    for line in lines:
        click.echo(line, err=True)


def _ask_about(draft: Draft, text: str, departures: Sequence[Deviation]) -> dict[Amount, str]:
    """Ask about each warning, each departing clause and each amount; a no leaves the file out.

    Returns the amounts as they were shown.
    """
    for warning in (*draft.warnings, *(f"{actions.READ_UNSURELY}:{field}" for field in draft.unsure_fields)):
        _agree(f"Acknowledge {warning}?")
    for one in departures:
        here, standard = one.unit.text if one.unit else "–", one.clause.wording if one.clause else "–"
        number = one.clause.number if one.clause else one.unit.number if one.unit else ""
        click.echo(f"  {one.kind.value} {number}\n    agreement: {here}\n    standard:  {standard}", err=True)
        if one.kind is not DeviationKind.REWORDED:
            _agree(f"Acknowledge the {one.kind.value} clause {number or 'without a number'}?")
    review = reviewed(draft_snapshot(draft, text), {})
    amounts = {amount: value for amount in Amount if (value := review.amount(amount)) is not None}
    for amount, value in amounts.items():
        _agree(f"Is {amount.value} {value} what the agreement says?")
    return amounts


def _agree(question: str) -> None:
    if _answer(f"{question} [y/n]", option="--yes").strip().lower() not in {"y", "yes"}:
        raise InvalidInput(
            N_("This was not agreed: %(question)s Nothing was registered."),
            code="NOT_AGREED",
            remedy=N_("Upload the file on the Import page to correct what was read."),
            question=question,
        )


def _answer(question: str, *, option: str) -> str:
    """Ask on stderr; where nobody answers, name the option that would."""
    try:
        answer: str = click.prompt(question, err=True)
    except click.Abort:
        raise InvalidInput(
            N_("Nobody answered: %(question)s"),
            code="NOBODY_ANSWERED",
            field=option,
            remedy=N_("Give %(option)s, or answer at a terminal."),
            question=question,
            option=option,
        ) from None
    return answer
