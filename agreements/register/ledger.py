"""Reading the ledger of terms: what applies at an instant, and which rows say so. Nothing here changes anything."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from agreements.register.models import Instrument, Term
from agreements.register.rules import InstrumentKind
from agreements.register.term_models import ConflictState, TermConflict
from agreements.register.term_rules import Entry, Standing, standings


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term in three columns with the rows of the ledger behind them; `conflict` where annex and online differ."""

    standing: Standing
    annex: Term | None
    online: Term | None
    supplement: Term | None
    applied: Term
    conflict: TermConflict | None


def ledger_of(session: Session, agreement_id: int, *, at: datetime) -> dict[str, TermRow]:
    """Return every term of an agreement at an instant, by key."""
    terms = _terms(session, [agreement_id])[agreement_id]
    conflicts = _conflicts(session, [agreement_id])[agreement_id] if _is_compared(terms) else []
    rows = {term.id: term for term in terms}
    by_pair = {(each.annex_term_id, each.online_term_id): each for each in conflicts}

    def row(entry: Entry | None) -> Term | None:
        return None if entry is None else rows[entry.term_id]

    return {
        key: TermRow(
            standing,
            row(standing.annex),
            row(standing.online),
            row(standing.supplement),
            rows[standing.applied.term_id],
            by_pair.get((standing.annex.term_id, standing.online.term_id))
            if standing.annex and standing.online
            else None,
        )
        for key, standing in standings([entry_of(term) for term in terms], _choices(conflicts), at=at).items()
    }


@dataclass(frozen=True, slots=True)
class OneTerm:
    """One term of an agreement at an instant, None where nothing says it, and all its instruments."""

    applied: Term | None
    instruments: list[Instrument]


def one_term(session: Session, agreement_ids: Collection[int], key: str, *, at: datetime) -> dict[int, OneTerm]:
    """Return one term of many agreements at an instant in one query, or two where online terms say it too."""
    instruments: dict[int, list[Instrument]] = defaultdict(list)
    terms: dict[int, list[Term]] = defaultdict(list)
    for instrument, term in session.execute(
        select(Instrument, Term)
        .outerjoin(Term, and_(Term.instrument_id == Instrument.id, Term.key == key))
        .where(Instrument.agreement_id.in_(agreement_ids))
        .order_by(Instrument.id)
    ):
        instruments[instrument.agreement_id].append(instrument)
        if term is not None:
            terms[instrument.agreement_id].append(term)
    for agreement_id, known in instruments.items():
        online = [each.id for each in known if each.kind is InstrumentKind.ONLINE_TERMS]
        terms[agreement_id] = [term for term in terms[agreement_id] if term.instrument_id not in online[:-1]]
    applied = _applied(session, agreement_ids, terms, at=at)
    return {each: OneTerm(applied[each].get(key), instruments[each]) for each in agreement_ids}


def applied_terms(session: Session, agreement_ids: Collection[int], *, at: datetime) -> dict[int, dict[str, Term]]:
    """Return the terms in force of many agreements at an instant, by agreement and key, in two queries."""
    return _applied(session, agreement_ids, _terms(session, agreement_ids), at=at)


def _applied(
    session: Session, agreement_ids: Collection[int], found: dict[int, list[Term]], *, at: datetime
) -> dict[int, dict[str, Term]]:
    compared = [each for each in agreement_ids if _is_compared(found[each])]
    conflicts = _conflicts(session, compared) if compared else defaultdict(list)
    answer = {}
    for agreement_id in agreement_ids:
        rows = {term.id: term for term in found[agreement_id]}
        entries = [entry_of(term) for term in found[agreement_id]]
        replayed = standings(entries, _choices(conflicts[agreement_id]), at=at)
        answer[agreement_id] = {key: rows[each.applied.term_id] for key, each in replayed.items()}
    return answer


def standings_of(session: Session, agreement_ids: Collection[int], *, at: datetime) -> dict[int, dict[str, Standing]]:
    """Return what each instrument of many agreements says of each term, by agreement and key; no decisions in it."""
    found = _terms(session, agreement_ids)
    return {each: standings([entry_of(term) for term in found[each]], {}, at=at) for each in agreement_ids}


def entry_of(term: Term) -> Entry:
    instrument = term.instrument
    return Entry(
        term.id,
        instrument.id,
        term.key,
        term.value,
        instrument.kind,
        instrument.effective_at,
        instrument.corrects_id,
    )


def open_conflicts(session: Session, agreement_id: int | None = None) -> list[TermConflict]:
    """Return conflicts that wait for an approver, oldest first; of all agreements for None."""
    statement = (
        select(TermConflict)
        .where(TermConflict.state == ConflictState.OPEN)
        .options(joinedload(TermConflict.agreement), joinedload(TermConflict.annex_term))
        .order_by(TermConflict.id)
    )
    if agreement_id is not None:
        statement = statement.where(TermConflict.agreement_id == agreement_id)
    return list(session.scalars(statement))


def undecided(session: Session, conflicts: Collection[TermConflict], *, at: datetime) -> list[TermConflict]:
    """Return those of some open conflicts that still decide what applies at an instant; in their order.

    A supplement in force, newer online terms or a corrected reading overtakes a conflict.
    """
    terms = _terms(session, {each.agreement_id for each in conflicts})
    waiting = set()
    for of_agreement in terms.values():
        for standing in standings([entry_of(term) for term in of_agreement], {}, at=at).values():
            if not standing.decided and standing.annex and standing.online:
                waiting.add((standing.annex.term_id, standing.online.term_id))
    return [each for each in conflicts if (each.annex_term_id, each.online_term_id) in waiting]


def _terms(session: Session, agreement_ids: Collection[int]) -> dict[int, list[Term]]:
    found: dict[int, list[Term]] = defaultdict(list)
    wanted = select(Term).join(Term.instrument).where(Term.agreement_id.in_(agreement_ids)).order_by(Term.id)
    for term in session.scalars(wanted.options(contains_eager(Term.instrument))):
        found[term.agreement_id].append(term)
    return found


def _conflicts(session: Session, agreement_ids: Collection[int]) -> dict[int, list[TermConflict]]:
    found: dict[int, list[TermConflict]] = defaultdict(list)
    for each in session.scalars(select(TermConflict).where(TermConflict.agreement_id.in_(agreement_ids))):
        found[each.agreement_id].append(each)
    return found


def _is_compared(terms: list[Term]) -> bool:
    return any(term.instrument.kind is InstrumentKind.ONLINE_TERMS for term in terms)


def _choices(conflicts: list[TermConflict]) -> dict[tuple[int, int], int]:
    return {
        (each.annex_term_id, each.online_term_id): each.winner_term_id
        for each in conflicts
        if each.winner_term_id is not None
    }
