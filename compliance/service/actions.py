"""Opening service, holding it and letting it go (clauses 3.3 a, 4.4, 6.1)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import policies
from agreements.kernel.access.rules import Actor, ActorKind, Permission, require
from agreements.kernel.among import among
from agreements.kernel.db import rows_of
from agreements.kernel.errors import N_, Conflict, IllegalMove, Stale
from agreements.parties.actions import notice_address_in_force
from agreements.parties.documents import missing_by_tenant
from agreements.parties.rules import DocumentType, normalised_name
from agreements.register.actions import advance
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState
from compliance.notices.models import Arrival, Notice
from compliance.service.models import Hold, ServiceActivation
from compliance.service.moving import direct, record
from compliance.service.rules import DirectiveAction, HoldGround, HoldScope, Obstacle, suspension_effective_at

WITH_PROOF_OF_RELATION = (AgreementState.PENDING_PAYMENT, *IN_FORCE)


_ORDERED_BY_ANOTHER = select(Agreement.tenant_id, Agreement.purchaser_account, Agreement.party_a_name).where(
    among(Agreement.tenant_id, "tenant_ids"),
    Agreement.purchaser_account.is_not(None),
    Agreement.purchaser_account != Agreement.party_a_name,
    Agreement.state.in_(WITH_PROOF_OF_RELATION),
)


def lacking_documents(session: Session, tenant_ids: Collection[int], *, now: datetime) -> dict[int, list[DocumentType]]:
    """Clause 3.3 (a), E-05: what each tenant still owes before activation, by its industry's checklist.

    Where an order was placed through another company's account a proof of relation is owed besides [P].
    """
    also: dict[int, frozenset[DocumentType]] = {}
    orders = rows_of(session, _ORDERED_BY_ANOTHER, tenant_ids=list(tenant_ids))
    if orders and policies.value_of(session, "relation_proof_for_other_account", at=now):
        also = {
            tenant_id: frozenset({DocumentType.RELATION_PROOF})
            for tenant_id, account, party in orders
            if account and normalised_name(account) != normalised_name(party)
        }
    return missing_by_tenant(session, tenant_ids, also=also, now=now)


def activation_obstacles(session: Session, agreement: Agreement, *, now: datetime) -> list[str]:
    """Return what still stands between an agreement and activation, as words of the catalogue; empty means ready."""
    obstacles: list[str] = []
    if agreement.state is not AgreementState.IN_SERVICE or not (
        agreement.service_start_at <= now < agreement.service_end_exclusive_at
    ):
        obstacles.append("not_in_service")
    missing = lacking_documents(session, [agreement.tenant_id], now=now)[agreement.tenant_id]
    obstacles += [f"document_{kind.value}" for kind in missing]
    if notice_address_in_force(session, agreement.tenant_id) is None:
        obstacles.append("notice_address")
    return obstacles


def activate_service(session: Session, agreement: Agreement, *, actor: Actor, now: datetime) -> ServiceActivation:
    """Clause 3.3 (a): open the service once the agreement is in service and the tenant has shown its documents.

    A signed notice address confirmation is asked too [P]: without it no notice would safely arrive (domain 4.3).
    """
    require(actor, Permission.ACTIVATE_SERVICE)
    advance(session, agreement, now=now)
    if session.get(ServiceActivation, agreement.id) is not None:
        raise IllegalMove(N_("The service of agreement %(order_no)s is open already."), order_no=agreement.order_no)
    if agreement.effective_at is None:
        raise Conflict(
            N_("The order is not paid: the agreement has no effect yet."),
            code="AGREEMENT_NOT_EFFECTIVE",
            clause="三 1",
            remedy=N_("Have finance confirm the payment first."),
        )
    obstacles = activation_obstacles(session, agreement, now=now)
    if obstacles:
        raise Conflict(
            N_("The service can't be opened yet; missing: %(missing)s."),
            code="ONBOARDING_INCOMPLETE",
            clause="3.3",
            remedy=N_("Record what is missing on the tenant's page."),
            missing=tuple(Obstacle(word) for word in obstacles),
        )
    activation = ServiceActivation(agreement_id=agreement.id, activated_at=now, activated_by=actor.name)
    session.add(activation)
    record(session, agreement, "service.activated", clause="3.3", actor=actor, now=now, as_of=now)
    return activation


def decide_breach_hold(
    session: Session,
    agreement: Agreement,
    *,
    scope: HoldScope,
    clause: str,
    cause: str,
    notice: Notice,
    actor: Actor,
    now: datetime,
) -> Hold:
    """Clauses 4.4, 6.1: decide to hold service for a breach. Nothing is shut until the notice has arrived.

    The use case above has checked the case, the ground and the permission. `cause` is unique: a second decision for it
    is refused by the database.
    """
    hold = Hold(
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        scope=scope,
        ground=HoldGround.BREACH,
        clause=clause,
        cause=cause,
        notice_id=notice.id,
        notice_kind=notice.kind,
        decided_at=now,
        decided_by=actor.name,
        by_scheduler=actor.kind is ActorKind.SCHEDULER,
    )
    session.add(hold)
    session.flush()  # the audit row names its id
    record(
        session, agreement, "hold.decided", clause=clause, actor=actor, now=now, as_of=now, details={"hold_id": hold.id}
    )
    return hold


def put_hold_into_effect(session: Session, hold: Hold, arrival: Arrival, *, actor: Actor, now: datetime) -> bool:
    """Clause 6.1: the notice has arrived, so the suspension counts from then (or from the decision, if later).

    Returns False, changing nothing, where the hold was put into effect or cancelled before.
    """
    effective_at = suspension_effective_at(decided_at=hold.decided_at, notice_arrived_at=arrival.arrived_at)
    moved = session.scalar(
        update(Hold)
        .where(
            Hold.id == hold.id,
            Hold.notice_id == arrival.notice_id,
            Hold.effective_at.is_(None),
            Hold.cancelled_at.is_(None),
        )
        .values(arrival_id=arrival.id, notice_arrived_at=arrival.arrived_at, effective_at=effective_at)
        .returning(Hold.id)
    )
    if moved is None:
        return False
    session.refresh(hold)
    direct(session, hold, DirectiveAction.SUSPEND, now=now)
    record(
        session,
        hold.agreement,
        "hold.effective",
        clause=hold.clause,
        actor=actor,
        now=now,
        as_of=effective_at,
        details={"hold_id": hold.id, "arrival_id": arrival.id},
    )
    return True


def cancel_hold(session: Session, hold: Hold, *, reason: str, actor: Actor, now: datetime) -> None:
    """E-40: the ground fell away before the notice arrived, so the suspension never takes effect."""
    moved = session.scalar(
        update(Hold)
        .where(Hold.id == hold.id, Hold.effective_at.is_(None), Hold.cancelled_at.is_(None))
        .values(cancelled_at=now)
        .returning(Hold.id)
    )
    if moved is None:
        raise Stale(N_("The suspension has taken effect or was cancelled meanwhile."), clause=hold.clause)
    session.refresh(hold)
    record(
        session,
        hold.agreement,
        "hold.cancelled",
        clause=hold.clause,
        actor=actor,
        now=now,
        as_of=now,
        reason=reason,
        details={"hold_id": hold.id},
    )


def lift_hold(session: Session, hold: Hold, *, resume_notice: Notice, actor: Actor, now: datetime) -> None:
    """Domain 6.2: lift an effective breach hold. Other holds of the agreement stay."""
    moved = session.scalar(
        update(Hold)
        .where(Hold.id == hold.id, Hold.effective_at.is_not(None), Hold.lifted_at.is_(None))
        .values(lifted_at=now, resume_notice_id=resume_notice.id)
        .returning(Hold.id)
    )
    if moved is None:
        raise Stale(N_("This suspension is not in effect."), clause=hold.clause)
    session.refresh(hold)
    direct(session, hold, DirectiveAction.RESUME, now=now)
    record(
        session,
        hold.agreement,
        "hold.lifted",
        clause=hold.clause,
        actor=actor,
        now=now,
        as_of=now,
        details={"hold_id": hold.id, "notice_id": resume_notice.id},
    )


def holds_reaching(session: Session, agreement: Agreement) -> list[Hold]:
    """Return every hold, past and present, that reaches this agreement: its own and tenant-wide ones, newest first."""
    return list(
        session.scalars(
            select(Hold)
            .where(
                (Hold.agreement_id == agreement.id)
                | ((Hold.tenant_id == agreement.tenant_id) & (Hold.scope == HoldScope.TENANT))
            )
            .order_by(Hold.id.desc())
        )
    )
