"""Pages of the import room: upload, the list of imports, the review of one."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from werkzeug.datastructures import FileStorage

from agreements.intake import actions
from agreements.intake.beside import departures, grouped
from agreements.intake.concealing import (
    CONCEALED,
    concealed_history,
    concealed_rows,
    concealed_text,
    reveal,
    sees_contacts,
)
from agreements.intake.form_actions import form_of, forms_in_force
from agreements.intake.import_record import (
    agreement_of_same_order,
    correction_values,
    import_of_id,
    known_tenant_key,
    review_of,
    text_of,
    unconfirmed_amounts,
)
from agreements.intake.loading import LARGEST_FILE_BYTES, source_of
from agreements.intake.models import Amount, ContractImport, ImportState
from agreements.intake.presenting import arithmetic, extra_rows, field_groups, segments, term_rows
from agreements.intake.registering import facts_of, missing_fields
from agreements.intake.schemas import read_amount, read_correction, read_registration, read_state, read_version
from agreements.intake.standard_form import built_in_form
from agreements.intake.uploads import contract_upload
from agreements.intake.warning_words import meaning_of
from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput, LuyueError, Unavailable
from agreements.kernel.web.paging import page_of
from agreements.products.models import Product
from agreements.register.contract_joining import awaits_contract, compared_facts

blueprint = Blueprint("intake", __name__, url_prefix="/import")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one uploaded file: the review it has, or why it was refused. `is_new`: taken in just now."""

    name: str
    import_id: int | None = None
    is_new: bool = False
    error: LuyueError | None = None


@blueprint.get("")
def index() -> ResponseReturnValue:
    return _list_page()


@blueprint.post("")
def upload() -> ResponseReturnValue:
    """Take in each file by itself: one that is refused keeps no other out."""
    given = [file for file in request.files.getlist("files") if file.filename]
    try:
        require(g.actor, Permission.IMPORT_AGREEMENT)
        if not given:
            raise InvalidInput(
                N_("No file was chosen."), field="files", remedy=N_("Choose one or more contract files.")
            )
    except InvalidInput as error:
        return _list_page(error=error), error.status
    outcomes = [_take_in(file) for file in given]
    if any(outcome.error for outcome in outcomes):
        return _list_page(outcomes=outcomes), 422
    if len(outcomes) > 1:
        flash(gettext("%(count)s files were read; they await review.", count=len(outcomes)), "success")
        return redirect(url_for("intake.index"))
    [outcome] = outcomes
    if not outcome.is_new:
        flash(gettext("This file was uploaded before; this is its review."), "info")
    return redirect(url_for("intake.review", import_id=outcome.import_id))


def _take_in(file: FileStorage) -> Outcome:
    received = contract_upload(file.filename or "", file.read(LARGEST_FILE_BYTES + 1))
    try:
        source = source_of(received.name, received.content)  # before the transaction: it may take its time
        with unit_of_work() as session:
            before = session.scalar(select(func.count(ContractImport.id)))
            imported = actions.take_in(session, received, source, actor=g.actor, now=clock.now(session))
            after = session.scalar(select(func.count(ContractImport.id)))
            return Outcome(received.name, imported.id, is_new=before != after)
    except (InvalidInput, Unavailable) as error:
        return Outcome(received.name, error=error)


def _list_page(*, outcomes: list[Outcome] | None = None, error: LuyueError | None = None) -> str:
    require(g.actor, Permission.READ)
    session, state = db.session(), read_state(request.args.get("state"))
    page = page_of(
        session,
        select(ContractImport)
        .where(ContractImport.state == state)
        .options(
            selectinload(ContractImport.warnings),
            selectinload(ContractImport.corrections),
            selectinload(ContractImport.agreement),
        )
        .order_by(ContractImport.id.desc()),
    )
    found = session.execute(select(ContractImport.state, func.count()).group_by(ContractImport.state))
    counts = dict.fromkeys(ImportState, 0) | {row[0]: row[1] for row in found}
    return render_template(
        "intake/list.html",
        page=page,
        reviews={row.id: review_of(session, row) for row in page.rows if not row.is_destroyed},
        state=state,
        counts=counts,
        outcomes=outcomes or [],
        agreement_address=agreement_address,
        error=error,
        now=clock.now(session),
    )


@blueprint.get("/<int:import_id>")
def review(import_id: int) -> ResponseReturnValue:
    return _review_page(import_id)


@blueprint.post("/<int:import_id>/contacts")
def show_contacts(import_id: int) -> ResponseReturnValue:
    """Show the contact data in clear in the answer itself; the page asked for again is masked again."""
    try:
        with unit_of_work() as session:
            imported = import_of_id(session, import_id)
            reveal(session, imported, reason=request.form.get("reason", ""), actor=g.actor, now=clock.now(session))
    except InvalidInput as error:
        return _review_page(import_id, error), error.status
    return _review_page(import_id, in_clear=True)


@blueprint.post("/<int:import_id>/correct")
def correct(import_id: int) -> ResponseReturnValue:
    try:
        form = read_correction(request.form)
        with unit_of_work() as session:
            changed = actions.correct_field(
                session,
                import_of_id(session, import_id),
                form.field,
                form.value,
                reason=form.reason,
                version=form.version,
                actor=g.actor,
                now=clock.now(session),
            )
    except InvalidInput as error:
        return _review_page(import_id, error, correcting=request.form), error.status
    flash(
        gettext("The correction is kept beside what was read.") if changed else gettext("Nothing changed."),
        "success" if changed else "info",
    )
    return redirect(url_for("intake.review", import_id=import_id, _anchor=f"field-{_row_of(form.field)}"))


def _row_of(field: str) -> str:
    """Return the row of the page that shows a field: the parts of a term share one."""
    return ".".join(field.split(".")[:2]) if field.startswith("terms.") else field


@blueprint.post("/<int:import_id>/warnings/<int:warning_id>")
def acknowledge(import_id: int, warning_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        imported = import_of_id(session, import_id)
        actions.acknowledge_warning(
            session,
            imported,
            warning_id,
            note=request.form.get("note", ""),
            actor=g.actor,
            now=clock.now(session),
        )
        session.refresh(imported)
        waiting = [warning.id for warning in imported.warnings if warning.acknowledged_at is None]
    anchor = f"warning-{waiting[0]}" if waiting else "amounts"
    return redirect(url_for("intake.review", import_id=import_id, _anchor=anchor))


@blueprint.post("/<int:import_id>/confirm")
def confirm(import_id: int) -> ResponseReturnValue:
    amount = read_amount(request.form)
    with unit_of_work() as session:
        actions.confirm_amount(
            session,
            import_of_id(session, import_id),
            amount,
            request.form.get("value", ""),
            actor=g.actor,
            now=clock.now(session),
        )
    return redirect(url_for("intake.review", import_id=import_id, _anchor="amounts"))


@blueprint.post("/<int:import_id>/discard")
def discard(import_id: int) -> ResponseReturnValue:
    version = read_version(request.form)
    with unit_of_work() as session:
        actions.discard(
            session, import_of_id(session, import_id), version=version, actor=g.actor, now=clock.now(session)
        )
    flash(gettext("The review is laid aside. Uploading the file again opens it again."), "success")
    return redirect(url_for("intake.index"))


@blueprint.post("/<int:import_id>/register")
def register(import_id: int) -> ResponseReturnValue:
    try:
        form = read_registration(request.form)
        with unit_of_work() as session:
            registration = actions.register(
                session,
                import_of_id(session, import_id),
                product_code=form.product_code,
                tenant_key=form.tenant_key,
                actor=g.actor,
                now=clock.now(session),
            )
            order_no = registration.agreement.order_no
    except LuyueError as error:
        if error.field is None:
            raise
        return _review_page(import_id, error, registering=request.form), error.status
    if registration.has_joined:
        flash(gettext("The contract has joined order %(order_no)s.", order_no=order_no), "success")
    elif registration.created:
        flash(gettext("The agreement is registered; it awaits payment."), "success")
    else:
        flash(gettext("Order %(order_no)s was registered before; nothing was changed.", order_no=order_no), "info")
    return redirect(agreement_address(order_no))


def agreement_address(order_no: str) -> str:
    """Return the address of the agreement's page, which a higher room shows."""
    return f"/agreements/{quote(order_no, safe='')}"


def _review_page(
    import_id: int,
    error: LuyueError | None = None,
    *,
    correcting: Any = None,
    registering: Any = None,
    in_clear: bool = False,
) -> str:
    require(g.actor, Permission.READ)
    session = db.session()
    imported = import_of_id(session, import_id)
    draft, text = review_of(session, imported), text_of(session, imported)
    groups, history = field_groups(draft), _history(session, imported)
    is_concealed = not in_clear and not sees_contacts(imported, g.actor)
    if is_concealed:
        text, groups = concealed_text(text, draft), concealed_rows(groups, draft)
        history = concealed_history(history)
    same, missing = agreement_of_same_order(session, draft), missing_fields(draft)
    joins = same if same is not None and awaits_contract(session, same) else None
    form = form_of(imported.form_version) if imported.form_version else built_in_form()
    waiting = [warning for warning in imported.warnings if warning.acknowledged_at is None]
    found = departures(imported, text)
    amounts = [
        (amount, draft.amount(amount), _confirmed_by(imported, amount, draft.amount(amount))) for amount in Amount
    ]
    return render_template(
        "intake/review.html",
        imported=imported,
        draft=draft,
        segments=segments(text, draft.read["evidence"]),
        groups=groups,
        is_concealed=is_concealed,
        concealed=CONCEALED if is_concealed else (),
        steps=list(arithmetic(draft)),
        terms=term_rows(draft, form),
        departures=found,
        deviation_groups=grouped(found),
        forms=forms_in_force(session),
        extras=extra_rows(draft),
        warnings=[(warning, meaning_of(warning.code, warning.detail)) for warning in imported.warnings],
        waiting=waiting,
        amounts=amounts,
        unconfirmed=unconfirmed_amounts(imported, draft),
        missing=missing,
        history=history,
        same_order=None if joins else same,
        joins=joins,
        compared=compared_facts(facts_of(draft), joins) if joins and not missing else (),
        agreement_address=agreement_address,
        tenant_key=known_tenant_key(session, draft),
        products=list(session.scalars(select(Product).order_by(Product.code).limit(200))),
        error=error,
        correcting=correcting,
        registering=registering or {},
        now=clock.now(session),
    )


def _confirmed_by(imported: ContractImport, amount: Amount, value: str | None) -> Any:
    return next((row for row in imported.confirmations if (row.amount, row.value) == (amount, value)), None)


def _history(session: Session, imported: ContractImport) -> dict[str, list[dict[str, Any]]]:
    """Return each field's corrections, oldest first."""
    history: dict[str, list[dict[str, Any]]] = {}
    for row in imported.corrections:
        before, after = correction_values(session, row)
        history.setdefault(row.field, []).append({"before": before, "after": after, "row": row})
    return history
