"""Breach cases."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.register.models import Agreement
from compliance.breaches.rules import CaseGround, CaseState, GroundClass
from compliance.notices.models import Notice
from compliance.obligations.models import Obligation
from compliance.service.models import Hold
from compliance.service.rules import HoldScope


class BreachCase(Base):
    """One case; for a missed obligation there is exactly one, however often a sweep looks.

    suspected_as_of  when the facts became so; opened_at is when we wrote it down
    known_at         when a person knew of the breach: the one-year limit of 民法典 564 runs from here
    termination_until_at  the exclusive end of that year, by which a declaration must have arrived
    version          rises with every move; an act names the version it saw (E-52)
    """

    __tablename__ = "breach_case"
    __table_args__ = (
        CheckConstraint(
            "state IN ('suspected', 'dismissed', 'closed')"
            " OR (known_at IS NOT NULL AND ground_class IS NOT NULL AND confirmed_by IS NOT NULL)",
            name="confirmed",
        ),
        CheckConstraint(
            "state NOT IN ('rectification_demanded', 'not_rectified') OR demand_notice_id IS NOT NULL", name="demanded"
        ),
        CheckConstraint("state NOT IN ('suspension_decided', 'suspended') OR hold_id IS NOT NULL", name="held"),
        CheckConstraint(
            "state NOT IN ('termination_decided', 'terminated') OR termination_notice_id IS NOT NULL", name="declared"
        ),
        CheckConstraint("(termination_notice_id IS NULL) = (termination_until_at IS NULL)", name="termination_limit"),
        CheckConstraint("state <> 'rectified' OR cure_accepted_at IS NOT NULL", name="rectified"),
        CheckConstraint("state <> 'dismissed' OR dismissed_reason IS NOT NULL", name="dismissed"),
        CheckConstraint("state <> 'closed' OR reservation IS NOT NULL", name="closed"),
        CheckConstraint("(cure_accepted_at IS NULL) = (cure_accepted_by IS NULL)", name="cure"),
        Index(None, "state"),
        Index(None, "tenant_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    scope: Mapped[HoldScope] = mapped_column(enum_type(HoldScope))
    ground: Mapped[CaseGround] = mapped_column(enum_type(CaseGround))
    clause: Mapped[str] = mapped_column(String(40))
    obligation_id: Mapped[int] = mapped_column(ForeignKey("obligation.id"), unique=True)
    state: Mapped[CaseState] = mapped_column(enum_type(CaseState))
    version: Mapped[int] = mapped_column(default=1)
    suspected_as_of: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    known_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ground_class: Mapped[GroundClass | None] = mapped_column(enum_type(GroundClass))
    confirmed_by: Mapped[str | None]
    dismissed_reason: Mapped[str | None]
    demand_notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    demand_due_on: Mapped[date | None]
    rectification_obligation_id: Mapped[int | None] = mapped_column(ForeignKey("obligation.id"))
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("hold.id"))
    termination_until_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    termination_notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    cure_accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cure_accepted_by: Mapped[str | None]
    cure_note: Mapped[str | None]
    reservation: Mapped[str | None]

    agreement: Mapped[Agreement] = relationship()
    obligation: Mapped[Obligation] = relationship(foreign_keys=[obligation_id])
    rectification: Mapped[Obligation | None] = relationship(foreign_keys=[rectification_obligation_id])
    demand_notice: Mapped[Notice | None] = relationship(foreign_keys=[demand_notice_id])
    termination_notice: Mapped[Notice | None] = relationship(foreign_keys=[termination_notice_id])
    hold: Mapped[Hold | None] = relationship()
