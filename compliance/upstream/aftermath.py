"""How a refusal ends: an agreement that both sign, or talks that break down (clause 2.4, E-29)."""

from datetime import datetime

from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput
from agreements.parties.actions import Upload, keep_upload
from compliance.obligations.actions import record_performance, void
from compliance.upstream.models import UpstreamImpact
from compliance.upstream.moving import move_impact, require_text
from compliance.upstream.rules import ImpactEvent


def sign_aftermath(
    session: Session,
    impact: UpstreamImpact,
    *,
    signed_at: datetime,
    upload: Upload | None,
    note: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Clause 2.4: both have signed the separate agreement; the file bears both signatures."""
    require(actor, Permission.SETTLE_UPSTREAM)
    if upload is None:
        raise InvalidInput(N_("Attach the agreement that both have signed."), field="file", clause="2.4")
    if signed_at > now:
        raise InvalidInput(N_("It can't be signed in the future."), field="signed_at", clause="2.4")
    reminder = impact.aftermath_obligation
    if reminder is not None and signed_at < reminder.triggered_at:
        raise InvalidInput(N_("It can't be signed before the refusal."), field="signed_at", clause="2.4")
    move_impact(
        session,
        impact,
        ImpactEvent.SIGN_AFTERMATH,
        actor=actor,
        now=now,
        as_of=signed_at,
        values={
            "aftermath_file_id": keep_upload(session, upload, now=now).id,
            "aftermath_settled_at": signed_at,
            "aftermath_note": note.strip() or None,
        },
    )
    if reminder is not None:
        record_performance(session, reminder, performed_at=signed_at, actor=actor, now=now)


def fail_aftermath(session: Session, impact: UpstreamImpact, *, reason: str, actor: Actor, now: datetime) -> None:
    """Domain 6.7: the talks broke down. That is a dispute and nobody's breach."""
    require(actor, Permission.SETTLE_UPSTREAM)
    reason = require_text(reason, "reason")
    move_impact(
        session,
        impact,
        ImpactEvent.FAIL_AFTERMATH,
        actor=actor,
        now=now,
        reason=reason,
        values={"aftermath_settled_at": now, "aftermath_note": reason},
    )
    if impact.aftermath_obligation is not None:
        void(session, impact.aftermath_obligation, reason=reason, actor=actor, now=now)
