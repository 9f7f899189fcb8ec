"""What the forms of this room send; every fault names its field, and a row's field its row: `occurred_on_2`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import FileStorage, MultiDict

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import parse_date, parse_instant
from agreements.parties.actions import Upload
from compliance.changes.rules import ChangeKind, ChangeSource, NoticeVia
from compliance.changes.taking_in import Missing, Reported
from compliance.obligations.rules import FormLevel

MOST_ROWS = 20
LONGEST_LINE = 500
LONGEST_TEXT = 2000
LONGEST_NAME = 200
EARLIEST_YEAR, LATEST_YEAR = 1992, 2499
DISCOVERIES = (ChangeSource.OWN_DISCOVERY, ChangeSource.PUBLIC_REGISTER)

Form = MultiDict[str, str]
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class NoticeForm:
    """A notice of the tenant's. known: ids of changes on record that it reports."""

    reported: list[Reported]
    known: list[int]
    arrived_at: datetime
    form: FormLevel
    via: NoticeVia
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class DiscoveryForm:
    reported: list[Reported]
    source: ChangeSource
    discovered_on: date


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    correction: str
    arrived_at: datetime
    form: FormLevel
    via: NoticeVia


def rows_shown(form: Form) -> int:
    """Return how many rows for changes the form shows."""
    text = form.get("rows", "1")
    return max(1, min(int(text), MOST_ROWS)) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def read_notice(form: Form) -> NoticeForm:
    known = [int(text) for text in form.getlist("changes") if text.isascii() and text.isdigit() and len(text) < 10]
    reported = _reported(form)
    if not reported and not known:
        raise InvalidInput(N_("Say which changes the notice reports."), field="kind_1", clause="3.3")
    return NoticeForm(
        reported=reported,
        known=known,
        arrived_at=read_moment(form, "arrived_at"),
        form=read_word(FormLevel, form, "form"),
        via=read_word(NoticeVia, form, "via"),
        missing=_missing(form),
    )


def read_discovery(form: Form) -> DiscoveryForm:
    reported = _reported(form)
    if not reported:
        raise InvalidInput(N_("Say what changed."), field="kind_1", clause="3.3")
    source = read_word(ChangeSource, form, "source")
    if source not in DISCOVERIES:
        raise InvalidInput(N_("Choose one of those offered."), field="source")
    return DiscoveryForm(reported, source, read_day(form, "discovered_on"))


def read_correction(form: Form) -> CorrectionForm:
    return CorrectionForm(
        correction=read_text(form, "correction"),
        arrived_at=read_moment(form, "arrived_at"),
        form=read_word(FormLevel, form, "form"),
        via=read_word(NoticeVia, form, "via"),
    )


def _reported(form: Form) -> list[Reported]:
    """Read the rows; one left empty is no row, one half filled is at fault."""
    found = []
    for number in range(1, rows_shown(form) + 1):
        names = (f"kind_{number}", f"description_{number}", f"occurred_on_{number}")
        if not any(form.get(name, "").strip() for name in names):
            continue
        kind, description, occurred_on = names
        found.append(
            Reported(
                read_word(ChangeKind, form, kind),
                read_text(form, description, longest=LONGEST_LINE),
                read_day(form, occurred_on),
            )
        )
    return found


def _missing(form: Form) -> Missing | None:
    if not form.get("needed", "").strip() and not form.get("due_on", "").strip():
        return None
    return Missing(read_text(form, "needed"), read_day(form, "due_on"))


def read_text(form: Mapping[str, str], name: str, *, longest: int = LONGEST_TEXT) -> str:
    text = form.get(name, "").replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput(N_("This is missing."), field=name, remedy=N_("Fill it in."))
    if len(text) > longest:
        raise InvalidInput(N_("At most %(longest)s characters fit."), field=name, longest=longest)
    return text


def read_day(form: Mapping[str, str], name: str) -> date:
    day = parse_date(form.get(name, "").strip(), name)
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise InvalidInput(N_("The year %(year)s can't be meant."), field=name, year=day.year)
    return day


def read_moment(form: Mapping[str, str], name: str) -> datetime:
    text = form.get(name, "").strip()
    if "T" not in text:
        raise InvalidInput(N_("Both day and time are needed."), field=name, remedy=N_("Write it as 2024-09-12T16:40."))
    moment = parse_instant(text, name)
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise InvalidInput(N_("The year %(year)s can't be meant."), field=name, year=moment.year)
    return moment


def read_word(kind: type[Word], form: Mapping[str, str], name: str) -> Word:
    try:
        return kind(form.get(name, ""))
    except ValueError:
        raise InvalidInput(N_("Choose one of those offered."), field=name) from None


def given_or_none(form: Mapping[str, str], name: str) -> datetime | None:
    """Return a moment as far as it is typed in; None where it isn't understood yet."""
    try:
        return read_moment(form, name)
    except InvalidInput:
        return None


def day_or_none(form: Mapping[str, str], name: str) -> date | None:
    try:
        return read_day(form, name)
    except InvalidInput:
        return None


def word_or_none(kind: type[Word], form: Mapping[str, str], name: str) -> Word | None:
    return next((word for word in kind if word.value == form.get(name)), None)


def read_upload(file: FileStorage | None) -> Upload | None:
    """Return the file that was chosen, or None; its name without a path."""
    if file is None or not file.filename:
        return None
    name = file.filename.replace("\\", "/").rsplit("/", 1)[-1].strip()[-LONGEST_NAME:]
    return Upload(name if name.isprintable() else "file", (file.mimetype or "")[:100], file.stream.read())
