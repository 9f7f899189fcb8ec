"""Obligations and the firings of their stages."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.calendar.deadline_table import Debtor
from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.register.models import Agreement
from compliance.obligations.recount_rules import RecountOutcome, RecountReason, RecountResolution
from compliance.obligations.rules import ObligationCode, ObligationState


class Obligation(Base):
    """One thing owed under one agreement, once for each cause.

    cause         what triggered it, such as "change:5"
    due_on        last day in time, a Shanghai date; `overdue_from` the exclusive bound, its 24:00
    target_at     our own internal target on the due day; None for what the tenant owes
    count_trace   how the date was counted: days counted and skipped with their reasons, for the reader
    performed_at  when performance arrived, which is what is judged
    """

    __tablename__ = "obligation"
    __table_args__ = (
        UniqueConstraint("agreement_id", "code", "cause", "generation"),
        CheckConstraint(
            "(state IN ('performed_on_time', 'performed_late')) = (performed_at IS NOT NULL)", name="performed"
        ),
        CheckConstraint("state <> 'performed_on_time' OR performed_at < overdue_from", name="on_time"),
        CheckConstraint("state <> 'performed_late' OR performed_at >= overdue_from", name="late"),
        CheckConstraint("state <> 'overdue' OR NOT provisional", name="provisional_is_never_overdue"),
        CheckConstraint("state <> 'overdue' OR overdue_recorded_at IS NOT NULL", name="overdue_is_recorded"),
        CheckConstraint("(state = 'void') = (void_reason IS NOT NULL)", name="void_has_reason"),
        Index(None, "state", "overdue_from"),
        Index(None, "agreement_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    code: Mapped[ObligationCode] = mapped_column(enum_type(ObligationCode))
    debtor: Mapped[Debtor] = mapped_column(enum_type(Debtor))
    clause: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(80))
    generation: Mapped[int] = mapped_column(default=1)
    triggered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_on: Mapped[date]
    overdue_from: Mapped[datetime] = mapped_column(UTCDateTime)
    target_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    provisional: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="provisional"))
    calendar_version: Mapped[str] = mapped_column(String(80))
    count_trace: Mapped[dict[str, Any]]
    state: Mapped[ObligationState] = mapped_column(enum_type(ObligationState))
    performed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    overdue_recorded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    void_reason: Mapped[str | None]
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)

    agreement: Mapped[Agreement] = relationship()


class FiringStage(StrEnum):
    """Moments of an obligation that fire once each."""

    OVERDUE = "overdue"


class ObligationFiring(Base):
    """A stage that fired: due when, noticed when. Unique, whatever number of schedulers run."""

    __tablename__ = "obligation_firing"
    __table_args__ = (UniqueConstraint("obligation_id", "stage", "generation"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    obligation_id: Mapped[int] = mapped_column(ForeignKey("obligation.id"))
    stage: Mapped[FiringStage] = mapped_column(enum_type(FiringStage))
    generation: Mapped[int]
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
    observed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ObligationRecount(Base):
    """What a changed calendar did to one open date (T-14): once for each date and calendar.

    generation     of the obligation afterwards; it rises when the date moves or becomes final
    from_due_on    the date as it stood; `counted_on` where the count ends now
    from_version, to_version  names of the calendars
    resolution     what a person decided where the outcome was left to one
    """

    __tablename__ = "obligation_recount"
    __table_args__ = (
        UniqueConstraint("obligation_id", "generation", "to_version"),
        CheckConstraint("(resolution IS NULL) = (resolved_at IS NULL)", name="resolved"),
        CheckConstraint("resolution IS NULL OR outcome = 'to_person'", name="only_a_persons_is_resolved"),
        Index(None, "to_version"),
        Index(None, "recounted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    obligation_id: Mapped[int] = mapped_column(ForeignKey("obligation.id"))
    generation: Mapped[int]
    outcome: Mapped[RecountOutcome] = mapped_column(enum_type(RecountOutcome))
    reason: Mapped[RecountReason] = mapped_column(enum_type(RecountReason))
    from_due_on: Mapped[date]
    counted_on: Mapped[date]
    from_version: Mapped[str] = mapped_column(String(80))
    to_version: Mapped[str] = mapped_column(String(80))
    recounted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    resolution: Mapped[RecountResolution | None] = mapped_column(enum_type(RecountResolution))
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    obligation: Mapped[Obligation] = relationship()
