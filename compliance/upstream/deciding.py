"""What legal decides about a source's change: how to read it, whom it spares, when it is closed (domain 6.7)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, IllegalMove
from compliance.alarms.actions import settle_alarms
from compliance.alarms.rules import AlarmKind
from compliance.obligations.actions import void
from compliance.obligations.rules import OPEN_STATES
from compliance.upstream.judging import OURS, waits_for_arrival
from compliance.upstream.models import UpstreamChange, UpstreamImpact, UpstreamProduct
from compliance.upstream.moving import (
    cause_of,
    move_change,
    move_impact,
    record,
    require_text,
    require_version,
    write_change,
)
from compliance.upstream.rules import (
    BEFORE_DISPATCH,
    RELEVANT,
    ChangeEvent,
    ChangeState,
    ImpactEvent,
    ImpactState,
    Triage,
    require_closable,
)


def decide_triage(
    session: Session,
    change: UpstreamChange,
    triage: Triage,
    *,
    reason: str,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Domain 6.7: legal reads the notice under 2.4, 4.3, both or neither; only what 2.4 covers is sent out.

    reason  needed where it is no matter of 2.4. Where agreements were mapped meanwhile, saying so takes an approver,
            for it ends duties that have begun. So does reading it a second time, which is possible until the first
            letter is out; duties that a first reading ended are not revived.
    """
    is_relevant = triage in RELEVANT
    impacts = _impacts(session, change)
    ends_duties = bool(impacts) and not is_relevant
    is_second = change.triage is not None
    require_version(change, version)  # who may decide depends on what it is now
    require(actor, Permission.SETTLE_UPSTREAM if ends_duties or is_second else Permission.HANDLE_UPSTREAM)
    if is_second and (change.state not in BEFORE_DISPATCH or (impacts and change.triage not in RELEVANT)):
        raise IllegalMove(
            N_("Legal has read this notice already."),
            clause="2.4",
            remedy=N_("Record what else the source says as a notice of its own."),
        )
    if not is_relevant:
        reason = require_text(reason, "reason")
    values: dict[str, object] = {
        "triage": triage,
        "triage_reason": reason.strip() or None,
        "triaged_at": now,
        "triaged_by": actor.name,
    }
    if change.state is not ChangeState.RECEIVED:  # mapped before legal read it, or read before
        write_change(session, change, values=values)
        record(
            session,
            change,
            "upstream.triage",
            actor=actor,
            now=now,
            reason=reason or None,
            details={"triage": triage.value},
        )
    else:
        move_change(
            session,
            change,
            ChangeEvent.TRIAGE,
            actor=actor,
            now=now,
            reason=reason or None,
            values=values,
            details={"triage": triage.value},
        )
    tell_gateways(session, change, "upstream.triage", now=now)
    if not is_relevant:
        for impact in impacts:
            if impact.state is ImpactState.PENDING:
                _exempt(session, impact, reason=reason, actor=actor, now=now)
    dealt_with = (AlarmKind.UPSTREAM_UNREAD,) if is_relevant else OURS
    settle_alarms(session, cause=cause_of(change.id), kinds=dealt_with, actor=actor, now=now)


def exempt(session: Session, impact: UpstreamImpact, *, reason: str, actor: Actor, now: datetime) -> None:
    """Domain 6.7: an approver finds one agreement not affected; its duty falls away, the reason stays."""
    require(actor, Permission.SETTLE_UPSTREAM)
    if impact.notice_id is not None:
        raise IllegalMove(
            N_("The notice of this agreement has been issued already."),
            clause="2.4",
            remedy=N_("Let it arrive; the tenant's answer settles it."),
        )
    _exempt(session, impact, reason=require_text(reason, "reason"), actor=actor, now=now)
    if not waits_for_arrival(session, impact.change_id):
        settle_alarms(session, cause=cause_of(impact.change_id), kinds=OURS, actor=actor, now=now)


def _exempt(session: Session, impact: UpstreamImpact, *, reason: str, actor: Actor, now: datetime) -> None:
    move_impact(
        session, impact, ImpactEvent.EXEMPT, actor=actor, now=now, reason=reason, values={"exempt_reason": reason}
    )
    for duty in (impact.obligation, impact.withdrawal_obligation):
        if duty is not None and duty.state in OPEN_STATES:
            void(session, duty, reason=reason, actor=actor, now=now)


def close(session: Session, change: UpstreamChange, *, note: str, version: int, actor: Actor, now: datetime) -> None:
    """Domain 6.7: every agreement is settled and the change is in effect, withdrawn or none of 2.4."""
    require(actor, Permission.HANDLE_UPSTREAM)
    require_version(change, version)
    require_closable(
        change.state,
        triage=change.triage,
        effective_on=change.effective_on,
        impacts=[impact.state for impact in _impacts(session, change)],
    )
    move_change(
        session,
        change,
        ChangeEvent.CLOSE,
        actor=actor,
        now=now,
        reason=note.strip() or None,
        values={"closed_at": now, "closing_note": note.strip() or None},
    )


def restore_product(
    session: Session, change: UpstreamChange, product_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Another source took over: a product that this change cancelled is on offer again from now on."""
    require(actor, Permission.SETTLE_UPSTREAM)
    row = session.get(UpstreamProduct, (change.id, product_id))
    if row is None or not row.is_cancelled or row.restored_at is not None:
        raise Conflict(N_("This product is not withdrawn by this change."), clause="2.4")
    reason = require_text(reason, "reason")
    row.restored_at = now
    row.restored_by = actor.name
    record(
        session,
        change,
        "upstream.product_restored",
        actor=actor,
        now=now,
        reason=reason,
        details={"product_id": product_id},
    )
    revisions.raise_revision(session, tenant_id=None, cause="upstream.product_restored", now=now)


def tell_gateways(session: Session, change: UpstreamChange, cause: str, *, now: datetime) -> None:
    """Raise the revision where the change cancels a product, so that no gateway relies on an older answer."""
    if any(row.is_cancelled for row in change.products):
        revisions.raise_revision(session, tenant_id=None, cause=cause, now=now)


def _impacts(session: Session, change: UpstreamChange) -> list[UpstreamImpact]:
    return list(
        session.scalars(select(UpstreamImpact).where(UpstreamImpact.change_id == change.id).order_by(UpstreamImpact.id))
    )
