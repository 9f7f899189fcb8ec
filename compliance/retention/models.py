"""Holds on what would otherwise be deleted, and what a purge did."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.retention.rules import HoldGround


class RetentionHold(Base):
    """A dispute or an authority's order: nothing it covers is deleted until it is lifted.

    agreement_id  None where it covers everything of the tenant
    reference     number of the court's, tribunal's or authority's paper
    """

    __tablename__ = "retention_hold"
    __table_args__ = (
        CheckConstraint("length(reason) > 0 AND length(reference) > 0", name="grounds"),
        CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)", name="lifted"
        ),
        CheckConstraint("lifted_at IS NULL OR lifted_at >= placed_at", name="lifted_after"),
        Index(None, "tenant_id", "lifted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    ground: Mapped[HoldGround] = mapped_column(enum_type(HoldGround))
    reference: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str]
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    placed_by: Mapped[str] = mapped_column(String(120))
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_by: Mapped[str | None] = mapped_column(String(120))
    lift_reason: Mapped[str | None]

    tenant: Mapped[Tenant] = relationship()
    agreement: Mapped[Agreement | None] = relationship()


class RetentionPurge(Base):
    """That an agreement's files and sealed values were deleted, once; the audit trail keeps the same fact.

    files, values  how many were deleted; `shared` files stayed, for something else still keeps them
    """

    __tablename__ = "retention_purge"
    __table_args__ = (CheckConstraint("files >= 0 AND shared >= 0", name="counts"),)

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    purged_at: Mapped[datetime] = mapped_column(UTCDateTime)
    files: Mapped[int]
    values: Mapped[int]
    shared: Mapped[int]
