"""Taking in a contract file and registering what a person verified (main agreement 一, E-49)."""

import json
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.intake.comparing import acknowledge_deviations, choose_form, compare_with_nearest, open_deviations
from agreements.intake.drafting import read_source
from agreements.intake.import_record import (
    TABLE,
    agreement_of_same_order,
    keyring_of,
    move,
    record,
    require_open,
    review_of,
    unconfirmed_amounts,
    warn,
)
from agreements.intake.loading import SourceText, source_of
from agreements.intake.models import ContractImport, ImportState
from agreements.intake.registering import contact_of, facts_of
from agreements.intake.reviewed import Reviewed, draft_snapshot
from agreements.intake.reviewing import accept_all, acknowledge_warning, confirm_amount, correct_field, discard
from agreements.intake.working_days import working_days_of
from agreements.kernel import files
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.crypto import Place
from agreements.kernel.errors import N_, Conflict, InvalidInput
from agreements.parties.actions import Upload
from agreements.register.actions import Registration, register_agreement
from agreements.register.contract_joining import awaits_contract, join_contract

READ_UNSURELY = "read_unsurely"
"""Warning about one field: what was read of it is taken only when a person has compared it with the file."""

__all__ = [
    "accept_all",
    "acknowledge_deviations",
    "acknowledge_warning",
    "choose_form",
    "confirm_amount",
    "correct_field",
    "discard",
    "register",
    "take_in",
]


def take_in(
    session: Session, upload: Upload, source: SourceText | None = None, *, actor: Actor, now: datetime
) -> ContractImport:
    """Keep a contract file for review, with what was read in it.

    source  the upload's text where it was read before this transaction, as should be whatever takes its time; else it
            is read here

    What can't be read or is no agreement raises InvalidInput and writes nothing. The same content again returns the
    same review; a discarded one is open again.
    """
    require(actor, Permission.IMPORT_AGREEMENT)
    source = source or source_of(upload.name, upload.content)
    draft = read_source(source, is_working_day=working_days_of(working_calendar(session)))
    file = files.keep(session, upload.content, name=upload.name, media_type=upload.media_type, now=now)
    known = session.scalar(select(ContractImport).where(ContractImport.file_id == file.id))
    if known is not None:
        if known.state is ImportState.DISCARDED:
            move(session, known, ImportState.UNDER_REVIEW, act="import.reopened", actor=actor, now=now)
        return known
    row_key, keyring = uuid4().hex, keyring_of(session)
    imported = ContractImport(
        row_key=row_key,
        file_id=file.id,
        source_name=upload.name,
        text_sealed=keyring.encrypt(source.text, Place(TABLE, "text_sealed", row_key)),
        draft_sealed=keyring.encrypt(
            json.dumps(draft_snapshot(draft, source.text), ensure_ascii=False), Place(TABLE, "draft_sealed", row_key)
        ),
        state=ImportState.UNDER_REVIEW,
        version=1,
        created_by=actor.name,
        created_at=now,
    )
    session.add(imported)
    session.flush()  # warnings and audit name its id
    for warning in draft.warnings:
        code, _, detail = warning.partition(":")
        warn(session, imported, code, detail)
    for field in draft.unsure_fields:
        warn(session, imported, READ_UNSURELY, field)
    session.flush()
    compare_with_nearest(session, imported, source.text, now=now)
    record(session, imported, "import.taken_in", actor=actor, now=now, details={"file_id": file.id})
    return imported


def register(
    session: Session,
    imported: ContractImport,
    *,
    product_code: str | None,
    tenant_key: str | None,
    actor: Actor,
    now: datetime,
) -> Registration:
    """Main 一: register the agreement that a person verified.

    An order that a list registered before gets its contract, and keeps its product and tenant. Else the same order
    again changes nothing, from whatever file (E-49). A warning or a deviation that nobody acknowledged,
    an unconfirmed amount or a missing mandatory field raises; so does a new order without a product code.
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    session.refresh(imported)
    if imported.agreement is not None:
        return Registration(imported.agreement, created=False)
    review = review_of(session, imported)
    known = agreement_of_same_order(session, review)
    if known is not None and not awaits_contract(session, known):
        return Registration(known, created=False)
    require_open(imported)
    _require_acknowledged(imported)
    _require_compared(imported)
    facts = facts_of(review)
    _require_confirmed(imported, review)
    if known is not None:
        contact = contact_of(review)
        join_contract(session, known, facts, contact=contact, document=imported.file, actor=actor, now=now)
        move(session, imported, ImportState.REGISTERED, act="import.joined", agreement=known, actor=actor, now=now)
        return Registration(known, created=False, has_joined=True)
    registration = register_agreement(
        session,
        facts,
        product_code=_named(product_code),
        tenant_key=tenant_key,
        contact=contact_of(review),
        document=imported.file,
        actor=actor,
        now=now,
    )
    agreement = registration.agreement
    move(session, imported, ImportState.REGISTERED, act="import.registered", agreement=agreement, actor=actor, now=now)
    return registration


def _named(product_code: str | None) -> str:
    code = (product_code or "").strip()
    if not code:
        raise InvalidInput(
            N_("The product code is missing."),
            field="product_code",
            remedy=N_("Name the product as the gateway does, such as id2-verify."),
        )
    return code


def _require_acknowledged(imported: ContractImport) -> None:
    left = [warning for warning in imported.warnings if warning.acknowledged_at is None]
    if left:
        raise Conflict(
            N_("%(count)s warnings are not acknowledged yet, the first is %(first)s."),
            code="WARNINGS_NOT_ACKNOWLEDGED",
            clause="一",
            field="warnings",
            remedy=N_("Read each of them and acknowledge it on the review page."),
            count=len(left),
            first=left[0].code,
        )


def _require_compared(imported: ContractImport) -> None:
    left = open_deviations(imported)
    if left:
        raise Conflict(
            N_("%(count)s clauses that depart from the standard form are not acknowledged yet."),
            code="DEVIATIONS_NOT_ACKNOWLEDGED",
            clause="二 2",
            field="deviations",
            remedy=N_("Read each of them beside the standard clause and acknowledge it on the review page."),
            count=len(left),
        )


def _require_confirmed(imported: ContractImport, review: Reviewed) -> None:
    left = unconfirmed_amounts(imported, review)
    if left:
        raise Conflict(
            N_("An amount is not confirmed yet: %(amount)s."),
            code="AMOUNTS_NOT_CONFIRMED",
            clause="一",
            field=left[0].value,
            remedy=N_("Compare it with the agreement's text and confirm it."),
            amount=left[0].value,
        )
