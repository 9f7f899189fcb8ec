"""What follows from the order by arithmetic, and whether the agreement took effect."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from agreements.intake.dates import ServicePeriod
from agreements.intake.draft import Derived, PriceCheck
from agreements.intake.order import OrderFields
from agreements.intake.spec import Spec
from agreements.kernel.instants import SHANGHAI
from agreements.register.rules import SpecKind

SIX_DIGITS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """Main agreement 三 1: whether payment made the agreement effective, with the warnings that go with the answer."""

    is_effective: bool | None
    warnings: tuple[str, ...] = ()


def derive(order: OrderFields, spec: Spec, effectiveness: Effectiveness) -> Derived:
    """Clause 一: quota = calls of the spec x quantity; amounts are checked, never corrected."""
    quantity, paid, listed = order.quantity.value, order.paid_amount.value, order.list_price.value
    calls = spec.pack_calls
    quota = calls * quantity if calls is not None and quantity is not None else None
    if spec.kind in {SpecKind.SUBSCRIPTION, SpecKind.PAY_AS_YOU_GO}:
        quota = None
    period = order.period.value
    metered = spec.unit_price if spec.kind is SpecKind.PAY_AS_YOU_GO else None
    return Derived(
        quota_total=quota,
        quota_unlimited=spec.is_unlimited,
        service_start_at=_shanghai(period.starts_at) if period else None,
        service_end_exclusive_at=_shanghai(period.ends_at) if period else None,
        service_days=_days(period),
        price_check=_price_check(spec, quantity, listed),
        unit_price_list=_per_call(listed, quota) if metered is None else metered.quantize(SIX_DIGITS, ROUND_HALF_UP),
        unit_price_effective=_per_call(paid, quota),
        discount_amount=listed - paid if listed is not None and paid is not None else None,
        agreement_effective=effectiveness.is_effective,
    )


def _shanghai(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=SHANGHAI)


def _days(period: ServicePeriod | None) -> int | None:
    """Count the dates served, both ends included; an end printed as 00:00:00 does not serve that date."""
    if period is None or period.starts_at is None or period.ends_at is None or period.is_reversed:
        return None
    days = (period.ends_at.date() - period.starts_at.date()).days
    return days + 1 if period.ends_at.time() != datetime.min.time() else days


def _price_check(spec: Spec, quantity: int | None, listed: Decimal | None) -> PriceCheck:
    """Compare price of the spec x quantity with the printed list price."""
    expected = spec.pack_price
    if expected is None and spec.kind is SpecKind.PACK and spec.unit_price is not None and spec.pack_calls is not None:
        expected = spec.unit_price * spec.pack_calls
    if expected is None or quantity is None or listed is None or spec.kind is SpecKind.PAY_AS_YOU_GO:
        return PriceCheck.NOT_APPLICABLE
    return PriceCheck.OK if expected * quantity == listed else PriceCheck.MISMATCH


def _per_call(amount: Decimal | None, quota: int | None) -> Decimal | None:
    if amount is None or not quota:
        return None
    return (amount / quota).quantize(SIX_DIGITS, ROUND_HALF_UP)


def judge_effectiveness(
    order: OrderFields, effective_on: object, *, is_postpaid: bool, says_unpaid: bool
) -> Effectiveness:
    """Main agreement 三 1 and E-09: paid is effective, unpaid is not, everything else is for a person.

    A completed order over 0.00, as after a coupon, counts as paid.
    effective_on  the term as read; another trigger than payment needs review
    """
    zero = ("paid_amount_zero",) if order.paid_amount.value == 0 else ()
    if order.paid_nothing or says_unpaid:
        return Effectiveness(False, (*zero, "unpaid_not_effective"))
    if is_postpaid:
        return Effectiveness(None, (*zero, "effectiveness_needs_review:post_paid"))
    if order.paid_amount.value is None:
        return Effectiveness(None, ("effectiveness_needs_review:paid_amount_missing",))
    if effective_on not in {"online_purchase_and_payment_completed", "payment_completed"}:
        return Effectiveness(None, (*zero, f"effectiveness_needs_review:effective_on_{effective_on or 'unclear'}"))
    return Effectiveness(True, zero)
