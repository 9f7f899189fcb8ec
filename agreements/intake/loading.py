"""From a file to its text, whatever format it has; what can't be read is refused with the reason and a remedy."""

import stat
from pathlib import Path

from agreements.intake.formats.confined import read_confined
from agreements.intake.formats.limits import LARGEST_FILE_BYTES
from agreements.intake.formats.plain import decoded
from agreements.intake.formats.refusals import refusal
from agreements.intake.formats.scans import can_read_scans, read_scan
from agreements.intake.formats.source import SourceText
from agreements.kernel.errors import N_, InvalidInput

__all__ = ["LARGEST_FILE_BYTES", "SourceText", "load_source", "read_path", "source_of"]

SIGNATURES = (
    (b"PK\x03\x04", "DOCX"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\xd0\xcf\x11\xe0", "OLE"),
    (b"PK\x05\x06", "ZIP"),
    (b"{\\rtf", "RTF"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
)
PICTURES = frozenset({"PNG", "JPEG"})
PDF_MARK = b"%PDF-"
PDF_MARK_WITHIN = 1024
"""Bytes: mail programs put lines of their own before it."""
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def load_source(path: Path) -> SourceText:
    """Read a contract file; raises InvalidInput naming the remedy for whatever is not readable."""
    return source_of(path.name, read_path(path))


def read_path(path: Path) -> bytes:
    """Return the bytes of a file that is small enough; raises InvalidInput otherwise."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InvalidInput(
                N_("“%(path)s” is not a file."), field="file", remedy=N_("Name one contract file."), path=path
            )
        if status.st_size > LARGEST_FILE_BYTES:
            raise _too_large(path.name, status.st_size)
        with path.open("rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(
            N_("“%(path)s” can't be read: %(reason)s."),
            field="file",
            remedy=N_("Check the path and the permissions."),
            path=str(path).replace("\0", "?"),
            reason=reason,
        ) from error


def source_of(name: str, content: bytes) -> SourceText:
    """Read the bytes of a contract file, such as an upload, by what they are and not by what they are called.

    A PDF or Word file takes a process of its own and at most seconds, a scan at most minutes: don't hold a transaction.
    Raises InvalidInput as `load_source` does, and Unavailable while another scan is being read.
    """
    if len(content) > LARGEST_FILE_BYTES:
        raise _too_large(name, len(content))
    if not content.strip():
        raise refusal("EMPTY", name)
    kind = _kind_of(content)
    if kind is None:
        return decoded(name, content)
    if kind == "OLE" and ENCRYPTED_PACKAGE in content:
        raise refusal("FILE_ENCRYPTED", name)
    if kind in PICTURES:
        return read_scan(name, content)
    if kind not in {"PDF", "DOCX"}:
        raise refusal("FORMAT_NOT_READ", name, format="DOC or XLS" if kind == "OLE" else kind)
    return read_confined(kind, name, content) if kind == "DOCX" else _pdf(name, content)


def _pdf(name: str, content: bytes) -> SourceText:
    """Read what is printed; where a page is a picture, have it recognised if the optional recognition is there."""
    source = None
    try:
        source = read_confined("PDF", name, content)
        if not can_read_scans() or not source.is_partly_unread:
            return source
        return read_scan(name, content)
    except InvalidInput as error:
        if source is not None:
            return source  # which names the pages that nobody could read
        if error.code != "SCAN_READING_MISSING":
            raise
    return read_scan(name, content)


def _kind_of(content: bytes) -> str | None:
    """Return the format that the first bytes tell; None for what may be text."""
    if PDF_MARK in content[:PDF_MARK_WITHIN]:
        return "PDF"
    return next((kind for signature, kind in SIGNATURES if content.startswith(signature)), None)


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
