"""How far a campaign has come, in numbers; which of its rows a page shows; what can be done about it now."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.audit import AuditEvent
from compliance.obligations.models import Obligation
from compliance.obligations.rules import ObligationState
from compliance.upstream.models import UpstreamChange
from compliance.upstream.moving import cause_of
from compliance.upstream.reading import Campaign, ImpactRow
from compliance.upstream.rules import CHANGE_MOVES, RUNNING, ChangeEvent, ChangeState, ImpactState, may_answer

ALL, LATE, TO_SEND, TO_ARRIVE, SILENT, ACCEPTED, REFUSED, QUESTIONS = (
    "all",
    "late",
    "to_send",
    "to_arrive",
    "silent",
    "accepted",
    "refused",
    "questions",
)
VIEWS = (ALL, LATE, TO_SEND, TO_ARRIVE, SILENT, ACCEPTED, REFUSED, QUESTIONS)
REFUSALS = (ImpactState.AFTERMATH_NEGOTIATION, ImpactState.AFTERMATH_SIGNED, ImpactState.AFTERMATH_FAILED)


@dataclass(frozen=True, slots=True)
class Progress:
    """Agreements of one campaign. `affected` are those that are owed the notice; the rest count among them."""

    affected: int
    sent: int
    arrived: int
    answered: int


def progress_of(campaign: Campaign) -> Progress:
    owed = [row for row in campaign.rows if row.impact.state is not ImpactState.NOT_APPLICABLE]
    return Progress(
        affected=len(owed),
        sent=sum(is_sent(row) for row in owed),
        arrived=sum(row.impact.notified_at is not None for row in owed),
        answered=sum(row.impact.state is ImpactState.ACCEPTED or row.impact.state in REFUSALS for row in owed),
    )


def is_sent(row: ImpactRow) -> bool:
    """Say whether the letter was accepted by the remote system, or arrived another way."""
    notice = row.impact.notice
    return notice is not None and (notice.sent_at is not None or notice.arrived_at is not None)


def is_late(row: ImpactRow) -> bool:
    """Say whether we failed this tenant in time: the letter arrived late, or is overdue now."""
    return row.is_overdue or row.impact.obligation.state is ObligationState.PERFORMED_LATE


def rows_shown(campaign: Campaign, view: str) -> list[ImpactRow]:
    """Return the rows of one view, in the campaign's order."""
    return [row for row in campaign.rows if _is_in(row, view)]


def _is_in(row: ImpactRow, view: str) -> bool:
    state = row.impact.state
    match view:
        case "late":
            return is_late(row)
        case "to_send":
            return state is ImpactState.PENDING and not is_sent(row)
        case "to_arrive":
            return state is ImpactState.PENDING and is_sent(row)
        case "silent":
            return may_answer(state)
        case "accepted":
            return state is ImpactState.ACCEPTED
        case "refused":
            return state in REFUSALS
        case "questions":
            return row.open_question is not None
    return True


def count_questions(campaign: Campaign) -> int:
    """Return how many questions wait for our reply; one that was asked for several orders at once is one."""
    return len({(row.tenant.id, each.text, each.answered_at) for row in campaign.rows if (each := row.open_question)})


def acts_of(change: UpstreamChange) -> list[str]:
    """Return the acts on a change as a whole that its state allows, in the order of the page."""
    found = []
    if change.triage is None and change.state in (ChangeState.RECEIVED, ChangeState.MAPPED):
        found.append("triage")
    if change.dispatched_at is None and change.state in (
        ChangeState.RECEIVED,
        ChangeState.TRIAGED,
        ChangeState.MAPPED,
    ):
        found.append("restate")
    for act, event in (("amend", ChangeEvent.AMEND), ("withdraw", ChangeEvent.WITHDRAW), ("close", ChangeEvent.CLOSE)):
        if change.state in CHANGE_MOVES[event].sources:
            found.append(act)
    return found


def is_running(change: UpstreamChange) -> bool:
    return change.state in RUNNING


def timeline_of(session: Session, change: UpstreamChange) -> list[AuditEvent]:
    """Return the acts on a change, by when they became true, oldest first."""
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.subject == cause_of(change.id), AuditEvent.act.startswith("upstream."))
            .order_by(AuditEvent.as_of, AuditEvent.seq)
        )
    )


def amended_by(session: Session, change: UpstreamChange) -> UpstreamChange | None:
    """Return the source's correction of this announcement, or None."""
    return session.scalar(select(UpstreamChange).where(UpstreamChange.amends_id == change.id))


@dataclass(frozen=True, slots=True)
class CountedDay:
    """A day that a count passed, as pages show it; `name` of the holiday, a catalogue entry."""

    day: date
    kind: str
    is_counted: bool
    name: str


def counted_days(trace: dict[str, Any] | None) -> list[CountedDay]:
    """Return the days of a stored count, in the order of counting."""
    return [
        CountedDay(date.fromisoformat(day["day"]), day["kind"], day["counted"], day["name"])
        for day in (trace or {}).get("days", ())
    ]


def state_of(duty: Obligation, now: datetime) -> ObligationState:
    """Return where a duty stands at an instant, whether or not a sweep has recorded that its bound passed (T-15)."""
    if duty.state is ObligationState.OPEN and not duty.provisional and duty.overdue_from <= now:
        return ObligationState.OVERDUE
    return duty.state
