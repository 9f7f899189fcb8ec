"""Breach cases with what is to be done about them, for every page that lists cases."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from agreements.kernel.among import among
from agreements.kernel.db import rows_of
from compliance.breaches.board import cases_with_facts, rows
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import OPEN_CASE_STATES
from compliance.desk.rules import ACT_FOR, NextStep, Whose


@dataclass(frozen=True, slots=True)
class CaseRow:
    case: BreachCase
    whose: Whose
    step: NextStep


def case_rows(session: Session, *conditions: ColumnElement[bool], now: datetime) -> list[CaseRow]:
    """Return the cases that fit, longest in breach first, each with what it waits for."""
    statement = cases_with_facts().where(*conditions).order_by(BreachCase.suspected_as_of, BreachCase.id)
    return [
        CaseRow(row.case, _whose(row.case), NextStep(ACT_FOR[row.waits], row.case.id))
        for row in rows(session, session.scalars(statement).all(), now=now)
    ]


def _whose(case: BreachCase) -> Whose:
    tenant = case.agreement.tenant
    return Whose(case.agreement.order_no, tenant.tenant_key, tenant.party.name)


def cases_of_obligations(session: Session, obligation_ids: Collection[int], *, now: datetime) -> dict[int, CaseRow]:
    """Return the case that each obligation has: opened for missing it, or that demanded it."""
    about = BreachCase.obligation_id.in_(obligation_ids) | BreachCase.rectification_obligation_id.in_(obligation_ids)
    found: dict[int, CaseRow] = {}
    for row in case_rows(session, about, now=now):
        found[row.case.obligation_id] = row
        if row.case.rectification_obligation_id is not None:
            found[row.case.rectification_obligation_id] = row
    return found


_OPEN_OF_AGREEMENTS = select(BreachCase.id).where(
    among(BreachCase.agreement_id, "agreement_ids"), BreachCase.state.in_(OPEN_CASE_STATES)
)


def steps_of_cases(session: Session, agreement_ids: Collection[int], *, now: datetime) -> dict[int, NextStep]:
    """Return what the oldest open case of each agreement waits for."""
    open_ids = [row[0] for row in rows_of(session, _OPEN_OF_AGREEMENTS, agreement_ids=list(agreement_ids))]
    if not open_ids:
        return {}
    oldest_last = sorted(case_rows(session, BreachCase.id.in_(open_ids), now=now), key=lambda row: -row.case.id)
    return {row.case.agreement_id: row.step for row in oldest_last}
