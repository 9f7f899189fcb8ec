"""Which warnings a subject should have, and bringing its rows there: planned, moved by the calendar, or void."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.calendar.actions import warning_thresholds, working_calendar
from agreements.calendar.deadline_rules import Counting
from agreements.calendar.rules import WorkingCalendar
from agreements.kernel import audit
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import end_of, legal_date
from agreements.parties.models import QualificationDocument
from agreements.parties.rules import DocumentState
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE
from compliance.alarms.actions import settle_alarms
from compliance.alarms.rules import AlarmKind
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.rules import (
    Held,
    Silence,
    Stage,
    Subject,
    WarningState,
    horizon,
    replaces,
    stages_of,
)

ALARMS = (AlarmKind.AGREEMENT_ENDING, AlarmKind.RENEWAL_UNPAID, AlarmKind.DOCUMENT_EXPIRING)


@dataclass(frozen=True, slots=True)
class Ending:
    """A subject with its end, as it stands now.

    bound_at  exclusive end; None where nothing is to be warned of any more, and then `silence` says why
    """

    subject: Subject
    id: int
    tenant_id: int
    agreement_id: int | None
    bound_at: datetime | None
    silence: Silence | None = None

    @property
    def cause(self) -> str:
        return f"expiry:{self.subject.value}:{self.id}"

    @property
    def name(self) -> str:
        """What the trail calls the subject."""
        return f"{self.subject.value}:{self.id}"


def last_day(bound_at: datetime) -> date:
    """Return the last day of a period with this exclusive end."""
    return legal_date(bound_at - timedelta(microseconds=1))


def ending_of_agreement(agreement: Agreement) -> Ending:
    """Main 三 1: the end of a service period in force, as recorded; no other has warnings, nor an end agreed on."""
    in_force = agreement.state in IN_FORCE and agreement.ended_at is None
    return Ending(
        Subject.AGREEMENT,
        agreement.id,
        agreement.tenant_id,
        agreement.id,
        agreement.service_end_exclusive_at if in_force else None,
        None if in_force else Silence.NOT_IN_FORCE,
    )


def ending_of_document(session: Session, document: QualificationDocument) -> Ending:
    """Clause 3.3: the end of a document's validity, unless another took its place or nothing is in force for it."""
    carrier = carrying_agreement(session, document.tenant_id)
    silence = None
    if document.expires_on is None or document.state is not DocumentState.VERIFIED:
        silence = Silence.MOVED
    elif is_replaced(session, document):
        silence = Silence.RENEWED
    elif carrier is None:
        silence = Silence.NOT_IN_FORCE
    return Ending(
        Subject.DOCUMENT,
        document.id,
        document.tenant_id,
        carrier.id if carrier else None,
        end_of(document.expires_on) if silence is None and document.expires_on else None,
        silence,
    )


def carrying_agreement(session: Session, tenant_id: int) -> Agreement | None:
    """Return the agreement under which a tenant's document matters: in force, the one that lasts longest."""
    return session.scalars(
        select(Agreement)
        .where(Agreement.tenant_id == tenant_id, Agreement.state.in_(IN_FORCE))
        .order_by(Agreement.service_end_exclusive_at.desc(), Agreement.id.desc())
        .limit(1)
    ).first()


def is_replaced(session: Session, document: QualificationDocument) -> bool:
    """Say whether another document on file took this one's place."""
    others = session.scalars(
        select(QualificationDocument).where(
            QualificationDocument.tenant_id == document.tenant_id,
            QualificationDocument.type == document.type,
            QualificationDocument.state == DocumentState.VERIFIED,
        )
    ).all()
    if any(other.replaces_id == document.id and not other.lacks_seal for other in others):
        return True
    return any(replaces(held(other), held(document)) for other in others)


def held(document: QualificationDocument) -> Held:
    return Held(document.id, document.type, document.issuer, document.sealed, document.expires_on)


class Planner:
    """What the policy and the calendar of an instant ask for; stages of one end are counted once."""

    def __init__(self, session: Session, *, now: datetime, calendar: WorkingCalendar | None = None) -> None:
        self.thresholds = warning_thresholds(session, now=now)
        self.horizon = horizon(self.thresholds)
        self.now = now
        self._counting = Counting(calendar or working_calendar(session))
        self._stages: dict[datetime, list[Stage]] = {}

    def stages(self, bound_at: datetime) -> list[Stage]:
        if bound_at not in self._stages:
            self._stages[bound_at] = stages_of(self._counting, last_day(bound_at), self.thresholds)
        return self._stages[bound_at]

    def wanted(self, ending: Ending) -> list[Stage]:
        """Return the stages that should stand, earliest first; none before the horizon."""
        if ending.bound_at is None or ending.bound_at - self.horizon > self.now:
            return []
        return self.stages(ending.bound_at)

    def changes(self, ending: Ending, rows: Iterable[ExpiryWarning]) -> "Changes":
        """Compare what stands with what should: fired rows are never touched, and nothing is planned into the past
        of an end that was planned before."""
        rows = list(rows)
        wanted = {stage.threshold: stage for stage in self.wanted(ending)}
        current = {row.threshold: row for row in rows if row.bound_at == ending.bound_at}
        add = [
            stage
            for threshold, stage in wanted.items()
            if threshold not in current and (not current or stage.due_at > self.now)
        ]
        move, void = [], []
        for row in rows:
            if row.state is WarningState.VOID and row.bound_at == ending.bound_at and row.threshold in wanted:
                if wanted[row.threshold].due_at > self.now:  # the ground that voided it is gone again
                    move.append((row, wanted[row.threshold]))
            elif row.state is not WarningState.PLANNED:
                continue
            elif row.bound_at != ending.bound_at:
                if ending.silence is not Silence.NOT_IN_FORCE or row.due_at > self.now:
                    void.append((row, ending.silence or Silence.MOVED))
            elif row.due_at > self.now:
                stage = wanted.get(row.threshold)
                if stage is None:
                    void.append((row, Silence.NOT_WANTED))
                elif stage.calendar_version != row.calendar_version:
                    move.append((row, stage))
        return Changes(add, move, void)


@dataclass(frozen=True, slots=True)
class Changes:
    """How the rows of a subject differ from what should stand."""

    add: list[Stage]
    move: list[tuple[ExpiryWarning, Stage]]
    void: list[tuple[ExpiryWarning, Silence]]

    @property
    def is_none(self) -> bool:
        return not (self.add or self.move or self.void)


@dataclass(frozen=True, slots=True)
class WarningMove:
    """A planned warning and the day it would have under another calendar."""

    warning: ExpiryWarning
    to: date

    @property
    def last_on(self) -> date:
        """The last day of what ends."""
        return last_day(self.warning.bound_at)


def warnings_moved_by(session: Session, calendar: WorkingCalendar, *, now: datetime) -> Iterator[WarningMove]:
    """Yield the planned warnings that a calendar would move, earliest first; writes nothing."""
    planner = Planner(session, now=now, calendar=calendar)
    planned = (
        select(ExpiryWarning)
        .where(ExpiryWarning.state == WarningState.PLANNED, ExpiryWarning.due_at > now)
        .order_by(ExpiryWarning.due_at, ExpiryWarning.id)
    )
    for warning in session.scalars(planned):
        for stage in planner.stages(warning.bound_at):
            to = max(stage.due_on, legal_date(now))
            if stage.threshold == warning.threshold and to != warning.due_on:
                yield WarningMove(warning, to)


def rows_of(session: Session, ending: Ending) -> list[ExpiryWarning]:
    """Return a subject's rows of all generations, earliest due first."""
    column = ExpiryWarning.agreement_id if ending.subject is Subject.AGREEMENT else ExpiryWarning.document_id
    return list(
        session.scalars(
            select(ExpiryWarning)
            .where(column == ending.id)
            .order_by(ExpiryWarning.due_at, ExpiryWarning.threshold.desc(), ExpiryWarning.id)
        )
    )


def reconcile(session: Session, ending: Ending, planner: Planner) -> bool:
    """Bring the rows of a subject where they should stand; False where they stood there."""
    changes = planner.changes(ending, rows_of(session, ending))
    if changes.is_none:
        return False
    now = planner.now
    for row, silence in changes.void:
        settle(session, row, WarningState.VOID, as_of=min(now, row.due_at), now=now, values={"silence": silence})
    moved = [row for row, stage in changes.move if _move(session, row, stage, now=now)]
    session.add_all(_row(ending, stage, now=now) for stage in changes.add)
    session.flush()  # a second scheduler fails here on the unique key
    audit.record(
        session,
        actor=SCHEDULER,
        act="expiry.planned",
        subject=ending.name,
        tenant_id=ending.tenant_id,
        agreement_id=ending.agreement_id,
        now=now,
        details={
            "last_on": last_day(ending.bound_at).isoformat() if ending.bound_at else None,
            "planned": [stage.threshold for stage in changes.add],
            "moved": [row.threshold for row in moved],
            "void": [row.threshold for row, _ in changes.void],
            "reasons": sorted({silence.value for _, silence in changes.void}),
        },
    )
    return True


def settle(
    session: Session,
    row: ExpiryWarning,
    state: WarningState,
    *,
    as_of: datetime,
    now: datetime,
    values: dict[str, object],
) -> bool:
    """Settle one planned warning; False where somebody else was first."""
    settled = session.scalar(
        update(ExpiryWarning)
        .where(ExpiryWarning.id == row.id, ExpiryWarning.state == WarningState.PLANNED)
        .values(state=state, as_of=as_of, recorded_at=now, **values)
        .returning(ExpiryWarning.id)
    )
    if settled is not None:
        session.refresh(row)
    return settled is not None


def settle_alarms_of(session: Session, ending: Ending, *, now: datetime) -> int:
    """End the open alarms of a subject, because its end is past, moved or provided for."""
    return settle_alarms(session, cause=ending.cause, now=now, actor=SCHEDULER, kinds=ALARMS)


def _row(ending: Ending, stage: Stage, *, now: datetime) -> ExpiryWarning:
    is_agreement = ending.subject is Subject.AGREEMENT
    return ExpiryWarning(
        subject=ending.subject,
        agreement_id=ending.id if is_agreement else None,
        document_id=None if is_agreement else ending.id,
        bound_at=ending.bound_at,
        threshold=stage.threshold,
        due_on=stage.due_on,
        due_at=stage.due_at,
        provisional=stage.provisional,
        calendar_version=stage.calendar_version,
        state=WarningState.PLANNED,
        planned_at=now,
    )


def _move(session: Session, row: ExpiryWarning, stage: Stage, *, now: datetime) -> bool:
    """T-14: take the date that the calendar now says, never one in the past; returns whether anything else moved.

    A void row is planned again; what stays on its day keeps the moment it was planned at.
    """
    due_at = max(stage.due_at, now)
    moved = row.due_at != due_at or row.state is WarningState.VOID
    session.execute(
        update(ExpiryWarning)
        .where(ExpiryWarning.id == row.id, ExpiryWarning.state.in_((WarningState.PLANNED, WarningState.VOID)))
        .values(
            state=WarningState.PLANNED,
            silence=None,
            as_of=None,
            recorded_at=None,
            due_on=max(stage.due_on, legal_date(now)),
            due_at=due_at,
            provisional=stage.provisional,
            calendar_version=stage.calendar_version,
            planned_at=now if moved else row.planned_at,
        )
    )
    session.refresh(row)
    return moved
