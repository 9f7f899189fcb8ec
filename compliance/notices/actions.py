"""Composing, approving and cancelling notices. Sending is in `dispatch`, arrival in `arrivals`."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import files
from agreements.kernel.access.rules import Actor, ActorKind, Permission, may, require
from agreements.kernel.errors import N_, Conflict, MissingData, NotFound, NotPermitted
from agreements.kernel.instants import legal_date
from agreements.kernel.settings import Settings
from agreements.register.models import Agreement
from compliance.notices import letters
from compliance.notices.models import DeliveryAttempt, Notice, Outbox
from compliance.notices.moving import move, record
from compliance.notices.rules import (
    TEMPLATES,
    Language,
    NoticeEvent,
    NoticeKind,
    NoticeState,
    OutboxState,
    Outcome,
    Particulars,
    check_letter,
)


def notice_of_id(session: Session, notice_id: int) -> Notice:
    """Return the notice, or raise NotFound."""
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise NotFound(N_("There is no notice %(id)s."), field="notice", id=notice_id)
    return notice


def notice_of_cause(session: Session, cause: str, kind: NoticeKind) -> Notice | None:
    """Return the one notice of a kind that a cause has, or None."""
    return session.scalar(select(Notice).where(Notice.cause == cause, Notice.kind == kind))


def compose(
    session: Session,
    *,
    kind: NoticeKind,
    cause: str,
    clause: str,
    tenant_id: int,
    agreement_id: int,
    particulars: Particulars,
    language: Language,
    stated_due_on: date | None,
    actor: Actor,
    now: datetime,
) -> Notice:
    """Write the letter and enter it as a draft. The text is final: what is approved later is this text by its hash.

    cause          the act it belongs to, such as "case:12:rectification_demand"; one notice of a kind per cause
    clause         what was not performed and then what the notice rests on, joined by “+”: "3.3 + 4.4"
    stated_due_on  last day, inclusive, by which the tenant must act; a rectification demand needs one

    Raises Conflict (NOTICE_EXISTS) where the cause has its notice already, and writes nothing then.
    """
    require_drafting(actor, kind)
    agreement = session.get(Agreement, agreement_id)
    if agreement is None or agreement.tenant_id != tenant_id:
        raise NotFound(
            N_("Tenant %(tenant_id)s has no agreement %(agreement_id)s."),
            field="agreement",
            clause="5.1",
            tenant_id=tenant_id,
            agreement_id=agreement_id,
        )
    if notice_of_cause(session, cause, kind) is not None:
        raise Conflict(N_("There is a notice for this already (%(cause)s)."), code="NOTICE_EXISTS", cause=cause)
    public_id = uuid4().hex
    number = letters.number_of(public_id, now)
    template = TEMPLATES[kind]
    letter = write_letter(
        session,
        agreement,
        kind=kind,
        number=number,
        clause=clause,
        particulars=particulars,
        language=language,
        stated_due_on=stated_due_on,
        today=legal_date(now),
    )
    body = files.keep(
        session, letter.text.encode(), name=f"{number}.txt", media_type="text/plain; charset=utf-8", now=now
    )
    notice = Notice(
        public_id=public_id,
        number=number,
        kind=kind,
        clause=clause,
        tenant_id=tenant_id,
        agreement_id=agreement_id,
        cause=cause,
        state=NoticeState.DRAFT,
        template_key=kind.value,
        template_version=template.version,
        language=language,
        subject=letter.subject,
        body_file_id=body.id,
        body_sha256=body.sha256,
        stated_due_on=stated_due_on,
        drafted_at=now,
    )
    session.add(notice)
    session.flush()  # the audit row names its id
    record(
        session,
        notice,
        "notice.drafted",
        actor=actor,
        now=now,
        details={
            "template": template.name(kind),
            "sha256": notice.body_sha256,
            "due_on": stated_due_on.isoformat() if stated_due_on else None,
        },
    )
    return notice


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as the tenant reads it."""

    subject: str
    text: str


def write_letter(
    session: Session,
    agreement: Agreement,
    *,
    kind: NoticeKind,
    number: str,
    clause: str,
    particulars: Particulars,
    language: Language,
    stated_due_on: date | None,
    today: date,
) -> Letter:
    """Check and write a letter; nothing is kept, so that a preview shows the very text that `compose` will keep."""
    check_letter(kind, particulars, clause=clause, stated_due_on=stated_due_on, today=today)
    settings: Settings = session.info["settings"]
    breached, _, power = clause.partition(" + ")
    text = letters.render(
        kind.value,
        TEMPLATES[kind].version,
        language,
        number=number,
        drafted_on=today,
        tenant=agreement.party_a_name,
        provider=provider_name(session, agreement),
        order_no=agreement.order_no,
        clause=clause,
        breached=breached,
        power=power,
        reply_to=settings.provider_reply_to,
        facts=particulars.facts,
        requests=particulars.requests,
        stated_due_on=stated_due_on,
        signatory=particulars.signatory,
        earlier_number=particulars.earlier_number,
        **particulars.own,
    )
    return Letter(letters.subject_of(kind, language, number=number, order_no=agreement.order_no), text)


def provider_name(session: Session, agreement: Agreement) -> str:
    """Return the name that signs: the agreement's provider, else the installation's setting."""
    settings: Settings = session.info["settings"]
    name = agreement.provider_name or settings.provider_name
    if not name:
        raise MissingData(
            N_("Nobody knows under which company name notices are sent."),
            remedy=N_("Set provider_name in the configuration."),
        )
    return name


def body_text(session: Session, notice: Notice) -> str:
    """Return the letter as it was approved; raises IntegrityBroken where the stored file no longer fits its hash."""
    return files.content_of(session, notice.body_file).decode()


def approve(session: Session, notice: Notice, *, actor: Actor, now: datetime) -> None:
    """Domain 6.5: release the letter. A suspension takes an approver; the scheduler only what counsel pre-approved."""
    template = TEMPLATES[notice.kind]
    if actor.kind is ActorKind.SCHEDULER:
        _require_pre_approval(actor, notice.kind)
        ground: dict[str, object] = {"pre_approval": template.name(notice.kind)}
    else:
        require(actor, template.approval)
        ground = {"approved_by": actor.name, "approved_by_id": actor.id}
    move(
        session,
        notice,
        NoticeEvent.APPROVE,
        actor=actor,
        now=now,
        values={"approved_at": now, **ground},
        details={"sha256": notice.body_sha256},
    )


def cancel(
    session: Session,
    notice: Notice,
    *,
    reason: str,
    by_right: Permission | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """E-40: stop a notice whose ground is gone, as long as no copy can have reached the tenant.

    Once an attempt may have handed a copy over, cancelling raises Conflict (MAY_HAVE_LEFT): what arrived can't be
    called back by us alone (民法典 141).

    by_right  the permission of the decision that takes the notice's ground away, where it is not drafting
    """
    if by_right is None:
        require_drafting(actor, notice.kind)
    else:
        require(actor, by_right)
    stop_waiting(session, notice.id)
    if may_have_left(session, notice.id):
        raise Conflict(
            N_("A copy of notice %(number)s may have reached the tenant already."),
            code="MAY_HAVE_LEFT",
            remedy=N_("Wait for the answer of the mail server, or send a correcting notice."),
            number=notice.number,
        )
    move(
        session,
        notice,
        NoticeEvent.CANCEL,
        actor=actor,
        now=now,
        reason=reason,
        values={"cancelled_at": now},
    )


def stop_waiting(session: Session, notice_id: int) -> None:
    """Cancel the messages of a notice that no attempt has under way, so that none goes out any more."""
    session.execute(
        update(Outbox)
        .where(Outbox.notice_id == notice_id, Outbox.state.in_((OutboxState.PENDING, OutboxState.HELD)))
        .values(state=OutboxState.CANCELLED)
    )


def may_have_left(session: Session, notice_id: int) -> bool:
    """Say whether an attempt is under way or ended without an answer."""
    return (
        session.scalar(
            select(DeliveryAttempt.id)
            .join(Outbox, Outbox.id == DeliveryAttempt.outbox_id)
            .where(
                Outbox.notice_id == notice_id,
                DeliveryAttempt.outcome.is_(None) | DeliveryAttempt.outcome.in_((Outcome.UNKNOWN, Outcome.ACCEPTED)),
            )
            .limit(1)
        )
        is not None
    )


def require_drafting(actor: Actor, kind: NoticeKind) -> None:
    """A legal officer drafts any notice, whoever may approve a kind drafts it too, the scheduler pre-approved ones."""
    if actor.kind is ActorKind.SCHEDULER:
        _require_pre_approval(actor, kind)
    elif not may(actor, Permission.DEMAND_RECTIFICATION):
        require(actor, TEMPLATES[kind].approval)


def _require_pre_approval(actor: Actor, kind: NoticeKind) -> None:
    if not TEMPLATES[kind].pre_approved:
        raise NotPermitted(
            N_("%(name)s may not send notices of kind %(kind)s without a person."),
            remedy=N_("A person has to approve it."),
            name=actor.name,
            kind=kind,
        )
