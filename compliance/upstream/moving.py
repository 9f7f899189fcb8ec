"""The one place that moves a source's change and the agreements it touches (domain 6.7), each move guarded."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor
from agreements.kernel.errors import N_, InvalidInput, NotFound, Stale
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.rules import ChangeEvent, ImpactEvent, change_move, impact_move


def change_of_id(session: Session, change_id: int) -> UpstreamChange:
    """Return the change, or raise NotFound."""
    change = session.get(UpstreamChange, change_id)
    if change is None:
        raise NotFound(N_("There is no source notice %(id)s."), field="change", id=change_id)
    return change


def impact_of_id(session: Session, impact_id: int) -> UpstreamImpact:
    """Return one agreement's part in a change, or raise NotFound."""
    impact = session.get(UpstreamImpact, impact_id)
    if impact is None:
        raise NotFound(N_("There is no affected agreement %(id)s."), field="impact", id=impact_id)
    return impact


def cause_of(change_id: int) -> str:
    """Return what obligations, alarms and the trail call a change."""
    return f"upstream:{change_id}"


def locked(session: Session, change_id: int) -> UpstreamChange:
    """Return the change as it is now and keep other writers from it until the transaction ends."""
    return session.scalars(
        select(UpstreamChange)
        .where(UpstreamChange.id == change_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def require_version(change: UpstreamChange, version: int) -> None:
    """Raise Stale unless the change is still the one that was seen."""
    if change.version != version:
        raise _moved_on(change)


def move_change(
    session: Session,
    change: UpstreamChange,
    event: ChangeEvent,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime | None = None,
    reason: str | None = None,
    values: dict[str, object] | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """Make one legal move of the version that was read, and record it."""
    before = change.state
    target = change_move(before, event).target
    write_change(session, change, values={"state": target, **(values or {})})
    record(
        session,
        change,
        f"upstream.{event.value}",
        actor=actor,
        now=now,
        as_of=as_of,
        reason=reason,
        details={"from": before.value, "to": target.value, **(details or {})},
    )


def write_change(session: Session, change: UpstreamChange, *, values: dict[str, object]) -> None:
    """Write columns of the version that was read; Stale where somebody wrote it since."""
    session.flush()  # what hangs on the row counts before the guard is asked
    written = session.scalar(
        update(UpstreamChange)
        .where(
            UpstreamChange.id == change.id,
            UpstreamChange.version == change.version,
            UpstreamChange.state == change.state,
        )
        .values(version=change.version + 1, **values)
        .returning(UpstreamChange.id)
        .execution_options(synchronize_session=False)
    )
    if written is None:
        raise _moved_on(change)
    session.refresh(change)


def move_impact(
    session: Session,
    impact: UpstreamImpact,
    event: ImpactEvent,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime | None = None,
    reason: str | None = None,
    values: dict[str, object] | None = None,
) -> None:
    """Make one legal move of one agreement's part, guarded by the state it starts from, and record it."""
    before = impact.state
    target = impact_move(before, event).target
    session.flush()  # what hangs on the row counts before the guard is asked
    moved = session.scalar(
        update(UpstreamImpact)
        .where(UpstreamImpact.id == impact.id, UpstreamImpact.state == before)
        .values(state=target, **(values or {}))
        .returning(UpstreamImpact.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise Stale(N_("Somebody else acted on this agreement meanwhile."), clause="2.4")
    session.refresh(impact)
    audit.record(
        session,
        actor=actor,
        act=f"upstream_impact.{event.value}",
        subject=f"upstream_impact:{impact.id}",
        agreement_id=impact.agreement_id,
        tenant_id=impact.tenant_id,
        clause="2.4",
        reason=reason,
        now=now,
        as_of=as_of or now,
        details={"change_id": impact.change_id, "from": before.value, "to": target.value},
    )


def record(
    session: Session,
    change: UpstreamChange,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime | None = None,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """Write one act on a change to the trail."""
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=cause_of(change.id),
        clause="2.4",
        reason=reason,
        now=now,
        as_of=as_of or now,
        details=details,
    )


def require_text(text: str, field: str) -> str:
    """Return the text without its margins, or raise InvalidInput where there is none."""
    if not text.strip():
        raise InvalidInput(N_("Write down the grounds; they stay on record."), field=field, clause="2.4")
    return text.strip()


def _moved_on(change: UpstreamChange) -> Stale:
    return Stale(
        N_("Somebody else acted on source notice %(id)s meanwhile."),
        remedy=N_("Look at it again, then decide."),
        id=change.id,
    )
