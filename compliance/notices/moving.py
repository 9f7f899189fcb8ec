"""The one place that moves a notice's state (domain 6.5)."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor
from agreements.kernel.errors import N_, Stale
from compliance.notices.models import Notice
from compliance.notices.rules import NoticeEvent, notice_move

ACTS = {
    NoticeEvent.APPROVE: "notice.approved",
    NoticeEvent.ENQUEUE: "notice.queued",
    NoticeEvent.CANCEL: "notice.cancelled",
    NoticeEvent.SEND: "notice.sent",
    NoticeEvent.BOUNCE: "notice.bounced",
    NoticeEvent.ARRIVE: "notice.arrived",
    NoticeEvent.SERVE_ON_PAPER: "notice.arrived",
    NoticeEvent.ARRIVE_BY_LINK: "notice.arrived",
    NoticeEvent.ACKNOWLEDGE: "notice.acknowledged",
}


def move(
    session: Session,
    notice: Notice,
    event: NoticeEvent,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime | None = None,
    reason: str | None = None,
    values: dict[str, object] | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Make one legal move, guarded by the state it starts from, and record it.

    An illegal one raises IllegalMove; Stale where somebody else moved the notice since it was read.
    """
    before = notice.state
    target = notice_move(before, event).target
    moved = session.scalar(
        update(Notice)
        .where(Notice.id == notice.id, Notice.state == before)
        .values(state=target, **(values or {}))
        .returning(Notice.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else moved notice %(number)s meanwhile."), number=notice.number)
    session.refresh(notice)
    record(
        session,
        notice,
        ACTS[event],
        actor=actor,
        now=now,
        as_of=as_of,
        reason=reason,
        details={"from": before.value, "to": target.value} | (details or {}),
    )


def record(
    session: Session,
    notice: Notice,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime | None = None,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write one act on a notice to the trail."""
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"notice:{notice.id}",
        now=now,
        as_of=as_of,
        clause=notice.clause,
        reason=reason,
        agreement_id=notice.agreement_id,
        tenant_id=notice.tenant_id,
        details={"kind": notice.kind.value, "cause": notice.cause} | (details or {}),
    )
