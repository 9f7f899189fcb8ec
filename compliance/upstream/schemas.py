"""What the forms of this room send; every fault names its field."""

from dataclasses import dataclass
from datetime import date, datetime

from werkzeug.datastructures import MultiDict

from agreements.kernel.errors import N_, InvalidInput
from agreements.parties.actions import Upload
from compliance.changes.schemas import read_day, read_moment, read_text, read_word
from compliance.upstream.actions import LONGEST_SUBJECT, Receipt
from compliance.upstream.rules import AnswerKind, ChangeKind, ReceivedVia, Triage

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class ContentForm:
    """What a source announces; the products by id, None for all of the source."""

    kinds: frozenset[ChangeKind]
    subject: str
    summary: str
    effective_on: date | None
    products: frozenset[int] | None
    cancelled: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class AnswerForm:
    kind: AnswerKind
    text: str
    said_by: str
    answered_at: datetime


def read_content(form: Form) -> ContentForm:
    kinds = form.getlist("kinds")
    if not kinds:
        raise InvalidInput(N_("Choose what changes."), field="kinds", clause="2.4")
    cancelled = _ids(form, "cancelled")
    products = _ids(form, "products")
    return ContentForm(
        kinds=frozenset(read_word(ChangeKind, {"kinds": kind}, "kinds") for kind in kinds),
        subject=read_text(form, "subject", longest=LONGEST_SUBJECT),
        summary=form.get("summary", "").strip(),
        effective_on=read_day(form, "effective_on") if form.get("effective_on", "").strip() else None,
        products=products | cancelled if products else None,
        cancelled=cancelled or None,
    )


def read_receipt(form: Form, upload: Upload | None) -> Receipt:
    return Receipt(read_moment(form, "received_at"), read_word(ReceivedVia, form, "received_via"), upload)


def read_triage(form: Form) -> Triage:
    return read_word(Triage, form, "triage")


def read_answer(form: Form) -> AnswerForm:
    return AnswerForm(
        kind=read_word(AnswerKind, form, "kind"),
        text=form.get("text", ""),
        said_by=form.get("said_by", ""),
        answered_at=read_moment(form, "answered_at"),
    )


def read_version(form: Form) -> int:
    text = form.get("version", "")
    if not _is_number(text):
        raise InvalidInput(N_("The form is incomplete."), field="version", remedy=N_("Open the page again."))
    return int(text)


def read_source(form: Form) -> int | str:
    """Return the id of a known source, or the name of one to be added."""
    name = form.get("new_source", "").strip()
    text = form.get("source", "")
    if name and text:
        raise InvalidInput(N_("Choose a known source or name a new one, not both."), field="new_source")
    if name:
        return name
    if not _is_number(text):
        raise InvalidInput(N_("Choose the data source, or name a new one."), field="source", clause="2.4")
    return int(text)


def _ids(form: Form, name: str) -> frozenset[int]:
    return frozenset(int(text) for text in form.getlist(name) if _is_number(text))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
