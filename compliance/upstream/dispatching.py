"""One letter a tenant with all its agreements (E-23, E-24), previewed exactly as it goes out, and issued once."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from agreements.kernel import policies
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import legal_date
from agreements.parties.actions import address_in_clear, notice_address_in_force
from agreements.parties.models import NoticeAddress, Tenant
from agreements.register.models import Agreement
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.rules import AlarmKind
from compliance.notices.actions import approve, body_text, compose, may_have_left, write_letter
from compliance.notices.dispatch import answering_of, enqueue, receipt_of
from compliance.notices.models import Notice
from compliance.notices.reading import masked
from compliance.notices.rules import Language, NoticeKind, NoticeState, Particulars
from compliance.upstream import letters
from compliance.upstream.mapping import owed_unmapped
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.moving import locked, move_change
from compliance.upstream.rules import (
    RELEVANT,
    RUNNING,
    ChangeEvent,
    ChangeState,
    ImpactState,
)

NOT_YET = "········"  # stands in a preview for what only sending makes: the number's end and the links' secrets
OUR_KINDS = (NoticeKind.UPSTREAM_CHANGE_NOTICE, NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE)
NO_ADDRESS = (AlarmKind.UPSTREAM_NO_ADDRESS,)
CLAUSE = "2.4"


@dataclass(frozen=True, slots=True)
class LetterPreview:
    """What one tenant gets, or has got.

    notice          the letter as it was issued; None where it is still to go out
    masked_address  where it would go now; None where the tenant designated no address
    """

    tenant: Tenant
    agreements: list[Agreement]
    subject: str
    text: str
    masked_address: str | None
    notice: Notice | None


def chain_of(session: Session, change: UpstreamChange) -> list[UpstreamChange]:
    """Return an announcement and those it corrects, oldest first."""
    chain = [change]
    while chain[0].amends_id is not None:
        chain.insert(0, session.get_one(UpstreamChange, chain[0].amends_id))
    return chain


def preview(
    session: Session, change: UpstreamChange, *, language: Language = Language.ZH, now: datetime
) -> list[LetterPreview]:
    """Write what each tenant would get now, by tenant; nothing is kept. Who is not mapped yet is included."""
    waiting: dict[int, list[Agreement]] = defaultdict(list)
    issued: dict[int, tuple[Notice, list[Agreement]]] = {}
    impacts = session.scalars(
        select(UpstreamImpact)
        .where(UpstreamImpact.change_id == change.id, UpstreamImpact.state != ImpactState.NOT_APPLICABLE)
        .order_by(UpstreamImpact.agreement_id)
    )
    for impact in impacts:
        if impact.notice is None:
            waiting[impact.tenant_id].append(impact.agreement)
        else:
            issued.setdefault(impact.notice.id, (impact.notice, []))[1].append(impact.agreement)
    if change.state in RUNNING:
        for agreement in owed_unmapped(session, change, until=change.dispatched_at or now):
            waiting[agreement.tenant_id].append(agreement)
    to_come = [_to_come(session, change, waiting[tenant], language=language, now=now) for tenant in sorted(waiting)]
    gone = [
        LetterPreview(
            tenant=agreements[0].tenant,
            agreements=agreements,
            subject=notice.subject,
            text=body_text(session, notice),
            masked_address=_masked_address(session, notice.tenant_id),
            notice=notice,
        )
        for notice, agreements in issued.values()
    ]
    return sorted(to_come + gone, key=lambda each: (each.tenant.id, each.notice is not None))


def _to_come(
    session: Session, change: UpstreamChange, agreements: list[Agreement], *, language: Language, now: datetime
) -> LetterPreview:
    kind, particulars = _write(session, change, agreements, language=language, now=now)
    number = f"LY-{legal_date(now):%Y%m%d}-{NOT_YET}"
    letter = write_letter(
        session,
        agreements[0],
        kind=kind,
        number=number,
        clause=CLAUSE,
        particulars=particulars,
        language=language,
        stated_due_on=None,
        today=legal_date(now),
    )
    text = letter.text + receipt_of(session, language, number=number, token=NOT_YET, now=now)
    if kind is NoticeKind.UPSTREAM_CHANGE_NOTICE:
        text += answering_of(session, language, number=number, token=NOT_YET, now=now)
    return LetterPreview(
        tenant=agreements[0].tenant,
        agreements=agreements,
        subject=letter.subject,
        text=text,
        masked_address=_masked_address(session, agreements[0].tenant_id),
        notice=None,
    )


def _write(
    session: Session, change: UpstreamChange, agreements: list[Agreement], *, language: Language, now: datetime
) -> tuple[NoticeKind, Particulars]:
    chain = chain_of(session, change)
    earlier = _earlier_notice(session, chain, agreements)
    number = earlier.number if earlier else None
    if change.withdrawn_received_at is not None:
        said = letters.withdrawal_letter(chain, agreements, earlier_number=number, language=language)
        return NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE, said
    days: int = policies.value_of(session, "upstream_answer_working_days", at=now)
    said = letters.change_letter(chain, agreements, earlier_number=number, answer_working_days=days, language=language)
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


def _masked_address(session: Session, tenant_id: int) -> str | None:
    confirmed = notice_address_in_force(session, tenant_id)
    return masked(address_in_clear(session, confirmed)) if confirmed else None


def letters_to_issue(session: Session, *, due_by: datetime) -> list[int]:
    """Return, for each change and tenant without its letter, the first impact; oldest receipt first.

    Of a corrected announcement only what the correction does not touch: there its letter tells of both.
    """
    correction, corrected = aliased(UpstreamChange), aliased(UpstreamImpact)
    is_covered = exists().where(
        correction.amends_id == UpstreamChange.id,
        corrected.change_id == correction.id,
        corrected.agreement_id == UpstreamImpact.agreement_id,
    )
    first = func.min(UpstreamImpact.id)
    return list(
        session.scalars(
            select(first)
            .join(UpstreamChange, UpstreamChange.id == UpstreamImpact.change_id)
            .where(
                UpstreamImpact.state == ImpactState.PENDING,
                UpstreamImpact.notice_id.is_(None),
                UpstreamChange.triage.in_(sorted(RELEVANT)),
                UpstreamChange.received_at <= due_by,
                or_(
                    UpstreamChange.state.in_(RUNNING),
                    and_(UpstreamChange.state == ChangeState.AMENDED, ~is_covered),
                ),
            )
            .group_by(UpstreamImpact.change_id, UpstreamImpact.tenant_id, UpstreamChange.received_at)
            .order_by(UpstreamChange.received_at, first)
        )
    )


def issue_letter(session: Session, lead_id: int, *, now: datetime) -> bool:
    """Clause 2.4: compose, approve and queue one tenant's letter, on any day at any hour; once, whoever runs it."""
    if lead_id not in letters_to_issue(session, due_by=now):
        return False
    lead = session.get_one(UpstreamImpact, lead_id)
    change = locked(session, lead.change_id)
    impacts = _pending(session, change, lead.tenant_id)
    if not impacts or impacts[0].id != lead_id:
        return False
    if change.state is ChangeState.MAPPED:
        move_change(session, change, ChangeEvent.DISPATCH, actor=SCHEDULER, now=now, values={"dispatched_at": now})
    notice = _issue(session, change, impacts, now=now)
    days: int = policies.value_of(session, "upstream_answer_working_days", at=now)
    session.execute(
        update(UpstreamImpact)
        .where(UpstreamImpact.id.in_([impact.id for impact in impacts]))
        .values(notice_id=notice.id, answer_working_days=days)
        .execution_options(synchronize_session="fetch")
    )
    _carry_earlier(session, change, impacts, notice)
    return True


def _pending(session: Session, change: UpstreamChange, tenant_id: int) -> list[UpstreamImpact]:
    return list(
        session.scalars(
            select(UpstreamImpact)
            .where(
                UpstreamImpact.change_id == change.id,
                UpstreamImpact.tenant_id == tenant_id,
                UpstreamImpact.state == ImpactState.PENDING,
                UpstreamImpact.notice_id.is_(None),
            )
            .order_by(UpstreamImpact.id)
            .execution_options(populate_existing=True)
        )
    )


def _issue(session: Session, change: UpstreamChange, impacts: list[UpstreamImpact], *, now: datetime) -> Notice:
    lead = impacts[0]
    agreements = sorted((impact.agreement for impact in impacts), key=lambda each: each.id)
    kind, particulars = _write(session, change, agreements, language=Language.ZH, now=now)
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
            .where(
                UpstreamImpact.withdrawal_obligation_id.is_not(None),
                UpstreamImpact.withdrawal_notice_id.is_(None),
                UpstreamImpact.state != ImpactState.WITHDRAWN,
                UpstreamChange.withdrawn_received_at <= due_by,
            )
            .group_by(UpstreamImpact.change_id, UpstreamImpact.tenant_id, UpstreamChange.withdrawn_received_at)
            .order_by(UpstreamChange.withdrawn_received_at, first)
        )
    )


def issue_withdrawal(session: Session, lead_id: int, *, now: datetime) -> bool:
    """E-31: tell one tenant that the source took its change back, or of both in one letter."""
    if lead_id not in withdrawals_to_issue(session, due_by=now):
        return False
    lead = session.get_one(UpstreamImpact, lead_id)
    change = locked(session, lead.change_id)
    impacts = list(
        session.scalars(
            select(UpstreamImpact)
            .where(
                UpstreamImpact.change_id == change.id,
                UpstreamImpact.tenant_id == lead.tenant_id,
                UpstreamImpact.withdrawal_obligation_id.is_not(None),
                UpstreamImpact.withdrawal_notice_id.is_(None),
                UpstreamImpact.state != ImpactState.WITHDRAWN,
            )
            .order_by(UpstreamImpact.id)
            .execution_options(populate_existing=True)
        )
    )
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
