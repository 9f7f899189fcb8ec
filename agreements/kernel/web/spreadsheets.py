"""Lists as CSV and XLSX that a spreadsheet opens without running them, written row by row in flat memory."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

BYTE_ORDER_MARK = "\ufeff"
"""What spreadsheets look for to read UTF-8; the first line begins with it."""

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK_BYTES = 64 * 1024

Cell = str | int | Decimal | date | None


def as_text(cell: Cell) -> str:
    """Return a cell as CSV has it. What a spreadsheet would run as a formula is made text by an apostrophe."""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(STARTS_A_FORMULA) else cell
    return "" if cell is None else str(cell)


def csv_line(cells: Sequence[Cell]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([as_text(cell) for cell in cells])
    return out.getvalue()


def xlsx_chunks(heads: Sequence[str], rows: Iterable[Sequence[Cell]], *, widths: Sequence[int]) -> Iterator[bytes]:
    """Yield a workbook of one sheet with a bold head that stays in view; numbers and dates are such, text is never run.

    It is written to a temporary file row by row, so that memory stays flat whatever the length.
    widths  of the columns, in characters
    """
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet()
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[_letter(number)].width = width
    sheet.freeze_panes = "B2"
    sheet.append([_bold(sheet, head) for head in heads])
    for row in rows:
        sheet.append([_plain(cell) for cell in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        yield from _chunks(file)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    read: Callable[[], bytes] = lambda: file.read(CHUNK_BYTES)  # noqa: E731 - what iter() asks for
    yield from iter(read, b"")


def _letter(number: int) -> str:
    return chr(ord("A") + number - 1)


def _bold(sheet: Any, head: str) -> Any:
    cell: Any = WriteOnlyCell(sheet, value=head)
    cell.font = Font(bold=True)
    return cell


def _plain(cell: Cell) -> Cell:
    return NOT_IN_XML.sub("", as_text(cell)) if isinstance(cell, str) else cell
