"""Contract files under review: what was read, the warnings a person acknowledges, corrections, confirmed amounts.

Text, draft and corrections hold names and telephone numbers; they are encrypted under the import's `row_key`.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.intake.deviations import DeviationKind
from agreements.intake.form_models import FormClause, FormVersion
from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.register.models import Agreement


class ImportState(StrEnum):
    UNDER_REVIEW = "under_review"
    REGISTERED = "registered"
    DISCARDED = "discarded"


class Amount(StrEnum):
    """What a person confirms one by one, because a misread digit costs money."""

    LIST_PRICE = "list_price"
    PAID_AMOUNT = "paid_amount"
    QUOTA_TOTAL = "quota_total"


class ContractImport(Base):
    """One content taken in, however often it is uploaded.

    draft_sealed  the draft as read, JSON with evidence in offsets of the text; never changed
    form_version_id  the standard form that it is compared with; None for what was taken in before there were such forms
    version       rises with every correction and move, so that a page that shows an older state is refused
    """

    __tablename__ = "contract_import"
    __table_args__ = (
        CheckConstraint("(state = 'registered') = (agreement_id IS NOT NULL)", name="registered_as"),
        CheckConstraint("version >= 1", name="version"),
        Index(None, "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), unique=True)
    source_name: Mapped[str]
    text_sealed: Mapped[str] = mapped_column(deferred=True)
    draft_sealed: Mapped[str]
    state: Mapped[ImportState] = mapped_column(enum_type(ImportState))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    version: Mapped[int]
    form_version_id: Mapped[int | None] = mapped_column(ForeignKey("standard_form_version.id"))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    file: Mapped[StoredFile] = relationship()
    agreement: Mapped[Agreement | None] = relationship()
    form_version: Mapped[FormVersion | None] = relationship()
    deviations: Mapped[list["ImportDeviation"]] = relationship(order_by="ImportDeviation.position")
    warnings: Mapped[list["ReviewWarning"]] = relationship(order_by="ReviewWarning.id")
    corrections: Mapped[list["ImportCorrection"]] = relationship(order_by="ImportCorrection.id")
    confirmations: Mapped[list["ImportConfirmation"]] = relationship(order_by="ImportConfirmation.id")

    @property
    def is_destroyed(self) -> bool:
        """Whether text and draft were erased when their retention period was over (clause 5.2)."""
        return not self.draft_sealed


class ReviewWarning(Base):
    """What a person must look at before registration. `detail` is empty where the code says it all."""

    __tablename__ = "import_warning"
    __table_args__ = (
        CheckConstraint("(acknowledged_by IS NULL) = (acknowledged_at IS NULL)", name="acknowledged"),
        CheckConstraint("note IS NULL OR acknowledged_at IS NOT NULL", name="note"),
        CheckConstraint("length(code) > 0", name="code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("contract_import.id"), index=True)
    code: Mapped[str] = mapped_column(String(80))
    detail: Mapped[str]
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    note: Mapped[str | None]


class ImportDeviation(Base):
    """A clause that departs from the standard form, found by its meaning; a person reads it beside the form's text.

    clause_id  of the form, None for a clause that the agreement adds
    number     as cited in the agreement, None where the clause is missing there or has none
    spans      pieces of the agreement's text, [start, end) each; empty where the clause is missing
    terms      keys of the terms that say something else
    """

    __tablename__ = "import_deviation"
    __table_args__ = (
        UniqueConstraint("import_id", "form_version_id", "position"),
        CheckConstraint("(kind = 'added') = (clause_id IS NULL)", name="added"),
        CheckConstraint("kind <> 'missing' OR number IS NULL", name="missing"),
        CheckConstraint("(acknowledged_by IS NULL) = (acknowledged_at IS NULL)", name="acknowledged"),
        CheckConstraint("note IS NULL OR acknowledged_at IS NOT NULL", name="note"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("contract_import.id"))
    form_version_id: Mapped[int] = mapped_column(ForeignKey("standard_form_version.id"))
    position: Mapped[int]
    kind: Mapped[DeviationKind] = mapped_column(enum_type(DeviationKind))
    clause_id: Mapped[int | None] = mapped_column(ForeignKey("standard_form_clause.id"))
    number: Mapped[str | None] = mapped_column(String(20))
    spans: Mapped[list[list[int]]] = mapped_column(JSON)
    terms: Mapped[list[str]] = mapped_column(JSON)
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    note: Mapped[str | None]

    clause: Mapped[FormClause | None] = relationship()


class ImportCorrection(Base):
    """A field that the reader got wrong. Rows are added, never changed; the latest of a field counts.

    before_sealed, after_sealed  JSON values; `null` where the text lacks the field
    """

    __tablename__ = "import_correction"
    __table_args__ = (CheckConstraint("length(reason) > 0", name="reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("contract_import.id"), index=True)
    field: Mapped[str] = mapped_column(String(80))
    before_sealed: Mapped[str]
    after_sealed: Mapped[str]
    reason: Mapped[str]
    corrected_by: Mapped[str]
    corrected_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ImportConfirmation(Base):
    """An amount that a person compared with the text. It counts while the amount still has this value."""

    __tablename__ = "import_confirmation"
    __table_args__ = (UniqueConstraint("import_id", "amount", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("contract_import.id"))
    amount: Mapped[Amount] = mapped_column(enum_type(Amount))
    value: Mapped[str] = mapped_column(String(40))
    confirmed_by: Mapped[str]
    confirmed_at: Mapped[datetime] = mapped_column(UTCDateTime)
