"""What the forms of this room send, read strictly."""

from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import FileStorage, MultiDict

from agreements.kernel.access.rules import Role
from agreements.kernel.errors import N_, InvalidInput
from agreements.parties.actions import Upload

Word = TypeVar("Word", bound=StrEnum)


def read_upload(sent: FileStorage | None) -> Upload | None:
    """Read an uploaded file; None where none was chosen."""
    if sent is None or not sent.filename:
        return None
    return Upload(sent.filename, "application/pdf", sent.read())


def read_word(kind: type[Word], text: str, name: str) -> Word:
    try:
        return kind(text)
    except ValueError:
        raise InvalidInput(N_("Choose one of those offered."), field=name) from None


def read_roles(form: "MultiDict[str, str]") -> list[Role]:
    return [read_word(Role, text, "roles") for text in form.getlist("roles")]


def read_people(form: "MultiDict[str, str]") -> list[int]:
    return [int(text) for text in form.getlist("people") if text.isascii() and text.isdigit() and len(text) < 10]
