"""Finding duties of both sides; nothing here changes anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import joinedload

from agreements.calendar.deadline_table import Debtor
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationState, is_overdue


@dataclass(frozen=True, slots=True)
class Search:
    """Which duties are asked for; None leaves a filter out.

    due_from, due_to  last days in time, Shanghai dates, both inclusive
    latest_first      by the day due, else the earliest comes first
    """

    debtor: Debtor | None = None
    state: ObligationState | None = None
    clause: str | None = None
    due_from: date | None = None
    due_to: date | None = None
    order_no: str | None = None
    tenant_key: str | None = None
    latest_first: bool = False


def obligations(search: Search, *, now: datetime) -> Select[Any]:
    """Return the statement of the duties that fit, by the day due."""
    statement = (
        select(Obligation)
        .join(Agreement, Agreement.id == Obligation.agreement_id)
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .options(joinedload(Obligation.agreement).joinedload(Agreement.tenant))
        .where(*_conditions(search, now=now))
    )
    if search.latest_first:
        return statement.order_by(Obligation.overdue_from.desc(), Obligation.id.desc())
    return statement.order_by(Obligation.overdue_from, Obligation.id)


def state_at(obligation: Obligation, now: datetime) -> ObligationState:
    """Return where a duty stands at an instant, whether or not a sweep has recorded that its bound passed (T-15)."""
    late = is_overdue(
        state=obligation.state, overdue_from=obligation.overdue_from, provisional=obligation.provisional, now=now
    )
    return ObligationState.OVERDUE if late else obligation.state


def _conditions(search: Search, *, now: datetime) -> list[ColumnElement[bool]]:
    wanted: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (search.debtor, Obligation.debtor.__eq__),
        (search.clause, Obligation.clause.__eq__),
        (search.due_from, Obligation.due_on.__ge__),
        (search.due_to, Obligation.due_on.__le__),
        (search.order_no, Agreement.order_no.__eq__),
        (search.tenant_key, Tenant.tenant_key.__eq__),
    ]
    found = [fits(value) for value, fits in wanted if value is not None]
    if search.state is not None:
        found.append(_stands(search.state, now=now))
    return found


def _stands(state: ObligationState, *, now: datetime) -> ColumnElement[bool]:
    """Say in SQL what `state_at` says."""
    passed = and_(Obligation.provisional.is_(False), Obligation.overdue_from <= now)
    if state is ObligationState.OVERDUE:
        return and_(Obligation.state.in_(OPEN_STATES), passed)
    if state is ObligationState.OPEN:
        return and_(Obligation.state.in_(OPEN_STATES), ~passed)
    return Obligation.state == state
