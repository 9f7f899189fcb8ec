"""Drafting, signing and putting into force a supplementary agreement: the only way to amend terms (clause 8.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, revisions
from agreements.kernel.access.rules import SCHEDULER, Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.instants import end_of, legal_date
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.proofs import require_of_the_tenant
from agreements.register.actions import advance
from agreements.register.ending import required
from agreements.register.ledger import ledger_of
from agreements.register.models import Agreement, Instrument, Term
from agreements.register.rules import IN_FORCE, AgreementState, InstrumentKind
from agreements.register.supplement_models import Supplement, SupplementTerm
from agreements.register.supplement_rules import (
    SigningParty,
    SupplementEvent,
    SupplementState,
    supplement_move,
    takes_effect_at,
)
from agreements.register.term_rules import DIRECTIONS
from agreements.register.term_values import ORDER_KEYS, QUOTA_TOTAL, SERVICE_END, checked_value

CLAUSE = "8.1"
AMENDABLE = (AgreementState.PENDING_PAYMENT, *IN_FORCE)


@dataclass(frozen=True, slots=True)
class Change:
    """What a supplement shall make of one term; `clause` it is to stand in, None for the one it has."""

    value: Any
    clause: str | None = None


def supplement_of_number(session: Session, number: str) -> Supplement:
    supplement = session.scalar(select(Supplement).where(Supplement.number == number))
    if supplement is None:
        raise NotFound(N_("There is no supplement %(number)s."), field="number", number=number)
    return supplement


def current_values(session: Session, agreement: Agreement, *, at: datetime) -> dict[str, Any]:
    """Return what a supplement can change, with what applies at an instant, by key; facts of the order last."""
    values = {key: row.applied.value for key, row in sorted(ledger_of(session, agreement.id, at=at).items())}
    last_on = legal_date(agreement.service_end_exclusive_at - datetime.resolution)
    return {**values, SERVICE_END: last_on.isoformat(), QUOTA_TOTAL: agreement.quota_total}


def draft_supplement(
    session: Session,
    agreement: Agreement,
    changes: Mapping[str, Change],
    *,
    asked_for_at: datetime | None,
    reaches_back: bool,
    reason: str,
    upload: Upload | None,
    actor: Actor,
    now: datetime,
) -> Supplement:
    """Write down what both sides want to change; it has no effect before both have signed (E-35).

    asked_for_at  the effective instant; None: when both have signed
    reaches_back  whether it says that it applies from an instant before the signatures
    """
    require(actor, Permission.DRAFT_SUPPLEMENT)
    advance(session, agreement, now=now)
    _require_amendable(agreement)
    if not changes:
        raise InvalidInput(N_("Name at least one term."), field="terms", clause=CLAUSE)
    if reaches_back and asked_for_at is None:
        raise InvalidInput(N_("Say from when it reaches back."), field="asked_for_at", clause=CLAUSE)
    current = current_values(session, agreement, at=now)
    rows = ledger_of(session, agreement.id, at=now)
    count = session.scalar(select(func.count(Supplement.id)).where(Supplement.agreement_id == agreement.id)) or 0
    supplement = Supplement(
        number=f"{agreement.order_no[:32]}-S{count + 1}",
        agreement_id=agreement.id,
        state=SupplementState.DRAFT,
        version=1,
        reason=required(reason),
        asked_for_at=asked_for_at,
        reaches_back=reaches_back,
        file_id=keep_upload(session, upload, now=now).id if upload else None,
        drafted_by=actor.name,
        drafted_by_id=actor.id,
        drafted_at=now,
    )
    session.add(supplement)
    session.flush()  # terms and audit name its id
    for key, change in sorted(changes.items()):
        if key not in current and key not in DIRECTIONS:
            raise InvalidInput(N_("This order has no term “%(key)s”."), field="terms", clause=CLAUSE, key=key[:60])
        value = checked_value(key, change.value, current.get(key), field=key)
        if key in current and value == current[key]:
            raise InvalidInput(N_("This is what applies already."), field=key, clause=CLAUSE)
        session.add(
            SupplementTerm(
                supplement_id=supplement.id,
                key=key,
                old_value=current.get(key),
                value=value,
                clause=change.clause or (rows[key].applied.clause if key in rows else None),
            )
        )
    session.flush()
    session.refresh(supplement)
    _record(session, supplement, "supplement.drafted", actor=actor, now=now)
    return supplement


def sign(
    session: Session,
    supplement: Supplement,
    party: SigningParty,
    *,
    signed_at: datetime,
    signer: str,
    upload: Upload | None,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Record one side's signature. With the second it applies from its instant; our own takes another than the drafter.

    signer  who signed for the tenant; for us it is the actor
    upload  the document as signed; needed with the tenant's signature
    """
    ours = party is SigningParty.PROVIDER
    require(actor, Permission.SIGN_SUPPLEMENT if ours else Permission.DRAFT_SUPPLEMENT)
    agreement = supplement.agreement
    advance(session, agreement, now=now)
    first = supplement.state is SupplementState.DRAFT
    event = SupplementEvent.SIGN_FIRST if first else SupplementEvent.SIGN_SECOND
    supplement_move(supplement.state, event)
    _require_amendable(agreement)
    if (supplement.provider_signed_at if ours else supplement.tenant_signed_at) is not None:
        raise Conflict(N_("This side has signed already."), code="SIGNED_ALREADY", clause=CLAUSE)
    if ours and actor.id is not None and actor.id == supplement.drafted_by_id:
        raise Conflict(
            N_("Who drafted a supplement does not sign it for us."),
            code="SECOND_PERSON_NEEDED",
            clause=CLAUSE,
            remedy=N_("Ask another approver."),
        )
    if signed_at > now:
        raise InvalidInput(N_("A signature can't lie in the future."), field="signed_at", clause=CLAUSE)
    if not ours and not signer.strip():
        raise InvalidInput(N_("Say who signed for the tenant."), field="signer", clause=CLAUSE)
    if not ours and upload is None:
        raise InvalidInput(N_("The signed document is missing."), field="file", clause=CLAUSE)
    if not ours and upload is not None:
        require_of_the_tenant(session, upload.content, clause=CLAUSE)
    values: dict[str, object] = (
        {"provider_signed_at": signed_at, "provider_signed_by": actor.name}
        if ours
        else {"tenant_signed_at": signed_at, "tenant_signer": signer.strip()[:120]}
    )
    if upload is not None:
        values["file_id"] = keep_upload(session, upload, now=now).id
    if not first:
        other_at = supplement.tenant_signed_at if ours else supplement.provider_signed_at
        assert other_at is not None, "the other side signed first"
        values |= _put_on_the_ledger(session, supplement, max(signed_at, other_at), values.get("file_id"), now=now)
    _move(session, supplement, event, version=version, actor=actor, now=now, as_of=signed_at, values=values)
    take_effect(session, supplement, now=now)


def take_effect(session: Session, supplement: Supplement, *, now: datetime) -> bool:
    """Record that a supplement signed by both is in force, as of its instant. False where it is not time, or recorded.

    Terms apply from that instant by themselves; only facts of the order are written here.
    """
    if supplement.state is not SupplementState.SIGNED_BY_BOTH:
        return False
    if supplement.in_force_at is None or supplement.in_force_at > now:
        return False
    agreement = supplement.agreement
    changed = {term.key: term.value for term in supplement.terms if term.key in ORDER_KEYS}
    if changed and agreement.state in AMENDABLE:
        last_on = changed.get(SERVICE_END)
        session.execute(
            update(Agreement)
            .where(Agreement.id == agreement.id)
            .values(
                service_end_exclusive_at=end_of(date.fromisoformat(last_on))
                if last_on
                else agreement.service_end_exclusive_at,
                quota_total=changed.get(QUOTA_TOTAL, agreement.quota_total),
            )
        )
        session.refresh(agreement)
    _move(
        session,
        supplement,
        SupplementEvent.TAKE_EFFECT,
        version=supplement.version,
        actor=SCHEDULER,
        now=now,
        as_of=supplement.in_force_at,
    )
    return True


def cancel(session: Session, supplement: Supplement, *, reason: str, version: int, actor: Actor, now: datetime) -> None:
    """Drop a supplement that not both have signed; what both signed is changed by another supplement only."""
    require(actor, Permission.DRAFT_SUPPLEMENT)
    reason = required(reason)
    _move(
        session,
        supplement,
        SupplementEvent.CANCEL,
        version=version,
        actor=actor,
        now=now,
        as_of=now,
        values={"cancel_reason": reason},
        reason=reason,
    )


def waiting_to_take_effect(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of supplements whose instant has passed unrecorded, earliest first."""
    return list(
        session.scalars(
            select(Supplement.id)
            .where(Supplement.state == SupplementState.SIGNED_BY_BOTH, Supplement.in_force_at <= due_by)
            .order_by(Supplement.in_force_at, Supplement.id)
        )
    )


def _put_on_the_ledger(
    session: Session, supplement: Supplement, both_at: datetime, file_id: object, *, now: datetime
) -> dict[str, object]:
    agreement = supplement.agreement
    in_force_at = takes_effect_at(
        supplement.asked_for_at, signed_by_both_at=both_at, reaches_back=supplement.reaches_back
    )
    document_id = file_id or supplement.file_id
    if not isinstance(document_id, int):
        raise InvalidInput(N_("The signed document is missing."), field="file", clause=CLAUSE)
    for term in supplement.terms:
        if term.key != SERVICE_END:
            continue
        if in_force_at >= agreement.service_end_exclusive_at or end_of(date.fromisoformat(term.value)) <= in_force_at:
            raise Conflict(
                N_("A period that is over, or that would be, can't be changed by a supplement."),
                code="PERIOD_OVER",
                clause=CLAUSE,
                remedy=N_("Make a new order, or end the agreement by agreement."),
            )
    instrument = Instrument(
        agreement_id=agreement.id,
        kind=InstrumentKind.SUPPLEMENT,
        file_id=document_id,
        effective_at=in_force_at,
        recorded_at=now,
    )
    session.add(instrument)
    session.flush()  # terms name its id
    applies = ledger_of(session, agreement.id, at=in_force_at)
    for term in supplement.terms:
        if term.key not in ORDER_KEYS:
            before = applies.get(term.key)
            session.add(
                Term(
                    agreement_id=agreement.id,
                    instrument_id=instrument.id,
                    key=term.key,
                    value=term.value,
                    clause=term.clause or (before.applied.clause if before else None),
                )
            )
    session.flush()
    return {"in_force_at": in_force_at, "instrument_id": instrument.id}


def _require_amendable(agreement: Agreement) -> None:
    if agreement.state not in AMENDABLE:
        raise Conflict(
            N_("An agreement that is %(state)s can't be amended."),
            code="NOT_AMENDABLE",
            clause=CLAUSE,
            state=agreement.state,
        )


def _move(
    session: Session,
    supplement: Supplement,
    event: SupplementEvent,
    *,
    version: int,
    actor: Actor,
    now: datetime,
    as_of: datetime,
    values: Mapping[str, object] | None = None,
    reason: str | None = None,
) -> None:
    before = supplement.state
    target = supplement_move(before, event).target
    moved = session.scalar(
        update(Supplement)
        .where(Supplement.id == supplement.id, Supplement.state == before, Supplement.version == version)
        .values(state=target, version=version + 1, **(values or {}))
        .returning(Supplement.id)
    )
    if moved is None:
        raise Stale(
            N_("Somebody else acted on supplement %(number)s meanwhile."),
            clause=CLAUSE,
            remedy=N_("Look at it again, then decide."),
            number=supplement.number,
        )
    session.refresh(supplement)
    _record(session, supplement, f"supplement.{event.value}", actor=actor, now=now, as_of=as_of, reason=reason)
    if target in (SupplementState.SIGNED_BY_BOTH, SupplementState.IN_FORCE):
        cause = f"supplement.{event.value}"
        revisions.raise_revision(session, tenant_id=supplement.agreement.tenant_id, cause=cause, now=now)


def _record(
    session: Session,
    supplement: Supplement,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime | None = None,
    reason: str | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"supplement:{supplement.id}",
        agreement_id=supplement.agreement_id,
        tenant_id=supplement.agreement.tenant_id,
        clause=CLAUSE,
        reason=reason,
        now=now,
        as_of=as_of,
        details={
            "number": supplement.number,
            "keys": [term.key for term in supplement.terms],
            "in_force_at": supplement.in_force_at.isoformat() if supplement.in_force_at else None,
        },
    )
