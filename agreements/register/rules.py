"""The life of an agreement (main agreement 三 1, domain 6.1) and the facts it is registered with.

`AGREEMENT_MOVES` is the whole of the machine; a move that is not in it can't be made.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from agreements.kernel.errors import N_, IllegalMove, InvalidInput
from agreements.kernel.money import Money


class AgreementState(StrEnum):
    DRAFT = "draft"
    PENDING_PAYMENT = "pending_payment"
    CANCELLED = "cancelled"
    EFFECTIVE = "effective"
    IN_SERVICE = "in_service"
    EXPIRED = "expired"
    ENDED_BY_AGREEMENT = "ended_by_agreement"
    ENDED_PROVIDER_CAUSE = "ended_provider_cause"
    ENDED_FOR_BREACH = "ended_for_breach"
    CLOSED = "closed"


class AgreementEvent(StrEnum):
    VERIFY = "verify"
    COMPLETE_PAYMENT = "complete_payment"
    CANCEL = "cancel"
    START_SERVICE = "start_service"
    EXPIRE = "expire"
    END_BY_AGREEMENT = "end_by_agreement"
    END_PROVIDER_CAUSE = "end_provider_cause"
    END_FOR_BREACH = "end_for_breach"
    CLOSE = "close"


class SpecKind(StrEnum):
    """How the order meters (main 一)."""

    PACK = "pack"
    PER_CALL = "per_call"
    SUBSCRIPTION = "subscription"
    PAY_AS_YOU_GO = "pay_as_you_go"


class InstrumentKind(StrEnum):
    """What can set a term."""

    ANNEX = "annex"
    ONLINE_TERMS = "online_terms"
    SUPPLEMENT = "supplement"
    CORRECTION = "correction"


class Succession(StrEnum):
    """How a new order follows an old one; it is an agreement of its own (8.1: a top-up or renewal amends nothing)."""

    RENEWAL = "renewal"
    UPGRADE = "upgrade"


IN_FORCE = (AgreementState.EFFECTIVE, AgreementState.IN_SERVICE)
ENDED_EARLY = (
    AgreementState.ENDED_BY_AGREEMENT,
    AgreementState.ENDED_PROVIDER_CAUSE,
    AgreementState.ENDED_FOR_BREACH,
)


@dataclass(frozen=True, slots=True)
class Move:
    """One legal move; `clause` is what it rests on."""

    sources: tuple[AgreementState, ...]
    target: AgreementState
    clause: str


AGREEMENT_MOVES: dict[AgreementEvent, Move] = {
    AgreementEvent.VERIFY: Move((AgreementState.DRAFT,), AgreementState.PENDING_PAYMENT, "一"),
    AgreementEvent.COMPLETE_PAYMENT: Move((AgreementState.PENDING_PAYMENT,), AgreementState.EFFECTIVE, "三 1"),
    AgreementEvent.CANCEL: Move((AgreementState.PENDING_PAYMENT,), AgreementState.CANCELLED, "三 1"),
    AgreementEvent.START_SERVICE: Move((AgreementState.EFFECTIVE,), AgreementState.IN_SERVICE, "一"),
    AgreementEvent.EXPIRE: Move(IN_FORCE, AgreementState.EXPIRED, "三 1"),
    AgreementEvent.END_BY_AGREEMENT: Move(IN_FORCE, AgreementState.ENDED_BY_AGREEMENT, "4.6"),
    AgreementEvent.END_PROVIDER_CAUSE: Move(IN_FORCE, AgreementState.ENDED_PROVIDER_CAUSE, "4.6"),
    AgreementEvent.END_FOR_BREACH: Move(IN_FORCE, AgreementState.ENDED_FOR_BREACH, "4.4"),
    AgreementEvent.CLOSE: Move((AgreementState.EXPIRED, *ENDED_EARLY), AgreementState.CLOSED, "5"),
}


def legal_events(state: AgreementState) -> tuple[AgreementEvent, ...]:
    """Return what may happen to an agreement now, in the order of the table."""
    return tuple(event for event, move in AGREEMENT_MOVES.items() if state in move.sources)


def agreement_move(state: AgreementState, event: AgreementEvent) -> Move:
    """Return the move, or raise IllegalMove saying what is legal now."""
    move = AGREEMENT_MOVES[event]
    if state not in move.sources:
        raise IllegalMove(
            N_("An agreement that is %(state)s can't %(event)s."),
            clause=move.clause,
            remedy=N_("Legal now: %(legal)s."),
            state=state,
            event=event,
            legal=legal_events(state),
        )
    return move


@dataclass(frozen=True, slots=True)
class TermFact:
    """One term as read: its value (JSON), clause, and the span of the text it stands in (start inclusive, end not)."""

    key: str
    value: Any
    clause: str | None
    text_start: int | None = None
    text_end: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """What a person verified before an agreement is registered.

    service_end_exclusive_at  the first instant after the service period; None where the order has no end
    paid_amount               what was really paid, coupons taken off
    quota_total               calls in all; None with quota_unlimited, or where nothing is prepaid
    """

    order_no: str
    tenant_name: str
    product_name: str
    spec_text: str
    spec_kind: SpecKind
    quantity: int
    payment_mode: str
    service_start_at: datetime
    service_end_exclusive_at: datetime
    list_price: Money
    paid_amount: Money
    quota_total: int | None
    quota_unlimited: bool
    purchaser_account: str | None = None
    seller_account: str | None = None
    provider_name: str | None = None
    unit_price: Decimal | None = None
    signed_on: date | None = None
    terms: tuple[TermFact, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.order_no.strip():
            raise InvalidInput(N_("An agreement needs its order number."), field="order_no")
        if not self.tenant_name.strip():
            raise InvalidInput(N_("An agreement needs the name of party A."), field="party_a.name")
        if self.quantity < 1:
            raise InvalidInput(N_("The quantity must be at least 1."), field="quantity")
        if self.service_end_exclusive_at <= self.service_start_at:
            raise InvalidInput(N_("The service period ends before it begins."), field="service_end")
        if self.list_price.fen < 0 or self.paid_amount.fen < 0:
            raise InvalidInput(N_("Amounts can't be negative."), field="paid_amount")
        if self.quota_unlimited and self.quota_total is not None:
            raise InvalidInput(N_("An unlimited agreement has no call quota."), field="quota_total")
        if self.quota_total is not None and self.quota_total < 1:
            raise InvalidInput(N_("The call quota must be at least 1."), field="quota_total")


def service_starts_at(service_start_at: datetime, effective_at: datetime) -> datetime:
    """Main 三 1: service begins at the start date, never before payment (E-10)."""
    return max(service_start_at, effective_at)
