"""The lists of this room: changes with their clocks, and the tenants' notices; nothing here changes anything."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement
from compliance.changes.actions import cause_of
from compliance.changes.models import AnnouncedChange, ChangeEvent, ChangeNotice, ChangeNoticeItem, ChangeProcedure
from compliance.changes.procedures import cause_of_procedure
from compliance.changes.rules import AnnouncedState
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationCode, ObligationState

ALL, OPEN, OVERDUE, LATE, ON_TIME, PROCEDURE, ANNOUNCED = (
    "all",
    "open",
    "overdue",
    "late",
    "on_time",
    "procedure",
    "announced",
)
TABS = (ALL, OVERDUE, OPEN, PROCEDURE, LATE, ON_TIME, ANNOUNCED)
LONGEST_SEARCH = 100
SORTS: dict[str, InstrumentedAttribute[Any]] = {
    "occurred": ChangeEvent.occurred_on,
    "recorded": ChangeEvent.recorded_at,
    "tenant": Party.normalised_name,
}
NEWEST_FIRST = "-occurred"
TENANTS_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Search:
    """What the list shows. sort: key of SORTS, descending with "-" before it."""

    tab: str = ALL
    text: str = ""
    sort: str = NEWEST_FIRST


def read_search(address: Mapping[str, str]) -> Search:
    """Read the query of an address; what is not understood is left out."""
    tab, sort = address.get("state", ALL), address.get("sort", NEWEST_FIRST)
    return Search(
        tab=tab if tab in TABS else ALL,
        text=address.get("q", "").strip()[:LONGEST_SEARCH],
        sort=sort if sort.removeprefix("-") in SORTS else NEWEST_FIRST,
    )


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with its clocks and the duties of its procedure, one an agreement, and its notices by arrival."""

    change: ChangeEvent
    clocks: list[Obligation]
    procedure: ChangeProcedure | None
    procedure_duties: list[Obligation]
    notices: list[ChangeNotice]


def state_of(obligation: Obligation, now: datetime) -> ObligationState:
    """Return where a duty stands at an instant, whether or not a sweep has recorded that its bound passed (T-15)."""
    if obligation.state is ObligationState.OPEN and not obligation.provisional and obligation.overdue_from <= now:
        return ObligationState.OVERDUE
    return obligation.state


def changes(search: Search, *, now: datetime) -> Select[Any]:
    """Return the statement of the list; `announced` is a list of its own."""
    statement = (
        select(ChangeEvent)
        .join(Tenant, Tenant.id == ChangeEvent.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .options(joinedload(ChangeEvent.tenant).joinedload(Tenant.party))
        .where(*_of_tab(search.tab, now))
    )
    if search.text:
        statement = statement.where(_fits(search.text, ChangeEvent.tenant_id))
    column = SORTS[search.sort.removeprefix("-")]
    if search.sort.startswith("-"):
        return statement.order_by(column.desc(), ChangeEvent.id.desc())
    return statement.order_by(column, ChangeEvent.id)


def announced(search: Search) -> Select[Any]:
    """Return the statement of announced changes that wait for their day or for a person, nearest day first."""
    statement = (
        select(AnnouncedChange)
        .where(AnnouncedChange.state == AnnouncedState.ANNOUNCED)
        .options(joinedload(AnnouncedChange.tenant).joinedload(Tenant.party), joinedload(AnnouncedChange.change_notice))
        .order_by(AnnouncedChange.expected_on, AnnouncedChange.id)
    )
    return statement.where(_fits(search.text, AnnouncedChange.tenant_id)) if search.text else statement


def notices(text: str) -> Select[Any]:
    """Return the statement of the tenants' notices, latest arrival first."""
    statement = (
        select(ChangeNotice)
        .options(joinedload(ChangeNotice.tenant).joinedload(Tenant.party))
        .order_by(ChangeNotice.arrived_at.desc(), ChangeNotice.id.desc())
    )
    return statement.where(_fits(text, ChangeNotice.tenant_id)) if text else statement


def counts(session: Session, search: Search, *, now: datetime) -> dict[str, int]:
    """Return how many rows each tab holds, for the same search."""
    found = {}
    for tab in TABS:
        statement = announced(search) if tab == ANNOUNCED else changes(Search(tab, search.text), now=now)
        found[tab] = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    return found


def _of_tab(tab: str, now: datetime) -> list[ColumnElement[bool]]:
    passed = (Obligation.provisional.is_(False)) & (Obligation.overdue_from <= now)
    notification, procedure = ObligationCode.TENANT_CHANGE_NOTIFICATION, ObligationCode.TENANT_CHANGE_PROCEDURE
    match tab:
        case "open":
            return [_has_duty(notification, Obligation.state.in_(OPEN_STATES), ~passed)]
        case "overdue":
            return [_has_duty(notification, Obligation.state.in_(OPEN_STATES), passed)]
        case "late":
            return [_has_duty(notification, Obligation.state == ObligationState.PERFORMED_LATE)]
        case "on_time":
            return [_has_duty(notification, Obligation.state == ObligationState.PERFORMED_ON_TIME)]
        case "procedure":
            return [_has_duty(procedure, Obligation.state.in_(OPEN_STATES))]
    return []


def _has_duty(code: ObligationCode, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    prefix = cause_of(0)[:-1] if code is ObligationCode.TENANT_CHANGE_NOTIFICATION else cause_of_procedure(0)[:-1]
    return exists(
        select(Obligation.id)
        .join(Agreement, Agreement.id == Obligation.agreement_id)
        .where(
            Agreement.tenant_id == ChangeEvent.tenant_id,
            Obligation.code == code,
            Obligation.cause == literal(prefix).concat(cast(ChangeEvent.id, String)),
            *conditions,
        )
        .correlate(ChangeEvent)
    )


def _fits(text: str, tenant_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return tenant_id.in_(tenants_found(text))


def tenants_found(text: str) -> Select[int]:
    """Return the statement of tenants' ids by part of a name in any spelling, of the key, or of an order number."""
    wanted = normalised_name(text)
    return (
        select(Tenant.id)
        .join(Party, Party.id == Tenant.party_id)
        .where(
            or_(
                Party.normalised_name.contains(wanted, autoescape=True),
                Tenant.tenant_key == wanted,
                Tenant.id.in_(select(Agreement.tenant_id).where(Agreement.order_no.icontains(wanted, autoescape=True))),
            )
        )
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """A tenant that a search found, with its orders, newest first."""

    tenant: Tenant
    order_nos: list[str]


def tenants_offered(session: Session, text: str) -> list[Offered]:
    """Return the tenants that fit, by name, at most as many as one looks through."""
    found = session.scalars(
        select(Tenant)
        .join(Party, Party.id == Tenant.party_id)
        .where(Tenant.id.in_(tenants_found(text)))
        .options(joinedload(Tenant.party))
        .order_by(Party.normalised_name, Tenant.id)
        .limit(TENANTS_OFFERED)
    ).all()
    orders: dict[int, list[str]] = defaultdict(list)
    for tenant_id, order_no in session.execute(
        select(Agreement.tenant_id, Agreement.order_no)
        .where(Agreement.tenant_id.in_([tenant.id for tenant in found]))
        .order_by(Agreement.id.desc())
    ):
        orders[tenant_id].append(order_no)
    return [Offered(tenant, orders[tenant.id]) for tenant in found]


def rows_of(session: Session, found: Sequence[ChangeEvent]) -> list[ChangeRow]:
    """Return changes with their clocks, procedures and notices, in the order given; three queries."""
    ids = [change.id for change in found]
    duties = _duties(session, found)
    procedures = {
        procedure.change_event_id: procedure
        for procedure in session.scalars(select(ChangeProcedure).where(ChangeProcedure.change_event_id.in_(ids)))
    }
    told: dict[int, list[ChangeNotice]] = defaultdict(list)
    for change_id, notice in session.execute(
        select(ChangeNoticeItem.change_event_id, ChangeNotice)
        .join(ChangeNotice, ChangeNotice.id == ChangeNoticeItem.change_notice_id)
        .where(ChangeNoticeItem.change_event_id.in_(ids))
        .order_by(ChangeNotice.arrived_at, ChangeNotice.id)
    ):
        told[change_id].append(notice)
    return [
        ChangeRow(
            change=change,
            clocks=duties[cause_of(change.id)],
            procedure=procedures.get(change.id),
            procedure_duties=duties[cause_of_procedure(change.id)],
            notices=told[change.id],
        )
        for change in found
    ]


def corrections_of(session: Session, notice: ChangeNotice) -> list[ChangeNotice]:
    """Return the notices by which the tenant corrected one, earliest arrival first."""
    return list(
        session.scalars(
            select(ChangeNotice)
            .where(ChangeNotice.corrects_id == notice.id)
            .order_by(ChangeNotice.arrived_at, ChangeNotice.id)
        )
    )


def _duties(session: Session, found: Iterable[ChangeEvent]) -> dict[str, list[Obligation]]:
    of_tenants = {change.tenant_id for change in found}
    causes = [cause for change in found for cause in (cause_of(change.id), cause_of_procedure(change.id))]
    by_cause: dict[str, list[Obligation]] = defaultdict(list)
    for obligation in session.scalars(
        select(Obligation)
        .join(Agreement, Agreement.id == Obligation.agreement_id)
        .where(Agreement.tenant_id.in_(of_tenants), Obligation.cause.in_(causes))
        .options(joinedload(Obligation.agreement))
        .order_by(Obligation.id)
    ):
        by_cause[obligation.cause].append(obligation)
    return by_cause


@dataclass(frozen=True, slots=True)
class CountedDay:
    """A day that a count passed, as pages show it; `name` of the holiday, a catalogue entry."""

    day: date
    kind: str
    is_counted: bool
    name: str


def counted_days(obligation: Obligation) -> list[CountedDay]:
    """Return the days that a duty's stored count passed, in the order of counting."""
    return [
        CountedDay(date.fromisoformat(day["day"]), day["kind"], day["counted"], day["name"])
        for day in obligation.count_trace.get("days", ())
    ]
