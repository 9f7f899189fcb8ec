"""Ending the service for breach (clause 4.4; 民法典 564, 565; domain 6.4): decided, declared, ended by the arrival."""

from datetime import datetime

from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel.access.rules import SCHEDULER, Actor, Permission, require
from agreements.kernel.errors import N_, Conflict
from agreements.register.ending import end_by_arrival
from agreements.register.ending_rules import BreachProof, require_in_time
from agreements.register.rules import IN_FORCE
from compliance.breaches import letters
from compliance.breaches.issuing import Draft, issue, what_changed
from compliance.breaches.models import BreachCase
from compliance.breaches.moving import has_lapsed, move, require_text
from compliance.breaches.rules import CaseEvent, CaseState, case_move, is_breach, require_missed
from compliance.breaches.suspension import is_running
from compliance.notices.arrivals import arrival_of
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeKind

CLAUSE = "4.4"


def decide_termination(
    session: Session,
    case: BreachCase,
    *,
    reason: str,
    language: Language,
    version: int,
    actor: Actor,
    now: datetime,
) -> Notice:
    """Clause 4.4: decide to end the service, and declare it. Nothing ends before the declaration has arrived (565).

    The right lapses one year after we knew or should have known of the breach (564), whatever clause 6.2 says.
    """
    require(actor, Permission.END_AGREEMENT)
    require_text(reason, "reason")
    case_move(case.state, CaseEvent.DECIDE_TERMINATION)
    require_missed(case.obligation.state, clause=case.clause)
    if not is_running(case.agreement, now=now):
        raise Conflict(
            N_("This agreement has ended already, so there is nothing to end."), code="SERVICE_ENDED", clause=CLAUSE
        )
    cutoff = counting_in_force(session, now=now).due(DeadlineRule.RESCISSION_CUTOFF, case.known_at or now)
    require_in_time(proof_of(case), arrived_at=now, cutoff=cutoff)
    draft = termination_draft(session, case, language=language, actor=actor)
    notice = issue(session, case, draft, actor=actor, now=now)
    move(
        session,
        case,
        CaseEvent.DECIDE_TERMINATION,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={"termination_notice_id": notice.id, "termination_until_at": cutoff.overdue_from},
        details={"notice": notice.number},
    )
    return notice


def termination_draft(session: Session, case: BreachCase, *, language: Language, actor: Actor) -> Draft:
    """Clause 4.4: the declaration, for sending or for reading before."""
    clause = case.clause if case.clause == CLAUSE else f"{case.clause} + {CLAUSE}"
    what = what_changed(session, case)
    particulars = letters.termination(case, what=what, language=language, signatory=actor.name)
    return Draft(NoticeKind.TERMINATION_NOTICE, clause, particulars, language)


def ended_by_case(case: BreachCase) -> datetime | None:
    """Return when a declaration ended the agreement, by its arrival, whether or not that is recorded (T-15).

    None where it has not arrived, or when the right had lapsed, where the agreement had ended before, or where there
    was no breach after all.
    """
    agreement = case.agreement
    notice = case.termination_notice
    if case.state is not CaseState.TERMINATION_DECIDED or notice is None or notice.arrived_at is None:
        return None
    had_ended = agreement.state not in IN_FORCE or notice.arrived_at >= agreement.over_from
    if had_ended or has_lapsed(case) or not is_breach(case.obligation.state):
        return None
    return notice.arrived_at


def terminate(session: Session, case: BreachCase, *, now: datetime) -> bool:
    """Clause 4.4: the declaration has arrived, so the agreement has ended with its arrival.

    False where that did not happen, or was done before.
    """
    if ended_by_case(case) is None or case.termination_notice_id is None:
        return False
    arrival = arrival_of(session, case.termination_notice_id)
    if arrival is None:
        return False
    notice = case.termination_notice
    assert notice is not None, "its arrival was found"
    end_by_arrival(
        session,
        case.agreement,
        proof_of(case),
        arrived_at=arrival.arrived_at,
        file_id=arrival.proof_file_id or notice.body_file_id,
        reason=notice.number,
        now=now,
    )
    move(
        session,
        case,
        CaseEvent.TERMINATE,
        version=case.version,
        actor=SCHEDULER,
        now=now,
        as_of=arrival.arrived_at,
        details={"arrival_id": arrival.id},
    )
    return True


def proof_of(case: BreachCase) -> BreachProof:
    """Return what the register has to know of the breach."""
    return BreachProof(f"case:{case.id}", confirmed=case.known_at is not None, known_at=case.known_at)
