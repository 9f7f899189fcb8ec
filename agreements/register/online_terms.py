"""Versions of a product's online terms, and what they change for its agreements (main 二 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, revisions
from agreements.kernel.access.rules import SCHEDULER, Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.parties.actions import Upload, keep_upload
from agreements.products.models import Product
from agreements.register.ledger import ledger_of, standings_of
from agreements.register.models import Agreement, Instrument, Term
from agreements.register.rules import InstrumentKind, TermFact
from agreements.register.term_models import ConflictState, OnlineTerms, TermConflict
from agreements.register.term_rules import Side, judge

CLAUSE = "二 3"


def record_online_terms(
    session: Session,
    product: Product,
    *,
    label: str,
    effective_from_at: datetime,
    terms: Sequence[TermFact],
    upload: Upload | None,
    actor: Actor,
    now: datetime,
) -> OnlineTerms:
    """Record a version of a product's online terms with its text; agreements ordered under it are compared at once."""
    require(actor, Permission.RECORD_ONLINE_TERMS)
    if not label.strip() or len(label) > 80:
        raise InvalidInput(N_("Give the version a name of at most 80 characters."), field="label", clause=CLAUSE)
    if upload is None:
        raise InvalidInput(N_("The text of the online terms is missing."), field="file", clause=CLAUSE)
    if not terms:
        raise InvalidInput(N_("Name at least one term."), field="terms", clause=CLAUSE)
    known = select(OnlineTerms.id).where(
        OnlineTerms.product_id == product.id, OnlineTerms.effective_from_at == effective_from_at
    )
    if session.scalar(known) is not None:
        raise Conflict(
            N_("A version of these online terms from that instant is recorded already."),
            code="ONLINE_TERMS_KNOWN",
            clause=CLAUSE,
        )
    version = OnlineTerms(
        product_id=product.id,
        label=label.strip(),
        file_id=keep_upload(session, upload, now=now).id,
        effective_from_at=effective_from_at,
        terms=[{"key": fact.key, "value": fact.value, "clause": fact.clause} for fact in terms],
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(version)
    session.flush()  # instruments name its id
    audit.record(
        session,
        actor=actor,
        act="online_terms.recorded",
        subject=f"online_terms:{version.id}",
        clause=CLAUSE,
        now=now,
        as_of=effective_from_at,
        details={"product": product.code, "file_id": version.file_id, "keys": [fact.key for fact in terms]},
    )
    for agreement in session.scalars(_ordered_from(product, effective_from_at)).all():
        attach_online_terms(session, agreement, now=now)
    return version


def _ordered_from(product: Product, effective_from_at: datetime) -> Select[Agreement]:
    return (
        select(Agreement)
        .where(Agreement.product_id == product.id, Agreement.effective_at >= effective_from_at)
        .order_by(Agreement.id)
    )


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a version would do to the orders made under it, counted; nothing is written.

    orders    how many orders confirmed it
    unread    of these, how many wait for their contract to be read: nothing is compared for them yet
    by_key    for each term: for how many the online value would apply, and for how many an approver must decide
    """

    orders: int
    unread: int
    by_key: dict[str, tuple[int, int]]


def foresee(
    session: Session, product: Product, *, effective_from_at: datetime, terms: Sequence[TermFact], now: datetime
) -> Foreseen:
    """Main 二 3: say what recording a version would change, before anybody records it."""
    ordered = [
        each
        for each in session.scalars(_ordered_from(product, effective_from_at))
        if _would_confirm(session, each, effective_from_at)
    ]
    found = standings_of(session, [each.id for each in ordered], at=now)
    annexes = [{key: row.annex for key, row in rows.items() if row.annex is not None} for rows in found.values()]
    read = [annex for annex in annexes if annex]
    by_key = {}
    for fact in terms:
        said = [annex[fact.key].value for annex in read if fact.key in annex]
        judged = [judge(fact.key, value, fact.value) for value in said if value != fact.value]
        silent = len(read) - len(said)
        applies = silent + sum(each.winner is Side.ONLINE for each in judged)
        by_key[fact.key] = (applies, sum(each.winner is None for each in judged))
    return Foreseen(len(ordered), len(ordered) - len(read), by_key)


def _would_confirm(session: Session, agreement: Agreement, effective_from_at: datetime) -> bool:
    """Say whether no later version than this was shown when the order was completed."""
    assert agreement.effective_at is not None, "it was ordered"
    known = version_at(session, agreement.product_id, agreement.effective_at)
    return known is None or known.effective_from_at <= effective_from_at


def version_at(session: Session, product_id: int, ordered_at: datetime) -> OnlineTerms | None:
    """Return the version shown to who ordered at an instant; None where none is recorded for it."""
    return session.scalar(
        select(OnlineTerms)
        .where(OnlineTerms.product_id == product_id, OnlineTerms.effective_from_at <= ordered_at)
        .order_by(OnlineTerms.effective_from_at.desc())
        .limit(1)
    )


def versions_of(session: Session, product_id: int) -> list[OnlineTerms]:
    return list(
        session.scalars(
            select(OnlineTerms)
            .where(OnlineTerms.product_id == product_id)
            .order_by(OnlineTerms.effective_from_at.desc())
        )
    )


def attach_online_terms(session: Session, agreement: Agreement, *, now: datetime) -> Instrument | None:
    """Give an agreement the version that was shown when its order was completed, and compare.

    The completed purchase is the time of ordering. None where nothing had to be done.
    """
    if agreement.effective_at is None:
        return None
    version = version_at(session, agreement.product_id, agreement.effective_at)
    attached = session.scalar(
        select(Instrument)
        .where(Instrument.agreement_id == agreement.id, Instrument.kind == InstrumentKind.ONLINE_TERMS)
        .order_by(Instrument.id.desc())
        .limit(1)
    )
    if version is None or (attached is not None and attached.online_terms_id == version.id):
        return None
    instrument = Instrument(
        agreement_id=agreement.id,
        kind=InstrumentKind.ONLINE_TERMS,
        file_id=version.file_id,
        effective_at=None,
        recorded_at=now,
        online_terms_id=version.id,
    )
    session.add(instrument)
    session.flush()  # terms name its id
    session.add_all(Term(agreement_id=agreement.id, instrument_id=instrument.id, **each) for each in version.terms)
    session.flush()  # conflicts name their ids
    note_conflicts(session, agreement, now=now)
    _record(session, agreement, "terms.online_attached", actor=SCHEDULER, now=now, details={"version": version.id})
    return instrument


def note_conflicts(session: Session, agreement: Agreement, *, now: datetime) -> list[TermConflict]:
    """Write down each difference of annex and online terms that is new; returns those that wait for an approver."""
    waiting = []
    for key, row in ledger_of(session, agreement.id, at=now).items():
        annex, online = row.annex, row.online
        if annex is None or online is None or row.conflict is not None or row.standing.judgement is None:
            continue
        judgement = row.standing.judgement
        sides = {Side.ANNEX: annex, Side.ONLINE: online}
        winner = None if judgement.winner is None else sides[judgement.winner]
        conflict = TermConflict(
            agreement_id=agreement.id,
            key=key,
            annex_term_id=annex.id,
            online_term_id=online.id,
            comparator=judgement.comparator,
            state=ConflictState.OPEN if winner is None else ConflictState.RESOLVED,
            meanwhile_term_id=sides[judgement.meanwhile].id,
            winner_term_id=winner.id if winner else None,
            opened_at=now,
            resolved_at=now if winner else None,
        )
        session.add(conflict)
        session.flush()  # the audit row names its id
        _record(
            session,
            agreement,
            f"term_conflict.{conflict.state.value}",
            actor=SCHEDULER,
            now=now,
            details={"key": key, "comparator": judgement.comparator.value, "conflict": conflict.id},
        )
        if winner is None:
            waiting.append(conflict)
    return waiting


def conflict_of_id(session: Session, conflict_id: int) -> TermConflict:
    conflict = session.get(TermConflict, conflict_id)
    if conflict is None:
        raise NotFound(N_("There is no conflict of terms %(number)s."), field="conflict", number=conflict_id)
    return conflict


def resolve_conflict(
    session: Session, conflict: TermConflict, side: Side, *, reason: str, actor: Actor, now: datetime
) -> None:
    """An approver says which of two values that can't be compared is worse for us; it applies throughout."""
    require(actor, Permission.RESOLVE_TERM_CONFLICT)
    reason = reason.strip()
    if not reason:
        raise InvalidInput(N_("Write down the grounds; they stay on record."), field="reason")
    winner_id = conflict.annex_term_id if side is Side.ANNEX else conflict.online_term_id
    resolved = session.scalar(
        update(TermConflict)
        .where(TermConflict.id == conflict.id, TermConflict.state == ConflictState.OPEN)
        .values(
            state=ConflictState.RESOLVED,
            winner_term_id=winner_id,
            resolved_at=now,
            approved_by=actor.name,
            reason=reason[:2000],
        )
        .returning(TermConflict.id)
    )
    if resolved is None:
        raise Stale(N_("This conflict is resolved already."), clause=CLAUSE)
    session.refresh(conflict)
    _record(
        session,
        conflict.agreement,
        "term_conflict.decided",
        actor=actor,
        now=now,
        reason=reason,
        details={"key": conflict.key, "side": side.value, "conflict": conflict.id},
    )


def _record(
    session: Session,
    agreement: Agreement,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, object],
    reason: str | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=CLAUSE,
        reason=reason,
        now=now,
        details=details,
    )
    revisions.raise_revision(session, tenant_id=agreement.tenant_id, cause=act, now=now)
