"""Cancelling an unpaid order, ending an agreement before its time, and closing it (domain 6.1)."""

from datetime import datetime

from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput
from agreements.parties.actions import Upload, keep_upload
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

    ended_at  when it ended, from the document; not in the future
    proof     the document both signed, or the platform's record of the refund
    """
    if ground not in AGREED:
        raise InvalidInput(N_("Choose one of those offered."), field="ground")
    return _end(
        session,
        agreement,
        AgreementEvent.END_BY_AGREEMENT,
        AgreementEnding(ground=ground, ended_at=ended_at),
        reason=reason,
        proof=proof,
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
    return _end(
        session,
        agreement,
        AgreementEvent.END_PROVIDER_CAUSE,
        AgreementEnding(ground=EndingGround.PROVIDER_CAUSE, ended_at=arrived_at, arrived_at=arrived_at),
        reason=reason,
        proof=proof,
        actor=actor,
        now=now,
    )


def end_for_breach(
    session: Session,
    agreement: Agreement,
    breach: BreachProof,
    *,
    arrived_at: datetime,
    reason: str,
    proof: Upload | None,
    actor: Actor,
    now: datetime,
) -> AgreementEnding:
    """Clause 4.4: we end the service for a confirmed breach; our declaration arrived within a year of knowing of it."""
    require(actor, Permission.END_AGREEMENT)
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
        ),
        reason=reason,
        proof=proof,
        actor=actor,
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
    proof: Upload | None,
    actor: Actor,
    now: datetime,
) -> AgreementEnding:
    require(actor, Permission.END_AGREEMENT)
    advance(session, agreement, now=now)
    agreement_move(agreement.state, event)
    assert agreement.effective_at is not None, "what is in force took effect"
    require_ending_instant(
        ending.ended_at, effective_at=agreement.effective_at, over_from=agreement.service_end_exclusive_at, now=now
    )
    if proof is None:
        raise InvalidInput(
            N_("The proof is missing."), field="proof", clause="4.6", remedy=N_("Choose the signed document or notice.")
        )
    ending.agreement_id = agreement.id
    ending.reason = required(reason)
    ending.file_id = keep_upload(session, proof, now=now).id
    ending.recorded_at, ending.recorded_by = now, actor.name
    session.add(ending)
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
