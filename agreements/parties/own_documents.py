"""Our own documents (clause 4.1): we warrant that we exist validly, so our licences are kept with their validity."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date
from agreements.parties.actions import Upload, keep_upload

CLAUSE = "4.1"


class OwnDocumentType(StrEnum):
    """What we hold to be what we warrant."""

    BUSINESS_LICENCE = "business_licence"
    TELECOM_LICENCE = "telecom_licence"
    SECURITY_FILING = "security_filing"
    SOURCE_AUTHORISATION = "source_authorisation"
    OTHER = "other"


class OwnDocument(Base):
    """A document of ours. `expires_on` is its last day of validity; a renewal names the version before, both stay."""

    __tablename__ = "own_document"
    __table_args__ = (
        CheckConstraint("expires_on IS NULL OR issued_on IS NULL OR expires_on >= issued_on", name="validity"),
        CheckConstraint("replaces_id IS NULL OR replaces_id < id", name="replaces_an_earlier_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[OwnDocumentType] = mapped_column(enum_type(OwnDocumentType))
    number: Mapped[str | None] = mapped_column(String(80))
    issuer: Mapped[str | None] = mapped_column(String(120))
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("own_document.id"), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    file: Mapped[StoredFile] = relationship()


def own_document_of_id(session: Session, document_id: int) -> OwnDocument:
    document = session.get(OwnDocument, document_id)
    if document is None:
        raise NotFound(N_("There is no document %(number)s."), field="document", number=document_id)
    return document


def record_own_document(
    session: Session,
    document_type: OwnDocumentType,
    *,
    upload: Upload,
    number: str | None,
    issuer: str | None,
    issued_on: date | None,
    expires_on: date | None,
    replaces: OwnDocument | None,
    actor: Actor,
    now: datetime,
) -> OwnDocument:
    """Clause 4.1: keep a document of ours; the scheduler warns us before it ends."""
    require(actor, Permission.MANAGE_OWN_DOCUMENTS)
    if issued_on is not None and issued_on > legal_date(now):
        raise InvalidInput(N_("A document can't be issued in the future."), field="issued_on")
    if issued_on is not None and expires_on is not None and expires_on < issued_on:
        raise InvalidInput(N_("The document would expire before it was issued."), field="expires_on")
    if replaces is not None and replaces.type is not document_type:
        raise InvalidInput(N_("A renewal is of the same kind."), field="type", clause=CLAUSE)
    if replaces is not None and is_replaced(session, replaces):
        raise Conflict(
            N_("This document is renewed already."), clause=CLAUSE, remedy=N_("Renew the version that took its place.")
        )
    row = OwnDocument(
        type=document_type,
        number=number,
        issuer=issuer,
        issued_on=issued_on,
        expires_on=expires_on,
        file_id=keep_upload(session, upload, now=now).id,
        replaces_id=replaces.id if replaces else None,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(row)
    session.flush()  # the audit row names its id
    audit.record(
        session,
        actor=actor,
        act="own_document.recorded",
        subject=f"own_document:{row.id}",
        clause=CLAUSE,
        now=now,
        details={"type": document_type.value, "file_id": row.file_id, "replaces": row.replaces_id},
    )
    return row


def is_replaced(session: Session, document: OwnDocument) -> bool:
    """Say whether a renewal took a document's place."""
    return session.scalar(select(OwnDocument.id).where(OwnDocument.replaces_id == document.id)) is not None


def own_documents(session: Session) -> list[OwnDocument]:
    """Return what is current, the earliest end first, then what was replaced."""
    renewal = aliased(OwnDocument)
    replaced = select(renewal.id).where(renewal.replaces_id == OwnDocument.id).exists()
    return list(
        session.scalars(
            select(OwnDocument).order_by(
                replaced, OwnDocument.expires_on.is_(None), OwnDocument.expires_on, OwnDocument.id
            )
        )
    )
