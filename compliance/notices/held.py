"""What an older copy of the database calls unsent, though the send journal saw it begin: held until a person decides.

After a restore the journal is read once. An attempt that the database does not know, or knows without an end, holds the
message back: its outcome is unknown. A send of a notice that the database does not know at all is kept by what it was
about, so that the notice is held when it is written anew. Nothing is sent again as new by itself.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel.access.rules import OPERATOR, Actor
from agreements.kernel.db import Base, UTCDateTime
from agreements.kernel.errors import N_, Conflict, InvalidInput, Stale
from agreements.kernel.journal import SendJournal, Sent
from agreements.kernel.pausing import pause_sending
from compliance.notices.actions import require_drafting
from compliance.notices.models import DeliveryAttempt, Notice, Outbox
from compliance.notices.moving import move, record
from compliance.notices.rules import NoticeEvent, NoticeState, OutboxState, Outcome

WITNESS = "send journal"
OPEN = (OutboxState.PENDING, OutboxState.CLAIMED)


class SentElsewhere(Base):
    """A send that the journal saw and whose notice this database does not know."""

    __tablename__ = "sent_elsewhere"
    __table_args__ = (
        Index(None, "kind", "cause", "address_hash"),
        CheckConstraint("length(address_hash) = 64", name="address_hash"),
    )

    attempt: Mapped[str] = mapped_column(String(32), primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(120))
    address_hash: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What reading the journal found.

    held     messages held back
    unknown  sends of notices that this database does not know
    """

    held: int = 0
    unknown: int = 0


def is_behind(session: Session, journal: SendJournal) -> bool:
    """Say whether the journal's last attempt is one that this database does not know: then it is an older copy."""
    last = None
    for sent in journal.read():
        last = sent
    return last is not None and not _is_accounted_for(session, last)


def _is_accounted_for(session: Session, sent: Sent) -> bool:
    return (
        session.scalar(select(DeliveryAttempt.id).where(DeliveryAttempt.token == sent.attempt)) is not None
        or session.get(SentElsewhere, sent.attempt) is not None
    )


def guard_against_an_older_copy(session: Session, *, now: datetime) -> bool:
    """Pause and hold back where the journal knows more than the database: somebody put an older copy in place by hand.

    Asked when a scheduler starts; says whether it was so. Asked again it changes nothing.
    """
    journal: SendJournal = session.info["journal"]
    if not is_behind(session, journal):
        return False
    pause_sending(session, "journal", actor=OPERATOR, now=now)
    reconcile(session, journal, actor=OPERATOR, now=now)
    return True


def reconcile(session: Session, journal: SendJournal, *, actor: Actor, now: datetime) -> Reconciled:
    """Hold back whatever the journal saw begin and this database has no end of; doing it again changes nothing."""
    held = unknown = 0
    for sent in journal.read():
        outbox = session.scalar(
            select(Outbox)
            .join(Notice, Notice.id == Outbox.notice_id)
            .where(Notice.public_id == sent.notice, Outbox.address_hash == sent.address)
        )
        if outbox is None:
            unknown += _remember(session, sent)
            continue
        attempt = session.scalar(select(DeliveryAttempt).where(DeliveryAttempt.token == sent.attempt))
        if attempt is not None and attempt.outcome is not None and attempt.reply != WITNESS:
            continue
        if attempt is None:
            attempt = DeliveryAttempt(outbox_id=outbox.id, token=sent.attempt, started_at=sent.at)
            session.add(attempt)
        attempt.ended_at, attempt.outcome, attempt.reply = max(now, attempt.started_at), Outcome.UNKNOWN, WITNESS
        held += _hold(session, outbox, sent, actor=actor, now=now)
    return Reconciled(held, unknown)


def _remember(session: Session, sent: Sent) -> int:
    if session.get(SentElsewhere, sent.attempt) is not None:
        return 0
    session.add(
        SentElsewhere(
            attempt=sent.attempt,
            public_id=sent.notice,
            kind=sent.kind,
            cause=sent.cause,
            address_hash=sent.address,
            sent_at=sent.at,
        )
    )
    session.flush()
    return 1


def _hold(session: Session, outbox: Outbox, sent: Sent, *, actor: Actor, now: datetime) -> int:
    held = session.scalar(
        update(Outbox)
        .where(Outbox.id == outbox.id, Outbox.state.in_(OPEN))
        .values(state=OutboxState.HELD, claim_token=None, lease_until=None)
        .returning(Outbox.id)
    )
    if held is None:
        return 0
    session.refresh(outbox)
    record(
        session,
        outbox.notice,
        "notice.held",
        actor=actor,
        now=now,
        as_of=sent.at,
        details={"outbox_id": outbox.id, "attempt": sent.attempt},
    )
    return 1


def hold_if_sent(session: Session, outbox: Outbox, notice: Notice, *, actor: Actor, now: datetime) -> None:
    """Hold a message whose like left before a restore: the same kind and cause to the same address."""
    seen = session.scalars(
        select(SentElsewhere)
        .where(
            SentElsewhere.kind == notice.kind.value,
            SentElsewhere.cause == notice.cause,
            SentElsewhere.address_hash == outbox.address_hash,
        )
        .order_by(SentElsewhere.sent_at.desc(), SentElsewhere.attempt)
        .limit(1)
    ).first()
    if seen is not None:
        sent = Sent(seen.public_id, seen.kind, seen.cause, seen.address_hash, seen.attempt, seen.sent_at)
        _hold(session, outbox, sent, actor=actor, now=now)


def held_of(session: Session, outbox_id: int) -> Outbox:
    """Return a held message, or raise Stale: somebody decided about it meanwhile."""
    outbox = session.get(Outbox, outbox_id)
    if outbox is None or outbox.state is not OutboxState.HELD:
        raise Stale(N_("This message is no longer held back."))
    return outbox


def send_anyway(session: Session, outbox: Outbox, *, reason: str, actor: Actor, now: datetime) -> None:
    """A person says that the message did not reach the tenant: the same bytes go out (again)."""
    _decide(session, outbox, OutboxState.PENDING, reason=reason, actor=actor)
    outbox.next_attempt_at, outbox.attempts = now, 0
    record(
        session,
        outbox.notice,
        "notice.sent_again",
        actor=actor,
        now=now,
        reason=reason.strip(),
        details={"outbox_id": outbox.id},
    )


def take_as_sent(session: Session, outbox: Outbox, *, reason: str, actor: Actor, now: datetime) -> None:
    """A person says, by the mail system's log, that the message was taken: the notice is sent, not arrived by that."""
    began_at = began(session, outbox)
    if began_at is None:
        raise Conflict(
            N_("This very message never left; one about the same matter did, before the restore."),
            code="NEVER_LEFT",
            remedy=N_("Send it, or cancel the notice."),
        )
    _decide(session, outbox, OutboxState.ACCEPTED, reason=reason, actor=actor)
    notice = outbox.notice
    if notice.state is NoticeState.QUEUED:
        move(
            session,
            notice,
            NoticeEvent.SEND,
            actor=actor,
            now=now,
            reason=reason.strip(),
            values={"sent_at": began_at},
            details={"outbox_id": outbox.id, "witness": WITNESS},
        )


def began(session: Session, outbox: Outbox) -> datetime | None:
    """Return when the attempt began whose outcome nobody knows; None where only another notice of the matter left."""
    return session.scalar(
        select(DeliveryAttempt.started_at)
        .where(DeliveryAttempt.outbox_id == outbox.id, DeliveryAttempt.outcome == Outcome.UNKNOWN)
        .order_by(DeliveryAttempt.id.desc())
        .limit(1)
    )


def _decide(session: Session, outbox: Outbox, state: OutboxState, *, reason: str, actor: Actor) -> None:
    require_drafting(actor, outbox.notice.kind)
    if not reason.strip():
        raise InvalidInput(N_("Say why."), field="reason")
    decided = session.scalar(
        update(Outbox)
        .where(Outbox.id == outbox.id, Outbox.state == OutboxState.HELD)
        .values(state=state)
        .returning(Outbox.id)
    )
    if decided is None:
        raise Stale(N_("This message is no longer held back."))
    session.refresh(outbox)
