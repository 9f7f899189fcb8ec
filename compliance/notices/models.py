"""Notices, the outbox and its attempts, arrivals and the links by which a tenant acknowledges."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.notices.rules import (
    ArrivalBasis,
    Channel,
    Language,
    NoticeKind,
    NoticeState,
    OutboxState,
    Outcome,
)


class Notice(Base):
    """One notice to one tenant: a ledger entry before it is a message. Its state is moved by `moving.move` only.

    `cause` names the act it belongs to, such as "case:12"; a cause has one notice of a kind,
    whatever the code does. `body_sha256` is the hash of the letter that was approved; the letter never changes.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("cause", "kind"),
        UniqueConstraint("id", "agreement_id", "kind"),
        Index(None, "state", "drafted_at"),
        Index(None, "tenant_id", "drafted_at"),
        CheckConstraint("length(cause) > 0 AND length(clause) > 0", name="cause"),
        CheckConstraint("length(body_sha256) = 64", name="body_sha256"),
        CheckConstraint("kind <> 'rectification_demand' OR stated_due_on IS NOT NULL", name="demand_states_a_date"),
        CheckConstraint("state IN ('draft', 'cancelled') OR approved_at IS NOT NULL", name="approved"),
        CheckConstraint("state <> 'draft' OR approved_at IS NULL", name="draft"),
        CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL AND pre_approval IS NULL)", name="approval_has_its_ground"
        ),
        CheckConstraint("approved_by IS NULL OR pre_approval IS NULL", name="one_approval"),
        CheckConstraint("state NOT IN ('queued', 'sent', 'bounced') OR queued_at IS NOT NULL", name="queued"),
        CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent"),
        CheckConstraint("state <> 'bounced' OR bounced_at IS NOT NULL", name="bounced"),
        CheckConstraint("(state IN ('arrived', 'acknowledged')) = (arrival_id IS NOT NULL)", name="arrived"),
        CheckConstraint("(arrival_id IS NULL) = (arrived_at IS NULL)", name="arrival"),
        CheckConstraint("(state = 'acknowledged') = (acknowledged_at IS NOT NULL)", name="acknowledged"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint("arrived_at IS NULL OR arrived_at >= approved_at", name="arrival_after_approval"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[NoticeKind] = mapped_column(enum_type(NoticeKind))
    clause: Mapped[str] = mapped_column(String(40))
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    cause: Mapped[str] = mapped_column(String(120))
    state: Mapped[NoticeState] = mapped_column(enum_type(NoticeState))
    template_key: Mapped[str] = mapped_column(String(40))
    template_version: Mapped[int]
    language: Mapped[Language] = mapped_column(enum_type(Language))
    subject: Mapped[str] = mapped_column(String(200))
    body_file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    body_sha256: Mapped[str] = mapped_column(String(64))
    stated_due_on: Mapped[date | None]
    approved_by: Mapped[str | None] = mapped_column(String(120))
    approved_by_id: Mapped[int | None]
    pre_approval: Mapped[str | None] = mapped_column(String(60))
    drafted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    queued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    bounced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    arrival_id: Mapped[int | None] = mapped_column(
        ForeignKey("arrival.id", name="fk_notice_arrival_id_arrival", use_alter=True), unique=True
    )

    tenant: Mapped[Tenant] = relationship()
    agreement: Mapped[Agreement] = relationship()
    body_file: Mapped[StoredFile] = relationship()


class Outbox(Base):
    """One notice to one address: the bytes to put on the wire, the same on every attempt.

    The message is kept encrypted (it bears the address and the acknowledgement link); `message_sha256` is the hash of
    the bytes as they go out. `next_attempt_at` is in the database's own time, `lease_until` on the wall clock.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel", "address_hash"),
        Index(None, "state", "next_attempt_at"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("length(message_sha256) = 64", name="message_sha256"),
        CheckConstraint("(state = 'claimed') = (claim_token IS NOT NULL)", name="claim"),
        CheckConstraint("(claim_token IS NULL) = (lease_until IS NULL)", name="lease"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel))
    address_sealed: Mapped[str]
    address_hash: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    message_file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    message_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[OutboxState] = mapped_column(enum_type(OutboxState))
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claim_token: Mapped[str | None] = mapped_column(String(32), unique=True)
    enqueued_at: Mapped[datetime] = mapped_column(UTCDateTime)

    notice: Mapped[Notice] = relationship()
    message_file: Mapped[StoredFile] = relationship()


class DeliveryAttempt(Base):
    """One try, written before the network is touched. Its end is filled in once; without one it is unknown."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
        CheckConstraint("length(reply) <= 500", name="reply"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[Outcome | None] = mapped_column(enum_type(Outcome))
    reply: Mapped[str | None] = mapped_column(String(500))
    host: Mapped[str | None] = mapped_column(String(120))


class Arrival(Base):
    """That a notice arrived, when, and by what it is shown; append-only, one that establishes it per notice.

    Only the tenant's own word, given through the link, needs no file: whoever of us records an arrival proves it.
    `(id, notice_id, arrived_at)` is unique so that a hold can name all three by one foreign key.
    """

    __tablename__ = "arrival"
    __table_args__ = (
        UniqueConstraint("notice_id"),
        UniqueConstraint("id", "notice_id", "arrived_at"),
        CheckConstraint(
            "proof_file_id IS NOT NULL OR (basis = 'acknowledged' AND recorded_by_id IS NULL)",
            name="officer_needs_proof",
        ),
        CheckConstraint("recorded_at >= arrived_at", name="recorded_after"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    basis: Mapped[ArrivalBasis] = mapped_column(enum_type(ArrivalBasis))
    arrived_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str] = mapped_column(String(120))
    recorded_by_id: Mapped[int | None]
    proof_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    note: Mapped[str]

    notice: Mapped[Notice] = relationship(foreign_keys=[notice_id])
    proof_file: Mapped[StoredFile | None] = relationship()


class AcknowledgementLink(Base):
    """The one-purpose link sent to one address. The token itself is in the message only; here is its SHA-256."""

    __tablename__ = "acknowledgement_link"
    __table_args__ = (
        CheckConstraint("length(token_sha256) = 64", name="token_sha256"),
        CheckConstraint("used_at IS NULL OR used_at < expires_at", name="used_in_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), unique=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    notice: Mapped[Notice] = relationship()


class AnswerLink(Base):
    """The one-purpose link by which the tenant answers a notice that asks for it; here too is only its SHA-256."""

    __tablename__ = "answer_link"
    __table_args__ = (CheckConstraint("length(token_sha256) = 64", name="token_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), unique=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    notice: Mapped[Notice] = relationship()
