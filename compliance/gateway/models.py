"""What gateways were told."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from agreements.kernel.db import Base, UTCDateTime, enum_type
from compliance.sdk.answer import Reason, Verdict


class DecisionLogEntry(Base):
    """One answer to one gateway, kept at least 6 months (domain 9); append-only, no personal data.

    tenant_key     the tenant's key; None where the key asked for is nobody's: what was typed there is not kept
    terms_version  version of the terms applied; None without an agreement
    revision       the sequence log as it stood; with it the answer can be derived again
    """

    __tablename__ = "decision_log"
    __table_args__ = (
        CheckConstraint("(verdict = 'allow') = (reason IS NULL)", name="a_denial_has_its_reason"),
        CheckConstraint("verdict = 'deny' OR agreement_id IS NOT NULL", name="an_allow_is_charged"),
        CheckConstraint("(tenant_key IS NULL) = (reason IS NOT NULL AND reason = 'UNKNOWN_TENANT')", name="tenant"),
        CheckConstraint("(agreement_id IS NULL) = (terms_version IS NULL)", name="terms_applied"),
        Index(None, "tenant_key", "decided_at"),
        Index(None, "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
    key_id: Mapped[int | None] = mapped_column(ForeignKey("gateway_key.id"))
    tenant_key: Mapped[str | None] = mapped_column(String(60))
    product_code: Mapped[str] = mapped_column(String(60))
    platform: Mapped[str | None] = mapped_column(String(200))
    purpose: Mapped[str | None] = mapped_column(String(60))
    verdict: Mapped[Verdict] = mapped_column(enum_type(Verdict))
    reason: Mapped[Reason | None] = mapped_column(enum_type(Reason))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    terms_version: Mapped[int | None]
    epoch: Mapped[int]
    revision: Mapped[int]
