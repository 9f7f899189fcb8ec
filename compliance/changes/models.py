"""Change events and the tenant's notices of them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.parties.models import Tenant
from compliance.changes.rules import ChangeKind, ChangeSource, NoticeVia
from compliance.obligations.rules import FormLevel


class ChangeEvent(Base):
    """One change that took effect on `occurred_on`, a Shanghai date; the clock runs from there, whoever found it."""

    __tablename__ = "change_event"
    __table_args__ = (CheckConstraint("length(description) > 0", name="description"), Index(None, "tenant_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    kind: Mapped[ChangeKind] = mapped_column(enum_type(ChangeKind))
    description: Mapped[str]
    occurred_on: Mapped[date]
    source: Mapped[ChangeSource] = mapped_column(enum_type(ChangeSource))
    proof_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    tenant: Mapped[Tenant] = relationship()
    proof_file: Mapped[StoredFile | None] = relationship()


class ChangeNotice(Base):
    """The tenant's own notice, which may report several changes; `arrived_at` is what is judged."""

    __tablename__ = "change_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    arrived_at: Mapped[datetime] = mapped_column(UTCDateTime)
    form: Mapped[FormLevel] = mapped_column(enum_type(FormLevel))
    via: Mapped[NoticeVia] = mapped_column(enum_type(NoticeVia))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    file: Mapped[StoredFile | None] = relationship()


class ChangeNoticeItem(Base):
    """A change that a notice reports."""

    __tablename__ = "change_notice_item"
    __table_args__ = (UniqueConstraint("change_notice_id", "change_event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    change_notice_id: Mapped[int] = mapped_column(ForeignKey("change_notice.id"))
    change_event_id: Mapped[int] = mapped_column(ForeignKey("change_event.id"), index=True)

    change_notice: Mapped[ChangeNotice] = relationship()
