"""Online terms of a product, conflicts between them and the annex, and corrections of what we read wrongly."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.products.models import Product
from agreements.register.models import Agreement, Instrument, Term
from agreements.register.term_rules import Comparator


class ConflictState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class CorrectionState(StrEnum):
    PROPOSED = "proposed"
    APPLIED = "applied"
    REJECTED = "rejected"


class OnlineTerms(Base):
    """A version of a product's online terms, shown to who orders from `effective_from_at` on.

    `terms` is a list of {key, value, clause}; the text itself is the file. Orders made before stay with theirs.
    """

    __tablename__ = "online_terms"
    __table_args__ = (
        UniqueConstraint("product_id", "effective_from_at"),
        CheckConstraint("length(label) > 0", name="label"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    label: Mapped[str] = mapped_column(String(80))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    effective_from_at: Mapped[datetime] = mapped_column(UTCDateTime)
    terms: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    product: Mapped[Product] = relationship()
    file: Mapped[StoredFile] = relationship()


class TermConflict(Base):
    """Annex and online terms differ in one term. RESOLVED by the map names no approver; a person's choice does."""

    __tablename__ = "term_conflict"
    __table_args__ = (
        UniqueConstraint("annex_term_id", "online_term_id"),
        CheckConstraint("(state = 'resolved') = (winner_term_id IS NOT NULL)", name="winner"),
        CheckConstraint("winner_term_id IS NULL OR winner_term_id IN (annex_term_id, online_term_id)", name="of_two"),
        CheckConstraint("(approved_by IS NULL) = (reason IS NULL)", name="approved"),
        CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", name="resolved"),
        Index(None, "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    key: Mapped[str] = mapped_column(String(60))
    annex_term_id: Mapped[int] = mapped_column(ForeignKey("term.id"))
    online_term_id: Mapped[int] = mapped_column(ForeignKey("term.id"))
    comparator: Mapped[Comparator] = mapped_column(enum_type(Comparator))
    state: Mapped[ConflictState] = mapped_column(enum_type(ConflictState))
    meanwhile_term_id: Mapped[int] = mapped_column(ForeignKey("term.id"))
    winner_term_id: Mapped[int | None] = mapped_column(ForeignKey("term.id"))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None]
    reason: Mapped[str | None]

    agreement: Mapped[Agreement] = relationship()
    annex_term: Mapped[Term] = relationship(foreign_keys=[annex_term_id])
    online_term: Mapped[Term] = relationship(foreign_keys=[online_term_id])


class RecordCorrection(Base):
    """We read a term wrongly: one person proposes what the text says, another approves. It amends nothing (I-7)."""

    __tablename__ = "record_correction"
    __table_args__ = (
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'applied') = (instrument_id IS NOT NULL)", name="applied"),
        CheckConstraint("length(reason) > 0", name="reason"),
        Index(None, "agreement_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    corrects_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"))
    key: Mapped[str] = mapped_column(String(60))
    old_value: Mapped[Any] = mapped_column(JSON)
    value: Mapped[Any] = mapped_column(JSON)
    clause: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str]
    state: Mapped[CorrectionState] = mapped_column(enum_type(CorrectionState))
    proposed_by: Mapped[str]
    proposed_by_id: Mapped[int | None]
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"))

    agreement: Mapped[Agreement] = relationship()
    corrects: Mapped[Instrument] = relationship(foreign_keys=[corrects_id])


class SpecSnapshot(Base):
    """The product page as it was displayed when the order was placed; it governs what was bought (main 二 1).

    calls_each, bonus_each  of one unit, as the page says; None where it says none
    quota_of_form           what the order form gave before
    """

    __tablename__ = "spec_snapshot"
    __table_args__ = (
        CheckConstraint("calls_each IS NULL OR calls_each >= 1", name="calls"),
        CheckConstraint("bonus_each >= 0", name="bonus"),
        CheckConstraint("length(url) > 0", name="url"),
    )

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    displayed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    calls_each: Mapped[int | None] = mapped_column(BigInteger)
    bonus_each: Mapped[int] = mapped_column(BigInteger)
    quota_of_form: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    file: Mapped[StoredFile] = relationship()
