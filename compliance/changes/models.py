"""Change events, the tenant's notices of them, changes it announced, and procedures still to be completed."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.parties.models import Tenant
from compliance.changes.rules import AnnouncedState, ChangeKind, ChangeSource, NoticeVia
from compliance.obligations.rules import FormLevel


class ChangeEvent(Base):
    """One change that took effect on `occurred_on`, a Shanghai date; the clock runs from there, whoever found it.

    discovered_on  the day we found it where the tenant had not told us (E-15); None where its notice told us
    """

    __tablename__ = "change_event"
    __table_args__ = (
        CheckConstraint("length(description) > 0", name="description"),
        CheckConstraint("discovered_on IS NULL OR discovered_on >= occurred_on", name="discovered_after"),
        CheckConstraint("source <> 'tenant_notice' OR discovered_on IS NULL", name="told_or_discovered"),
        Index(None, "tenant_id", "occurred_on"),
        Index(None, "occurred_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    kind: Mapped[ChangeKind] = mapped_column(enum_type(ChangeKind))
    description: Mapped[str]
    occurred_on: Mapped[date]
    source: Mapped[ChangeSource] = mapped_column(enum_type(ChangeSource))
    discovered_on: Mapped[date | None]
    proof_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    tenant: Mapped[Tenant] = relationship()
    proof_file: Mapped[StoredFile | None] = relationship()


class ChangeNotice(Base):
    """The tenant's own notice, which may report several changes; `arrived_at` is what is judged.

    corrects_id  the notice that this one corrects; both are kept, and the first one's lateness stays (domain 4.7)
    correction   what it corrects, in words
    """

    __tablename__ = "change_notice"
    __table_args__ = (
        CheckConstraint("(corrects_id IS NULL) = (correction IS NULL)", name="correction"),
        CheckConstraint("corrects_id IS NULL OR corrects_id < id", name="corrects_an_earlier_one"),
        Index(None, "arrived_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    arrived_at: Mapped[datetime] = mapped_column(UTCDateTime)
    form: Mapped[FormLevel] = mapped_column(enum_type(FormLevel))
    via: Mapped[NoticeVia] = mapped_column(enum_type(NoticeVia))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("change_notice.id"), index=True)
    correction: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    tenant: Mapped[Tenant] = relationship()
    corrects: Mapped["ChangeNotice | None"] = relationship(remote_side="ChangeNotice.id")
    file: Mapped[StoredFile | None] = relationship()


class ChangeNoticeItem(Base):
    """A change that a notice reports."""

    __tablename__ = "change_notice_item"
    __table_args__ = (UniqueConstraint("change_notice_id", "change_event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    change_notice_id: Mapped[int] = mapped_column(ForeignKey("change_notice.id"))
    change_event_id: Mapped[int] = mapped_column(ForeignKey("change_event.id"), index=True)

    change_notice: Mapped[ChangeNotice] = relationship()


class AnnouncedChange(Base):
    """A change that the tenant reported before it took effect; nothing is owed until it does (domain 3.3).

    On its day a person verifies it: it took effect, and becomes a change judged by this notice, or it is dropped.
    """

    __tablename__ = "announced_change"
    __table_args__ = (
        CheckConstraint("length(description) > 0", name="description"),
        CheckConstraint("(state = 'took_effect') = (change_event_id IS NOT NULL)", name="took_effect_is_a_change"),
        CheckConstraint("(state = 'dropped') = (drop_reason IS NOT NULL)", name="dropped_has_a_reason"),
        CheckConstraint("(state = 'announced') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_by"),
        Index(None, "state", "expected_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    change_notice_id: Mapped[int] = mapped_column(ForeignKey("change_notice.id"), index=True)
    kind: Mapped[ChangeKind] = mapped_column(enum_type(ChangeKind))
    description: Mapped[str]
    expected_on: Mapped[date]
    state: Mapped[AnnouncedState] = mapped_column(enum_type(AnnouncedState))
    change_event_id: Mapped[int | None] = mapped_column(ForeignKey("change_event.id"), unique=True)
    drop_reason: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by: Mapped[str | None]

    tenant: Mapped[Tenant] = relationship()
    change_notice: Mapped[ChangeNotice] = relationship()
    change_event: Mapped[ChangeEvent | None] = relationship()


class ChangeProcedure(Base):
    """What is still missing after a change was notified, until the date that we set (E-18); once a change."""

    __tablename__ = "change_procedure"
    __table_args__ = (
        CheckConstraint("length(needed) > 0", name="needed"),
        CheckConstraint("(completed_at IS NULL) = (completion_note IS NULL)", name="completed"),
        CheckConstraint("(completed_at IS NULL) = (completed_by IS NULL)", name="completed_by"),
        CheckConstraint("file_id IS NULL OR completed_at IS NOT NULL", name="file"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    change_event_id: Mapped[int] = mapped_column(ForeignKey("change_event.id"), unique=True)
    needed: Mapped[str]
    due_on: Mapped[date]
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_by: Mapped[str]
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completion_note: Mapped[str | None]
    completed_by: Mapped[str | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))

    change_event: Mapped[ChangeEvent] = relationship()
    file: Mapped[StoredFile | None] = relationship()
