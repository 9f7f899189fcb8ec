"""Word files (.docx): body items in order, tables, text boxes, headers that carry fields; runs in the reading process.

Numbers that Word counts itself are part of the text, what a tracked change deleted is not.
"""

import io
import re
from collections.abc import Iterator

import docx
from docx.document import Document
from docx.oxml.ns import qn
from lxml import etree

from agreements.intake.formats.joining import CARRIES_A_FIELD, Assembled
from agreements.intake.formats.limits import LONGEST_TEXT
from agreements.intake.formats.refusals import Refused
from agreements.intake.formats.source import SourceText
from agreements.intake.formats.word_numbering import Numbering
from agreements.intake.formats.word_parts import refuse_unsafe_parts

PARAGRAPH, TABLE, ROW, CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
TEXT, TAB, BREAK, NO_BREAK_HYPHEN = qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:noBreakHyphen")
RUN, HIDDEN, TURNED_PAGE, TEXT_BOX = qn("w:r"), qn("w:vanish"), qn("w:lastRenderedPageBreak"), qn("w:txbxContent")
DELETED = {qn("w:del"), qn("w:moveFrom")}
PROPERTIES = {qn("w:pPr"), qn("w:rPr"), qn("w:tblPr"), qn("w:tcPr"), qn("w:trPr"), qn("w:sdtPr")}
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""A second copy of a text box, for older programs."""
CHANGES = (qn("w:ins"), qn("w:del"), qn("w:moveFrom"), qn("w:moveTo"))


def read_word(name: str, content: bytes) -> SourceText:
    """Read a Word file; a tracked change or hidden text is a warning, because such a text is not settled."""
    refuse_unsafe_parts(content)
    document = docx.Document(io.BytesIO(content))
    body = document.element.body
    reader = _Reader(Numbering(document))
    edges = list(_edge_lines(document, reader))
    turns_pages = next(body.iter(TURNED_PAGE), None) is not None
    if turns_pages:
        reader.result.turn_to(1)
    reader.put_items(body)
    for line in edges:
        reader.result.put(line + "\n\n")
    if not reader.result.text.strip():
        has_pictures = next(body.iter(qn("w:drawing"), qn("w:pict")), None) is not None
        raise Refused("SCAN_READING_MISSING" if has_pictures else "NO_TEXT")
    warnings = []
    if next(body.iter(*CHANGES), None) is not None:
        warnings.append("tracked_changes")
    if reader.has_hidden_text:
        warnings.append("hidden_text")
    starts = tuple(reader.result.page_starts) if turns_pages else ()
    return SourceText(name, reader.result.text, tuple(warnings), starts)


def _edge_lines(document: Document, reader: "_Reader") -> Iterator[str]:
    """Yield each line of the headers and footers that carries a labelled value, once."""
    told = set()
    for section in document.sections:
        for edge in (section.header, section.footer, section.first_page_header, section.first_page_footer):
            if edge.is_linked_to_previous:
                continue
            for paragraph in edge._element.iter(PARAGRAPH):  # noqa: SLF001 python-docx shows no table in a header
                line = "".join(reader.pieces(paragraph)).strip()
                if CARRIES_A_FIELD.search(line) and line not in told:
                    told.add(line)
                    yield line


class _Reader:
    """Walks the body and puts the text together."""

    def __init__(self, numbering: Numbering) -> None:
        self.result = Assembled()
        self.has_hidden_text = False
        self._numbering = numbering

    def put_items(self, parent: etree._Element) -> None:
        for item in parent:
            if item.tag == PARAGRAPH:
                self._put_paragraph(item)
            elif item.tag == TABLE:
                self._put_table(item)
            elif item.tag not in PROPERTIES and item.tag not in DELETED:
                self.put_items(item)  # content controls and the like
            if self.result.length > LONGEST_TEXT:
                raise Refused("TOO_LARGE", length=self.result.length, most=LONGEST_TEXT)

    def _put_paragraph(self, paragraph: etree._Element) -> None:
        before = self.result.length
        number = self._numbering.number_of(paragraph)
        for piece in self.pieces(paragraph):
            if number and piece.strip():
                self.result.put(number)
                number = ""
            self.result.put(piece)
        if self.result.length > before:
            self.result.put("\n\n")
        for box in paragraph.iter(TEXT_BOX):
            if not any(parent.tag == FALLBACK for parent in box.iterancestors()):
                self.put_items(box)

    def pieces(self, element: etree._Element) -> Iterator[str]:
        """Yield the text of a paragraph as it stands: insertions in, deletions and hidden text out."""
        for child in element:
            if child.tag in PROPERTIES or child.tag in DELETED or child.tag in {TEXT_BOX, FALLBACK}:
                continue
            if child.tag == RUN and (style := child.find(qn("w:rPr"))) is not None and _is_on(style.find(HIDDEN)):
                self.has_hidden_text = True
                continue
            if child.tag == TEXT:
                yield child.text or ""
            elif child.tag == TAB:
                yield "\t"
            elif child.tag == NO_BREAK_HYPHEN:
                yield "-"
            elif child.tag == BREAK:
                yield "" if child.get(qn("w:type")) == "page" else "\n"
            elif child.tag == TURNED_PAGE:
                self.result.turn_to(len(self.result.page_starts) + 1)
            else:
                yield from self.pieces(child)

    def _put_table(self, table: etree._Element) -> None:
        """Put each row as a line of cells; a cell within a merged one is empty, a table in a cell follows its row."""
        for row in table.iter(ROW):
            if next(row.iterancestors(TABLE)) is not table:
                continue
            inner = []
            for cell in row.iter(CELL):
                if next(cell.iterancestors(ROW)) is not row:
                    continue
                nested = [found for found in cell.iter(TABLE) if next(found.iterancestors(CELL)) is cell]
                inner += nested
                paragraphs = [part for part in cell.iter(PARAGRAPH) if next(part.iterancestors(CELL)) is cell]
                self.result.put("| ")
                for at, paragraph in enumerate(paragraphs):
                    number = self._numbering.number_of(paragraph)
                    text = number + "".join(self.pieces(paragraph))
                    text = " ".join(re.sub(r"\s+", " ", text.replace("|", "¦")).split())
                    self.result.put((" " if at and text else "") + text)
                self.result.put(" ")
            self.result.put("|\n")
            for found in inner:
                self._put_table(found)
        self.result.put("\n")


def _is_on(mark: etree._Element | None) -> bool:
    return mark is not None and mark.get(qn("w:val"), "1") not in {"0", "false", "off"}
