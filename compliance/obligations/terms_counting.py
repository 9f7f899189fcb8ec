"""Counting an obligation's date by the term that applied when it was triggered (E-34, E-36)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_rules import Deadline
from agreements.kernel.instants import start_of
from agreements.register.actions import terms_in_force
from compliance.obligations.models import Obligation
from compliance.obligations.recount_rules import count_again
from compliance.obligations.rules import ObligationCode

TERM_OF = {
    ObligationCode.TENANT_CHANGE_NOTIFICATION: "change_notification",
    ObligationCode.PROVIDER_UPSTREAM_NOTICE: "upstream_notice",
}
COUNTED_UNITS = ("working_day", "calendar_day")
MARK = "terms:"
"""What a recount by terms names instead of a calendar, before the id of the instrument, 0 for none."""
DECIDED = "+conflict:"
"""Before the id of the conflict of terms that an approver decided, where one was."""


def count_by_terms(session: Session, obligation: Obligation, *, now: datetime) -> Deadline | None:
    """Return the date by the term that applied when the obligation was triggered; None where it can't be counted."""
    trace = obligation.count_trace
    at = obligation.triggered_at
    if obligation.code is ObligationCode.TENANT_CHANGE_NOTIFICATION:
        at = start_of(date.fromisoformat(trace["event_on"]))
    term = terms_in_force(session, obligation.agreement_id, at=at).get(TERM_OF[obligation.code])
    value = term.value if term is not None else None
    if not isinstance(value, dict) or value.get("unit") not in COUNTED_UNITS or not isinstance(value.get("value"), int):
        return None
    return count_again(
        counting_in_force(session, now=now),
        {**trace, "count": value["value"], "unit": value["unit"]},
        debtor=obligation.debtor,
    )
