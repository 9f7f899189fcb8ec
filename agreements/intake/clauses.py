"""Clauses and their sentences, whatever the numbering marks, heading levels and page breaks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from agreements.intake.document import CELL, Document, Line

NUMBER = re.compile(
    r"(?:#{1,6}\s*)?(?:[-*•]\s)?[(]?(?:第\s?)?(?P<number>\d{1,2}(?:\s?\.\s?\d{1,2}){1,3})(?!\d)(?!\s?[.]?\d|\s?[元%万千]|\s?QPS)[条款]?[)、.,:]?"
)
INLINE_NUMBER = re.compile(
    r"(?<=[。;])\s{0,3}(?:#{0,6}\s{0,2}(?:\d{1,2}|[一二三四五六七八九十]{1,2})\s?[.、]\s?[^\d。,;]{1,20}?)?"
    r"(?P<number>\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)(?![\d元%万千.])"
)
AFTER_HEADING = re.compile(
    r"(?:#{1,6}\s*)?\d{1,2}\s?[.、][^\d。,;]{1,20}?(?P<number>\d{1,2}\.\d{1,2})(?=\s?[\u4e00-\u9fff])"
)
HEADING = re.compile(
    r"(?:#{1,6}\s*)?(?:第\s?[一二三四五六七八九十\d]{1,3}\s?[条章节部]|[一二三四五六七八九十]{1,3}\s?[、.]|\(?[一二三四五六七八九十]{1,2}\)|\d{1,2}\s?[.、])"
)
ANNEX = re.compile(r"(?:#{1,6}\s*)?附\s?件\s?[一二三1-9]?\s?(?:[:.、]|$|\s|《)")
MAIN_TITLE = re.compile(r"(?:#{1,6}\s*)?《?(?:云市场)?商品销售协议》?$")
ANNEX_TITLE = re.compile(r"(?:#{1,6}\s*)?《?最终用户使用协议》?$")
BULLET_SIGN = re.compile(r"[-*•·●○■□◆]\s?|\(\d{1,2}\)|[①-⑳]")
SENTENCE_END = re.compile(r"[。;！!？?]+")
LONGEST_SENTENCE = 600
SHORTEST_SENTENCE = 6
MOST_SENTENCES = 2000
"""An agreement has some hundred; a text with more than this is not read to its end."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without white space.

    origins  for each character, its offset in the uniform text
    clause   number of its clause as printed (2.4), None where it has none
    before, after  the sentences around it in the same paragraph, or "": 该通知应… leans on the one before
    """

    text: str
    origins: Sequence[int]
    clause: str | None
    in_annex: bool
    before: str
    after: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the uniform text (end exclusive) of a span of this sentence."""
        return self.origins[start], self.origins[max(start, end - 1)] + 1


@dataclass(frozen=True, slots=True)
class _Paragraph:
    number: str | None
    in_annex: bool
    start: int
    end: int


def sentences_of(document: Document, labelled_lines: frozenset[int]) -> list[Sentence]:
    """Return every sentence of the text in order.

    labelled_lines  numbers of lines that hold labelled values: they are no clauses and end the one before
    """
    found: list[Sentence] = []
    for paragraph in _paragraphs(document, labelled_lines):
        found += _sentences_of_paragraph(document, paragraph)
        if len(found) >= MOST_SENTENCES:
            break
    return found[:MOST_SENTENCES]


def annex_of(document: Document) -> range:
    """Return the annex as a range of the uniform text: from its title line, which is no sentence, to the next title."""
    titles = [line for line in document.lines if 0 < len(line.text) <= 40 and "。" not in line.text]
    start = next((line.start for line in titles if ANNEX.match(line.text) or ANNEX_TITLE.match(line.text)), None)
    if start is None:
        return range(0)
    end = next(
        (line.start for line in titles if line.start > start and MAIN_TITLE.match(line.text)), len(document.text)
    )
    return range(start, end)


def _paragraphs(document: Document, labelled_lines: frozenset[int]) -> list[_Paragraph]:
    """Join lines into paragraphs: a clause number, a heading or a bullet begins one, a broken sentence goes on."""
    annex = annex_of(document)
    paragraphs: list[_Paragraph] = []
    open_at: int | None = None
    number: str | None = None
    end = 0

    def close() -> None:
        nonlocal open_at
        if open_at is not None:
            paragraphs.append(_Paragraph(number, open_at in annex, open_at, end))
        open_at = None

    for line in document.lines:
        if not line.text:
            continue
        if line.number in labelled_lines or CELL in line.text or (annex and line.start == annex.start):
            close()
            number = None
            continue
        numbered = NUMBER.match(line.text)
        heading = not numbered and bool(HEADING.match(line.text))
        goes_on = not numbered and not heading and not BULLET_SIGN.match(line.text) and open_at is not None
        if goes_on and not _ends_a_sentence(document, end):
            end = line.end
            continue
        close()
        if numbered:
            number = re.sub(r"\s", "", numbered["number"])
        elif heading or line.text.startswith("#"):
            number = _section_number(line)
        open_at, end = line.start, line.end
        if heading and len(line.text) <= 20 and not re.search(r"[,。;:]$", line.text):
            close()
    close()
    return paragraphs


def _section_number(line: Line) -> str | None:
    """A heading such as 第三条 or 一、 numbers the text under it, until a clause number comes."""
    match = re.match(r"(?:#{1,6}\s*)?第?\s?([一二三四五六七八九十]{1,3}|\d{1,2})", line.text)
    return match[1] if match else None


def _ends_a_sentence(document: Document, end: int) -> bool:
    return document.text[end - 1] in "。;:!?！？" if end else True


def _sentences_of_paragraph(document: Document, paragraph: _Paragraph) -> list[Sentence]:
    """Cut at full stops, semicolons and clause numbers inside the paragraph; a very long run is cut by length."""
    text = document.text[paragraph.start : paragraph.end]
    cuts: list[tuple[int, str | None]] = [(0, paragraph.number)]
    number = paragraph.number
    if under_heading := AFTER_HEADING.match(text):
        number = under_heading["number"]
        cuts.append((under_heading.start("number"), number))
    for mark in islice(SENTENCE_END.finditer(text), MOST_SENTENCES):
        inline = INLINE_NUMBER.match(text, mark.end())
        number = inline["number"] if inline else number
        cuts.append((mark.end(), number))
    pieces: list[tuple[str, Sequence[int], str | None]] = []
    for (start, own_number), (stop, _) in zip(cuts, [*cuts[1:], (len(text), None)], strict=True):
        compact = "".join(text[start:stop].split())
        first_at = paragraph.start + start
        if len(compact) == stop - start:
            origins: Sequence[int] = range(first_at, first_at + len(compact))
        else:
            origins = [at for at, sign in enumerate(text[start:stop], first_at) if not sign.isspace()]
        pieces += [
            (compact[first : first + LONGEST_SENTENCE], origins[first : first + LONGEST_SENTENCE], own_number)
            for first in range(0, len(compact), LONGEST_SENTENCE)
        ]
    texts = ["", *(compact for compact, _, _ in pieces), ""]
    return [
        Sentence(compact, origins, own, paragraph.in_annex, texts[at], texts[at + 2])
        for at, (compact, origins, own) in enumerate(pieces)
        if len(compact) >= SHORTEST_SENTENCE
    ]
