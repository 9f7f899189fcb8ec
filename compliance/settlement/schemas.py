"""What the forms of this room send, read strictly."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import FileStorage

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import legal_date, parse_date, parse_instant
from agreements.kernel.money import Money, parse_yuan
from agreements.parties.actions import Upload

Word = TypeVar("Word", bound=StrEnum)
MOST_DIGITS = 16


def read_whole(form: Mapping[str, str], name: str) -> int:
    """Read a whole number as people write it: 30000 or 30,000; nothing else, and nothing negative."""
    text = form.get(name, "").strip().replace(",", "").replace("\uff0c", "")
    if not (text.isascii() and text.isdigit() and len(text) < MOST_DIGITS):
        raise InvalidInput(N_("Write a whole number."), field=name, remedy=N_("Such as 10000."))
    return int(text)


def read_yuan(form: Mapping[str, str], name: str) -> Money:
    return parse_yuan(form.get(name, "").removeprefix("\u00a5"), name)


def read_day(form: Mapping[str, str], name: str) -> date:
    return parse_date(form.get(name, "").strip(), name)


def read_word(kind: type[Word], form: Mapping[str, str], name: str) -> Word:
    try:
        return kind(form.get(name, ""))
    except ValueError:
        raise InvalidInput(N_("Choose one of those offered."), field=name) from None


def read_upload(sent: FileStorage | None) -> Upload | None:
    """Read an uploaded file; None where none was chosen."""
    if sent is None or not sent.filename:
        return None
    return Upload(sent.filename, sent.mimetype or "application/octet-stream", sent.read())


def read_ended_on(text: str, default: date) -> date:
    """Read the day of a calculation; a bare day or an instant, whose Shanghai date counts."""
    return legal_date(parse_instant(text, "ended_on")) if text.strip() else default
