"""Whom to call, and when, while a source's change waits for legal or for an arrival (domain 8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import SCHEDULER
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES
from compliance.upstream.mapping import matters, notice_deadline
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.moving import cause_of, locked
from compliance.upstream.rules import RUNNING, UNMAPPED_AFTER, ChangeState, ImpactState, Triage, ladder

FAR_AHEAD = datetime(2999, 1, 1, tzinfo=UTC)

LATE = (AlarmKind.UPSTREAM_NOT_ARRIVED, AlarmKind.UPSTREAM_OVERDUE)


@dataclass(frozen=True, slots=True)
class _Call:
    """One alarm that is due: its kind, ladder and rung, when it fell due, and the numbers of its text."""

    kind: AlarmKind
    ladder: str
    rung: str
    at: datetime
    details: dict[str, object]

    @property
    def stage(self) -> str:
        return self.ladder + self.rung


def changes_to_call_about(session: Session, *, due_by: datetime) -> list[int]:
    """Return changes with an alarm due that was not raised; oldest receipt first."""
    waits = (
        select(UpstreamImpact.change_id)
        .outerjoin(Obligation, Obligation.id == UpstreamImpact.withdrawal_obligation_id)
        .where(or_(UpstreamImpact.state == ImpactState.PENDING, Obligation.state.in_(OPEN_STATES)))
    )
    is_unready = or_(UpstreamChange.mapped_at.is_(None), UpstreamChange.triage.is_(None))
    changes = session.scalars(
        select(UpstreamChange)
        .where(or_(matters() & is_unready, UpstreamChange.id.in_(waits)))
        .order_by(UpstreamChange.received_at, UpstreamChange.id)
    )
    return [change.id for change in changes if _missing(session, change, due_by=due_by)]


def call(session: Session, change_id: int, *, now: datetime) -> bool:
    """Raise the alarms of one change that are due; a later rung of a ladder takes the place of the one before.

    Each due day has a ladder of its own, which ends when nobody is waiting on that day's account any more.
    """
    change = locked(session, change_id)
    missing = _missing(session, change, due_by=now)
    for each in missing:
        if each.kind in LATE:
            settle_alarms(session, cause=cause_of(change.id), kinds=LATE, ladder=each.ladder, actor=SCHEDULER, now=now)
        raise_alarm(
            session,
            each.kind,
            cause=cause_of(change.id),
            stage=each.stage,
            as_of=each.at,
            now=now,
            details=each.details,
        )
    return bool(missing)


def first_missing_call(session: Session, change: UpstreamChange) -> datetime | None:
    """Return when the first alarm that was not raised falls due, past or to come; None where none will."""
    missing = _missing(session, change, due_by=FAR_AHEAD)
    return missing[0].at if missing else None


def _missing(session: Session, change: UpstreamChange, *, due_by: datetime) -> list[_Call]:
    due = sorted((each for each in _calls(session, change, now=due_by) if each.at <= due_by), key=lambda each: each.at)
    if not due:
        return []
    raised = {
        (row.kind, row.stage)
        for row in session.execute(select(Alarm.kind, Alarm.stage).where(Alarm.cause == cause_of(change.id)))
    }
    return [each for each in due if (each.kind, each.stage) not in raised]


def _calls(session: Session, change: UpstreamChange, *, now: datetime) -> Iterator[_Call]:
    """Yield every alarm that the change's present state can call for, due or not."""
    is_ours = change.state in RUNNING and change.triage not in (Triage.MAINTENANCE, Triage.IRRELEVANT)
    if is_ours and (change.mapped_at is None or change.triage is None):
        due_on = notice_deadline(session, change, None, now=now).due_on.isoformat()
        details: dict[str, object] = {"change": change.id, "due_on": due_on}
        at = change.received_at + UNMAPPED_AFTER
        if change.mapped_at is None:
            yield _Call(AlarmKind.UPSTREAM_UNMAPPED, "", "hour", at, details)
        if change.triage is None:
            yield _Call(AlarmKind.UPSTREAM_UNREAD, "", "hour", at, details)
        if change.mapped_at is None and change.state in (ChangeState.RECEIVED, ChangeState.TRIAGED):
            yield from _unmapped_ladder(session, change, now=now)
    for name, duties in waiting(session, change).items():
        yield from _ladder(change, name, duties)


def _unmapped_ladder(session: Session, change: UpstreamChange, *, now: datetime) -> Iterator[_Call]:
    """On the due day the unmapped are called about as loudly as what has not arrived."""
    due = notice_deadline(session, change, None, now=now)
    for stage in ladder(
        received_at=change.received_at, due_on=due.due_on, target_at=due.target_at, overdue_from=due.overdue_from
    ):
        details: dict[str, object] = {"change": change.id, "due_on": due.due_on.isoformat()}
        yield _Call(AlarmKind.UPSTREAM_UNMAPPED, f"{due.due_on.isoformat()}:", stage.name, stage.at, details)


def waiting(session: Session, change: UpstreamChange) -> dict[str, list[Obligation]]:
    """Return our duties whose letter has not arrived, by their ladder: what they are about and their due day."""
    rows = session.execute(
        select(UpstreamImpact, Obligation)
        .join(
            Obligation,
            or_(
                (Obligation.id == UpstreamImpact.obligation_id) & (UpstreamImpact.state == ImpactState.PENDING),
                Obligation.id == UpstreamImpact.withdrawal_obligation_id,
            ),
        )
        .where(UpstreamImpact.change_id == change.id, Obligation.state.in_(OPEN_STATES))
        .order_by(Obligation.overdue_from, Obligation.id)
    )
    found: dict[str, list[Obligation]] = {}
    for impact, obligation in rows:
        name = "notice" if obligation.id == impact.obligation_id else "withdrawal"
        found.setdefault(ladder_name(name, obligation), []).append(obligation)
    return found


def ladder_name(about: str, duty: Obligation) -> str:
    """Return how the stages of a duty's alarms begin: those of one due day are called about together."""
    return f"{about}:{duty.due_on.isoformat()}:"


def _ladder(change: UpstreamChange, name: str, duties: list[Obligation]) -> Iterator[_Call]:
    first = duties[0]
    for stage in ladder(
        received_at=first.triggered_at,
        due_on=first.due_on,
        target_at=first.target_at,
        overdue_from=first.overdue_from,
    ):
        is_late = stage.name == "overdue"
        if is_late and first.provisional:
            continue
        yield _Call(
            AlarmKind.UPSTREAM_OVERDUE if is_late else AlarmKind.UPSTREAM_NOT_ARRIVED,
            name,
            stage.name,
            stage.at,
            {"change": change.id, "due_on": first.due_on.isoformat(), "waiting": len(duties)},
        )
