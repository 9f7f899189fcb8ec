"""Lists of orders as marketplaces export them, CSV or XLSX, read row by row; hostile ones are refused."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from agreements.intake.order_columns import LOOKED_THROUGH, Columns, find_columns, no_heads
from agreements.kernel.errors import N_, InvalidInput

MOST_ROWS = 50_000
MOST_COLUMNS = 100
LARGEST_UNPACKED_BYTES = 300 * 1024 * 1024
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
BROKEN = (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, OSError, EOFError, TypeError)

Row = tuple[int, Sequence[object]]
"""The row's number in the sheet, from 1, and its cells."""


@dataclass(frozen=True, slots=True)
class OrderList:
    """An opened list: its columns, how many rows stand below the heads, and the file itself."""

    content: bytes
    columns: Columns
    head_line: int
    rows_total: int

    def rows(self, *, after: int) -> Iterator[tuple[int, dict[str, object]]]:
        """Yield the rows below the heads, without empty ones, beginning after so many of them."""
        count = 0
        for line, cells in _lines(self.content):
            if line <= self.head_line or not any(str(cell).strip() for cell in cells if cell is not None):
                continue
            count += 1
            if count > after:
                yield line, self.columns.cells(cells)


def open_list(name: str, content: bytes) -> OrderList:
    """Open a list and count its rows; raises InvalidInput for what is no list of orders, or not a harmless one."""
    if not content.strip():
        raise InvalidInput(N_("“%(name)s” is empty."), field="file", remedy=N_("Choose the file again."), name=name)
    if content.startswith(OLD_EXCEL):
        raise InvalidInput(
            N_("“%(name)s” is an old Excel file, or protected by a password."),
            code="FORMAT_NOT_READ",
            field="file",
            remedy=N_("Save it as .xlsx without a password, or as CSV."),
            name=name,
        )
    if content.startswith(ZIP):
        _require_harmless(name, content)
    try:
        return _opened(content)
    except InvalidInput:
        raise
    except BROKEN as error:
        raise InvalidInput(
            N_("“%(name)s” can't be read as a list."),
            code="LIST_BROKEN",
            field="file",
            remedy=N_("Export it again as CSV or .xlsx."),
            name=name,
        ) from error


def _opened(content: bytes) -> OrderList:
    columns, head_line, total = None, 0, 0
    for line, cells in _lines(content):
        if columns is None:
            columns, head_line = find_columns(cells), line
            if columns is None and line >= LOOKED_THROUGH:
                raise no_heads()
        elif any(str(cell).strip() for cell in cells if cell is not None):
            total += 1
            if total > MOST_ROWS:
                raise InvalidInput(
                    N_("The list has more than %(most)s rows."),
                    code="TOO_LARGE",
                    field="file",
                    remedy=N_("Split it, by month for example; an order that comes twice changes nothing."),
                    most=MOST_ROWS,
                )
    if columns is None:
        raise no_heads()
    if total == 0:
        raise InvalidInput(N_("The list holds no order."), field="file", remedy=N_("Export it again."))
    return OrderList(content, columns, head_line, total)


def _lines(content: bytes) -> Iterator[Row]:
    return _sheet_lines(content) if content.startswith(ZIP) else _csv_lines(content)


def _sheet_lines(content: bytes) -> Iterator[Row]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for line, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
            if line > MOST_ROWS * 2:
                return
            yield line, cells
    finally:
        book.close()


def _csv_lines(content: bytes) -> Iterator[Row]:
    encoding = _encoding_of(content)
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    head = text.readline()
    text.seek(0)
    separator = max((",", "\t", ";"), key=head.count)
    reader = csv.reader(text, delimiter=separator)
    try:
        for cells in reader:
            yield reader.line_num, cells[:MOST_COLUMNS]
    except csv.Error as error:
        raise ValueError("not a table") from error


def _encoding_of(content: bytes) -> str:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return encoding
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if b"\0" not in content:
            return encoding
    raise ValueError("no encoding fits")


def _require_harmless(name: str, content: bytes) -> None:
    """Refuse a workbook that unpacks to far more than a list, or whose XML declares entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            has_macro = any(part.filename.endswith("vbaProject.bin") for part in parts)
            declares = any(_declares_entities(archive, part) for part in parts if part.filename.endswith(".xml"))
    except BROKEN as error:
        raise InvalidInput(
            N_("“%(name)s” can't be read as a list."),
            code="LIST_BROKEN",
            field="file",
            remedy=N_("Export it again as CSV or .xlsx."),
            name=name,
        ) from error
    if unpacked > LARGEST_UNPACKED_BYTES or declares or has_macro:
        raise InvalidInput(
            N_("“%(name)s” holds what no list of orders needs: macros, entities, or far too much when unpacked."),
            code="LIST_SUSPICIOUS",
            field="file",
            remedy=N_("Save it as CSV and look at it before you upload it."),
            name=name,
        )


def _declares_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with archive.open(part) as file:
        return b"<!" in file.read(2048).replace(b"<!--", b"")
