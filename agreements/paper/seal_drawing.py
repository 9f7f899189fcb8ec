"""The company's seal as outlines: a ring, a star, the name on the arc, the seal's own line under the star.

It is drawn from glyph outlines, so it is sharp at any size and leaves no text in the document. Lengths are points.
"""

import math
from functools import cache
from typing import Any

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from agreements.kernel.errors import N_, InvalidInput
from agreements.paper import fonts

MM = 72 / 25.4
RED = (0.83, 0.07, 0.10)
RADIUS = 20 * MM
RING = 1.0 * MM
NAME_RADIUS = 17.4 * MM
"""Of the tops of the characters on the arc."""
TALLEST, LOWEST = 5.4 * MM, 4.2 * MM
WIDEST_ARC = math.radians(252)
STEP = math.radians(27)
"""Between two characters of a short name."""
STAR = 6.6 * MM
LONGEST_NAME = 40
NARROWEST = 0.34

Command = tuple[str, tuple[tuple[float, float], ...]]


class _Outline(BasePen):  # type: ignore[misc]  # fontTools comes without types
    """Takes a glyph down as moves, lines and cubic curves in units of the font."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.commands: list[Command] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:
        self.commands.append(("m", (pt,)))

    def _lineTo(self, pt: tuple[float, float]) -> None:
        self.commands.append(("l", (pt,)))

    def _curveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]) -> None:
        self.commands.append(("c", (pt1, pt2, pt3)))

    def _closePath(self) -> None:
        self.commands.append(("z", ()))


@cache
def _source() -> tuple[Any, dict[int, str], int]:
    source = TTFont(fonts.FOLDER / f"{fonts.BOLD}.ttf", lazy=True)
    return source.getGlyphSet(), source.getBestCmap(), source["head"].unitsPerEm


@cache
def outline(character: str) -> tuple[Command, ...]:
    """Return a character's outline for a size of 1, its em box centred on x = 0 with the foot at y = 0."""
    glyphs, known, em = _source()
    glyph = glyphs[known[ord(character)]]
    pen = _Outline(glyphs)
    glyph.draw(pen)
    half, foot = glyph.width / 2, 0.12 * em
    return tuple((kind, tuple(((x - half) / em, (y + foot) / em) for x, y in points)) for kind, points in pen.commands)


def draw_seal(canvas: Any, name: str, line: str) -> None:
    """Draw the seal of a company around the origin. A name of more than 40 characters raises InvalidInput."""
    fonts.require_shown((name, line))
    if not 2 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(N_("A seal takes a name of 2 to 40 characters."), field="name")
    canvas.setStrokeColorRGB(*RED)
    canvas.setFillColorRGB(*RED)
    canvas.setLineWidth(RING)
    canvas.circle(0, 0, RADIUS - RING / 2, stroke=1, fill=0)
    _draw_star(canvas)
    _draw_name(canvas, name)
    _draw_straight(canvas, line)


def _draw_star(canvas: Any) -> None:
    path = canvas.beginPath()
    inner = STAR * math.sin(math.radians(18)) / math.cos(math.radians(36))
    for point in range(10):
        angle = math.radians(90 + 36 * point)
        radius = STAR if point % 2 == 0 else inner
        x, y = radius * math.cos(angle), radius * math.sin(angle) + 0.6 * MM
        (path.moveTo if point == 0 else path.lineTo)(x, y)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_name(canvas: Any, name: str) -> None:
    step = min(STEP, WIDEST_ARC / (len(name) - 1))
    height = TALLEST if step > math.radians(19) else LOWEST if step < math.radians(14) else 4.8 * MM
    room = step * (NAME_RADIUS - height)  # between two feet, where characters are nearest
    narrow = max(NARROWEST, min(1.0, room / height * 0.99))
    for index, character in enumerate(name):
        turn = (len(name) - 1) / 2 * step - index * step  # to the left positive
        _draw_glyph(canvas, character, turn, foot=NAME_RADIUS - height, height=height, narrow=narrow)


def _draw_straight(canvas: Any, line: str) -> None:
    if not line:
        return
    height = 3.9 * MM
    narrow = min(1.0, 21 * MM / (len(line) * height))
    advance = height * narrow * 1.04
    for index, character in enumerate(line):
        x = (index - (len(line) - 1) / 2) * advance
        _draw_path(canvas, character, lambda u, v, x=x: (x + u * height * narrow, v * height - 11.6 * MM))


def _draw_glyph(canvas: Any, character: str, turn: float, *, foot: float, height: float, narrow: float) -> None:
    """Draw a character that stands on the circle of radius `foot`, turned from the top by an angle."""
    cos, sin = math.cos(turn), math.sin(turn)

    def place(u: float, v: float) -> tuple[float, float]:
        x, y = u * height * narrow, foot + v * height
        return x * cos - y * sin, x * sin + y * cos

    _draw_path(canvas, character, place)


def _draw_path(canvas: Any, character: str, place: Any) -> None:
    path = canvas.beginPath()
    for kind, points in outline(character):
        placed = [number for point in points for number in place(*point)]
        if kind == "m":
            path.moveTo(*placed)
        elif kind == "l":
            path.lineTo(*placed)
        elif kind == "c":
            path.curveTo(*placed)
        else:
            path.close()
    canvas.drawPath(path, stroke=0, fill=1, fillMode=1)
