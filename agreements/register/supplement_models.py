"""Supplementary agreements and the terms they change (clause 8.1)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.register.models import Agreement, Instrument
from agreements.register.supplement_rules import SupplementState


class Supplement(Base):
    """A supplement. `version` rises with every act; an act names the version it saw.

    asked_for_at  the effective instant the document names; None: when both have signed
    in_force_at   the instant it applies from, known once both have signed; its instrument is made then
    file_id       the text, then the signed document
    """

    __tablename__ = "supplement"
    __table_args__ = (
        CheckConstraint(
            "state NOT IN ('signed_by_both', 'in_force')"
            " OR (provider_signed_at IS NOT NULL AND tenant_signed_at IS NOT NULL"
            " AND in_force_at IS NOT NULL AND instrument_id IS NOT NULL AND file_id IS NOT NULL)",
            name="signed_by_both",
        ),
        CheckConstraint(
            "state IN ('signed_by_both', 'in_force') OR (instrument_id IS NULL AND in_force_at IS NULL)",
            name="no_effect",
        ),
        CheckConstraint("(provider_signed_at IS NULL) = (provider_signed_by IS NULL)", name="provider"),
        CheckConstraint("(tenant_signed_at IS NULL) = (tenant_signer IS NULL)", name="tenant"),
        CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancelled"),
        CheckConstraint("NOT reaches_back OR asked_for_at IS NOT NULL", name="reaches_back"),
        Index(None, "agreement_id", "state"),
        Index(None, "state", "in_force_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    state: Mapped[SupplementState] = mapped_column(enum_type(SupplementState))
    version: Mapped[int]
    reason: Mapped[str]
    asked_for_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reaches_back: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="reaches_back_flag"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    drafted_by: Mapped[str]
    drafted_by_id: Mapped[int | None]
    drafted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    provider_signed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    provider_signed_by: Mapped[str | None]
    tenant_signed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tenant_signer: Mapped[str | None]
    in_force_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"))
    cancel_reason: Mapped[str | None]

    agreement: Mapped[Agreement] = relationship()
    file: Mapped[StoredFile | None] = relationship()
    instrument: Mapped[Instrument | None] = relationship()
    terms: Mapped[list["SupplementTerm"]] = relationship(order_by="SupplementTerm.key", back_populates="supplement")


class SupplementTerm(Base):
    """A term that a supplement changes: what applied when it was drafted, and what shall."""

    __tablename__ = "supplement_term"
    __table_args__ = (UniqueConstraint("supplement_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    supplement_id: Mapped[int] = mapped_column(ForeignKey("supplement.id"))
    key: Mapped[str] = mapped_column(String(60))
    old_value: Mapped[Any] = mapped_column(JSON)
    value: Mapped[Any] = mapped_column(JSON)
    clause: Mapped[str | None] = mapped_column(String(40))

    supplement: Mapped[Supplement] = relationship(back_populates="terms")
