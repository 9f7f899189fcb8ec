"""Settlements and the usage statements they rest on."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.register.models import Agreement
from compliance.obligations.models import Obligation
from compliance.settlement.rules import Basis, Measure, SettlementState, UsageState


class UsageStatement(Base):
    """How many billable calls an agreement used in all, as read from a file and checked by a second person.

    Never edited: a later one replaces it. One is effective at a time; `used_through_on` is the last day it covers.
    Its state is moved by `usage` only.
    """

    __tablename__ = "usage_statement"
    __table_args__ = (
        CheckConstraint("used >= 0", name="used"),
        CheckConstraint(
            "(state IN ('effective', 'replaced')) = (signed_off_at IS NOT NULL)"
            " AND (signed_off_at IS NULL) = (signed_off_by IS NULL)",
            name="signed_off",
        ),
        CheckConstraint("signed_off_by_id IS NULL OR signed_off_by_id <> recorded_by_id", name="second_person"),
        CheckConstraint("(state = 'replaced') = (replaced_at IS NOT NULL)", name="replaced"),
        CheckConstraint("(state = 'rejected') = (rejected_reason IS NOT NULL)", name="rejected"),
        Index(
            "uq_usage_statement_effective",
            "agreement_id",
            unique=True,
            sqlite_where=text("state = 'effective'"),
            postgresql_where=text("state = 'effective'"),
        ),
        Index(None, "agreement_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    state: Mapped[UsageState] = mapped_column(enum_type(UsageState))
    used: Mapped[int] = mapped_column(BigInteger)
    used_through_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(500))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    recorded_by: Mapped[str] = mapped_column(String(120))
    recorded_by_id: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    signed_off_by: Mapped[str | None] = mapped_column(String(120))
    signed_off_by_id: Mapped[int | None]
    signed_off_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rejected_reason: Mapped[str | None]

    agreement: Mapped[Agreement] = relationship()
    file: Mapped[StoredFile] = relationship()


class Settlement(Base):
    """The settlement of one agreement that ended early. Its state is moved by `moving` only.

    A draft is worked out anew whenever it is looked at; confirming writes the figures down, and they stay. A disputed
    one that is withdrawn makes room for another, `generation` counting them.
    version   rises with every change; an act names the version it saw
    ended_on  last day of the cooperation
    """

    __tablename__ = "settlement"
    __table_args__ = (
        CheckConstraint("earlier_refunds_fen >= 0", name="earlier"),
        CheckConstraint("(earlier_refunds_fen = 0) = (earlier_refunds_note IS NULL)", name="earlier_is_explained"),
        CheckConstraint(
            "(state = 'draft') = (confirmed_at IS NULL) AND (confirmed_at IS NULL) = (confirmed_by IS NULL)"
            " AND (confirmed_at IS NULL) = (basis IS NULL) AND (confirmed_at IS NULL) = (refund_fen IS NULL)"
            " AND (confirmed_at IS NULL) = (basis_reason IS NULL)",
            name="confirmed",
        ),
        CheckConstraint("refund_fen IS NULL OR (refund_fen >= 0 AND refund_fen <= paid_fen)", name="refund"),
        CheckConstraint(
            "refund_fen IS NULL OR consumed_fen + earlier_refunds_fen + refund_fen = paid_fen", name="parts_add_up"
        ),
        CheckConstraint(
            "confirmed_at IS NULL OR measure = 'days' OR usage_statement_id IS NOT NULL", name="usage_is_shown"
        ),
        CheckConstraint("(state = 'paid') = (settled_on IS NOT NULL)", name="paid"),
        CheckConstraint("state <> 'disputed' OR dispute IS NOT NULL", name="disputed"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_reason IS NOT NULL)", name="withdrawn"),
        Index(
            "uq_settlement_live",
            "agreement_id",
            unique=True,
            sqlite_where=text("state <> 'withdrawn'"),
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index(None, "agreement_id", "generation", unique=True),
        Index(None, "state", "ended_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    generation: Mapped[int]
    state: Mapped[SettlementState] = mapped_column(enum_type(SettlementState))
    version: Mapped[int] = mapped_column(default=1)
    ended_on: Mapped[date]
    obligation_id: Mapped[int] = mapped_column(ForeignKey("obligation.id"))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    earlier_refunds_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    earlier_refunds_note: Mapped[str | None]
    usage_statement_id: Mapped[int | None] = mapped_column(ForeignKey("usage_statement.id"))
    basis: Mapped[Basis | None] = mapped_column(enum_type(Basis))
    basis_reason: Mapped[str | None]
    measure: Mapped[Measure | None] = mapped_column(enum_type(Measure))
    used: Mapped[int | None] = mapped_column(BigInteger)
    paid_fen: Mapped[int | None] = mapped_column(BigInteger)
    consumed_fen: Mapped[int | None] = mapped_column(BigInteger)
    refund_fen: Mapped[int | None] = mapped_column(BigInteger)
    due_fen: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_by: Mapped[str | None] = mapped_column(String(120))
    confirmed_by_id: Mapped[int | None]
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    document_number: Mapped[str | None] = mapped_column(String(60))
    dispute: Mapped[str | None]
    disputed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_reason: Mapped[str | None]
    settled_on: Mapped[date | None]
    settled_by: Mapped[str | None] = mapped_column(String(120))
    payment_reference: Mapped[str | None] = mapped_column(String(120))

    agreement: Mapped[Agreement] = relationship()
    obligation: Mapped[Obligation] = relationship()
    usage_statement: Mapped[UsageStatement | None] = relationship()
