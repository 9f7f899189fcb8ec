"""What the desk's forms send, read strictly: every field is known, given once, and understood or named as the fault."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields
from werkzeug.datastructures import FileStorage, MultiDict

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import parse_date, parse_instant
from agreements.kernel.money import Money, parse_yuan
from agreements.kernel.web import csrf
from agreements.parties.actions import Upload

LONGEST_NAME = 200
EARLIEST_YEAR, LATEST_YEAR = 1949, 2499


class Line(fields.Field[str]):
    """One line of text, white space around it taken off; empty only where `may_be_empty`, which gives None."""

    def __init__(self, *, longest: int, may_be_empty: bool = False) -> None:
        super().__init__(required=True)
        self.longest, self.may_be_empty = longest, may_be_empty

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:  # noqa: ARG002 - their signature
        text = " ".join(str(value).split())
        if not text and self.may_be_empty:
            return None
        if not text:
            raise InvalidInput(N_("This is missing."), field=attr, remedy=N_("Fill it in."))
        if len(text) > self.longest:
            raise InvalidInput(N_("At most %(longest)s characters fit."), field=attr, longest=self.longest)
        if not text.isprintable():
            raise InvalidInput(N_("This has characters that can't be shown."), field=attr, remedy=N_("Type it anew."))
        return text


class Day(fields.Field[date]):
    """A date; empty gives None where `may_be_empty`."""

    def __init__(self, *, may_be_empty: bool = False) -> None:
        super().__init__(required=True)
        self.may_be_empty = may_be_empty

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:  # noqa: ARG002 - their signature
        text = str(value).strip()
        if not text and self.may_be_empty:
            return None
        day = parse_date(text, attr or "")
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise InvalidInput(N_("The year %(year)s can't be meant."), field=attr, year=day.year)
        return day


class Moment(fields.Field[datetime]):
    """A point in time as a browser's field gives it: Shanghai time without a zone, to the minute or second."""

    def __init__(self) -> None:
        super().__init__(required=True)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> datetime:  # noqa: ARG002 - their signature
        text = str(value).strip()
        if "T" not in text:
            raise InvalidInput(
                N_("Both day and time are needed."), field=attr, remedy=N_("Write it as 2024-09-12T16:40.")
            )
        return parse_instant(text, attr or "")


class Yuan(fields.Field[Money]):
    def __init__(self) -> None:
        super().__init__(required=True)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Money:  # noqa: ARG002 - their signature
        return parse_yuan(str(value).removeprefix("¥"), attr or "")


class OneOf(fields.Field[StrEnum]):
    """A word of an enumeration."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__(required=True)
        self.kind = kind

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> StrEnum:  # noqa: ARG002 - their signature
        word = next((word for word in self.kind if word.value == value), None)
        if word is None:
            raise InvalidInput(N_("Choose one of those offered."), field=attr)
        return word


class Tick(fields.Field[bool]):
    """A box that was ticked or not; an unticked one is not sent."""

    def __init__(self) -> None:
        super().__init__(load_default=False)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> bool:  # noqa: ARG002 - their signature
        if value != "yes":
            raise InvalidInput(N_("Choose one of those offered."), field=attr)
        return True


class FormSchema(Schema):
    class Meta:
        unknown = RAISE


class PaymentForm(FormSchema):
    amount = Yuan()
    paid_at = Moment()
    reference = Line(longest=120)


class ActivationForm(FormSchema):
    """Nothing but the press of the button."""


class RevealForm(FormSchema):
    subject = Line(longest=80)
    reason = Line(longest=500)


def read_form(schema: type[FormSchema], form: MultiDict[str, str]) -> dict[str, Any]:
    """Return the values of a form by field; raises InvalidInput for the first field at fault."""
    known = schema()
    given: dict[str, Any] = {}
    for name, values in form.lists():
        if name == csrf.FIELD:
            continue
        if isinstance(known.fields.get(name), fields.List):
            given[name] = values
        elif len(values) == 1:
            given[name] = values[0]
        else:
            raise InvalidInput(N_("This was given more than once."), field=name)
    try:
        values_read: dict[str, Any] = known.load(given)
    except ValidationError as error:
        field = next(iter(error.messages_dict))
        raise InvalidInput(
            N_("This is missing.") if field in known.fields and field not in given else N_("This can't be taken."),
            field=field,
            remedy=N_("Open the page again and fill in the form once more."),
        ) from None
    return values_read


def read_upload(file: FileStorage | None) -> Upload | None:
    """Return the file that was chosen, or None. Its name is kept without a path; its type is what the browser said."""
    if file is None or not file.filename:
        return None
    name = file.filename.replace("\\", "/").rsplit("/", 1)[-1].strip()[-LONGEST_NAME:]
    return Upload(name if name.isprintable() else "file", (file.mimetype or "")[:100], file.stream.read())


def require_upload(file: FileStorage | None, field: str = "file") -> Upload:
    upload = read_upload(file)
    if upload is None:
        raise InvalidInput(N_("Choose the file."), field=field)
    return upload
