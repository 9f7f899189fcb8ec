"""The notice machine (domain 6.5), what counts as arrival (domain 4.2, 民法典 137), and when sending is tried again.

`NOTICE_MOVES` is the whole of the machine; a move that is not in it can't be made.

Arrival is read against ourselves. For our notices to a tenant we take the later, provable time: an acknowledgement, a
courier's receipt, service in person, a proven entry into the designated system, or the time from which the tenant
should have known, which is the next business opening after the message was accepted. An officer's record of any of
them needs its proof. That the remote mail system accepted a message makes the notice *sent*, never *arrived*. For what
a tenant sends us the opposite holds: the earliest entry into any channel of ours counts, and the rooms that take such
messages in record it so.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from agreements.calendar.rules import Assume, WorkingCalendar, count_forward
from agreements.kernel.access.rules import Permission
from agreements.kernel.errors import N_, IllegalMove, InvalidInput
from agreements.kernel.instants import SHANGHAI, legal_date, start_of

LONGEST_VALUE = 1000


class NoticeKind(StrEnum):
    RECTIFICATION_DEMAND = "rectification_demand"
    SUSPENSION_NOTICE = "suspension_notice"
    SUSPENSION_WITHDRAWAL = "suspension_withdrawal"
    RESUME_NOTICE = "resume_notice"
    TERMINATION_NOTICE = "termination_notice"
    EXPIRY_WARNING = "expiry_warning"
    DOCUMENT_EXPIRY_WARNING = "document_expiry_warning"
    UPSTREAM_CHANGE_NOTICE = "upstream_change_notice"
    UPSTREAM_WITHDRAWAL_NOTICE = "upstream_withdrawal_notice"


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


class NoticeState(StrEnum):
    """Domain 6.5. `sent`: accepted by the remote system. `arrived`: proven. `acknowledged`: said by the tenant."""

    DRAFT = "draft"
    APPROVED = "approved"
    QUEUED = "queued"
    SENT = "sent"
    BOUNCED = "bounced"
    ARRIVED = "arrived"
    ACKNOWLEDGED = "acknowledged"
    CANCELLED = "cancelled"


class NoticeEvent(StrEnum):
    APPROVE = "approve"
    ENQUEUE = "enqueue"
    CANCEL = "cancel"
    SEND = "send"
    BOUNCE = "bounce"
    ARRIVE = "arrive"
    SERVE_ON_PAPER = "serve_on_paper"
    ARRIVE_BY_LINK = "arrive_by_link"
    ACKNOWLEDGE = "acknowledge"


class Channel(StrEnum):
    EMAIL = "email"


class OutboxState(StrEnum):
    """`claimed` without an end of its attempt is unknown: the bytes may be on the wire.

    `held`: an older copy of the database was restored, and the send journal saw this message begin. A person decides.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    HELD = "held"
    ACCEPTED = "accepted"
    UNDELIVERABLE = "undeliverable"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How one attempt ended. `unknown`: the message was handed over and no answer came."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TEMPORARY = "temporary"
    UNKNOWN = "unknown"


class ArrivalBasis(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    DESIGNATED_SYSTEM = "designated_system"
    SHOULD_KNOW = "should_know"
    COURIER_RECEIPT = "courier_receipt"
    PERSONAL = "personal"


ON_PAPER = frozenset({ArrivalBasis.COURIER_RECEIPT, ArrivalBasis.PERSONAL})


@dataclass(frozen=True, slots=True)
class Move:
    sources: tuple[NoticeState, ...]
    target: NoticeState


_S = NoticeState

# A ground can go before the notice is queued, so a draft and an approved notice can be cancelled too. Paper can be
# served as soon as a notice is approved (a tenant without a usable address) and after every address bounced (E-13). A
# link that is used proves that the message came, even where we never learned that it was accepted.
NOTICE_MOVES: dict[NoticeEvent, Move] = {
    NoticeEvent.APPROVE: Move((_S.DRAFT,), _S.APPROVED),
    NoticeEvent.ENQUEUE: Move((_S.APPROVED, _S.BOUNCED), _S.QUEUED),
    NoticeEvent.CANCEL: Move((_S.DRAFT, _S.APPROVED, _S.QUEUED), _S.CANCELLED),
    NoticeEvent.SEND: Move((_S.QUEUED,), _S.SENT),
    NoticeEvent.BOUNCE: Move((_S.QUEUED,), _S.BOUNCED),
    NoticeEvent.ARRIVE: Move((_S.SENT,), _S.ARRIVED),
    NoticeEvent.SERVE_ON_PAPER: Move((_S.APPROVED, _S.QUEUED, _S.SENT, _S.BOUNCED), _S.ARRIVED),
    NoticeEvent.ARRIVE_BY_LINK: Move((_S.QUEUED, _S.SENT, _S.BOUNCED), _S.ARRIVED),
    NoticeEvent.ACKNOWLEDGE: Move((_S.ARRIVED,), _S.ACKNOWLEDGED),
}


def legal_events(state: NoticeState) -> list[NoticeEvent]:
    """Return what can happen to a notice now, in the machine's order."""
    return [event for event, move in NOTICE_MOVES.items() if state in move.sources]


def notice_move(state: NoticeState, event: NoticeEvent) -> Move:
    """Return the move, or raise IllegalMove saying what is legal now."""
    move = NOTICE_MOVES[event]
    if state not in move.sources:
        raise IllegalMove(
            N_("A notice that is %(state)s can't %(event)s."),
            remedy=N_("Legal now: %(legal)s."),
            state=state,
            event=event,
            legal=tuple(legal_events(state)),
        )
    return move


@dataclass(frozen=True, slots=True)
class Template:
    """The letter of a kind.

    pre_approved   counsel signed it off, so the scheduler may send it without a person
    takes_answer   its message also bears a link by which the tenant answers, besides the one that acknowledges receipt
    """

    version: int
    approval: Permission
    pre_approved: bool
    takes_answer: bool = False

    def name(self, kind: NoticeKind) -> str:
        return f"{kind.value}/v{self.version}"


TEMPLATES: dict[NoticeKind, Template] = {
    NoticeKind.RECTIFICATION_DEMAND: Template(2, Permission.DEMAND_RECTIFICATION, pre_approved=False),
    NoticeKind.SUSPENSION_NOTICE: Template(2, Permission.DECIDE_SUSPENSION, pre_approved=True),
    NoticeKind.SUSPENSION_WITHDRAWAL: Template(2, Permission.ACCEPT_RECTIFICATION, pre_approved=False),
    NoticeKind.RESUME_NOTICE: Template(2, Permission.REINSTATE, pre_approved=False),
    NoticeKind.TERMINATION_NOTICE: Template(1, Permission.END_AGREEMENT, pre_approved=False),
    NoticeKind.EXPIRY_WARNING: Template(1, Permission.DEMAND_RECTIFICATION, pre_approved=True),
    NoticeKind.DOCUMENT_EXPIRY_WARNING: Template(1, Permission.DEMAND_RECTIFICATION, pre_approved=True),
    NoticeKind.UPSTREAM_CHANGE_NOTICE: Template(1, Permission.HANDLE_UPSTREAM, pre_approved=True, takes_answer=True),
    NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE: Template(1, Permission.HANDLE_UPSTREAM, pre_approved=True),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened on a legal date: one line in the language of the notice, without a final stop."""

    on: date
    text: str


@dataclass(frozen=True, slots=True)
class Particulars:
    """What only this notice says.

    facts           oldest first, at least one
    requests        what the tenant has to do, without final stops; at least one in a rectification demand
    signatory       the person who signs for the provider
    earlier_number  number of the notice that this one follows, None for none
    own             what only the template of this kind names
    """

    facts: tuple[Fact, ...]
    requests: tuple[str, ...]
    signatory: str
    earlier_number: str | None = None
    own: Mapping[str, object] = field(default_factory=dict)


def check_letter(
    kind: NoticeKind, particulars: Particulars, *, clause: str, stated_due_on: date | None, today: date
) -> None:
    """Clauses 4.4 and 6.1: a notice names its ground and its facts; a demand also what to do and by when.

    The date must leave time to prepare (民法典 511(4)): it lies after today.
    """
    if not clause.strip():
        raise InvalidInput(N_("A notice must name the clause it rests on."), field="clause")
    if not particulars.facts:
        raise InvalidInput(N_("A notice must name at least one fact with its date."), field="facts")
    if any(fact.on > today for fact in particulars.facts):
        raise InvalidInput(N_("A fact of a notice can't lie in the future."), field="facts")
    if not particulars.signatory.strip():
        raise InvalidInput(N_("A notice needs the person who signs it."), field="signatory")
    if kind is NoticeKind.RECTIFICATION_DEMAND:
        if stated_due_on is None:
            raise InvalidInput(N_("A demand must state the date by which to rectify."), field="due_on", clause="4.4")
        if not particulars.requests:
            raise InvalidInput(N_("A demand must say what the tenant has to do."), field="requests", clause="4.4")
    if stated_due_on is not None and stated_due_on <= today:
        raise InvalidInput(
            N_("The stated date %(due_on)s leaves no time to prepare."),
            field="due_on",
            clause="4.4",
            remedy=N_("State a date after today."),
            due_on=stated_due_on.isoformat(),
        )


def arrival_event(basis: ArrivalBasis) -> NoticeEvent:
    """Return the move that an officer's record of this basis makes."""
    return NoticeEvent.SERVE_ON_PAPER if basis in ON_PAPER else NoticeEvent.ARRIVE


def should_know_from(accepted_at: datetime, *, calendar: WorkingCalendar, opening_hour: int) -> datetime:
    """Domain 4.2: a tenant should know a message from the opening of the next working day after it was accepted.

    Where the arrangement of that day is not published, the latest day it can be: doubt counts against us.
    """
    opening_day = count_forward(calendar, legal_date(accepted_at), 1, assume=Assume.FEWEST_WORKED)[-1].day
    return start_of(opening_day) + timedelta(hours=opening_hour)


def check_arrival(arrived_at: datetime, *, not_before: datetime, now: datetime, has_proof: bool) -> None:
    """Domain 4.2: what an officer must show for an arrival, whatever its basis.

    not_before  the earliest moment, inclusive, that its basis allows
    """
    if arrived_at > now:
        raise InvalidInput(N_("A notice can't have arrived in the future."), field="arrived_at")
    if arrived_at < not_before:
        raise InvalidInput(
            N_("A notice can't have arrived in this way before %(not_before)s."),
            field="arrived_at",
            remedy=N_("Take the later time that the proof shows."),
            not_before=f"{whole_minute(not_before).astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        )
    if not has_proof:
        raise InvalidInput(
            N_("An arrival needs its proof."),
            field="proof",
            remedy=N_("Attach the receipt, the signed copy, the tenant's reply or the mail system's report."),
        )


def whole_minute(instant: datetime) -> datetime:
    """Return the first whole minute that is not before the instant: the earliest that can be typed."""
    floor = instant.replace(second=0, microsecond=0)
    return floor if floor == instant else floor + timedelta(minutes=1)


_RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 60, 300, 900))
_RETRY_AT_LAST = timedelta(minutes=30)


def retry_delay(failures: int) -> timedelta:
    """Return how long to wait after the failures so far, at least 1: 0 s, 5 s, 1, 5, 15 min, then 30 min each."""
    return _RETRY_AFTER[failures - 1] if failures <= len(_RETRY_AFTER) else _RETRY_AT_LAST


FAILING_AFTER = 3


def is_failing(state: NoticeState, open_attempts: int) -> bool:
    """Say whether a person should look: every address bounced, or a queued notice failed three times or more."""
    return state is NoticeState.BOUNCED or (state is NoticeState.QUEUED and open_attempts >= FAILING_AFTER)


def one_line(value: object) -> str:
    """Return text fit for a letter or a header: one line, no control or direction marks, at most 1000 characters.

    A longer value raises InvalidInput: it is no name and no fact, and a notice is refused before it is issued.
    """
    kept = []
    for character in str(value):
        category = unicodedata.category(character)
        if category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif category not in ("Cf", "Cs", "Co"):
            kept.append(character)
    text = " ".join("".join(kept).split())
    if len(text) > LONGEST_VALUE:
        raise InvalidInput(
            N_("A value of the notice has %(length)s characters; at most %(longest)s fit."),
            field="particulars",
            length=len(text),
            longest=LONGEST_VALUE,
        )
    return text
