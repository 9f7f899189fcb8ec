"""Numbers that Today draws: how punctual both sides were month by month, and when agreements end."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from agreements.calendar.deadline_table import Debtor
from agreements.kernel.instants import end_of, legal_date, start_of
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationState

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Duties by the month of their last day; `late` performed late, or still owed after it (T-15)."""

    month: date
    our_on_time: int
    our_late: int
    their_on_time: int
    their_late: int


@dataclass(frozen=True, slots=True)
class Endings:
    """Agreements in force whose last day lies in a month."""

    month: date
    count: int


def months_from(first: date, count: int) -> list[date]:
    """Return the first days of `count` months, from the month of `first` on."""
    start = first.year * 12 + first.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(start, start + count)]


def punctuality(session: Session, *, now: datetime) -> list[Punctuality]:
    """Return the last twelve months, this one included, oldest first; duties still in time are not counted."""
    today = legal_date(now)
    months = months_from(months_from(today, 1)[0].replace(year=today.year - 1), MONTHS + 1)[1:]
    is_ours = Obligation.debtor != Debtor.TENANT
    is_late = Obligation.state != ObligationState.PERFORMED_ON_TIME
    late_by_now = (Obligation.overdue_from <= now) & Obligation.provisional.is_(False)
    performed = Obligation.state.in_((ObligationState.PERFORMED_ON_TIME, ObligationState.PERFORMED_LATE))
    counts: Counter[tuple[date, bool, bool]] = Counter()
    for due_on, ours, late, count in session.execute(
        select(Obligation.due_on, is_ours, is_late, func.count())
        .where(
            Obligation.state.in_((*OPEN_STATES, ObligationState.PERFORMED_ON_TIME, ObligationState.PERFORMED_LATE)),
            Obligation.overdue_from > start_of(months[0]),
            Obligation.overdue_from <= end_of(months_from(months[-1], 2)[1]),
            performed | late_by_now,
        )
        .group_by(Obligation.due_on, is_ours, is_late)
    ):
        counts[due_on.replace(day=1), bool(ours), bool(late)] += count
    return [
        Punctuality(
            each,
            our_on_time=counts[each, True, False],
            our_late=counts[each, True, True],
            their_on_time=counts[each, False, False],
            their_late=counts[each, False, True],
        )
        for each in months
    ]


def endings(session: Session, *, now: datetime) -> list[Endings]:
    """Return how many agreements in force end in this month and in each of the eleven that follow."""
    months = months_from(legal_date(now), MONTHS + 1)
    end = Agreement.service_end_exclusive_at
    place = case(*((end <= start_of(bound), number) for number, bound in enumerate(months[1:])), else_=MONTHS)
    counts = {
        row[0]: row[1]
        for row in session.execute(
            select(place, func.count())
            .where(Agreement.state.in_(IN_FORCE), end > now, end <= start_of(months[-1]))
            .group_by(place)
        )
    }
    return [Endings(month, counts.get(number, 0)) for number, month in enumerate(months[:-1])]
