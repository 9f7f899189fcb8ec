"""Seals and their uses, our documents, and the vault of official copies."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.access.models import Person
from agreements.kernel.access.rules import ActorKind, Role
from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.paper.rules import PaperKind, PaperLanguage, SealKind, SignatureAnswer
from agreements.parties.models import Tenant
from agreements.register.models import Agreement


class Seal(Base):
    """A seal of ours. `name` stands on the arc, `line` under the star. A retired one is never used again.

    One seal of a kind is in use at a time.
    """

    __tablename__ = "seal"
    __table_args__ = (
        CheckConstraint("length(name) >= 2", name="name"),
        CheckConstraint("(retired_at IS NULL) = (retired_by IS NULL)", name="retired_by"),
        CheckConstraint("(retired_at IS NULL) = (retired_reason IS NULL)", name="retired_reason"),
        Index(
            "uq_seal_in_use",
            "kind",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[SealKind] = mapped_column(enum_type(SealKind))
    name: Mapped[str] = mapped_column(String(40))
    line: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(String(120))
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    retired_by: Mapped[str | None] = mapped_column(String(120))
    retired_reason: Mapped[str | None] = mapped_column(String(400))

    holders: Mapped[list["SealHolder"]] = relationship(cascade="all, delete-orphan", order_by="SealHolder.id")


class SealHolder(Base):
    """A person or a role that may use a seal; each change of the list is in the audit trail."""

    __tablename__ = "seal_holder"
    __table_args__ = (
        CheckConstraint("(role IS NULL) <> (person_id IS NULL)", name="role_or_person"),
        UniqueConstraint("seal_id", "role"),
        UniqueConstraint("seal_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seal_id: Mapped[int] = mapped_column(ForeignKey("seal.id"))
    role: Mapped[Role | None] = mapped_column(enum_type(Role))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person | None] = relationship()


class OfficialDocument(Base):
    """A document that we made, sealed and signed. Append-only.

    number              what it is found by; bears a keyed mark, so that numbers can't be guessed
    unsigned_sha256     of the bytes before the signature: the same content gives the same
    signed_sha256       of the file as issued
    certificate_sha256  fingerprint of the signing certificate; is_trial where that is the development one
    subject             what it was made for, such as "notice:12"; None for a document of nothing in particular
    content_sha256      of what it says; one subject has one document of one content
    stamped_file_id     the same file with a timestamp after it, added once; timestamped_at: as the authority says
    """

    __tablename__ = "official_document"
    __table_args__ = (
        UniqueConstraint("year", "sequence"),
        UniqueConstraint("subject", "content_sha256"),
        CheckConstraint("(subject IS NULL) = (content_sha256 IS NULL)", name="subject"),
        CheckConstraint("(stamped_file_id IS NULL) = (timestamped_at IS NULL)", name="timestamped"),
        CheckConstraint("length(unsigned_sha256) = 64 AND length(signed_sha256) = 64", name="hashes"),
        CheckConstraint("pages >= 1", name="pages"),
        Index(None, "agreement_id", "issued_at"),
        Index(None, "tenant_id", "issued_at"),
        Index(None, "issued_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    year: Mapped[int]
    sequence: Mapped[int]
    kind: Mapped[PaperKind] = mapped_column(enum_type(PaperKind))
    language: Mapped[PaperLanguage] = mapped_column(enum_type(PaperLanguage))
    title: Mapped[str] = mapped_column(String(200))
    clause: Mapped[str] = mapped_column(String(40))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    subject: Mapped[str | None] = mapped_column(String(60))
    content_sha256: Mapped[str | None] = mapped_column(String(64))
    unsigned_sha256: Mapped[str] = mapped_column(String(64))
    signed_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    pages: Mapped[int]
    certificate_sha256: Mapped[str] = mapped_column(String(64))
    is_trial: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_trial"))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    issued_by: Mapped[str] = mapped_column(String(120))
    stamped_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    timestamped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    agreement: Mapped[Agreement | None] = relationship()
    tenant: Mapped[Tenant] = relationship()
    file: Mapped[StoredFile] = relationship(foreign_keys=[file_id])
    stamped_file: Mapped[StoredFile | None] = relationship(foreign_keys=[stamped_file_id])
    use: Mapped["SealUse"] = relationship(back_populates="document")

    @property
    def latest_file(self) -> StoredFile:
        """What is handed out: the file with its timestamp, once there is one."""
        return self.stamped_file or self.file


class SealUse(Base):
    """One use of a seal on one document. Append-only."""

    __tablename__ = "seal_use"
    __table_args__ = (Index(None, "seal_id", "used_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seal_id: Mapped[int] = mapped_column(ForeignKey("seal.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("official_document.id"), unique=True)
    used_at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_kind: Mapped[ActorKind] = mapped_column(enum_type(ActorKind))
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(120))

    seal: Mapped[Seal] = relationship()
    document: Mapped[OfficialDocument] = relationship(back_populates="use")


class VaultCopy(Base):
    """An official copy that somebody brought, with what the check of its signatures said when it came in (main 三 2).

    signed_sha256   of the bytes that the first signature covers; None without a signature
    text_sha256     of its text, white space left out
    signatures      what the check said of each, in the file's order
    is_formal       it is the agreement's formal copy; one at a time
    """

    __tablename__ = "vault_copy"
    __table_args__ = (
        CheckConstraint("pages >= 1", name="pages"),
        CheckConstraint("(answer = 'no_signature') = (signed_sha256 IS NULL)", name="signed_content"),
        CheckConstraint("NOT is_formal OR (agreement_id IS NOT NULL AND answer <> 'altered')", name="formal"),
        UniqueConstraint("agreement_id", "file_id"),
        Index(
            "uq_vault_copy_formal",
            "agreement_id",
            unique=True,
            sqlite_where=text("is_formal"),
            postgresql_where=text("is_formal"),
        ),
        Index(None, "kept_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    pages: Mapped[int]
    answer: Mapped[SignatureAnswer] = mapped_column(enum_type(SignatureAnswer))
    signed_sha256: Mapped[str | None] = mapped_column(String(64))
    text_sha256: Mapped[str] = mapped_column(String(64))
    signatures: Mapped[list[Any]]
    is_formal: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_formal"))
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime)
    kept_by: Mapped[str] = mapped_column(String(120))

    agreement: Mapped[Agreement | None] = relationship()
    file: Mapped[StoredFile] = relationship()
