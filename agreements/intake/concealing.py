"""Contact data of a review, hidden as on every other page: what tells two apart stays, the rest is starred.

While a review is open, those who may register it compare the contact with the text and so see it. To everybody else,
and to everybody once the review is closed, it is masked; whoever may see contacts asks for it with a reason.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from agreements.intake.import_record import record
from agreements.intake.models import ContractImport, ImportState
from agreements.intake.presenting import FieldRow
from agreements.intake.reviewed import Reviewed
from agreements.kernel import access_log
from agreements.kernel.access.rules import Actor, Permission, may, require
from agreements.kernel.access_log import SensitiveKind
from agreements.kernel.errors import N_, InvalidInput

PARTIES = ("parties.party_a", "parties.party_b")
CONCEALED = tuple(f"{party}.{name}" for party in PARTIES for name in ("address", "contact", "phone"))
TELEPHONE = re.compile(r"(?<![\d.])(?:1[3-9]\d{9}|0\d{2,3}[-—–\s]?\d{7,8})(?![\d.])")
ELECTRONIC = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
LONGEST_REASON = 500


def sees_contacts(imported: ContractImport, actor: Actor) -> bool:
    """Say whether a person sees the contact data of a review without asking."""
    return imported.state is ImportState.UNDER_REVIEW and may(actor, Permission.REGISTER_AGREEMENT)


def reveal(session: Session, imported: ContractImport, *, reason: str, actor: Actor, now: datetime) -> None:
    """Record who looks at a review's contact data in clear, and why; the page then shows them once."""
    require(actor, Permission.SEE_CONTACTS)
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise InvalidInput(
            N_("Contact data are shown for a reason of 1 to %(most)s characters."),
            field="reason",
            remedy=N_("Say why they must be seen."),
            most=LONGEST_REASON,
        )
    agreement = imported.agreement
    record(session, imported, "import.contacts_revealed", actor=actor, now=now, reason=reason)
    access_log.note(
        session,
        actor=actor,
        kind=SensitiveKind.CONTACT_DATA,
        subject=f"import:{imported.id}",
        tenant_id=agreement.tenant_id if agreement else None,
        agreement_id=agreement.id if agreement else None,
        reason=reason,
        now=now,
    )


def concealed_text(text: str, review: Reviewed) -> str:
    """Return the text, as long as it was, with its contact data starred wherever they stand."""
    signs = list(text)
    for start, end in _spans(text, review):
        signs[start:end] = _starred(text[start:end])
    return "".join(signs)


def concealed_rows(groups: Mapping[str, Sequence[FieldRow]], review: Reviewed) -> dict[str, list[FieldRow]]:
    """Return the fields by group with contact data starred, also what was read before a correction."""
    hidden = _hidden(review)
    return {
        group: [
            replace(row, value=_star(row.value), written="", read=_star(row.read)) if row.field.name in hidden else row
            for row in rows
        ]
        for group, rows in groups.items()
    }


def concealed_history(
    history: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, list[dict[str, Any]]]:
    """Return each field's corrections with contact data starred."""
    return {
        name: [
            {**one, "before": _star(one["before"]), "after": _star(one["after"])} if name in CONCEALED else dict(one)
            for one in corrections
        ]
        for name, corrections in history.items()
    }


def _hidden(review: Reviewed) -> set[str]:
    """Return the fields to conceal; a contact that is but the company's name is nobody's personal data."""
    names = {review.value(f"{party}.name") for party in PARTIES}
    return {name for name in CONCEALED if review.value(name) not in names}


def _spans(text: str, review: Reviewed) -> Iterator[tuple[int, int]]:
    hidden = _hidden(review)
    for name in hidden:
        if span := review.read["evidence"].get(name):
            yield span["start"], span["end"]
    values = {value for name in hidden for value in (review.value(name), review.value_as_read(name)) if value}
    for value in values:
        if len(value) > 1:
            yield from (match.span() for match in re.finditer(re.escape(value), text))
    for pattern in (TELEPHONE, ELECTRONIC):
        yield from (match.span() for match in pattern.finditer(text))


def _star(value: Any) -> Any:
    return "".join(_starred(value)) if isinstance(value, str) and value else value


def _starred(text: str) -> str:
    """Star a value sign by sign: 138****8878, 张**; it stays as long as it was."""
    is_number = len(text) >= 7 and sum(sign.isdigit() for sign in text) * 2 > len(text)
    head, tail = (3, 4) if is_number else (1, 0)
    middle = "*" * max(len(text) - head - tail, 0)
    return text[:head] + middle + (text[-tail:] if tail else "")
