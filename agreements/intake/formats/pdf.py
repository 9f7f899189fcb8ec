"""Born-digital PDF files: text by pdfium, with the places of its words; runs in the reading process."""

import ctypes
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import pypdfium2
import pypdfium2.raw as pdfium

from agreements.intake.formats.joining import assembled
from agreements.intake.formats.limits import LONGEST_TEXT, MOST_PAGES
from agreements.intake.formats.page_layout import (
    THIN,
    Page,
    Piece,
    add_rectangle,
    in_reading_order,
    joined,
    split_at_gaps,
)
from agreements.intake.formats.pdf_content import refuse_active_content
from agreements.intake.formats.refusals import Refused
from agreements.intake.formats.source import NOT_READ, SourceText

WORD = re.compile(r"[^\s\ufeff]+")
LINE_END = re.compile(r"[\r\n]+")
HYPHENS = ("\ufffe", "\x02")
"""What pdfium puts where a line ends in a hyphen."""
FEWEST_CHARACTERS = 8
"""A page with less and with a picture on it is a scan."""
PDF_POINTS_AN_INCH = 72
MOST_DRAWINGS = 20_000
MOST_RULES = 1_000
SEGMENTS_OF_RECTANGLE = 5
LEAST_HEIGHT = 0.7
"""Of a character, by its width."""

LEAST_WIDTH, MOST_WIDTH = 0.3, 1.3
"""Of a word, by its characters and their height."""
INVISIBLE = 3
LEAST_READABLE = 0.7
WELL_KNOWN = re.compile(r"[\u0020-\u007e\u00a0-\u024f\u2000-\u33ff\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]")


Place = Callable[[float, float, float, float], tuple[float, float, float, float]]
"""From left, bottom, right, top as drawn to left, top, right, bottom as the page is shown."""

PLACES: Mapping[int, Callable[[float, float], Place]] = {
    0: lambda _width, height: lambda left, bottom, right, top: (left, height - top, right, height - bottom),
    90: lambda _width, _height: lambda left, bottom, right, top: (bottom, left, top, right),
    180: lambda width, _height: lambda left, bottom, right, top: (width - right, bottom, width - left, top),
    270: lambda width, height: (
        lambda left, bottom, right, top: (width - top, height - right, width - bottom, height - left)
    ),
}
"""By the degrees that a page is turned when shown."""

LEFT_OPEN: list[pypdfium2.PdfDocument] = []
"""The process ends after one file: to take a document apart before would cost as much as a page of reading."""


class Doubt(Enum):
    """What is amiss with a page. Invisible text over a picture is some scanner's reading."""

    A_PICTURE = 1
    TEXT_OF_A_SCANNER = 2


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What stands on a page besides readable text."""

    count: int
    has_invisible_text: bool


def read_pdf(name: str, content: bytes) -> SourceText:
    """Read a PDF file; pages of pictures are named in a warning, and a file of nothing else is refused as a scan."""
    document = open_pdf(content)
    LEFT_OPEN.append(document)
    pages, pictures, warnings = [], [], []
    length = 0
    for index in range(len(document)):
        page, doubt = page_of(document, index)
        length += sum(len(piece.text) for line in page.lines for piece in line)
        if length > LONGEST_TEXT:
            raise Refused("TOO_LARGE", length=length, most=LONGEST_TEXT)
        if doubt is Doubt.A_PICTURE:
            pictures.append(page.number)
        elif doubt is Doubt.TEXT_OF_A_SCANNER:
            warnings.append(f"text_layer_of_scan:{page.number}")
        pages.append(page)
    if not any(page.lines for page in pages):
        raise Refused("SCAN_READING_MISSING" if pictures else "NO_TEXT")
    result = assembled(pages)
    warnings += [f"{NOT_READ}:{number}" for number in pictures]
    return SourceText(name, result.text, tuple(warnings), tuple(result.page_starts), tuple(result.seen))


def open_pdf(content: bytes) -> pypdfium2.PdfDocument:
    """Open a PDF file; refuses what is encrypted, damaged, too long or can act on its own."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}:
            raise Refused("FILE_ENCRYPTED") from error
        raise Refused("FILE_DAMAGED", format="PDF") from error
    if pdfium.FPDF_GetSecurityHandlerRevision(document.raw) != -1:
        raise Refused("FILE_ENCRYPTED")
    if len(document) > MOST_PAGES:
        raise Refused("TOO_MANY_PAGES", pages=len(document), most=MOST_PAGES)
    if not len(document):
        raise Refused("FILE_DAMAGED", format="PDF")
    refuse_active_content(content)
    if pdfium.FPDFDoc_GetAttachmentCount(document.raw) > 0:
        raise Refused("ACTIVE_CONTENT", what="embedded_file")
    if pdfium.FPDFDoc_GetJavaScriptActionCount(document.raw) > 0:
        raise Refused("ACTIVE_CONTENT", what="script")
    return document


def page_of(document: pypdfium2.PdfDocument, index: int) -> tuple[Page, Doubt | None]:
    """Read one page; what is no readable text is left out."""
    page, drawn = _page(document, index)
    length = sum(len(piece.text) for line in page.lines for piece in line)
    if not _is_readable(page, length):
        page.lines = []
        return page, Doubt.A_PICTURE if drawn.count or length else None
    return page, Doubt.TEXT_OF_A_SCANNER if drawn.has_invisible_text else None


def _page(document: pypdfium2.PdfDocument, index: int) -> tuple[Page, _Drawn]:
    """Read one page; it is loaded once, because loading is what takes the time."""
    try:
        raw = document[index]
        width, height = raw.get_size()
        page = Page(index + 1, width, height, [])
        place = PLACES[raw.get_rotation()](width, height)
        drawn = _drawn(raw.raw, page, place)
        texts = raw.get_textpage()
        page.lines = in_reading_order(list(_lines(texts, page, place)))
        texts.close()
        raw.close()
    except pypdfium2.PdfiumError as error:
        raise Refused("FILE_DAMAGED", format="PDF") from error
    return page, drawn


def _lines(texts: pypdfium2.PdfTextPage, page: Page, place: Place) -> Iterator[list[Piece]]:
    """Yield the words of each line, as pieces of what stands together."""
    count: int = texts.count_chars()
    if count > LONGEST_TEXT:
        raise Refused("TOO_LARGE", length=count, most=LONGEST_TEXT)
    text: str = texts.get_text_range()
    if len(text) != count:  # what pdfium leaves out of a range would shift every place
        text = "".join(_character(pdfium.FPDFText_GetUnicode(texts.raw, at)) for at in range(count))
    for hyphen in HYPHENS:
        text = text.replace(hyphen, "-")
    start = 0
    for end in [*LINE_END.finditer(text), None]:
        stop = end.start() if end else len(text)
        words = [
            piece
            for word in WORD.finditer(text, start, stop)
            for piece in _pieces(texts.raw, place, word.group(), word.start())
        ]
        if words:
            yield split_at_gaps(words, page)
        start = end.end() if end else stop


def _pieces(raw: pdfium.FPDF_TEXTPAGE, place: Place, text: str, at: int) -> list[Piece]:
    """Return a word as one piece, or as several where pdfium ran words together that stand apart."""
    first, last = _box(raw, place, at), _box(raw, place, at + len(text) - 1)
    whole = _around(text, first, last)
    if (
        LEAST_WIDTH * len(text) * first.height <= last.right - first.left <= MOST_WIDTH * len(text) * first.height
        and abs(last.middle - first.middle) < first.height / 2
    ) or len(text) == 1:
        return [whole]
    pieces = [first._replace(text=text[0])]
    for beside, character in enumerate(text[1:], at + 1):
        box, before = _box(raw, place, beside), pieces[-1]
        if box.left < before.right - box.height or abs(box.middle - before.middle) > box.height / 2:
            pieces.append(box._replace(text=character))
        else:
            pieces[-1] = _around(before.text + character, before, box)
    return pieces


def _box(raw: pdfium.FPDF_TEXTPAGE, place: Place, at: int) -> Piece:
    """Return a character's place. Some fonts measure 一 flat: it is as high as it is wide."""
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(raw, at, box)
    left, top, right, bottom = place(box.left, box.bottom, box.right, box.top)
    return Piece("", left, min(top, bottom - LEAST_HEIGHT * (right - left)), right, bottom)


def _around(text: str, first: Piece, last: Piece) -> Piece:
    return Piece(
        text, first.left, min(first.top, last.top), max(first.right, last.right), max(first.bottom, last.bottom)
    )


def _character(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "


def _drawn(raw: pdfium.FPDF_PAGE, page: Page, place: Place) -> _Drawn:
    """Take the drawn lines and frames of the page for the rules of its tables; see what else is drawn."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    count: int = pdfium.FPDFPage_CountObjects(raw)
    mode = None
    for at in range(min(count, MOST_DRAWINGS)):
        drawn = pdfium.FPDFPage_GetObject(raw, at)
        kind = pdfium.FPDFPageObj_GetType(drawn)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT and mode is None:
            mode = pdfium.FPDFTextObj_GetTextRenderMode(drawn)
        elif (
            kind == pdfium.FPDF_PAGEOBJ_PATH
            and len(page.across) + len(page.down) < MOST_RULES
            and pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top)
        ):
            frame = place(left.value, bottom.value, right.value, top.value)
            segments = pdfium.FPDFPath_CountSegments(drawn)
            if segments > SEGMENTS_OF_RECTANGLE and min(frame[2] - frame[0], frame[3] - frame[1]) > THIN:
                _add_lines(drawn, min(segments, MOST_RULES), page, place)
            else:
                add_rectangle(page, *frame)
    page.across, page.down = joined(page.across), joined(page.down)
    return _Drawn(count, has_invisible_text=mode == INVISIBLE)


def _add_lines(drawn: pdfium.FPDF_PAGEOBJECT, segments: int, page: Page, place: Place) -> None:
    """Take the straight lines of one path, as of a whole grid drawn at once, for rules."""
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(drawn, matrix):
        return
    across, up = ctypes.c_float(), ctypes.c_float()
    before = (0.0, 0.0)
    for at in range(segments):
        segment = pdfium.FPDFPath_GetPathSegment(drawn, at)
        pdfium.FPDFPathSegment_GetPoint(segment, across, up)
        x = matrix.a * across.value + matrix.c * up.value + matrix.e
        y = matrix.b * across.value + matrix.d * up.value + matrix.f
        point = place(x, y, x, y)[:2]
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_LINETO:
            (left, right), (top, bottom) = sorted((before[0], point[0])), sorted((before[1], point[1]))
            if min(right - left, bottom - top) <= THIN:
                add_rectangle(page, left, top, right, bottom)
        before = point


def _is_readable(page: Page, length: int) -> bool:
    """Say whether the page has text that means something: fonts without a way back to characters yield noise."""
    if length < FEWEST_CHARACTERS:
        return False
    sample = "".join(piece.text for line in page.lines for piece in line)[:4000]
    return len(WELL_KNOWN.findall(sample)) >= LEAST_READABLE * len(sample)
