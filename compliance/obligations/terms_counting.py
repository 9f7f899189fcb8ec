"""Counting an obligation's date by the term that applied when it was triggered (E-34, E-36)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_rules import Deadline
from agreements.calendar.deadline_table import DeadlineRule, Unit
from agreements.kernel.instants import start_of
from agreements.register.actions import terms_in_force
from compliance.obligations.models import Obligation
from compliance.obligations.rules import ObligationCode

TERM_OF = {
    ObligationCode.TENANT_CHANGE_NOTIFICATION: "change_notification",
    ObligationCode.PROVIDER_UPSTREAM_NOTICE: "upstream_notice",
}
COUNTED_UNITS = (Unit.WORKING_DAY, Unit.CALENDAR_DAY, Unit.HOUR)
MARK = "terms:"
"""What a recount by terms names instead of a calendar, before the id of the instrument, 0 for none."""
DECIDED = "+conflict:"
"""Before the id of the conflict of terms that an approver decided, where one was."""


def count_by_terms(session: Session, obligation: Obligation, *, now: datetime) -> Deadline | None:
    """Return the date by the term that applied when the obligation was triggered; None where it can't be counted.

    Where no term is known the period of the standard form is counted.
    """
    event = _event_of(obligation)
    at = event if isinstance(event, datetime) else start_of(event)
    term = terms_in_force(session, obligation.agreement_id, at=at).get(TERM_OF[obligation.code])
    counting = counting_in_force(session, now=now)
    rule = DeadlineRule(obligation.count_trace["rule"])
    if term is None:
        return counting.due(rule, event, debtor=obligation.debtor)
    value = term.value
    if not isinstance(value, dict) or value.get("unit") not in COUNTED_UNITS or not isinstance(value.get("value"), int):
        return None
    unit = Unit(value["unit"])
    if unit is Unit.HOUR and not isinstance(event, datetime):
        return None
    return counting.due(rule, event, count=value["value"], unit=unit, debtor=obligation.debtor)


def _event_of(obligation: Obligation) -> datetime | date:
    """Return what the count starts from: the instant of our receipt, or the day of a tenant's change."""
    if obligation.code is ObligationCode.PROVIDER_UPSTREAM_NOTICE:
        return obligation.triggered_at
    return date.fromisoformat(obligation.count_trace["event_on"])
