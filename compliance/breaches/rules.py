"""The case machine (domain 6.4), the scheduler's list (6.2) and its cap.

`CASE_MOVES` is the whole of the machine; UI, sweeps and tests read it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from agreements.calendar.deadline_rules import Deadline
from agreements.kernel.errors import N_, Conflict, IllegalMove, InvalidInput
from agreements.kernel.instants import end_of
from compliance.obligations.rules import ObligationState


class CaseState(StrEnum):
    SUSPECTED = "suspected"
    DISMISSED = "dismissed"
    CONFIRMED = "confirmed"
    RECTIFICATION_DEMANDED = "rectification_demanded"
    NOT_RECTIFIED = "not_rectified"
    SUSPENSION_DECIDED = "suspension_decided"
    SUSPENDED = "suspended"
    TERMINATION_DECIDED = "termination_decided"
    TERMINATED = "terminated"
    RECTIFIED = "rectified"
    CLOSED = "closed"


class CaseEvent(StrEnum):
    DISMISS = "dismiss"
    CONFIRM = "confirm"
    DEMAND = "demand"
    CURE = "cure"
    LAPSE = "lapse"
    DECIDE_SUSPENSION = "decide_suspension"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    DECIDE_TERMINATION = "decide_termination"
    TERMINATE = "terminate"
    CLOSE = "close"
    MISSED_AGAIN = "missed_again"


class CaseGround(StrEnum):
    """What a case is about."""

    CHANGE_NOTIFICATION_OVERDUE = "change_notification_overdue"
    CHANGE_PROCEDURE_OVERDUE = "change_procedure_overdue"


class GroundClass(StrEnum):
    """Usage of the service against the agreement rests on 6.1, any other breach on 4.4."""

    USAGE = "usage"
    OTHER = "other"


FITTING_CLASSES: dict[CaseGround, tuple[GroundClass, ...]] = {
    CaseGround.CHANGE_NOTIFICATION_OVERDUE: (GroundClass.OTHER,),
    CaseGround.CHANGE_PROCEDURE_OVERDUE: (GroundClass.OTHER,),
}
"""What a ground can be classed as: a late change notice is no use of the service, so 6.1 (i) does not carry it."""


@dataclass(frozen=True, slots=True)
class CaseMove:
    sources: tuple[CaseState, ...]
    target: CaseState


CASE_MOVES: dict[CaseEvent, CaseMove] = {
    CaseEvent.DISMISS: CaseMove(
        (
            CaseState.SUSPECTED,
            CaseState.CONFIRMED,
            CaseState.RECTIFICATION_DEMANDED,
            CaseState.NOT_RECTIFIED,
            CaseState.SUSPENSION_DECIDED,
            CaseState.TERMINATION_DECIDED,
        ),
        CaseState.DISMISSED,
    ),
    CaseEvent.CONFIRM: CaseMove((CaseState.SUSPECTED,), CaseState.CONFIRMED),
    CaseEvent.DEMAND: CaseMove((CaseState.CONFIRMED,), CaseState.RECTIFICATION_DEMANDED),
    CaseEvent.CURE: CaseMove(
        (CaseState.RECTIFICATION_DEMANDED, CaseState.NOT_RECTIFIED, CaseState.SUSPENSION_DECIDED), CaseState.RECTIFIED
    ),
    CaseEvent.LAPSE: CaseMove((CaseState.RECTIFICATION_DEMANDED,), CaseState.NOT_RECTIFIED),
    CaseEvent.DECIDE_SUSPENSION: CaseMove((CaseState.CONFIRMED, CaseState.NOT_RECTIFIED), CaseState.SUSPENSION_DECIDED),
    CaseEvent.SUSPEND: CaseMove((CaseState.SUSPENSION_DECIDED,), CaseState.SUSPENDED),
    CaseEvent.REINSTATE: CaseMove((CaseState.SUSPENDED,), CaseState.RECTIFIED),
    CaseEvent.DECIDE_TERMINATION: CaseMove(
        (CaseState.CONFIRMED, CaseState.NOT_RECTIFIED, CaseState.SUSPENDED), CaseState.TERMINATION_DECIDED
    ),
    CaseEvent.TERMINATE: CaseMove((CaseState.TERMINATION_DECIDED,), CaseState.TERMINATED),
    CaseEvent.CLOSE: CaseMove(
        (
            CaseState.RECTIFIED,
            CaseState.TERMINATED,
            CaseState.DISMISSED,
            CaseState.CONFIRMED,
            CaseState.RECTIFICATION_DEMANDED,
            CaseState.NOT_RECTIFIED,
            CaseState.SUSPENSION_DECIDED,
            CaseState.SUSPENDED,
            CaseState.TERMINATION_DECIDED,
        ),
        CaseState.CLOSED,
    ),
    CaseEvent.MISSED_AGAIN: CaseMove((CaseState.DISMISSED, CaseState.CLOSED), CaseState.SUSPECTED),
}

SETTLED = (CaseState.RECTIFIED, CaseState.TERMINATED, CaseState.DISMISSED)
OPEN_CASE_STATES = tuple(state for state in CaseState if state not in (CaseState.DISMISSED, CaseState.CLOSED))

AUTO_SUSPENSION_POLICY: dict[CaseGround, str] = {
    CaseGround.CHANGE_NOTIFICATION_OVERDUE: "auto_suspend_change_notification",
}


def case_move(state: CaseState, event: CaseEvent) -> CaseMove:
    """Return the move, or raise IllegalMove saying what is legal now."""
    move = CASE_MOVES[event]
    if state not in move.sources:
        raise IllegalMove(
            N_("A case that is %(state)s can't %(event)s."),
            remedy=N_("Legal now: %(legal)s."),
            state=state,
            event=event,
            legal=tuple(legal_events(state)),
        )
    return move


def legal_events(state: CaseState) -> list[CaseEvent]:
    """Return what may happen to a case now, in the order of the table."""
    return [event for event, move in CASE_MOVES.items() if state in move.sources]


def suspension_clause(ground_class: GroundClass) -> str:
    """Which clause a suspension cites: 6.1 for use against the agreement, 4.4 for any other breach (domain 5, 4.4)."""
    return "6.1" if ground_class is GroundClass.USAGE else "4.4"


def require_fitting(ground: CaseGround, ground_class: GroundClass) -> None:
    """Domain 5, 4.4 and 6.1: refuse a clause that does not carry the ground; stopping without ground is our breach."""
    if ground_class not in FITTING_CLASSES[ground]:
        raise InvalidInput(
            N_("Clause %(number)s does not carry this ground."),
            field="ground_class",
            clause=suspension_clause(ground_class),
            remedy=N_("Choose one of the clauses that fit."),
            number=suspension_clause(ground_class),
        )


BREACHED = (ObligationState.OVERDUE, ObligationState.PERFORMED_LATE)


def is_breach(missed: ObligationState) -> bool:
    """Domain 6.3: whether what was owed was missed, late performance included; open again is not missed (E-36)."""
    return missed in BREACHED


def require_dismissible(state: CaseState, missed: ObligationState) -> None:
    """Domain 6.4: a suspicion may be dismissed; a confirmed case only where there turned out to be no breach."""
    if state is not CaseState.SUSPECTED and is_breach(missed):
        raise Conflict(
            N_("This breach is confirmed; it can't be dismissed."),
            code="BREACH_CONFIRMED",
            remedy=N_("Accept the rectification, or go on with the case."),
        )


def require_closable(state: CaseState, *, is_running: bool) -> None:
    """Domain 6.4, E-39: a case is closed when it is settled, or when the service it was about has ended."""
    if state not in SETTLED and is_running:
        raise Conflict(
            N_("The case is still open and its service is running."),
            code="CASE_OPEN",
            remedy=N_("Settle it first: accept the rectification, or dismiss the suspicion."),
        )


def answered_in_time(*, performed_at: datetime | None, overdue_from: datetime) -> bool:
    """Clause 4.4: whether what was missed came before the demand's bound; then a person reviews it, and time does not
    decide that nothing was rectified."""
    return performed_at is not None and performed_at < overdue_from


def require_missed(missed: ObligationState, *, clause: str) -> None:
    """Domain 6.3: refuse to treat as a breach what was performed in time or never owed."""
    if not is_breach(missed):
        raise Conflict(
            N_("What was owed was performed in time, so there is no breach."),
            code="NO_BREACH",
            clause=clause,
            remedy=N_("Dismiss the case."),
        )


def rectification_deadline(counted: Deadline, *, stated_due_on: date) -> Deadline:
    """Clause 4.4, T-12: the date stated in the demand, or the period counted from arrival where that ends later.

    A tenant's time is never cut by the way the notice took. Where the stated date rules, nothing of it is provisional
    unless the counted one could still pass it.
    """
    if counted.due_on >= stated_due_on:
        return counted
    return replace(
        counted,
        due_on=stated_due_on,
        overdue_from=end_of(stated_due_on),
        latest_on=max(counted.latest_on, stated_due_on),
        provisional=counted.provisional and counted.latest_on > stated_due_on,
    )


def suspension_cap(*, tenants_in_service: int, least: int, percent: int) -> int:
    """Design 6: how many tenants sweeps may suspend in a rolling 24 hours; the larger of the two, rounded down.

    What they could not decide within 24 hours of its lapse waits for people.
    """
    return max(least, tenants_in_service * percent // 100)
