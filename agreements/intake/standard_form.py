"""A standard form: its clauses with their wording, and what the terms that a clause holds are expected to say.

Forms are data. The built-in one is `standard_form.toml` beside this module; a database holds its versions and the
forms that staff add. Recognising a clause by its meaning is code, keyed by term (`term_kinds`, `terms`); a clause
without such a term is known by its `marks` and by the likeness of its wording (`deviations`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from agreements.intake.draft import TermValue
from agreements.intake.term_kinds import TERMS, term_from_data

BUILT_IN = Path(__file__).with_name("standard_form.toml")


class Part(StrEnum):
    """Where a clause stands; main agreement and annex number their clauses each for itself."""

    MAIN = "main"
    ANNEX = "annex"


@dataclass(frozen=True, slots=True)
class StandardClause:
    """A clause of a standard form.

    key      stable within the form, whatever number the clause gets in a later version
    number   as cited: 3.3, or 三 1 in the main agreement; empty for a preamble
    terms    what each term that the clause holds says, by key
    marks    words of which a clause of this meaning has one each, alternatives parted by |
    says     all that it says besides its terms, a pattern each (`sense`); None where only its wording is known
    """

    key: str
    part: Part
    number: str
    wording: str
    terms: Mapping[str, TermValue]
    marks: tuple[str, ...] = ()
    says: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StandardForm:
    """One version of a standard form; clauses in the order of its text."""

    key: str
    name: str
    version: int
    clauses: tuple[StandardClause, ...]

    def value_of(self, term: str) -> TermValue:
        """Return what a term is expected to say; where the form has no such clause, what its absence says."""
        clause = self.clause_of(term)
        return TERMS[term].absent if clause is None else clause.terms[term]

    def clause_of(self, term: str) -> StandardClause | None:
        return next((clause for clause in self.clauses if term in clause.terms), None)

    def number_of(self, term: str) -> str | None:
        """Return the number of the clause that holds a term, None where the form has none."""
        clause = self.clause_of(term)
        return clause.number if clause else None


@cache
def built_in_form() -> StandardForm:
    """Return the built-in form as its data file has it."""
    data = tomllib.loads(BUILT_IN.read_text(encoding="utf-8"))
    clauses = tuple(
        StandardClause(
            key=clause["key"],
            part=Part(clause["part"]),
            number=clause["number"],
            wording=clause["wording"].strip(),
            terms={key: term_from_data(key, value) for key, value in clause.get("terms", {}).items()},
            marks=tuple(clause.get("marks", ())),
            says=tuple(clause["says"]) if "says" in clause else None,
        )
        for clause in data["clause"]
    )
    return StandardForm(data["key"], data["name"], data["version"], clauses)
