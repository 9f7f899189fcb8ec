"""Open duties of both sides by when they fall due and by what is owed, counted by the database and listed in part."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from agreements.calendar.deadline_table import Debtor
from agreements.calendar.rules import WorkingCalendar
from agreements.kernel.instants import end_of, legal_date
from compliance.desk.duties import Duty, duties
from compliance.desk.sources import CODES as CAMPAIGN_CODES
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationCode

AHEAD_CALENDAR_DAYS = 7
SHOWN, SHOWN_WHEN_FILTERED = 20, 200


class Side(StrEnum):
    """Whose duties; what both sides owe stands with ours, for it waits for us too."""

    OURS = "ours"
    THEIRS = "theirs"


class When(StrEnum):
    """When a duty falls due; `soon`: within seven calendar days, today not included."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"


DEBTORS = {Side.OURS: (Debtor.PROVIDER, Debtor.BOTH), Side.THEIRS: (Debtor.TENANT,)}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader chose to see of one side; None leaves a filter out."""

    side: Side | None = None
    when: When | None = None
    code: ObligationCode | None = None

    def of(self, side: Side) -> "Choice":
        return self if self.side is side else Choice()


@dataclass(frozen=True, slots=True)
class Group:
    """The duties of one moment, earliest bound first, as many as are shown; `total` of them there are."""

    when: When
    rows: list[Duty]
    total: int


@dataclass(frozen=True, slots=True)
class SideBoard:
    """Open duties of one side.

    counts   of all of them, before any choice
    groups   what is shown after the choice, in the order of urgency, empty ones left out
    """

    side: Side
    chosen: Choice
    counts: dict[tuple[When, ObligationCode], int]
    groups: list[Group]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def elsewhere(self) -> int:
        """How many are not listed here, for the list of running source notices tells of them."""
        if self.is_filtered:
            return 0
        return sum(count for (_, code), count in self.counts.items() if code in CAMPAIGN_CODES)

    @property
    def is_filtered(self) -> bool:
        return self.chosen.side is not None

    def by_when(self, when: When) -> int:
        """How many fall due then, of what is owed as chosen."""
        return sum(
            count
            for (moment, code), count in self.counts.items()
            if moment == when and self.chosen.code in (None, code)
        )

    def by_code(self) -> list[tuple[ObligationCode, int]]:
        """How many there are of each kind that is owed, at the moment chosen; in the catalogue's order."""
        codes = sorted({code for _, code in self.counts}, key=list(ObligationCode).index)
        return [
            (
                code,
                sum(
                    count
                    for (when, each), count in self.counts.items()
                    if each is code and self.chosen.when in (None, when)
                ),
            )
            for code in codes
        ]


def side_boards(
    session: Session, choice: Choice, calendar: WorkingCalendar, *, now: datetime
) -> tuple[SideBoard, SideBoard]:
    """Return our duties and the tenants'. What is provisional is never overdue (E-47); it stays under today."""
    moment, is_the_tenants = _moment(now), Obligation.debtor == Debtor.TENANT
    counts: dict[Side, dict[tuple[When, ObligationCode], int]] = {side: {} for side in Side}
    for is_theirs, code, word, count in session.execute(
        select(is_the_tenants, Obligation.code, moment, func.count())
        .where(Obligation.state.in_(OPEN_STATES), Obligation.overdue_from <= _horizon(now))
        .group_by(is_the_tenants, Obligation.code, moment)
    ):
        counts[Side.THEIRS if is_theirs else Side.OURS][When(word), code] = count
    ours, theirs = (_board(session, side, choice.of(side), counts[side], calendar, now=now) for side in Side)
    return ours, theirs


def _board(
    session: Session,
    side: Side,
    chosen: Choice,
    counts: dict[tuple[When, ObligationCode], int],
    calendar: WorkingCalendar,
    *,
    now: datetime,
) -> SideBoard:
    limit = SHOWN_WHEN_FILTERED if chosen.side else SHOWN
    codes = [code for code in ObligationCode if chosen.code is code or (not chosen.code and _is_listed(code, chosen))]
    groups = []
    for when in When:
        total = sum(counts.get((when, code), 0) for code in codes if chosen.when in (None, when))
        if total:
            wanted = (
                select(Obligation.id)
                .where(
                    Obligation.debtor.in_(DEBTORS[side]),
                    Obligation.state.in_(OPEN_STATES),
                    Obligation.code.in_(codes),
                    _falls(when, now),
                )
                .order_by(Obligation.overdue_from, Obligation.id)
            )
            ids = session.scalars(wanted.limit(limit)).all()
            groups.append(Group(when, duties(session, Obligation.id.in_(ids), calendar=calendar, now=now), total))
    return SideBoard(side, chosen, counts, groups)


def _is_listed(code: ObligationCode, chosen: Choice) -> bool:
    return chosen.side is not None or code not in CAMPAIGN_CODES


def _horizon(now: datetime) -> datetime:
    return end_of(legal_date(now) + timedelta(days=AHEAD_CALENDAR_DAYS))


def _is_past(now: datetime) -> ColumnElement[bool]:
    return and_(Obligation.overdue_from <= now, Obligation.provisional.is_(False))


def _falls(when: When, now: datetime) -> ColumnElement[bool]:
    midnight, bound = end_of(legal_date(now)), Obligation.overdue_from
    match when:
        case When.OVERDUE:
            return _is_past(now)
        case When.TODAY:
            return and_(bound <= midnight, or_(bound > now, Obligation.provisional.is_(True)))
        case When.SOON:
            return and_(bound > midnight, bound <= _horizon(now))


def _moment(now: datetime) -> ColumnElement[str]:
    """Say in SQL when a duty before the horizon falls due, as a word of `When`."""
    return case(
        (_is_past(now), When.OVERDUE.value),
        (Obligation.overdue_from <= end_of(legal_date(now)), When.TODAY.value),
        else_=When.SOON.value,
    )
