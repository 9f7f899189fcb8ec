"""`/api/v1/imports`: reviews of contract files."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.intake import actions, form_actions
from agreements.intake.api_schemas import (
    FormChoiceBody,
    ImportAmountBody,
    ImportCorrectionBody,
    ImportDeviationsBody,
    ImportDiscardBody,
    ImportFileBody,
    ImportNoteBody,
    ImportPage,
    ImportQuery,
    ImportRegisterBody,
    ImportShown,
)
from agreements.intake.beside import departures
from agreements.intake.concealing import concealed_text
from agreements.intake.fields import KNOWN
from agreements.intake.import_record import (
    agreement_of_same_order,
    import_of_id,
    review_of,
    text_of,
    unconfirmed_amounts,
)
from agreements.intake.loading import SourceText, source_of
from agreements.intake.models import Amount, ContractImport, ImportState
from agreements.intake.registering import missing_fields
from agreements.intake.reviewed import Reviewed
from agreements.intake.uploads import contract_upload
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.errors import N_, Conflict
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID, content_of
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.kernel.web.rest_once import Created
from agreements.parties.actions import Upload
from agreements.register.contract_joining import awaits_contract

imports = RestRoom(
    "imports",
    __name__,
    path="/imports",
    description="Contract files under review: what was read, its warnings, and each clause that departs from the"
    " standard form. Many files at once go to /import-batches. Addresses, contacts and telephone numbers are not told.",
)
ONE = f"/<{ID}:import_id>"
NOT_TOLD = ("address", "contact", "phone")


@imports.reads("", answers=ImportPage, query=ImportQuery)
def listed(*, state: str, page: int, size: int) -> dict[str, Any]:
    """Imports in a state, the newest first."""
    session = db.session()
    rows = select(ContractImport).where(ContractImport.state == ImportState(state)).order_by(ContractImport.id.desc())
    found = page_of_rows(session, rows, page=page, size=size)
    found["items"] = [_row(session, imported) for imported in found["items"]]
    return found


@imports.reads(ONE, answers=ImportShown)
def one(import_id: int) -> dict[str, Any]:
    """One import with its fields, warnings, amounts and deviations."""
    return _shown(db.session(), import_id)


def _read(*, file: dict[str, Any]) -> dict[str, Any]:
    """Read a file before the transaction begins: it may take its time."""
    require(g.actor, Permission.IMPORT_AGREEMENT)
    upload = contract_upload(file["name"], content_of(file, "file"))
    return {"upload": upload, "source": source_of(upload.name, upload.content)}


@imports.acts("", takes=ImportFileBody, answers=ImportShown, status=HTTPStatus.CREATED, prepares=_read)
def take_in(session: Session, *, now: datetime, upload: Upload, source: SourceText) -> Created:
    """Take in a contract file for review; the same file again answers the review it has, and opens a discarded one."""
    imported = actions.take_in(session, upload, source, actor=g.actor, now=now)
    session.flush()  # its id is told
    return Created(_shown(session, imported.id), url_for(f"{imports.name}.one", import_id=imported.id))


@imports.acts(f"{ONE}/discard", takes=ImportDiscardBody, answers=ImportShown)
def discard(session: Session, *, now: datetime, import_id: int, version: int) -> dict[str, Any]:
    """Lay a review aside; the file stays."""
    actions.discard(session, import_of_id(session, import_id), version=version, actor=g.actor, now=now)
    return _shown(session, import_id)


@imports.acts(f"{ONE}/warnings/<{ID}:warning_id>/acknowledge", takes=ImportNoteBody, answers=ImportShown)
def acknowledge_warning(
    session: Session, *, now: datetime, import_id: int, warning_id: int, note: str
) -> dict[str, Any]:
    """Acknowledge one warning."""
    imported = import_of_id(session, import_id)
    actions.acknowledge_warning(session, imported, warning_id, note=note, actor=g.actor, now=now)
    return _shown(session, import_id)


@imports.acts(f"{ONE}/deviations/acknowledge", takes=ImportDeviationsBody, answers=ImportShown)
def acknowledge_deviations(
    session: Session, *, now: datetime, import_id: int, deviations: list[int], note: str
) -> dict[str, Any]:
    """Acknowledge a clause that departs from the standard form, or several that are merely worded otherwise."""
    imported = import_of_id(session, import_id)
    actions.acknowledge_deviations(session, imported, deviations, note=note, actor=g.actor, now=now)
    return _shown(session, import_id)


@imports.acts(f"{ONE}/amounts/confirm", takes=ImportAmountBody, answers=ImportShown)
def confirm_amount(session: Session, *, now: datetime, import_id: int, amount: Amount, value: str) -> dict[str, Any]:
    """Confirm an amount that was compared with the text."""
    actions.confirm_amount(session, import_of_id(session, import_id), amount, value, actor=g.actor, now=now)
    return _shown(session, import_id)


@imports.acts(f"{ONE}/corrections", takes=ImportCorrectionBody, answers=ImportShown)
def correct(
    session: Session, *, now: datetime, import_id: int, version: int, field: str, value: str, reason: str
) -> dict[str, Any]:
    """Correct a field that was misread; what was read stays beside it."""
    imported = import_of_id(session, import_id)
    actions.correct_field(session, imported, field, value, reason=reason, version=version, actor=g.actor, now=now)
    return _shown(session, import_id)


@imports.acts(f"{ONE}/form", takes=FormChoiceBody, answers=ImportShown)
def choose_form(
    session: Session, *, now: datetime, import_id: int, version: int, form_version_id: int
) -> dict[str, Any]:
    """Compare with another standard form in force."""
    chosen = form_actions.version_of_id(session, form_version_id)
    actions.choose_form(session, import_of_id(session, import_id), chosen, version=version, actor=g.actor, now=now)
    return _shown(session, import_id)


@imports.acts(f"{ONE}/register", takes=ImportRegisterBody, answers=ImportShown)
def register(
    session: Session, *, now: datetime, import_id: int, product_code: str | None, tenant_key: str | None
) -> dict[str, Any]:
    """Register the agreement, or join the contract to its order; the same order from another file is refused (E-49)."""
    imported = import_of_id(session, import_id)
    actions.register(session, imported, product_code=product_code, tenant_key=tenant_key, actor=g.actor, now=now)
    if imported.agreement is None:
        raise Conflict(
            N_("Order %(order_no)s is registered already, from another file."),
            code="ORDER_REGISTERED",
            field="order.order_no",
            remedy=N_("Correct the order number if it was misread; else lay this review aside."),
            order_no=review_of(session, imported).value("order.order_no"),
        )
    return _shown(session, import_id)


def _row(session: Session, imported: ContractImport) -> dict[str, Any]:
    """Tell the row; once the text was destroyed, by the agreement that it became."""
    agreement = imported.agreement
    if imported.is_destroyed and agreement is not None:
        order_no: Any = agreement.order_no
        party_a: Any = agreement.tenant.party.name
    else:
        review = review_of(session, imported)
        order_no, party_a = review.value("order.order_no"), review.value("parties.party_a.name")
    return {
        "id": imported.id,
        "version": imported.version,
        "state": imported.state,
        "source_name": imported.source_name,
        "order_no": order_no,
        "party_a": party_a,
        "agreement": agreement.order_no if agreement else None,
        "created_by": imported.created_by,
        "created_at": imported.created_at,
    }


def _duplicate_of(session: Session, imported: ContractImport, review: Reviewed) -> str | None:
    """Return the order number where an agreement has it whose contract is known, from another file."""
    same = agreement_of_same_order(session, review) if imported.agreement is None else None
    return same.order_no if same is not None and not awaits_contract(session, same) else None


def _shown(session: Session, import_id: int) -> dict[str, Any]:
    imported = import_of_id(session, import_id)
    review = review_of(session, imported)
    left = unconfirmed_amounts(imported, review)
    return {
        **_row(session, imported),
        "form_version_id": imported.form_version_id,
        "form": imported.form_version.form.key if imported.form_version else None,
        "fields_read": {name: review.value(name) for name in KNOWN if not name.endswith(NOT_TOLD)},
        "evidence": {name: span for name, span in review.read["evidence"].items() if not name.endswith(NOT_TOLD)},
        "missing": list(missing_fields(review)),
        "duplicate_of": _duplicate_of(session, imported, review),
        "amounts": [
            {"amount": amount, "value": review.amount(amount), "is_confirmed": amount not in left} for amount in Amount
        ],
        "warnings": imported.warnings,
        "deviations": [
            {
                "id": one.row.id,
                "kind": one.row.kind,
                "clause": one.row.clause.number if one.row.clause else None,
                "number": one.row.number,
                "terms": one.row.terms,
                "here": "".join(piece.text for piece in one.here) or None,
                "standard": "".join(piece.text for piece in one.standard) or None,
                "acknowledged_by": one.row.acknowledged_by,
                "acknowledged_at": one.row.acknowledged_at,
            }
            for one in departures(imported, concealed_text(text_of(session, imported), review))
        ],
    }
