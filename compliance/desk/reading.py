"""Reading agreements across the rooms, many rows at once: a page asks a fixed number of questions, not one a row."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from agreements.calendar.deadline_table import Debtor
from agreements.kernel import policies
from agreements.kernel.among import among
from agreements.kernel.db import rows_of
from agreements.parties.models import NoticeAddress, Party, Tenant
from agreements.parties.rules import NoticeChannel
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState
from compliance.desk import rules
from compliance.desk.cases import steps_of_cases
from compliance.desk.holds import HoldRow, standing_holds
from compliance.desk.rules import LifeFacts, NextAct, NextStep, ServiceState
from compliance.gateway.actions import POLICIES
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES
from compliance.sdk import entitlement as facts
from compliance.sdk.answer import Call, Decision
from compliance.sdk.decision import decide
from compliance.service.actions import lacking_documents
from compliance.service.models import ServiceActivation
from compliance.service.rules import HoldGround, HoldScope
from compliance.upstream.offers import withdrawn_products

AnySelect = Select[*tuple[Any, ...]]


def with_whose(statement: AnySelect, agreement_id: Any) -> AnySelect:
    """Add to a statement the three columns of `Whose`, by the agreement its rows name."""
    return (
        statement.add_columns(Agreement.order_no, Tenant.tenant_key, Party.name)
        .join(Agreement, Agreement.id == agreement_id)
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
    )


class Dated(Protocol):
    """What an agreement's position follows from: a row of the ledger, or the same columns of a list."""

    @property
    def id(self) -> int: ...
    @property
    def order_no(self) -> str: ...
    @property
    def tenant_id(self) -> int: ...
    @property
    def product_id(self) -> int: ...
    @property
    def state(self) -> AgreementState: ...
    @property
    def quota_total(self) -> int | None: ...
    @property
    def effective_at(self) -> datetime | None: ...
    @property
    def service_start_at(self) -> datetime: ...
    @property
    def service_end_exclusive_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Position:
    """Where one agreement stands now.

    gateway  what the gateway answers because of this agreement alone; another order of the tenant may still allow
    step     None where nothing waits for a person
    """

    state: AgreementState
    service: ServiceState
    gateway: Decision
    obstacles: tuple[str, ...]
    step: NextStep | None


_ACTIVATED = select(ServiceActivation.agreement_id, ServiceActivation.activated_at).where(
    among(ServiceActivation.agreement_id, "agreement_ids")
)
_REACHABLE = select(NoticeAddress.tenant_id).where(
    among(NoticeAddress.tenant_id, "tenant_ids"),
    NoticeAddress.channel == NoticeChannel.EMAIL,
    NoticeAddress.ended_at.is_(None),
)
_OVERDUE = select(Obligation.agreement_id).where(
    among(Obligation.agreement_id, "agreement_ids"),
    Obligation.debtor == Debtor.TENANT,
    Obligation.state.in_(OPEN_STATES),
    Obligation.provisional.is_(False),
    Obligation.overdue_from <= bindparam("now"),
)


_ENDINGS = {
    AgreementState.ENDED_PROVIDER_CAUSE: facts.EndingKind.PROVIDER_CAUSE,
    AgreementState.ENDED_FOR_BREACH: facts.EndingKind.FOR_BREACH,
}


def life_of(agreement: Dated) -> LifeFacts:
    return LifeFacts(
        agreement.state,
        agreement.effective_at,
        agreement.service_start_at,
        agreement.service_end_exclusive_at,
        agreement.ended_at,
    )


def positions_of(session: Session, agreements: Collection[Dated], *, now: datetime) -> dict[int, Position]:
    """Return where each of some agreements stands, keyed by agreement; a fixed number of queries."""
    ids = [agreement.id for agreement in agreements]
    tenant_ids = {agreement.tenant_id for agreement in agreements}
    activated = {row[0]: row[1] for row in rows_of(session, _ACTIVATED, agreement_ids=ids)}
    withdrawn = withdrawn_products(session, at=now)
    holds = _holds_of(session, agreements, tenant_ids)
    still_owing = {agreement.tenant_id for agreement in agreements if agreement.id not in activated}
    lacking = lacking_by_tenant(session, still_owing, now=now) if still_owing else {}
    case_steps = steps_of_cases(session, ids, now=now)
    owing = _owing(session, ids, now=now)
    values = policies.values_of(session, POLICIES, at=now)
    found = {}
    for agreement in agreements:
        state = rules.state_at(life_of(agreement), now)
        standing = holds[agreement.id]
        activated_at = activated.get(agreement.id)
        obstacles: tuple[str, ...] = ()
        if activated_at is None:
            late = () if state is AgreementState.IN_SERVICE else ("not_in_service",)
            obstacles = (*late, *lacking[agreement.tenant_id])
        found[agreement.id] = Position(
            state=state,
            service=rules.service_state(
                state=state,
                is_activated=activated_at is not None,
                holds=[row.fact for row in standing],
            ),
            gateway=decide(
                _entitlement(agreement, activated_at, withdrawn.get(agreement.product_id), standing),
                Call("product"),
                now,
                **values,
            ),
            obstacles=obstacles,
            step=case_steps.get(agreement.id)
            or _step_of(state, activated_at, obstacles, owes_overdue=agreement.id in owing),
        )
    return found


def _step_of(
    state: AgreementState, activated_at: datetime | None, obstacles: Iterable[str], *, owes_overdue: bool
) -> NextStep | None:
    act = rules.onboarding_act(state=state, is_activated=activated_at is not None, obstacles=obstacles)
    if act is None and owes_overdue:
        act = NextAct.RECORD_CHANGE_NOTICE
    return NextStep(act) if act else None


def _holds_of(session: Session, agreements: Collection[Dated], tenant_ids: set[int]) -> Mapping[int, list[HoldRow]]:
    """Return the holds that reach each agreement, lifted and cancelled ones left out."""
    rows = standing_holds(session, [agreement.id for agreement in agreements], tenant_ids)
    return {
        agreement.id: [
            row
            for row in rows
            if row.hold.agreement_id == agreement.id
            or (row.hold.tenant_id == agreement.tenant_id and row.hold.scope is HoldScope.TENANT)
        ]
        for agreement in agreements
    }


def lacking_by_tenant(session: Session, tenant_ids: Collection[int], *, now: datetime) -> dict[int, tuple[str, ...]]:
    """Clause 3.3 (a): what each tenant still owes before activation, as words of the catalogue (`obstacle.…`)."""
    missing = lacking_documents(session, tenant_ids, now=now)
    reachable = {row[0] for row in rows_of(session, _REACHABLE, tenant_ids=list(tenant_ids))}
    return {
        tenant_id: (
            *(f"document_{kind.value}" for kind in missing[tenant_id]),
            *(() if tenant_id in reachable else ("notice_address",)),
        )
        for tenant_id in tenant_ids
    }


def _entitlement(
    agreement: Dated, activated_at: datetime | None, withdrawn_at: datetime | None, holds: Iterable[HoldRow]
) -> facts.Entitlement:
    """Return this one agreement as the decision sees it; platforms and purposes are not asked about here."""
    return facts.Entitlement(
        "tenant",
        agreements=(
            facts.AgreementEntitlement(
                agreement_id=agreement.id,
                order_no=agreement.order_no,
                product_code="product",
                service_start_at=agreement.service_start_at,
                service_end_exclusive_at=agreement.service_end_exclusive_at,
                effective_at=agreement.effective_at,
                ending=_ending(agreement),
                activated_at=activated_at,
                withdrawn_at=withdrawn_at,
                quota_total=agreement.quota_total,
                holds=tuple(
                    facts.Hold(
                        ground=facts.HoldGround.KEY_FREEZE
                        if row.hold.ground is HoldGround.FREEZE
                        else facts.HoldGround.SUSPENSION,
                        clause=row.hold.clause,
                        scope=facts.Scope(row.hold.scope.value),
                        effective_at=row.effective_at,
                    )
                    for row in holds
                    if row.effective_at is not None
                ),
            ),
        ),
    )


def _ending(agreement: Dated) -> facts.Ending | None:
    if agreement.ended_at is None:
        return None
    clause = "4.4" if agreement.state is AgreementState.ENDED_FOR_BREACH else "4.6"
    return facts.Ending(_ENDINGS.get(agreement.state, facts.EndingKind.BY_AGREEMENT), agreement.ended_at, clause)


def _owing(session: Session, agreement_ids: Collection[int], *, now: datetime) -> set[int]:
    """Return the agreements whose tenant is late by its bound, recorded or not; what we owe leads to no case."""
    return {row[0] for row in rows_of(session, _OVERDUE, agreement_ids=list(agreement_ids), now=now)}


def is_in_state(state: AgreementState, now: datetime) -> ColumnElement[bool]:
    """Say in SQL what `rules.state_at` says of one agreement."""
    goes_on = or_(Agreement.ended_at.is_(None), Agreement.ended_at > now)
    in_force = and_(Agreement.state.in_((*IN_FORCE, AgreementState.EXPIRED)), goes_on)
    ended = Agreement.service_end_exclusive_at <= now
    started = and_(Agreement.service_start_at <= now, Agreement.effective_at <= now)
    match state:
        case AgreementState.EXPIRED:
            return and_(in_force, ended)
        case AgreementState.IN_SERVICE:
            return and_(in_force, started, ~ended)
        case AgreementState.EFFECTIVE:
            return and_(in_force, ~started, ~ended)
        case AgreementState.ENDED_BY_AGREEMENT:
            return or_(Agreement.state == state, and_(Agreement.state.in_(IN_FORCE), Agreement.ended_at <= now))
        case _:
            return Agreement.state == state
