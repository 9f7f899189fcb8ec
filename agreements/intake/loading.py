"""From a file to text: what is read today is text, in UTF-8, UTF-16 or GB18030; everything else is refused clearly."""

import codecs
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from agreements.kernel.errors import N_, InvalidInput

LARGEST_FILE_BYTES = 20 * 1024 * 1024
LONGEST_TEXT = 200_000
"""Characters. An agreement with its annex has some 5,000; a file far beyond that is something else."""

OTHER_FORMATS = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "DOCX, XLSX or ZIP"),
    (b"\xd0\xcf\x11\xe0", "DOC or XLS"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
)
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
READ_TODAY = N_("Text (.txt) and Markdown (.md) files are read today; save the agreement as one of them.")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
COMMON = re.compile(r"甲方|乙方|协议|合同|订单|服务|的")


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a file; `warnings` say how it had to be decoded."""

    name: str
    text: str
    warnings: tuple[str, ...] = ()


def load_text(path: Path) -> SourceText:
    """Read a contract file; raises InvalidInput naming the remedy for whatever is not a readable text file."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InvalidInput(
                N_("“%(path)s” is not a file."), field="file", remedy=N_("Name one contract file."), path=path
            )
        if status.st_size > LARGEST_FILE_BYTES:
            raise _too_large(path.name, status.st_size)
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(
            N_("“%(path)s” can't be read: %(reason)s."),
            field="file",
            remedy=N_("Check the path and the permissions."),
            path=str(path).replace("\0", "?"),
            reason=reason,
        ) from error
    return decode_text(path.name, content)


def decode_text(name: str, content: bytes) -> SourceText:
    """Decode the bytes of a contract file, such as an upload; raises InvalidInput as `load_text` does."""
    if len(content) > LARGEST_FILE_BYTES:
        raise _too_large(name, len(content))
    if not content.strip():
        raise InvalidInput(N_("“%(name)s” is empty."), field="file", remedy=N_("Choose the file again."), name=name)
    for signature, format_name in OTHER_FORMATS:
        if content.startswith(signature):
            raise InvalidInput(
                N_("“%(name)s” is a %(format)s file."),
                code="FORMAT_NOT_READ",
                field="file",
                remedy=READ_TODAY,
                name=name,
                format=format_name,
            )
    text, warnings = _decoded(name, content)
    if not text.strip("\ufeff \t\r\n\u3000"):
        raise InvalidInput(N_("“%(name)s” is empty."), field="file", remedy=N_("Choose the file again."), name=name)
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(
            N_("“%(name)s” has %(length)s characters, far more than an agreement."),
            code="TOO_LARGE",
            field="file",
            remedy=N_("Give one agreement at a time, at most %(most)s characters."),
            name=name,
            length=len(text),
            most=LONGEST_TEXT,
        )
    return SourceText(name, text, warnings)


def _too_large(name: str, size: int) -> InvalidInput:
    return InvalidInput(
        N_("“%(name)s” has %(size)s bytes."),
        code="TOO_LARGE",
        field="file",
        remedy=N_("Give one agreement at a time, at most %(most)s bytes."),
        name=name,
        size=size,
        most=LARGEST_FILE_BYTES,
    )


def _decoded(name: str, content: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), ()
            except UnicodeDecodeError as error:
                raise _unreadable(name) from error
    if b"\0" in content:
        raise InvalidInput(
            N_("“%(name)s” is a binary file."), code="FORMAT_NOT_READ", field="file", remedy=READ_TODAY, name=name
        )
    try:
        return content.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _unreadable(name) from error
    if not _looks_chinese(text):
        raise _unreadable(name)
    return text, ("decoded_as:gb18030",)


def _looks_chinese(text: str) -> bool:
    """Bytes of another encoding become rare characters; a Chinese contract has mostly common ones and these words."""
    foreign = [character for character in text[:20_000] if ord(character) > 0x7F]
    level_one = sum(CHINESE.match(character) is not None and _is_common(character) for character in foreign)
    return bool(foreign) and level_one / len(foreign) > 0.6 and COMMON.search(text) is not None


def _is_common(character: str) -> bool:
    """Say whether a character stands in GB2312, which holds the 6,763 in common use."""
    try:
        return len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def _unreadable(name: str) -> InvalidInput:
    return InvalidInput(
        N_("“%(name)s” is not text in UTF-8, UTF-16 or GB18030."),
        code="ENCODING_NOT_READ",
        field="file",
        remedy=N_("Save it as UTF-8 and try again."),
        name=name,
    )
