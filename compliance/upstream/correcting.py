"""A source corrects its announcement, or takes it back (E-31, E-32)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel import revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, IllegalMove, InvalidInput
from agreements.parties.actions import Upload, keep_upload
from compliance.alarms.actions import settle_alarms
from compliance.alarms.rules import AlarmKind
from compliance.notices.actions import cancel, may_have_left
from compliance.notices.models import Notice
from compliance.notices.rules import NoticeEvent, legal_events
from compliance.obligations.actions import open_obligation, void
from compliance.obligations.rules import OPEN_STATES, ObligationCode, is_overdue
from compliance.upstream.actions import Content, Receipt, enter
from compliance.upstream.deciding import decide_triage
from compliance.upstream.dispatching import chain_of
from compliance.upstream.judging import OURS
from compliance.upstream.mapping import map_change, open_missing_impacts
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.moving import cause_of, locked, move_change, move_impact, require_text, require_version
from compliance.upstream.rules import (
    RELEVANT,
    ChangeEvent,
    ImpactEvent,
    ImpactState,
    Triage,
    change_move,
)

READ = (AlarmKind.UPSTREAM_UNMAPPED, AlarmKind.UPSTREAM_UNREAD)


def amend(
    session: Session,
    change: UpstreamChange,
    content: Content,
    receipt: Receipt,
    *,
    version: int,
    actor: Actor,
    now: datetime,
) -> UpstreamChange:
    """E-32: the source's correction is a receipt of its own with a clock of its own; the old duties stay.

    Where no letter of the old announcement can have left, the correction's letter tells of both and its arrival
    performs both duties, each judged by its own date. Whom the correction no longer touches is told of both as well,
    and that neither concerns it any more.
    """
    require(actor, Permission.HANDLE_UPSTREAM)
    require_version(change, version)
    change = locked(session, change.id)
    change_move(change.state, ChangeEvent.AMEND)
    if receipt.received_at < change.received_at:
        raise InvalidInput(
            N_("A correction can't have been received before what it corrects."), field="received_at", clause="2.4"
        )
    correction = enter(session, change.data_source, content, receipt, amends=change, actor=actor, now=now)
    values = _read_as_relevant(change, actor=actor, now=now)
    if change.triage is None or change.triage in RELEVANT:
        open_missing_impacts(session, change, actor=actor, now=now)
        triage = change.triage or Triage.UPSTREAM_CHANGE
        decide_triage(session, correction, triage, reason="", version=correction.version, actor=actor, now=now)
    if correction.products and correction.triage is not None:
        map_change(session, correction, actor=actor, now=now)
    _stop_letters(
        session,
        [impact for each in chain_of(session, change) for impact in _impacts(session, each)],
        reason=correction.subject,
        right=Permission.HANDLE_UPSTREAM,
        actor=actor,
        now=now,
    )
    move_change(
        session,
        change,
        ChangeEvent.AMEND,
        actor=actor,
        now=now,
        as_of=receipt.received_at,
        values=values,
        details={"amended_by": correction.id},
    )
    revisions.raise_revision(session, tenant_id=None, cause="upstream.amend", now=now)
    settle_alarms(session, cause=cause_of(change.id), kinds=READ, actor=actor, now=now)
    return correction


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The source takes its announcement back: when that reached us, what it said, and the original where written."""

    received_at: datetime
    reason: str
    upload: Upload | None = None


def withdraw(
    session: Session,
    change: UpstreamChange,
    withdrawal: Withdrawal,
    *,
    without_notice: bool = False,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """E-31: the change is off; each tenant concerned is told within a working day of the withdrawal's receipt.

    Letters of which no copy can have left are stopped: those tenants get one letter that says both.

    without_notice  an approver's decision, with the reason, to tell nobody: only while no letter can have left and
                    nothing is late; the duties end with it
    """
    right = Permission.SETTLE_UPSTREAM if without_notice else Permission.HANDLE_UPSTREAM
    require(actor, right)
    require_version(change, version)
    change = locked(session, change.id)
    change_move(change.state, ChangeEvent.WITHDRAW)
    reason = _check(change, withdrawal, now=now)
    open_missing_impacts(session, change, actor=actor, now=now)
    impacts = [each for each in _impacts(session, change) if each.state is not ImpactState.NOT_APPLICABLE]
    if without_notice:
        _require_unsaid(session, impacts, now=now)
    _stop_letters(session, impacts, reason=reason, right=right, actor=actor, now=now)
    values: dict[str, object] = {
        "withdrawn_received_at": withdrawal.received_at,
        "withdrawn_recorded_at": now,
        "withdrawn_file_id": keep_upload(session, withdrawal.upload, now=now).id if withdrawal.upload else None,
        "withdrawal_reason": reason,
    }
    values |= _read_as_relevant(change, actor=actor, now=now)
    move_change(
        session,
        change,
        ChangeEvent.WITHDRAW,
        actor=actor,
        now=now,
        as_of=withdrawal.received_at,
        reason=reason,
        values=values,
        details={"without_notice": without_notice},
    )
    revisions.raise_revision(session, tenant_id=None, cause="upstream.withdraw", now=now)
    for impact in impacts:
        if without_notice:
            _end_silently(session, impact, reason=reason, actor=actor, now=now)
        else:
            _owe_withdrawal_notice(session, change, impact, actor=actor, now=now)
    settle_alarms(session, cause=cause_of(change.id), kinds=OURS if without_notice else READ, actor=actor, now=now)


def _read_as_relevant(change: UpstreamChange, *, actor: Actor, now: datetime) -> dict[str, object]:
    """Legal acts on a notice that nobody had read: it is a matter of 2.4 then."""
    if change.triage is not None:
        return {}
    return {"triage": Triage.UPSTREAM_CHANGE, "triaged_at": now, "triaged_by": actor.name}


def _check(change: UpstreamChange, withdrawal: Withdrawal, *, now: datetime) -> str:
    if change.triage is not None and change.triage not in RELEVANT:
        raise IllegalMove(N_("This notice is no matter of 2.4, so there is nothing to take back."), clause="2.4")
    if withdrawal.received_at > now:
        raise InvalidInput(N_("The notice can't have been received in the future."), field="received_at", clause="2.4")
    if withdrawal.received_at < change.received_at:
        raise InvalidInput(
            N_("A withdrawal can't have been received before what it takes back."), field="received_at", clause="2.4"
        )
    return require_text(withdrawal.reason, "reason")


def _require_unsaid(session: Session, impacts: list[UpstreamImpact], *, now: datetime) -> None:
    for impact in impacts:
        duty = impact.obligation
        if impact.notice_id is not None and (impact.notified_at or may_have_left(session, impact.notice_id)):
            raise Conflict(
                N_("A letter about this change may have reached a tenant; it must be told of the withdrawal."),
                code="MAY_HAVE_LEFT",
                clause="2.4",
            )
        if is_overdue(state=duty.state, overdue_from=duty.overdue_from, provisional=duty.provisional, now=now):
            raise Conflict(
                N_("Our notice is overdue already; it must still be given, and one letter can say both."),
                code="OVERDUE",
                clause="2.4",
            )


def _stop_letters(
    session: Session, impacts: list[UpstreamImpact], *, reason: str, right: Permission, actor: Actor, now: datetime
) -> None:
    """Cancel the letters of which no copy can have left and that name only these, so that a later one says all."""
    ours = {impact.id for impact in impacts}
    for notice_id in sorted({impact.notice_id for impact in impacts if impact.notice_id is not None}):
        notice = session.get_one(Notice, notice_id, with_for_update=True, populate_existing=True)
        named = set(session.scalars(select(UpstreamImpact.id).where(UpstreamImpact.notice_id == notice.id)))
        can_stop = NoticeEvent.CANCEL in legal_events(notice.state) and not may_have_left(session, notice.id)
        if not can_stop or not named <= ours:
            continue
        cancel(session, notice, reason=reason, by_right=right, actor=actor, now=now)
        settle_alarms(session, cause=f"notice:{notice.id}", actor=actor, now=now)
        session.execute(
            update(UpstreamImpact)
            .where(UpstreamImpact.notice_id == notice.id)
            .values(notice_id=None, answer_working_days=None)
            .execution_options(synchronize_session="fetch")
        )


def _end_silently(session: Session, impact: UpstreamImpact, *, reason: str, actor: Actor, now: datetime) -> None:
    if impact.obligation.state in OPEN_STATES:
        void(session, impact.obligation, reason=reason, actor=actor, now=now)
    move_impact(session, impact, ImpactEvent.WITHDRAW, actor=actor, now=now, reason=reason)


def _owe_withdrawal_notice(
    session: Session, change: UpstreamChange, impact: UpstreamImpact, *, actor: Actor, now: datetime
) -> None:
    assert change.withdrawn_received_at is not None, "the withdrawal is on record"
    deadline = counting_in_force(session, now=now).due(
        DeadlineRule.UPSTREAM_WITHDRAWAL_NOTICE, change.withdrawn_received_at
    )
    obligation = open_obligation(
        session,
        impact.agreement,
        ObligationCode.PROVIDER_UPSTREAM_WITHDRAWAL_NOTICE,
        cause=cause_of(change.id),
        triggered_at=change.withdrawn_received_at,
        deadline=deadline,
        actor=actor,
        now=now,
    )
    impact.withdrawal_obligation_id = obligation.id
    session.flush()  # the sweeps find it by this


def _impacts(session: Session, change: UpstreamChange) -> list[UpstreamImpact]:
    return list(
        session.scalars(select(UpstreamImpact).where(UpstreamImpact.change_id == change.id).order_by(UpstreamImpact.id))
    )
