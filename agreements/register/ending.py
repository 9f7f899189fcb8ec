"""Cancelling an unpaid order, ending an agreement before its time, and closing it (domain 6.1)."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel import audit, revisions
from agreements.kernel.access.rules import SCHEDULER, Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput, Stale
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.proofs import require_of_the_tenant
from agreements.register.actions import advance, move
from agreements.register.ending_models import AgreementEnding
from agreements.register.ending_rules import (
    AGREED,
    BreachProof,
    ClosingProof,
    EndingGround,
    require_closable,
    require_ending_instant,
    require_in_time,
)
from agreements.register.models import Agreement
from agreements.register.rules import AgreementEvent, agreement_move

LONGEST_REASON = 2000


def cancel_order(session: Session, agreement: Agreement, *, reason: str, actor: Actor, now: datetime) -> None:
    """Main 三 1: the order was cancelled before payment, so nothing ever took effect."""
    require(actor, Permission.CANCEL_ORDER)
    move(session, agreement, AgreementEvent.CANCEL, actor=actor, now=now, as_of=now, reason=required(reason))


def end_by_agreement(
    session: Session,
    agreement: Agreement,
    ground: EndingGround,
    *,
    ended_at: datetime,
    reason: str,
    proof: Upload | None,
    actor: Actor,
    now: datetime,
) -> AgreementEnding:
    """Clauses 4.6 and 三 1: both signed that it ends, or the platform refunded the whole order.

    ended_at  when it ends, from the document; in the future only where both signed: then it ends at that instant
    proof     the document both signed, or the platform's record of the refund
    """
    require(actor, Permission.END_AGREEMENT)
    advance(session, agreement, now=now)
    if ground not in AGREED:
        raise InvalidInput(N_("Choose one of those offered."), field="ground")
    if ground is EndingGround.BOTH_SIGNED and proof is not None:
        require_of_the_tenant(session, proof.content, field="proof", clause="4.6")
    return _end(
        session,
        agreement,
        AgreementEvent.END_BY_AGREEMENT,
        AgreementEnding(ground=ground, ended_at=ended_at, file_id=_kept(session, proof, now=now)),
        reason=reason,
        actor=actor,
        now=now,
    )


def end_for_provider_cause(
    session: Session,
    agreement: Agreement,
    *,
    arrived_at: datetime,
    reason: str,
    proof: Upload | None,
    actor: Actor,
    now: datetime,
) -> AgreementEnding:
    """Clause 4.6: it ends for our reason when our notice arrived. proof: of the notice and its arrival."""
    require(actor, Permission.END_AGREEMENT)
    advance(session, agreement, now=now)
    return _end(
        session,
        agreement,
        AgreementEvent.END_PROVIDER_CAUSE,
        AgreementEnding(
            ground=EndingGround.PROVIDER_CAUSE,
            ended_at=arrived_at,
            arrived_at=arrived_at,
            file_id=_kept(session, proof, now=now),
        ),
        reason=reason,
        actor=actor,
        now=now,
    )


def end_by_arrival(
    session: Session,
    agreement: Agreement,
    breach: BreachProof,
    *,
    arrived_at: datetime,
    file_id: int,
    reason: str,
    now: datetime,
) -> AgreementEnding:
    """Clause 4.4: our declaration, which an approver decided, arrived within a year of knowing: that ended it.

    file_id  the proof of the arrival, or the declaration where the tenant itself acknowledged it
    """
    agreement_move(agreement.state, AgreementEvent.END_FOR_BREACH)
    known_at = breach.known_at or arrived_at
    cutoff = counting_in_force(session, now=now).due(DeadlineRule.RESCISSION_CUTOFF, known_at)
    require_in_time(breach, arrived_at=arrived_at, cutoff=cutoff)
    return _end(
        session,
        agreement,
        AgreementEvent.END_FOR_BREACH,
        AgreementEnding(
            ground=EndingGround.BREACH,
            ended_at=arrived_at,
            arrived_at=arrived_at,
            breach=breach.subject,
            known_at=breach.known_at,
            file_id=file_id,
        ),
        reason=reason,
        actor=SCHEDULER,
        now=now,
    )


def close_agreement(
    session: Session, agreement: Agreement, proof: ClosingProof, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Everything that followed the end is done; confidentiality and what survives go on."""
    require(actor, Permission.CLOSE_AGREEMENT)
    advance(session, agreement, now=now)
    agreement_move(agreement.state, AgreementEvent.CLOSE)
    require_closable(proof)
    move(session, agreement, AgreementEvent.CLOSE, actor=actor, now=now, as_of=now, reason=required(reason))


def ending_of(session: Session, agreement_id: int) -> AgreementEnding | None:
    return session.get(AgreementEnding, agreement_id)


def required(reason: str) -> str:
    """Return a reason without white space around it; raise InvalidInput where there is none or too much of it."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput(N_("Write down the grounds; they stay on record."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(N_("At most %(longest)s characters fit."), field="reason", longest=LONGEST_REASON)
    return reason


def _end(
    session: Session,
    agreement: Agreement,
    event: AgreementEvent,
    ending: AgreementEnding,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> AgreementEnding:
    """Record an end. One that both signed for a later instant is only agreed now; `advance` makes the move then."""
    agreement_move(agreement.state, event)
    assert agreement.effective_at is not None, "what is in force took effect"
    is_coming = ending.ended_at > now
    require_ending_instant(
        ending.ended_at,
        effective_at=agreement.effective_at,
        over_from=agreement.service_end_exclusive_at,
        may_come=ending.ground is EndingGround.BOTH_SIGNED,
        now=now,
    )
    ending.agreement_id = agreement.id
    ending.reason = required(reason)
    ending.recorded_at, ending.recorded_by = now, actor.name
    replaced = _take_off_coming(session, agreement)
    session.add(ending)
    if is_coming:
        _agree_on_end(session, agreement, ending, replaced=replaced, actor=actor, now=now)
        return ending
    move(
        session,
        agreement,
        event,
        actor=actor,
        now=now,
        as_of=ending.ended_at,
        reason=ending.reason,
        values={"ended_at": ending.ended_at},
    )
    return ending


def _take_off_coming(session: Session, agreement: Agreement) -> AgreementEnding | None:
    """Take off an end that was agreed and has not come: a later document, or an earlier end, takes its place."""
    coming = ending_of(session, agreement.id)
    if coming is not None:
        session.delete(coming)
        session.flush()  # the new row has its key
    return coming


def _agree_on_end(
    session: Session,
    agreement: Agreement,
    ending: AgreementEnding,
    *,
    replaced: AgreementEnding | None,
    actor: Actor,
    now: datetime,
) -> None:
    agreed = session.scalar(
        update(Agreement)
        .where(Agreement.id == agreement.id, Agreement.state == agreement.state)
        .values(ended_at=ending.ended_at)
        .returning(Agreement.id)
    )
    if agreed is None:
        raise Stale(N_("Somebody else moved agreement %(order_no)s meanwhile."), order_no=agreement.order_no)
    session.refresh(agreement)
    audit.record(
        session,
        actor=actor,
        act="agreement.end_agreed",
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause="4.6",
        reason=ending.reason,
        now=now,
        details={
            "ends_at": ending.ended_at.isoformat(),
            "before": replaced.ended_at.isoformat() if replaced else None,
            "file_id": ending.file_id,
        },
    )
    revisions.raise_revision(session, tenant_id=agreement.tenant_id, cause="agreement.end_agreed", now=now)


def _kept(session: Session, proof: Upload | None, *, now: datetime) -> int:
    if proof is None:
        raise InvalidInput(
            N_("The proof is missing."), field="proof", clause="4.6", remedy=N_("Choose the signed document or notice.")
        )
    return keep_upload(session, proof, now=now).id
