"""Where a line may end, and how it is filled (UAX #14 by uniseg, and what a Chinese letter asks for besides).

No closing mark starts a line, no opening mark ends one, no code, amount or address is cut, and a number stays with its
unit. A mark that closes a line hangs: its empty half does not count.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from uniseg.linebreak import line_break_boundaries

from agreements.paper import fonts

IDEOGRAPH = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
NOT_IDEOGRAPHS = re.compile(f"[^{IDEOGRAPH}]+")
WIDE = re.compile(f"[{IDEOGRAPH}\u2e80-\u33ff\uff00-\uffe6“”‘’…—]")
UNITS = frozenset("元次天日月年条页份万亿％%期项个")
HANGING = frozenset("，。、；：！？）》」』】〕”’")
OPENING = frozenset("（《「『【〔“‘")
ANY = "中"
GOOD_TO_CUT_AFTER = frozenset("/-_.?&=,:;@+ ")
WIDEST_GAP = {True: 0.34, False: 0.9}
"""Of the size, by whether the line has Chinese: beyond it a line is left ragged rather than torn apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a paragraph. gaps: indexes after which the line may be stretched; is_last: not justified."""

    text: str
    width: float
    gaps: tuple[int, ...]
    is_last: bool


def _is_visible_ascii(character: str) -> bool:
    return "!" <= character <= "~"


@lru_cache(maxsize=8192)
def _breaks_around(run: str) -> tuple[int, ...]:
    """Return where a line may end in a run of anything but ideographs that stands between two of them."""
    text = f"{ANY}{run}{ANY}"
    allowed = {place for place in line_break_boundaries(text) if 0 < place < len(text)}
    for place in range(1, len(text)):
        before, after = text[place - 1], text[place]
        if before == "”" and (after == ANY or after in OPENING):
            allowed.add(place)  # a closing quotation mark in Chinese text
        if after == "“" and (before == ANY or before in HANGING):
            allowed.add(place)
        if (_is_visible_ascii(before) and _is_visible_ascii(after)) or before in OPENING or after in HANGING:
            allowed.discard(place)
    return tuple(sorted(place - 1 for place in allowed))


def units(text: str) -> list[str]:
    """Cut a line of text into what must stay together; a space stays at the end of the unit before it."""
    places = {0, len(text)}
    end = 0
    for run in NOT_IDEOGRAPHS.finditer(text):
        places.update(range(end + 1, run.start()))
        places.update(run.start() + place for place in _breaks_around(run[0]))
        end = run.end()
    places.update(range(end + 1, len(text)))
    kept = sorted(place for place in places if _may_end(text, place))
    return [text[start:stop] for start, stop in pairwise(kept)]


def _may_end(text: str, place: int) -> bool:
    if not 0 < place < len(text):
        return 0 <= place <= len(text)
    before, after = text[place - 1], text[place]
    if before.isdigit() and after in UNITS:
        return False
    return not (before == "第" and (after.isdigit() or after in "一二三四五六七八九十"))


def fill(text: str, *, name: str, size: float, measure: float, first_indent: float = 0.0) -> list[Line]:
    """Set a text into lines of a width in points; an empty text is one empty line."""
    lines = []
    for paragraph in text.replace("\r\n", "\n").replace("\t", " ").split("\n"):
        lines += _filled(paragraph.rstrip(), name, size, measure, first_indent)
    return lines


def _filled(text: str, name: str, size: float, measure: float, first_indent: float) -> list[Line]:
    lines: list[Line] = []
    current: list[str] = []
    scale = size / 1000
    used, room = 0.0, (measure - first_indent) / scale + 0.5
    for unit in units(text):
        wide, slack = _measured(unit, name)
        for part in (unit,) if (wide - slack) * scale <= measure else _cut(unit, name, size, measure):
            wide, slack = _measured(part, name)
            if current and used + wide - slack > room:
                lines.append(_line("".join(current), name, size, is_last=False))
                current, used, room = [], 0.0, measure / scale + 0.5
            current.append(part)
            used += wide
    return [*lines, _line("".join(current), name, size, is_last=True)]


def _cut(unit: str, name: str, size: float, measure: float) -> Iterator[str]:
    """Yield the parts of a unit that is wider than the whole line, cut after a joint where it has one."""
    rest = unit
    while (_measured(rest, name)[0] - _measured(rest, name)[1]) * size / 1000 > measure:
        cut = _last_cut(rest, name, size, measure)
        yield rest[:cut]
        rest = rest[cut:]
    yield rest


def _last_cut(text: str, name: str, size: float, measure: float) -> int:
    used, fits, joint = 0.0, 1, 0
    for place, character in enumerate(text):
        used += fonts.width(character, name, size)
        if used > measure:
            break
        fits = max(place + 1, 1)
        if character in GOOD_TO_CUT_AFTER and place > len(text) // 20:
            joint = place + 1
    return joint if joint > fits // 2 else fits


@lru_cache(maxsize=16384)
def _measured(unit: str, name: str) -> tuple[float, float]:
    """Return a unit's width, and what of it may stand beyond the edge: spaces, the empty half of a closing mark.

    Both in thousandths of the size.
    """
    plain = unit.rstrip(" ")
    spaces = (len(unit) - len(plain)) * fonts.advance(" ", name)
    half = 500.0 if plain and plain[-1] in HANGING and fonts.advance(plain[-1], name) >= 900 else 0.0
    return sum(fonts.advance(character, name) for character in unit), spaces + half


@cache
def _is_wide(character: str) -> bool:
    return WIDE.match(character) is not None


def _line(text: str, name: str, size: float, *, is_last: bool) -> Line:
    text = text.rstrip(" ")
    wide = [_is_wide(character) for character in text]
    gaps = tuple(
        index
        for index, (before, after) in enumerate(pairwise(text))
        if before == " " or ((wide[index] or wide[index + 1]) and after != " ")
    )
    units_wide = sum(fonts.advance(character, name) for character in text)
    slack = 500.0 if text and text[-1] in HANGING and fonts.advance(text[-1], name) >= 900 else 0.0
    return Line(text, (units_wide - slack) * size / 1000, gaps, is_last)


def stretch(line: Line, *, size: float, measure: float) -> float:
    """Return how far each gap of a line is widened so that the line ends at the edge; 0 for a last or a loose line."""
    if line.is_last or not line.gaps:
        return 0.0
    gap = (measure - line.width) / len(line.gaps)
    return gap if gap <= WIDEST_GAP[WIDE.search(line.text) is not None] * size else 0.0
