"""The list of cases and what each waits for; nothing here changes anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from agreements.kernel import policies
from agreements.kernel.instants import end_of
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement
from compliance.breaches.models import BreachCase
from compliance.breaches.moving import has_lapsed
from compliance.breaches.rules import AUTO_SUSPENSION_POLICY, OPEN_CASE_STATES, CaseState
from compliance.breaches.suspension import is_running
from compliance.breaches.sweeps import suspensions_found_late, suspensions_to_decide
from compliance.breaches.waiting import FOR_A_NOTICE, CaseAct, CaseFacts, List, Waits, open_acts, waits_for
from compliance.notices.models import Notice
from compliance.notices.rules import NoticeState
from compliance.service.models import Hold

OPEN = "open"  # the tab of all that is not done with
ALL = "all"
TABS = (OPEN, *(state.value for state in CaseState), ALL)
SORTS = {
    "since": (BreachCase.suspected_as_of, BreachCase.id),
    "-since": (BreachCase.suspected_as_of.desc(), BreachCase.id.desc()),
}


@dataclass(frozen=True, slots=True)
class Scheduler:
    """What the scheduler's list says now: which cases the next sweep decides, and which grounds it covers."""

    next_ids: frozenset[int]
    late_ids: frozenset[int]
    grounds: frozenset[str]


_NO_LIST = Scheduler(frozenset(), frozenset(), frozenset())  # where only the acts of people are asked for


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with what it waits for.

    notice  the notice whose dispatch or arrival is waited for
    bound   exclusive bound of the date that is waited for: counted from arrival, else as the demand stated it
    """

    case: BreachCase
    facts: CaseFacts
    waits: Waits
    notice: Notice | None
    bound: datetime | None


def cases_with_facts() -> Select[Any]:
    """Return the statement of all cases, each with the rows that say what it waits for."""
    return select(BreachCase).options(
        joinedload(BreachCase.agreement).joinedload(Agreement.tenant).joinedload(Tenant.party),
        joinedload(BreachCase.obligation),
        joinedload(BreachCase.rectification),
        joinedload(BreachCase.demand_notice),
        joinedload(BreachCase.termination_notice),
        joinedload(BreachCase.hold).joinedload(Hold.notice),
    )


def cases(*, tab: str, text: str, sort: str) -> Select[Any]:
    """Return the list's statement.

    text  part of a tenant's name in any spelling, part of an order number, or a case number
    """
    statement = (
        cases_with_facts()
        .join(BreachCase.agreement)
        .join(Tenant, Tenant.id == BreachCase.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
    )
    if tab == OPEN:
        statement = statement.where(BreachCase.state.in_(OPEN_CASE_STATES))
    elif tab != ALL:
        statement = statement.where(BreachCase.state == CaseState(tab))
    if text:
        statement = statement.where(_fits(text))
    return statement.order_by(*SORTS[sort])


def _fits(text: str) -> ColumnElement[bool]:
    wanted = normalised_name(text)
    conditions: list[ColumnElement[bool]] = [
        Party.normalised_name.contains(wanted, autoescape=True),
        Agreement.order_no.icontains(wanted, autoescape=True),
    ]
    number = wanted.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 10:
        conditions.append(BreachCase.id == int(number))
    return or_(*conditions)


def counts(session: Session, *, text: str) -> dict[str, int]:
    """Return how many cases each tab holds, for the same search."""
    statement = (
        select(BreachCase.state, func.count())
        .join(BreachCase.agreement)
        .join(Tenant, Tenant.id == BreachCase.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .group_by(BreachCase.state)
    )
    if text:
        statement = statement.where(_fits(text))
    found = {row[0]: row[1] for row in session.execute(statement)}
    return {state.value: found.get(state, 0) for state in CaseState} | {
        OPEN: sum(found.get(state, 0) for state in OPEN_CASE_STATES),
        ALL: sum(found.values()),
    }


def scheduler_now(session: Session, *, now: datetime) -> Scheduler:
    return Scheduler(
        frozenset(suspensions_to_decide(session, due_by=now)),
        frozenset(suspensions_found_late(session, due_by=now)),
        frozenset(
            ground.value
            for ground, policy in AUTO_SUSPENSION_POLICY.items()
            if policies.value_of(session, policy, at=now)
        ),
    )


def rows(session: Session, found: Iterable[BreachCase], *, now: datetime) -> list[CaseRow]:
    """Return each case with what it waits for, in the order given."""
    listed = list(found)
    asks = any(case.state is CaseState.NOT_RECTIFIED for case in listed)
    scheduler = scheduler_now(session, now=now) if asks else _NO_LIST
    return [row_of(case, scheduler, now=now) for case in listed]


def row_of(case: BreachCase, scheduler: Scheduler, *, now: datetime) -> CaseRow:
    facts = facts_of(case, scheduler, now=now)
    waits = waits_for(facts)
    return CaseRow(
        case=case,
        facts=facts,
        waits=waits,
        notice=_awaited_notice(case) if waits in FOR_A_NOTICE else None,
        bound=_awaited_bound(case) if waits is Waits.STATED_DATE else None,
    )


def acts_open(case: BreachCase, *, now: datetime) -> list[CaseAct]:
    """Return the acts that are open to people now."""
    return open_acts(facts_of(case, _NO_LIST, now=now))


def facts_of(case: BreachCase, scheduler: Scheduler, *, now: datetime) -> CaseFacts:
    return CaseFacts(
        state=case.state,
        missed=case.obligation.state,
        is_performed=case.obligation.performed_at is not None,
        is_cure_accepted=case.cure_accepted_at is not None,
        demand=_state_of(case.demand_notice),
        suspension=_state_of(case.hold.notice if case.hold else None),
        termination=_state_of(case.termination_notice),
        has_lapsed=has_lapsed(case),
        scheduler=_list_of(case, scheduler),
        is_running=is_running(case.agreement, now=now),
    )


def _state_of(notice: Notice | None) -> NoticeState | None:
    return notice.state if notice else None


def _list_of(case: BreachCase, scheduler: Scheduler) -> List:
    if case.id in scheduler.next_ids:
        return List.WILL_DECIDE
    if case.id in scheduler.late_ids:
        return List.FOUND_LATE
    arrived = case.demand_notice is not None and case.demand_notice.arrived_at is not None
    return List.BEYOND_THE_CAP if arrived and case.ground.value in scheduler.grounds else List.NOT_LISTED


def _awaited_notice(case: BreachCase) -> Notice | None:
    if case.state is CaseState.RECTIFICATION_DEMANDED:
        return case.demand_notice
    if case.state is CaseState.TERMINATION_DECIDED:
        return case.termination_notice
    return case.hold.notice if case.hold else None


def _awaited_bound(case: BreachCase) -> datetime | None:
    if case.rectification is not None:
        return case.rectification.overdue_from
    return end_of(case.demand_due_on) if case.demand_due_on else None
