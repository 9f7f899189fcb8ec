"""Sending the notice of an act: composed, approved and queued in the act's own transaction."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor
from agreements.kernel.errors import N_, Conflict
from agreements.parties.actions import address_in_clear, notice_address_in_force
from compliance.breaches import letters
from compliance.breaches.models import BreachCase
from compliance.notices.actions import approve, cancel, compose, may_have_left
from compliance.notices.dispatch import enqueue
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeKind, Particulars


def issue(
    session: Session,
    case: BreachCase,
    kind: NoticeKind,
    *,
    clause: str,
    particulars: Particulars,
    language: Language,
    stated_due_on: date | None,
    actor: Actor,
    now: datetime,
) -> Notice:
    """Compose, approve and queue the notice of an act, in the act's own transaction."""
    address = notice_address_in_force(session, case.tenant_id)
    if address is None:
        raise Conflict(
            N_("This tenant has designated no address for notices, so none could arrive."),
            code="NO_USABLE_CHANNEL",
            remedy=N_("Record its notice address confirmation first, or serve the notice in person."),
        )
    notice = compose(
        session,
        kind=kind,
        cause=f"case:{case.id}:{kind.value}:{case.version}",
        clause=clause,
        tenant_id=case.tenant_id,
        agreement_id=case.agreement_id,
        particulars=particulars,
        language=language,
        stated_due_on=stated_due_on,
        actor=actor,
        now=now,
    )
    approve(session, notice, actor=actor, now=now)
    enqueue(session, notice, address_in_clear(session, address), actor=actor, now=now)
    return notice


def take_back_suspension(
    session: Session, case: BreachCase, notice: Notice, *, reason: str, actor: Actor, now: datetime
) -> None:
    """E-40: the suspension is off before its notice arrived.

    A notice of which no copy can have left is cancelled; otherwise a correcting notice follows it (民法典 141).
    """
    if not may_have_left(session, notice.id):
        cancel(session, notice, reason=reason, actor=actor, now=now)
        return
    issue(
        session,
        case,
        NoticeKind.SUSPENSION_WITHDRAWAL,
        clause=notice.clause,
        particulars=letters.withdrawal(case, language=notice.language, signatory=actor.name),
        language=notice.language,
        stated_due_on=None,
        actor=actor,
        now=now,
    )
