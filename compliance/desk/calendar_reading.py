"""What stands in the calendar: duties of both sides, ends of service, and our warnings before an end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, String, and_, case, false, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import Session

from agreements.calendar.deadline_table import Debtor
from agreements.kernel.instants import end_of, legal_date, start_of
from agreements.parties.models import Party, QualificationDocument, Tenant
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState
from compliance.desk.rules import Whose, last_day
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.rules import Subject, WarningState
from compliance.obligations.models import Obligation
from compliance.obligations.rules import CATALOGUE, OPEN_STATES, REMINDERS, ObligationState

Word = TypeVar("Word", bound=StrEnum)

LONGEST_QUERY = 100
END_CLAUSE, DOCUMENT_CLAUSE = "三 1", "3.3"
CLAUSES = (*sorted({entry.clause for entry in CATALOGUE.values()}), END_CLAUSE)
SORTS = ("day", "tenant", "clause")


class EntryKind(StrEnum):
    DUTY = "duty"
    WARNING = "warning"
    SERVICE_END = "service_end"


class Side(StrEnum):
    """Who has to act; nobody for an end that comes by itself."""

    PROVIDER = "provider"
    TENANT = "tenant"
    BOTH = "both"
    NOBODY = "nobody"


class EntryState(StrEnum):
    OPEN = "open"
    LATE = "late"
    PROVISIONAL = "provisional"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the list; None and "" leave a filter out.

    first, last  Shanghai dates, both included
    tenant       part of the tenant's name or its key
    """

    first: date | None = None
    last: date | None = None
    kind: EntryKind | None = None
    side: Side | None = None
    clause: str = ""
    state: EntryState | None = None
    tenant: str = ""
    sort: str = "day"

    @property
    def is_filtered(self) -> bool:
        return bool(self.kind or self.side or self.clause or self.state or self.tenant)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the calendar; `bound_at` is the exclusive end of its day, for a warning the moment it is due.

    ends_on  last day of what a warning warns of; None for others
    """

    kind: EntryKind
    id: int
    day: date
    bound_at: datetime
    side: Side
    state: EntryState
    clause: str
    whose: Whose
    obligation: Obligation | None = None
    warning: ExpiryWarning | None = None
    ends_on: date | None = None


def read_wanted(address: Mapping[str, str], *, now: datetime) -> Wanted:
    """Read the query of an address; what is not understood is left out. Without dates: from a week ago on."""
    first, last = _day(address.get("from", "")), _day(address.get("to", ""))
    if "from" not in address and "to" not in address:
        first = legal_date(now) - timedelta(days=7)
    sort = address.get("sort", "day")
    return Wanted(
        first=first,
        last=last,
        kind=_word(EntryKind, address.get("kind", "")),
        side=_word(Side, address.get("side", "")),
        clause=address.get("clause", "") if address.get("clause") in CLAUSES else "",
        state=_word(EntryState, address.get("state", "")),
        tenant=address.get("tenant", "").strip()[:LONGEST_QUERY],
        sort=sort if sort.removeprefix("-") in SORTS else "day",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-01") else None
    except ValueError:
        return None


def _word(kind: type[Word], text: str) -> Word | None:
    return next((word for word in kind if word.value == text), None)


def count_entries(session: Session, wanted: Wanted, *, now: datetime) -> int:
    found = _found(wanted, now).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def entries(
    session: Session, wanted: Wanted, *, now: datetime, limit: int | None = None, offset: int = 0
) -> list[Entry]:
    """Return the entries that fit; by day, our own first, unless another order is asked for."""
    found = _found(wanted, now).subquery()
    columns = found.c
    by_day = (columns.at, columns.rank, columns.kind, columns.id)
    orders: dict[str, tuple[Any, ...]] = {
        "day": by_day,
        "-day": (columns.at.desc(), *by_day[1:]),
        "tenant": (columns.name, *by_day),
        "-tenant": (columns.name.desc(), *by_day),
        "clause": (columns.clause, *by_day),
        "-clause": (columns.clause.desc(), *by_day),
    }
    statement = select(columns).order_by(*orders[wanted.sort]).limit(limit).offset(offset)
    return _loaded(session, session.execute(statement).all(), now=now)


def _found(wanted: Wanted, now: datetime) -> Any:
    parts = {
        EntryKind.DUTY: _duties,
        EntryKind.WARNING: _warnings,
        EntryKind.SERVICE_END: _ends,
    }
    return union_all(*(part(wanted, now) for kind, part in parts.items() if wanted.kind in (None, kind)))


def _duties(wanted: Wanted, now: datetime) -> Select[Any]:
    late = and_(
        Obligation.state.in_(OPEN_STATES),
        Obligation.provisional.is_(False),
        Obligation.overdue_from <= now,
        Obligation.code.not_in(REMINDERS),
    )
    states = {
        EntryState.OPEN: and_(Obligation.state == ObligationState.OPEN, not_(late)),
        EntryState.LATE: late,
        EntryState.PROVISIONAL: and_(Obligation.state == ObligationState.OPEN, Obligation.provisional.is_(True)),
        EntryState.DONE: Obligation.state.in_((ObligationState.PERFORMED_ON_TIME, ObligationState.PERFORMED_LATE)),
    }
    rank = case((Obligation.debtor == Debtor.PROVIDER, 0), (Obligation.debtor == Debtor.BOTH, 1), else_=2)
    statement = (
        _row(EntryKind.DUTY, Obligation.id, Obligation.overdue_from, rank, Obligation.clause)
        .select_from(Obligation)
        .join(Agreement, Agreement.id == Obligation.agreement_id)
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .where(Obligation.state != ObligationState.VOID, *_of_tenant(wanted))
    )
    if wanted.first:
        statement = statement.where(Obligation.due_on >= wanted.first)
    if wanted.last:
        statement = statement.where(Obligation.due_on <= wanted.last)
    if wanted.state:
        statement = statement.where(states[wanted.state])
    if wanted.clause:
        statement = statement.where(Obligation.clause == wanted.clause)
    if wanted.side:
        sides = {Side.NOBODY: (), Side.BOTH: (Debtor.BOTH,)}
        statement = statement.where(
            Obligation.debtor.in_(sides[wanted.side] if wanted.side in sides else (Debtor(wanted.side.value),))
        )
    return statement


def _ends(wanted: Wanted, now: datetime) -> Select[Any]:
    """Ends of the service periods of agreements that are, or were, in force to their end."""
    end = Agreement.service_end_exclusive_at
    states = {EntryState.OPEN: end > now, EntryState.DONE: end <= now}
    statement = (
        _row(EntryKind.SERVICE_END, Agreement.id, end, literal(3), literal(END_CLAUSE, String))
        .select_from(Agreement)
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .where(Agreement.state.in_((*IN_FORCE, AgreementState.EXPIRED)), *_of_tenant(wanted))
    )
    if wanted.first:
        statement = statement.where(end > start_of(wanted.first))
    if wanted.last:
        statement = statement.where(end <= end_of(wanted.last))
    if wanted.state:
        statement = statement.where(states.get(wanted.state, false()))
    if wanted.clause and wanted.clause != END_CLAUSE:
        statement = statement.where(false())
    if wanted.side and wanted.side is not Side.NOBODY:
        statement = statement.where(false())
    return statement


def _warnings(wanted: Wanted, now: datetime) -> Select[Any]:
    planned = ExpiryWarning.state == WarningState.PLANNED
    clause = case((ExpiryWarning.subject == Subject.DOCUMENT, DOCUMENT_CLAUSE), else_=END_CLAUSE)
    states = {
        EntryState.OPEN: and_(planned, ExpiryWarning.due_at > now),
        EntryState.LATE: and_(planned, ExpiryWarning.due_at <= now, ExpiryWarning.provisional.is_(False)),
        EntryState.PROVISIONAL: and_(planned, ExpiryWarning.provisional.is_(True)),
        EntryState.DONE: ExpiryWarning.state == WarningState.SENT,
    }
    statement = (
        _row(EntryKind.WARNING, ExpiryWarning.id, ExpiryWarning.due_at, literal(0), clause)
        .select_from(ExpiryWarning)
        .outerjoin(Agreement, Agreement.id == ExpiryWarning.agreement_id)
        .outerjoin(QualificationDocument, QualificationDocument.id == ExpiryWarning.document_id)
        .join(Tenant, Tenant.id == func.coalesce(Agreement.tenant_id, QualificationDocument.tenant_id))
        .join(Party, Party.id == Tenant.party_id)
        .where(ExpiryWarning.state.in_((WarningState.PLANNED, WarningState.SENT)), *_of_tenant(wanted))
    )
    if wanted.first:
        statement = statement.where(ExpiryWarning.due_on >= wanted.first)
    if wanted.last:
        statement = statement.where(ExpiryWarning.due_on <= wanted.last)
    if wanted.state:
        statement = statement.where(states[wanted.state])
    if wanted.clause:
        statement = statement.where(clause == wanted.clause)
    if wanted.side and wanted.side is not Side.PROVIDER:
        statement = statement.where(false())
    return statement


def _row(kind: EntryKind, row_id: Any, at: Any, rank: Any, clause: Any) -> Select[Any]:
    return select(
        literal(kind.value, String).label("kind"),
        row_id.label("id"),
        at.label("at"),
        rank.label("rank"),
        clause.label("clause"),
        func.coalesce(Agreement.order_no, "").label("order_no"),
        Tenant.tenant_key.label("tenant_key"),
        Party.name.label("name"),
    )


def _of_tenant(wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    if not wanted.tenant:
        return ()
    return (or_(Party.name.contains(wanted.tenant, autoescape=True), Tenant.tenant_key == wanted.tenant),)


def _loaded(session: Session, rows: Sequence[Any], *, now: datetime) -> list[Entry]:
    def of(kind: EntryKind) -> list[int]:
        return [row.id for row in rows if row.kind == kind.value]

    duties = {row.id: row for row in session.scalars(select(Obligation).where(Obligation.id.in_(of(EntryKind.DUTY))))}
    warnings = {
        row.id: row for row in session.scalars(select(ExpiryWarning).where(ExpiryWarning.id.in_(of(EntryKind.WARNING))))
    }
    loaded = []
    for row in rows:
        plain = Entry(
            kind=EntryKind(row.kind),
            id=row.id,
            day=last_day(row.at),
            bound_at=row.at,
            side=Side.NOBODY,
            state=EntryState.OPEN if row.at > now else EntryState.DONE,
            clause=row.clause,
            whose=Whose(row.order_no, row.tenant_key, row.name),
        )
        if plain.kind is EntryKind.DUTY:
            loaded.append(_of_duty(plain, duties[row.id], now))
        elif plain.kind is EntryKind.WARNING:
            loaded.append(_of_warning(plain, warnings[row.id], now))
        else:
            loaded.append(plain)
    return loaded


def _of_duty(entry: Entry, obligation: Obligation, now: datetime) -> Entry:
    if obligation.state not in OPEN_STATES:
        state = EntryState.DONE
    elif obligation.provisional:
        state = EntryState.PROVISIONAL
    else:
        is_late = obligation.code not in REMINDERS and obligation.overdue_from <= now
        state = EntryState.LATE if is_late else EntryState.OPEN
    side = Side(obligation.debtor.value)
    return replace(entry, day=obligation.due_on, side=side, state=state, obligation=obligation)


def _of_warning(entry: Entry, warning: ExpiryWarning, now: datetime) -> Entry:
    if warning.state is not WarningState.PLANNED:
        state = EntryState.DONE
    elif warning.provisional:
        state = EntryState.PROVISIONAL
    else:
        state = EntryState.LATE if warning.due_at <= now else EntryState.OPEN
    return replace(
        entry,
        day=warning.due_on,
        side=Side.PROVIDER,
        state=state,
        warning=warning,
        ends_on=last_day(warning.bound_at),
    )
