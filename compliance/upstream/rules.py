"""Clause 2.4: what a source's announcement sets going, for whom, and by when (domain 6.7; edge cases E-21 to E-33).

`CHANGE_MOVES` and `IMPACT_MOVES` are the whole of the two machines; a move that is not in them can't be made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from agreements.calendar.deadline_table import Unit
from agreements.kernel.errors import N_, IllegalMove, InvalidInput
from agreements.kernel.instants import legal_date, start_of


class ChangeKind(StrEnum):
    """What clause 2.4 lists: 结果形式、结果内容、价格等调整，部分或全部取消."""

    RESULT_FORM = "result_form"
    RESULT_CONTENT = "result_content"
    PRICE = "price"
    PARTIAL_CANCELLATION = "partial_cancellation"
    FULL_CANCELLATION = "full_cancellation"
    OTHER = "other"


CANCELLATIONS = frozenset({ChangeKind.PARTIAL_CANCELLATION, ChangeKind.FULL_CANCELLATION})


class ReceivedVia(StrEnum):
    """How it reached us. Relayed by a cooperator counts as receipt; so does what our monitoring finds [P]."""

    EMAIL = "email"
    SOURCE_PORTAL = "source_portal"
    COOPERATOR = "cooperator"
    COURIER = "courier"
    IN_PERSON = "in_person"
    PHONE = "phone"
    OWN_MONITORING = "own_monitoring"


WITHOUT_FILE = frozenset({ReceivedVia.PHONE, ReceivedVia.OWN_MONITORING})


class Triage(StrEnum):
    """Legal's reading. Both clauses at once follow the earlier date, which is 2.4's (E-33)."""

    UPSTREAM_CHANGE = "upstream_change"
    MAINTENANCE = "maintenance"
    BOTH = "both"
    IRRELEVANT = "irrelevant"


RELEVANT = frozenset({Triage.UPSTREAM_CHANGE, Triage.BOTH})


class ChangeState(StrEnum):
    RECEIVED = "received"
    TRIAGED = "triaged"
    MAPPED = "mapped"
    NOTIFYING = "notifying"
    NOTIFIED = "notified"
    IN_EFFECT = "in_effect"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class ChangeEvent(StrEnum):
    TRIAGE = "triage"
    MAP = "map"
    DISPATCH = "dispatch"
    COMPLETE = "complete"
    TAKE_EFFECT = "take_effect"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    CLOSE = "close"


class ImpactState(StrEnum):
    """One agreement's part. Silence is `no_response`, never acceptance (E-28)."""

    PENDING = "pending"
    NOTIFIED_ON_TIME = "notified_on_time"
    NOTIFIED_LATE = "notified_late"
    NOT_APPLICABLE = "not_applicable"
    NO_RESPONSE = "no_response"
    ACCEPTED = "accepted"
    AFTERMATH_NEGOTIATION = "aftermath_negotiation"
    AFTERMATH_SIGNED = "aftermath_signed"
    AFTERMATH_FAILED = "aftermath_failed"
    WITHDRAWN = "withdrawn"


class ImpactEvent(StrEnum):
    ARRIVE_ON_TIME = "arrive_on_time"
    ARRIVE_LATE = "arrive_late"
    EXEMPT = "exempt"
    LAPSE = "lapse"
    ACCEPT = "accept"
    REFUSE = "refuse"
    SIGN_AFTERMATH = "sign_aftermath"
    FAIL_AFTERMATH = "fail_aftermath"
    WITHDRAW = "withdraw"


class AnswerKind(StrEnum):
    """What a tenant says. A refusal is no breach and gives no refund by itself (E-29)."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    ASK = "ask"


class AnswerVia(StrEnum):
    LINK = "link"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class ChangeMove:
    sources: tuple[ChangeState, ...]
    target: ChangeState


@dataclass(frozen=True, slots=True)
class ImpactMove:
    sources: tuple[ImpactState, ...]
    target: ImpactState


_C, _I = ChangeState, ImpactState
RUNNING = (_C.RECEIVED, _C.TRIAGED, _C.MAPPED, _C.NOTIFYING, _C.NOTIFIED, _C.IN_EFFECT)
BEFORE_DISPATCH = (_C.RECEIVED, _C.TRIAGED, _C.MAPPED)
_ANSWERABLE = (_I.NOTIFIED_ON_TIME, _I.NOTIFIED_LATE, _I.NO_RESPONSE)

# The clock does not wait for legal: what the source is known to touch is mapped before triage, but nothing is sent.
CHANGE_MOVES: dict[ChangeEvent, ChangeMove] = {
    ChangeEvent.TRIAGE: ChangeMove((_C.RECEIVED,), _C.TRIAGED),
    ChangeEvent.MAP: ChangeMove((_C.RECEIVED, _C.TRIAGED), _C.MAPPED),
    ChangeEvent.DISPATCH: ChangeMove((_C.MAPPED,), _C.NOTIFYING),
    ChangeEvent.COMPLETE: ChangeMove((_C.NOTIFYING,), _C.NOTIFIED),
    ChangeEvent.TAKE_EFFECT: ChangeMove((_C.NOTIFIED,), _C.IN_EFFECT),
    ChangeEvent.AMEND: ChangeMove(RUNNING, _C.AMENDED),
    ChangeEvent.WITHDRAW: ChangeMove(RUNNING, _C.WITHDRAWN),
    ChangeEvent.CLOSE: ChangeMove((_C.TRIAGED, _C.MAPPED, _C.NOTIFIED, _C.IN_EFFECT, _C.WITHDRAWN), _C.CLOSED),
}

IMPACT_MOVES: dict[ImpactEvent, ImpactMove] = {
    ImpactEvent.ARRIVE_ON_TIME: ImpactMove((_I.PENDING,), _I.NOTIFIED_ON_TIME),
    ImpactEvent.ARRIVE_LATE: ImpactMove((_I.PENDING,), _I.NOTIFIED_LATE),
    ImpactEvent.EXEMPT: ImpactMove((_I.PENDING,), _I.NOT_APPLICABLE),
    ImpactEvent.LAPSE: ImpactMove((_I.NOTIFIED_ON_TIME, _I.NOTIFIED_LATE), _I.NO_RESPONSE),
    ImpactEvent.ACCEPT: ImpactMove(_ANSWERABLE, _I.ACCEPTED),
    ImpactEvent.REFUSE: ImpactMove(_ANSWERABLE, _I.AFTERMATH_NEGOTIATION),
    ImpactEvent.SIGN_AFTERMATH: ImpactMove((_I.AFTERMATH_NEGOTIATION,), _I.AFTERMATH_SIGNED),
    ImpactEvent.FAIL_AFTERMATH: ImpactMove((_I.AFTERMATH_NEGOTIATION,), _I.AFTERMATH_FAILED),
    ImpactEvent.WITHDRAW: ImpactMove((_I.PENDING, *_ANSWERABLE, _I.ACCEPTED, _I.AFTERMATH_NEGOTIATION), _I.WITHDRAWN),
}

SETTLED = frozenset(
    {_I.NOT_APPLICABLE, _I.NO_RESPONSE, _I.ACCEPTED, _I.AFTERMATH_SIGNED, _I.AFTERMATH_FAILED, _I.WITHDRAWN}
)


def change_move(state: ChangeState, event: ChangeEvent) -> ChangeMove:
    """Return the move, or raise IllegalMove saying what is legal now."""
    move = CHANGE_MOVES[event]
    if state not in move.sources:
        raise IllegalMove(
            N_("A source's change that is %(state)s can't %(event)s."),
            clause="2.4",
            remedy=N_("Legal now: %(legal)s."),
            state=state,
            event=event,
            legal=tuple(each for each, known in CHANGE_MOVES.items() if state in known.sources),
        )
    return move


def impact_move(state: ImpactState, event: ImpactEvent) -> ImpactMove:
    """Return the move, or raise IllegalMove saying what is legal now."""
    move = IMPACT_MOVES[event]
    if state not in move.sources:
        raise IllegalMove(
            N_("An affected agreement that is %(state)s can't %(event)s."),
            clause="2.4",
            remedy=N_("Legal now: %(legal)s."),
            state=state,
            event=event,
            legal=tuple(each for each, known in IMPACT_MOVES.items() if state in known.sources),
        )
    return move


def may_answer(state: ImpactState) -> bool:
    """Say whether a tenant can still accept or refuse."""
    return state in _ANSWERABLE


def is_owed(
    *,
    effective_at: datetime | None,
    service_end_exclusive_at: datetime,
    received_at: datetime,
    until: datetime,
) -> bool:
    """Clause 2.4, E-25 to E-27: whether an agreement's tenant is entitled to the notice.

    In force at receipt, or effective before dispatch; suspension and used-up quota don't matter. Not the unpaid, not
    what had ended before we received the source's notice.

    until  when the notices went out; now, while they have not
    """
    return effective_at is not None and effective_at <= until and service_end_exclusive_at > received_at


@dataclass(frozen=True, slots=True)
class NoticePeriod:
    count: int
    unit: Unit


STANDARD_PERIOD = NoticePeriod(1, Unit.WORKING_DAY)
STARTS_AT_RECEIPT = "provider_receipt_of_source_notice"


def agreed_period(term: Any) -> NoticePeriod:
    """Clause 2.4 from the applied term {value, unit, starts}; the standard working day where it can't be counted.

    It is our own duty, so doubt counts against us: a period that was not understood, or that starts later than our
    receipt, is never read as a longer one (I-5).
    """
    try:
        if term["starts"] != STARTS_AT_RECEIPT:
            return STANDARD_PERIOD
        return NoticePeriod(int(term["value"]), Unit(term["unit"]))
    except (KeyError, TypeError, ValueError):
        return STANDARD_PERIOD


FARTHEST = timedelta(days=366)
"""How far back a receipt can lie, or an effective date before it; beyond, the date is a slip of the pen."""


def check_receipt(*, received_at: datetime, effective_on: date | None, now: datetime) -> None:
    """T-13: a receipt is not in the future; it may lie so far back that its duty is born overdue."""
    if received_at > now:
        raise InvalidInput(N_("The notice can't have been received in the future."), field="received_at", clause="2.4")
    if received_at < now - FARTHEST:
        raise InvalidInput(
            N_("This is more than a year ago."),
            field="received_at",
            clause="2.4",
            remedy=N_("Check the year of the receipt."),
        )
    if effective_on is not None and effective_on < legal_date(received_at) - FARTHEST:
        raise InvalidInput(
            N_("This is more than a year before the source's notice."),
            field="effective_on",
            clause="2.4",
            remedy=N_("Check the year of the effective date."),
        )


def require_closable(
    state: ChangeState, *, triage: Triage | None, effective_on: date | None, impacts: Iterable[ImpactState]
) -> None:
    """Domain 6.7: closed when all agreements are settled, and a change that matters has come into effect.

    What concerns nobody under 2.4 closes from its triage on; a change without an effective date once all know of it.
    """
    change_move(state, ChangeEvent.CLOSE)
    is_early = state in (_C.TRIAGED, _C.MAPPED, _C.NOTIFIED)
    matters = triage is None or triage in RELEVANT
    if is_early and matters and not (state is _C.NOTIFIED and effective_on is None):
        raise IllegalMove(
            N_("This change is not in effect yet."),
            clause="2.4",
            remedy=N_("It can be closed once it is in effect and every agreement is settled."),
        )
    if any(each not in SETTLED for each in impacts):
        raise IllegalMove(
            N_("Some agreements are not settled yet."),
            clause="2.4",
            remedy=N_("Wait for the arrival, the answer or the aftermath agreement of each."),
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """A moment at which somebody must be called: its stable name and when it falls due."""

    name: str
    at: datetime


UNMAPPED_AFTER = timedelta(hours=1)


def ladder(*, received_at: datetime, due_on: date, target_at: datetime | None, overdue_from: datetime) -> list[Stage]:
    """Domain 8: the alarms of one due day, in order: 12:00, 16:00, our target, and the moment it is too late."""
    noon = start_of(due_on) + timedelta(hours=12)
    stages = [Stage("noon", noon), Stage("four", noon + timedelta(hours=4))]
    if target_at is not None:
        stages.append(Stage("target", target_at))
    stages.append(Stage("overdue", overdue_from))
    return sorted((each for each in stages if received_at < each.at <= overdue_from), key=lambda each: each.at)
