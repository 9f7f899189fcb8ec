"""Fields of the REST schemas: nothing is converted quietly, and the reference tells each field's whole form.

What only its meaning forbids (a year that can't be meant, characters that can't be shown) is refused by InvalidInput,
so that programs can tell it from a request that does not fit the schema.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import SHANGHAI, WRITTEN_DATE
from agreements.kernel.web.readable import LARGEST_ID

EARLIEST_YEAR, LATEST_YEAR = 1949, 2499
LONGEST_TEXT = 2000
WRITTEN_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
ID = f"int(min=1, max={LARGEST_ID})"
"""Converter of row numbers in addresses: what no column can hold is no address."""


def absent() -> None:
    """Stands for what an address does not name; unlike a plain None it does not allow null."""


class StrictSchema(Schema):
    """A request's schema: unknown fields are refused."""

    class Meta:
        unknown = RAISE


class Moment(fields.Field[datetime]):
    """An instant with its offset, as RFC 3339 writes it; told in Shanghai time."""

    default_error_messages = {"invalid": "Write an instant with its offset, such as 2024-09-12T16:40:00+08:00."}

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002 - their signature
        return None if value is None else value.astimezone(SHANGHAI).isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:  # noqa: ARG002 - their signature
        if not isinstance(value, str) or not WRITTEN_INSTANT.fullmatch(value):
            raise self.make_error("invalid")
        try:
            instant = datetime.fromisoformat(value.upper())
        except ValueError:
            raise self.make_error("invalid") from None
        _require_a_year_of_ours(instant.year, attr)
        return instant


class Day(fields.Date):
    """A Shanghai date, YYYY-MM-DD."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if not isinstance(value, str) or not WRITTEN_DATE.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type="date")
        day = super()._deserialize(value, attr, data, **kwargs)
        _require_a_year_of_ours(day.year, attr)
        return day


def _require_a_year_of_ours(year: int, field: str | None) -> None:
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise InvalidInput(N_("The year %(year)s can't be meant."), field=field, year=year)


class Text(fields.String):
    """A text that says something; `lines` lets it have more than one."""

    def __init__(self, *, longest: int = LONGEST_TEXT, lines: bool = False, **options: Any) -> None:
        rules = [validate.Length(1, longest), validate.Regexp(r".*\S", flags=re.DOTALL, error="Say something.")]
        super().__init__(validate=rules, **options)
        self.lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        require_printable(text.translate({10: None, 13: None, 9: None}) if self.lines else text, attr)
        return text


def require_printable(text: str, field: str | None) -> None:
    """Refuse control characters and halves of characters, which no database takes."""
    if not text.isprintable():
        raise InvalidInput(N_("This has characters that can't be shown."), field=field, remedy=N_("Type it anew."))


class Word(fields.Enum[Any]):
    """A word of an enumeration."""

    def __init__(self, kind: type[StrEnum], **options: Any) -> None:
        super().__init__(kind, by_value=fields.String, **options)


class Choice(fields.String):
    """One of some words."""

    def __init__(self, words: tuple[str, ...], **options: Any) -> None:
        super().__init__(validate=validate.OneOf(words), **options)


class Flag(fields.Boolean):
    """true or false of JSON, nothing that looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:  # noqa: ARG002 - their signature
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Whole(fields.Integer):
    """A whole number of JSON, within bounds. JSON has one kind of number, so 1.0 is whole and 1.5 is not."""

    def __init__(self, *, least: int = 0, most: int = LARGEST_ID, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        if not isinstance(whole, int):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(whole, attr, data, **kwargs)


class QueryWhole(fields.Integer):
    """A whole number in an address: digits only."""

    def __init__(self, *, least: int, most: int, **options: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not re.fullmatch(r"[0-9]{1,9}", str(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class QueryFlag(fields.Boolean):
    """true or false in an address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(truthy={"true"}, falsy={"false"}, **options)


class FileSent(StrictSchema):
    """A file inside a request, its content in base64."""

    name = Text(longest=200, required=True, metadata={"example": "proof.pdf"})
    media_type = fields.String(
        load_default="application/octet-stream",
        validate=[validate.Length(3, 100), validate.Regexp(r"^[a-z0-9.+-]+/[a-z0-9.+-]+$")],
        metadata={"example": "application/pdf"},
    )
    content = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"contentEncoding": "base64", "example": "JVBERi0xLjcK", "description": "The bytes in base64."},
    )


def content_of(sent: Mapping[str, Any], field: str) -> bytes:
    """Return the bytes of a file that was sent, or raise InvalidInput."""
    try:
        return base64.b64decode(sent["content"].encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise InvalidInput(N_("The content is not base64."), field=field) from None
