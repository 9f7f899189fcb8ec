"""Whether an uploaded file can serve as proof: it can be opened, and it is not our own paper sent back unsigned.

Nothing foreign is parsed here: these are the marks that every whole file of its kind bears.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.files import StoredFile

PDF_HEAD = 1024
PDF_TAIL = 2048
"""Bytes: mail programs put lines of their own before and after a PDF."""
ENCRYPTED = re.compile(rb"/Encrypt\s*(<<|\d+\s+\d+\s+R)")
END_OF_REVISION = re.compile(rb"%%EOF\r?\n?")
SIGNATURE = b"/ByteRange"
MOST_REVISIONS = 40
KINDS = {".pdf": "PDF", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".docx": "Office", ".xlsx": "Office"}
MARKS = ((b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"))


def require_readable(name: str, content: bytes, *, field: str = "file") -> None:
    """Refuse what nobody could open as proof later: nothing in it, cut off, behind a password, or of another kind."""
    if not content.strip():
        raise InvalidInput(N_("The file is empty."), field=field, remedy=N_("Choose the file again."))
    kind = _kind_of(content)
    named = KINDS.get(PurePosixPath(name).suffix.lower())
    if named is not None and named != kind:
        raise InvalidInput(
            N_("“%(name)s” is no %(kind)s file."),
            field=field,
            remedy=N_("Open it, save it again in the format that its name says, and choose that file."),
            name=name,
            kind=named,
        )
    if kind == "PDF" and ENCRYPTED.search(content):
        raise InvalidInput(
            N_("“%(name)s” is protected by a password."),
            field=field,
            remedy=N_("Save it without a password and choose that file."),
            name=name,
        )
    if not _is_whole(kind, content):
        raise InvalidInput(
            N_("“%(name)s” is damaged or cut off."),
            field=field,
            remedy=N_("Ask for the file again, or scan the paper again."),
            name=name,
        )


def require_of_the_tenant(session: Session, content: bytes, *, field: str = "file", clause: str) -> None:
    """Refuse a paper that we made, as it left us: what the tenant signed or issued is asked for.

    A signature of the tenant added to our file, or a scan of it, is another file and passes.
    """
    for sha256, rest in _revisions(content):
        ours = session.scalar(select(StoredFile.name).where(StoredFile.sha256 == sha256, StoredFile.is_made_here))
        if ours is not None and SIGNATURE not in rest:
            raise InvalidInput(
                N_("This is our own paper %(number)s; the tenant has not signed it."),
                field=field,
                clause=clause,
                remedy=N_("Choose the file that the tenant signed or sealed, or a scan of it."),
                number=ours.removesuffix(".pdf"),
            )


def _kind_of(content: bytes) -> str | None:
    if b"%PDF-" in content[:PDF_HEAD]:
        return "PDF"
    if zipfile.is_zipfile(io.BytesIO(content)):
        return "Office"
    return next((kind for mark, kind in MARKS if content.startswith(mark)), None)


def _is_whole(kind: str | None, content: bytes) -> bool:
    if kind == "PDF":
        return b"%%EOF" in content[-PDF_TAIL:] and b"startxref" in content[-PDF_TAIL:]
    if kind == "PNG":
        return b"IEND" in content[-64:]
    return kind != "JPEG" or b"\xff\xd9" in content[-PDF_TAIL:]


def _revisions(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the hash of the file up to each of its ends, and what comes after that; one pass."""
    hashed, done = hashlib.sha256(), 0
    ends = [stop for end in END_OF_REVISION.finditer(content) for stop in (end.start() + 5, end.end())]
    for stop in sorted({*ends[: 2 * MOST_REVISIONS], len(content)}):
        hashed.update(content[done:stop])
        done = stop
        yield hashed.copy().hexdigest(), content[stop:]
