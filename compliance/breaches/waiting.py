"""What a case waits for, and the acts that are open to people now (domain 6.4)."""

from dataclasses import dataclass
from enum import StrEnum

from agreements.kernel.access.rules import Permission
from compliance.breaches.rules import SETTLED, CaseEvent, CaseState, is_breach, legal_events
from compliance.notices.rules import NoticeState
from compliance.obligations.rules import ObligationState


class CaseAct(StrEnum):
    """What a person can do to a case, each on a page of its own."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    DEMAND = "demand"
    ACCEPT = "accept"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    TERMINATE = "terminate"
    CLOSE = "close"


NEEDS: dict[CaseAct, Permission] = {
    CaseAct.CONFIRM: Permission.CONFIRM_CASE,
    CaseAct.DISMISS: Permission.DISMISS_CASE,
    CaseAct.DEMAND: Permission.DEMAND_RECTIFICATION,
    CaseAct.ACCEPT: Permission.ACCEPT_RECTIFICATION,
    CaseAct.SUSPEND: Permission.DECIDE_SUSPENSION,
    CaseAct.REINSTATE: Permission.REINSTATE,
    CaseAct.TERMINATE: Permission.END_AGREEMENT,
    CaseAct.CLOSE: Permission.CONFIRM_CASE,
}

SENDS = frozenset({CaseAct.DEMAND, CaseAct.SUSPEND, CaseAct.REINSTATE, CaseAct.TERMINATE})
"""Acts that send a notice, so that they need the tenant's designated address."""

_EVENTS = {
    CaseAct.CONFIRM: CaseEvent.CONFIRM,
    CaseAct.DISMISS: CaseEvent.DISMISS,
    CaseAct.DEMAND: CaseEvent.DEMAND,
    CaseAct.ACCEPT: CaseEvent.CURE,
    CaseAct.SUSPEND: CaseEvent.DECIDE_SUSPENSION,
    CaseAct.REINSTATE: CaseEvent.REINSTATE,
    CaseAct.TERMINATE: CaseEvent.DECIDE_TERMINATION,
    CaseAct.CLOSE: CaseEvent.CLOSE,
}


class Waits(StrEnum):
    """What stands between a case and its next move."""

    CONFIRMATION = "confirmation"
    DISMISSAL = "dismissal"
    DEMAND = "demand"
    DISPATCH = "dispatch"
    BOUNCED = "bounced"
    ARRIVAL = "arrival"
    STATED_DATE = "stated_date"
    ACCEPTANCE = "acceptance"
    SCHEDULER = "scheduler"
    CAP = "cap"
    FOUND_LATE = "found_late"
    DECISION = "decision"
    SERVICE_ENDED = "service_ended"
    PERFORMANCE = "performance"
    REINSTATEMENT = "reinstatement"
    CLOSING = "closing"
    NOTHING = "nothing"


ACT_FOR: dict[Waits, CaseAct] = {
    Waits.CONFIRMATION: CaseAct.CONFIRM,
    Waits.DISMISSAL: CaseAct.DISMISS,
    Waits.DEMAND: CaseAct.DEMAND,
    Waits.ACCEPTANCE: CaseAct.ACCEPT,
    Waits.CAP: CaseAct.SUSPEND,
    Waits.FOUND_LATE: CaseAct.SUSPEND,
    Waits.DECISION: CaseAct.SUSPEND,
    Waits.REINSTATEMENT: CaseAct.REINSTATE,
    Waits.SERVICE_ENDED: CaseAct.CLOSE,
    Waits.CLOSING: CaseAct.CLOSE,
}
"""The act of ours that ends a wait; other waits end by the notice room, the tenant, or time."""

FOR_A_NOTICE = frozenset({Waits.DISPATCH, Waits.BOUNCED, Waits.ARRIVAL})


class List(StrEnum):
    """How the scheduler's list stands to an unrectified case (domain 6.2)."""

    WILL_DECIDE = "will_decide"
    BEYOND_THE_CAP = "beyond_the_cap"
    FOUND_LATE = "found_late"
    NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What decides what a case waits for.

    missed            how the missed duty stands; performed late is still performed
    is_performed      what was missed has come meanwhile
    demand, suspension, termination  state of the notice of each, None before it
    scheduler         how the scheduler's list stands to it
    is_running        there is a service that could be suspended
    has_lapsed        the declaration of an end arrived too late; it ended nothing
    """

    state: CaseState
    missed: ObligationState
    is_performed: bool
    is_cure_accepted: bool
    demand: NoticeState | None
    suspension: NoticeState | None
    scheduler: List
    is_running: bool
    termination: NoticeState | None = None
    has_lapsed: bool = False


def waits_for(facts: CaseFacts) -> Waits:
    """Domain 6.4: say what a case waits for; our own acts before the tenant's and time's."""
    return _settled(facts) or _suspended(facts) or _open(facts)


def _settled(facts: CaseFacts) -> Waits | None:
    match facts.state:
        case CaseState.CLOSED:
            return Waits.NOTHING
        case CaseState.RECTIFIED | CaseState.TERMINATED | CaseState.DISMISSED:
            return Waits.CLOSING
        case _:
            return None


def _suspended(facts: CaseFacts) -> Waits | None:
    if facts.state is not CaseState.SUSPENDED:
        return None
    if facts.is_cure_accepted or not _is_breach(facts):
        return Waits.REINSTATEMENT if facts.is_running else Waits.SERVICE_ENDED
    return Waits.ACCEPTANCE if facts.is_performed else Waits.PERFORMANCE


def _open(facts: CaseFacts) -> Waits:
    if not _is_breach(facts):
        return Waits.DISMISSAL
    match facts.state:
        case CaseState.SUSPECTED:
            return Waits.CONFIRMATION
        case CaseState.CONFIRMED:
            return Waits.DEMAND
        case CaseState.TERMINATION_DECIDED if facts.has_lapsed:
            return Waits.CLOSING
        case CaseState.TERMINATION_DECIDED:
            return (_for_notice(facts.termination) or Waits.SCHEDULER) if facts.is_running else Waits.SERVICE_ENDED
        case _ if facts.is_performed:
            return Waits.ACCEPTANCE
        case CaseState.RECTIFICATION_DEMANDED:
            return _for_notice(facts.demand) or Waits.STATED_DATE
        case CaseState.NOT_RECTIFIED:
            return _for_decision(facts)
        case _:
            return (_for_notice(facts.suspension) or Waits.SCHEDULER) if facts.is_running else Waits.SERVICE_ENDED


def _is_breach(facts: CaseFacts) -> bool:
    return is_breach(facts.missed)


def _for_notice(state: NoticeState | None) -> Waits | None:
    """Sent is not arrived, and queued is not sent; None once it has arrived."""
    match state:
        case NoticeState.ARRIVED | NoticeState.ACKNOWLEDGED:
            return None
        case NoticeState.SENT:
            return Waits.ARRIVAL
        case NoticeState.BOUNCED:
            return Waits.BOUNCED
        case _:
            return Waits.DISPATCH


def _for_decision(facts: CaseFacts) -> Waits:
    if not facts.is_running:
        return Waits.SERVICE_ENDED
    return {
        List.WILL_DECIDE: Waits.SCHEDULER,
        List.BEYOND_THE_CAP: Waits.CAP,
        List.FOUND_LATE: Waits.FOUND_LATE,
        List.NOT_LISTED: Waits.DECISION,
    }[facts.scheduler]


def open_acts(facts: CaseFacts) -> list[CaseAct]:
    """Return the acts that the machine and the use cases' guards allow now, the one that is waited for first.

    Acceptance needs performance, and is no move while suspended; a confirmation or a suspension needs a breach, a
    suspension a running service, a reinstatement the accepted rectification too. Beyond suspicion a case is dismissed
    only where there was no breach, and closed unsettled only where its service has ended (E-39).
    """
    events = legal_events(facts.state)
    allowed = {
        CaseAct.CONFIRM: _is_breach(facts),
        CaseAct.DISMISS: facts.state is CaseState.SUSPECTED or not _is_breach(facts),
        CaseAct.DEMAND: _is_breach(facts),
        CaseAct.ACCEPT: facts.is_performed,
        CaseAct.SUSPEND: _is_breach(facts) and facts.is_running,
        CaseAct.REINSTATE: (facts.is_cure_accepted or not _is_breach(facts)) and facts.is_running,
        CaseAct.TERMINATE: _is_breach(facts) and facts.is_running,
        CaseAct.CLOSE: facts.state in SETTLED or facts.has_lapsed or not facts.is_running,
    }
    acts = [act for act, event in _EVENTS.items() if event in events and allowed[act]]
    if facts.state is CaseState.SUSPENDED and facts.is_performed and not facts.is_cure_accepted:
        acts.insert(0, CaseAct.ACCEPT)
    first = ACT_FOR.get(waits_for(facts))
    return sorted(acts, key=lambda act: act is not first)
