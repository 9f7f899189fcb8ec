"""Reading an agreement's figures for its settlement, and how it ended."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agreements.kernel.instants import legal_date
from agreements.kernel.money import Money
from agreements.register.models import Agreement
from agreements.register.rules import service_starts_at
from compliance.settlement.models import Settlement, UsageStatement
from compliance.settlement.rules import (
    Basis,
    Calculation,
    Measure,
    NoSettlement,
    Order,
    SettlementState,
    UsageState,
    calculate,
    why_not,
)
from compliance.upstream.models import UpstreamImpact, UpstreamProduct
from compliance.upstream.rules import ImpactState

BY_AFTERMATH = (ImpactState.AFTERMATH_NEGOTIATION, ImpactState.AFTERMATH_SIGNED)


@dataclass(frozen=True, slots=True)
class BothBases:
    """The two readings of the price standard, worked out from the same facts."""

    paid_proportional: Calculation
    list_price: Calculation

    def of(self, basis: Basis) -> Calculation:
        return self.paid_proportional if basis is Basis.PAID_PROPORTIONAL else self.list_price


def order_of(agreement: Agreement) -> Order:
    """Return the order's figures; service never began before payment, so neither do the days of a subscription."""
    starts_at = agreement.service_start_at
    if agreement.effective_at is not None:
        starts_at = service_starts_at(starts_at, agreement.effective_at)
    last_on = legal_date(agreement.service_end_exclusive_at - _INSTANT)
    return Order(
        kind=agreement.spec_kind,
        list_price=Money(agreement.list_price_fen),
        paid=Money(agreement.paid_amount_fen),
        first_on=min(legal_date(starts_at), last_on),
        last_on=last_on,
        quota=agreement.quota_total,
        unit_price=None if agreement.unit_price is None else Decimal(agreement.unit_price),
    )


_INSTANT = datetime.resolution


def both_bases(agreement: Agreement, *, used: int, ended_on: date, earlier: Money) -> BothBases:
    order = order_of(agreement)
    one, other = (
        calculate(order, basis=basis, used=used, ended_on=ended_on, earlier=earlier)
        for basis in (Basis.PAID_PROPORTIONAL, Basis.LIST_PRICE)
    )
    return BothBases(one, other)


def bases_of(session: Session, settlement: Settlement) -> BothBases | None:
    """Work a settlement out from what it rests on; None while the usage is not signed off."""
    agreement = settlement.agreement
    usage = usage_of(session, settlement)
    if usage is None and order_of(agreement).measure is not Measure.DAYS:
        return None
    return both_bases(
        agreement,
        used=usage.used if usage else 0,
        ended_on=settlement.ended_on,
        earlier=Money(settlement.earlier_refunds_fen),
    )


def usage_of(session: Session, settlement: Settlement) -> UsageStatement | None:
    """Return the statement a settlement was confirmed on; of a draft, the one that is effective."""
    if settlement.state is not SettlementState.DRAFT:
        return settlement.usage_statement
    return session.scalar(
        select(UsageStatement).where(
            UsageStatement.agreement_id == settlement.agreement_id, UsageStatement.state == UsageState.EFFECTIVE
        )
    )


def why_not_settled(session: Session, agreement: Agreement) -> NoSettlement | None:
    """Return why clause 4.6 does not apply to an agreement, None where it does."""
    return why_not(agreement.state, is_upstream=_is_upstream(session, agreement))


def _is_upstream(session: Session, agreement: Agreement) -> bool:
    """Clause 2.4: a source cancelled the agreement's product, or its aftermath is being or was agreed."""
    found = session.scalar(
        select(UpstreamImpact.id)
        .outerjoin(
            UpstreamProduct,
            (UpstreamProduct.change_id == UpstreamImpact.change_id)
            & (UpstreamProduct.product_id == agreement.product_id),
        )
        .where(
            UpstreamImpact.agreement_id == agreement.id,
            UpstreamImpact.state.not_in((ImpactState.WITHDRAWN, ImpactState.NOT_APPLICABLE)),
            or_(
                UpstreamImpact.state.in_(BY_AFTERMATH),
                UpstreamProduct.is_cancelled.is_(True) & UpstreamProduct.restored_at.is_(None),
            ),
        )
        .limit(1)
    )
    return found is not None


def last_day_of(agreement: Agreement) -> date:
    """Return the last day of the cooperation: of an early end the day on which it took effect, else the period's."""
    return legal_date(agreement.over_from - _INSTANT)
