"""Setting blocks into boxes: paragraphs line by line, tables row by row. Lengths are points; y grows upwards."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agreements.paper.content import Facts, Grid, Paragraph, Weight
from agreements.paper.fonts import BOLD, REGULAR
from agreements.paper.line_breaking import Line, fill, stretch

MM = 72 / 25.4
INK = (0.09, 0.11, 0.14)
FAINT = (0.42, 0.45, 0.50)
RULE = (0.62, 0.65, 0.70)
SHADE = (0.955, 0.962, 0.972)

Draw = Callable[[Any, float, float], None]
"""canvas, left edge, top edge."""


@dataclass(frozen=True, slots=True)
class Face:
    """How text is set: font, size and distance of the base lines."""

    name: str
    size: float
    leading: float


BODY = Face(REGULAR, 11, 20)
HEADING = Face(BOLD, 12, 22)
CELL = Face(REGULAR, 9.5, 15)
CELL_HEAD = Face(BOLD, 9.5, 15)
NOTE = Face(REGULAR, 8.5, 13)
FACES = {Weight.BODY: BODY, Weight.HEADING: HEADING, Weight.CLAUSE: BODY, Weight.LINE: BODY, Weight.NOTE: NOTE}
PADDING_X, PADDING_Y = 6.0, 4.5


@dataclass(frozen=True, slots=True)
class Box:
    """What stands together on a page. before: space above it, dropped at the head of a page; keep: with the next.

    head: boxes to draw again where a page begins with this one (the head of a table)
    """

    height: float
    draw: Draw
    before: float = 0.0
    keep: bool = False
    head: tuple["Box", ...] = ()


def draw_line(canvas: Any, line: Line, face: Face, *, x: float, y: float, measure: float, spread: bool = True) -> None:
    """Draw one line of text with its base line at y, widened evenly to the measure where `spread`."""
    gap = stretch(line, size=face.size, measure=measure) if spread else 0.0
    text = canvas.beginText(x, y)
    text.setFont(face.name, face.size)
    if gap:
        widened = set(line.gaps)
        widen, start = f"{gap:.4f} Tc", 0
        for index in range(1, len(line.text) + 1):
            if index == len(line.text) or (index in widened) != (start in widened):
                text._code.append(widen if start in widened else "0 Tc")  # noqa: SLF001 - setCharSpace, formatted once
                text.textOut(line.text[start:index])
                start = index
        text.setCharSpace(0)
    else:
        text.textOut(line.text)
    canvas.drawText(text)


def base(face: Face) -> float:
    """Return how far the base line lies under the top of its line."""
    return face.leading / 2 + face.size * 0.36


def paragraph_boxes(paragraph: Paragraph, measure: float) -> list[Box]:
    """Set a paragraph; the first two lines stay together, and so do the last two."""
    face = FACES[paragraph.weight]
    hang, indent, label = 0.0, 0.0, paragraph.label
    text = paragraph.text
    if paragraph.weight is Weight.BODY:
        indent = 2 * face.size
        text = label + text
    elif label:
        hang = max(2 * face.size, _width(label, face) + face.size * 0.4)
    lines = fill(text, name=face.name, size=face.size, measure=measure - hang, first_indent=indent)
    boxes = []
    for index, line in enumerate(lines):
        shift = indent if index == 0 else hang if paragraph.weight is not Weight.BODY else 0.0
        shift = max(shift, hang)
        boxes.append(
            Box(
                face.leading,
                _line_drawer(line, face, shift, measure - shift, label if index == 0 and hang else ""),
                before=_space_before(paragraph, face) if index == 0 else 0.0,
                keep=paragraph.weight is Weight.HEADING
                or (len(lines) > 1 and index in (0, len(lines) - 2))
                or (len(lines) == 3 and index == 1),
            )
        )
    return boxes


def _space_before(paragraph: Paragraph, face: Face) -> float:
    return {Weight.HEADING: 8.0, Weight.NOTE: 3.0}.get(paragraph.weight, 2.0 if face is BODY else 0.0)


def _width(text: str, face: Face) -> float:
    [line] = fill(text, name=face.name, size=face.size, measure=10_000)
    return line.width


def _line_drawer(line: Line, face: Face, shift: float, measure: float, label: str) -> Draw:
    colour = FAINT if face is NOTE else INK

    def draw(canvas: Any, x: float, top: float) -> None:
        canvas.setFillColorRGB(*colour)
        if label:
            canvas.setFont(face.name, face.size)
            canvas.drawString(x, top - base(face), label)
        draw_line(canvas, line, face, x=x + shift, y=top - base(face), measure=measure)

    return draw


def facts_boxes(facts: Facts, measure: float) -> list[Box]:
    """Set label and value rows; the labels share the width of the longest, a third of the page at most."""
    labels = max((_width(label, CELL_HEAD) for label, _ in facts.rows), default=0.0)
    first = min(max(labels + 2 * PADDING_X + 4, measure * 0.16), measure / 3)
    return list(
        _table([(row, (CELL_HEAD, CELL), (True, False)) for row in facts.rows], (first, measure - first), frozenset())
    )


def grid_boxes(grid: Grid, measure: float) -> list[Box]:
    """Set a grid under its head; long rows run on to the next page under the head again."""
    shares = grid.widths or (1.0,) * len(grid.head)
    widths = tuple(share * measure / sum(shares) for share in shares)
    count = len(grid.head)
    [*head] = _table([(grid.head, (CELL_HEAD,) * count, (True,) * count)], widths, grid.numeric)
    body = []
    for index, row in enumerate(grid.rows):
        is_total = grid.total and index == len(grid.rows) - 1
        body.append((row, ((CELL_HEAD if is_total else CELL),) * count, (is_total,) * count))
    repeated = tuple(Box(each.height, each.draw) for each in head)
    first, *others = head
    rows = [
        Box(each.height, each.draw, keep=each.keep, head=repeated) for each in _table(body, widths, grid.numeric, 0.0)
    ]
    return [Box(first.height, first.draw, before=first.before, keep=True), *others, *rows]


Row = tuple[tuple[str, ...], tuple[Face, ...], tuple[bool, ...]]
TALLEST_ROW_LINES = 30


def _table(
    rows: Sequence[Row], widths: tuple[float, ...], numeric: frozenset[int], before: float = 6.0
) -> Iterator[Box]:
    for number, (cells, faces, shaded) in enumerate(rows):
        columns = [
            fill(cell, name=face.name, size=face.size, measure=wide - 2 * PADDING_X)
            for cell, face, wide in zip(cells, faces, widths, strict=True)
        ]
        tallest = max(len(column) for column in columns)
        for start in range(0, tallest, TALLEST_ROW_LINES):
            part = [column[start : start + TALLEST_ROW_LINES] for column in columns]
            height = max(len(column) * face.leading for column, face in zip(part, faces, strict=True)) + 2 * PADDING_Y
            yield Box(
                height,
                _row_drawer(part, faces, shaded, widths=widths, numeric=numeric, height=height),
                before=before if number == 0 and start == 0 else 0.0,
            )


def _row_drawer(
    columns: Sequence[Sequence[Line]],
    faces: Sequence[Face],
    shaded: Sequence[bool],
    *,
    widths: Sequence[float],
    numeric: frozenset[int],
    height: float,
) -> Draw:
    def draw(canvas: Any, left: float, top: float) -> None:
        canvas.setLineWidth(0.5)
        x = left
        for index, (lines, face, is_shaded, wide) in enumerate(zip(columns, faces, shaded, widths, strict=True)):
            canvas.setStrokeColorRGB(*RULE)
            if is_shaded:
                canvas.setFillColorRGB(*SHADE)
            canvas.rect(x, top - height, wide, height, stroke=1, fill=1 if is_shaded else 0)
            canvas.setFillColorRGB(*INK)
            room = wide - 2 * PADDING_X
            y = top - PADDING_Y
            for line in lines:
                shift = max(room - line.width, 0.0) if index in numeric else 0.0
                draw_line(
                    canvas,
                    line,
                    face,
                    x=x + PADDING_X + shift,
                    y=y - base(face),
                    measure=room,
                    spread=False,  # a narrow column set to its edge tears its lines apart
                )
                y -= face.leading
            x += wide

    return draw
