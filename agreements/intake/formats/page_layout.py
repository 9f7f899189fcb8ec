"""From pieces of text with their places on a page to lines and table rows, whoever found the pieces.

Lengths are in points (or pixels), measured from the left and the top edge of the page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

THIN = 4.0
SHORTEST_RULE = 12.0
SAME = 2.5
"""Rules nearer to each other than this are one."""
WIDE_GAP = 1.6
"""Times the height of the text: what stands further apart in a line are two cells."""

NARROW_GAP = 0.7
"""The same in a line between two rules of a table that has none between its columns."""

TALLEST_ROW = 60.0


class Piece(NamedTuple):
    """Words that stand together; top < bottom. A tuple, because a page has hundreds."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = 1.0

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn line: where it lies across its direction, and from where to where it runs."""

    at: float
    start: float
    end: float


@dataclass(slots=True)
class Page:
    """What stands on a page: lines of pieces in reading order, and the rules of its tables, `joined`."""

    number: int
    width: float
    height: float
    lines: list[list[Piece]]
    across: list[Rule] = field(default_factory=list)
    down: list[Rule] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cell:
    left: float
    top: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, cells from left to right; page is where it begins."""

    page: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line outside of ruled tables; its pieces stand apart like cells."""

    page: int
    pieces: tuple[Piece, ...]

    @property
    def left(self) -> float:
        return self.pieces[0].left

    @property
    def right(self) -> float:
        return self.pieces[-1].right

    @property
    def height(self) -> float:
        return max(piece.height for piece in self.pieces)


def resized(page: Page, factor: float) -> Page:
    """Return a page whose lengths were measured in other units."""

    def piece(given: Piece) -> Piece:
        left, top, right, bottom = (length * factor for length in given[1:5])
        return Piece(given.text, left, top, right, bottom, given.confidence)

    def rules(given: Sequence[Rule]) -> list[Rule]:
        return [Rule(rule.at * factor, rule.start * factor, rule.end * factor) for rule in given]

    lines = [[piece(given) for given in line] for line in page.lines]
    size = page.width * factor, page.height * factor
    return Page(page.number, *size, lines, rules(page.across), rules(page.down))


def add_rectangle(page: Page, left: float, top: float, right: float, bottom: float) -> None:
    """Take a drawn rectangle for rules: a thin one is a line, another the frame of a cell; the sheet itself is none."""
    width, height = right - left, bottom - top
    if width > 0.93 * page.width and height > 0.5 * page.height:
        return
    if height <= THIN:
        if width >= SHORTEST_RULE:
            page.across.append(Rule((top + bottom) / 2, left, right))
    elif width <= THIN:
        if height >= THIN:
            page.down.append(Rule((left + right) / 2, top, bottom))
    elif width >= SHORTEST_RULE and height >= 8:
        page.across += [Rule(top, left, right), Rule(bottom, left, right)]
        page.down += [Rule(left, top, bottom), Rule(right, top, bottom)]


def items_of(page: Page) -> Iterator[TextLine | Row]:
    """Yield lines and table rows in reading order."""
    rows: list[list[tuple[tuple[float, float], list[Piece]]]] = []
    items: list[TextLine | int] = []
    cells: dict[tuple[float, float], tuple[int, list[Piece]]] = {}
    for line in page.lines:
        outside = []
        for piece in line:
            corner = _cell_around(piece, page.across, page.down)
            if corner is None:
                outside.append(piece)
                continue
            known = next((cell for cell in cells if _same_place(cell, corner)), None)
            if known is not None:
                cells[known][1].append(piece)
                continue
            row = next((at for at, other in enumerate(rows) if abs(other[0][0][1] - corner[1]) <= SAME), len(rows))
            if row == len(rows):
                rows.append([])
                items.append(row)
            content = [piece]
            cells[corner] = (row, content)
            rows[row].append((corner, content))
        if outside:
            items.append(TextLine(page.number, tuple(outside)))
    for item in items:
        if isinstance(item, TextLine):
            yield item
        else:
            yield Row(
                page.number,
                tuple(Cell(*corner, tuple(found)) for corner, found in sorted(rows[item], key=lambda cell: cell[0][0])),
            )


def _same_place(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) <= SAME and abs(one[1] - other[1]) <= SAME


def _cell_around(piece: Piece, across: Sequence[Rule], down: Sequence[Rule]) -> tuple[float, float] | None:
    """Return left and top of the cell around a piece; None where rules do not close it in."""
    if not down:
        return None
    x, y = (piece.left + min(piece.right, piece.left + piece.height)) / 2, piece.middle
    lefts = [rule.at for rule in down if rule.at <= x and rule.start - SAME <= y <= rule.end + SAME]
    rights = [rule.at for rule in down if rule.at > x and rule.start - SAME <= y <= rule.end + SAME]
    tops = [rule.at for rule in across if rule.at <= y and rule.start - SAME <= x <= rule.end + SAME]
    bottoms = [rule.at for rule in across if rule.at > y and rule.start - SAME <= x <= rule.end + SAME]
    return (max(lefts), max(tops)) if lefts and rights and tops and bottoms else None


def joined(rules: Sequence[Rule]) -> list[Rule]:
    """Join pieces of one rule, as drawn cell by cell."""
    whole: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.at, rule.start)):
        for at in range(len(whole) - 1, -1, -1):
            other = whole[at]
            if rule.at - other.at > SAME:
                whole.append(rule)
                break
            if rule.start <= other.end + SAME and other.start <= rule.end + SAME:
                whole[at] = replace(other, start=min(rule.start, other.start), end=max(rule.end, other.end))
                break
        else:
            whole.append(rule)
    return whole


def split_at_gaps(pieces: Sequence[Piece], page: Page) -> list[Piece]:
    """Join neighbouring words of a line into pieces that stand apart like cells, by a wide gap or a rule between."""
    gap_of_cells = NARROW_GAP if len(pieces) > 1 and _is_between_rules(pieces[0], page) else WIDE_GAP
    joined: list[Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if before is None or _stand_apart(before, piece, page.down, gap_of_cells):
            joined.append(piece)
            continue
        gap = " " if piece.left - before.right > 0.12 * piece.height else ""
        joined[-1] = Piece(
            before.text + gap + piece.text,
            min(before.left, piece.left),
            min(before.top, piece.top),
            max(before.right, piece.right),
            max(before.bottom, piece.bottom),
            min(before.confidence, piece.confidence),
        )
    return joined


def _is_between_rules(piece: Piece, page: Page) -> bool:
    """Say whether rules run across above and below, as in a table without any between its columns."""
    if page.down or len(page.across) < 2:
        return False
    near = [rule.at for rule in page.across if rule.start - SAME <= piece.left <= rule.end + SAME]
    return any(0 <= piece.middle - at < TALLEST_ROW for at in near) and any(
        0 < at - piece.middle < TALLEST_ROW for at in near
    )


def _stand_apart(before: Piece, piece: Piece, down: Sequence[Rule], gap: float) -> bool:
    height = max(piece.height, before.height)
    if not -height <= piece.left - before.right <= gap * height or abs(piece.middle - before.middle) > height / 2:
        return True
    return any(
        before.right - 1 <= rule.at <= piece.left + 1 and rule.start <= piece.middle <= rule.end for rule in down
    )


def in_reading_order(lines: list[list[Piece]]) -> list[list[Piece]]:
    """Keep the order in which a file has its lines, unless it jumps up the page again and again."""
    tops = [line[0].top for line in lines]
    jumps = sum(after < before - 5 for before, after in pairwise(tops))
    if jumps <= max(3, len(lines) // 8):
        return lines
    return sorted(lines, key=lambda line: (round(line[0].middle / 4), line[0].left))
