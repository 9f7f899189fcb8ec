"""Suspension and reinstatement (clauses 4.4, 6.1; domain 6.2): decided, arrived, in effect, lifted."""

from datetime import datetime

from sqlalchemy.orm import Session

from agreements.kernel import policies
from agreements.kernel.access.rules import SCHEDULER, Actor, ActorKind, Permission, require
from agreements.kernel.errors import N_, Conflict
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE
from compliance.breaches import letters
from compliance.breaches.issuing import Draft, issue, what_changed
from compliance.breaches.models import BreachCase
from compliance.breaches.moving import move, require_text
from compliance.breaches.rules import (
    AUTO_SUSPENSION_POLICY,
    CaseEvent,
    CaseState,
    case_move,
    is_breach,
    require_missed,
    suspension_clause,
)
from compliance.notices.actions import provider_name
from compliance.notices.arrivals import arrival_of
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeKind
from compliance.service.actions import cancel_hold, decide_breach_hold, lift_hold, put_hold_into_effect
from compliance.service.models import Hold
from compliance.service.rules import HoldState


def decide_suspension(
    session: Session,
    case: BreachCase,
    *,
    reason: str,
    language: Language,
    version: int,
    actor: Actor,
    now: datetime,
) -> Hold:
    """Clauses 4.4, 6.1: decide to suspend, and send the notice. Nothing is shut before the notice has arrived.

    An approver may decide on a confirmed or unrectified case. The scheduler may only on its own list: an unrectified
    case of a listed ground whose policy is on, after a demand that arrived (domain 6.2).
    """
    if actor.kind is ActorKind.SCHEDULER:
        _require_on_the_list(session, case, now=now)
    else:
        require(actor, Permission.DECIDE_SUSPENSION)
        require_text(reason, "reason")
    case_move(case.state, CaseEvent.DECIDE_SUSPENSION)
    require_missed(case.obligation.state, clause=case.clause)
    if not is_running(case.agreement, now=now):
        raise Conflict(
            N_("The service of this agreement has ended, so there is nothing to suspend."),
            code="SERVICE_ENDED",
            clause="6.1",
        )
    assert case.ground_class is not None, "confirmed cases have a class"
    clause = suspension_clause(case.ground_class)
    notice = issue(session, case, suspension_draft(session, case, language=language, actor=actor), actor=actor, now=now)
    hold = decide_breach_hold(
        session,
        case.agreement,
        scope=case.scope,
        clause=clause,
        cause=f"case:{case.id}",
        notice=notice,
        actor=actor,
        now=now,
    )
    move(
        session,
        case,
        CaseEvent.DECIDE_SUSPENSION,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={"hold_id": hold.id},
        details={"hold_id": hold.id, "notice": notice.number},
    )
    return hold


def is_running(agreement: Agreement, *, now: datetime) -> bool:
    """Say whether there is a service to suspend: in force and before its end, whether or not a sweep has run (E-39)."""
    return agreement.state in IN_FORCE and now < agreement.over_from


def suspension_draft(session: Session, case: BreachCase, *, language: Language, actor: Actor) -> Draft:
    """Clauses 4.4, 6.1: the letter of a suspension, for sending or for reading before."""
    assert case.ground_class is not None, "confirmed cases have a class"
    return Draft(
        NoticeKind.SUSPENSION_NOTICE,
        f"{case.clause} + {suspension_clause(case.ground_class)}",
        letters.suspension(
            case, what=what_changed(session, case), language=language, signatory=_signatory(session, case, actor)
        ),
        language,
    )


def _require_on_the_list(session: Session, case: BreachCase, *, now: datetime) -> None:
    policy = AUTO_SUSPENSION_POLICY.get(case.ground)
    allowed = (
        policy is not None
        and policies.value_of(session, policy, at=now)
        and case.state is CaseState.NOT_RECTIFIED
        and case.demand_notice is not None
        and case.demand_notice.arrived_at is not None
        and case.obligation.performed_at is None  # an answered demand waits for a person (domain 6.2: unanswered)
    )
    if not allowed:
        raise Conflict(
            N_("The scheduler may not decide this suspension; it waits for an approver."),
            code="NOT_ON_THE_LIST",
            clause="6.1",
        )


def suspend(session: Session, case: BreachCase, *, now: datetime) -> bool:
    """Clause 6.1: the suspension notice has arrived, so the hold takes effect.

    Where it arrived after the service had ended there is nothing left to suspend, and the hold is cancelled (E-39). Nor
    does a hold take effect whose breach turned out to be none before: it waits for the case to be dismissed (E-40).
    Returns False where it has not arrived, was cancelled, or this was done before.
    """
    if case.state is not CaseState.SUSPENSION_DECIDED or case.hold is None or case.hold.notice_id is None:
        return False
    arrival = arrival_of(session, case.hold.notice_id)
    if arrival is None or case.hold.state is not HoldState.PENDING or not is_breach(case.obligation.state):
        return False
    if arrival.arrived_at >= case.agreement.over_from:
        cancel_hold(session, case.hold, reason="E-39", actor=SCHEDULER, now=now)
        return False
    if not put_hold_into_effect(session, case.hold, arrival, actor=SCHEDULER, now=now):
        return False
    move(
        session,
        case,
        CaseEvent.SUSPEND,
        version=case.version,
        actor=SCHEDULER,
        now=now,
        as_of=case.hold.effective_at,
        details={"hold_id": case.hold.id, "arrival_id": arrival.id},
    )
    return True


def reinstate(
    session: Session,
    case: BreachCase,
    *,
    language: Language,
    version: int,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> Notice:
    """Domain 6.2: open the service again after accepted rectification, with a resume notice.

    Where there turned out to be no breach (E-36) the approver's decision is enough. Only this case's hold is lifted;
    others stay. The service opens with the decision, which favours the tenant; the
    notice follows.
    """
    require(actor, Permission.REINSTATE)
    case_move(case.state, CaseEvent.REINSTATE)
    was_no_breach = not is_breach(case.obligation.state)
    if (case.cure_accepted_at is None and not was_no_breach) or case.hold is None:
        raise Conflict(
            N_("A legal officer has not accepted the rectification yet."),
            code="NOT_RECTIFIED",
            clause="4.4",
            remedy=N_("Ask the officer to review the tenant's proof first."),
        )
    if not is_running(case.agreement, now=now):
        raise Conflict(
            N_("The service of this agreement has ended, so there is nothing to open again."),
            code="SERVICE_ENDED",
            clause="三 1",
            remedy=N_("Close the case."),
        )
    notice = issue(session, case, resume_draft(case, language=language, actor=actor), actor=actor, now=now)
    lift_hold(session, case.hold, resume_notice=notice, actor=actor, now=now)
    move(
        session,
        case,
        CaseEvent.REINSTATE,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={"cure_accepted_at": now, "cure_accepted_by": actor.name, "cure_note": reason or ""}
        if case.cure_accepted_at is None
        else None,
        details={"hold_id": case.hold.id, "notice": notice.number},
    )
    return notice


def resume_draft(case: BreachCase, *, language: Language, actor: Actor) -> Draft:
    """Domain 6.2: the letter that opens the service again, for sending or for reading before."""
    assert case.hold is not None, "only a suspension in effect is lifted"
    return Draft(
        NoticeKind.RESUME_NOTICE,
        case.hold.clause,
        letters.resume(case, language=language, signatory=actor.name),
        language,
    )


def _signatory(session: Session, case: BreachCase, actor: Actor) -> str:
    """Who signs: the person who decided, or the company itself where the scheduler applied a signed-off policy."""
    return provider_name(session, case.agreement) if actor.kind is ActorKind.SCHEDULER else actor.name
