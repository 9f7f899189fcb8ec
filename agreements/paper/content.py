"""What a document says, as plain values. Text is text: nothing in it is markup, a line break starts a new line."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum

from agreements.paper.rules import PaperLanguage


class Weight(StrEnum):
    """How a paragraph is set: body is indented and justified, clause hangs under its number, note is small."""

    BODY = "body"
    HEADING = "heading"
    CLAUSE = "clause"
    LINE = "line"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """label: the number of a clause, such as "一、" or "（2）"; stands before the text."""

    text: str
    weight: Weight = Weight.BODY
    label: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, one row each, in a ruled table of two columns."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table whose head is repeated on every page.

    widths   share of each column, any unit; equal where left out
    numeric  indexes of the columns set flush right
    total    the last row is a sum and set bold
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    numeric: frozenset[int] = frozenset()
    total: bool = False

    def __post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in self.rows) or len(self.widths) not in (0, len(self.head)):
            raise ValueError("every row of a grid has as many cells as its head")


@dataclass(frozen=True, slots=True)
class PartyBlock:
    """role: as the document calls it, such as 甲方; details: label and value lines under the name."""

    role: str
    name: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """A place to sign. is_ours: our seal goes over it; without a date, the place for one is left to the signer.

    by  a line under the name, such as who signed for the company
    """

    role: str
    name: str
    is_ours: bool = False
    dated_on: date | None = None
    by: str = ""


Block = Paragraph | Facts | Grid


@dataclass(frozen=True, slots=True)
class PaperContent:
    """One document.

    title       at the head, centred
    addressee   who a letter is written to; empty for none
    parties     the block at the head of an instrument of several parties
    blocks      the body, in order
    signatures  at the end, kept together; the one that is ours gets the seal (both parties side by side)
    reference   lines under the title, such as the order number; empty: the document's own, else at the head only
    remark      small print at the foot of the last page, beside how the document is checked
    """

    title: str
    blocks: tuple[Block, ...]
    parties: tuple[PartyBlock, ...] = ()
    addressee: str = ""
    signatures: tuple[Signature, ...] = ()
    reference: str = ""
    remark: str = ""
    language: PaperLanguage = field(default=PaperLanguage.ZH)

    def texts(self) -> Iterator[str]:
        """Yield every text that a person or a room wrote."""
        yield from (self.title, self.addressee, self.reference, self.remark)
        for party in self.parties:
            yield from (party.role, party.name, *(part for row in party.details for part in row))
        for block in self.blocks:
            if isinstance(block, Paragraph):
                yield from (block.label, block.text)
            elif isinstance(block, Facts):
                yield from (part for row in block.rows for part in row)
            else:
                yield from (*block.head, *(cell for row in block.rows for cell in row))
        for signature in self.signatures:
            yield from (signature.role, signature.name, signature.by)

    def fingerprint(self) -> str:
        """Return the SHA-256 of all that it says but for the day of signing: the same on every day."""
        undated = replace(self, signatures=tuple(replace(each, dated_on=None) for each in self.signatures))
        return hashlib.sha256(json.dumps(asdict(undated), ensure_ascii=False, default=sorted).encode()).hexdigest()
