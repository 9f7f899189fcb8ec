"""What each tenant gets, or has got, word for word, before anything is sent."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor
from agreements.kernel.audit import canonical_json
from agreements.kernel.instants import legal_date
from agreements.parties.actions import address_in_clear, notice_address_in_force
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.notices.actions import write_letter
from compliance.notices.dispatch import answering_of, receipt_of
from compliance.notices.models import Notice
from compliance.notices.reading import masked, shown_text
from compliance.notices.rules import Language, NoticeKind
from compliance.upstream.actions import Content, Receipt
from compliance.upstream.correcting import amend
from compliance.upstream.dispatching import CLAUSE, write
from compliance.upstream.mapping import owed_unmapped
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.rules import RUNNING, ImpactState, ReceivedVia

NOT_YET = "········"  # stands for what only sending makes: the number's end and the links' secrets


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


def preview(
    session: Session, change: UpstreamChange, *, language: Language = Language.ZH, now: datetime
) -> list[LetterPreview]:
    """Write what each tenant would get now, by tenant; nothing is kept. Who is not mapped yet is included."""
    waiting: dict[int, list[Agreement]] = defaultdict(list)
    issued: dict[int, tuple[Notice, list[Agreement]]] = {}
    impacts = session.scalars(
        select(UpstreamImpact)
        .where(
            UpstreamImpact.change_id == change.id,
            or_(UpstreamImpact.state != ImpactState.NOT_APPLICABLE, UpstreamImpact.notice_id.is_not(None)),
        )
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
            text=shown_text(session, notice),
            masked_address=_masked_address(session, notice.tenant_id),
            notice=notice,
        )
        for notice, agreements in issued.values()
    ]
    return sorted(to_come + gone, key=lambda each: (each.tenant.id, each.notice is not None))


def preview_of_correction(
    session: Session,
    change: UpstreamChange,
    content: Content,
    *,
    received_at: datetime,
    version: int,
    actor: Actor,
    now: datetime,
) -> list[LetterPreview]:
    """Write what each tenant would get if the source's correction were recorded; nothing is kept.

    It is recorded and taken back, so whatever recording would refuse is refused here too; the original may still lack.
    """
    receipt = Receipt(received_at, ReceivedVia.PHONE)
    with session.begin_nested() as trial:
        correction = amend(session, change, content, receipt, version=version, actor=actor, now=now)
        letters = preview(session, correction, now=now)
        trial.rollback()
    session.expire_all()  # rows that were written and taken back are read anew
    return letters


def mark_of(letters: list[LetterPreview]) -> str:
    """Return the SHA-256 of who gets what, by which somebody says that these letters were looked at."""
    said = [[each.tenant.id, each.subject, each.text] for each in letters]
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def _to_come(
    session: Session, change: UpstreamChange, agreements: list[Agreement], *, language: Language, now: datetime
) -> LetterPreview:
    kind, particulars = write(session, change, agreements, language=language, now=now)
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


def _masked_address(session: Session, tenant_id: int) -> str | None:
    confirmed = notice_address_in_force(session, tenant_id)
    return masked(address_in_clear(session, confirmed)) if confirmed else None
