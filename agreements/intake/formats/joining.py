"""From the lines and rows of all pages to one text: paragraphs put together again, running headers left out."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agreements.intake.formats.page_layout import Cell, Page, Piece, Row, TextLine, items_of
from agreements.intake.formats.source import Seen
from agreements.intake.formats.unruled_tables import with_columns

PAGE_NUMBER = re.compile(
    r"第?\s?[0-9一二三四五六七八九十]{1,4}\s?页?\s?[/,，、|]?\s?(?:共|of|/)?\s?[0-9一二三四五六七八九十]{0,4}\s?页?"
    r"|[-—–·]\s?\d{1,4}\s?[-—–·]|page\s?\d{1,4}(?:\s?(?:of|/)\s?\d{1,4})?",
    re.IGNORECASE,
)
CARRIES_A_FIELD = re.compile(r"[\u4e00-\u9fff]{2,8}\s*[:：]\s*\S")
BEGINS_ANEW = re.compile(
    r"[#•·●○■□◆①-⑳【]|[-–—*]\s|\(?[(（]?[0-9一二三四五六七八九十]{1,3}[)）、]|第\s?[0-9一二三四五六七八九十]{1,3}\s?[条章节部]"
    r"|\d{1,2}\s?[.．]\s?(?:\d{1,2}|\s)|附\s?件|[\u4e00-\u9fff]{2,8}(?:[(（][^()（）]{1,6}[)）])?\s?[:：]"
)
DIGITS = re.compile(r"\d+")
SENTENCE_END = "。；;!！?？"
WORD = re.compile(r"[!-~]+")
MARGIN = 0.11
"""Of the height: running headers and footers stand within it."""


@dataclass(slots=True)
class Assembled:
    """The text as it grows, with the page that each offset came from and what was recognised."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    page_starts: list[int] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    def put(self, text: str, confidence: float = 1.0) -> None:
        if confidence < 1.0 and text:
            self.seen.append(Seen(self.length, self.length + len(text), confidence))
        self.parts.append(text)
        self.length += len(text)

    def turn_to(self, page: int) -> None:
        """Say that what follows stands on this page; a page without text begins where the next one does."""
        while len(self.page_starts) < page:
            self.page_starts.append(self.length)

    @property
    def text(self) -> str:
        return "".join(self.parts)


def assembled(pages: Sequence[Page]) -> Assembled:
    """Put the pages' text together; a page break inside a clause leaves no trace in it."""
    running = _running_lines(pages)
    items: list[TextLine | Row] = []
    for page in pages:
        page.lines = [line for at, line in enumerate(page.lines) if (page.number, at) not in running.dropped]
        items += with_columns(list(items_of(page)))
    result = Assembled()
    for line in running.kept:
        result.put("".join(piece.text for piece in line) + "\n", min(piece.confidence for piece in line))
    _put_items(result, _rows_joined(items))
    return result


@dataclass(frozen=True, slots=True)
class _Running:
    """Lines by page and place that are no part of the agreement; those among them that carry a field, once."""

    dropped: frozenset[tuple[int, int]]
    kept: tuple[list[Piece], ...]


def _running_lines(pages: Sequence[Page]) -> _Running:
    """Find lines at the edge of the page that are page numbers or, but for digits, the same on other pages."""
    found: dict[tuple[int, int], str] = {}
    lines: dict[tuple[int, int], list[Piece]] = {}
    numbers = set()
    for page in pages:
        for at, line in enumerate(page.lines):
            if not (line[0].bottom < MARGIN * page.height or line[0].top > (1 - MARGIN) * page.height):
                continue
            text = " ".join(piece.text for piece in line).strip()
            lines[page.number, at] = line
            if PAGE_NUMBER.fullmatch(text):
                numbers.add((page.number, at))
            else:
                side = "head" if line[0].bottom < MARGIN * page.height else "foot"
                found[page.number, at] = f"{side} {line[0].top // 8} {re.sub(DIGITS, '0', text)}"
    repeated = Counter(found.values())
    often = max(2, len(pages) // 2)
    dropped = {place for place, text in found.items() if repeated[text] >= often}
    kept, told = [], set()
    for place in sorted(dropped):
        text = "".join(piece.text for piece in lines[place])
        if found[place] not in told and CARRIES_A_FIELD.search(text):
            kept.append(lines[place])
        told.add(found[place])
    return _Running(frozenset(dropped | numbers), tuple(kept))


def _rows_joined(items: Iterable[TextLine | Row]) -> list[TextLine | Row]:
    """Put a row together again that a page break cut: its rest has nothing in the column of the labels."""
    joined: list[TextLine | Row] = []
    for item in items:
        before = joined[-1] if joined else None
        if (
            isinstance(item, Row)
            and isinstance(before, Row)
            and item.page > before.page
            and len(before.cells) > 1
            and len(item.cells) < len(before.cells)
            and item.cells[0].left > before.cells[0].left + 10
        ):
            rest = {round(cell.left / 8): cell.pieces for cell in item.cells}
            cells = tuple(
                Cell(cell.left, cell.top, cell.pieces + rest.get(round(cell.left / 8), ())) for cell in before.cells
            )
            joined[-1] = Row(before.page, cells)
        else:
            joined.append(item)
    return joined


def _put_items(result: Assembled, items: Sequence[TextLine | Row]) -> None:
    edges = [item for item in items if isinstance(item, TextLine)]
    right = _usual(max(line.right for line in group) for group in _by_page(edges))
    left = min((line.left for line in edges), default=0.0)
    before: TextLine | None = None
    for item in items:
        if isinstance(item, Row):
            result.put("\n" if result.length and before is not None else "")
            result.turn_to(item.page)
            _put_row(result, item)
            before = None
            continue
        if before is not None:
            result.put(_between(before, item) if _goes_on(before, item, left, right) else "\n\n")
        result.turn_to(item.page)
        for at, piece in enumerate(item.pieces):
            result.put("\t" if at else "")
            result.put(piece.text, piece.confidence)
        before = item
    result.put("\n")


def _by_page(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    pages: dict[int, list[TextLine]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    return list(pages.values())


def _usual(values: Iterable[float]) -> float:
    """Return the middle value; 0 where there is none."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0


def _put_row(result: Assembled, row: Row) -> None:
    for cell in row.cells:
        result.put("| ")
        last: Piece | None = None
        for piece in cell.pieces:
            if last is not None:
                result.put(_gap(last.text, piece.text))
            result.put(piece.text.replace("|", "¦"), piece.confidence)
            last = piece
        result.put(" ")
    result.put("|\n")


def _goes_on(before: TextLine, line: TextLine, left: float, right: float) -> bool:
    """Say whether a line goes on with the one before: that one filled the width, this one begins nothing new."""
    if len(before.pieces) > 1 or len(line.pieces) > 1:
        return False
    text, size = line.pieces[0].text, before.height
    if abs(line.height - before.height) > 0.3 * size:
        return False
    word = WORD.match(text)
    needed = 1.9 * size + (0.6 * size * len(word.group()) if word else 0.0)
    if right - before.right > needed:
        return False
    if _is_open(before.pieces[-1].text):
        return True
    if BEGINS_ANEW.match(text):
        return False
    is_indented = line.left > min(left, before.left) + 1.2 * size
    return not (is_indented and before.pieces[-1].text[-1] in SENTENCE_END)


def _is_open(text: str) -> bool:
    """Say whether a line ends inside parentheses: what looks like a label after it is none."""
    return sum(text.count(sign) for sign in "(（《“") > sum(text.count(sign) for sign in ")）》”")


def _between(before: TextLine, line: TextLine) -> str:
    return _gap(before.pieces[-1].text, line.pieces[0].text)


def _gap(before: str, after: str) -> str:
    """Western words that a line break parted get their space back; Chinese has none, nor has a cut code."""
    return (
        " " if before[-1:].isascii() and before[-1:].isalnum() and after[:1].isascii() and after[:1].isalpha() else ""
    )
