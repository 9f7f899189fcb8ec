"""Handling a breach case: suspicion, confirmation, demand, rectification, closing. Suspension is in `suspension`.

Every act names the version of the case it saw: two people can't act on one case at once (E-52).
"""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_rules import Deadline
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel.access.rules import SCHEDULER, Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.instants import legal_date, start_of
from compliance.breaches import letters
from compliance.breaches.issuing import Draft, issue, take_back_demand, take_back_suspension, what_changed
from compliance.breaches.models import BreachCase
from compliance.breaches.moving import has_lapsed, move, record, require_text, require_version, write
from compliance.breaches.rules import (
    CASE_MOVES,
    CaseEvent,
    CaseGround,
    CaseState,
    GroundClass,
    answered_in_time,
    case_move,
    rectification_deadline,
    require_closable,
    require_dismissible,
    require_fitting,
    require_missed,
)
from compliance.breaches.suspension import is_running, suspend
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeKind
from compliance.obligations.actions import mark_overdue, open_obligation, record_performance
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationCode, is_overdue
from compliance.service.actions import cancel_hold
from compliance.service.rules import HoldScope, HoldState

GROUNDS = {
    ObligationCode.TENANT_CHANGE_NOTIFICATION: CaseGround.CHANGE_NOTIFICATION_OVERDUE,
    ObligationCode.TENANT_CHANGE_PROCEDURE: CaseGround.CHANGE_PROCEDURE_OVERDUE,
}


def case_of_id(session: Session, case_id: int) -> BreachCase:
    """Return the case, or raise NotFound."""
    case = session.get(BreachCase, case_id)
    if case is None:
        raise NotFound(N_("There is no case %(case_id)s."), field="case", case_id=case_id)
    return case


def suspect(session: Session, obligation: Obligation, *, now: datetime) -> BreachCase | None:
    """Domain 6.4: open a suspected case for a missed obligation, as of its bound; None where it has no case of its own.

    Asked again it returns the case that exists; one that was dismissed because the date had been wrong is suspected
    again once the right date has passed too (E-36).
    """
    ground = GROUNDS.get(obligation.code)
    if ground is None:
        return None
    known = session.scalar(select(BreachCase).where(BreachCase.obligation_id == obligation.id))
    if known is not None:
        if known.state in CASE_MOVES[CaseEvent.MISSED_AGAIN].sources:
            move(
                session,
                known,
                CaseEvent.MISSED_AGAIN,
                version=known.version,
                actor=SCHEDULER,
                now=now,
                as_of=obligation.overdue_from,
                values={"suspected_as_of": obligation.overdue_from, "dismissed_reason": None, "reservation": None},
            )
        return known
    case = BreachCase(
        agreement_id=obligation.agreement_id,
        tenant_id=obligation.agreement.tenant_id,
        scope=HoldScope.AGREEMENT,
        ground=ground,
        clause=obligation.clause,
        obligation_id=obligation.id,
        state=CaseState.SUSPECTED,
        suspected_as_of=obligation.overdue_from,
        opened_at=now,
    )
    session.add(case)
    session.flush()  # the audit row names its id
    record(session, case, "case.suspected", actor=SCHEDULER, now=now, as_of=obligation.overdue_from)
    return case


def dismiss(session: Session, case: BreachCase, *, reason: str, version: int, actor: Actor, now: datetime) -> None:
    """Close a suspicion that was none; the reason stays on record.

    A confirmed case only where the tenant turned out to have performed in time: then its demand or suspension is taken
    back with it.
    """
    require(actor, Permission.DISMISS_CASE)
    require_text(reason, "reason")
    require_version(case, version)
    case_move(case.state, CaseEvent.DISMISS)
    require_dismissible(case.state, case.obligation.state)
    if suspend(session, case, now=now):
        raise Stale(
            N_("The suspension notice has arrived meanwhile."), remedy=N_("Accept the performance and reinstate.")
        )
    take_back_demand(session, case.demand_notice, reason=reason, actor=actor, now=now)
    take_back_demand(session, case.termination_notice, reason=reason, actor=actor, now=now)
    _call_off_suspension(session, case, reason=reason, actor=actor, now=now)
    move(
        session,
        case,
        CaseEvent.DISMISS,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={"dismissed_reason": reason.strip()},
    )


def confirm(
    session: Session,
    case: BreachCase,
    *,
    ground_class: GroundClass,
    version: int,
    actor: Actor,
    now: datetime,
    known_on: date | None = None,
    reason: str | None = None,
) -> None:
    """Confirm the breach: the facts are checked.

    ground_class  6.1 for use against the agreement, 4.4 for any other breach; must fit the ground
    known_on      when we knew or should have known (民法典 564: one year from then), from the day after the bound until
                  today; None for now
    """
    require(actor, Permission.CONFIRM_CASE)
    case_move(case.state, CaseEvent.CONFIRM)
    require_fitting(case.ground, ground_class)
    require_missed(case.obligation.state, clause=case.clause)
    known_at = _known_at(case, known_on, now=now)
    move(
        session,
        case,
        CaseEvent.CONFIRM,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={"ground_class": ground_class, "known_at": known_at, "confirmed_by": actor.name},
        details={"ground_class": ground_class.value, "known_on": legal_date(known_at).isoformat()},
    )


def _known_at(case: BreachCase, known_on: date | None, *, now: datetime) -> datetime:
    if known_on is None or known_on == legal_date(now):
        return now
    if not legal_date(case.suspected_as_of) <= known_on < legal_date(now):
        raise InvalidInput(
            N_("The breach can be known from %(first)s until today."),
            field="known_on",
            clause="4.4",
            first=legal_date(case.suspected_as_of).isoformat(),
        )
    return max(start_of(known_on), case.suspected_as_of)


def demand_rectification(
    session: Session,
    case: BreachCase,
    *,
    stated_due_on: date | None,
    language: Language,
    version: int,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> Notice:
    """Clause 4.4: demand rectification by a stated date, by a notice to the tenant's designated system.

    stated_due_on  None states the policy's period from today. The clock itself starts when the demand has arrived, and
                   the tenant always keeps the whole period.
    """
    require(actor, Permission.DEMAND_RECTIFICATION)
    case_move(case.state, CaseEvent.DEMAND)
    require_missed(case.obligation.state, clause=case.clause)
    due_on = stated_due_on or counted_rectification(session, legal_date(now), now=now).due_on
    draft = demand_draft(session, case, stated_due_on=due_on, language=language, actor=actor)
    notice = issue(session, case, draft, actor=actor, now=now)
    move(
        session,
        case,
        CaseEvent.DEMAND,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={"demand_notice_id": notice.id, "demand_due_on": due_on},
        details={"notice": notice.number, "stated_due_on": due_on.isoformat()},
    )
    return notice


def demand_draft(session: Session, case: BreachCase, *, stated_due_on: date, language: Language, actor: Actor) -> Draft:
    """Clause 4.4: the letter of a demand, for sending or for reading before."""
    return Draft(
        NoticeKind.RECTIFICATION_DEMAND,
        f"{case.clause} + 4.4",
        letters.demand(case, what=what_changed(session, case), language=language, signatory=actor.name),
        language,
        stated_due_on,
    )


def counted_rectification(session: Session, arrived_on: date, *, now: datetime) -> Deadline:
    """Clause 4.4, T-12: the policy's period for rectification, counted from a day of arrival."""
    return counting_in_force(session, now=now).due(DeadlineRule.RECTIFICATION, arrived_on)


def start_rectification(session: Session, case: BreachCase, *, now: datetime) -> bool:
    """Clause 4.4: the demand has arrived, so the tenant's time runs.

    Due is the date stated, or the whole period counted from arrival where that ends later. Returns False, changing
    nothing, where the demand has not arrived or the clock runs already.
    """
    if case.rectification_obligation_id is not None or case.demand_notice is None:
        return False
    arrived_at = case.demand_notice.arrived_at
    if arrived_at is None or case.demand_due_on is None:
        return False
    counted = counted_rectification(session, legal_date(arrived_at), now=now)
    obligation = open_obligation(
        session,
        case.agreement,
        ObligationCode.TENANT_RECTIFICATION,
        cause=f"case:{case.id}:{case.demand_notice.number}",
        triggered_at=arrived_at,
        deadline=rectification_deadline(counted, stated_due_on=case.demand_due_on),
        actor=SCHEDULER,
        now=now,
    )
    case.rectification_obligation_id = obligation.id
    return True


def lapse(session: Session, case: BreachCase, *, now: datetime) -> bool:
    """Domain 6.4: the date of an arrived demand passed and nothing came, as of that bound.

    Returns False, changing nothing, where it has not passed, the case has moved on, or what was missed came in time and
    waits for the officer's review.
    """
    obligation = case.rectification
    if case.state is not CaseState.RECTIFICATION_DEMANDED or obligation is None:
        return False
    if not is_overdue(
        state=obligation.state, overdue_from=obligation.overdue_from, provisional=obligation.provisional, now=now
    ) or answered_in_time(performed_at=case.obligation.performed_at, overdue_from=obligation.overdue_from):
        return False
    mark_overdue(session, obligation, now=now)
    move(
        session,
        case,
        CaseEvent.LAPSE,
        version=case.version,
        actor=SCHEDULER,
        now=now,
        as_of=obligation.overdue_from,
    )
    return True


def accept_rectification(
    session: Session, case: BreachCase, *, note: str, version: int, actor: Actor, now: datetime
) -> None:
    """Domain 6.4: the officer accepts that the breach is rectified; lateness stays on record.

    A demand of which no copy has left is stopped. A suspension decided but not yet in effect is cancelled (E-40). One
    in effect stays until an approver reinstates; it is in effect from its notice's arrival, whether or not a sweep
    has recorded that (T-15).
    """
    require(actor, Permission.ACCEPT_RECTIFICATION)
    require_text(note, "note")
    require_version(case, version)
    if case.cure_accepted_at is not None:
        raise Stale(N_("The rectification was accepted before."))
    performed_at = case.obligation.performed_at
    if performed_at is None:
        raise Conflict(
            N_("What was missed has not been performed yet."),
            code="NOT_PERFORMED",
            clause=case.clause,
            remedy=N_("Record the tenant's notice on the tenant's page first."),
        )
    values: dict[str, object] = {
        "cure_accepted_at": now,
        "cure_accepted_by": actor.name,
        "cure_note": note.strip(),
    }
    if case.rectification is not None and case.rectification.state in OPEN_STATES:
        record_performance(session, case.rectification, performed_at=performed_at, actor=actor, now=now)
    take_back_demand(session, case.demand_notice, reason=note, actor=actor, now=now)
    suspend(session, case, now=now)
    version = case.version
    if case.state is CaseState.SUSPENDED:
        write(session, case, version=version, values=values)
        record(session, case, "case.rectification_accepted", actor=actor, now=now, as_of=now, reason=note)
        return
    _call_off_suspension(session, case, reason=note, actor=actor, now=now)
    move(session, case, CaseEvent.CURE, version=version, actor=actor, now=now, reason=note, values=values)


def _call_off_suspension(session: Session, case: BreachCase, *, reason: str, actor: Actor, now: datetime) -> None:
    """E-40: cancel a suspension that has not taken effect, and take back its notice."""
    if case.hold is None or case.hold.notice is None or case.hold.state is not HoldState.PENDING:
        return
    cancel_hold(session, case.hold, reason=reason, actor=actor, now=now)
    take_back_suspension(session, case, case.hold.notice, reason=reason, actor=actor, now=now)


def close(session: Session, case: BreachCase, *, reservation: str, version: int, actor: Actor, now: datetime) -> None:
    """Clause 6.2: close the case with the sentence that reserves our rights; closing releases no claim.

    An unsettled case only once its service has ended (E-39), or where our declaration of its end came too late. A
    suspension not yet in effect falls with it.
    """
    require(actor, Permission.CONFIRM_CASE)
    require_text(reservation, "reservation")
    case_move(case.state, CaseEvent.CLOSE)
    require_closable(case.state, is_running=is_running(case.agreement, now=now) and not has_lapsed(case))
    require_version(case, version)
    if case.hold is not None and case.hold.state is HoldState.PENDING:
        cancel_hold(session, case.hold, reason=reservation, actor=actor, now=now)
    move(
        session,
        case,
        CaseEvent.CLOSE,
        version=version,
        actor=actor,
        now=now,
        values={"reservation": reservation.strip()},
    )
