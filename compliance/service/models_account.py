"""What was asked about an interface or account (clause 3.4): sealed requests for adjustment, and protective freezes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.paper.rules import SignatureAnswer
from agreements.parties.models import OwnPlatform, Tenant
from agreements.register.models import Agreement
from compliance.service.account_rules import AdjustmentKind, AdjustmentState, SealBasis
from compliance.service.models import Hold


class KeyFreeze(Base):
    """A protective freeze, on a phone call even: no adjustment, so it needs no sealed letter. Its hold shuts service.

    caller_sealed  who called and from where, encrypted under `row_key`
    called_at      when we were told; the hold counts from its own `effective_at`, never before
    """

    __tablename__ = "key_freeze"
    __table_args__ = (CheckConstraint("length(reason) > 0", name="reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[int] = mapped_column(ForeignKey("hold.id"), unique=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    caller_sealed: Mapped[str]
    called_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    hold: Mapped[Hold] = relationship()


class AdjustmentRequest(Base):
    """A tenant's request to adjust its interface or account; nothing is done before its letter is here and sealed.

    agreement_id  the order whose interface it is about; None for the tenant's account as a whole
    platform      what is to be added to the list of own platforms; `platform_id` is the one removed, or the one made
    hold_id       the freeze that is to be lifted
    seal_record   where an e-seal was verified, by what and with what result; a seal on paper needs none
    seal_answer   what our own check said of the letter's e-seal; None where there was no PDF to check
    version       rises with every move; an act names the version it saw (E-52)
    """

    __tablename__ = "adjustment_request"
    __table_args__ = (
        CheckConstraint("length(asked) > 0", name="asked"),
        CheckConstraint(
            "state NOT IN ('sealed_received', 'executed')"
            " OR (letter_file_id IS NOT NULL AND letter_received_at IS NOT NULL AND seal_basis IS NOT NULL"
            " AND seal_checked_at IS NOT NULL AND seal_checked_by IS NOT NULL)",
            name="sealed",
        ),
        CheckConstraint("seal_basis IS NULL OR seal_basis <> 'e_seal' OR seal_record IS NOT NULL", name="e_seal"),
        CheckConstraint("(state = 'executed') = (executed_at IS NOT NULL)", name="executed"),
        CheckConstraint("(executed_at IS NULL) = (executed_by IS NULL)", name="executed_by"),
        CheckConstraint("(state = 'refused') = (refused_at IS NOT NULL)", name="refused"),
        CheckConstraint("(refused_at IS NULL) = (refused_reason IS NULL)", name="refused_reason"),
        CheckConstraint("(refused_at IS NULL) = (refused_by IS NULL)", name="refused_by"),
        CheckConstraint("kind <> 'unfreeze' OR hold_id IS NOT NULL", name="unfreeze"),
        CheckConstraint("kind <> 'remove_platform' OR platform_id IS NOT NULL", name="remove_platform"),
        Index(None, "tenant_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    kind: Mapped[AdjustmentKind] = mapped_column(enum_type(AdjustmentKind))
    state: Mapped[AdjustmentState] = mapped_column(enum_type(AdjustmentState))
    version: Mapped[int] = mapped_column(default=1)
    asked: Mapped[str]
    asked_on: Mapped[date]
    drafted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    drafted_by: Mapped[str]
    platform: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("own_platform.id"), index=True)
    proof_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("hold.id"), index=True)
    letter_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    letter_received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seal_basis: Mapped[SealBasis | None] = mapped_column(enum_type(SealBasis))
    seal_record: Mapped[str | None]
    seal_answer: Mapped[SignatureAnswer | None] = mapped_column(enum_type(SignatureAnswer))
    seal_checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seal_checked_by: Mapped[str | None]
    executed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    executed_by: Mapped[str | None]
    execution_note: Mapped[str | None]
    refused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    refused_by: Mapped[str | None]
    refused_reason: Mapped[str | None]

    tenant: Mapped[Tenant] = relationship()
    agreement: Mapped[Agreement | None] = relationship()
    own_platform: Mapped[OwnPlatform | None] = relationship()
    hold: Mapped[Hold | None] = relationship()
    letter: Mapped[StoredFile | None] = relationship(foreign_keys=[letter_file_id])
