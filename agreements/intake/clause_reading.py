"""From a text to its clauses: for comparing an agreement, and for making a standard form of a text."""

from collections.abc import Mapping
from dataclasses import dataclass

from agreements.intake.clause_units import ClauseUnit, clause_units, without_number
from agreements.intake.clauses import sentences_of
from agreements.intake.deviations import units_as_clauses
from agreements.intake.document import uniform_document
from agreements.intake.draft import Term, TermValue
from agreements.intake.labels import find_labels
from agreements.intake.standard_form import Part, StandardClause
from agreements.intake.terms import read_terms

ANNEX_TITLE = "附件：最终用户使用协议\n\n"


@dataclass(frozen=True, slots=True)
class ReadClauses:
    """The clauses of a text, and its terms by key."""

    units: list[ClauseUnit]
    terms: Mapping[str, Term]

    @property
    def values(self) -> dict[str, TermValue]:
        return {key: term.value for key, term in self.terms.items()}


def clauses_in(text: str) -> ReadClauses:
    """Cut a text into its clauses, in offsets of the text."""
    document = uniform_document(text)
    sentences = sentences_of(document, frozenset(label.line for label in find_labels(document)))
    terms = read_terms(document, sentences).terms
    evidence = {key: term.evidence for key, term in terms.items() if term.evidence is not None}
    return ReadClauses(clause_units(document, sentences, evidence), terms)


def clauses_of(text: str) -> tuple[StandardClause, ...]:
    """Make the clauses of a standard form of its full text."""
    read = clauses_in(text)
    printed = ["\n".join(text[start:end] for start, end in unit.spans) for unit in read.units]
    return units_as_clauses(read.units, [" ".join(piece.split()) for piece in printed], read.values)


def read_clauses(part: Part, number: str, wording: str) -> dict[str, TermValue]:
    """Return what one clause by itself says, by term; nothing where it holds no term that is understood."""
    number = number if part is Part.ANNEX else ""
    title = ANNEX_TITLE if part is Part.ANNEX else ""
    read = clauses_in(f"{title}{number} {without_number(wording)}")
    return {key: term.value for key, term in read.terms.items() if term.is_stated and term.value is not None}
