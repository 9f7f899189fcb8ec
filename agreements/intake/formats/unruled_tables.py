"""Tables without rules between their columns: known by values that begin at the same place, line after line."""

from collections import Counter
from collections.abc import Sequence

from agreements.intake.formats.page_layout import Piece, Row, TextLine

SAME_COLUMN = 4.0
REACH = 1.3
"""Times the height: a line nearer than this to the one above, from top to bottom, may belong to the same cell."""

SENTENCE_MARKS = "。；;"


def with_columns(items: Sequence[TextLine | Row]) -> list[TextLine | Row]:
    """Give a value of several lines, or one that stands higher than its label, back to its row."""
    items = [_folded(item) if isinstance(item, TextLine) and len(item.pieces) > 1 else item for item in items]
    columns = _columns(items)
    if not columns:
        return items
    joined: list[TextLine | Row] = []
    for item in items:
        before = joined[-1] if joined else None
        if isinstance(item, TextLine) and isinstance(before, TextLine):
            row = _value_of(before, item, columns) or _label_of(before, item, columns)
            if row is not None:
                joined[-1] = row
                continue
        joined.append(item)
    return joined


def _folded(line: TextLine) -> TextLine:
    """Join pieces of one line that stand below each other: lines of a cell that were taken for one."""
    pieces = [line.pieces[0]]
    for piece in line.pieces[1:]:
        if abs(piece.left - pieces[-1].left) <= SAME_COLUMN:
            pieces[-1] = _below(pieces[-1], piece)
        else:
            pieces.append(piece)
    return TextLine(line.page, tuple(pieces))


def _columns(items: Sequence[TextLine | Row]) -> list[float]:
    """Return where the second column of such tables begins: at least two lines have a piece there."""
    starts = [round(item.pieces[1].left) for item in items if isinstance(item, TextLine) and len(item.pieces) == 2]
    return [float(start) for start, count in Counter(starts).items() if count > 1]


def _stands_in(piece: Piece, columns: Sequence[float]) -> bool:
    return any(abs(piece.left - column) <= SAME_COLUMN for column in columns)


def _value_of(before: TextLine, line: TextLine, columns: Sequence[float]) -> TextLine | None:
    """Return the row that a line of the second column makes with the label, or the label and value, before it."""
    [*_, last], value = before.pieces, line.pieces[0]
    if len(line.pieces) > 1 or not _stands_in(value, columns) or before.left > value.left - 2 * value.height:
        return None
    if abs(value.middle - last.middle) > (REACH + 1) * value.height or last.text[-1] in SENTENCE_MARKS:
        return None
    if len(before.pieces) == 1:
        return TextLine(before.page, (last, value)) if last.right < value.left else None
    return TextLine(before.page, (*before.pieces[:-1], _below(last, value)))


def _label_of(before: TextLine, line: TextLine, columns: Sequence[float]) -> TextLine | None:
    """Return the row of a value whose first line stands above its label, as where cells are centred."""
    value, label = before.pieces[0], line.pieces[0]
    if len(before.pieces) > 1 or len(line.pieces) > 1 or not _stands_in(value, columns) or label.right > value.left:
        return None
    if not 0 < label.middle - value.middle < REACH * label.height:
        return None
    return TextLine(before.page, (label, value))


def _below(first: Piece, second: Piece) -> Piece:
    """Join two lines of a cell. It keeps the lower one's place, so that a third finds it."""
    return second._replace(text=first.text + second.text, confidence=min(first.confidence, second.confidence))
