"""What the forms of this room send."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import parse_date
from compliance.breaches.rules import GroundClass
from compliance.breaches.waiting import SENDS, CaseAct
from compliance.notices.rules import Language


@dataclass(frozen=True, slots=True)
class LetterChoice:
    """How a letter shall be written; the date only for a demand."""

    language: Language
    due_on: date | None


@dataclass(frozen=True, slots=True)
class ActForm:
    """What a person decided, and what they had seen.

    version      of the case
    fingerprint  of the letter that was read, empty where the act sends none
    text         reason, note or reservation, whichever the act asks
    """

    version: int
    text: str
    fingerprint: str = ""
    letter: LetterChoice | None = None
    ground_class: GroundClass | None = None
    known_on: date | None = None


TEXT_OF = {CaseAct.ACCEPT: "note", CaseAct.CLOSE: "reservation"}
LONGEST_TEXT = 2000


def text_field(act: CaseAct) -> str:
    """Return the name of an act's text: its reason, unless it is a note or a reservation."""
    return TEXT_OF.get(act, "reason")


def read_act(act: CaseAct, form: Mapping[str, str]) -> ActForm:
    """Read the form of an act; raises InvalidInput naming the field."""
    return ActForm(
        version=read_number(form, "version"),
        text=_read_text(form, text_field(act)),
        fingerprint=form.get("fingerprint", ""),
        letter=read_letter(act, form) if act in SENDS else None,
        ground_class=_read_ground_class(form) if act is CaseAct.CONFIRM else None,
        known_on=parse_date(form.get("known_on", ""), "known_on") if act is CaseAct.CONFIRM else None,
    )


def read_letter(act: CaseAct, form: Mapping[str, str]) -> LetterChoice:
    """Read language and, of a demand, the stated date."""
    try:
        language = Language(form.get("language", ""))
    except ValueError:
        raise InvalidInput(N_("Choose the language of the letter."), field="language") from None
    due_on = parse_date(form.get("due_on", ""), "due_on") if act is CaseAct.DEMAND else None
    return LetterChoice(language, due_on)


def read_number(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput(N_("The form is incomplete."), field=name, remedy=N_("Open the page again."))
    return int(text)


def _read_text(form: Mapping[str, str], name: str) -> str:
    text = form.get(name, "").replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput(N_("Write down the grounds; they stay on record."), field=name)
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(
            N_("This is longer than %(longest)s characters."),
            field=name,
            remedy=N_("Say it shorter; attach longer papers to the tenant's documents."),
            longest=LONGEST_TEXT,
        )
    return text


def _read_ground_class(form: Mapping[str, str]) -> GroundClass:
    try:
        return GroundClass(form.get("ground_class", ""))
    except ValueError:
        raise InvalidInput(N_("Choose one of the clauses that fit."), field="ground_class") from None
