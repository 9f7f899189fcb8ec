"""Parties, tenants, contact data (encrypted), notice addresses, documents and own platforms."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.parties.identity import PartyKind
from agreements.parties.rules import (
    GENERAL,
    ContactRole,
    DocumentState,
    DocumentType,
    NoticeChannel,
    Ownership,
    PlatformKind,
    lacks_seal,
)


class Party(Base):
    """A person in law as it names itself now; one row each, whatever the spelling. Former names are `PartyName`.

    name         raw, as written; `normalised_name` is what two spellings share
    name_en      its own name in another language, None for none
    credit_code  unified social credit code (GB 32100-2015), None until known
    """

    __tablename__ = "party"
    __table_args__ = (
        CheckConstraint("credit_code IS NULL OR length(credit_code) = 18", name="credit_code"),
        Index("uq_party_credit_code", "credit_code", unique=True),  # an index, so that it could be added later
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    normalised_name: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str | None] = mapped_column(String(200))
    kind: Mapped[PartyKind] = mapped_column(
        enum_type(PartyKind), default=PartyKind.LEGAL_PERSON, server_default=PartyKind.LEGAL_PERSON.value
    )
    credit_code: Mapped[str | None] = mapped_column(String(18))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)

    former_names: Mapped[list["PartyName"]] = relationship(order_by="PartyName.until_on.desc(), PartyName.id.desc()")


class PartyName(Base):
    """A name that a party had (E-51), valid before `until_on`, the day its next name took effect. Append-only.

    cause  what the change of name was recorded as, such as "change:7"
    """

    __tablename__ = "party_name"
    __table_args__ = (CheckConstraint("length(name) > 0", name="name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    name: Mapped[str]
    normalised_name: Mapped[str] = mapped_column(index=True)
    until_on: Mapped[date]
    cause: Mapped[str | None] = mapped_column(String(80))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]


class Tenant(Base):
    """A party that buys from us. `tenant_key` is its public, stable name at the gateway.

    industry  code of one of `industries`
    """

    __tablename__ = "tenant"
    __table_args__ = (CheckConstraint("length(tenant_key) >= 3", name="tenant_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), unique=True)
    tenant_key: Mapped[str] = mapped_column(String(60), unique=True)
    industry: Mapped[str] = mapped_column(String(40), default=GENERAL, server_default=GENERAL)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)

    party: Mapped[Party] = relationship()


class Contact(Base):
    """A natural person at a tenant, or the contact block of an agreement's header; values encrypted under `row_key`.

    role             None for a header's block
    is_company_name  the contact person is a company's name, so a notice has no named addressee
    """

    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        CheckConstraint("ended_at IS NULL OR ended_at >= recorded_at", name="period"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    name_sealed: Mapped[str | None]
    phone_sealed: Mapped[str | None]
    address_sealed: Mapped[str | None]
    email_sealed: Mapped[str | None]
    role: Mapped[ContactRole | None] = mapped_column(enum_type(ContactRole))
    is_company_name: Mapped[bool] = mapped_column(
        Boolean(create_constraint=True, name="is_company_name"), default=False, server_default=false()
    )
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by: Mapped[str | None]


class NoticeAddress(Base):
    """A signed notice address confirmation (domain 4.3): the system the tenant designated for our notices.

    One a channel is in force at a time; a new one ends the one before.
    end_reason  why it was ended without another taking its place
    """

    __tablename__ = "notice_address"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= confirmed_at", name="period"),
        CheckConstraint("end_reason IS NULL OR ended_at IS NOT NULL", name="end_reason"),
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
    ended_by: Mapped[str | None]
    end_reason: Mapped[str | None]

    proof_file: Mapped[StoredFile] = relationship()


class QualificationDocument(Base):
    """A document of clause 3.3. `expires_on` is the last day of validity; only a verified one counts.

    replaces_id   the version that this one renewed; both are kept
    submitted_by  who took it in; None for one that was checked as it was taken in
    """

    __tablename__ = "qualification_document"
    __table_args__ = (
        CheckConstraint("expires_on IS NULL OR issued_on IS NULL OR expires_on >= issued_on", name="validity"),
        CheckConstraint("(state = 'verified') = (verified_at IS NOT NULL)", name="verified"),
        CheckConstraint("(verified_at IS NULL) = (verified_by IS NULL)", name="verified_by"),
        CheckConstraint("(state = 'rejected') = (rejected_at IS NOT NULL)", name="rejected"),
        CheckConstraint("(rejected_at IS NULL) = (rejected_reason IS NULL)", name="rejected_reason"),
        CheckConstraint("(rejected_at IS NULL) = (rejected_by IS NULL)", name="rejected_by"),
        CheckConstraint("replaces_id IS NULL OR replaces_id < id", name="replaces_an_earlier_one"),
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
    state: Mapped[DocumentState] = mapped_column(
        enum_type(DocumentState), default=DocumentState.VERIFIED, server_default=DocumentState.VERIFIED.value
    )
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("qualification_document.id"), index=True)
    submitted_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    verified_by: Mapped[str | None]
    verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rejected_by: Mapped[str | None]
    rejected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rejected_reason: Mapped[str | None]

    tenant: Mapped[Tenant] = relationship()
    file: Mapped[StoredFile] = relationship()

    @property
    def lacks_seal(self) -> bool:
        return lacks_seal(self.type, sealed=self.sealed)


class OwnPlatform(Base):
    """A platform of the tenant's own (clause 2.3): valid from an instant until `until_at`, exclusive.

    ownership, proof_subject, proof_number  by what it is shown to be the tenant's own, whom that names, its number
    extension_clause  instrument or clause that extends the limit to another's platform, such as an affiliate's
    recheck_on        day on which the ownership is to be looked at again
    doubted_at        the last look found another owner (E-46); it stays allowed until a person decides
    added_cause, removed_cause  the sealed request that did it, such as "adjustment:4"; None before activation
    """

    __tablename__ = "own_platform"
    __table_args__ = (
        CheckConstraint("removed_at IS NULL OR removed_at >= valid_from_at", name="validity"),
        CheckConstraint("valid_until_at IS NULL OR valid_until_at > valid_from_at", name="agreed_validity"),
        CheckConstraint("(doubted_at IS NULL) = (doubt IS NULL)", name="doubt"),
        CheckConstraint("(checked_at IS NULL) = (checked_by IS NULL)", name="checked"),
        Index(None, "recheck_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    kind: Mapped[PlatformKind] = mapped_column(enum_type(PlatformKind))
    identifier: Mapped[str] = mapped_column(String(200))
    proof_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    ownership: Mapped[Ownership | None] = mapped_column(enum_type(Ownership))
    proof_subject: Mapped[str | None] = mapped_column(String(200))
    proof_number: Mapped[str | None] = mapped_column(String(80))
    extension_clause: Mapped[str | None] = mapped_column(String(200))
    valid_from_at: Mapped[datetime] = mapped_column(UTCDateTime)
    valid_until_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recheck_on: Mapped[date | None]
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checked_by: Mapped[str | None]
    doubted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    doubt: Mapped[str | None]
    added_cause: Mapped[str | None] = mapped_column(String(80))
    removed_cause: Mapped[str | None] = mapped_column(String(80))

    tenant: Mapped[Tenant] = relationship()

    @property
    def until_at(self) -> datetime | None:
        """First instant at which it is no longer allowed; None where none is known."""
        return min((each for each in (self.valid_until_at, self.removed_at) if each is not None), default=None)
