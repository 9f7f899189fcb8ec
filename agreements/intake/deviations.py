"""Where an agreement departs from a standard form, clause by clause, found by meaning and not by number (main 二 2).

A clause of the form is looked for by the terms that it holds, else by its marks and the likeness of its wording; its
number only tips the scale. Its meaning is compared: the terms that it holds, and what it says besides (`sense`).

CHANGED   a term says something else; or an edited copy has another number, negation, party, duty or sentence; or, with
          all that the standard clause says found in other words, a sentence says more, or one of its points is left out
REWORDED  other words that were read to say the same
UNREAD    other words of which something was not read: a person reads it, the program does not take it for the same
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from agreements.intake.clause_units import ClauseUnit, without_number, words_only
from agreements.intake.document import uniform_document
from agreements.intake.draft import TermValue
from agreements.intake.numerals import read_number
from agreements.intake.sense import (
    FIGURE,
    SENTENCE,
    conditions,
    decisive,
    listed,
    stipulations,
    unread,
    weighty,
)
from agreements.intake.standard_form import StandardClause, StandardForm

ALIKE = 0.45
"""Likeness of wording from which two clauses are about the same matter."""
SAME_BASE = 0.6
"""Likeness from which one wording is an edited copy of the other, so that single words can be compared."""
CONTAINED = 0.6


class DeviationKind(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    REWORDED = "reworded"
    UNREAD = "unread"


WEIGHT = {DeviationKind.REWORDED: 0.25, DeviationKind.UNREAD: 0.5}
"""How far a deviation takes an agreement from a form, 1 unless given here."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One departure.

    clause  of the form, None where the agreement adds one
    unit    of the agreement, None where the form's clause is missing in it
    terms   keys of the terms that say something else, in the order of the form
    """

    kind: DeviationKind
    clause: StandardClause | None
    unit: ClauseUnit | None
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wording:
    text: str
    words: str
    pairs: frozenset[str]


def deviations_from(
    form: StandardForm, units: Sequence[ClauseUnit], values: Mapping[str, TermValue]
) -> list[Deviation]:
    """Return every departure in the order of the form, then the added clauses in the order of the agreement.

    values  what the agreement's terms say, by key
    """
    of_form = {clause.key: _wording(clause.wording) for clause in form.clauses}
    of_units = [_wording(unit.text) for unit in units]
    matched = _matched(form, units, of_form, of_units)
    found: list[Deviation] = []
    beside = {
        clause.key: _joined([units[at] for at in matched.get(clause.key, ())])
        or _merged(clause, units, of_form, of_units)
        for clause in form.clauses
    }
    for clause in form.clauses:
        unit = beside[clause.key]
        neighbours = [one for one in form.clauses if one is not clause and _overlap(unit, beside[one.key])]
        found += _judged(clause, unit, of_form[clause.key], values, neighbours)
    taken = {at for places in matched.values() for at in places}
    return found + [Deviation(DeviationKind.ADDED, None, unit) for at, unit in enumerate(units) if at not in taken]


def distance(deviations: Sequence[Deviation]) -> float:
    """Say how far an agreement is from a form: of several forms the nearest is proposed."""
    return sum(WEIGHT.get(one.kind, 1) for one in deviations)


def _wording(text: str) -> _Wording:
    uniform = "".join(uniform_document(text).text.split())
    words = words_only(uniform)
    return _Wording(uniform, words, frozenset(words[at : at + 2] for at in range(len(words) - 1)))


def _likeness(one: _Wording, other: _Wording) -> float:
    """Compare two wordings by the pairs of characters that they share, 0 to 1."""
    shared = len(one.pairs & other.pairs)
    return 2 * shared / ((len(one.pairs) + len(other.pairs)) or 1)


def _is_marked(clause: StandardClause, here: _Wording) -> bool:
    return bool(clause.marks) and all(any(word in here.text for word in mark.split("|")) for mark in clause.marks)


def _is_in(piece: _Wording, whole: _Wording) -> bool:
    return len(piece.pairs) >= 6 and len(piece.pairs & whole.pairs) / len(piece.pairs) >= CONTAINED


def _matched(
    form: StandardForm, units: Sequence[ClauseUnit], of_form: Mapping[str, _Wording], of_units: Sequence[_Wording]
) -> dict[str, list[int]]:
    """Give each clause of the form the unit that means it; then the units that carry a split clause on."""
    scored = sorted(_scores(form, units, of_form, of_units), key=lambda score: (-score[0], score[2], score[1].key))
    matched: dict[str, list[int]] = {}
    taken: set[int] = set()
    for _, clause, at in scored:
        if clause.key not in matched and at not in taken:
            matched[clause.key] = [at]
            taken.add(at)
    for clause in form.clauses:
        rest = [at for at in range(len(units)) if at not in taken and clause.key in matched]
        for at in rest:
            if units[at].terms & clause.terms.keys() or _is_in(of_units[at], of_form[clause.key]):
                matched[clause.key].append(at)
                taken.add(at)
    return matched


def _scores(
    form: StandardForm, units: Sequence[ClauseUnit], of_form: Mapping[str, _Wording], of_units: Sequence[_Wording]
) -> Iterator[tuple[float, StandardClause, int]]:
    for at, unit in enumerate(units):
        for clause in form.clauses:
            shared = len(unit.terms & clause.terms.keys())
            likeness = _likeness(of_units[at], of_form[clause.key])
            is_marked = _is_marked(clause, of_units[at])
            if not shared and likeness < ALIKE and not (is_marked and unit.part is clause.part):
                continue
            score = likeness + 0.5 * is_marked + 0.2 * (unit.number == clause.number) - 0.2 * (unit.part != clause.part)
            score += 2 * shared / len(clause.terms) if shared else 0
            yield score, clause, at


def _joined(units: Sequence[ClauseUnit]) -> ClauseUnit | None:
    """Make one of the units that carry one clause of the form."""
    if not units:
        return None
    first, *rest = units
    return (
        replace(
            first,
            spans=tuple(span for unit in units for span in unit.spans),
            text="".join(unit.text for unit in units),
            terms=frozenset(term for unit in units for term in unit.terms),
            free=tuple(sentence for unit in units for sentence in unit.free),
        )
        if rest
        else first
    )


def _merged(
    clause: StandardClause,
    units: Sequence[ClauseUnit],
    of_form: Mapping[str, _Wording],
    of_units: Sequence[_Wording],
) -> ClauseUnit | None:
    """Find a clause that the agreement has put into another one: by all its terms, its wording or its marks."""
    if clause.terms:
        return next((unit for unit in units if clause.terms.keys() <= unit.terms), None)
    whole = of_form[clause.key]
    return next(
        (
            unit
            for unit, here in zip(units, of_units, strict=True)
            if _is_in(whole, here) or (unit.part is clause.part and _is_marked(clause, here))
        ),
        None,
    )


def _overlap(one: ClauseUnit | None, other: ClauseUnit | None) -> bool:
    return one is not None and other is not None and bool(set(one.spans) & set(other.spans))


def _judged(
    clause: StandardClause,
    unit: ClauseUnit | None,
    standard: _Wording,
    values: Mapping[str, TermValue],
    neighbours: Sequence[StandardClause],
) -> list[Deviation]:
    """Judge one clause; `neighbours` are the clauses of the form that the agreement has in the same clause."""
    if unit is None:
        return [Deviation(DeviationKind.MISSING, clause, None, tuple(clause.terms))]
    differing = tuple(key for key, value in clause.terms.items() if values[key] != value)
    if differing:
        return [Deviation(DeviationKind.CHANGED, clause, unit, differing)]
    here = _wording(unit.text)
    if here.words == standard.words:
        return []
    if _likeness(here, standard) >= SAME_BASE:
        kind = DeviationKind.REWORDED if _says_the_same(here, standard) else DeviationKind.CHANGED
    else:
        kind = _in_other_words(clause, unit, here, standard, neighbours)
    return [Deviation(kind, clause, unit)]


def _says_the_same(here: _Wording, standard: _Wording) -> bool:
    """Say whether an edited copy kept its numbers, decisive words, conditions, lists and sentences."""
    return (
        _figures(here) == _figures(standard)
        and decisive(here.text) == decisive(standard.text)
        and weighty(here.text) == weighty(standard.text)
        and conditions(here.text) == conditions(standard.text)
        and listed(here.text) == listed(standard.text)
        and len(SENTENCE.findall(here.text)) == len(SENTENCE.findall(standard.text))
    )


def _in_other_words(
    clause: StandardClause,
    unit: ClauseUnit,
    here: _Wording,
    standard: _Wording,
    neighbours: Sequence[StandardClause],
) -> DeviationKind:
    """Judge a clause in other words altogether, whose terms say the same.

    More and less at once is a sentence whose words we do not know; more alone, or less alone, is a change.
    """
    whole = "".join(uniform_document(one.wording).text for one in neighbours)
    if _figures(here) != _figures(standard) + _figures(_wording(whole)):
        return DeviationKind.CHANGED
    known = [says for one in neighbours for says in one.says or ()]
    words = "".join((standard.text, whole, *(clause.says or ()), *known))
    is_plain = weighty(here.text) <= weighty(words) and stipulations(here.text) <= stipulations(words)
    if clause.says is None:
        is_read = bool(clause.terms) and not unit.free and is_plain
        return DeviationKind.REWORDED if is_read else DeviationKind.UNREAD
    left = unread(unit.free, here.text, clause.says, known)
    if left.more and not left.less:
        return DeviationKind.CHANGED
    if left.less:
        return DeviationKind.UNREAD if left.more or clause.terms else DeviationKind.CHANGED
    return DeviationKind.REWORDED if is_plain else DeviationKind.UNREAD


def _figures(wording: _Wording) -> Counter[str]:
    """Return the numbers of a wording, in whatever characters: 五个 and 5个 are the same."""
    found = (match.group() for match in FIGURE.finditer(wording.text))
    return Counter(str(number) if (number := read_number(text)) is not None else text for text in found)


def units_as_clauses(
    units: Sequence[ClauseUnit], printed: Sequence[str], values: Mapping[str, TermValue]
) -> tuple[StandardClause, ...]:
    """Make the clauses of a new standard form of an agreement's clauses.

    printed  their texts as printed, each with its number
    values   what the agreement's terms say, by key
    """
    clauses, taken = [], Counter[str]()
    for unit, text in zip(units, printed, strict=True):
        base = f"{unit.part.value}-{unit.number or 'preamble'}".replace(" ", "-")
        taken[base] += 1
        key = base if taken[base] == 1 else f"{base}-{taken[base]}"
        terms = {term: values[term] for term in values if term in unit.terms and values[term] is not None}
        clauses.append(StandardClause(key, unit.part, unit.number or "", without_number(text), terms))
    return tuple(clauses)
