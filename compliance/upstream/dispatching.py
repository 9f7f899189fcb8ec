"""One letter a tenant with all its agreements (E-23, E-24), previewed exactly as it goes out, and issued once."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from agreements.kernel import policies
from agreements.kernel.access.rules import SCHEDULER
from agreements.parties.actions import address_in_clear, notice_address_in_force
from agreements.parties.models import NoticeAddress
from agreements.register.models import Agreement
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.rules import AlarmKind
from compliance.notices.actions import approve, compose, may_have_left
from compliance.notices.dispatch import enqueue
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeKind, NoticeState, Particulars
from compliance.upstream import letters
from compliance.upstream.mapping import left_out
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.moving import locked, move_change
from compliance.upstream.rules import (
    RELEVANT,
    RUNNING,
    ChangeEvent,
    ChangeState,
    ImpactState,
)

OUR_KINDS = (NoticeKind.UPSTREAM_CHANGE_NOTICE, NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE)
NO_ADDRESS = (AlarmKind.UPSTREAM_NO_ADDRESS,)
CLAUSE = "2.4"


def chain_of(session: Session, change: UpstreamChange) -> list[UpstreamChange]:
    """Return an announcement and those it corrects, oldest first."""
    chain = [change]
    while chain[0].amends_id is not None:
        chain.insert(0, session.get_one(UpstreamChange, chain[0].amends_id))
    return chain


def write(
    session: Session, change: UpstreamChange, agreements: list[Agreement], *, language: Language, now: datetime
) -> tuple[NoticeKind, Particulars]:
    chain = chain_of(session, change)
    earlier = _earlier_notice(session, chain, agreements)
    number = earlier.number if earlier else None
    if change.withdrawn_received_at is not None:
        said = letters.withdrawal_letter(chain, agreements, earlier_number=number, language=language)
        return NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE, said
    days: int = policies.value_of(session, "upstream_answer_working_days", at=now)
    said = letters.change_letter(
        chain,
        agreements,
        left_out=left_out(session, change, agreements),
        earlier_number=number,
        answer_working_days=days,
        language=language,
    )
    return NoticeKind.UPSTREAM_CHANGE_NOTICE, said


def _earlier_notice(session: Session, chain: list[UpstreamChange], agreements: list[Agreement]) -> Notice | None:
    """Return the latest letter of this story that the tenant may have about any of these agreements."""
    found = session.scalars(
        select(Notice)
        .join(UpstreamImpact, UpstreamImpact.notice_id == Notice.id)
        .where(
            UpstreamImpact.change_id.in_([change.id for change in chain]),
            UpstreamImpact.agreement_id.in_([agreement.id for agreement in agreements]),
            Notice.kind == NoticeKind.UPSTREAM_CHANGE_NOTICE,
            Notice.state != NoticeState.CANCELLED,
        )
        .order_by(Notice.drafted_at.desc(), Notice.id.desc())
    ).all()
    return next((each for each in found if each.arrived_at is not None or may_have_left(session, each.id)), None)


def letters_to_issue(session: Session, *, due_by: datetime) -> list[int]:
    """Return, for each change and tenant without its letter, the first impact; oldest receipt first."""
    first = func.min(UpstreamImpact.id)
    return list(
        session.scalars(
            select(first)
            .join(UpstreamChange, UpstreamChange.id == UpstreamImpact.change_id)
            .where(_lacks_letter(due_by))
            .group_by(UpstreamImpact.change_id, UpstreamImpact.tenant_id, UpstreamChange.received_at)
            .order_by(UpstreamChange.received_at, first)
        )
    )


def _lacks_letter(due_by: datetime) -> ColumnElement[bool]:
    """The condition that a tenant is still to be told; of what was corrected the correction's letter tells (E-32)."""
    return and_(
        UpstreamImpact.state == ImpactState.PENDING,
        UpstreamImpact.notice_id.is_(None),
        UpstreamChange.triage.in_(sorted(RELEVANT)),
        UpstreamChange.received_at <= due_by,
        UpstreamChange.mapped_at.is_not(None),  # before, nobody knows whom a correction still touches
        UpstreamChange.state.in_(RUNNING),
    )


def issue_letter(session: Session, lead_id: int, *, now: datetime) -> bool:
    """Clause 2.4: compose, approve and queue one tenant's letter, on any day at any hour; once, whoever runs it."""
    lead = session.get_one(UpstreamImpact, lead_id)
    change = locked(session, lead.change_id)
    impacts = _same_tenant(session, lead, _lacks_letter(now))
    if not impacts or impacts[0].id != lead_id:
        return False
    if change.state is ChangeState.MAPPED:
        move_change(session, change, ChangeEvent.DISPATCH, actor=SCHEDULER, now=now, values={"dispatched_at": now})
    notice = _issue(session, change, impacts, now=now)
    days: int = policies.value_of(session, "upstream_answer_working_days", at=now)
    unconcerned = left_out(session, change, [impact.agreement for impact in impacts])
    session.execute(
        update(UpstreamImpact)
        .where(UpstreamImpact.id.in_([impact.id for impact in impacts]))
        .values(
            notice_id=notice.id,
            answer_working_days=case((UpstreamImpact.agreement_id.in_(unconcerned), None), else_=days),
        )
        .execution_options(synchronize_session="fetch")
    )
    _carry_earlier(session, change, impacts, notice)
    return True


def _same_tenant(session: Session, lead: UpstreamImpact, condition: ColumnElement[bool]) -> list[UpstreamImpact]:
    """Return what one letter is about, as it is now: the tenant's agreements under this change that still lack it."""
    return list(
        session.scalars(
            select(UpstreamImpact)
            .join(UpstreamChange, UpstreamChange.id == UpstreamImpact.change_id)
            .where(UpstreamImpact.change_id == lead.change_id, UpstreamImpact.tenant_id == lead.tenant_id, condition)
            .order_by(UpstreamImpact.id)
            .execution_options(populate_existing=True)
        )
    )


def _issue(session: Session, change: UpstreamChange, impacts: list[UpstreamImpact], *, now: datetime) -> Notice:
    lead = impacts[0]
    agreements = sorted((impact.agreement for impact in impacts), key=lambda each: each.id)
    kind, particulars = write(session, change, agreements, language=Language.ZH, now=now)
    notice = compose(
        session,
        kind=kind,
        cause=f"upstream:{change.id}:{lead.id}",
        clause=CLAUSE,
        tenant_id=lead.tenant_id,
        agreement_id=agreements[0].id,
        particulars=particulars,
        language=Language.ZH,
        stated_due_on=None,
        actor=SCHEDULER,
        now=now,
    )
    approve(session, notice, actor=SCHEDULER, now=now)
    confirmed = notice_address_in_force(session, lead.tenant_id)
    if confirmed is not None:
        enqueue(session, notice, address_in_clear(session, confirmed), actor=SCHEDULER, now=now)
    else:
        raise_alarm(
            session,
            AlarmKind.UPSTREAM_NO_ADDRESS,
            cause=f"notice:{notice.id}",
            stage="issued",
            as_of=now,
            now=now,
            tenant_id=notice.tenant_id,
            agreement_id=notice.agreement_id,
            details={"number": notice.number},
        )
    return notice


def _carry_earlier(session: Session, change: UpstreamChange, impacts: list[UpstreamImpact], notice: Notice) -> None:
    """A letter that tells of the corrected announcements too performs their duties where they had no letter (E-32)."""
    earlier = [each.id for each in chain_of(session, change)[:-1]]
    if earlier:
        session.execute(
            update(UpstreamImpact)
            .where(
                UpstreamImpact.change_id.in_(earlier),
                UpstreamImpact.agreement_id.in_([impact.agreement_id for impact in impacts]),
                UpstreamImpact.state == ImpactState.PENDING,
                UpstreamImpact.notice_id.is_(None),
            )
            .values(notice_id=notice.id)
            .execution_options(synchronize_session="fetch")
        )


def withdrawals_to_issue(session: Session, *, due_by: datetime) -> list[int]:
    """Return, for each withdrawn change and tenant not told yet, the first impact; oldest withdrawal first."""
    first = func.min(UpstreamImpact.id)
    return list(
        session.scalars(
            select(first)
            .join(UpstreamChange, UpstreamChange.id == UpstreamImpact.change_id)
            .where(_lacks_withdrawal(due_by))
            .group_by(UpstreamImpact.change_id, UpstreamImpact.tenant_id, UpstreamChange.withdrawn_received_at)
            .order_by(UpstreamChange.withdrawn_received_at, first)
        )
    )


def _lacks_withdrawal(due_by: datetime) -> ColumnElement[bool]:
    return and_(
        UpstreamImpact.withdrawal_obligation_id.is_not(None),
        UpstreamImpact.withdrawal_notice_id.is_(None),
        UpstreamImpact.state.not_in((ImpactState.WITHDRAWN, ImpactState.NOT_APPLICABLE)),
        UpstreamChange.withdrawn_received_at <= due_by,
    )


def issue_withdrawal(session: Session, lead_id: int, *, now: datetime) -> bool:
    """E-31: tell one tenant that the source took its change back, or of both in one letter."""
    lead = session.get_one(UpstreamImpact, lead_id)
    change = locked(session, lead.change_id)
    impacts = _same_tenant(session, lead, _lacks_withdrawal(now))
    if not impacts or impacts[0].id != lead_id:
        return False
    notice = _issue(session, change, impacts, now=now)
    session.execute(
        update(UpstreamImpact)
        .where(UpstreamImpact.id.in_([impact.id for impact in impacts]))
        .values(withdrawal_notice_id=notice.id)
        .execution_options(synchronize_session="fetch")
    )
    _carry_earlier(session, change, impacts, notice)
    return True


def letters_to_readdress(session: Session, *, due_by: datetime) -> list[int]:
    """Return our letters that could not go out, or bounced, before the tenant designated the address it has now."""
    return list(
        session.scalars(
            select(Notice.id)
            .join(NoticeAddress, NoticeAddress.tenant_id == Notice.tenant_id)
            .where(
                Notice.kind.in_(OUR_KINDS),
                NoticeAddress.ended_at.is_(None),
                NoticeAddress.confirmed_at <= due_by,
                or_(
                    Notice.state == NoticeState.APPROVED,
                    and_(Notice.state == NoticeState.BOUNCED, Notice.bounced_at <= NoticeAddress.confirmed_at),
                ),
            )
            .order_by(Notice.approved_at, Notice.id)
        )
    )


def readdress(session: Session, notice_id: int, *, now: datetime) -> bool:
    """Queue one of them to the address that the tenant has designated since."""
    notice = session.get_one(Notice, notice_id, with_for_update=True, populate_existing=True)
    confirmed = notice_address_in_force(session, notice.tenant_id)
    if confirmed is None or notice.state not in (NoticeState.APPROVED, NoticeState.BOUNCED):
        return False
    enqueue(session, notice, address_in_clear(session, confirmed), actor=SCHEDULER, now=now)
    settle_alarms(session, cause=f"notice:{notice.id}", kinds=NO_ADDRESS, actor=SCHEDULER, now=now)
    return True
