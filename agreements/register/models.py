"""Agreements, the instruments that set their terms, and the terms."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.access.models import Person
from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.parties.models import Contact, Tenant
from agreements.products.models import Product
from agreements.register.rules import AgreementState, InstrumentKind, SpecKind, Succession


class Agreement(Base):
    """One order, and so one agreement. Its state is moved by `register.actions` only.

    `effective_at` is the completion of payment (main 三 1); `service_end_exclusive_at` the first instant after service.
    `owner_id` is who of ours looks after it, None for nobody yet. `ended_at` is the instant of an end before its time,
    which `agreement_ending` tells of, agreed for later or come; None where its period ends it. `predecessor_id` and
    `follows_as` link a renewal or an upgrade, an order of its own, to the one it follows.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'pending_payment', 'cancelled') OR effective_at IS NOT NULL", name="effective_is_paid"
        ),
        CheckConstraint("effective_at IS NULL OR state NOT IN ('draft', 'pending_payment')", name="paid_is_effective"),
        CheckConstraint("service_end_exclusive_at > service_start_at", name="service_period"),
        CheckConstraint("quota_total IS NULL OR (quota_total >= 1 AND NOT quota_unlimited)", name="quota"),
        CheckConstraint("list_price_fen >= 0 AND paid_amount_fen >= 0 AND quantity >= 1", name="amounts"),
        CheckConstraint("length(order_no) > 0", name="order_no"),
        UniqueConstraint("id", "tenant_id"),
        Index(None, "state", "service_end_exclusive_at"),
        Index(None, "tenant_id", "product_id"),
        Index(None, "product_id"),
        Index(None, "registered_at"),
        Index(None, "service_end_exclusive_at"),
        Index(None, "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_no: Mapped[str] = mapped_column(String(60), unique=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    state: Mapped[AgreementState] = mapped_column(enum_type(AgreementState))
    party_a_name: Mapped[str]
    provider_name: Mapped[str | None]
    purchaser_account: Mapped[str | None]
    seller_account: Mapped[str | None]
    product_name: Mapped[str]
    spec_text: Mapped[str]
    spec_kind: Mapped[SpecKind] = mapped_column(enum_type(SpecKind))
    quantity: Mapped[int]
    payment_mode: Mapped[str]
    list_price_fen: Mapped[int] = mapped_column(BigInteger)
    paid_amount_fen: Mapped[int] = mapped_column(BigInteger)
    unit_price: Mapped[str | None] = mapped_column(String(30))
    quota_total: Mapped[int | None] = mapped_column(BigInteger)
    quota_unlimited: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="quota_unlimited"))
    service_start_at: Mapped[datetime] = mapped_column(UTCDateTime)
    service_end_exclusive_at: Mapped[datetime] = mapped_column(UTCDateTime)
    signed_on: Mapped[date | None]
    effective_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    payment_reference: Mapped[str | None] = mapped_column(String(120))
    document_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    follows_as: Mapped[Succession | None] = mapped_column(enum_type(Succession))

    tenant: Mapped[Tenant] = relationship()
    product: Mapped[Product] = relationship()
    contact: Mapped[Contact | None] = relationship()
    document: Mapped[StoredFile] = relationship()
    owner: Mapped[Person | None] = relationship()

    @property
    def over_from(self) -> datetime:
        """The first instant at which it binds to no further performance: its early end, or the end of its period."""
        return self.ended_at or self.service_end_exclusive_at


class Instrument(Base):
    """A document that sets terms: the annex, online terms, a supplement, or our correction of a misreading.

    `effective_at` None means from the agreement's own effect. `corrects_id`: whose reading a correction replaces.
    """

    __tablename__ = "instrument"

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    kind: Mapped[InstrumentKind] = mapped_column(enum_type(InstrumentKind))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    effective_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"))
    online_terms_id: Mapped[int | None] = mapped_column(ForeignKey("online_terms.id"))

    file: Mapped[StoredFile] = relationship()


class Term(Base):
    """A value that an instrument sets. Rows are never changed; a later instrument adds its own."""

    __tablename__ = "term"
    __table_args__ = (
        UniqueConstraint("instrument_id", "key"),
        Index(None, "agreement_id", "key"),
        CheckConstraint("(text_start IS NULL) = (text_end IS NULL)", name="span"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"))
    key: Mapped[str] = mapped_column(String(60))
    value: Mapped[Any] = mapped_column(JSON)
    clause: Mapped[str | None] = mapped_column(String(40))
    text_start: Mapped[int | None]
    text_end: Mapped[int | None]

    instrument: Mapped[Instrument] = relationship()
