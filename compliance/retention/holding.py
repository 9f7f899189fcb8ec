"""Placing and lifting holds: a dispute's or an authority's; two different rights."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput, NotFound, Stale
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.retention.models import RetentionHold
from compliance.retention.rules import HoldGround

CLAUSE = "5.2"
LONGEST_REASON = 2000
LONGEST_REFERENCE = 120


def place_hold(
    session: Session,
    tenant: Tenant,
    agreement: Agreement | None,
    *,
    ground: HoldGround,
    reference: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> RetentionHold:
    """Keep everything of an agreement, or of the whole tenant, until the hold is lifted.

    reference  number of the paper it rests on
    """
    require(actor, Permission.PLACE_RETENTION_HOLD)
    if agreement is not None and agreement.tenant_id != tenant.id:
        raise NotFound(N_("This tenant has no such agreement."), field="order_no")
    hold = RetentionHold(
        tenant_id=tenant.id,
        agreement_id=agreement.id if agreement else None,
        ground=ground,
        reference=_text(reference, "reference", LONGEST_REFERENCE),
        reason=_text(reason, "reason", LONGEST_REASON),
        placed_at=now,
        placed_by=actor.name,
    )
    session.add(hold)
    session.flush()  # the audit row names its id
    _record(session, hold, "retention.held", reason=hold.reason, actor=actor, now=now)
    return hold


def lift_hold(session: Session, hold: RetentionHold, *, reason: str, actor: Actor, now: datetime) -> None:
    """An approver lifts it; what is past its period may then be deleted."""
    require(actor, Permission.LIFT_RETENTION_HOLD)
    reason = _text(reason, "reason", LONGEST_REASON)
    lifted = session.scalar(
        update(RetentionHold)
        .where(RetentionHold.id == hold.id, RetentionHold.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=actor.name, lift_reason=reason)
        .returning(RetentionHold.id)
    )
    if lifted is None:
        raise Stale(N_("Somebody else lifted this hold meanwhile."), clause=CLAUSE)
    session.refresh(hold)
    _record(session, hold, "retention.lifted", reason=reason, actor=actor, now=now)


def hold_of_id(session: Session, hold_id: int) -> RetentionHold:
    hold = session.get(RetentionHold, hold_id)
    if hold is None:
        raise NotFound(N_("There is no hold %(number)s."), field="hold", number=hold_id)
    return hold


def _text(written: str, field: str, longest: int) -> str:
    written = written.strip()
    if not written:
        raise InvalidInput(N_("This is missing."), field=field, remedy=N_("Fill it in."))
    if len(written) > longest:
        raise InvalidInput(N_("At most %(longest)s characters fit."), field=field, longest=longest)
    return written


def _record(session: Session, hold: RetentionHold, act: str, *, reason: str, actor: Actor, now: datetime) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"retention_hold:{hold.id}",
        agreement_id=hold.agreement_id,
        tenant_id=hold.tenant_id,
        clause=CLAUSE,
        reason=reason,
        now=now,
        details={"ground": hold.ground.value, "reference": hold.reference},
    )
