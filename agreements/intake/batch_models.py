"""What was handed over at once: many contract files, or a marketplace's list of orders, item by item.

Facts of an order row name companies and accounts; they are encrypted under the item's `row_key`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.intake.models import ContractImport
from agreements.kernel.access.models import Person
from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.register.models import Agreement


class BatchKind(StrEnum):
    FILES = "files"
    ORDERS = "orders"


class ItemState(StrEnum):
    """What became of one file or row.

    WAITING       not read yet
    UNDER_REVIEW  read; a person confirms it
    PAYMENT       a known order, unpaid here, whose payment the list states; finance confirms it
    REGISTERED    became an agreement
    PAID          became an agreement, or was one, and its payment was confirmed from the list
    DUPLICATE     known with the same values; nothing was changed
    DIFFERS       known with other values; nothing was changed
    REFUSED       not taken; the reason stands beside
    DISCARDED     laid aside by a person
    """

    WAITING = "waiting"
    UNDER_REVIEW = "under_review"
    PAYMENT = "payment"
    REGISTERED = "registered"
    PAID = "paid"
    DUPLICATE = "duplicate"
    DIFFERS = "differs"
    REFUSED = "refused"
    DISCARDED = "discarded"


class IntakeBatch(Base):
    """One upload. `rows_read` is how far a list was read, so that an interrupted reading goes on there.

    file_id  the list of orders; None for contract files, which stand in the items
    notes    of a list: where its columns stand, and which were not understood
    """

    __tablename__ = "intake_batch"
    __table_args__ = (
        CheckConstraint("(kind = 'orders') = (file_id IS NOT NULL)", name="a_list_is_a_file"),
        CheckConstraint("rows_read >= 0 AND rows_total >= 0", name="counts"),
        Index(None, "finished_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BatchKind] = mapped_column(enum_type(BatchKind))
    name: Mapped[str] = mapped_column(String(200))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    rows_total: Mapped[int]
    rows_read: Mapped[int]
    notes: Mapped[dict[str, Any]] = mapped_column(JSON)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    file: Mapped[StoredFile | None] = relationship()
    person: Mapped[Person | None] = relationship()


class IntakeItem(Base):
    """One file of a batch, or one row of its list. `line` is the row's number in the sheet, or the file's place.

    order_no      of a row, None where it could not be read
    facts_sealed  of a row: its values as JSON (`order_rows.OrderRow`)
    problem       of what was refused or differs: code, message, field, remedy, values (see `batches.problem_of`)
    """

    __tablename__ = "intake_item"
    __table_args__ = (
        UniqueConstraint("batch_id", "line"),
        CheckConstraint("state NOT IN ('refused', 'differs') OR problem IS NOT NULL", name="refused_for_a_reason"),
        CheckConstraint("state NOT IN ('registered', 'paid', 'payment') OR agreement_id IS NOT NULL", name="agreement"),
        Index(None, "state", "id"),
        Index(None, "batch_id", "state", "id"),
        Index(None, "order_no"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("intake_batch.id"))
    line: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[ItemState] = mapped_column(enum_type(ItemState))
    order_no: Mapped[str | None] = mapped_column(String(60))
    facts_sealed: Mapped[str | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("contract_import.id"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    batch: Mapped[IntakeBatch] = relationship()
    file: Mapped[StoredFile | None] = relationship()
    imported: Mapped[ContractImport | None] = relationship()
    agreement: Mapped[Agreement | None] = relationship()
