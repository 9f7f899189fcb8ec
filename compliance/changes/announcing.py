"""Changes that the tenant reports before they take effect (clause 3.3 b): kept, and verified on their day."""

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.instants import legal_date, start_of
from agreements.parties.actions import Upload
from compliance.changes.actions import record_change
from compliance.changes.models import AnnouncedChange, ChangeEvent, ChangeNotice
from compliance.changes.notifying import Judged, report_changes
from compliance.changes.rules import AnnouncedState, ChangeKind, ChangeSource


def announced_of_id(session: Session, announced_id: int) -> AnnouncedChange:
    """Return the announced change, or raise NotFound."""
    announced = session.get(AnnouncedChange, announced_id)
    if announced is None:
        raise NotFound(N_("There is no announced change %(number)s."), field="announced", number=announced_id)
    return announced


def announce(
    session: Session,
    notice: ChangeNotice,
    *,
    kind: ChangeKind,
    description: str,
    expected_on: date,
    actor: Actor,
    now: datetime,
) -> AnnouncedChange:
    """Keep a change to come, as the tenant's notice reports it. No clock runs before it takes effect.

    expected_on  day it is to take effect, after today, Shanghai date
    """
    require(actor, Permission.RECORD_PERFORMANCE)
    if expected_on <= legal_date(now):
        raise InvalidInput(N_("This day is not ahead: record the change itself."), field="occurred_on", clause="3.3")
    same = select(AnnouncedChange.id).where(
        AnnouncedChange.tenant_id == notice.tenant_id,
        AnnouncedChange.kind == kind,
        AnnouncedChange.description == description.strip(),
        AnnouncedChange.expected_on == expected_on,
        AnnouncedChange.state == AnnouncedState.ANNOUNCED,
    )
    if notice.corrects_id is None and session.scalar(same) is not None:
        raise Conflict(
            N_("This change was announced already."),
            code="SAME_CHANGE",
            clause="3.3",
            remedy=N_("A second notice of it performs nothing more; the first one is kept."),
        )
    announced = AnnouncedChange(
        tenant_id=notice.tenant_id,
        change_notice_id=notice.id,
        kind=kind,
        description=description.strip(),
        expected_on=expected_on,
        state=AnnouncedState.ANNOUNCED,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(announced)
    session.flush()  # the audit row names its id
    _record(
        session,
        announced,
        "change.announced",
        actor=actor,
        now=now,
        as_of=notice.arrived_at,
        details={"kind": kind.value, "expected_on": expected_on.isoformat(), "notice": notice.id},
    )
    return announced


def confirm_announced(
    session: Session,
    announced: AnnouncedChange,
    *,
    occurred_on: date,
    proof: Upload | None,
    actor: Actor,
    now: datetime,
) -> tuple[ChangeEvent, list[Judged]]:
    """Record that an announced change took effect; its clocks are judged by the notice that announced it and by
    the corrections of that notice.

    occurred_on  the day it did, which need not be the one announced; not after today
    Raises Conflict where no agreement was in force that day, Stale where somebody else dealt with it.
    """
    require(actor, Permission.RECORD_PERFORMANCE)
    notice = announced.change_notice
    change = record_change(
        session,
        announced.tenant,
        kind=announced.kind,
        description=announced.description,
        occurred_on=occurred_on,
        source=ChangeSource.TENANT_NOTICE,
        proof=proof,
        actor=actor,
        now=now,
    )
    _settle(
        session, announced, {"state": AnnouncedState.TOOK_EFFECT, "change_event_id": change.id}, actor=actor, now=now
    )
    _record(
        session,
        announced,
        "change.announcement_confirmed",
        actor=actor,
        now=now,
        as_of=start_of(occurred_on),
        details={"change": change.id, "expected_on": announced.expected_on.isoformat()},
    )
    corrections = session.scalars(
        select(ChangeNotice).where(ChangeNotice.corrects_id == notice.id).order_by(ChangeNotice.arrived_at)
    )
    judged = [
        each
        for report in (notice, *corrections)
        for each in report_changes(session, report, [change], actor=actor, now=now)
    ]
    return change, judged


def drop_announced(session: Session, announced: AnnouncedChange, *, reason: str, actor: Actor, now: datetime) -> None:
    """Record that an announced change does not take place, or concerns no agreement any more."""
    require(actor, Permission.RECORD_PERFORMANCE)
    if not reason.strip():
        raise InvalidInput(N_("Write down the grounds; they stay on record."), field="reason")
    _settle(
        session,
        announced,
        {"state": AnnouncedState.DROPPED, "drop_reason": reason.strip()},
        actor=actor,
        now=now,
    )
    _record(session, announced, "change.announcement_dropped", actor=actor, now=now, as_of=now, reason=reason.strip())


def announced_to_verify(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of announced changes whose day has come, earliest day first."""
    return list(
        session.scalars(
            select(AnnouncedChange.id)
            .where(
                AnnouncedChange.state == AnnouncedState.ANNOUNCED,
                AnnouncedChange.expected_on <= legal_date(due_by),
            )
            .order_by(AnnouncedChange.expected_on, AnnouncedChange.id)
        )
    )


def _settle(
    session: Session, announced: AnnouncedChange, values: dict[str, object], *, actor: Actor, now: datetime
) -> None:
    moved = session.scalar(
        update(AnnouncedChange)
        .where(AnnouncedChange.id == announced.id, AnnouncedChange.state == AnnouncedState.ANNOUNCED)
        .values(settled_at=now, settled_by=actor.name, **values)
        .returning(AnnouncedChange.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else has dealt with this announced change meanwhile."), clause="3.3")
    session.refresh(announced)


def _record(
    session: Session,
    announced: AnnouncedChange,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"announced_change:{announced.id}",
        tenant_id=announced.tenant_id,
        clause="3.3",
        now=now,
        as_of=as_of,
        reason=reason,
        details=details or {},
    )
