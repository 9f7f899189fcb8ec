"""Telling gateways and the trail that the switch of an agreement moved."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agreements.kernel import audit, revisions
from agreements.kernel.access.rules import Actor
from agreements.register.models import Agreement
from compliance.service.models import GatewayDirective, Hold
from compliance.service.rules import DirectiveAction


def epoch_of(session: Session, tenant_id: int) -> int:
    """Return the tenant's last directive epoch, 0 before the first."""
    return session.scalar(select(func.max(GatewayDirective.epoch)).where(GatewayDirective.tenant_id == tenant_id)) or 0


def direct(session: Session, hold: Hold, action: DirectiveAction, *, now: datetime) -> None:
    """Order gateways to stop or to resume, under the tenant's next epoch."""
    session.add(
        GatewayDirective(
            tenant_id=hold.tenant_id,
            epoch=epoch_of(session, hold.tenant_id) + 1,
            action=action,
            hold_id=hold.id,
            issued_at=now,
        )
    )


def record(
    session: Session,
    agreement: Agreement,
    act: str,
    *,
    clause: str,
    actor: Actor,
    now: datetime,
    as_of: datetime,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """Write the audit row of an act on an agreement's switch, and raise the revision: its answer may differ now."""
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=clause,
        reason=reason,
        now=now,
        as_of=as_of,
        details=details,
    )
    revisions.raise_revision(session, tenant_id=agreement.tenant_id, cause=act, now=now)
