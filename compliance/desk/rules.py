"""What the desk concludes from facts of other rooms: the service switch, a tenant's standing, the next act.

Nothing here is stored. Time-based truth is computed from stored bounds (T-15), so a page is right even where no sweep
has run (domain 6.1, 6.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from agreements.calendar.rules import CalendarTooShort, WorkingCalendar
from agreements.kernel.access.rules import Permission
from agreements.kernel.instants import legal_date
from agreements.register.rules import IN_FORCE, AgreementState, service_starts_at
from compliance.breaches.rules import CaseState
from compliance.breaches.waiting import Waits
from compliance.service.rules import HoldGround, HoldState

ONE_DAY = timedelta(days=1)
LONGEST_COUNT = 400  # calendar days; what lies further off is shown in calendar days


class ServiceState(StrEnum):
    """The switch of one agreement (domain 6.2), derived."""

    NOT_ACTIVATED = "not_activated"
    OPEN = "open"
    SUSPENSION_PENDING = "suspension_pending"
    SUSPENDED = "suspended"
    FROZEN = "frozen"
    CLOSED = "closed"


class Standing(StrEnum):
    """How a tenant stands (domain 6.2), derived: the worst of its open cases; worst first."""

    BARRED = "barred"
    SUSPENDED = "suspended"
    RECTIFYING = "rectifying"
    WATCH = "watch"
    GOOD = "good"


class NextAct(StrEnum):
    """What a person can do next."""

    CONFIRM_PAYMENT = "confirm_payment"
    COMPLETE_ONBOARDING = "complete_onboarding"
    ACTIVATE = "activate"
    RECORD_CHANGE_NOTICE = "record_change_notice"
    CONFIRM_CASE = "confirm_case"
    DISMISS_CASE = "dismiss_case"
    DEMAND_RECTIFICATION = "demand_rectification"
    RECORD_ARRIVAL = "record_arrival"
    DECIDE_SUSPENSION = "decide_suspension"
    ACCEPT_RECTIFICATION = "accept_rectification"
    REINSTATE = "reinstate"
    CLOSE_CASE = "close_case"
    LOOK = "look"


NEEDS: dict[NextAct, Permission] = {
    NextAct.CONFIRM_PAYMENT: Permission.CONFIRM_PAYMENT,
    NextAct.COMPLETE_ONBOARDING: Permission.RECORD_DOCUMENTS,
    NextAct.ACTIVATE: Permission.ACTIVATE_SERVICE,
    NextAct.RECORD_CHANGE_NOTICE: Permission.RECORD_PERFORMANCE,
    NextAct.CONFIRM_CASE: Permission.CONFIRM_CASE,
    NextAct.DISMISS_CASE: Permission.DISMISS_CASE,
    NextAct.DEMAND_RECTIFICATION: Permission.DEMAND_RECTIFICATION,
    NextAct.RECORD_ARRIVAL: Permission.RECORD_ARRIVAL,
    NextAct.DECIDE_SUSPENSION: Permission.DECIDE_SUSPENSION,
    NextAct.ACCEPT_RECTIFICATION: Permission.ACCEPT_RECTIFICATION,
    NextAct.REINSTATE: Permission.REINSTATE,
    NextAct.CLOSE_CASE: Permission.CONFIRM_CASE,
    NextAct.LOOK: Permission.READ,
}

DECISIONS = (
    NextAct.REINSTATE,
    NextAct.ACCEPT_RECTIFICATION,
    NextAct.DECIDE_SUSPENSION,
    NextAct.CONFIRM_CASE,
    NextAct.DISMISS_CASE,
    NextAct.DEMAND_RECTIFICATION,
)
"""Acts by which a case waits for a person's decision, in the order in which the desk lists them."""

ACT_FOR: dict[Waits, NextAct] = {
    Waits.CONFIRMATION: NextAct.CONFIRM_CASE,
    Waits.DISMISSAL: NextAct.DISMISS_CASE,
    Waits.DEMAND: NextAct.DEMAND_RECTIFICATION,
    Waits.DISPATCH: NextAct.RECORD_ARRIVAL,
    Waits.BOUNCED: NextAct.RECORD_ARRIVAL,
    Waits.ARRIVAL: NextAct.RECORD_ARRIVAL,
    Waits.STATED_DATE: NextAct.RECORD_CHANGE_NOTICE,
    Waits.PERFORMANCE: NextAct.RECORD_CHANGE_NOTICE,
    Waits.ACCEPTANCE: NextAct.ACCEPT_RECTIFICATION,
    Waits.CAP: NextAct.DECIDE_SUSPENSION,
    Waits.FOUND_LATE: NextAct.DECIDE_SUSPENSION,
    Waits.DECISION: NextAct.DECIDE_SUSPENSION,
    Waits.REINSTATEMENT: NextAct.REINSTATE,
    Waits.SERVICE_ENDED: NextAct.CLOSE_CASE,
    Waits.CLOSING: NextAct.CLOSE_CASE,
    Waits.SCHEDULER: NextAct.LOOK,
    Waits.NOTHING: NextAct.LOOK,
}
"""What a person can do about what a case waits for (compliance.breaches.waiting)."""

RECTIFYING = frozenset(
    {
        CaseState.CONFIRMED,
        CaseState.RECTIFICATION_DEMANDED,
        CaseState.NOT_RECTIFIED,
        CaseState.SUSPENSION_DECIDED,
        CaseState.TERMINATION_DECIDED,
    }
)


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is to be done next about an agreement; `case_id` where it is done on a case, or the `page` that tells."""

    act: NextAct
    case_id: int | None = None
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Whose:
    """The agreement and the tenant that a row is about."""

    order_no: str
    tenant_key: str
    tenant: str


@dataclass(frozen=True, slots=True)
class HoldFact:
    ground: HoldGround
    state: HoldState


@dataclass(frozen=True, slots=True)
class LifeFacts:
    """The bounds of an agreement's life: payment, start of service, exclusive end, and an end before its time."""

    state: AgreementState
    effective_at: datetime | None
    service_start_at: datetime
    service_end_exclusive_at: datetime
    ended_at: datetime | None = None


def state_at(life: LifeFacts, now: datetime) -> AgreementState:
    """Main 一, 三 1: the state at an instant by the bounds of the agreement, whether or not a sweep has recorded it.

    An ending before time holds from its own instant, one agreed for later too; a cancellation and a closing are taken
    as recorded.
    """
    recorded = life.state
    not_yet_ended = life.ended_at is not None and now < life.ended_at
    if recorded not in (*IN_FORCE, AgreementState.EXPIRED) and not not_yet_ended:
        return recorded
    if life.effective_at is None or now < life.effective_at:
        return AgreementState.PENDING_PAYMENT
    if recorded in IN_FORCE and life.ended_at is not None and now >= life.ended_at:
        return AgreementState.ENDED_BY_AGREEMENT
    if now >= life.service_end_exclusive_at:
        return AgreementState.EXPIRED
    if now < service_starts_at(life.service_start_at, life.effective_at):
        return AgreementState.EFFECTIVE
    return AgreementState.IN_SERVICE


def service_state(*, state: AgreementState, is_activated: bool, holds: Iterable[HoldFact]) -> ServiceState:
    """Domain 6.2: the switch of an agreement. One effective hold is enough to keep it shut."""
    if state not in (*IN_FORCE, AgreementState.DRAFT, AgreementState.PENDING_PAYMENT):
        return ServiceState.CLOSED
    facts = list(holds)
    effective = [fact for fact in facts if fact.state is HoldState.EFFECTIVE]
    if any(fact.ground is not HoldGround.FREEZE for fact in effective):
        return ServiceState.SUSPENDED
    if effective:
        return ServiceState.FROZEN
    if not is_activated:
        return ServiceState.NOT_ACTIVATED
    if any(fact.state is HoldState.PENDING for fact in facts):
        return ServiceState.SUSPENSION_PENDING
    return ServiceState.OPEN


def standing_of(
    *, cases: Iterable[CaseState], is_held: bool, owes_overdue: bool, ended_for_breach: bool = False
) -> Standing:
    """Domain 6.2: the worst of a tenant's open cases, its effective holds and its overdue duties."""
    states = set(cases)
    if ended_for_breach:
        return Standing.BARRED
    if is_held or CaseState.SUSPENDED in states:
        return Standing.SUSPENDED
    if states & RECTIFYING:
        return Standing.RECTIFYING
    if CaseState.SUSPECTED in states or owes_overdue:
        return Standing.WATCH
    return Standing.GOOD


def onboarding_act(*, state: AgreementState, is_activated: bool, obstacles: Iterable[str]) -> NextAct | None:
    """Main 三 1, clause 3.3 (a): what brings an agreement into service; None where nothing can."""
    if state is AgreementState.PENDING_PAYMENT:
        return NextAct.CONFIRM_PAYMENT
    if state not in IN_FORCE or is_activated:
        return None
    left = set(obstacles) - {"not_in_service"}
    if left:
        return NextAct.COMPLETE_ONBOARDING
    return NextAct.ACTIVATE if state is AgreementState.IN_SERVICE else None


def working_days_until(calendar: WorkingCalendar, today: date, due_on: date) -> int | None:
    """Count the working days after today up to the due day, which is included; negative where it has passed.

    0 on the due day, and where only rest days lie between. None where a day of an unpublished year lies between.
    """
    first, last = (today, due_on) if due_on >= today else (due_on, today)
    if (last - first).days > LONGEST_COUNT:
        return None
    count, day = 0, first
    try:
        while day < last:
            day += ONE_DAY
            count += calendar.is_working_day(day)
    except CalendarTooShort:
        return None
    return count if due_on >= today else -count


def last_day(end_exclusive_at: datetime) -> date:
    """The Shanghai date on which an exclusive end leaves its last instant (T-5)."""
    return legal_date(end_exclusive_at - timedelta(microseconds=1))


def masked(text: str | None) -> str | None:
    """Hide a contact value but for what tells two apart: 138****8878, 张**, l***@example.com."""
    if not text:
        return text
    local, at, domain = text.partition("@")
    if at:
        return f"{local[:1]}***@{domain}"
    shown = text.strip()
    if len(shown) >= 7 and sum(sign.isdigit() for sign in shown) * 2 > len(shown):
        return f"{shown[:3]}****{shown[-4:]}"
    return shown[:1] + "*" * min(max(len(shown) - 1, 1), 6)


@dataclass(frozen=True, slots=True)
class OrderSums:
    """Main 一: what follows from the order's figures.

    service_days       both ends included
    price_each_fen     list price of one unit; None where the quantity does not divide it
    calls_each         calls of one unit; None where nothing is prepaid or the quantity does not divide them
    unit_price_list, unit_price_paid  yuan a call to six digits, half up; None where nothing is prepaid
    """

    service_days: int
    price_each_fen: int | None
    calls_each: int | None
    discount_fen: int
    unit_price_list: Decimal | None
    unit_price_paid: Decimal | None


def order_sums(
    *, first_on: date, end_on: date, quantity: int, list_price_fen: int, paid_amount_fen: int, quota_total: int | None
) -> OrderSums:
    """Do the order's arithmetic. end_on: the first day after service."""

    def each(total: int | None) -> int | None:
        return None if total is None or total % quantity else total // quantity

    def per_call(fen: int) -> Decimal | None:
        if not quota_total:
            return None
        return (Decimal(fen).scaleb(-2) / quota_total).quantize(Decimal("0.000001"), ROUND_HALF_UP)

    return OrderSums(
        service_days=(end_on - first_on).days,
        price_each_fen=each(list_price_fen),
        calls_each=each(quota_total),
        discount_fen=list_price_fen - paid_amount_fen,
        unit_price_list=per_call(list_price_fen),
        unit_price_paid=per_call(paid_amount_fen),
    )
