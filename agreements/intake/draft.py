"""What reading a contract file yields: plain values, each with its evidence, and warnings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from agreements.intake.document import Evidence
from agreements.intake.periods import Unit
from agreements.intake.spec import Spec

SURE = 0.8
"""Confidence, 0 to 1, from which on a reading is taken as it is."""


@dataclass(frozen=True, slots=True)
class Party:
    """A contracting party as printed; None where the text lacks the field."""

    role: str
    name: str | None
    address: str | None
    contact: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Marketplace:
    """The order's platform and accounts; a match is None where one of the two names is missing."""

    host: str | None
    purchaser_account: str | None
    seller_account: str | None
    purchaser_account_matches_party_a: bool | None
    seller_account_matches_party_b: bool | None


@dataclass(frozen=True, slots=True)
class Order:
    """Main agreement 一; amounts in yuan, dates as printed."""

    order_no: str | None
    product_name: str | None
    spec_text: str | None
    quantity: int | None
    payment_mode: str | None
    service_start: date | None
    service_end: date | None
    list_price: Decimal | None
    paid_amount: Decimal | None
    currency: str


class PriceCheck(StrEnum):
    OK = "ok"
    MISMATCH = "mismatch"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from the order; None where a fact is missing.

    service_end_exclusive_at  first instant no longer served
    service_days              both ends included
    unit_price_list, unit_price_effective  yuan per call, six digits, rounded half up
    agreement_effective       False where the text shows that nothing was paid, None where it can't be told
    """

    quota_total: int | None
    quota_unlimited: bool
    service_start_at: datetime | None
    service_end_exclusive_at: datetime | None
    service_days: int | None
    price_check: PriceCheck
    unit_price_list: Decimal | None
    unit_price_effective: Decimal | None
    discount_amount: Decimal | None
    agreement_effective: bool | None


@dataclass(frozen=True, slots=True)
class Signing:
    """The signature block; dates are information only."""

    party_a_date: date | None
    party_b_date: date | None
    party_a_signature_name: str | None


@dataclass(frozen=True, slots=True)
class NoticePeriod:
    """A duty to notify within a period.

    starts  the event that starts the clock
    form    written, written_company_sealed or any; None for duties that ask no form
    """

    value: int | None = None
    unit: Unit | None = None
    starts: str | None = None
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    notice_required: bool | None
    consent_required: bool | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """Clause 4.6: triggers in the order of the standard form."""

    basis: str | None
    triggers: tuple[str, ...]


TermValue = bool | str | NoticePeriod | Suspension | Settlement | None


@dataclass(frozen=True, slots=True)
class Term:
    """One term as the agreement has it.

    value    None where the text speaks of the matter but was not understood
    clause   number of the clause it was read from, as printed
    is_stated  whether the agreement has such a clause at all
    """

    value: TermValue
    clause: str | None = None
    evidence: Evidence | None = None
    is_stated: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtraPeriod:
    """A period the agreement adds to the standard form."""

    value: int | None
    unit: Unit
    clause: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Draft:
    """A contract file as read.

    evidence       by dotted name of the field, such as "order.paid_amount"
    changed_terms  keys of terms that differ from the standard form, in its order
    extra_terms    periods that the standard form does not have, by a word for their subject
    warnings       codes, each optionally followed by ":detail"
    """

    source_file: str
    party_a: Party
    party_b: Party
    marketplace: Marketplace
    order: Order
    spec: Spec
    derived: Derived
    signing: Signing
    terms: Mapping[str, Term]
    changed_terms: tuple[str, ...]
    extra_terms: Mapping[str, ExtraPeriod]
    warnings: tuple[str, ...]
    evidence: Mapping[str, Evidence]

    @property
    def unsure_fields(self) -> tuple[str, ...]:
        """Return the fields that were read with too little confidence to be taken without a person."""
        return tuple(
            name
            for name, evidence in self.evidence.items()
            if evidence.confidence < SURE and not name.startswith("spec.")  # parts of order.spec_text
        )
