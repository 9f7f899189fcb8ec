"""From what was recognised on a picture to a page: set upright, in rows, each piece with how far to trust it."""

import math
import re
from collections.abc import Sequence
from typing import Any

from PIL import Image

from agreements.intake.formats.page_layout import Page, Piece, Rule, joined

MOST_TRUSTED = 0.9
"""A recognised piece is never as sure as printed text; the engine's own score is scaled to this."""

DIGITS_TRUSTED = 0.75
"""A misread digit scores as high as a right one: what is mostly digits always goes to a person."""

MOSTLY_DIGITS = 0.3
DARK = 170
"""Brightness, of 255: below it a point may belong to a drawn line, thin and grey as a scan shows it."""

FULL_PARENTHESIS = re.compile(r"(?<=[\u4e00-\u9fff”])[()]|[()](?=[\u4e00-\u9fff“])")
"""A recognition can't tell the widths apart; beside Chinese a parenthesis is a full one."""

LEAST_SKEW = 0.15
"""Degrees."""


def page_of(
    number: int, picture: Image.Image, boxes: Sequence[Any], texts: Sequence[str], scores: Sequence[float]
) -> Page:
    """Return the page. boxes: for each text its four corners, from the upper left clockwise."""
    skew = _skew(boxes)
    if abs(skew) < LEAST_SKEW:
        skew = 0.0
    upright = (
        picture.convert("L").rotate(skew, Image.Resampling.BILINEAR, fillcolor=255) if skew else picture.convert("L")
    )
    pieces = [
        _piece(_turned(box, skew, picture.size), text, score)
        for box, text, score in zip(boxes, texts, scores, strict=True)
        if text.strip()
    ]
    page = Page(number, float(picture.width), float(picture.height), _lines(pieces))
    page.across, page.down = (joined(rules) for rules in _rules(upright, pieces))
    return page


def _piece(corners: list[tuple[float, float]], text: str, score: float) -> Piece:
    across, down = [x for x, _ in corners], [y for _, y in corners]
    digits = sum(character.isdigit() for character in text)
    confidence = round(min(1.0, float(score)) * MOST_TRUSTED, 3)
    if digits >= MOSTLY_DIGITS * len(text):
        confidence = min(confidence, DIGITS_TRUSTED)
    text = FULL_PARENTHESIS.sub(lambda found: "（" if found.group() == "(" else "）", text.strip())
    return Piece(text, min(across), min(down), max(across), max(down), confidence)


def _skew(boxes: Sequence[Any]) -> float:
    """Return by how many degrees the lines fall to the right: the middle value of the long ones."""
    angles = sorted(
        math.degrees(math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]))
        for box in boxes
        if box[1][0] - box[0][0] > 6 * abs(box[3][1] - box[0][1])
    )
    return angles[len(angles) // 2] if angles else 0.0


def _turned(box: Any, degrees: float, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Turn a box's corners about the middle of the picture."""
    if not degrees:
        return [(float(x), float(y)) for x, y in box]
    x0, y0 = size[0] / 2, size[1] / 2
    cos, sin = math.cos(math.radians(-degrees)), math.sin(math.radians(-degrees))
    return [
        (x0 + (float(x) - x0) * cos - (float(y) - y0) * sin, y0 + (float(x) - x0) * sin + (float(y) - y0) * cos)
        for x, y in box
    ]


def _lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Put pieces side by side into lines, from top to bottom."""
    lines: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.middle):
        line = next((line for line in lines[-4:] if _are_level(line[-1], piece)), None)
        if line is None:
            lines.append([piece])
        else:
            line.append(piece)
    return [sorted(line, key=lambda piece: piece.left) for line in lines]


def _are_level(one: Piece, other: Piece) -> bool:
    return abs(one.middle - other.middle) < 0.45 * min(one.height, other.height) and (
        other.left >= one.right - one.height or other.right <= one.left + one.height
    )


def _rules(picture: Image.Image, pieces: Sequence[Piece]) -> tuple[list[Rule], list[Rule]]:
    """Find drawn lines: rows and columns of points that are dark for longer than any stroke of a character."""
    import numpy as np  # noqa: PLC0415 comes with the optional recognition

    size = sorted(piece.height for piece in pieces)[len(pieces) // 2] if pieces else 30.0
    dark = np.asarray(picture) < DARK
    return _runs(dark, round(4 * size)), _runs(dark.T, round(1.4 * size))


def _runs(dark: Any, shortest: int) -> list[Rule]:
    """Return the dark runs along the rows of a picture that are at least so long; a gap of a few points is bridged."""
    import numpy as np  # noqa: PLC0415

    dark = dark.copy()
    dark[1:] |= dark[:-1].copy()  # a line that is not quite level passes from row to row
    dark[:-1] |= dark[1:].copy()
    found = []
    for at in np.nonzero(dark.sum(axis=1) >= shortest)[0]:
        places = np.nonzero(dark[at])[0]
        breaks = np.nonzero(np.diff(places) > 4)[0]
        starts = places[np.concatenate(([0], breaks + 1))]
        ends = places[np.concatenate((breaks, [len(places) - 1]))]
        found += [
            Rule(float(at), float(start), float(end))
            for start, end in zip(starts, ends, strict=True)
            if end - start >= shortest and dark[at, start : end + 1].mean() > 0.9
        ]
    return found
