"""What arrivals and time make true of a source's change (domain 6.7): told in time or late, complete, in effect."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from agreements.calendar.actions import working_calendar
from agreements.calendar.rules import Assume, count_forward
from agreements.kernel import revisions
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import end_of, legal_date, start_of
from compliance.alarms.actions import settle_alarms
from compliance.alarms.rules import AlarmKind
from compliance.notices.models import Notice
from compliance.obligations.actions import record_performance, void
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationState, may_be_performed
from compliance.upstream.calling import LATE, ladder_name, waiting
from compliance.upstream.mapping import left_out
from compliance.upstream.models import UpstreamAnswer, UpstreamChange, UpstreamImpact
from compliance.upstream.moving import cause_of, locked, move_change, move_impact
from compliance.upstream.rules import (
    IMPACT_MOVES,
    RELEVANT,
    AnswerKind,
    ChangeEvent,
    ChangeState,
    ImpactEvent,
    ImpactState,
)

NOTIFIED = (ImpactState.NOTIFIED_ON_TIME, ImpactState.NOTIFIED_LATE)
OURS = (
    AlarmKind.UPSTREAM_UNMAPPED,
    AlarmKind.UPSTREAM_UNREAD,
    AlarmKind.UPSTREAM_NOT_ARRIVED,
    AlarmKind.UPSTREAM_OVERDUE,
)


def arrivals_to_judge(session: Session, *, due_by: datetime) -> list[int]:
    """Return impacts whose letter has arrived without that being judged; earliest arrival first."""
    return list(
        session.scalars(
            select(UpstreamImpact.id)
            .join(Notice, Notice.id == UpstreamImpact.notice_id)
            .where(UpstreamImpact.state == ImpactState.PENDING, Notice.arrived_at <= due_by)
            .order_by(Notice.arrived_at, UpstreamImpact.id)
        )
    )


def judge_arrival(session: Session, impact_id: int, *, now: datetime) -> bool:
    """Clause 2.4: the letter reached the tenant, so our duty is performed, in time or late, as of the arrival.

    A withdrawal letter that arrived first told of the change too: then its arrival counts.
    """
    impact = session.get_one(UpstreamImpact, impact_id)
    change = locked(session, impact.change_id)
    session.refresh(impact)
    if impact.state is not ImpactState.PENDING or impact.notice is None or impact.notice.arrived_at is None:
        return False
    arrived_at = _first_word(impact)
    judged = _perform(session, impact.obligation, arrived_at=arrived_at, now=now)
    is_off = impact.withdrawal_obligation_id is not None
    if not is_off and left_out(session, change, [impact.agreement]):
        _release(session, change, impact, arrived_at=arrived_at, now=now)
        _settle_alarms(session, change, impact, impact.notice, now=now)
        return True
    event = ImpactEvent.ARRIVE_ON_TIME if judged is ObligationState.PERFORMED_ON_TIME else ImpactEvent.ARRIVE_LATE
    values: dict[str, object] = {"notified_at": arrived_at}
    if impact.answer_working_days is not None:
        values["answer_due_on"] = last_day_to_answer(session, arrived_at, impact.answer_working_days)
    move_impact(session, impact, event, actor=SCHEDULER, now=now, as_of=arrived_at, values=values)
    _settle_alarms(session, change, impact, impact.notice, now=now)
    return True


def _release(
    session: Session, change: UpstreamChange, impact: UpstreamImpact, *, arrived_at: datetime, now: datetime
) -> None:
    """E-32: the tenant knows that the corrected change no longer concerns it; nothing is left to answer or agree on."""
    reason = change.subject
    values: dict[str, object] = {"notified_at": arrived_at, "exempt_reason": reason}
    move_impact(
        session, impact, ImpactEvent.EXEMPT, actor=SCHEDULER, now=now, as_of=arrived_at, reason=reason, values=values
    )
    earlier = change.amends_id
    while earlier is not None:
        corrected = session.get_one(UpstreamChange, earlier)
        for talks in session.scalars(
            select(UpstreamImpact).where(
                UpstreamImpact.change_id == corrected.id,
                UpstreamImpact.agreement_id == impact.agreement_id,
                UpstreamImpact.state == ImpactState.AFTERMATH_NEGOTIATION,
            )
        ):
            duty = talks.aftermath_obligation
            if duty is not None and duty.state in OPEN_STATES:
                void(session, duty, reason=reason, actor=SCHEDULER, now=now)
            move_impact(session, talks, ImpactEvent.WITHDRAW, actor=SCHEDULER, now=now, as_of=arrived_at, reason=reason)
        earlier = corrected.amends_id


def last_day_to_answer(session: Session, told_at: datetime, working_days: int) -> date:
    """Return the Shanghai date on which the period for an answer ends, counted from our last word."""
    days = count_forward(
        working_calendar(session),
        legal_date(told_at),
        working_days,
        assume=Assume.FEWEST_WORKED,  # where the year is not published: the later day, in the tenant's favour
    )
    return days[-1].day


def _first_word(impact: UpstreamImpact) -> datetime:
    letters = (impact.notice, impact.withdrawal_notice)
    return min(each.arrived_at for each in letters if each is not None and each.arrived_at is not None)


def _perform(session: Session, obligation: Obligation, *, arrived_at: datetime, now: datetime) -> ObligationState:
    if may_be_performed(obligation.state, arrived_at=arrived_at, overdue_from=obligation.overdue_from):
        return record_performance(session, obligation, performed_at=arrived_at, actor=SCHEDULER, now=now)
    return obligation.state


def withdrawals_to_judge(session: Session, *, due_by: datetime) -> list[int]:
    """Return impacts whose withdrawal letter has arrived without that being judged; earliest arrival first."""
    return list(
        session.scalars(
            select(UpstreamImpact.id)
            .join(Notice, Notice.id == UpstreamImpact.withdrawal_notice_id)
            .join(Obligation, Obligation.id == UpstreamImpact.withdrawal_obligation_id)
            .where(Notice.arrived_at <= due_by, Obligation.state.in_(OPEN_STATES))
            .order_by(Notice.arrived_at, UpstreamImpact.id)
        )
    )


def judge_withdrawal(session: Session, impact_id: int, *, now: datetime) -> bool:
    """E-31: the tenant knows that the change is off; where it had no notice before, it knows of both now.

    What both parties have signed stands.
    """
    impact = session.get_one(UpstreamImpact, impact_id)
    change = locked(session, impact.change_id)
    session.refresh(impact)
    duty, letter = impact.withdrawal_obligation, impact.withdrawal_notice
    if duty is None or letter is None or letter.arrived_at is None or duty.state not in OPEN_STATES:
        return False
    _perform(session, duty, arrived_at=letter.arrived_at, now=now)
    if impact.state is ImpactState.PENDING:
        _perform(session, impact.obligation, arrived_at=letter.arrived_at, now=now)
    aftermath = impact.aftermath_obligation
    if impact.state is ImpactState.AFTERMATH_NEGOTIATION and aftermath is not None and aftermath.state in OPEN_STATES:
        void(session, aftermath, reason=change.withdrawal_reason or "–", actor=SCHEDULER, now=now)
    if impact.state in IMPACT_MOVES[ImpactEvent.WITHDRAW].sources:
        move_impact(session, impact, ImpactEvent.WITHDRAW, actor=SCHEDULER, now=now, as_of=letter.arrived_at)
    _settle_alarms(session, change, impact, letter, now=now)
    return True


def _settle_alarms(
    session: Session, change: UpstreamChange, impact: UpstreamImpact, letter: Notice, *, now: datetime
) -> None:
    settle_alarms(session, cause=f"notice:{letter.id}", actor=SCHEDULER, now=now)
    still = waiting(session, change)
    for about, duty in (("notice", impact.obligation), ("withdrawal", impact.withdrawal_obligation)):
        if duty is not None and (ladder := ladder_name(about, duty)) not in still:
            settle_alarms(session, cause=cause_of(change.id), kinds=LATE, ladder=ladder, actor=SCHEDULER, now=now)
    if not waits_for_arrival(session, change.id):
        settle_alarms(session, cause=cause_of(change.id), kinds=OURS, actor=SCHEDULER, now=now)


def waits_for_arrival(session: Session, change_id: int) -> bool:
    """Say whether some tenant still has to be told of the change or of its withdrawal."""
    withdrawal = aliased(Obligation)
    open_part = (
        select(UpstreamImpact.id)
        .outerjoin(withdrawal, withdrawal.id == UpstreamImpact.withdrawal_obligation_id)
        .where(
            UpstreamImpact.change_id == change_id,
            or_(UpstreamImpact.state == ImpactState.PENDING, withdrawal.state.in_(OPEN_STATES)),
        )
        .limit(1)
    )
    return session.scalar(open_part) is not None


def changes_to_advance(session: Session, *, due_by: datetime) -> list[int]:
    """Return changes of which all tenants have been told, or whose effective date has come; oldest receipt first."""
    waits = exists().where(UpstreamImpact.change_id == UpstreamChange.id, UpstreamImpact.state == ImpactState.PENDING)
    told = and_(
        or_(
            UpstreamChange.state == ChangeState.NOTIFYING,
            and_(UpstreamChange.state == ChangeState.MAPPED, UpstreamChange.triage.in_(sorted(RELEVANT))),
        ),
        UpstreamChange.received_at <= due_by,
        ~waits,
    )
    holds = and_(UpstreamChange.state == ChangeState.NOTIFIED, UpstreamChange.effective_on <= legal_date(due_by))
    return list(
        session.scalars(
            select(UpstreamChange.id).where(or_(told, holds)).order_by(UpstreamChange.received_at, UpstreamChange.id)
        )
    )


def advance(session: Session, change_id: int, *, now: datetime) -> bool:
    """Record that a change is notified to all it touches, and that it is in effect, each as of when it became so."""
    change = locked(session, change_id)
    before = change.state
    is_told = change.triage in RELEVANT and not waits_for_arrival(session, change.id)
    if change.state is ChangeState.MAPPED and is_told:  # nobody is touched: there is nothing to send
        move_change(session, change, ChangeEvent.DISPATCH, actor=SCHEDULER, now=now, values={"dispatched_at": now})
    if change.state is ChangeState.NOTIFYING and is_told:
        move_change(
            session, change, ChangeEvent.COMPLETE, actor=SCHEDULER, now=now, as_of=_last_arrival(session, change)
        )
        settle_alarms(session, cause=cause_of(change.id), kinds=OURS, actor=SCHEDULER, now=now)
    if (
        change.state is ChangeState.NOTIFIED
        and change.effective_on is not None
        and start_of(change.effective_on) <= now
    ):
        since = start_of(change.effective_on)
        move_change(session, change, ChangeEvent.TAKE_EFFECT, actor=SCHEDULER, now=now, as_of=since)
        revisions.raise_revision(session, tenant_id=None, cause="upstream.take_effect", now=now)
    return change.state is not before


def _last_arrival(session: Session, change: UpstreamChange) -> datetime | None:
    return session.scalar(
        select(UpstreamImpact.notified_at)
        .where(UpstreamImpact.change_id == change.id, UpstreamImpact.notified_at.is_not(None))
        .order_by(UpstreamImpact.notified_at.desc())
        .limit(1)
    )


def silences_to_record(session: Session, *, due_by: datetime) -> list[int]:
    """Return impacts whose period for an answer has passed in silence; longest past first."""
    return list(
        session.scalars(
            select(UpstreamImpact.id)
            .join(UpstreamChange, UpstreamChange.id == UpstreamImpact.change_id)
            .where(_is_silent(due_by))
            .order_by(UpstreamImpact.answer_due_on, UpstreamImpact.id)
        )
    )


def _is_silent(due_by: datetime) -> ColumnElement[bool]:
    """The condition that the period has passed without a word; while a question waits for our reply, it has not."""
    return and_(
        UpstreamImpact.state.in_(NOTIFIED),
        UpstreamImpact.answer_due_on < legal_date(due_by),
        UpstreamChange.state.in_((ChangeState.NOTIFYING, ChangeState.NOTIFIED, ChangeState.IN_EFFECT)),
        ~question_waits(),
    )


def question_waits() -> ColumnElement[bool]:
    """The condition that a question of the tenant's under this agreement waits for our reply."""
    return exists().where(
        UpstreamAnswer.impact_id == UpstreamImpact.id,
        UpstreamAnswer.kind == AnswerKind.ASK,
        UpstreamAnswer.reply.is_(None),
    )


def record_silence(session: Session, impact_id: int, *, now: datetime) -> bool:
    """E-28: nobody answered in the period we stated. That is `no_response`, never acceptance."""
    locked(session, session.get_one(UpstreamImpact, impact_id).change_id)
    impact = session.scalars(
        select(UpstreamImpact)
        .join(UpstreamChange, UpstreamChange.id == UpstreamImpact.change_id)
        .where(UpstreamImpact.id == impact_id, _is_silent(now))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if impact is None or impact.answer_due_on is None:
        return False
    since = end_of(impact.answer_due_on)
    move_impact(session, impact, ImpactEvent.LAPSE, actor=SCHEDULER, now=now, as_of=since)
    return True
