"""An agreement cut into clauses: what stands under one number, with the terms that were read from it."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agreements.intake.clauses import Sentence
from agreements.intake.document import Document, Evidence
from agreements.intake.standard_form import Part

SECTION = re.compile(r"(?:#{1,6}\s*)?(?:第\s?)?([一二三四五六七八九十]{1,3})(?:[、.]|\s?[条章部])")
OWN_NUMBER = re.compile(
    r"[#\s*•·-]*(?:\(?第?\d{1,2}(?:\.\d{1,2}){1,3}(?!\d)[条款]?[)、.:]?"
    r"|\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[、.)](?!\d))?"
)
ORDER_LEAD = re.compile(r"购买|选购|订购|下单|如下|简称|下称|事宜|达成")
HEADING = re.compile(r"[^。;,:]{1,30}[:、,]?")
ENUMERATED = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}")
NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class ClauseUnit:
    """A clause of an agreement.

    number  as cited: 3.3, or 三 1 in the main agreement; None where none is printed
    spans   pieces of the original text, end exclusive; several where a clause is continued elsewhere
    text    without white space, in half width and without its number
    terms   keys of the terms that were read from it
    free    its sentences that hold no term: only their wording can be compared
    """

    part: Part
    number: str | None
    spans: tuple[tuple[int, int], ...]
    text: str
    terms: frozenset[str]
    free: tuple[str, ...] = ()


def words_only(text: str) -> str:
    """Return a text without punctuation and width: what stays equal however it is typed."""
    return NOT_WORDS.sub("", unicodedata.normalize("NFKC", text))


def without_number(text: str) -> str:
    return OWN_NUMBER.sub("", text, count=1)


def clause_units(
    document: Document, sentences: Sequence[Sentence], evidence: Mapping[str, Evidence]
) -> list[ClauseUnit]:
    """Cut an agreement into its clauses, in order.

    The order itself, headings and the lines of the signature are no clauses.
    evidence  of the terms, by key, in offsets of the original
    """
    sections = _sections(document)
    units: list[ClauseUnit] = []
    group: list[Sentence] = []
    for sentence in sentences:
        if group and not _belongs(sentence, group):
            units += _unit(document, group, sections, evidence)
            group = []
        group.append(sentence)
    return units + _unit(document, group, sections, evidence) if group else units


def _belongs(sentence: Sentence, group: Sequence[Sentence]) -> bool:
    """A paragraph is one clause; one with a number of its own, such as 3.3, also takes in the paragraphs under it."""
    last = group[-1]
    if (sentence.in_annex, sentence.clause) != (last.in_annex, last.clause):
        return False
    is_same_paragraph = bool(sentence.before)
    return is_same_paragraph or (sentence.clause is not None and ENUMERATED.fullmatch(sentence.clause) is not None)


def _sections(document: Document) -> tuple[list[int], list[str]]:
    starts, names = [], []
    for line in document.lines:
        if match := SECTION.match(line.text):
            starts.append(line.start)
            names.append(match[1])
    return starts, names


def _unit(
    document: Document,
    group: Sequence[Sentence],
    sections: tuple[list[int], list[str]],
    evidence: Mapping[str, Evidence],
) -> list[ClauseUnit]:
    text = without_number("".join(sentence.text for sentence in group))
    first, last = group[0].origins[0], group[-1].origins[-1]
    part = Part.ANNEX if group[0].in_annex else Part.MAIN
    number = group[0].clause
    if part is Part.MAIN:
        at = bisect_right(sections[0], first) - 1
        section = sections[1][at] if at >= 0 else None
        if (section in {None, "一"} and ORDER_LEAD.search(text)) or (section is None and number is None):
            return []
        number = " ".join(dict.fromkeys(part for part in (section, number) if part)) or None
    if HEADING.fullmatch(text) and (number is None or not ENUMERATED.fullmatch(number)):
        return []
    span = document.evidence(first, last + 1, 1)
    terms = frozenset(
        key for key, found in evidence.items() if span.start <= found.start and found.end <= max(span.end, found.start)
    )
    places = [(document.origins[one.origins[0]], document.origins[one.origins[-1]]) for one in group]
    free = tuple(
        without_number(one.text)
        for one, (start, end) in zip(group, places, strict=True)
        if not any(evidence[key].start <= end and start < evidence[key].end for key in terms)
    )
    return [ClauseUnit(part, number, ((span.start, span.end),), text, terms, free)]
