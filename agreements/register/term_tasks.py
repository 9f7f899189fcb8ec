"""Decisions on terms that wait for a person: conflicts that can't be compared, corrections not approved (二 3, I-7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from agreements.calendar.actions import working_calendar
from agreements.calendar.rules import Assume, WorkingCalendar, count_forward
from agreements.kernel import policies
from agreements.kernel.instants import end_of, legal_date
from agreements.register.ledger import open_conflicts, undecided
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from agreements.register.term_models import CorrectionState, RecordCorrection, TermConflict

POLICY = "term_decision_working_days"
OVER = (AgreementState.CANCELLED, AgreementState.CLOSED)


class TermTaskKind(StrEnum):
    CONFLICT = "term_conflict"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class TermTask:
    """One decision that waits. `overdue_from` is our own limit [P], exclusive; passing it changes no term."""

    kind: TermTaskKind
    id: int
    key: str
    agreement: Agreement
    since_at: datetime
    overdue_from: datetime

    @property
    def cause(self) -> str:
        return f"{self.kind.value}:{self.id}"


def term_tasks(session: Session, *, now: datetime) -> list[TermTask]:
    """Return what waits, the earliest limit first; a conflict that a supplement or newer terms overtook does not."""
    conflicts = undecided(session, open_conflicts(session), at=now)
    corrections = session.scalars(
        select(RecordCorrection)
        .where(RecordCorrection.state == CorrectionState.PROPOSED)
        .options(joinedload(RecordCorrection.agreement))
        .order_by(RecordCorrection.id)
    ).all()
    if not conflicts and not corrections:
        return []
    calendar = working_calendar(session)
    tasks = [_task(session, TermTaskKind.CONFLICT, each, each.opened_at, calendar) for each in conflicts]
    tasks += [_task(session, TermTaskKind.CORRECTION, each, each.proposed_at, calendar) for each in corrections]
    return sorted(_of_living(tasks), key=lambda task: (task.overdue_from, task.kind, task.id))


def _task(
    session: Session,
    kind: TermTaskKind,
    row: TermConflict | RecordCorrection,
    since_at: datetime,
    calendar: WorkingCalendar,
) -> TermTask:
    count = policies.value_of(session, POLICY, at=since_at)
    last = count_forward(calendar, legal_date(since_at), count, assume=Assume.MOST_WORKED)[-1].day
    return TermTask(kind, row.id, row.key, row.agreement, since_at, end_of(last))


def _of_living(tasks: Iterable[TermTask]) -> list[TermTask]:
    return [task for task in tasks if task.agreement.state not in OVER]
