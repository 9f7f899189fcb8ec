"""The company's seal as outlines: a ring, a star, the name on the arc, the seal's own line under the star.

It is drawn from glyph outlines, so it is sharp at any size and leaves no text in the document. Lengths are points.
"""

import math
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
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
    canvas._code.append(_operators(name, line))  # noqa: SLF001 - its own path object formats every number twice


@lru_cache(maxsize=64)
def _operators(name: str, line: str) -> str:
    """Return a seal as PDF operators, between saving and restoring the state."""
    fonts.require_shown((name, line))
    if not 2 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(N_("A seal takes a name of 2 to 40 characters."), field="name")
    red = " ".join(f"{part:g}" for part in RED)
    return "\n".join(("q", f"{red} RG {red} rg", *_ring(), *_star(), *_name(name), *_straight(line), "Q"))


def _ring() -> Iterator[str]:
    radius = RADIUS - RING / 2
    bend = radius * 4 * (math.sqrt(2) - 1) / 3
    yield f"{RING:.3f} w {radius:.3f} 0 m"
    for turn in range(4):
        cos, sin = (1, 0, -1, 0)[turn], (0, 1, 0, -1)[turn]
        points = ((radius, bend), (bend, radius), (0.0, radius))
        yield " ".join(f"{x * cos - y * sin:.3f} {x * sin + y * cos:.3f}" for x, y in points) + " c"
    yield "s"


def _star() -> Iterator[str]:
    inner = STAR * math.sin(math.radians(18)) / math.cos(math.radians(36))
    for point in range(10):
        angle = math.radians(90 + 36 * point)
        radius = STAR if point % 2 == 0 else inner
        yield f"{radius * math.cos(angle):.3f} {radius * math.sin(angle) + 0.6 * MM:.3f} {'l' if point else 'm'}"
    yield "f"


def _name(name: str) -> Iterator[str]:
    """Set the name on the arc; a long one gets narrower characters, so that none touches the next or the line below."""
    step = min(STEP, WIDEST_ARC / (len(name) - 1))
    height = TALLEST if step > math.radians(19) else LOWEST if step < math.radians(14) else 4.8 * MM
    room = step * (NAME_RADIUS - height)  # between two feet, where characters are nearest
    narrow = max(NARROWEST, min(1.0, room / height * 0.99))
    for index, character in enumerate(name):
        turn = (len(name) - 1) / 2 * step - index * step  # to the left positive
        yield from _glyph(character, turn, foot=NAME_RADIUS - height, height=height, narrow=narrow)


def _straight(line: str) -> Iterator[str]:
    if not line:
        return
    height = 3.9 * MM
    narrow = min(1.0, 21 * MM / (len(line) * height))
    advance = height * narrow * 1.04
    left = -(len(line) - 1) / 2 * advance

    def place_at(x: float, u: float, v: float) -> tuple[float, float]:
        return x + u * height * narrow, v * height - 11.6 * MM

    for index, character in enumerate(line):
        yield from _path(character, partial(place_at, left + index * advance))


def _glyph(character: str, turn: float, *, foot: float, height: float, narrow: float) -> Iterator[str]:
    """Set a character on the circle of radius `foot`, turned from the top by an angle."""
    cos, sin = math.cos(turn), math.sin(turn)

    def place(u: float, v: float) -> tuple[float, float]:
        x, y = u * height * narrow, foot + v * height
        return x * cos - y * sin, x * sin + y * cos

    yield from _path(character, place)


def _path(character: str, place: Callable[[float, float], tuple[float, float]]) -> Iterator[str]:
    for kind, points in outline(character):
        placed = (place(*point) for point in points)
        yield " ".join((*(f"{x:.3f} {y:.3f}" for x, y in placed), "h" if kind == "z" else kind))
    yield "f"
