"""Noto Sans SC, embedded: the subset that set-up made, what it can show, and how wide its characters are."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import SUBSETN, TTFont

from agreements.kernel.errors import N_, InvalidInput

FOLDER = Path(__file__).parents[2] / "static" / "vendor" / "fonts"
REGULAR, BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
MOST_IN_A_BLOCK = 100
"""Entries of one beginbfchar, by the CMap specification."""
NOT_DRAWN = frozenset("\n\r\t")


class EmbeddedFont(TTFont):  # type: ignore[misc]  # reportlab comes without types
    """A TrueType font whose text can be read back: reportlab writes characters above U+FFFF with five hex digits."""

    def addObjects(self, doc: Any) -> None:  # their name
        subsets = [list(subset) for subset in self.state[doc].subsets]
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            name = b"".join((SUBSETN(number), b"+", self.face.name, self.face.subfontNameX)).decode("pdfdoc")
            doc.idToObject[f"toUnicodeCMap:{name}"].content = to_unicode(name, subset)


def to_unicode(name: str, subset: list[int]) -> str:
    """Return the map from a subset's codes to UTF-16, surrogates included, in blocks that readers accept."""
    known = [
        (code, chr(point).encode("utf-16-be").hex().upper()) for code, point in enumerate(subset) if point or not code
    ]
    blocks = []
    for start in range(0, len(known), MOST_IN_A_BLOCK):
        part = known[start : start + MOST_IN_A_BLOCK]
        lines = "\n".join(f"<{code:02X}> <{utf16}>" for code, utf16 in part)
        blocks.append(f"{len(part)} beginbfchar\n{lines}\nendbfchar")
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap",
            f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
            f"/CMapName /{name} def\n/CMapType 2 def",
            f"1 begincodespacerange\n<00> <{max(len(subset) - 1, 0):02X}>\nendcodespacerange",
            *blocks,
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend",
        )
    )


@cache
def font(name: str = REGULAR) -> EmbeddedFont:
    """Return a weight, read once per process. Without the file, set-up was not run: FileNotFoundError says where."""
    path = FOLDER / f"{name}.ttf"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; run `make setup`")
    loaded = EmbeddedFont(name, str(path))
    pdfmetrics.registerFont(loaded)
    return loaded


@cache
def advance(character: str, name: str) -> float:
    """Return a character's width in thousandths of the size."""
    face = font(name).face
    return float(face.charWidths.get(ord(character), face.defaultWidth))


def width(text: str, name: str, size: float) -> float:
    """Return the width of a text in points."""
    return sum(advance(character, name) for character in text) * size / 1000


def require_shown(texts: Iterable[str]) -> None:
    """Refuse a text with a character that the font has no outline for; it would vanish from the paper."""
    known = font().face.charToGlyph
    missing = sorted(each for each in set().union(*texts) - NOT_DRAWN if ord(each) not in known)
    if missing:
        raise InvalidInput(
            N_("The font for documents has no outline for: %(characters)s."),
            code="CHARACTER_NOT_IN_FONT",
            field="content",
            remedy=N_("Write it with other characters, or add it to deploy/rare_characters.txt and run set-up again."),
            characters=" ".join(f"{each} (U+{ord(each):04X})" for each in missing[:10]),
        )
