"""`/api/v1/import-batches`: many contract files or a list of orders at once, and the rows that a person confirms."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from agreements.intake import batches, order_review
from agreements.intake.batch_models import BatchKind, IntakeBatch, IntakeItem, ItemState
from agreements.intake.batches import MOST_FILES
from agreements.intake.order_review import MOST_AT_ONCE
from agreements.intake.order_sums import arithmetic_of, doubts_of
from agreements.intake.uploads import contract_upload
from agreements.kernel.db import db
from agreements.kernel.web.problems import message_of, remedy_of
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID, FileSent, Moment, StrictSchema, Text, Whole, Word, absent, content_of
from agreements.kernel.web.rest_lists import PageQuery, page_of_rows, page_schema
from agreements.kernel.web.rest_once import Created
from agreements.parties.actions import Upload

room = RestRoom(
    "import_batches",
    __name__,
    path="/import-batches",
    description="Uploads of many contract files, or of a CSV or XLSX list of orders. The scheduler reads them piece by"
    " piece: ask again until finished_at is set. Orders are registered when a person has looked at them.",
)
BATCH = f"/<{ID}:batch_id>"
REVIEWED = (ItemState.UNDER_REVIEW, ItemState.PAYMENT)


class BatchShown(Schema):
    id = fields.Integer(required=True)
    kind = Word(BatchKind, required=True)
    name = fields.String(required=True)
    total = fields.Integer(required=True)
    done = fields.Integer(required=True, metadata={"description": "Files or rows that were read."})
    counts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": "Items by state."}
    )
    ignored_columns = fields.List(fields.String(), required=True)
    created_by = fields.String(required=True)
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class ItemProblem(Schema):
    code = fields.String(required=True)
    message = fields.String(required=True)
    remedy = fields.String(required=True, allow_none=True)
    field = fields.String(required=True, allow_none=True, metadata={"description": "The column."})


class OrderSums(Schema):
    """What follows from a row (clause 一); `price_agrees` null where spec and list price can't be compared."""

    quota_total = fields.Integer(required=True, allow_none=True)
    quota_formula = fields.String(required=True)
    price_formula = fields.String(required=True)
    price_agrees = fields.Boolean(required=True, allow_none=True)
    service_days = fields.Integer(required=True, metadata={"description": "Calendar days, both ends included."})


class ItemShown(Schema):
    id = fields.Integer(required=True)
    line = fields.Integer(required=True)
    name = fields.String(required=True)
    state = Word(ItemState, required=True)
    import_id = fields.Integer(required=True, allow_none=True)
    agreement = fields.String(required=True, allow_none=True, metadata={"description": "Order number."})
    problem = fields.Nested(ItemProblem, required=True, allow_none=True)
    mark = fields.String(
        required=True, allow_none=True, metadata={"description": "Stands for what is shown; an act sends it back."}
    )
    order = fields.Dict(required=True, allow_none=True, metadata={"description": "Values of a row under review."})
    sums = fields.Nested(OrderSums, required=True, allow_none=True)
    doubts = fields.List(fields.String(), required=True)


BatchPage = page_schema(BatchShown, "ImportBatchPage")
ItemPage = page_schema(ItemShown, "ImportBatchItemPage")


class ItemQuery(PageQuery):
    state = Word(ItemState, load_default=absent)


class BatchFilesBody(StrictSchema):
    files = fields.List(fields.Nested(FileSent), required=True, validate=validate.Length(1, MOST_FILES))


class BatchOrdersBody(StrictSchema):
    file = fields.Nested(FileSent, required=True, metadata={"description": "A CSV or XLSX list."})


class SeenRow(StrictSchema):
    id = Whole(least=1, required=True)
    mark = Text(longest=40, required=True, metadata={"description": "As it was told with the row."})


class SeenRowsBody(StrictSchema):
    rows = fields.List(fields.Nested(SeenRow), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class RegisterRowsBody(SeenRowsBody):
    product_code = Text(
        longest=60,
        load_default=None,
        allow_none=True,
        metadata={"description": "For rows whose product's name has no code yet.", "example": "id2-verify"},
    )


class AsideBody(StrictSchema):
    rows = fields.List(Whole(least=1), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class RegisteredRows(Schema):
    registered = fields.Integer(required=True)
    known = fields.Integer(required=True, metadata={"description": "Known by now; nothing was changed."})
    await_payment = fields.Integer(required=True, metadata={"description": "Whose payment the list states."})


class PaidRows(Schema):
    paid = fields.Integer(required=True)
    refused = fields.Integer(required=True, metadata={"description": "Their items say why."})


class AsideRows(Schema):
    laid_aside = fields.Integer(required=True)


@room.reads("", answers=BatchPage, query=PageQuery)
def listed(*, page: int, size: int) -> dict[str, Any]:
    """Uploads, the newest first."""
    session = db.session()
    found = page_of_rows(session, select(IntakeBatch).order_by(IntakeBatch.id.desc()), page=page, size=size)
    found["items"] = [_batch(session, each) for each in found["items"]]
    return found


@room.reads(BATCH, answers=BatchShown)
def one(batch_id: int) -> dict[str, Any]:
    """How far one upload is."""
    session = db.session()
    return _batch(session, batches.batch_of_id(session, batch_id))


@room.reads(f"{BATCH}/items", answers=ItemPage, query=ItemQuery)
def items(batch_id: int, *, state: ItemState | None, page: int, size: int) -> dict[str, Any]:
    """What became of each file or row."""
    session = db.session()
    batch = batches.batch_of_id(session, batch_id)
    statement = select(IntakeItem).where(IntakeItem.batch_id == batch.id).order_by(IntakeItem.line)
    if state is not None:
        statement = statement.where(IntakeItem.state == state)
    found = page_of_rows(session, statement.options(joinedload(IntakeItem.agreement)), page=page, size=size)
    found["items"] = [_item(session, each) for each in found["items"]]
    return found


@room.acts("/files", takes=BatchFilesBody, answers=BatchShown, status=HTTPStatus.CREATED)
def upload_files(session: Session, *, now: datetime, files: list[dict[str, Any]]) -> Created:
    """Take in many contract files; each is read by itself, and one that is refused keeps no other out."""
    uploads = [contract_upload(file["name"], content_of(file, "files")) for file in files]
    return _created(session, batches.open_file_batch(session, uploads, actor=g.actor, now=now))


@room.acts("/orders", takes=BatchOrdersBody, answers=BatchShown, status=HTTPStatus.CREATED)
def upload_orders(session: Session, *, now: datetime, file: dict[str, Any]) -> Created:
    """Take in a list of orders."""
    named = contract_upload(file["name"], content_of(file, "file"))
    upload = Upload(named.name, "application/octet-stream", named.content)
    return _created(session, batches.open_order_batch(session, upload, actor=g.actor, now=now))


@room.acts("/rows/register", takes=RegisterRowsBody, answers=RegisteredRows)
def register_rows(
    session: Session, *, now: datetime, rows: list[dict[str, Any]], product_code: str | None
) -> order_review.Confirmed:
    """Register rows that a person has looked at: all of them or none."""
    return order_review.confirm_orders(session, _seen(rows), product_code=product_code, actor=g.actor, now=now)


@room.acts("/rows/pay", takes=SeenRowsBody, answers=PaidRows)
def pay_rows(session: Session, *, now: datetime, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Confirm the payments that rows state, as finance."""
    paid, refused = order_review.confirm_payments(session, _seen(rows), actor=g.actor, now=now)
    return {"paid": paid, "refused": refused}


@room.acts("/rows/lay-aside", takes=AsideBody, answers=AsideRows)
def lay_rows_aside(session: Session, *, now: datetime, rows: list[int]) -> dict[str, int]:
    """Lay rows aside that are not to be registered."""
    return {"laid_aside": order_review.lay_aside(session, rows, actor=g.actor, now=now)}


def _seen(rows: list[dict[str, Any]]) -> dict[int, str]:
    return {row["id"]: row["mark"] for row in rows}


def _created(session: Session, batch: IntakeBatch) -> Created:
    session.flush()  # its items are counted
    return Created(_batch(session, batch), url_for(f"{room.name}.one", batch_id=batch.id))


def _batch(session: Session, batch: IntakeBatch) -> dict[str, Any]:
    progress = batches.progress_of(session, batch)
    return {
        "id": batch.id,
        "kind": batch.kind,
        "name": batch.name,
        "total": progress.total,
        "done": progress.done,
        "counts": {state.value: count for state, count in progress.counts.items()},
        "ignored_columns": batch.notes.get("ignored", []),
        "created_by": batch.created_by,
        "created_at": batch.created_at,
        "finished_at": batch.finished_at,
    }


def _item(session: Session, item: IntakeItem) -> dict[str, Any]:
    row = batches.row_of(session, item) if item.state in REVIEWED and item.facts_sealed else None
    return {
        "id": item.id,
        "line": item.line,
        "name": item.name,
        "state": item.state,
        "import_id": item.import_id,
        "agreement": item.agreement.order_no if item.agreement else None,
        "problem": _problem(item),
        "mark": order_review.seen_mark(row, item) if row else None,
        "order": {name: getattr(row, name) for name in row.__slots__} if row else None,
        "sums": arithmetic_of(row) if row else None,
        "doubts": list(doubts_of(row)) if row else [],
    }


def _problem(item: IntakeItem) -> dict[str, Any] | None:
    if item.problem is None:
        return None
    error = batches.error_of(item.problem)
    return {"code": error.code, "message": message_of(error), "remedy": remedy_of(error), "field": error.field}
