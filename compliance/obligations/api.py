"""`/api/v1/obligations`: the duties of both sides, and how each date was counted."""

from datetime import date, datetime
from typing import Any

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID
from agreements.kernel.web.rest_lists import page_of_rows
from compliance.obligations.api_schemas import ObligationPage, ObligationQuery, ObligationShown
from compliance.obligations.models import Obligation
from compliance.obligations.reading import Search, obligations, state_at

room = RestRoom(
    "obligations",
    __name__,
    path="/obligations",
    description="What is owed, by whom and until when, with the days that were counted.",
)


@room.reads("", answers=ObligationPage, query=ObligationQuery)
def listed(*, page: int, size: int, sort: str, **filters: Any) -> dict[str, Any]:
    """Duties, earliest bound first."""
    session = db.session()
    now = clock.now(session)
    search = Search(**filters, latest_first=sort.startswith("-"))
    found = page_of_rows(session, obligations(search, now=now), page=page, size=size)
    found["items"] = [row_of(obligation, now=now) for obligation in found["items"]]
    return found


@room.reads(f"/<{ID}:obligation_id>", answers=ObligationShown)
def one(obligation_id: int) -> dict[str, Any]:
    """One duty with the days that were counted."""
    session = db.session()
    obligation = session.get(Obligation, obligation_id)
    if obligation is None:
        raise NotFound(N_("There is no obligation %(number)s."), field="obligation", number=obligation_id)
    trace = obligation.count_trace
    return {
        **row_of(obligation, now=clock.now(session)),
        "calendar_version": obligation.calendar_version,
        "opened_at": obligation.opened_at,
        "overdue_recorded_at": obligation.overdue_recorded_at,
        "event_on": _day(trace.get("event_on")),
        "count": trace.get("count"),
        "unit": trace.get("unit"),
        "counted_days": [{**day, "day": _day(day["day"])} for day in trace.get("days", ())],
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def row_of(obligation: Obligation, *, now: datetime) -> dict[str, Any]:
    return {
        "id": obligation.id,
        "code": obligation.code,
        "debtor": obligation.debtor,
        "clause": obligation.clause,
        "order_no": obligation.agreement.order_no,
        "tenant_key": obligation.agreement.tenant.tenant_key,
        "cause": obligation.cause,
        "state": state_at(obligation, now),
        "triggered_at": obligation.triggered_at,
        "due_on": obligation.due_on,
        "overdue_from": obligation.overdue_from,
        "target_at": obligation.target_at,
        "performed_at": obligation.performed_at,
        "provisional": obligation.provisional,
        "void_reason": obligation.void_reason,
    }
