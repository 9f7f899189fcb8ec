"""Settlement by price standard and actual use (clause 4.6; domain section 10), and the life of a settlement.

All money is whole fen. A share of the price is an exact fraction until the refund, which is rounded once, half up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from agreements.kernel.errors import N_, Conflict, IllegalMove, InvalidInput
from agreements.kernel.money import Money
from agreements.register.rules import AgreementState, SpecKind

NOTHING = Money(0)


class Basis(StrEnum):
    """What 服务价格标准 means: a share of what was paid, the default (Civil Code 498), or of the list price."""

    PAID_PROPORTIONAL = "paid_proportional"
    LIST_PRICE = "list_price"


class Measure(StrEnum):
    """What actual use is counted in."""

    CALLS = "calls"
    DAYS = "days"
    BILLED_CALLS = "billed_calls"


class SettlementState(StrEnum):
    DRAFT = "draft"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


class SettlementEvent(StrEnum):
    CONFIRM = "confirm"
    PAY = "pay"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    WITHDRAW = "withdraw"


class UsageState(StrEnum):
    RECORDED = "recorded"
    EFFECTIVE = "effective"
    REPLACED = "replaced"
    REJECTED = "rejected"


class NoSettlement(StrEnum):
    """Why this formula does not apply."""

    STILL_RUNNING = "still_running"
    NEVER_EFFECTIVE = "never_effective"
    NATURAL_EXPIRY = "natural_expiry"
    BREACH = "breach"
    UPSTREAM = "upstream"


SETTLED_ENDINGS = (AgreementState.ENDED_BY_AGREEMENT, AgreementState.ENDED_PROVIDER_CAUSE)
LIVE_STATES = (SettlementState.DRAFT, SettlementState.CONFIRMED, SettlementState.DISPUTED, SettlementState.PAID)
STANDING_USAGE = (UsageState.RECORDED, UsageState.EFFECTIVE)
_REASON_OF = {
    AgreementState.EXPIRED: NoSettlement.NATURAL_EXPIRY,
    AgreementState.ENDED_FOR_BREACH: NoSettlement.BREACH,
    AgreementState.EFFECTIVE: NoSettlement.STILL_RUNNING,
    AgreementState.IN_SERVICE: NoSettlement.STILL_RUNNING,
}
_REFUSALS = {
    NoSettlement.STILL_RUNNING: (
        N_("The agreement is still running; clause 4.6 settles one that has ended early."),
        N_("Record first how it ended."),
    ),
    NoSettlement.NEVER_EFFECTIVE: (N_("The agreement never took effect; there is nothing to settle."), None),
    NoSettlement.NATURAL_EXPIRY: (
        N_("The agreement ran out. Clause 4.6 does not cover that: unused calls lapse, no refund is promised."),
        N_("Leave it to legal if the tenant asks; nothing is refunded or forfeited by itself."),
    ),
    NoSettlement.BREACH: (
        N_("The agreement ended for breach. What follows is a legal decision (Civil Code 566), not clause 4.6."),
        N_("Decide it in the case."),
    ),
    NoSettlement.UPSTREAM: (
        N_("A source's cancellation or change ended it: the aftermath agreement of clause 2.4 decides, not 4.6."),
        N_("Follow the aftermath agreement of the upstream change."),
    ),
}


@dataclass(frozen=True, slots=True)
class SettlementMove:
    sources: tuple[SettlementState, ...]
    target: SettlementState


SETTLEMENT_MOVES: dict[SettlementEvent, SettlementMove] = {
    SettlementEvent.CONFIRM: SettlementMove((SettlementState.DRAFT,), SettlementState.CONFIRMED),
    SettlementEvent.PAY: SettlementMove((SettlementState.CONFIRMED,), SettlementState.PAID),
    SettlementEvent.DISPUTE: SettlementMove((SettlementState.CONFIRMED,), SettlementState.DISPUTED),
    SettlementEvent.UPHOLD: SettlementMove((SettlementState.DISPUTED,), SettlementState.CONFIRMED),
    SettlementEvent.WITHDRAW: SettlementMove((SettlementState.DISPUTED,), SettlementState.WITHDRAWN),
}


def legal_events(state: SettlementState) -> tuple[SettlementEvent, ...]:
    return tuple(event for event, move in SETTLEMENT_MOVES.items() if state in move.sources)


def settlement_move(state: SettlementState, event: SettlementEvent) -> SettlementMove:
    """Return the move, or raise IllegalMove saying what is legal now."""
    move = SETTLEMENT_MOVES[event]
    if state not in move.sources:
        raise IllegalMove(
            N_("A settlement that is %(state)s can't %(event)s."),
            clause="4.6",
            remedy=N_("Legal now: %(legal)s."),
            state=state,
            event=event,
            legal=legal_events(state),
        )
    return move


def why_not(state: AgreementState, *, is_upstream: bool) -> NoSettlement | None:
    """Clause 4.6 covers an end by agreement or for the provider's reason, and nothing else; None where it applies.

    is_upstream  whether a source's cancellation, or a change the tenant refused, lies behind the end (clause 2.4)
    """
    if state in SETTLED_ENDINGS:
        return NoSettlement.UPSTREAM if is_upstream else None
    return _REASON_OF.get(state, NoSettlement.NEVER_EFFECTIVE)


def refusal(reason: NoSettlement) -> Conflict:
    """Return the error that says why there is no settlement."""
    message, remedy = _REFUSALS[reason]
    return Conflict(message, code="NO_SETTLEMENT", clause="4.6", remedy=remedy)


@dataclass(frozen=True, slots=True)
class Order:
    """The figures of one order that a settlement needs (main 一); quantity is in all of them already.

    quota         calls paid for; None where nothing is prepaid or calls are unlimited
    unit_price    yuan a call, exact; only for pay-as-you-go
    first_on, last_on  first and last day of service, both included; service never begins before payment
    """

    kind: SpecKind
    list_price: Money
    paid: Money
    first_on: date
    last_on: date
    quota: int | None = None
    unit_price: Decimal | None = None

    def __post_init__(self) -> None:
        if self.list_price < NOTHING or self.paid < NOTHING:
            raise InvalidInput(N_("Amounts can't be negative."), field="paid_amount")
        if self.quota is not None and self.quota < 1:
            raise InvalidInput(N_("The call quota must be at least 1."), field="quota_total")
        if self.last_on < self.first_on:
            raise InvalidInput(N_("The service period ends before it begins."), field="service_end")

    @property
    def measure(self) -> Measure:
        if self.kind in (SpecKind.PAY_AS_YOU_GO, SpecKind.PER_CALL) and self.quota is None:
            return Measure.BILLED_CALLS
        if self.kind is SpecKind.SUBSCRIPTION or self.quota is None:
            return Measure.DAYS
        return Measure.CALLS

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1

    def days_elapsed(self, ended_on: date) -> int:
        """Days of the period up to the day of the end, which counts as elapsed; none before the first."""
        return min(max((ended_on - self.first_on).days + 1, 0), self.days)

    def beyond_quota(self, used: int) -> int:
        """Return how many calls were used over the quota; 0 where the settlement does not count against one."""
        return max(used - self.quota, 0) if self.measure is Measure.CALLS and self.quota is not None else 0


@dataclass(frozen=True, slots=True)
class Calculation:
    """One basis worked out: `paid` = `consumed` + `earlier` + `refund`, to the fen.

    used, total    calls, or days elapsed and days in all; total None where calls are billed one by one
    beyond_quota   calls over the quota, not among `used`: they were served by our fault and are not charged
    price          what the share is taken of
    consumed_value price × used / total before rounding, in fen; it may exceed what was paid
    beyond_paid    the part of that value which exceeds the money there is; never claimed from the tenant
    billed, due    pay-as-you-go: calls × unit price, and what of it is still owed to us
    """

    basis: Basis
    measure: Measure
    price: Money
    paid: Money
    earlier: Money
    used: int
    total: int | None
    unit_price: Decimal | None
    consumed_value: Decimal
    beyond_paid: Decimal
    consumed: Money
    refund: Money
    billed: Money
    due: Money
    beyond_quota: int = 0


def calculate(order: Order, *, basis: Basis, used: int, ended_on: date, earlier: Money = NOTHING) -> Calculation:
    """Clause 4.6: what was consumed and what goes back; 0 <= refund <= paid, whatever was used (E-55).

    used      billable calls; not looked at where the measure is days
    ended_on  last day of the cooperation
    earlier   what was refunded before; never more than was paid
    """
    if used < 0:
        raise InvalidInput(N_("Usage can't be negative."), field="used")
    if not NOTHING <= earlier <= order.paid:
        raise InvalidInput(N_("Earlier refunds can't exceed what was paid."), field="earlier_refunds")
    price = order.paid if basis is Basis.PAID_PROPORTIONAL else order.list_price
    if order.measure is Measure.BILLED_CALLS:
        return _billed(order, basis=basis, used=used, earlier=earlier)
    if order.measure is Measure.DAYS:
        count, total = order.days_elapsed(ended_on), order.days
    else:
        assert order.quota is not None
        count, total = min(used, order.quota), order.quota
    left = (order.paid - earlier).fen * total - price.fen * count
    refund = Money((2 * left + total) // (2 * total)) if left > 0 else NOTHING
    value = Decimal(price.fen * count) / total
    return Calculation(
        basis=basis,
        measure=order.measure,
        price=price,
        paid=order.paid,
        earlier=earlier,
        used=count,
        total=total,
        unit_price=None,
        consumed_value=value,
        beyond_paid=max(value - (order.paid - earlier).fen, Decimal(0)),
        consumed=order.paid - earlier - refund,
        refund=refund,
        billed=NOTHING,
        due=NOTHING,
        beyond_quota=order.beyond_quota(used),
    )


def _billed(order: Order, *, basis: Basis, used: int, earlier: Money) -> Calculation:
    """Pay-as-you-go: the calls are billed at their unit price; nothing was prepaid, so nothing goes back."""
    if order.unit_price is None:
        raise InvalidInput(
            N_("The order names no price of a call."), field="unit_price", clause="一", remedy=N_("Ask legal.")
        )
    value = order.unit_price * used * 100
    billed = Money(int(value.quantize(Decimal(1), ROUND_HALF_UP)))
    credit = order.paid - earlier
    return Calculation(
        basis=basis,
        measure=order.measure,
        price=order.list_price,
        paid=order.paid,
        earlier=earlier,
        used=used,
        total=None,
        unit_price=order.unit_price,
        consumed_value=value,
        beyond_paid=Decimal(0),
        consumed=credit,
        refund=NOTHING,
        billed=billed,
        due=max(billed - credit, NOTHING),
    )


@dataclass(frozen=True, slots=True)
class SharedOrder:
    """One of several orders of the same product; `quota` None takes whatever comes."""

    order_no: str
    first_on: date
    last_on: date
    quota: int | None


def charge_earliest_end_first(calls: int, orders: Iterable[SharedOrder]) -> dict[str, int]:
    """E-37: split a tenant's calls over its orders, each filled before the next: earliest end, then oldest order.

    Calls beyond every quota are charged to nobody: they were served by our fault.
    """
    if calls < 0:
        raise InvalidInput(N_("Usage can't be negative."), field="used")
    charged = {}
    for order in sorted(orders, key=lambda each: (each.last_on, each.first_on, each.order_no)):
        share = calls if order.quota is None else min(calls, order.quota)
        charged[order.order_no] = share
        calls -= share
    return charged


def require_second_person(recorded_by_id: int | None, signer_id: int | None) -> None:
    """A usage statement counts once somebody other than who recorded it has checked it."""
    if signer_id is None or signer_id == recorded_by_id:
        raise Conflict(
            N_("Whoever recorded a usage statement can't sign it off."),
            code="SECOND_PERSON",
            clause="4.6",
            remedy=N_("Ask a second person to check it against the file."),
        )
