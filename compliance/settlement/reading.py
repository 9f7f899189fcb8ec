"""The list of settlements and one with all that it rests on; nothing here changes anything."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from agreements.kernel.audit import AuditEvent
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement
from compliance.settlement.actions import settlement_of_id
from compliance.settlement.figures import BothBases, bases_of, order_of, usage_of
from compliance.settlement.models import Settlement, UsageStatement
from compliance.settlement.rules import Measure, SettlementEvent, SettlementState, SharedOrder, legal_events
from compliance.settlement.usage import statements_of

OPEN, ALL = "open", "all"
TABS = (OPEN, *(state.value for state in SettlementState), ALL)
SORTS = {
    "ended": (Settlement.ended_on, Settlement.id),
    "-ended": (Settlement.ended_on.desc(), Settlement.id.desc()),
}
DONE = (SettlementState.PAID, SettlementState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Dossier:
    """A settlement with its figures.

    bases    None while the usage is missing
    usage    the statement it rests on
    others   the agreement's other settlements, newest first
    acts     what can be done with it now, whoever may
    history  acts recorded on it and on the usage, oldest first
    """

    settlement: Settlement
    measure: Measure
    bases: BothBases | None
    usage: UsageStatement | None
    statements: list[UsageStatement]
    others: list[Settlement]
    acts: tuple[SettlementEvent, ...]
    history: list[AuditEvent]

    def beyond_quota(self, statement: UsageStatement) -> int:
        return order_of(self.settlement.agreement).beyond_quota(statement.used)


def settlements(*, tab: str, text: str = "", sort: str = "ended") -> Select[Any]:
    """Return the list's statement. text: part of a tenant's name in any spelling, or of an order number."""
    statement = (
        select(Settlement)
        .options(
            joinedload(Settlement.agreement).joinedload(Agreement.tenant).joinedload(Tenant.party),
            joinedload(Settlement.obligation),
        )
        .join(Settlement.agreement)
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
    )
    if tab == OPEN:
        statement = statement.where(Settlement.state.not_in(DONE))
    elif tab != ALL:
        statement = statement.where(Settlement.state == SettlementState(tab))
    if text:
        statement = statement.where(
            or_(
                Party.normalised_name.contains(normalised_name(text), autoescape=True),
                Agreement.order_no.contains(text.strip(), autoescape=True),
            )
        )
    return statement.order_by(*SORTS[sort])


def counts(session: Session) -> dict[str, int]:
    """Return how many settlements each tab holds."""
    by_state = {
        state.value: count
        for state, count in session.execute(select(Settlement.state, func.count()).group_by(Settlement.state))
    }
    found = {state.value: by_state.get(state.value, 0) for state in SettlementState}
    done = sum(found[state.value] for state in DONE)
    return {**found, OPEN: sum(found.values()) - done, ALL: sum(found.values())}


def dossier_of(session: Session, settlement_id: int) -> Dossier:
    settlement = settlement_of_id(session, settlement_id)
    statements = statements_of(session, settlement.agreement_id)
    subjects = [f"settlement:{settlement.id}", *(f"usage:{each.id}" for each in statements)]
    return Dossier(
        settlement=settlement,
        measure=order_of(settlement.agreement).measure,
        bases=bases_of(session, settlement),
        usage=usage_of(session, settlement),
        statements=statements,
        others=[each for each in settlements_of(session, settlement.agreement_id) if each.id != settlement.id],
        acts=legal_events(settlement.state),
        history=list(
            session.scalars(
                select(AuditEvent)
                .where(AuditEvent.agreement_id == settlement.agreement_id, AuditEvent.subject.in_(subjects))
                .order_by(AuditEvent.seq)
            )
        ),
    )


def settlements_of(session: Session, agreement_id: int) -> list[Settlement]:
    """Return all of an agreement, newest first."""
    return list(
        session.scalars(
            select(Settlement).where(Settlement.agreement_id == agreement_id).order_by(Settlement.id.desc())
        )
    )


def shared_orders(session: Session, agreement: Agreement) -> list[SharedOrder]:
    """Return the tenant's orders of the same product that were in force while this one was, itself among them."""
    found = session.scalars(
        select(Agreement)
        .where(
            Agreement.tenant_id == agreement.tenant_id,
            Agreement.product_id == agreement.product_id,
            Agreement.effective_at.is_not(None),
            Agreement.service_start_at < agreement.service_end_exclusive_at,
            Agreement.service_end_exclusive_at > agreement.service_start_at,
        )
        .order_by(Agreement.service_end_exclusive_at, Agreement.id)
    )
    return [
        SharedOrder(each.order_no, order.first_on, order.last_on, each.quota_total)
        for each in found
        for order in (order_of(each),)
    ]
