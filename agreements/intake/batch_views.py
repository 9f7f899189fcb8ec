"""Pages for many at once: uploads and how far they are read, and the orders of lists that a person confirms."""

from dataclasses import dataclass

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from agreements.intake import batches, order_review
from agreements.intake.batch_models import BatchKind, IntakeBatch, IntakeItem, ItemState
from agreements.intake.batch_reading import work_on
from agreements.intake.loading import LARGEST_FILE_BYTES
from agreements.intake.order_columns import COLUMNS, MANDATORY
from agreements.intake.order_rows import OrderRow
from agreements.intake.order_sums import Arithmetic, arithmetic_of, doubts_of
from agreements.intake.uploads import contract_upload
from agreements.intake.views import agreement_address
from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput, LuyueError
from agreements.kernel.web.paging import page_of
from agreements.kernel.web.problems import message_of, remedy_of
from agreements.kernel.web.spreadsheets import BYTE_ORDER_MARK, csv_line
from agreements.parties.actions import Upload
from agreements.products.models import Product

blueprint = Blueprint("batches", __name__, url_prefix="/import")

ROWS_IN_THE_REQUEST = 250
"""Rows of a list that are read before the page answers: a small list is done at once."""
REVIEWED = (ItemState.UNDER_REVIEW, ItemState.PAYMENT)


@dataclass(frozen=True, slots=True)
class OrderShown:
    """A row of a list on the review page; `mark` stands for what is shown here."""

    item: IntakeItem
    row: OrderRow
    sums: Arithmetic
    doubts: tuple[str, ...]
    product_code: str | None
    mark: str


@blueprint.get("/batches")
def index() -> ResponseReturnValue:
    return _list_page()


def _list_page(error: LuyueError | None = None) -> str:
    require(g.actor, Permission.READ)
    session = db.session()
    page = page_of(session, select(IntakeBatch).order_by(IntakeBatch.id.desc()), size=20)
    return render_template(
        "intake/batches.html",
        page=page,
        progress={batch.id: batches.progress_of(session, batch) for batch in page.rows},
        waiting=_waiting(session),
        columns=[(heads[0], heads[1:], name in MANDATORY) for name, heads in COLUMNS.items()],
        error=error,
    )


def _waiting(session: Session) -> dict[ItemState, int]:
    counts = session.execute(
        select(IntakeItem.state, func.count())
        .join(IntakeBatch, IntakeBatch.id == IntakeItem.batch_id)
        .where(IntakeItem.state.in_(REVIEWED), IntakeBatch.kind == BatchKind.ORDERS)
        .group_by(IntakeItem.state)
    )
    return dict.fromkeys(REVIEWED, 0) | {row[0]: row[1] for row in counts}


@blueprint.post("/batches/files")
def upload_files() -> ResponseReturnValue:
    given = [file for file in request.files.getlist("files") if file.filename]
    uploads = [contract_upload(file.filename or "", file.read(LARGEST_FILE_BYTES + 1)) for file in given]
    try:
        with unit_of_work() as session:
            batch = batches.open_file_batch(session, uploads, actor=g.actor, now=clock.now(session))
            batch_id = batch.id
    except InvalidInput as error:
        return _list_page(error), error.status
    return redirect(url_for("batches.show", batch_id=batch_id))


@blueprint.post("/batches/orders")
def upload_orders() -> ResponseReturnValue:
    file = request.files.get("list")
    try:
        if file is None or not file.filename:
            raise InvalidInput(N_("No list was chosen."), field="list", remedy=N_("Choose a CSV or XLSX file."))
        named = contract_upload(file.filename, file.read(LARGEST_FILE_BYTES + 1))
        with unit_of_work() as session:
            batch = batches.open_order_batch(session, _as_list(named), actor=g.actor, now=clock.now(session))
            batch_id = batch.id
    except InvalidInput as error:
        error.field = "list" if error.field == "file" else error.field
        return _list_page(error), error.status
    work_on(batch_id, most=ROWS_IN_THE_REQUEST)
    return redirect(url_for("batches.show", batch_id=batch_id))


def _as_list(upload: Upload) -> Upload:
    return Upload(upload.name, "application/octet-stream", upload.content)


@blueprint.get("/batches/<int:batch_id>")
def show(batch_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    batch = batches.batch_of_id(session, batch_id)
    state = _state(request.args.get("state", ""))
    statement = select(IntakeItem).where(IntakeItem.batch_id == batch_id).order_by(IntakeItem.line)
    if state is not None:
        statement = statement.where(IntakeItem.state == state)
    page = page_of(session, statement.options(joinedload(IntakeItem.agreement)))
    return render_template(
        "intake/batch.html",
        batch=batch,
        progress=batches.progress_of(session, batch),
        page=page,
        state=state,
        error_of=batches.error_of,
        heads={name: heads[0] for name, heads in COLUMNS.items()},
        agreement_address=agreement_address,
    )


def _state(text: str) -> ItemState | None:
    return next((state for state in ItemState if state.value == text), None)


@blueprint.get("/batches/<int:batch_id>/progress")
def progress(batch_id: int) -> ResponseReturnValue:
    """How far a batch is: the part of its page that asks again until it is done."""
    require(g.actor, Permission.READ)
    session = db.session()
    batch = batches.batch_of_id(session, batch_id)
    response = Response(
        render_template("intake/_progress.html", batch=batch, progress=batches.progress_of(session, batch), state=None)
    )
    if batch.finished_at is not None:
        response.headers["HX-Refresh"] = "true"
    return response


@blueprint.get("/batches/<int:batch_id>/problems.csv")
def problems(batch_id: int) -> ResponseReturnValue:
    """What was not taken, with line, column, reason and remedy, to be mended in the list."""
    require(g.actor, Permission.READ)
    session = db.session()
    batch = batches.batch_of_id(session, batch_id)
    items = session.scalars(
        select(IntakeItem)
        .where(IntakeItem.batch_id == batch.id, IntakeItem.problem.is_not(None))
        .order_by(IntakeItem.line)
    )
    heads = (gettext("Line"), gettext("Order number"), gettext("Column"), gettext("Reason"), gettext("Remedy"))
    lines = [BYTE_ORDER_MARK + csv_line(heads)]
    for item in items:
        error = batches.error_of(item.problem or {})
        head = COLUMNS.get(error.field or "", (error.field or "",))[0]
        lines.append(csv_line((item.line, item.name, head, message_of(error), remedy_of(error) or "")))
    response = Response("".join(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=problems-{batch.id}.csv"
    return response


@blueprint.get("/orders/template.csv")
def template() -> ResponseReturnValue:
    """An empty list with the heads as this page names them."""
    require(g.actor, Permission.READ)
    response = Response(BYTE_ORDER_MARK + csv_line([heads[0] for heads in COLUMNS.values()]), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=orders.csv"
    return response


@blueprint.get("/orders")
def orders() -> ResponseReturnValue:
    return _orders_page()


def _orders_page(error: LuyueError | None = None) -> str:
    require(g.actor, Permission.READ)
    session = db.session()
    state = _state(request.args.get("state", "")) or ItemState.UNDER_REVIEW
    state = state if state in REVIEWED else ItemState.UNDER_REVIEW
    batch = request.args.get("batch", type=int)
    statement = (
        select(IntakeItem)
        .join(IntakeBatch, IntakeBatch.id == IntakeItem.batch_id)
        .where(IntakeItem.state == state, IntakeBatch.kind == BatchKind.ORDERS)
        .options(joinedload(IntakeItem.batch), joinedload(IntakeItem.agreement))
        .order_by(IntakeItem.batch_id, IntakeItem.line)
    )
    if batch is not None:
        statement = statement.where(IntakeItem.batch_id == batch)
    page = page_of(session, statement)
    known = order_review.products_by_name(session)
    return render_template(
        "intake/orders.html",
        page=page,
        shown=[_shown(session, item, known) for item in page.rows],
        state=state,
        states=REVIEWED,
        waiting=_waiting(session),
        batch=batch,
        products=session.execute(select(Product.code, Product.name).order_by(Product.code).limit(200)).all(),
        agreement_address=agreement_address,
        error=error,
    )


def _shown(session: Session, item: IntakeItem, known: dict[str, str]) -> OrderShown:
    row = batches.row_of(session, item)
    return OrderShown(
        item=item,
        row=row,
        sums=arithmetic_of(row),
        doubts=tuple(doubts_of(row)),
        product_code=item.agreement.product.code if item.agreement else order_review.product_code_of(row, known),
        mark=order_review.seen_mark(row, item),
    )


@blueprint.post("/orders")
def decide() -> ResponseReturnValue:
    """Register, confirm as paid, or lay aside the ticked rows, as they were seen."""
    act = request.form.get("act", "")
    try:
        told = _decide(act, _ticked())
    except InvalidInput as error:
        return _orders_page(error), error.status
    flash(told, "success")
    return redirect(url_for("batches.orders", state=request.args.get("state"), batch=request.args.get("batch")))


def _ticked() -> dict[int, str]:
    """Return what was ticked: item id → mark of what the page showed."""
    pairs = (text.partition(":") for text in request.form.getlist("rows"))
    return {
        int(number): mark for number, _, mark in pairs if number.isascii() and number.isdigit() and len(number) < 10
    }


def _decide(act: str, ticked: dict[int, str]) -> str:
    with unit_of_work() as session:
        now = clock.now(session)
        if act == "register":
            code = request.form.get("product_code", "")
            done = order_review.confirm_orders(session, ticked, product_code=code, actor=g.actor, now=now)
            words = ngettext(
                "%(num)d order is registered; it awaits payment.",
                "%(num)d orders are registered; they await payment.",
                done.registered,
            )
            return f"{words} {_known_words(done.known)}".strip()
        if act == "paid":
            paid, refused = order_review.confirm_payments(session, ticked, actor=g.actor, now=now)
            words = ngettext("%(num)d payment is confirmed.", "%(num)d payments are confirmed.", paid)
            return f"{words} {_refused_words(refused)}".strip()
        if act == "aside":
            count = order_review.lay_aside(session, ticked, actor=g.actor, now=now)
            return str(ngettext("%(num)d row is laid aside.", "%(num)d rows are laid aside.", count))
    raise InvalidInput(N_("There is no such act."), field="act", remedy=N_("Open the list again."))


def _known_words(count: int) -> str:
    if not count:
        return ""
    return str(ngettext("%(num)d was known already.", "%(num)d were known already.", count))


def _refused_words(count: int) -> str:
    if not count:
        return ""
    return str(ngettext("%(num)d was refused; see its list.", "%(num)d were refused; see their list.", count))
