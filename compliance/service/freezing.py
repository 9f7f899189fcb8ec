"""Protective freezes (clause 3.4): shut at once on a phone call, opened again by a sealed letter only."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.crypto import Keyring, Place
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE
from compliance.service.models import Hold
from compliance.service.models_account import AdjustmentRequest, KeyFreeze
from compliance.service.moving import direct, record
from compliance.service.rules import DirectiveAction, HoldGround, HoldScope

CLAUSE = "3.4"


def freeze(
    session: Session,
    tenant: Tenant,
    agreement: Agreement | None,
    *,
    caller: str,
    called_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
) -> KeyFreeze:
    """Clause 3.4: shut the tenant's access at once because its keys may be in other hands; no seal is asked.

    agreement  None freezes every agreement of the tenant
    caller     who told us and how they were known; kept encrypted
    called_at  when they told us, never in the future; the freeze itself counts from now
    """
    require(actor, Permission.FREEZE_KEYS)
    if not caller.strip():
        raise InvalidInput(N_("Write down who called."), field="caller", clause=CLAUSE)
    if not reason.strip():
        raise InvalidInput(N_("Write down what happened."), field="reason", clause=CLAUSE)
    if called_at > now:
        raise InvalidInput(N_("The call lies in the future."), field="called_at", clause=CLAUSE)
    scope = HoldScope.TENANT if agreement is None else HoldScope.AGREEMENT
    carrier = agreement or _carrier(session, tenant)
    if carrier.tenant_id != tenant.id:
        raise NotFound(N_("This tenant has no such agreement."), field="order_no")
    if any(hold.scope is scope and scope_reaches(hold, carrier) for hold in standing_freezes(session, tenant)):
        raise Conflict(N_("This is frozen already."), code="FROZEN_ALREADY", clause=CLAUSE)
    row_key = uuid4().hex
    hold = Hold(
        agreement_id=carrier.id,
        tenant_id=tenant.id,
        scope=scope,
        ground=HoldGround.FREEZE,
        clause=CLAUSE,
        cause=f"freeze:{row_key}",
        decided_at=now,
        decided_by=actor.name,
        by_scheduler=False,
        effective_at=now,
    )
    session.add(hold)
    session.flush()  # the freeze and the directive name its id
    keyring: Keyring = session.info["keyring"]
    row = KeyFreeze(
        hold_id=hold.id,
        tenant_id=tenant.id,
        row_key=row_key,
        caller_sealed=keyring.encrypt(caller.strip(), Place("key_freeze", "caller_sealed", row_key)),
        called_at=called_at,
        reason=reason.strip(),
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(row)
    session.flush()  # pages and requests name its id
    direct(session, hold, DirectiveAction.SUSPEND, now=now)
    record(
        session,
        carrier,
        "key.frozen",
        clause=CLAUSE,
        actor=actor,
        now=now,
        as_of=now,
        reason=row.reason,
        details={"hold_id": hold.id, "scope": scope.value},
    )
    return row


def _carrier(session: Session, tenant: Tenant) -> Agreement:
    """Return the agreement on whose record a freeze of the whole tenant stands: in force, the longest lasting."""
    carrier = session.scalars(
        select(Agreement)
        .where(Agreement.tenant_id == tenant.id)
        .order_by(Agreement.state.in_(IN_FORCE).desc(), Agreement.service_end_exclusive_at.desc(), Agreement.id.desc())
        .limit(1)
    ).first()
    if carrier is None:
        raise Conflict(N_("This tenant has no agreement, so there is nothing to freeze."), clause=CLAUSE)
    return carrier


def scope_reaches(hold: Hold, agreement: Agreement) -> bool:
    """Say whether a hold shuts an agreement: its own, or one of its tenant's whole."""
    return hold.scope is HoldScope.TENANT or hold.agreement_id == agreement.id


def standing_freezes(session: Session, tenant: Tenant) -> list[Hold]:
    """Return the tenant's freezes that were not lifted, oldest first."""
    return list(
        session.scalars(
            select(Hold)
            .where(Hold.tenant_id == tenant.id, Hold.ground == HoldGround.FREEZE, Hold.lifted_at.is_(None))
            .order_by(Hold.id)
        )
    )


def freezes_of(session: Session, tenant_id: int) -> list[KeyFreeze]:
    """Return every freeze of a tenant, the latest first."""
    return list(
        session.scalars(select(KeyFreeze).where(KeyFreeze.tenant_id == tenant_id).order_by(KeyFreeze.id.desc()))
    )


def caller_in_clear(session: Session, row: KeyFreeze) -> str:
    keyring: Keyring = session.info["keyring"]
    return keyring.decrypt(row.caller_sealed, Place("key_freeze", "caller_sealed", row.row_key))


def lift_freeze(session: Session, hold: Hold, request: AdjustmentRequest, *, actor: Actor, now: datetime) -> None:
    """Clause 3.4: open again by the sealed request that asks for it; other holds of the agreement stay."""
    moved = session.scalar(
        update(Hold)
        .where(Hold.id == hold.id, Hold.ground == HoldGround.FREEZE, Hold.lifted_at.is_(None))
        .values(lifted_at=now)
        .returning(Hold.id)
    )
    if moved is None:
        raise Stale(N_("This freeze was lifted meanwhile."), clause=CLAUSE)
    session.refresh(hold)
    direct(session, hold, DirectiveAction.RESUME, now=now)
    record(
        session,
        hold.agreement,
        "key.unfrozen",
        clause=CLAUSE,
        actor=actor,
        now=now,
        as_of=now,
        details={"hold_id": hold.id, "adjustment_id": request.id},
    )
