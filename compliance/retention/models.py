"""Holds on what would otherwise be deleted, the clocks of each class, proposals, approvals and certificates."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.retention.rules import CountedFrom, HoldGround, ItemKind, ProposalState, RestsOn, RetentionClass


class RetentionHold(Base):
    """A dispute or an authority's order: nothing it covers is deleted until it is lifted.

    agreement_id  None where it covers everything of the tenant
    reference     number of the court's, tribunal's or authority's paper
    """

    __tablename__ = "retention_hold"
    __table_args__ = (
        CheckConstraint("length(reason) > 0 AND length(reference) > 0", name="grounds"),
        CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)", name="lifted"
        ),
        CheckConstraint("lifted_at IS NULL OR lifted_at >= placed_at", name="lifted_after"),
        Index(None, "tenant_id", "lifted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    ground: Mapped[HoldGround] = mapped_column(enum_type(HoldGround))
    reference: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str]
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    placed_by: Mapped[str] = mapped_column(String(120))
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_by: Mapped[str | None] = mapped_column(String(120))
    lift_reason: Mapped[str | None]

    tenant: Mapped[Tenant] = relationship()
    agreement: Mapped[Agreement | None] = relationship()


class RetentionClock(Base):
    """When one class of an agreement's papers may go, as counted last; scheduled at closing, or once it has ended.

    counted_on    day of the event, not counted; through_on: last day kept, included
    due_at        the first instant after it
    scheduled_by  who closed the agreement, or the scheduler
    """

    __tablename__ = "retention_clock"
    __table_args__ = (
        CheckConstraint("months >= floor_months AND floor_months > 0", name="floor"),
        CheckConstraint("through_on > counted_on", name="period"),
        UniqueConstraint("agreement_id", "retention_class"),
        Index(None, "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    retention_class: Mapped[RetentionClass] = mapped_column(enum_type(RetentionClass))
    counted_from: Mapped[CountedFrom] = mapped_column(enum_type(CountedFrom))
    counted_on: Mapped[date]
    months: Mapped[int]
    floor_months: Mapped[int]
    rests_on: Mapped[RestsOn] = mapped_column(enum_type(RestsOn))
    through_on: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    scheduled_at: Mapped[datetime] = mapped_column(UTCDateTime)
    scheduled_by: Mapped[str] = mapped_column(String(120))

    agreement: Mapped[Agreement] = relationship()


class PurgeProposal(Base):
    """That one class of an agreement's papers is due to be destroyed; nothing goes before people approved it.

    plan_sha256  mark of exactly what would be destroyed, as last counted
    round        approvals hold for theirs alone; a new one begins when the plan changes or something keeps it again
    """

    __tablename__ = "purge_proposal"
    __table_args__ = (
        CheckConstraint("length(plan_sha256) = 64", name="plan"),
        CheckConstraint("files >= 0 AND erased >= 0 AND shared >= 0", name="counts"),
        CheckConstraint("(state = 'destroyed') = (destroyed_at IS NOT NULL)", name="destroyed"),
        UniqueConstraint("agreement_id", "retention_class"),
        Index(None, "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    retention_class: Mapped[RetentionClass] = mapped_column(enum_type(RetentionClass))
    state: Mapped[ProposalState] = mapped_column(enum_type(ProposalState), default=ProposalState.PROPOSED)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    plan_sha256: Mapped[str] = mapped_column(String(64))
    round: Mapped[int] = mapped_column(default=1)
    files: Mapped[int]
    erased: Mapped[int]
    shared: Mapped[int]
    destroyed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    agreement: Mapped[Agreement] = relationship()
    approvals: Mapped[list["PurgeApproval"]] = relationship(order_by="PurgeApproval.id", back_populates="proposal")


class PurgeApproval(Base):
    """One person's yes to destroying exactly what `plan_sha256` marks. Append-only."""

    __tablename__ = "purge_approval"
    __table_args__ = (
        CheckConstraint("length(reason) > 0", name="reason"),
        UniqueConstraint("proposal_id", "person_id", "round"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("purge_proposal.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(120))
    round: Mapped[int]
    plan_sha256: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(400))
    approved_at: Mapped[datetime] = mapped_column(UTCDateTime)

    proposal: Mapped[PurgeProposal] = relationship(back_populates="approvals")


class DestructionCertificate(Base):
    """What was destroyed, under which rule and by whose approval; it outlives what it names. Append-only.

    sha256     of its whole content, each destroyed thing's hash included; the audit trail holds it too
    approvers  name and instant of each approval, in order
    erased     values; `shared`: files that stayed, for something else keeps them
    """

    __tablename__ = "destruction_certificate"
    __table_args__ = (
        UniqueConstraint("year", "sequence"),
        UniqueConstraint("agreement_id", "retention_class"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        CheckConstraint("files >= 0 AND erased >= 0 AND shared >= 0", name="counts"),
        Index(None, "issued_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    year: Mapped[int]
    sequence: Mapped[int]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("purge_proposal.id"), unique=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    retention_class: Mapped[RetentionClass] = mapped_column(enum_type(RetentionClass))
    counted_from: Mapped[CountedFrom] = mapped_column(enum_type(CountedFrom))
    counted_on: Mapped[date]
    months: Mapped[int]
    floor_months: Mapped[int]
    rests_on: Mapped[RestsOn] = mapped_column(enum_type(RestsOn))
    through_on: Mapped[date]
    files: Mapped[int]
    erased: Mapped[int]
    shared: Mapped[int]
    approvers: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)

    agreement: Mapped[Agreement] = relationship()
    proposal: Mapped[PurgeProposal] = relationship()
    items: Mapped[list["DestroyedItem"]] = relationship(order_by="DestroyedItem.id", back_populates="certificate")


class DestroyedItem(Base):
    """One thing that a certificate names: a file, or a value of one row. Append-only.

    source  table and column, such as "contact.phone_sealed"; of a file "stored_file"
    row     the row's key
    sha256  of the file's bytes; of a sealed value's ciphertext, from which nobody can guess what it said
    """

    __tablename__ = "destroyed_item"
    __table_args__ = (
        UniqueConstraint("certificate_id", "source", "row"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("destruction_certificate.id"))
    kind: Mapped[ItemKind] = mapped_column(enum_type(ItemKind))
    source: Mapped[str] = mapped_column(String(120))
    row: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)

    certificate: Mapped[DestructionCertificate] = relationship(back_populates="items")
