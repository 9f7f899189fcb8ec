"""What the forms of this room send."""

from dataclasses import dataclass
from datetime import datetime

from werkzeug.datastructures import FileStorage, MultiDict

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import parse_instant
from agreements.parties.actions import Upload
from compliance.notices.rules import ArrivalBasis, NoticeKind, NoticeState


@dataclass(frozen=True, slots=True)
class ArrivalForm:
    """What an officer says of an arrival; the time is typed in Shanghai time, `proof` None where none is attached."""

    basis: ArrivalBasis
    arrived_at: datetime
    proof: Upload | None
    note: str


def read_arrival(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> ArrivalForm:
    try:
        basis = ArrivalBasis(form.get("basis", ""))
    except ValueError:
        raise InvalidInput(
            N_("Choose how the notice arrived."), field="basis", remedy=N_("Pick one of the kinds listed.")
        ) from None
    note = form.get("note", "").strip()
    if len(note) > 1000:
        raise InvalidInput(N_("A note has at most 1000 characters."), field="note")
    return ArrivalForm(basis, parse_instant(form.get("arrived_at", ""), "arrived_at"), _upload(files), note)


def _upload(files: MultiDict[str, FileStorage]) -> Upload | None:
    given = files.get("proof")
    if given is None or not given.filename:
        return None
    return Upload(given.filename[:200], given.mimetype or "application/octet-stream", given.read())


def read_state(text: str | None) -> NoticeState | None:
    """Read the filter of the list; an unknown word filters nothing."""
    return NoticeState(text) if text in list(NoticeState) else None


def read_kind(text: str | None) -> NoticeKind | None:
    return NoticeKind(text) if text in list(NoticeKind) else None
