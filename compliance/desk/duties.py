"""Duties of both sides with what is to be done about them, for every page that lists duties."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from agreements.calendar.rules import WorkingCalendar
from agreements.kernel.instants import legal_date
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import OPEN_CASE_STATES
from compliance.desk import rules
from compliance.desk.cases import CaseRow, cases_of_obligations
from compliance.desk.reading import with_whose
from compliance.desk.rules import NextAct, NextStep, Whose
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, REMINDERS, ObligationCode, is_overdue

CAUSES = {"upstream": "upstream", "change": "changes", "change_procedure": "changes"}
"""The room whose page tells of a cause, by the cause's first word."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty. `working_days_left` is negative once late, None where the count reaches an unpublished year.

    is_late  overdue by its bound, whether or not a sweep has recorded it (T-15); a reminder makes nobody late
    step     None for a duty that is performed or void
    """

    obligation: Obligation
    whose: Whose
    working_days_left: int | None
    is_late: bool
    case: BreachCase | None
    step: NextStep | None


def duties(session: Session, *conditions: ColumnElement[bool], calendar: WorkingCalendar, now: datetime) -> list[Duty]:
    """Return the duties that fit, earliest bound first."""
    rows = session.execute(
        with_whose(select(Obligation), Obligation.agreement_id)
        .where(*conditions)
        .order_by(Obligation.overdue_from, Obligation.id)
    ).all()
    cases = cases_of_obligations(session, [row[0].id for row in rows], now=now)
    today = legal_date(now)
    return [
        Duty(
            obligation=obligation,
            whose=Whose(*whose),
            working_days_left=rules.working_days_until(calendar, today, obligation.due_on),
            is_late=obligation.code not in REMINDERS
            and is_overdue(
                state=obligation.state,
                overdue_from=obligation.overdue_from,
                provisional=obligation.provisional,
                now=now,
            ),
            case=cases[obligation.id].case if obligation.id in cases else None,
            step=step_of_duty(obligation, cases),
        )
        for obligation, *whose in rows
    ]


def step_of_duty(obligation: Obligation, cases: Mapping[int, CaseRow]) -> NextStep | None:
    """Return what to do about a duty: what its case waits for, else to take in the tenant's performance."""
    known = cases.get(obligation.id)
    if known is not None and known.case.state in OPEN_CASE_STATES:
        return known.step
    if obligation.state not in OPEN_STATES:
        return None
    if obligation.code is ObligationCode.TENANT_CHANGE_NOTIFICATION:
        return NextStep(NextAct.RECORD_CHANGE_NOTICE)
    room, _, number = obligation.cause.partition(":")
    page = f"/{CAUSES[room]}/{number}" if room in CAUSES else None
    return NextStep(NextAct.LOOK, known.case.id if known else None, page)
