"""Everything that the page of one case shows; nothing here changes anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_rules import Deadline
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel.audit import AuditEvent
from agreements.parties.actions import address_in_clear, notice_address_in_force
from compliance.breaches.actions import case_of_id
from compliance.breaches.board import CaseRow, row_of, scheduler_now
from compliance.breaches.issuing import change_behind
from compliance.breaches.models import BreachCase
from compliance.breaches.waiting import CaseAct, open_acts
from compliance.changes.models import ChangeEvent, ChangeNotice
from compliance.changes.notifying import notices_of
from compliance.notices.arrivals import arrival_of
from compliance.notices.models import Arrival, Notice
from compliance.notices.reading import masked
from compliance.obligations.models import Obligation
from compliance.service.models import Hold

LATE_ENTRY = timedelta(minutes=1)  # what is written down later than this after it became true says so


@dataclass(frozen=True, slots=True)
class CountedDay:
    """A day that an obligation's count passed, as `explained_date` shows it."""

    day: date
    kind: str
    is_counted: bool
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person or the scheduler did at one moment, the leading act last in `events`.

    as_of        when it became true
    is_late      it was written down noticeably later, at `recorded_at`
    """

    as_of: datetime
    recorded_at: datetime
    is_late: bool
    events: tuple[AuditEvent, ...]

    @property
    def leading(self) -> AuditEvent:
        return self.events[-1]


@dataclass(frozen=True, slots=True)
class Dossier:
    """A case with its facts.

    change, change_notices  what happened at the tenant, and what it told us of it, earliest arrival first
    notices                 every notice of ours in this case, oldest first
    arrivals                by notice id
    limit                   民法典 564: the year from when we knew; None before confirmation
    masked_address          where notices go now; None where no address is designated
    acts                    what is open to people now
    seen                    number of the last act on record: what a form says it has seen
    """

    row: CaseRow
    change: ChangeEvent | None
    change_notices: list[ChangeNotice]
    notices: list[Notice]
    arrivals: dict[int, Arrival]
    limit: Deadline | None
    masked_address: str | None
    acts: list[CaseAct]
    timeline: list[Entry]
    seen: int

    @property
    def case(self) -> BreachCase:
        return self.row.case

    def notice_of_event(self, event: AuditEvent) -> Notice | None:
        kind, _, number = event.subject.partition(":")
        if kind != "notice":
            return None
        return next((notice for notice in self.notices if str(notice.id) == number), None)

    def since(self, seen: int) -> list[Entry]:
        """Return what was written down after a form was opened."""
        return [entry for entry in self.timeline if any(event.seq > seen for event in entry.events)]


def dossier_of(session: Session, case_id: int, *, now: datetime) -> Dossier:
    """Return the case with its facts, or raise NotFound."""
    case = case_of_id(session, case_id)
    row = row_of(case, scheduler_now(session, now=now), now=now)
    change = change_behind(session, case)
    notices = list(session.scalars(select(Notice).where(Notice.cause == f"case:{case.id}").order_by(Notice.id)))
    change_notices = notices_of(session, change) if change else []
    events = _events(session, case, notices, change, change_notices)
    return Dossier(
        row=row,
        change=change,
        change_notices=change_notices,
        notices=notices,
        arrivals={notice.id: found for notice in notices if (found := arrival_of(session, notice.id))},
        limit=rescission_limit(session, case.known_at, now=now) if case.known_at else None,
        masked_address=designated_address(session, case),
        acts=open_acts(row.facts),
        timeline=entries(events),
        seen=max((event.seq for event in events), default=0),
    )


def rescission_limit(session: Session, known: date | datetime, *, now: datetime) -> Deadline:
    """民法典 564: the last day of the year within which the right to end the agreement must be used."""
    return counting_in_force(session, now=now).due(DeadlineRule.RESCISSION_CUTOFF, known)


def designated_address(session: Session, case: BreachCase) -> str | None:
    confirmed = notice_address_in_force(session, case.tenant_id)
    return masked(address_in_clear(session, confirmed)) if confirmed else None


def _events(
    session: Session,
    case: BreachCase,
    notices: Iterable[Notice],
    change: ChangeEvent | None,
    change_notices: Iterable[ChangeNotice],
) -> list[AuditEvent]:
    """Return the acts on the case, its notices, its holds, what was missed and the tenant's notices, oldest first."""
    subjects = [
        f"case:{case.id}",
        f"obligation:{case.obligation_id}",
        *(f"notice:{notice.id}" for notice in notices),
        *(f"change_notice:{notice.id}" for notice in change_notices),
    ]
    if case.rectification_obligation_id is not None:
        subjects.append(f"obligation:{case.rectification_obligation_id}")
    if change is not None:
        subjects.append(f"change:{change.id}")
    holds = set(session.scalars(select(Hold.id).where(Hold.cause == f"case:{case.id}")))
    of_subjects = select(AuditEvent).where(AuditEvent.subject.in_(subjects))
    of_holds = select(AuditEvent).where(
        AuditEvent.subject == f"agreement:{case.agreement_id}", AuditEvent.act.startswith("hold.")
    )
    events = [
        *session.scalars(of_subjects),
        *(event for event in session.scalars(of_holds) if event.details.get("hold_id") in holds),
    ]
    return sorted(events, key=lambda event: event.seq)


def entries(events: Iterable[AuditEvent]) -> list[Entry]:
    """Put together what one actor did at one moment; by when it became true, oldest first.

    An act on the case is written last in its transaction, so it closes what belongs to it.
    """
    groups: list[list[AuditEvent]] = []
    for event in events:
        if groups and _belongs(groups[-1][-1], event):
            groups[-1].append(event)
        else:
            groups.append([event])
    made = [
        Entry(
            as_of=group[-1].as_of,
            recorded_at=group[-1].recorded_at,
            is_late=group[-1].recorded_at - group[-1].as_of >= LATE_ENTRY,
            events=tuple(group),
        )
        for group in groups
    ]
    return sorted(made, key=lambda entry: (entry.as_of, entry.leading.seq))


def _belongs(before: AuditEvent, event: AuditEvent) -> bool:
    same_moment = (before.recorded_at, before.actor_kind, before.actor_name) == (
        event.recorded_at,
        event.actor_kind,
        event.actor_name,
    )
    return same_moment and not before.subject.startswith("case:")


def counted_days(obligation: Obligation) -> list[CountedDay]:
    """Return the days that an obligation's stored count passed, in the order of counting."""
    return [
        CountedDay(date.fromisoformat(day["day"]), day["kind"], day["counted"], day["name"])
        for day in obligation.count_trace.get("days", ())
    ]


def counted_to(obligation: Obligation) -> date | None:
    """Return the day on which the count ended, before a later stated date replaced it."""
    days = counted_days(obligation)
    return days[-1].day if days else None
