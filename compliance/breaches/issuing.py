"""The notices of a case: previewed exactly as they will go out, and sent in the act's own transaction."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor
from agreements.kernel.errors import N_, Conflict, Stale
from agreements.kernel.instants import legal_date
from agreements.parties.actions import address_in_clear, notice_address_in_force
from compliance.breaches import letters
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState
from compliance.changes.models import ChangeEvent
from compliance.notices.actions import approve, cancel, compose, may_have_left, write_letter
from compliance.notices.dispatch import enqueue, receipt_of
from compliance.notices.models import Notice
from compliance.notices.reading import masked
from compliance.notices.rules import Language, NoticeKind, NoticeState, Particulars

NOT_YET = "········"  # stands in a preview for what only sending makes: the number's end and the link's secret


@dataclass(frozen=True, slots=True)
class Draft:
    """What a notice of a case will say, before anything of it exists.

    clause         what its facts do not conform to, or in a notice that follows a suspension the clause that one cited
    stated_due_on  last day to act, of a demand; None for other kinds
    """

    kind: NoticeKind
    clause: str
    particulars: Particulars
    language: Language
    stated_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it will be sent, but for number and link. `fingerprint` tells whether it is still the one read."""

    kind: NoticeKind
    language: Language
    subject: str
    text: str
    recipient: str
    masked_address: str
    fingerprint: str


def change_behind(session: Session, case: BreachCase) -> ChangeEvent | None:
    """Return the change of the tenant's that the case is about, or None where it is about another duty."""
    kind, _, number = case.obligation.cause.partition(":")
    return session.get(ChangeEvent, int(number)) if kind in ("change", "change_procedure") else None


def what_changed(session: Session, case: BreachCase) -> str | None:
    """Return what a letter calls the change, so that the tenant knows which one is meant."""
    change = change_behind(session, case)
    return change.description.rstrip("。.;； ") if change else None


def preview(session: Session, case: BreachCase, draft: Draft, *, now: datetime) -> Preview:
    """Write the letter that `issue` would send now. Nothing is kept; what `issue` refuses is refused here too."""
    address = _designated_address(session, case)
    number = f"LY-{legal_date(now):%Y%m%d}-{NOT_YET}"
    letter = write_letter(
        session,
        case.agreement,
        kind=draft.kind,
        number=number,
        clause=draft.clause,
        particulars=draft.particulars,
        language=draft.language,
        stated_due_on=draft.stated_due_on,
        today=legal_date(now),
    )
    text = letter.text + receipt_of(session, draft.language, number=number, token=NOT_YET, now=now)
    seen = f"{address}\n{letter.subject}\n{text}"
    return Preview(
        kind=draft.kind,
        language=draft.language,
        subject=letter.subject,
        text=text,
        recipient=case.agreement.party_a_name,
        masked_address=masked(address),
        fingerprint=hashlib.sha256(seen.encode()).hexdigest(),
    )


def require_as_read(shown: Preview | None, fingerprint: str) -> None:
    """Raise Stale where the letter or its address is no longer the one that a person read before deciding to send.

    shown  what would be sent now; None where the act sends nothing, and then nothing was read
    """
    if (shown.fingerprint if shown else "") != fingerprint:
        raise Stale(
            N_("The letter or its address has changed since you read it; nothing was sent."),
            code="LETTER_CHANGED",
            remedy=N_("Read it again below, then send it."),
        )


def issue(session: Session, case: BreachCase, draft: Draft, *, actor: Actor, now: datetime) -> Notice:
    """Compose, approve and queue the notice of an act, in the act's own transaction."""
    address = _designated_address(session, case)
    notice = compose(
        session,
        kind=draft.kind,
        cause=f"case:{case.id}",
        clause=draft.clause,
        tenant_id=case.tenant_id,
        agreement_id=case.agreement_id,
        particulars=draft.particulars,
        language=draft.language,
        stated_due_on=draft.stated_due_on,
        actor=actor,
        now=now,
    )
    approve(session, notice, actor=actor, now=now)
    enqueue(session, notice, address, actor=actor, now=now)
    return notice


def _designated_address(session: Session, case: BreachCase) -> str:
    confirmed = notice_address_in_force(session, case.tenant_id)
    if confirmed is None:
        raise Conflict(
            N_("This tenant has designated no address for notices, so none could arrive."),
            code="NO_USABLE_CHANNEL",
            remedy=N_("Record its notice address confirmation first, or serve the notice in person."),
        )
    return address_in_clear(session, confirmed)


def withdrawal_draft(case: BreachCase, notice: Notice, *, actor: Actor) -> Draft:
    """E-40: the letter that takes back a suspension whose notice may be on its way."""
    assert case.hold is not None, "only a decided suspension is taken back"
    return Draft(
        NoticeKind.SUSPENSION_WITHDRAWAL,
        case.hold.clause,
        letters.withdrawal(case, language=notice.language, signatory=actor.name),
        notice.language,
    )


def withdrawal_to_send(session: Session, case: BreachCase, *, actor: Actor, now: datetime) -> Preview | None:
    """E-40: the letter that accepting the rectification would send now; None where none is needed."""
    notice = case.hold.notice if case.state is CaseState.SUSPENSION_DECIDED and case.hold else None
    if notice is None or notice.arrived_at is not None or not may_have_left(session, notice.id):
        return None
    return preview(session, case, withdrawal_draft(case, notice, actor=actor), now=now)


def take_back_suspension(
    session: Session, case: BreachCase, notice: Notice, *, reason: str, actor: Actor, now: datetime
) -> None:
    """E-40: the suspension is off before it took effect.

    A notice of which no copy can have left is cancelled; otherwise a correcting notice follows it (民法典 141).
    """
    if notice.arrived_at is not None or may_have_left(session, notice.id):
        issue(session, case, withdrawal_draft(case, notice, actor=actor), actor=actor, now=now)
    else:
        cancel(session, notice, reason=reason, actor=actor, now=now)


def take_back_demand(session: Session, notice: Notice | None, *, reason: str, actor: Actor, now: datetime) -> bool:
    """Stop a demand that would ask for what was accepted meanwhile; False where it is out of our hands already."""
    if notice is None or notice.state is not NoticeState.QUEUED or may_have_left(session, notice.id):
        return False
    cancel(session, notice, reason=reason, actor=actor, now=now)
    return True
