"""`agreements import LIST.csv|LIST.xlsx`: read a list of orders with progress on stderr; register it where told to."""

from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy import select

from agreements.intake.batch_models import IntakeItem, ItemState
from agreements.intake.batch_reading import ROWS_AT_ONCE, work_on
from agreements.intake.batches import batch_of_id, error_of, open_order_batch, progress_of, row_of
from agreements.intake.loading import read_path
from agreements.intake.order_review import MOST_AT_ONCE, confirm_orders, seen_mark
from agreements.intake.uploads import contract_upload
from agreements.kernel import clock
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.cli import command_error
from agreements.kernel.db import db, unit_of_work
from agreements.parties.actions import Upload

LISTS = frozenset({".csv", ".xlsx"})
MOST_PROBLEMS = 20
"""Problems told line by line; the rest stands on the page of the upload."""


@dataclass(frozen=True, slots=True)
class ListImported:
    """What became of a list; `counts` by state, `upload` is its number on the Import page."""

    file: str
    upload: int
    rows: int
    counts: dict[str, int]

    @property
    def has_problems(self) -> bool:
        return bool(self.counts.get(ItemState.REFUSED) or self.counts.get(ItemState.DIFFERS))


def is_list(path: Path) -> bool:
    return path.suffix.lower() in LISTS


def import_list(path: Path, *, yes: bool, product: str | None) -> ListImported:
    """Read a list to its end; with `yes` register its rows too, their amounts confirmed unseen.

    Interrupted, what was read stays, and the scheduler reads on; the same list again changes nothing.
    """
    named = contract_upload(path.name, read_path(path))
    with unit_of_work() as session:
        upload = Upload(named.name, "application/octet-stream", named.content)
        batch = open_order_batch(session, upload, actor=OPERATOR, now=clock.now(session))
        batch_id, total = batch.id, batch.rows_total
    done = 0
    while read := work_on(batch_id, most=ROWS_AT_ONCE * 4):
        done += read
        click.echo(f"{path}: {done:,} of {total:,} rows read", err=True)
    if yes:
        _register(path, batch_id, product)
    return _told_of(path, batch_id)


def _register(path: Path, batch_id: int, product: str | None) -> None:
    done = 0
    while True:
        with unit_of_work() as session:
            items = session.scalars(
                select(IntakeItem)
                .where(IntakeItem.batch_id == batch_id, IntakeItem.state == ItemState.UNDER_REVIEW)
                .order_by(IntakeItem.line)
                .limit(MOST_AT_ONCE)
            ).all()
            if not items:
                return
            seen = {item.id: seen_mark(row_of(session, item), item) for item in items}
            confirm_orders(session, seen, product_code=product, actor=OPERATOR, now=clock.now(session))
        done += len(seen)
        click.echo(f"{path}: {done:,} orders registered", err=True)


def _told_of(path: Path, batch_id: int) -> ListImported:
    session = db.session()
    session.rollback()
    batch = batch_of_id(session, batch_id)
    progress = progress_of(session, batch)
    problems = session.scalars(
        select(IntakeItem)
        .where(IntakeItem.batch_id == batch_id, IntakeItem.problem.is_not(None))
        .order_by(IntakeItem.line)
        .limit(MOST_PROBLEMS)
    )
    for item in problems:
        message = command_error(error_of(item.problem or {})).message
        click.echo(f"{path}: line {item.line}: {message}", err=True)
    counts = {state.value: count for state, count in progress.counts.items()}
    return ListImported(str(path), batch_id, batch.rows_total, counts)


def told(imported: ListImported) -> str:
    counts = ", ".join(f"{count:,} {state}" for state, count in imported.counts.items())
    return f"{imported.file}: {imported.rows:,} rows: {counts}. Upload {imported.upload} on the Import page."
