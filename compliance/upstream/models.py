"""Changes at data sources, whom they touch, and what the tenants answered."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.products.models import DataSource, Product
from agreements.register.models import Agreement
from compliance.notices.models import AnswerLink, Notice
from compliance.obligations.models import Obligation
from compliance.upstream.rules import (
    AnswerKind,
    AnswerVia,
    ChangeKind,
    ChangeState,
    ImpactState,
    ReceivedVia,
    Triage,
)


class UpstreamChange(Base):
    """One announcement of a source. Its state is moved by `moving.move_change` only.

    subject          one line for our lists and the notices: what changes; names no tenant and no source
    summary          what the source said, for the notices; one paragraph, white space collapsed
    effective_on     Shanghai date from which it holds; None while the source named none
    received_at      when it reached us, from which the clock runs (T-13); `recorded_at` when it was typed in
    dispatched_at    when the first notice was issued; who becomes a tenant later buys the changed product
    amends_id        the announcement that this one corrects; that one keeps its own duties (E-32)
    version          rises with every move; an act names the version it saw (E-52)
    """

    __tablename__ = "upstream_change"
    __table_args__ = (
        UniqueConstraint("data_source_id", "received_at", "subject"),
        CheckConstraint("length(subject) > 0 AND length(summary) > 0", name="says_something"),
        CheckConstraint("recorded_at >= received_at", name="received_before_recorded"),
        CheckConstraint("file_id IS NOT NULL OR received_via IN ('phone', 'own_monitoring')", name="written_has_file"),
        CheckConstraint(
            "(triage IS NULL) = (triaged_at IS NULL) AND (triage IS NULL) = (triaged_by IS NULL)",
            name="triage_is_whole",
        ),
        CheckConstraint(
            "triage IS NULL OR triage NOT IN ('irrelevant', 'maintenance') OR triage_reason IS NOT NULL",
            name="not_relevant_has_reason",
        ),
        CheckConstraint("state <> 'received' OR triage IS NULL", name="received_is_not_triaged"),
        CheckConstraint("state <> 'triaged' OR triage IS NOT NULL", name="triaged"),
        CheckConstraint(
            "state NOT IN ('mapped', 'notifying', 'notified', 'in_effect') OR mapped_at IS NOT NULL", name="mapped"
        ),
        CheckConstraint(
            "state NOT IN ('notifying', 'notified', 'in_effect')"
            " OR (dispatched_at IS NOT NULL AND triage IN ('upstream_change', 'both'))",
            name="dispatched_after_triage",
        ),
        CheckConstraint("state <> 'in_effect' OR effective_on IS NOT NULL", name="in_effect"),
        CheckConstraint(
            "(withdrawn_received_at IS NULL) = (withdrawn_recorded_at IS NULL)"
            " AND (withdrawn_received_at IS NULL) = (withdrawal_reason IS NULL)",
            name="withdrawal_is_whole",
        ),
        CheckConstraint("state <> 'withdrawn' OR withdrawn_received_at IS NOT NULL", name="withdrawn"),
        CheckConstraint(
            "withdrawn_received_at IS NULL OR (withdrawn_received_at >= received_at"
            " AND withdrawn_recorded_at >= withdrawn_received_at)",
            name="withdrawn_after_receipt",
        ),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("amends_id IS NULL OR amends_id <> id", name="amends_another"),
        Index(None, "state", "received_at"),
        Index(None, "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    data_source_id: Mapped[int] = mapped_column(ForeignKey("data_source.id"))
    subject: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str]
    effective_on: Mapped[date | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    received_via: Mapped[ReceivedVia] = mapped_column(enum_type(ReceivedVia))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str] = mapped_column(String(120))
    state: Mapped[ChangeState] = mapped_column(enum_type(ChangeState))
    version: Mapped[int] = mapped_column(default=1)
    triage: Mapped[Triage | None] = mapped_column(enum_type(Triage))
    triage_reason: Mapped[str | None]
    triaged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    triaged_by: Mapped[str | None] = mapped_column(String(120))
    mapped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    dispatched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    amends_id: Mapped[int | None] = mapped_column(ForeignKey("upstream_change.id"), unique=True)
    withdrawn_received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_recorded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    withdrawal_reason: Mapped[str | None]
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closing_note: Mapped[str | None]

    data_source: Mapped[DataSource] = relationship()
    file: Mapped[StoredFile | None] = relationship(foreign_keys=[file_id])
    withdrawn_file: Mapped[StoredFile | None] = relationship(foreign_keys=[withdrawn_file_id])
    amends: Mapped["UpstreamChange | None"] = relationship(remote_side="UpstreamChange.id")
    kind_rows: Mapped[list["UpstreamKind"]] = relationship(order_by="UpstreamKind.kind")
    products: Mapped[list["UpstreamProduct"]] = relationship(order_by="UpstreamProduct.product_id")

    @property
    def kinds(self) -> frozenset[ChangeKind]:
        return frozenset(row.kind for row in self.kind_rows)


class UpstreamKind(Base):
    """One kind of what changes; a single announcement may be of several."""

    __tablename__ = "upstream_kind"

    change_id: Mapped[int] = mapped_column(ForeignKey("upstream_change.id"), primary_key=True, autoincrement=False)
    kind: Mapped[ChangeKind] = mapped_column(enum_type(ChangeKind), primary_key=True)


class UpstreamProduct(Base):
    """A product that the announcement touches.

    is_cancelled  whether the product as a whole stops at the effective date, so that the gateway denies it
    restored_at   from when it is on offer again though the cancellation stands (another source took over); None if not
    """

    __tablename__ = "upstream_product"
    __table_args__ = (
        CheckConstraint("restored_at IS NULL OR is_cancelled", name="restored_was_cancelled"),
        CheckConstraint("(restored_at IS NULL) = (restored_by IS NULL)", name="restored"),
        Index(None, "product_id"),
    )

    change_id: Mapped[int] = mapped_column(ForeignKey("upstream_change.id"), primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, autoincrement=False)
    is_cancelled: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_cancelled"))
    restored_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    restored_by: Mapped[str | None] = mapped_column(String(120))

    product: Mapped[Product] = relationship()


class UpstreamImpact(Base):
    """One agreement that a change touches. Its state is moved by `moving.move_impact` only.

    obligation_id             our duty to give notice under this agreement
    notice_id                 the letter that names this agreement; None until it is issued, or again where it was
                              stopped before a copy could have left
    notified_at               when that letter, or the one that took its place, arrived
    answer_working_days       how long the letter gives for an answer, from its arrival [P]; `answer_due_on` its last
                              day, a Shanghai date, put off by our reply to a question
    withdrawal_obligation_id  our duty to say that the source took the change back; `withdrawal_notice_id` its letter
    aftermath_obligation_id   the reminder to agree on the aftermath of a refusal
    """

    __tablename__ = "upstream_impact"
    __table_args__ = (
        UniqueConstraint("change_id", "agreement_id"),
        ForeignKeyConstraint(["agreement_id", "tenant_id"], ["agreement.id", "agreement.tenant_id"]),
        CheckConstraint(
            "state NOT IN ('notified_on_time', 'notified_late', 'no_response', 'accepted',"
            " 'aftermath_negotiation', 'aftermath_signed', 'aftermath_failed')"
            " OR (notice_id IS NOT NULL AND notified_at IS NOT NULL)",
            name="notified_by_an_arrived_notice",
        ),
        CheckConstraint("state <> 'pending' OR notified_at IS NULL", name="pending"),
        CheckConstraint("(state = 'not_applicable') = (exempt_reason IS NOT NULL)", name="exempt_has_reason"),
        CheckConstraint("(answer_due_on IS NULL) OR (notified_at IS NOT NULL)", name="answer_counts_from_arrival"),
        CheckConstraint(
            "state NOT IN ('aftermath_negotiation', 'aftermath_signed', 'aftermath_failed')"
            " OR aftermath_obligation_id IS NOT NULL",
            name="aftermath_has_reminder",
        ),
        CheckConstraint(
            "state <> 'aftermath_signed' OR (aftermath_file_id IS NOT NULL AND aftermath_settled_at IS NOT NULL)",
            name="signed_by_both_has_file",
        ),
        CheckConstraint(
            "state <> 'aftermath_failed' OR (aftermath_note IS NOT NULL AND aftermath_settled_at IS NOT NULL)",
            name="failed_has_reason",
        ),
        CheckConstraint("withdrawal_notice_id IS NULL OR withdrawal_obligation_id IS NOT NULL", name="withdrawal"),
        Index(None, "agreement_id"),
        Index(None, "state"),
        Index(None, "notice_id"),
        Index(None, "withdrawal_notice_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    change_id: Mapped[int] = mapped_column(ForeignKey("upstream_change.id"))
    agreement_id: Mapped[int]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    state: Mapped[ImpactState] = mapped_column(enum_type(ImpactState))
    mapped_at: Mapped[datetime] = mapped_column(UTCDateTime)
    obligation_id: Mapped[int] = mapped_column(ForeignKey("obligation.id"), unique=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    notified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer_working_days: Mapped[int | None]
    answer_due_on: Mapped[date | None] = mapped_column(index=True)
    exempt_reason: Mapped[str | None]
    withdrawal_obligation_id: Mapped[int | None] = mapped_column(ForeignKey("obligation.id"), unique=True)
    withdrawal_notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    aftermath_obligation_id: Mapped[int | None] = mapped_column(ForeignKey("obligation.id"))
    aftermath_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    aftermath_settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    aftermath_note: Mapped[str | None]

    change: Mapped[UpstreamChange] = relationship()
    agreement: Mapped[Agreement] = relationship(
        primaryjoin="Agreement.id == foreign(UpstreamImpact.agreement_id)", viewonly=True
    )
    obligation: Mapped[Obligation] = relationship(foreign_keys=[obligation_id])
    withdrawal_obligation: Mapped[Obligation | None] = relationship(foreign_keys=[withdrawal_obligation_id])
    aftermath_obligation: Mapped[Obligation | None] = relationship(foreign_keys=[aftermath_obligation_id])
    notice: Mapped[Notice | None] = relationship(foreign_keys=[notice_id])
    withdrawal_notice: Mapped[Notice | None] = relationship(foreign_keys=[withdrawal_notice_id])
    aftermath_file: Mapped[StoredFile | None] = relationship()


class UpstreamAnswer(Base):
    """What a tenant said under one agreement; append-only but for our reply to a question.

    answered_at  when it reached us; `recorded_at` when it was written down
    said_by_sealed  name of the person who answered, encrypted under `row_key`; None where nobody gave one
    link_id      the one-purpose link it came by; None where an officer recorded it, and then `file_id` proves it
    """

    __tablename__ = "upstream_answer"
    __table_args__ = (
        CheckConstraint("(via = 'link') = (link_id IS NOT NULL)", name="link"),
        CheckConstraint("via = 'link' OR file_id IS NOT NULL", name="officer_needs_proof"),
        CheckConstraint("kind = 'accept' OR length(text) > 0", name="refusal_and_question_say_why"),
        CheckConstraint("recorded_at >= answered_at", name="recorded_after"),
        CheckConstraint(
            "(reply IS NULL) = (replied_at IS NULL) AND (reply IS NULL) = (replied_by IS NULL)", name="reply"
        ),
        CheckConstraint("reply IS NULL OR kind = 'ask'", name="only_questions_are_replied_to"),
        Index(None, "impact_id", "answered_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    impact_id: Mapped[int] = mapped_column(ForeignKey("upstream_impact.id"))
    kind: Mapped[AnswerKind] = mapped_column(enum_type(AnswerKind))
    text: Mapped[str]
    said_by_sealed: Mapped[str | None]
    via: Mapped[AnswerVia] = mapped_column(enum_type(AnswerVia))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("answer_link.id"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    answered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str] = mapped_column(String(120))
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    replied_by: Mapped[str | None] = mapped_column(String(120))

    impact: Mapped[UpstreamImpact] = relationship()
    link: Mapped[AnswerLink | None] = relationship()
    file: Mapped[StoredFile | None] = relationship()
