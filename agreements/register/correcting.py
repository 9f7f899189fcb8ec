"""Correcting our record of a term we read wrongly (I-7, E-36). It amends nothing: the text always said so."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.register.ending import required
from agreements.register.models import Agreement, Instrument, Term
from agreements.register.online_terms import note_conflicts
from agreements.register.rules import InstrumentKind
from agreements.register.term_models import CorrectionState, RecordCorrection
from agreements.register.term_rules import DIRECTIONS
from agreements.register.term_values import checked_value

ACT = "correction"
"""The audit type of everything that corrects the record; an amendment's is `supplement`."""


def propose_correction(
    session: Session,
    agreement: Agreement,
    key: str,
    value: Any,
    *,
    instrument_id: int,
    clause: str | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> RecordCorrection:
    """Say what the text really says. Nothing changes until another person approves.

    instrument_id  the document that was misread: annex, online terms or supplement
    """
    require(actor, Permission.PROPOSE_CORRECTION)
    instrument = session.get(Instrument, instrument_id)
    if instrument is None or instrument.agreement_id != agreement.id:
        raise NotFound(N_("This agreement has no such document."), field="instrument_id")
    misread = instrument.corrects_id or instrument.id
    said = _read_now(session, misread, key)
    if said is None and key not in DIRECTIONS:
        raise InvalidInput(N_("This order has no term “%(key)s”."), field="key", key=key[:60])
    current = said.value if said else None
    value = checked_value(key, value, current)
    if value == current:
        raise InvalidInput(N_("The record says so already."), field="value")
    correction = RecordCorrection(
        agreement_id=agreement.id,
        corrects_id=misread,
        key=key,
        old_value=current,
        value=value,
        clause=clause or (said.clause if said else None),
        reason=required(reason),
        state=CorrectionState.PROPOSED,
        proposed_by=actor.name,
        proposed_by_id=actor.id,
        proposed_at=now,
    )
    session.add(correction)
    session.flush()  # the audit row names its id
    _record(session, correction, f"{ACT}.proposed", actor=actor, now=now)
    return correction


def approve_correction(session: Session, correction: RecordCorrection, *, actor: Actor, now: datetime) -> Term:
    """Another person approves: the corrected reading holds from the misread document's own effect.

    Dates that were counted by the wrong reading are counted again by the rooms that keep them.
    """
    require(actor, Permission.APPROVE_CORRECTION)
    if actor.id is not None and actor.id == correction.proposed_by_id:
        raise Conflict(
            N_("A second person approves a correction."),
            code="SECOND_PERSON_NEEDED",
            remedy=N_("Ask another approver."),
        )
    instrument = Instrument(
        agreement_id=correction.agreement_id,
        kind=InstrumentKind.CORRECTION,
        file_id=correction.corrects.file_id,
        effective_at=correction.corrects.effective_at,
        recorded_at=now,
        corrects_id=correction.corrects_id,
    )
    session.add(instrument)
    session.flush()  # term and correction name its id
    term = Term(
        agreement_id=correction.agreement_id,
        instrument_id=instrument.id,
        key=correction.key,
        value=correction.value,
        clause=correction.clause,
    )
    session.add(term)
    _decide(session, correction, CorrectionState.APPLIED, instrument_id=instrument.id, actor=actor, now=now)
    note_conflicts(session, correction.agreement, now=now)
    _record(session, correction, f"{ACT}.applied", actor=actor, now=now)
    revisions.raise_revision(session, tenant_id=correction.agreement.tenant_id, cause=f"{ACT}.applied", now=now)
    return term


def reject_correction(
    session: Session, correction: RecordCorrection, *, reason: str, actor: Actor, now: datetime
) -> None:
    """The record was right; nothing changes."""
    require(actor, Permission.APPROVE_CORRECTION)
    reason = required(reason)
    _decide(session, correction, CorrectionState.REJECTED, instrument_id=None, actor=actor, now=now)
    _record(session, correction, f"{ACT}.rejected", actor=actor, now=now, reason=reason)


def correction_of_id(session: Session, correction_id: int) -> RecordCorrection:
    correction = session.get(RecordCorrection, correction_id)
    if correction is None:
        raise NotFound(N_("There is no correction %(number)s."), field="correction", number=correction_id)
    return correction


def corrections_of(session: Session, agreement_id: int) -> list[RecordCorrection]:
    """Return the agreement's corrections, newest first."""
    return list(
        session.scalars(
            select(RecordCorrection)
            .where(RecordCorrection.agreement_id == agreement_id)
            .order_by(RecordCorrection.id.desc())
        )
    )


def _read_now(session: Session, instrument_id: int, key: str) -> Term | None:
    """Return what the record says that a document says; None where it has nothing."""
    return session.scalars(
        select(Term)
        .join(Instrument)
        .where((Instrument.id == instrument_id) | (Instrument.corrects_id == instrument_id), Term.key == key)
        .order_by(Instrument.id.desc())
    ).first()


def _decide(
    session: Session,
    correction: RecordCorrection,
    state: CorrectionState,
    *,
    instrument_id: int | None,
    actor: Actor,
    now: datetime,
) -> None:
    session.flush()
    decided = session.scalar(
        update(RecordCorrection)
        .where(RecordCorrection.id == correction.id, RecordCorrection.state == CorrectionState.PROPOSED)
        .values(state=state, instrument_id=instrument_id, decided_by=actor.name, decided_at=now)
        .returning(RecordCorrection.id)
    )
    if decided is None:
        raise Stale(N_("This correction was decided already."))
    session.refresh(correction)


def _record(
    session: Session,
    correction: RecordCorrection,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"correction:{correction.id}",
        agreement_id=correction.agreement_id,
        tenant_id=correction.agreement.tenant_id,
        clause=correction.clause,
        reason=reason or correction.reason,
        now=now,
        details={"key": correction.key, "old": correction.old_value, "new": correction.value},
    )
