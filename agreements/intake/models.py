"""Contract files under review: what was read, the warnings a person acknowledges, corrections, confirmed amounts.

Text, draft and corrections hold names and telephone numbers; they are encrypted under the import's `row_key`.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

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
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    file: Mapped[StoredFile] = relationship()
    agreement: Mapped[Agreement | None] = relationship()
    warnings: Mapped[list["ReviewWarning"]] = relationship(order_by="ReviewWarning.id")
    corrections: Mapped[list["ImportCorrection"]] = relationship(order_by="ImportCorrection.id")
    confirmations: Mapped[list["ImportConfirmation"]] = relationship(order_by="ImportConfirmation.id")


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
