"""What the scheduler does about breaches: record what time made true, and act where its list allows.

Each pair finds what is due and acts on one item; acts are guarded and may be repeated by any number of schedulers.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Row, case, func, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, aliased

from agreements.calendar.actions import working_calendar
from agreements.calendar.rules import Assume, count_back
from agreements.kernel import policies
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import legal_date
from agreements.kernel.sweeps import Sweep
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState
from compliance.breaches.actions import lapse, start_rectification, suspect
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import AUTO_SUSPENSION_POLICY, BREACHED, CaseState, suspension_cap
from compliance.breaches.suspension import decide_suspension, suspend
from compliance.breaches.termination import ended_by_case, terminate
from compliance.notices.models import Notice
from compliance.notices.rules import Language
from compliance.obligations.actions import mark_overdue, overdue_unrecorded
from compliance.obligations.models import Obligation
from compliance.obligations.rules import ObligationState
from compliance.service.models import Hold, ServiceActivation

CAP_WINDOW = timedelta(hours=24)


def record_overdue(session: Session, obligation_id: int, *, now: datetime) -> bool:
    """Domain 6.3, 6.4: the bound has passed: mark it and open the suspected case, together."""
    obligation = session.get_one(Obligation, obligation_id)
    if not mark_overdue(session, obligation, now=now):
        return False
    suspect(session, obligation, now=now)
    return True


def demands_to_follow(session: Session, *, due_by: datetime) -> list[int]:
    """Return cases whose demand arrived without its clock running, or whose clock ran out unanswered; in due order."""
    missed = aliased(Obligation)
    due_at = case((Obligation.id.is_(None), Notice.arrived_at), else_=Obligation.overdue_from)
    return list(
        session.scalars(
            select(BreachCase.id)
            .join(Notice, Notice.id == BreachCase.demand_notice_id)
            .join(missed, missed.id == BreachCase.obligation_id)
            .outerjoin(Obligation, Obligation.id == BreachCase.rectification_obligation_id)
            .where(
                BreachCase.state == CaseState.RECTIFICATION_DEMANDED,
                Notice.arrived_at <= due_by,
                Obligation.id.is_(None)
                | (
                    Obligation.provisional.is_(False)
                    & (Obligation.overdue_from <= due_by)
                    & (missed.performed_at.is_(None) | (missed.performed_at >= Obligation.overdue_from))
                ),
            )
            .order_by(due_at, BreachCase.id)
        )
    )


def demand_due_at(session: Session, case_id: int) -> datetime:
    """Return when a demand's clock was to start, its arrival, or where it runs already, when it ran out."""
    case = session.get_one(BreachCase, case_id)
    if case.rectification is not None:
        return case.rectification.overdue_from
    return _arrived_at(case.demand_notice)


def follow_demand(session: Session, case_id: int, *, now: datetime) -> bool:
    """Clause 4.4: start the clock of an arrived demand, or record that it ran out; each in its own turn."""
    case = session.get_one(BreachCase, case_id)
    return start_rectification(session, case, now=now) or lapse(session, case, now=now)


def suspensions_to_decide(session: Session, *, due_by: datetime) -> list[int]:
    """Return unrectified, unanswered cases that the scheduler's list covers, within the cap; longest overdue first.

    What is beyond the cap, was not decided within a day of its recorded lapse, or was found too late, is not listed: it
    waits for people (design 6).
    """
    suspended = _suspended_by_sweeps(session, since=due_by - CAP_WINDOW)
    cap = _cap(session, at=due_by)
    latest = _latest_due_on(session, at=due_by)
    within: list[int] = []
    for row in _listed(session, due_by=due_by):
        if row.due_on >= latest and (row.tenant_id in suspended or len(suspended) < cap):
            suspended.add(row.tenant_id)
            within.append(row.id)
    return within


def suspensions_found_late(session: Session, *, due_by: datetime) -> list[int]:
    """Return listed cases whose date passed so long ago that a person has to decide (reliability 4.5 (6))."""
    latest = _latest_due_on(session, at=due_by)
    return [row.id for row in _listed(session, due_by=due_by) if row.due_on < latest]


def suspension_due_at(session: Session, case_id: int) -> datetime:
    """Return when the date of the demand had passed."""
    case = session.get_one(BreachCase, case_id)
    if case.rectification is None:
        raise NoResultFound
    return case.rectification.overdue_from


def _latest_due_on(session: Session, *, at: datetime) -> date:
    """Return the earliest last day to rectify on whose lapse the scheduler may still decide alone now."""
    held_after = policies.value_of(session, "suspension_held_after_working_days", at=at)
    today = legal_date(at)
    return count_back(working_calendar(session), today, held_after, assume=Assume.MOST_WORKED)[-1].day


def _listed(session: Session, *, due_by: datetime) -> Sequence[Row[int, int, date]]:
    """Return the unrectified, unanswered cases of listed grounds, with tenant and last day; longest overdue first."""
    grounds = [
        ground for ground, policy in AUTO_SUSPENSION_POLICY.items() if policies.value_of(session, policy, at=due_by)
    ]
    missed = aliased(Obligation)
    return session.execute(
        select(BreachCase.id, BreachCase.tenant_id, Obligation.due_on)
        .join(Obligation, Obligation.id == BreachCase.rectification_obligation_id)
        .join(missed, missed.id == BreachCase.obligation_id)
        .join(Agreement, Agreement.id == BreachCase.agreement_id)
        .where(
            BreachCase.state == CaseState.NOT_RECTIFIED,
            BreachCase.ground.in_(grounds),
            missed.state == ObligationState.OVERDUE,
            Obligation.overdue_recorded_at > due_by - CAP_WINDOW,
            Agreement.state.in_(IN_FORCE),
            Agreement.service_end_exclusive_at > due_by,
        )
        .order_by(Obligation.overdue_from, BreachCase.id)
    ).all()


def decide_by_policy(session: Session, case_id: int, *, now: datetime) -> bool:
    """Domain 6.2: decide one listed suspension; the cap is asked again inside the transaction."""
    if case_id not in suspensions_to_decide(session, due_by=now):
        return False
    case = session.get_one(BreachCase, case_id)
    decide_suspension(
        session,
        case,
        reason=AUTO_SUSPENSION_POLICY[case.ground],
        language=Language.ZH,
        version=case.version,
        actor=SCHEDULER,
        now=now,
    )
    return True


def _suspended_by_sweeps(session: Session, *, since: datetime) -> set[int]:
    return set(
        session.scalars(select(Hold.tenant_id).where(Hold.by_scheduler.is_(True), Hold.decided_at > since).distinct())
    )


def _cap(session: Session, *, at: datetime) -> int:
    in_service = session.scalar(
        select(func.count(Agreement.tenant_id.distinct()))
        .join(ServiceActivation, ServiceActivation.agreement_id == Agreement.id)
        .where(Agreement.state == AgreementState.IN_SERVICE)
    )
    return suspension_cap(
        tenants_in_service=in_service or 0,
        least=policies.value_of(session, "suspension_cap_tenants", at=at),
        percent=policies.value_of(session, "suspension_cap_percent", at=at),
    )


def suspensions_to_execute(session: Session, *, due_by: datetime) -> list[int]:
    """Return cases whose suspension notice has arrived without the hold in effect; earliest arrival first.

    Not those whose breach turned out to be none: they wait for a person to dismiss them (E-40).
    """
    return list(
        session.scalars(
            select(BreachCase.id)
            .join(Hold, Hold.id == BreachCase.hold_id)
            .join(Notice, Notice.id == Hold.notice_id)
            .join(Obligation, Obligation.id == BreachCase.obligation_id)
            .where(
                BreachCase.state == CaseState.SUSPENSION_DECIDED,
                Obligation.state.in_(BREACHED),
                Notice.arrived_at <= due_by,
                Hold.cancelled_at.is_(None),
            )
            .order_by(Notice.arrived_at, BreachCase.id)
        )
    )


def execute_suspension(session: Session, case_id: int, *, now: datetime) -> bool:
    """Clause 6.1: put one suspension into effect."""
    return suspend(session, session.get_one(BreachCase, case_id), now=now)


def terminations_to_execute(session: Session, *, due_by: datetime) -> list[int]:
    """Return cases whose declaration has arrived and ended the agreement unrecorded; earliest arrival first."""
    cases = session.scalars(
        select(BreachCase)
        .join(Notice, Notice.id == BreachCase.termination_notice_id)
        .where(BreachCase.state == CaseState.TERMINATION_DECIDED, Notice.arrived_at <= due_by)
        .order_by(Notice.arrived_at, BreachCase.id)
    ).all()
    return [case.id for case in cases if ended_by_case(case) is not None]


def execute_termination(session: Session, case_id: int, *, now: datetime) -> bool:
    """Clause 4.4: record one end that an arrived declaration brought about."""
    return terminate(session, session.get_one(BreachCase, case_id), now=now)


def termination_due_at(session: Session, case_id: int) -> datetime:
    """Return when the declaration arrived."""
    return _arrived_at(session.get_one(BreachCase, case_id).termination_notice)


def overdue_due_at(session: Session, obligation_id: int) -> datetime:
    return session.get_one(Obligation, obligation_id).overdue_from


def execution_due_at(session: Session, case_id: int) -> datetime:
    """Return when the suspension notice arrived."""
    case = session.get_one(BreachCase, case_id)
    return _arrived_at(case.hold.notice if case.hold else None)


def _arrived_at(notice: Notice | None) -> datetime:
    if notice is None or notice.arrived_at is None:
        raise NoResultFound
    return notice.arrived_at


SWEEPS = (
    Sweep("obligation_sweep", overdue_unrecorded, record_overdue, overdue_due_at, born_due=True),
    Sweep("rectification_sweep", demands_to_follow, follow_demand, demand_due_at, born_due=True),
    Sweep("suspension_decide", suspensions_to_decide, decide_by_policy, suspension_due_at, born_due=True),
    Sweep("suspension_execute", suspensions_to_execute, execute_suspension, execution_due_at, born_due=True),
    Sweep("termination_execute", terminations_to_execute, execute_termination, termination_due_at, born_due=True),
)
