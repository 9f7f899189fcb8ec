"""The clause numbers that Word counts itself: they stand nowhere in the text, yet readers cite them."""

import re
from collections.abc import Mapping

from docx.document import Document
from docx.oxml.ns import qn
from lxml import etree

DIGITS = "〇一二三四五六七八九"
CHINESE = frozenset(
    {
        "chineseCounting",
        "chineseCountingThousand",
        "ideographTraditional",
        "japaneseCounting",
        "taiwaneseCountingThousand",
    }
)
PLACE = re.compile(r"%([1-9])")
MOST_LEVELS = 9


class Numbering:
    """Counts the numbered paragraphs of a document in the order in which they are asked about."""

    def __init__(self, document: Document) -> None:
        self._levels: dict[str, Mapping[int, etree._Element]] = {}
        self._list_of: dict[str, str] = {}
        self._counts: dict[str, list[int]] = {}
        self._list_of_style = _lists_of_styles(document)
        numbering = next(
            (part.blob for part in document.part.package.iter_parts() if str(part.partname) == "/word/numbering.xml"),
            None,
        )
        if numbering is None:
            return
        root = etree.fromstring(numbering, etree.XMLParser(resolve_entities=False, no_network=True))
        for abstract in root.iter(qn("w:abstractNum")):
            levels = {int(level.get(qn("w:ilvl"), "0")): level for level in abstract.iter(qn("w:lvl"))}
            self._levels[abstract.get(qn("w:abstractNumId"), "")] = levels
        for number in root.iter(qn("w:num")):
            abstract = number.find(qn("w:abstractNumId"))
            if abstract is not None:
                self._list_of[number.get(qn("w:numId"), "")] = abstract.get(qn("w:val"), "")

    def number_of(self, paragraph: etree._Element) -> str:
        """Return the number that Word shows before a paragraph, with a space, or "". Call once a paragraph."""
        place = self._place_of(paragraph)
        if place is None:
            return ""
        list_id, level = place
        levels = self._levels.get(self._list_of.get(list_id, ""), {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(list_id, [0] * MOST_LEVELS)
        counts[level] = counts[level] + 1 if counts[level] else _start_of(levels[level])
        counts[level + 1 :] = [0] * (MOST_LEVELS - level - 1)
        shape = _value(levels[level], "w:lvlText")
        if not PLACE.search(shape):
            return "- " if shape else ""

        def counted(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            count = counts[at] or (_start_of(levels[at]) if at in levels else 1)
            is_chinese = at in levels and _value(levels[at], "w:numFmt") in CHINESE
            return in_chinese(count) if is_chinese else str(count)

        return PLACE.sub(counted, shape) + " "

    def _place_of(self, paragraph: etree._Element) -> tuple[str, int] | None:
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return None
        style = _value(properties, "w:pStyle")
        own = properties.find(qn("w:numPr"))
        list_id, level = self._list_of_style.get(style, ("", 0))
        if own is not None:
            list_id = _value(own, "w:numId") or list_id
            level = _whole(_value(own, "w:ilvl"), level)
        return None if list_id in {"", "0"} or not 0 <= level < MOST_LEVELS else (list_id, level)


def in_chinese(count: int) -> str:
    """Write 1 to 99 as 一 to 九十九; anything else in digits."""
    if not 1 <= count <= 99:
        return str(count)
    tens, ones = divmod(count, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")


def _lists_of_styles(document: Document) -> dict[str, tuple[str, int]]:
    """Return list and level by style, where a style numbers its paragraphs."""
    found = {}
    for style in document.styles.element.iter(qn("w:style")):
        own = next(style.iter(qn("w:numPr")), None)
        if own is not None:
            found[style.get(qn("w:styleId"), "")] = (_value(own, "w:numId"), _whole(_value(own, "w:ilvl"), 0))
    return found


def _value(parent: etree._Element, name: str) -> str:
    child = parent.find(qn(name))
    return "" if child is None else child.get(qn("w:val"), "")


def _start_of(level: etree._Element) -> int:
    return _whole(_value(level, "w:start"), 1)


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise
