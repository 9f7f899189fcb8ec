"""That a notice arrived: recorded by an officer with its proof, or acknowledged by the tenant (domain 4.2)."""

from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.kernel import policies
from agreements.kernel.access.rules import Actor, ActorKind, Permission, require
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.files import StoredFile
from compliance.notices.actions import stop_waiting
from compliance.notices.dispatch import token_hash
from compliance.notices.models import AcknowledgementLink, AnswerLink, Arrival, DeliveryAttempt, Notice, Outbox
from compliance.notices.moving import move
from compliance.notices.rules import (
    ON_PAPER,
    ArrivalBasis,
    NoticeEvent,
    NoticeKind,
    NoticeState,
    Outcome,
    arrival_event,
    check_arrival,
    notice_move,
    should_know_from,
)

TENANT = Actor(ActorKind.TENANT_CONTACT, "tenant")


def arrival_of(session: Session, notice_id: int) -> Arrival | None:
    """Return the fact by which a notice arrived, or None while it has not."""
    return session.scalar(select(Arrival).where(Arrival.notice_id == notice_id))


def arrival_for_cause(session: Session, cause: str, kind: NoticeKind) -> Arrival | None:
    """Return the arrival of a cause's notice of a kind, or None."""
    return session.scalar(
        select(Arrival).join(Notice, Notice.id == Arrival.notice_id).where(Notice.cause == cause, Notice.kind == kind)
    )


def arrivals_after(session: Session, last_id: int) -> list[tuple[Arrival, Notice]]:
    """Return arrivals recorded since one, oldest first, for the rooms above to sweep."""
    rows = session.execute(
        select(Arrival, Notice)
        .join(Notice, Notice.id == Arrival.notice_id)
        .where(Arrival.id > last_id)
        .order_by(Arrival.id)
    )
    return [(arrival, notice) for arrival, notice in rows]


def record_arrival(
    session: Session,
    notice: Notice,
    *,
    basis: ArrivalBasis,
    arrived_at: datetime,
    proof: StoredFile | None,
    note: str,
    actor: Actor,
    now: datetime,
) -> Arrival:
    """Record when and by what a notice arrived: electronically once it was sent, on paper from its approval on.

    arrived_at  when it arrived, in fact or as the tenant should have known; between `earliest_arrival` and now
    proof       what shows it; without one InvalidInput is raised, whatever the basis

    A second record raises IllegalMove: one fact establishes the arrival, and it is not replaced.
    """
    require(actor, Permission.RECORD_ARRIVAL)
    event = arrival_event(basis)
    notice_move(notice.state, event)
    check_arrival(arrived_at, not_before=earliest_arrival(session, notice, basis), now=now, has_proof=proof is not None)
    return _establish(
        session, notice, event, basis=basis, arrived_at=arrived_at, proof=proof, note=note.strip(), actor=actor, now=now
    )


def earliest_arrival(session: Session, notice: Notice, basis: ArrivalBasis) -> datetime:
    """Domain 4.2: return the earliest moment at which a notice can have arrived in this way.

    On paper its approval; what went by wire, the start of the first attempt that may have got through; what the tenant
    should know, the next business opening after the remote system took it.
    """
    if basis in ON_PAPER:
        earliest = notice.approved_at
    elif basis is ArrivalBasis.SHOULD_KNOW and notice.sent_at is not None:
        opening_hour = policies.value_of(session, "business_opening_hour", at=notice.sent_at)
        earliest = should_know_from(notice.sent_at, calendar=working_calendar(session), opening_hour=opening_hour)
    else:
        earliest = session.scalar(
            select(func.min(DeliveryAttempt.started_at))
            .join(Outbox, Outbox.id == DeliveryAttempt.outbox_id)
            .where(
                Outbox.notice_id == notice.id,
                or_(
                    DeliveryAttempt.outcome.is_(None), DeliveryAttempt.outcome.in_((Outcome.ACCEPTED, Outcome.UNKNOWN))
                ),
            )
        )
    if earliest is None:  # the machine lets nothing arrive that was neither approved nor sent
        raise ValueError(f"notice {notice.id} can't have arrived by {basis.value}")
    return earliest


def notice_of_link(session: Session, token: str, *, now: datetime) -> Notice:
    """Return the notice a tenant's link shows, or raise NotFound; looking changes nothing (mail scanners prefetch)."""
    return _link(session, token, now=now).notice


def acknowledge(session: Session, token: str, *, now: datetime) -> bool:
    """The tenant says that the notice came: it arrived, now at the latest, and is acknowledged.

    Returns False, changing nothing, where it was acknowledged before.
    """
    link = _link(session, token, now=now)
    if not _acknowledge(session, link.notice, details={"link_id": link.id}, now=now):
        return False
    session.execute(
        update(AcknowledgementLink)
        .where(AcknowledgementLink.id == link.id, AcknowledgementLink.used_at.is_(None))
        .values(used_at=now)
    )
    return True


def answer_link_of(session: Session, token: str, *, now: datetime) -> AnswerLink:
    """Return the link that answers a notice, or raise NotFound; looking changes nothing."""
    link = session.scalar(
        select(AnswerLink).where(AnswerLink.token_sha256 == token_hash(token), AnswerLink.expires_at > now)
    )
    if link is None:
        raise _link_unknown()
    return link


def acknowledge_by_answer(session: Session, link: AnswerLink, *, now: datetime) -> bool:
    """Whoever answers a notice has it: it arrived, now at the latest. False where it was acknowledged before."""
    return _acknowledge(session, link.notice, details={"answer_link_id": link.id}, now=now)


def _acknowledge(session: Session, notice: Notice, *, details: dict[str, object], now: datetime) -> bool:
    session.refresh(notice)
    if notice.state is NoticeState.ACKNOWLEDGED:
        return False
    if notice.state is not NoticeState.ARRIVED:
        _establish(
            session,
            notice,
            NoticeEvent.ARRIVE_BY_LINK,
            basis=ArrivalBasis.ACKNOWLEDGED,
            arrived_at=now,
            proof=None,
            note="",
            actor=TENANT,
            now=now,
        )
    move(
        session,
        notice,
        NoticeEvent.ACKNOWLEDGE,
        actor=TENANT,
        now=now,
        values={"acknowledged_at": now},
        details=details,
    )
    return True


def _link(session: Session, token: str, *, now: datetime) -> AcknowledgementLink:
    link = session.scalar(
        select(AcknowledgementLink).where(
            AcknowledgementLink.token_sha256 == token_hash(token), AcknowledgementLink.expires_at > now
        )
    )
    if link is None:
        raise _link_unknown()
    return link


def _link_unknown() -> NotFound:
    return NotFound(
        N_("This link is unknown or has ended."),
        code="LINK_UNKNOWN",
        remedy=N_("Open the link in the notice itself, or answer the notice by e-mail."),
    )


def _establish(
    session: Session,
    notice: Notice,
    event: NoticeEvent,
    *,
    basis: ArrivalBasis,
    arrived_at: datetime,
    proof: StoredFile | None,
    note: str,
    actor: Actor,
    now: datetime,
) -> Arrival:
    """Write the fact and the move it makes, together; what has arrived is not sent any more."""
    notice_move(notice.state, event)
    arrival = Arrival(
        notice_id=notice.id,
        basis=basis,
        arrived_at=arrived_at,
        recorded_at=now,
        recorded_by=actor.name,
        recorded_by_id=actor.id,
        proof_file_id=proof.id if proof else None,
        note=note,
    )
    session.add(arrival)
    session.flush()  # the notice names its id
    stop_waiting(session, notice.id)
    move(
        session,
        notice,
        event,
        actor=actor,
        now=now,
        as_of=arrived_at,
        values={"arrived_at": arrived_at, "arrival_id": arrival.id},
        details={"basis": basis.value, "arrival_id": arrival.id, "file_id": arrival.proof_file_id},
    )
    return arrival
