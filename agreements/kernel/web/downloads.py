"""Handing out files: always to be saved, never to be opened in our origin, under a name that every client can read."""

import re
from pathlib import PurePath
from urllib.parse import quote

from flask import Response
from sqlalchemy.orm import Session

from agreements.kernel import files
from agreements.kernel.files import StoredFile
from agreements.kernel.web.spreadsheets import XLSX

PDF = "application/pdf"
PLAIN = "application/octet-stream"
OFFICE = "application/vnd.openxmlformats-officedocument"
CSV = "text/csv"
MEDIA_TYPES = (
    PDF,
    "image/png",
    "image/jpeg",
    "text/plain",
    "text/markdown",
    CSV,
    f"{OFFICE}.wordprocessingml.document",
    XLSX,
    "message/rfc822",
    PLAIN,
)
"""What a stored file may be called; everything else that somebody said of a file is PLAIN."""
SANDBOX = "default-src 'none'; sandbox"
ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"
"""What RFC 5987 leaves as it is, beside letters and digits."""


def file_response(content: bytes, name: str, media_type: str = PLAIN) -> Response:
    """Hand out a file's content under its name."""
    known = media_type.partition(";")[0].strip().lower()
    response = Response(content, content_type=known if known in MEDIA_TYPES else PLAIN)
    response.headers["Content-Disposition"] = disposition(name)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "no-store"
    return response


def stored_file(session: Session, file: StoredFile) -> Response:
    """Hand out a stored file; one that is missing or altered raises IntegrityBroken."""
    return file_response(files.content_of(session, file), file.name, file.media_type)


def disposition(name: str) -> str:
    """Return the Content-Disposition of a file to be saved (RFC 6266).

    A name beyond ASCII is told as RFC 5987 writes it, with a plain one before it for programs that know no better.
    """
    name = re.sub(r"[\x00-\x1f\x7f]", "", PurePath(name).name) or "file"
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    if not re.search("[0-9A-Za-z]", PurePath(plain).stem):
        plain = f"file{PurePath(plain).suffix}"
    told = f'attachment; filename="{plain}"'
    return told if plain == name else f"{told}; filename*=UTF-8''{quote(name, safe=ATTRIBUTE_CHARACTERS)}"
