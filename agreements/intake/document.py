"""A contract text made uniform, with the way back into the original.

Half and full width, HTML tags, Markdown signs, tabs and invisible characters differ from file to file; readers see one
form of text, and evidence is always given in offsets of the original.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)

CELL = "\x1f"
"""Stands between table cells, whether they were drawn with pipes, tabs or HTML."""

KEPT_AS_PRINTED = frozenset("（），：；！？")
"""Chinese punctuation that a printed value keeps, though readers see the half-width form."""

BREAKING_TAGS = frozenset(
    {"p", "br", "div", "tr", "li", "table", "tbody", "thead", "ul", "ol", "section", "html", "body"}
)
BREAKING_TAGS |= {"h1", "h2", "h3", "h4", "h5", "h6"}
CELL_TAGS = frozenset({"td", "th"})
SILENT_TAGS = frozenset(
    {"span", "b", "strong", "i", "em", "u", "font", "center", "a", "head", "meta", "code", "sup", "sub"}
)
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""What contracts are full of, each for one character; the rest of NFKC is looked up one by one."""

ENTITIES = {"&nbsp;": " ", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#160;": " "}

SPECIAL = re.compile(
    r"</?(?P<tag>[A-Za-z][A-Za-z0-9]{0,9})(?:\s[^<>]{0,300})?/?>"
    r"|&(?:nbsp|amp|lt|gt|quot|#160);"
    r"|\r\n?|[\n\f\v\x1c-\x1e\x85\u2028\u2029]"
    r"|(?<!\*)\*\*(?!\*)|_{2,}|`"
    r"|[\t|\x1f│┃║｜]"
    r"|[\x00-\x08\x0e-\x1b\x7f\xad\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
)


WRAPPED = re.compile(r"(?<=[\u4e00-\u9fff（）-])\s*\n\s*|\s*\n\s*(?=[\u4e00-\u9fff（）-])")
"""A line break inside a value: between Chinese characters it stands for nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value was read: a span of the original text (end exclusive) and how sure the reading is, 0 to 1.

    page  counted from 1; None where the format has no pages, and until the whole draft is placed
    """

    start: int
    end: int
    text: str
    confidence: float
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Field(Generic[T_co]):
    """A value read from the text; `value` is None where the text lacks it or it was not understood.

    warnings  codes that reading it gave rise to
    """

    value: T_co | None = None
    evidence: Evidence | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the uniform text, without surrounding white space; `number` counts from 0, blank lines included."""

    number: int
    start: int
    end: int
    text: str

    @property
    def is_table_row(self) -> bool:
        return self.text.startswith(CELL)


@dataclass(frozen=True, slots=True)
class Document:
    """The uniform text; `origins` holds, for each of its characters and its end, the offset in `original`."""

    original: str
    text: str
    origins: Sequence[int]
    lines: Sequence[Line]

    def evidence(self, start: int, end: int, confidence: float) -> Evidence:
        """Return the original span of a span of the uniform text."""
        first = self.origins[start]
        last = self.origins[end - 1] + 1 if end > start else first
        return Evidence(first, last, self.original[first:last], confidence)

    def printed(self, start: int, end: int) -> str:
        """Return a value as printed, but for full-width letters and digits, which become half-width, and white space.

        Parentheses and commas stay as they were printed: they are part of names. Cells are joined again.
        """
        characters = []
        for position in range(start, end):
            original = self.original[self.origins[position]]
            kept = original if original in KEPT_AS_PRINTED or original == "|" else self.text[position]
            characters.append(" " if kept == CELL else kept)
        return " ".join(WRAPPED.sub("", "".join(characters)).split())


def uniform_document(original: str) -> Document:
    """Make the uniform text of a file's text."""
    pieces: list[str] = []
    origins: list[int] = []

    def put(text: str, origin: int) -> None:
        pieces.append(text)
        origins.extend([origin] * len(text))

    def put_plain(start: int, end: int) -> None:
        run = original[start:end].translate(FULL_WIDTH)
        if unicodedata.is_normalized("NFKC", run):
            pieces.append(run)
            origins.extend(range(start, end))
            return
        for offset, character in enumerate(run, start):
            put(unicodedata.normalize("NFKC", character), offset)

    position = 0
    in_row = False
    line_begins = 0
    for special in SPECIAL.finditer(original):
        put_plain(position, special.start())
        seen = _stands_for(special)
        if (special["tag"] or "").lower() in {"tr", "table"}:
            in_row = special.group().lower().startswith("<tr")
        elif seen == "\n" and (in_row or (special["tag"] and _is_row(pieces, line_begins))):
            seen = " "  # HTML rows may run over several lines, cells of Markdown hold <br>
        put(seen, special.start())
        if seen == "\n":
            line_begins = len(pieces)
        position = special.end()
    put_plain(position, len(original))
    text = "".join(pieces)
    origins.append(len(original))
    return Document(original, text, origins, _lines(text))


def _is_row(pieces: Sequence[str], line_begins: int) -> bool:
    """Say whether the line that is being put together is a row of a Markdown table."""
    return next((piece == CELL for piece in pieces[line_begins:] if piece.strip(" \u3000")), False)


def _stands_for(special: re.Match[str]) -> str:
    """Return what readers see in place of a tag, an entity, a break, a Markdown sign or an invisible character."""
    token = special.group()
    if tag := special["tag"]:
        tag = tag.lower()
        if tag in CELL_TAGS:
            return "" if token.startswith("</") else CELL
        if tag in BREAKING_TAGS:
            return "\n"
        return "" if tag in SILENT_TAGS else token
    if token in ENTITIES:
        return ENTITIES[token]
    if token[0] in "\t|\x1f│┃║｜":
        return CELL
    if token[0] in "\r\n\f\v\x1c\x1d\x1e\x85\u2028\u2029":
        return "\n"
    return ""


def _lines(text: str) -> list[Line]:
    lines = []
    start = 0
    for number, raw in enumerate(text.split("\n")):
        stripped = raw.strip(" \u3000")
        first = start + len(raw) - len(raw.lstrip(" \u3000"))
        lines.append(Line(number, first, first + len(stripped), stripped))
        start += len(raw) + 1
    return lines
