"""Reading a batch piece by piece: a file becomes a review, a row becomes an order under review, or says why not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from agreements.intake import actions
from agreements.intake.batch_models import BatchKind, IntakeBatch, IntakeItem, ItemState
from agreements.intake.batches import actor_of, batch_of_id, problem_of, progress_of, record_batch, row_of, sealed_row
from agreements.intake.import_record import agreement_of_same_order, review_of
from agreements.intake.item_moving import move_item
from agreements.intake.loading import source_of
from agreements.intake.models import ContractImport
from agreements.intake.order_columns import COLUMNS, Columns
from agreements.intake.order_files import OrderList
from agreements.intake.order_rows import OrderRow, order_no_of, read_row
from agreements.intake.order_sums import differences
from agreements.intake.uploads import contract_upload
from agreements.kernel import clock, files
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput, LuyueError, Unavailable
from agreements.kernel.sweeps import SweepRun, always, attempt
from agreements.parties.models import Tenant
from agreements.register.contract_joining import awaits_contract
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState

ROWS_AT_ONCE = 250
ROWS_A_RUN, FILES_A_RUN = 2000, 20
"""How much one run of the job reads of each batch, so that other jobs have their turn."""


def unfinished(session: Session) -> list[int]:
    """Return the batches that are not read to their end, oldest first."""
    return list(
        session.scalars(select(IntakeBatch.id).where(IntakeBatch.finished_at.is_(None)).order_by(IntakeBatch.id))
    )


def read_on(*, go_on: Callable[[], bool] = always) -> SweepRun:
    """Read a piece of every unfinished batch; one that can't be read holds up no other."""
    session, run = db.session(), SweepRun()
    for batch_id in unfinished(session):
        if not go_on():
            return run + SweepRun(interrupted=True)
        session.rollback()
        kind = batch_of_id(session, batch_id).kind
        most = ROWS_A_RUN if kind is BatchKind.ORDERS else FILES_A_RUN
        done = attempt(partial(work_on, batch_id, most=most, go_on=go_on))
        run += SweepRun(failed=1) if isinstance(done, Exception) else SweepRun(done=done)
    session.rollback()
    return run


def work_on(batch_id: int, *, most: int, go_on: Callable[[], bool] = always) -> int:
    """Read on in one batch, at most so many items, each piece in a transaction of its own; returns how many it read.

    Interrupted at any instant it goes on where it was; a second worker meanwhile reads nothing twice.
    """
    session = db.session()
    session.rollback()
    batch = batch_of_id(session, batch_id)
    if batch.finished_at is not None:
        return 0
    if batch.kind is BatchKind.ORDERS:
        return _read_list(batch_id, most=most, go_on=go_on)
    return _read_files(batch_id, most=most, go_on=go_on)


def _read_list(batch_id: int, *, most: int, go_on: Callable[[], bool]) -> int:
    session = db.session()
    batch = batch_of_id(session, batch_id)
    assert batch.file is not None
    columns = Columns(batch.notes["places"], tuple(batch.notes["ignored"]))
    content, after = files.content_of(session, batch.file), batch.rows_read
    opened = OrderList(content, columns, batch.notes["head_line"], batch.rows_total)
    session.rollback()
    rows, done = opened.rows(after=after), 0
    while done < most and go_on():
        chunk = list(islice(rows, min(ROWS_AT_ONCE, most - done)))
        with unit_of_work() as writing:
            if not _read_chunk(writing, batch_id, after + done, chunk, opened, now=clock.now(writing)):
                return done
        done += len(chunk)
        if after + done >= opened.rows_total or not chunk:
            break
    return done


def _read_chunk(
    session: Session,
    batch_id: int,
    after: int,
    chunk: Sequence[tuple[int, dict[str, object]]],
    opened: OrderList,
    *,
    now: datetime,
) -> bool:
    """Keep what became of some rows. False where somebody else has read them meanwhile."""
    claimed = session.scalar(
        update(IntakeBatch)
        .where(IntakeBatch.id == batch_id, IntakeBatch.rows_read == after, IntakeBatch.finished_at.is_(None))
        .values(rows_read=after + len(chunk))
        .returning(IntakeBatch.id)
    )
    if claimed is None:
        return False
    read = [_read(line, cells) for line, cells in chunk]
    known = _known(session, [each.order_no for each in read if each.order_no])
    for each in read:
        verdict = _judged(each.row, known) if each.row else Verdict(ItemState.REFUSED, error=each.error)
        session.add(_item(session, each, verdict, batch_id=batch_id))
        if each.row and verdict.state is ItemState.UNDER_REVIEW:
            known.waiting[each.row.order_no] = each.row
    session.flush()
    if after + len(chunk) >= opened.rows_total or not chunk:
        _finish(session, batch_id, now=now)
    return True


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as read, or why it could not be."""

    line: int
    order_no: str | None
    row: OrderRow | None = None
    error: LuyueError | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some order numbers: agreements with their tenant's name, and rows that await review."""

    agreements: dict[str, Agreement]
    waiting: dict[str, OrderRow]


def _read(line: int, cells: dict[str, object]) -> ReadRow:
    try:
        row = read_row(cells)
    except InvalidInput as error:
        return ReadRow(line, order_no_of(cells), error=error)
    return ReadRow(line, row.order_no, row)


def _known(session: Session, order_numbers: Sequence[str]) -> Known:
    agreements = session.scalars(
        select(Agreement)
        .where(Agreement.order_no.in_(order_numbers))
        .options(joinedload(Agreement.tenant).joinedload(Tenant.party))
    )
    items = session.scalars(
        select(IntakeItem).where(IntakeItem.order_no.in_(order_numbers), IntakeItem.state == ItemState.UNDER_REVIEW)
    )
    waiting = {item.order_no or "": row_of(session, item) for item in items}
    return Known({agreement.order_no: agreement for agreement in agreements}, waiting)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a row."""

    state: ItemState
    agreement: Agreement | None = None
    error: LuyueError | None = None


def _judged(row: OrderRow, known: Known) -> Verdict:
    """Say what becomes of a row that could be read: to be reviewed, known already (E-49), or in conflict."""
    agreement, waiting = known.agreements.get(row.order_no), known.waiting.get(row.order_no)
    if agreement is not None:
        differing = differences(row, agreement, known_name=agreement.tenant.party.name)
        if differing:
            return Verdict(ItemState.DIFFERS, agreement, _differs(differing))
        awaits = agreement.state is AgreementState.PENDING_PAYMENT and row.states_payment
        return Verdict(ItemState.PAYMENT if awaits else ItemState.DUPLICATE, agreement)
    if waiting is None:
        return Verdict(ItemState.UNDER_REVIEW)
    return Verdict(ItemState.DUPLICATE) if waiting == row else Verdict(ItemState.REFUSED, error=_under_review())


def _item(session: Session, read: ReadRow, verdict: Verdict, *, batch_id: int) -> IntakeItem:
    row_key = uuid4().hex
    return IntakeItem(
        row_key=row_key,
        batch_id=batch_id,
        line=read.line,
        name=read.order_no or "",
        order_no=read.order_no,
        state=verdict.state,
        agreement_id=verdict.agreement.id if verdict.agreement else None,
        facts_sealed=sealed_row(session, read.row, row_key) if read.row else None,
        problem=problem_of(verdict.error) if verdict.error else None,
    )


def _differs(fields: Sequence[str]) -> InvalidInput:
    return InvalidInput(
        N_("The order is registered with other values: %(fields)s. Nothing was changed."),
        code="ORDER_DIFFERS",
        field="order_no",
        remedy=N_("Compare both; a misread value is corrected on the agreement, a changed one needs its instrument."),
        fields="、".join(COLUMNS[name][0] for name in fields),
    )


def _under_review() -> InvalidInput:
    return InvalidInput(
        N_("Another row with this order number and other values awaits review."),
        code="ORDER_UNDER_REVIEW",
        field="order_no",
        remedy=N_("Lay the wrong one aside, then upload the list again."),
    )


def _finish(session: Session, batch_id: int, *, now: datetime) -> None:
    """Close the reading of a batch, once, and record what came of it."""
    finished = session.scalar(
        update(IntakeBatch)
        .where(IntakeBatch.id == batch_id, IntakeBatch.finished_at.is_(None))
        .values(finished_at=now)
        .returning(IntakeBatch.id)
    )
    if finished is None:
        return
    batch = batch_of_id(session, batch_id)
    session.refresh(batch)
    counts = {state.value: count for state, count in progress_of(session, batch).counts.items()}
    record_batch(session, batch, "batch.read", actor=SCHEDULER, now=now, details=counts)


def _read_files(batch_id: int, *, most: int, go_on: Callable[[], bool]) -> int:
    session, done = db.session(), 0
    while done < most and go_on():
        session.rollback()
        waiting = select(IntakeItem.id).where(IntakeItem.batch_id == batch_id, IntakeItem.state == ItemState.WAITING)
        item_id = session.scalar(waiting.order_by(IntakeItem.line).limit(1))
        if item_id is None:
            break
        _read_file(item_id)
        done += 1
    session.rollback()
    with unit_of_work() as writing:
        left = writing.scalar(
            select(IntakeItem.id).where(IntakeItem.batch_id == batch_id, IntakeItem.state == ItemState.WAITING).limit(1)
        )
        if left is None:
            _finish(writing, batch_id, now=clock.now(writing))
    return done


def _read_file(item_id: int) -> None:
    """Read one contract file before the transaction that keeps it: reading a scan takes its time."""
    session = db.session()
    item = session.get_one(IntakeItem, item_id)
    content = files.content_of(session, item.file) if item.file else b""
    upload = contract_upload(item.name, content)
    session.rollback()
    try:
        source = source_of(upload.name, upload.content)
        with unit_of_work() as writing:
            item = writing.get_one(IntakeItem, item_id)
            if item.state is not ItemState.WAITING:
                return
            actor = actor_of(writing, item.batch)
            before = writing.scalar(select(ContractImport.id).where(ContractImport.file_id == item.file_id))
            imported = actions.take_in(writing, upload, source, actor=actor, now=clock.now(writing))
            same = agreement_of_same_order(writing, review_of(writing, imported))
            is_known = before is not None or (same is not None and not awaits_contract(writing, same))
            move_item(
                writing,
                item,
                ItemState.DUPLICATE if is_known else ItemState.UNDER_REVIEW,
                import_id=imported.id,
                agreement_id=same.id if same else None,
            )
            _count(writing, item.batch_id)
    except Unavailable:
        return  # another scan is being read; this one waits for the next run
    except LuyueError as error:
        with unit_of_work() as writing:
            item = writing.get_one(IntakeItem, item_id)
            move_item(writing, item, ItemState.REFUSED, problem=problem_of(error))
            _count(writing, item.batch_id)


def _count(session: Session, batch_id: int) -> None:
    session.execute(update(IntakeBatch).where(IntakeBatch.id == batch_id).values(rows_read=IntakeBatch.rows_read + 1))
