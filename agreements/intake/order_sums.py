"""What follows from a row of a list of orders: its arithmetic, doubts, and differences from a known order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from agreements.intake.order_rows import OrderRow
from agreements.kernel.instants import SHANGHAI
from agreements.kernel.money import Money, parse_yuan
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement
from agreements.register.rules import AgreementFacts, SpecKind


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What follows from a row (clause 一). `price_agrees` None where spec and list price can't be compared."""

    quota_total: int | None
    is_unlimited: bool
    quota_formula: str
    price_formula: str
    price_agrees: bool | None
    listed: Money
    paid: Money
    service_days: int

    @property
    def discount(self) -> Money:
        return self.listed - self.paid

    @property
    def discount_amount(self) -> Money:
        return Money(abs(self.discount.fen))


def arithmetic_of(row: OrderRow) -> Arithmetic:
    spec, listed = row.spec, Decimal(row.list_price)
    counted = spec.kind in (SpecKind.PACK, SpecKind.PER_CALL) and spec.pack_calls is not None
    quota = spec.pack_calls * row.quantity if counted and spec.pack_calls is not None else None
    price = spec.pack_price if spec.kind is not SpecKind.PAY_AS_YOU_GO else None
    total = price * row.quantity if price is not None else None
    last = row.ends_at - timedelta(microseconds=1)
    return Arithmetic(
        quota_total=quota,
        is_unlimited=spec.is_unlimited,
        quota_formula=f"{spec.pack_calls:,} × {row.quantity:,} = {quota:,}" if quota is not None else "",
        price_formula=f"{price.normalize():,f} × {row.quantity:,} = {total:,.2f}"
        if price and total is not None
        else "",
        price_agrees=None if total is None else total == listed,
        listed=parse_yuan(row.list_price, "list_price"),
        paid=parse_yuan(row.paid_amount, "paid_amount"),
        service_days=(last.astimezone(SHANGHAI).date() - row.starts_at.astimezone(SHANGHAI).date()).days + 1,
    )


def doubts_of(row: OrderRow) -> Iterator[str]:
    """Yield what a person should look at twice, as words of the catalogue (`order_doubt.…`)."""
    sums = arithmetic_of(row)
    if sums.price_agrees is False:
        yield "price_differs"
    if sums.discount.fen < 0:
        yield "paid_more"
    if sums.paid.fen == 0:
        yield "paid_nothing"
    if row.purchaser_account and normalised_name(row.purchaser_account) != normalised_name(row.tenant_name):
        yield "account_differs"
    if row.spec.warnings:
        yield "spec_unclear"


def facts_of_row(row: OrderRow) -> AgreementFacts:
    """Return the facts an agreement is registered with; it has no terms until its contract comes."""
    spec, sums = row.spec, arithmetic_of(row)
    assert spec.kind is not None
    return AgreementFacts(
        order_no=row.order_no,
        tenant_name=row.tenant_name,
        product_name=row.product_name,
        spec_text=row.spec_text,
        spec_kind=spec.kind,
        quantity=row.quantity,
        payment_mode=row.payment_mode,
        service_start_at=row.starts_at,
        service_end_exclusive_at=row.ends_at,
        list_price=parse_yuan(row.list_price, "list_price"),
        paid_amount=parse_yuan(row.paid_amount, "paid_amount"),
        quota_total=sums.quota_total,
        quota_unlimited=sums.is_unlimited,
        purchaser_account=row.purchaser_account,
        seller_account=row.seller_account,
        provider_name=row.provider_name,
        unit_price=spec.unit_price,
        terms=(),
    )


def differences(row: OrderRow, known: Agreement, *, known_name: str) -> list[str]:
    """Return the fields in which a row differs from the agreement of its order number, in the order of columns."""
    pairs = {
        "tenant_name": (normalised_name(row.tenant_name), normalised_name(known_name)),
        "product_name": (normalised_name(row.product_name), normalised_name(known.product_name)),
        "spec_text": (normalised_name(row.spec_text), normalised_name(known.spec_text)),
        "quantity": (row.quantity, known.quantity),
        "list_price": (parse_yuan(row.list_price, "list_price").fen, known.list_price_fen),
        "paid_amount": (parse_yuan(row.paid_amount, "paid_amount").fen, known.paid_amount_fen),
        "service_start": (row.starts_at, known.service_start_at),
        "service_end": (row.ends_at, known.service_end_exclusive_at),
    }
    return [name for name, (one, other) in pairs.items() if one != other]
