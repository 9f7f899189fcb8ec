"""Activations, holds and gateway directives; the constraints make a suspension without notice impossible."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.register.models import Agreement
from compliance.notices.models import Notice
from compliance.notices.rules import NoticeKind
from compliance.service.rules import DirectiveAction, HoldGround, HoldScope, HoldState, hold_state


class ServiceActivation(Base):
    """Clause 3.3 (a): service of this agreement was opened, the documents being complete."""

    __tablename__ = "service_activation"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    activated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    activated_by: Mapped[str]


class Hold(Base):
    """One reason to keep service shut. Access returns only when none is effective.

    `cause` names what decided it, such as "case:12", and is unique. A breach hold takes effect only with an arrived
    notice, or as an emergency with two approvers. The notice must be a suspension notice for the hold's own agreement,
    the arrival must be that notice's, and the hold can't be effective before it.
    """

    __tablename__ = "hold"
    __table_args__ = (
        ForeignKeyConstraint(
            ["arrival_id", "notice_id", "notice_arrived_at"], ["arrival.id", "arrival.notice_id", "arrival.arrived_at"]
        ),
        ForeignKeyConstraint(
            ["notice_id", "agreement_id", "notice_kind"], ["notice.id", "notice.agreement_id", "notice.kind"]
        ),
        ForeignKeyConstraint(["agreement_id", "tenant_id"], ["agreement.id", "agreement.tenant_id"]),
        CheckConstraint(
            "(notice_id IS NULL) = (notice_kind IS NULL)"
            " AND (ground <> 'breach' OR notice_kind IS NULL OR notice_kind = 'suspension_notice')",
            name="notice_is_a_suspension_notice",
        ),
        CheckConstraint(
            "(arrival_id IS NULL) = (notice_arrived_at IS NULL) AND (arrival_id IS NULL OR notice_id IS NOT NULL)",
            name="arrival_is_whole",
        ),
        CheckConstraint(
            "ground <> 'breach' OR effective_at IS NULL OR arrival_id IS NOT NULL"
            " OR (first_approver_id IS NOT NULL AND second_approver_id IS NOT NULL"
            " AND first_approver_id <> second_approver_id)",
            name="breach_needs_arrived_notice",
        ),
        CheckConstraint("ground <> 'breach' OR notice_id IS NOT NULL", name="breach_needs_notice"),
        CheckConstraint(
            "effective_at IS NULL OR (effective_at >= decided_at"
            " AND (notice_arrived_at IS NULL OR effective_at >= notice_arrived_at))",
            name="never_back_dated",
        ),
        CheckConstraint("cancelled_at IS NULL OR effective_at IS NULL", name="cancelled_before_effect"),
        CheckConstraint("lifted_at IS NULL OR lifted_at >= effective_at", name="lifted_after_effect"),
        CheckConstraint(
            "ground <> 'breach' OR lifted_at IS NULL OR resume_notice_id IS NOT NULL", name="resume_needs_notice"
        ),
        Index(None, "agreement_id"),
        Index(None, "tenant_id", "scope"),
        Index(None, "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    scope: Mapped[HoldScope] = mapped_column(enum_type(HoldScope))
    ground: Mapped[HoldGround] = mapped_column(enum_type(HoldGround))
    clause: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(80), unique=True)
    notice_id: Mapped[int | None]
    notice_kind: Mapped[NoticeKind | None] = mapped_column(enum_type(NoticeKind))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[str]
    by_scheduler: Mapped[bool]
    first_approver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    second_approver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    arrival_id: Mapped[int | None]
    notice_arrived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    effective_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resume_notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))

    agreement: Mapped[Agreement] = relationship(primaryjoin="Agreement.id == foreign(Hold.agreement_id)", viewonly=True)
    notice: Mapped[Notice | None] = relationship(primaryjoin="Notice.id == foreign(Hold.notice_id)", viewonly=True)
    resume_notice: Mapped[Notice | None] = relationship(
        primaryjoin="Notice.id == foreign(Hold.resume_notice_id)", viewonly=True
    )

    @property
    def state(self) -> HoldState:
        return hold_state(effective_at=self.effective_at, cancelled_at=self.cancelled_at, lifted_at=self.lifted_at)


class GatewayDirective(Base):
    """An order to gateways about a tenant; `epoch` rises by one per tenant, and an older epoch never wins."""

    __tablename__ = "gateway_directive"
    __table_args__ = (UniqueConstraint("tenant_id", "epoch"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    epoch: Mapped[int]
    action: Mapped[DirectiveAction] = mapped_column(enum_type(DirectiveAction))
    hold_id: Mapped[int] = mapped_column(ForeignKey("hold.id"))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
