"""What a person does with a draft before it is registered: correct, acknowledge, confirm, lay aside."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from agreements.intake.comparing import acknowledge_deviations, open_deviations
from agreements.intake.fields import as_stored, known_field, parse_correction
from agreements.intake.import_record import (
    keyring_of,
    move,
    raise_version,
    record,
    require_open,
    require_version,
    review_of,
    unconfirmed_amounts,
    warn,
)
from agreements.intake.models import (
    Amount,
    ContractImport,
    ImportConfirmation,
    ImportCorrection,
    ImportState,
    ReviewWarning,
)
from agreements.intake.reviewed import consequences
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.crypto import Place
from agreements.kernel.errors import N_, InvalidInput, NotFound, Stale

LONGEST_NOTE = 500


def correct_field(
    session: Session,
    imported: ContractImport,
    field_name: str,
    written: str,
    *,
    reason: str,
    version: int,
    actor: Actor,
    now: datetime,
) -> bool:
    """Keep a corrected value beside what was read; warnings that follow from it must be acknowledged too.

    written  as typed; empty means that the text has no such field
    version  of the import as the person saw it; an older one raises Stale
    Returns False, writing nothing, where the field has that value already.
    """
    require(actor, Permission.IMPORT_AGREEMENT)
    require_open(imported)
    field = known_field(field_name)
    value = parse_correction(field, written)
    reason = _line(reason, "reason")
    if not reason:
        raise InvalidInput(
            N_("A correction needs its reason."), field="reason", remedy=N_("Say where the agreement says so.")
        )
    before = review_of(session, imported)
    if before.value(field.name) == value:
        return False
    raise_version(session, imported, version)
    row_key, keyring, table = uuid4().hex, keyring_of(session), ImportCorrection.__tablename__
    correction = ImportCorrection(
        row_key=row_key,
        import_id=imported.id,
        field=field.name,
        before_sealed=keyring.encrypt(as_stored(before.value(field.name)), Place(table, "before_sealed", row_key)),
        after_sealed=keyring.encrypt(as_stored(value), Place(table, "after_sealed", row_key)),
        reason=reason,
        corrected_by=actor.name,
        corrected_at=now,
    )
    session.add(correction)
    session.flush()  # the review below reads it; the audit row names its id
    session.refresh(imported)
    _warn_of_consequences(session, imported, field.name)
    details = {"correction_id": correction.id, "field": field.name}
    record(session, imported, "import.corrected", actor=actor, now=now, details=details)
    return True


def acknowledge_warning(
    session: Session, imported: ContractImport, warning_id: int, *, note: str = "", actor: Actor, now: datetime
) -> bool:
    """Record that a person looked at one warning and accepts it. Returns False where somebody did so before."""
    require(actor, Permission.REGISTER_AGREEMENT)
    require_open(imported)
    if warning_id not in {warning.id for warning in imported.warnings}:
        raise NotFound(N_("This import has no such warning."), remedy=N_("Open the review again."))
    return _acknowledge(session, imported, warning_id, note=_line(note, "note"), reason=None, actor=actor, now=now)


def confirm_amount(
    session: Session, imported: ContractImport, amount: Amount, value: str, *, actor: Actor, now: datetime
) -> bool:
    """Record that a person compared an amount with the text.

    value  the amount as the person saw it; another one now raises Stale. Returns False where it was confirmed before.
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    require_open(imported)
    if review_of(session, imported).amount(amount) != value:
        raise Stale(
            N_("This is not the amount on record."), field=amount.value, remedy=N_("Look at it again, then confirm.")
        )
    return _confirm(session, imported, amount, value, actor=actor, now=now)


def accept_all(session: Session, imported: ContractImport, *, note: str, actor: Actor, now: datetime) -> None:
    """Acknowledge every warning and deviation and confirm every amount at once, as an import that is told to does.

    note  why, for the audit trail
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    require_open(imported)
    for warning in imported.warnings:
        _acknowledge(session, imported, warning.id, note="", reason=note, actor=actor, now=now)
    if departing := [row.id for row in open_deviations(imported)]:
        acknowledge_deviations(session, imported, departing, actor=actor, now=now, reason=note)
    review = review_of(session, imported)
    for amount in unconfirmed_amounts(imported, review):
        value = review.amount(amount)
        if value is not None:
            _confirm(session, imported, amount, value, actor=actor, now=now)
    session.refresh(imported)


def discard(session: Session, imported: ContractImport, *, version: int, actor: Actor, now: datetime) -> None:
    """Lay a review aside; the file and what was done stay, and uploading it again opens it again."""
    require(actor, Permission.IMPORT_AGREEMENT)
    require_open(imported)
    require_version(imported, version)
    move(session, imported, ImportState.DISCARDED, act="import.discarded", actor=actor, now=now)


def _warn_of_consequences(session: Session, imported: ContractImport, changed: str) -> None:
    """Add the warnings that a correction gives rise to, unless the same one still waits for a person."""
    waiting = {(warning.code, warning.detail) for warning in imported.warnings if warning.acknowledged_at is None}
    for warning, fields in consequences(review_of(session, imported)):
        code, _, detail = warning.partition(":")
        if changed in fields and (code, detail) not in waiting:
            warn(session, imported, code, detail)
    session.flush()
    session.refresh(imported)


def _acknowledge(
    session: Session,
    imported: ContractImport,
    warning_id: int,
    *,
    note: str,
    reason: str | None,
    actor: Actor,
    now: datetime,
) -> bool:
    code = session.scalar(
        update(ReviewWarning)
        .where(ReviewWarning.id == warning_id, ReviewWarning.acknowledged_at.is_(None))
        .values(acknowledged_by=actor.name, acknowledged_at=now, note=note or None)
        .returning(ReviewWarning.code)
    )
    if code is None:
        return False
    details = {"warning_id": warning_id, "code": code}
    record(session, imported, "import.warning_acknowledged", actor=actor, now=now, details=details, reason=reason)
    return True


def _confirm(
    session: Session, imported: ContractImport, amount: Amount, value: str, *, actor: Actor, now: datetime
) -> bool:
    if any((row.amount, row.value) == (amount, value) for row in imported.confirmations):
        return False
    session.add(
        ImportConfirmation(import_id=imported.id, amount=amount, value=value, confirmed_by=actor.name, confirmed_at=now)
    )
    session.flush()
    session.refresh(imported)
    details = {"amount": amount.value, "value": value}
    record(session, imported, "import.amount_confirmed", actor=actor, now=now, details=details)
    return True


def _line(written: str, field: str) -> str:
    written = " ".join(written.split())
    if len(written) > LONGEST_NOTE:
        raise InvalidInput(
            N_("Write at most %(most)s characters."), field=field, remedy=N_("Shorten it."), most=LONGEST_NOTE
        )
    return written
