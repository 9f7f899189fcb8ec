"""The record of one import: opening what is sealed, warning, moving it by guarded writes."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.intake.fields import FieldValue, from_stored
from agreements.intake.models import Amount, ContractImport, ImportCorrection, ImportState, ReviewWarning
from agreements.intake.reviewed import Reviewed, reviewed
from agreements.kernel import audit
from agreements.kernel.access.rules import Actor
from agreements.kernel.crypto import Keyring, Place
from agreements.kernel.errors import N_, Conflict, NotFound, Stale
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement

TABLE = ContractImport.__tablename__


def import_of_id(session: Session, import_id: int) -> ContractImport:
    imported = session.get(ContractImport, import_id)
    if imported is None:
        raise NotFound(N_("There is no such import."), remedy=N_("Choose one from the list of imports."))
    return imported


def text_of(session: Session, imported: ContractImport) -> str:
    """Return the text that the evidence's offsets count in."""
    return keyring_of(session).decrypt(imported.text_sealed, Place(TABLE, "text_sealed", imported.row_key))


def review_of(session: Session, imported: ContractImport) -> Reviewed:
    """Return the draft with its corrections."""
    draft = keyring_of(session).decrypt(imported.draft_sealed, Place(TABLE, "draft_sealed", imported.row_key))
    if not draft:
        raise NotFound(N_("This was deleted when its retention period was over."), code="FILE_PURGED", clause="5.2")
    read: dict[str, Any] = json.loads(draft)
    return reviewed(read, {row.field: correction_values(session, row)[1] for row in imported.corrections})


def correction_values(session: Session, correction: ImportCorrection) -> tuple[FieldValue, FieldValue]:
    """Return a correction's values before and after, in clear."""
    table, keyring = ImportCorrection.__tablename__, keyring_of(session)
    before = keyring.decrypt(correction.before_sealed, Place(table, "before_sealed", correction.row_key))
    after = keyring.decrypt(correction.after_sealed, Place(table, "after_sealed", correction.row_key))
    return from_stored(before), from_stored(after)


def agreement_of_same_order(session: Session, review: Reviewed) -> Agreement | None:
    """Return the agreement that has the order number of a review already (E-49)."""
    return session.scalar(select(Agreement).where(Agreement.order_no == review.value("order.order_no")))


def known_tenant_key(session: Session, review: Reviewed) -> str | None:
    """Return the key under which the gateway knows party A already, whatever the spelling (E-50)."""
    name = review.value("parties.party_a.name")
    if name is None:
        return None
    return session.scalar(
        select(Tenant.tenant_key).join(Tenant.party).where(Party.normalised_name == normalised_name(name))
    )


def unconfirmed_amounts(imported: ContractImport, review: Reviewed) -> tuple[Amount, ...]:
    """Return the amounts that nobody has confirmed at their present value; one that is not known can't be."""
    confirmed = {(row.amount, row.value) for row in imported.confirmations}
    return tuple(amount for amount in Amount if (amount, review.amount(amount)) not in confirmed)


def require_open(imported: ContractImport) -> None:
    if imported.state is not ImportState.UNDER_REVIEW:
        raise Conflict(
            N_("This import is no longer under review."),
            code="IMPORT_CLOSED",
            remedy=N_("Upload a discarded file again to review it; a registered one is corrected on its agreement."),
        )


def require_version(imported: ContractImport, version: int) -> None:
    if imported.version != version:
        raise stale()


def stale() -> Stale:
    return Stale(
        N_("Somebody else changed this review meanwhile."), remedy=N_("Look at it again, then repeat your act.")
    )


def raise_version(session: Session, imported: ContractImport, version: int) -> None:
    raised = session.scalar(
        update(ContractImport)
        .where(
            ContractImport.id == imported.id,
            ContractImport.version == version,
            ContractImport.state == ImportState.UNDER_REVIEW,
        )
        .values(version=version + 1)
        .returning(ContractImport.id)
    )
    if raised is None:
        raise stale()


def move(
    session: Session,
    imported: ContractImport,
    target: ImportState,
    *,
    act: str,
    actor: Actor,
    now: datetime,
    agreement: Agreement | None = None,
) -> None:
    """Move a review, guarded by the state and version it was in, and record it."""
    moved = session.scalar(
        update(ContractImport)
        .where(
            ContractImport.id == imported.id,
            ContractImport.state == imported.state,
            ContractImport.version == imported.version,
        )
        .values(state=target, version=imported.version + 1, agreement_id=agreement.id if agreement else None)
        .returning(ContractImport.id)
    )
    if moved is None:
        raise stale()
    session.refresh(imported)
    record(session, imported, act, actor=actor, now=now)


def warn(session: Session, imported: ContractImport, code: str, detail: str) -> None:
    session.add(ReviewWarning(import_id=imported.id, code=code, detail=detail))


def record(
    session: Session,
    imported: ContractImport,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"import:{imported.id}",
        agreement_id=imported.agreement_id,
        clause="一",
        now=now,
        reason=reason,
        details=details,
    )


def keyring_of(session: Session) -> Keyring:
    keyring: Keyring = session.info["keyring"]
    return keyring
