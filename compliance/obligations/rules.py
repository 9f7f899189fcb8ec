"""Obligations and how they are judged (domain 6.3, 7; time rules T-1 to T-15)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from agreements.calendar.deadline_rules import Deadline
from agreements.calendar.deadline_table import RULES, DeadlineRule, Debtor, Kind
from agreements.kernel.errors import N_, IllegalMove


class ObligationCode(StrEnum):
    """Entries of the catalogue (domain 7) that have a clock."""

    TENANT_CHANGE_NOTIFICATION = "tenant_change_notification"
    TENANT_CHANGE_PROCEDURE = "tenant_change_procedure"
    TENANT_RECTIFICATION = "tenant_rectification"
    PROVIDER_UPSTREAM_NOTICE = "provider_upstream_notice"
    PROVIDER_UPSTREAM_WITHDRAWAL_NOTICE = "provider_upstream_withdrawal_notice"
    AFTERMATH_AGREEMENT = "aftermath_agreement"
    SETTLEMENT_ACTUAL_USAGE = "settlement_actual_usage"


class ObligationState(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    PERFORMED_ON_TIME = "performed_on_time"
    PERFORMED_LATE = "performed_late"
    VOID = "void"


class FormLevel(StrEnum):
    """Forms of domain 4.1, weakest first."""

    ORAL = "oral"
    WRITTEN = "written"
    WRITTEN_COMPANY_SEALED = "written_company_sealed"
    NOTARIAL = "notarial"


FORM_ORDER = tuple(FormLevel)
OPEN_STATES = (ObligationState.OPEN, ObligationState.OVERDUE)


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """Who owes it, under which clause, and the rule that counts its period."""

    clause: str
    debtor: Debtor
    rule: DeadlineRule


CATALOGUE: dict[ObligationCode, CatalogueEntry] = {
    ObligationCode.TENANT_CHANGE_NOTIFICATION: CatalogueEntry("3.3", Debtor.TENANT, DeadlineRule.CHANGE_NOTIFICATION),
    ObligationCode.TENANT_CHANGE_PROCEDURE: CatalogueEntry("3.3", Debtor.TENANT, DeadlineRule.CHANGE_PROCEDURE),
    ObligationCode.TENANT_RECTIFICATION: CatalogueEntry("4.4", Debtor.TENANT, DeadlineRule.RECTIFICATION),
    ObligationCode.PROVIDER_UPSTREAM_NOTICE: CatalogueEntry("2.4", Debtor.PROVIDER, DeadlineRule.UPSTREAM_NOTICE),
    ObligationCode.PROVIDER_UPSTREAM_WITHDRAWAL_NOTICE: CatalogueEntry(
        "2.4", Debtor.PROVIDER, DeadlineRule.UPSTREAM_WITHDRAWAL_NOTICE
    ),
    ObligationCode.AFTERMATH_AGREEMENT: CatalogueEntry("2.4", Debtor.BOTH, DeadlineRule.AFTERMATH_AGREEMENT),
    ObligationCode.SETTLEMENT_ACTUAL_USAGE: CatalogueEntry("4.6", Debtor.BOTH, DeadlineRule.SETTLEMENT_STATEMENT),
}
REMINDERS = tuple(code for code, entry in CATALOGUE.items() if RULES[entry.rule].kind is Kind.REMINDER)
"""Entries whose date only reminds: passing it makes nobody late."""


def form_suffices(given: FormLevel, required: FormLevel) -> bool:
    """Domain 4.1: a form at least as strong as the one required."""
    return FORM_ORDER.index(given) >= FORM_ORDER.index(required)


def judge_performance(*, arrived_at: datetime, overdue_from: datetime) -> ObligationState:
    """T-5, T-6: performance that arrived before the exclusive bound is in time; at the bound it is late."""
    return ObligationState.PERFORMED_ON_TIME if arrived_at < overdue_from else ObligationState.PERFORMED_LATE


def is_overdue(*, state: ObligationState, overdue_from: datetime, provisional: bool, now: datetime) -> bool:
    """T-15: truth at an instant, whether or not a sweep has recorded it. A provisional date is never overdue (E-47)."""
    return state in OPEN_STATES and not provisional and now >= overdue_from


def may_be_performed(state: ObligationState, *, arrived_at: datetime, overdue_from: datetime) -> bool:
    """Domain 6.3: open and overdue duties can be performed; a late one goes back to on time by an earlier arrival."""
    if state is ObligationState.PERFORMED_LATE:
        return arrived_at < overdue_from
    return state in OPEN_STATES


def require_open(state: ObligationState) -> None:
    """Raise IllegalMove unless the obligation can still be performed."""
    if state not in OPEN_STATES:
        raise IllegalMove(
            N_("This obligation is %(state)s; there is nothing left to perform."),
            state=state,
        )


def count_trace(deadline: Deadline) -> dict[str, Any]:
    """Return how a date was counted, as JSON for the row: dates as ISO text, each day passed in the order of counting.

    Shape: {rule, event_on, count, unit, earliest_on, latest_on, days: [{day, kind, name, counted}, …]}.
    """
    return {
        "rule": deadline.rule.value,
        "event_on": deadline.event_on.isoformat(),
        "count": deadline.count,
        "unit": deadline.unit.value if deadline.unit else None,
        "earliest_on": deadline.earliest_on.isoformat(),
        "latest_on": deadline.latest_on.isoformat(),
        "days": [
            {"day": day.day.isoformat(), "kind": day.kind.value, "name": day.name, "counted": day.is_counted}
            for day in deadline.trace
        ],
    }
