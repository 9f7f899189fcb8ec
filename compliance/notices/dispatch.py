"""Putting approved notices into the outbox, claiming them for sending, and writing down how each attempt ended."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from agreements.kernel import files
from agreements.kernel.access.rules import SCHEDULER, Actor
from agreements.kernel.crypto import Keyring, Place
from agreements.kernel.errors import N_, Conflict
from agreements.kernel.instants import end_of
from agreements.kernel.pausing import open_pause
from agreements.kernel.settings import Settings
from compliance.notices import letters
from compliance.notices.actions import body_text, provider_name, require_drafting, stop_waiting
from compliance.notices.held import hold_if_sent
from compliance.notices.models import AcknowledgementLink, AnswerLink, DeliveryAttempt, Notice, Outbox
from compliance.notices.moving import move, record
from compliance.notices.rules import (
    TEMPLATES,
    Channel,
    Language,
    NoticeEvent,
    NoticeState,
    OutboxState,
    Outcome,
    notice_move,
    retry_delay,
)

LINK_LIFE_CALENDAR_DAYS = 180
LONGEST_REPLY = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one message until the lease ends; `token` names the attempt."""

    outbox_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Message:
    """What goes on the wire: envelope and bytes."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the remote system said. `host` is the address that was really connected to, empty for none."""

    outcome: Outcome
    reply: str
    host: str


def enqueue(session: Session, notice: Notice, address: str | None, *, actor: Actor, now: datetime) -> Outbox:
    """Domain 6.5: queue an approved notice to an address that the caller took from the tenant's confirmation.

    The message is built here, once: the address is the one of this moment, whatever becomes of the contact later.
    A bounced notice can be queued again, to another address, or to the same one with the same bytes.
    Without an address Conflict (NO_USABLE_CHANNEL) is raised: the notice then has to be served on paper.
    """
    require_drafting(actor, notice.kind)
    notice_move(notice.state, NoticeEvent.ENQUEUE)
    address = (address or "").strip()
    if not address:
        raise Conflict(
            N_("Notice %(number)s has no address to go to."),
            code="NO_USABLE_CHANNEL",
            remedy=N_("Record the tenant's notice address confirmation, or serve the notice by courier or in person."),
            number=notice.number,
        )
    outbox = _row_for(session, notice, address, now=now)
    move(
        session,
        notice,
        NoticeEvent.ENQUEUE,
        actor=actor,
        now=now,
        values={"queued_at": now},
        details={"outbox_id": outbox.id, "channel": outbox.channel.value, "message_sha256": outbox.message_sha256},
    )
    hold_if_sent(session, outbox, notice, actor=actor, now=now)
    return outbox


def _row_for(session: Session, notice: Notice, address: str, *, now: datetime) -> Outbox:
    """Make the outbox row of an address, or set the one it has to pending again."""
    keyring: Keyring = session.info["keyring"]
    address_hash = keyring.lookup_hash(address.casefold())
    known = session.scalar(
        select(Outbox).where(
            Outbox.notice_id == notice.id, Outbox.channel == Channel.EMAIL, Outbox.address_hash == address_hash
        )
    )
    if known is not None:
        known.state = OutboxState.PENDING
        known.next_attempt_at = now
        known.attempts = 0
        return known
    settings: Settings = session.info["settings"]
    ordinal = 1 + (session.scalar(select(func.count()).where(Outbox.notice_id == notice.id)) or 0)
    message_id = letters.message_id_of(notice.public_id, ordinal, settings.smtp_from)
    token = secrets.token_urlsafe(32)
    answer_token = secrets.token_urlsafe(32) if TEMPLATES[notice.kind].takes_answer else None
    links = receipt_of(session, notice.language, number=notice.number, token=token, now=now)
    if answer_token is not None:
        links += answering_of(session, notice.language, number=notice.number, token=answer_token, now=now)
    content = letters.build_message(
        sender=settings.smtp_from,
        sender_name=provider_name(session, notice.agreement),
        recipient=address,
        subject=notice.subject,
        text=body_text(session, notice) + links,
        message_id=message_id,
        at=now,
    )
    row_key = uuid4().hex
    sealed = keyring.encrypt(content.decode("ascii"), Place("outbox", "message", row_key)).encode()
    stored = files.keep(
        session, sealed, name=f"{notice.number}.eml.sealed", media_type="application/octet-stream", now=now
    )
    outbox = Outbox(
        row_key=row_key,
        notice_id=notice.id,
        channel=Channel.EMAIL,
        address_sealed=keyring.encrypt(address, Place("outbox", "address_sealed", row_key)),
        address_hash=address_hash,
        message_id=message_id,
        message_file_id=stored.id,
        message_sha256=hashlib.sha256(content).hexdigest(),
        state=OutboxState.PENDING,
        attempts=0,
        next_attempt_at=now,
        enqueued_at=now,
    )
    session.add(outbox)
    session.flush()  # the link names its id
    expires_at = end_of(letters.link_expires_on(now, LINK_LIFE_CALENDAR_DAYS))
    session.add(
        AcknowledgementLink(
            notice_id=notice.id, outbox_id=outbox.id, token_sha256=token_hash(token), expires_at=expires_at
        )
    )
    if answer_token is not None:
        session.add(
            AnswerLink(
                notice_id=notice.id, outbox_id=outbox.id, token_sha256=token_hash(answer_token), expires_at=expires_at
            )
        )
    return outbox


def receipt_of(session: Session, language: Language, *, number: str, token: str, now: datetime) -> str:
    """Return what follows the letter in a message: how to acknowledge it, by a link that bears the token."""
    settings: Settings = session.info["settings"]
    return letters.render(
        letters.RECEIPT,
        letters.RECEIPT_VERSION,
        language,
        number=number,
        link=f"{settings.public_url}/n/{token}",
        expires_on=letters.link_expires_on(now, LINK_LIFE_CALENDAR_DAYS),
    )


def answering_of(session: Session, language: Language, *, number: str, token: str, now: datetime) -> str:
    """Return what follows the receipt in a message that takes an answer: how to answer, by a link of its own."""
    settings: Settings = session.info["settings"]
    return letters.render(
        letters.ANSWER,
        letters.ANSWER_VERSION,
        language,
        number=number,
        link=f"{settings.public_url}/a/{token}",
        expires_on=letters.link_expires_on(now, LINK_LIFE_CALENDAR_DAYS),
    )


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(session: Session, outbox: Outbox) -> str:
    """Return the address in clear."""
    keyring: Keyring = session.info["keyring"]
    return keyring.decrypt(outbox.address_sealed, Place("outbox", "address_sealed", outbox.row_key))


def message_of(session: Session, outbox: Outbox) -> Message:
    """Return what goes on the wire; raises IntegrityBroken where the stored message was altered or moved."""
    keyring: Keyring = session.info["keyring"]
    settings: Settings = session.info["settings"]
    sealed = files.content_of(session, outbox.message_file).decode()
    content = keyring.decrypt(sealed, Place("outbox", "message", outbox.row_key)).encode("ascii")
    return Message(settings.smtp_from, address_of(session, outbox), content)


def claim_next(session: Session, *, now: datetime, wall: datetime, lease: timedelta) -> Claim | None:
    """Claim the oldest due message and write its attempt; None where nothing is due.

    While sending is paused nothing is. Else due is what is pending by `now`, and what was claimed under a lease that
    has ended: that attempt stays without an end, which means unknown, and the same bytes go out again. The caller
    commits before it touches the network.
    """
    if open_pause(session) is not None:
        return None
    due = or_(
        and_(Outbox.state == OutboxState.PENDING, Outbox.next_attempt_at <= now),
        and_(Outbox.state == OutboxState.CLAIMED, Outbox.lease_until <= wall),
    )
    oldest = (
        select(Outbox.id)
        .where(due)
        .order_by(Outbox.next_attempt_at, Outbox.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    token = uuid4().hex
    outbox_id = session.scalar(
        update(Outbox)
        .where(Outbox.id == oldest, due)
        .values(state=OutboxState.CLAIMED, claim_token=token, lease_until=wall + lease, attempts=Outbox.attempts + 1)
        .returning(Outbox.id)
        .execution_options(synchronize_session=False)
    )
    if outbox_id is None:
        return None
    session.add(DeliveryAttempt(outbox_id=outbox_id, token=token, started_at=now))
    return Claim(outbox_id, token)


def record_delivery(session: Session, claim: Claim, delivery: Delivery, *, now: datetime) -> bool:
    """Write down how an attempt ended, and what follows for the notice.

    Returns False where the lease had ended and somebody else claimed the message: then the attempt's own row gets its
    end, as evidence, and nothing else changes.
    """
    session.execute(
        update(DeliveryAttempt)
        .where(DeliveryAttempt.token == claim.token, DeliveryAttempt.ended_at.is_(None))
        .values(ended_at=now, outcome=delivery.outcome, reply=delivery.reply[:LONGEST_REPLY], host=delivery.host[:120])
    )
    outbox = _release(session, claim, delivery.outcome, now=now)
    if outbox is None:
        return False
    notice = session.get_one(Notice, outbox.notice_id, populate_existing=True, with_for_update=True)
    if notice.state is not NoticeState.QUEUED:  # it arrived some other way meanwhile
        stop_waiting(session, notice.id)
    if delivery.outcome is Outcome.ACCEPTED:
        _accepted(session, notice, outbox, claim, now=now)
    elif delivery.outcome is Outcome.REFUSED:
        _refused(session, notice, outbox, claim, now=now)
    return True


_STATE_AFTER = {Outcome.ACCEPTED: OutboxState.ACCEPTED, Outcome.REFUSED: OutboxState.UNDELIVERABLE}


def _release(session: Session, claim: Claim, outcome: Outcome, *, now: datetime) -> Outbox | None:
    """End a claim, guarded by its token; None where the token no longer holds it."""
    attempts = session.scalar(select(Outbox.attempts).where(Outbox.id == claim.outbox_id)) or 1
    return session.scalar(
        update(Outbox)
        .where(Outbox.id == claim.outbox_id, Outbox.claim_token == claim.token)
        .values(
            state=_STATE_AFTER.get(outcome, OutboxState.PENDING),
            claim_token=None,
            lease_until=None,
            next_attempt_at=now + retry_delay(attempts),
        )
        .returning(Outbox)
        .execution_options(populate_existing=True)
    )


def _accepted(session: Session, notice: Notice, outbox: Outbox, claim: Claim, *, now: datetime) -> None:
    """The remote system took the message: the notice is sent, once, and has not arrived by that."""
    details = {"outbox_id": outbox.id, "attempt": claim.token, "message_id": outbox.message_id}
    if notice.state is NoticeState.QUEUED:
        move(
            session,
            notice,
            NoticeEvent.SEND,
            actor=SCHEDULER,
            now=now,
            values={"sent_at": notice.sent_at or now},
            details=details,
        )
        return
    filled = session.scalar(
        update(Notice).where(Notice.id == notice.id, Notice.sent_at.is_(None)).values(sent_at=now).returning(Notice.id)
    )
    if filled is not None:  # it arrived on paper, or was acknowledged, before we learned that it was sent
        session.refresh(notice)
        record(session, notice, "notice.sent", actor=SCHEDULER, now=now, details=details)


def _refused(session: Session, notice: Notice, outbox: Outbox, claim: Claim, *, now: datetime) -> None:
    """The address refused for good: the notice bounced, unless it came to the tenant some other way meanwhile."""
    details = {"outbox_id": outbox.id, "attempt": claim.token}
    if notice.state is NoticeState.QUEUED:
        values: dict[str, object] = {"bounced_at": now}
        move(session, notice, NoticeEvent.BOUNCE, actor=SCHEDULER, now=now, values=values, details=details)
    else:
        record(session, notice, "notice.address_refused", actor=SCHEDULER, now=now, details=details)
