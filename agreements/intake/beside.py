"""Two wordings side by side, with what differs marked: the agreement's clause and the standard form's."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby

from agreements.intake.clause_units import without_number
from agreements.intake.comparing import deviations_shown, is_to_be_acknowledged
from agreements.intake.deviations import DeviationKind
from agreements.intake.models import ContractImport, ImportDeviation

SHORTEST_COMMON = 2
SHORTEST_COMMON_IN_OTHER_WORDS = 4
"""Characters in a row that must agree to stand unmarked: what happens to agree only makes a page restless."""
SAME_BASE = 0.6
LONGEST_COMPARED = 3_000
IDLE = re.compile(r"[\s,.;:，。；：、（）()“”\"]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a wording; `differs` where the other wording does not have it."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """A deviation as a person reads it: both wordings cut into pieces, empty where there is none."""

    row: ImportDeviation
    here: Sequence[Piece]
    standard: Sequence[Piece]

    @property
    def is_open(self) -> bool:
        """Whether somebody must acknowledge it yet."""
        return self.row.acknowledged_at is None and is_to_be_acknowledged(self.row)


class DeviationGroup(StrEnum):
    """Deviations as the page puts them together, in this order."""

    MEANING = "meaning"
    CLAUSES = "clauses"
    UNREAD = "unread"
    SAME = "same"


GROUP_OF = {
    DeviationKind.CHANGED: DeviationGroup.MEANING,
    DeviationKind.MISSING: DeviationGroup.CLAUSES,
    DeviationKind.ADDED: DeviationGroup.CLAUSES,
    DeviationKind.UNREAD: DeviationGroup.UNREAD,
    DeviationKind.REWORDED: DeviationGroup.SAME,
}


def departures(imported: ContractImport, text: str) -> list[Beside]:
    """Return an import's deviations from the chosen form, those that weigh most first."""
    return [
        beside(row, text) for row in sorted(deviations_shown(imported), key=lambda row: (_place(row), row.position))
    ]


def grouped(found: Sequence[Beside]) -> dict[DeviationGroup, list[Beside]]:
    """Return deviations by group, every group in its place and none left out."""
    return {group: [one for one in found if GROUP_OF[one.row.kind] is group] for group in DeviationGroup}


def _place(row: ImportDeviation) -> tuple[int, bool]:
    """Within a group, terms that say something else lead."""
    return list(DeviationGroup).index(GROUP_OF[row.kind]), not row.terms


def beside(row: ImportDeviation, text: str) -> Beside:
    """Lay a deviation's two wordings side by side; `text` is the import's, in which its spans count."""
    here = " ".join(" ".join(text[start:end] for start, end in row.spans).split())
    standard = row.clause.wording if row.clause else ""
    return Beside(row, *compared(without_number(here), standard))


def compared(here: str, standard: str) -> tuple[list[Piece], list[Piece]]:
    """Mark what each of two wordings has and the other has not; width and punctuation are no difference."""
    if not here or not standard or max(len(here), len(standard)) > LONGEST_COMPARED:
        return _whole(here), _whole(standard)
    one, other = _plain(here), _plain(standard)
    marked_here, marked_standard = [True] * len(here), [True] * len(standard)
    matcher = SequenceMatcher(None, [c for _, c in one], [c for _, c in other], autojunk=False)
    shortest = SHORTEST_COMMON if matcher.ratio() >= SAME_BASE else SHORTEST_COMMON_IN_OTHER_WORDS
    for first, second, size in matcher.get_matching_blocks():
        if size < shortest:
            continue
        for step in range(size):
            marked_here[one[first + step][0]] = marked_standard[other[second + step][0]] = False
    return list(_pieces(here, marked_here)), list(_pieces(standard, marked_standard))


def _whole(text: str) -> list[Piece]:
    return [Piece(text, differs=False)] if text else []


def _plain(text: str) -> list[tuple[int, str]]:
    """Return place and half-width form of every character that carries meaning."""
    return [(at, unicodedata.normalize("NFKC", c)) for at, c in enumerate(text) if not IDLE.fullmatch(c)]


def _pieces(text: str, marked: list[bool]) -> Iterator[Piece]:
    """Cut a text where marks begin and end; punctuation takes after what stands before it."""
    for at, character in enumerate(text):
        if IDLE.fullmatch(character):
            marked[at] = marked[at - 1] if at else False
    for differs, run in groupby(range(len(text)), key=marked.__getitem__):
        yield Piece("".join(text[at] for at in run), differs=differs)
