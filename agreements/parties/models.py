"""Parties, tenants, contact data (encrypted), notice addresses, documents and own platforms."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.parties.rules import DocumentType, NoticeChannel, PlatformKind


class Party(Base):
    """A legal person as it names itself; one row a company, whatever the spelling."""

    __tablename__ = "party"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    normalised_name: Mapped[str] = mapped_column(unique=True)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Tenant(Base):
    """A party that buys from us. `tenant_key` is its public, stable name at the gateway."""

    __tablename__ = "tenant"
    __table_args__ = (CheckConstraint("length(tenant_key) >= 3", name="tenant_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), unique=True)
    tenant_key: Mapped[str] = mapped_column(String(60), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)

    party: Mapped[Party] = relationship()


class Contact(Base):
    """The contact block of an agreement's header, as written there; each value encrypted under `row_key`."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    name_sealed: Mapped[str | None]
    phone_sealed: Mapped[str | None]
    address_sealed: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)


class NoticeAddress(Base):
    """A signed notice address confirmation (domain 4.3): the system the tenant designated for our notices.

    One is in force at a time; a new one ends the one before.
    """

    __tablename__ = "notice_address"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= confirmed_at", name="period"),
        Index(
            "uq_notice_address_in_force",
            "tenant_id",
            "channel",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    channel: Mapped[NoticeChannel] = mapped_column(enum_type(NoticeChannel))
    address_sealed: Mapped[str]
    signed_on: Mapped[date]
    proof_file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    confirmed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    proof_file: Mapped[StoredFile] = relationship()


class QualificationDocument(Base):
    """A document of clause 3.3, checked by a person. `expires_on` is the last day of validity."""

    __tablename__ = "qualification_document"
    __table_args__ = (
        CheckConstraint("expires_on IS NULL OR issued_on IS NULL OR expires_on >= issued_on", name="validity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    type: Mapped[DocumentType] = mapped_column(enum_type(DocumentType))
    number: Mapped[str | None] = mapped_column(String(80))
    issuer: Mapped[str | None] = mapped_column(String(120))
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    sealed: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="sealed"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    verified_by: Mapped[str]
    verified_at: Mapped[datetime] = mapped_column(UTCDateTime)

    file: Mapped[StoredFile] = relationship()


class OwnPlatform(Base):
    """A platform of the tenant's own (clause 2.3); valid from an instant until `removed_at`, exclusive."""

    __tablename__ = "own_platform"
    __table_args__ = (CheckConstraint("removed_at IS NULL OR removed_at >= valid_from_at", name="validity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    kind: Mapped[PlatformKind] = mapped_column(enum_type(PlatformKind))
    identifier: Mapped[str] = mapped_column(String(200))
    proof_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    valid_from_at: Mapped[datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
