"""Warnings before an end, one row for each subject, end and threshold."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.parties.models import QualificationDocument
from agreements.register.models import Agreement
from compliance.alarms.models import Alarm
from compliance.expiry.rules import Silence, Subject, WarningState
from compliance.notices.models import Notice


class ExpiryWarning(Base):
    """One warning: planned with its due moment, then settled once, whatever number of schedulers run.

    bound_at     exclusive end that it warns of; another end makes another generation of rows
    threshold    calendar days before the last day
    due_on       rolled back to a working day; provisional where an unpublished year decided it
    as_of        when it became due, as settled; `recorded_at` when that was, so that lateness shows
    planned_at   when it was given the day it has; a move is planning anew
    silence      why nothing went out; a collapsed one names the message that spoke for it
    """

    __tablename__ = "expiry_warning"
    __table_args__ = (
        UniqueConstraint("agreement_id", "bound_at", "threshold"),
        UniqueConstraint("document_id", "bound_at", "threshold"),
        CheckConstraint("(subject = 'agreement') = (agreement_id IS NOT NULL)", name="of_an_agreement"),
        CheckConstraint("(subject = 'document') = (document_id IS NOT NULL)", name="of_a_document"),
        CheckConstraint("threshold >= 1", name="threshold"),
        CheckConstraint("due_at < bound_at", name="before_the_end"),
        CheckConstraint("(state = 'planned') = (recorded_at IS NULL)", name="recorded"),
        CheckConstraint("(recorded_at IS NULL) = (as_of IS NULL)", name="as_of"),
        CheckConstraint("as_of IS NULL OR (as_of <= due_at AND recorded_at >= as_of)", name="not_before_it_was_due"),
        CheckConstraint("state NOT IN ('sent', 'skipped') OR as_of = due_at", name="as_of_its_due_moment"),
        CheckConstraint("state <> 'sent' OR notice_id IS NOT NULL OR alarm_id IS NOT NULL", name="sent"),
        CheckConstraint("(state IN ('skipped', 'void')) = (silence IS NOT NULL)", name="silence_has_reason"),
        Index(None, "subject", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[Subject] = mapped_column(enum_type(Subject))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("qualification_document.id"))
    bound_at: Mapped[datetime] = mapped_column(UTCDateTime)
    threshold: Mapped[int]
    due_on: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    provisional: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="provisional"))
    calendar_version: Mapped[str] = mapped_column(String(80))
    state: Mapped[WarningState] = mapped_column(enum_type(WarningState))
    silence: Mapped[Silence | None] = mapped_column(enum_type(Silence))
    as_of: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    alarm_id: Mapped[int | None] = mapped_column(ForeignKey("alarm.id"))
    planned_at: Mapped[datetime] = mapped_column(UTCDateTime)

    agreement: Mapped[Agreement | None] = relationship()
    document: Mapped[QualificationDocument | None] = relationship()
    notice: Mapped[Notice | None] = relationship()
    alarm: Mapped[Alarm | None] = relationship()

    @property
    def lateness_seconds(self) -> int:
        """How long after it was due it was settled; 0 while planned."""
        return int((self.recorded_at - self.due_at).total_seconds()) if self.recorded_at else 0
