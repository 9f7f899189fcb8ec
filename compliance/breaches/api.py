"""`/api/v1/cases`: the cases, one with its timeline, the letters before they are sent, and the acts on a case."""

from datetime import date, datetime
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.errors import N_, Conflict, InvalidInput
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID
from agreements.kernel.web.rest_lists import page_of_rows
from compliance.breaches import board
from compliance.breaches.acting import letter_of, perform
from compliance.breaches.actions import case_of_id
from compliance.breaches.api_schemas import (
    LETTERS,
    AcceptBody,
    CasePage,
    CaseQuery,
    CaseShown,
    CloseBody,
    ConfirmBody,
    DemandBody,
    LetterBody,
    LetterQuery,
    LetterShown,
    ReasonedBody,
)
from compliance.breaches.board import CaseRow
from compliance.breaches.dossier import Entry, dossier_of
from compliance.breaches.rules import GroundClass
from compliance.breaches.schemas import ActForm, LetterChoice
from compliance.breaches.waiting import CaseAct
from compliance.notices.rules import Language

cases = RestRoom(
    "cases",
    __name__,
    path="/cases",
    description="Breach cases (clauses 4.4 and 6.1): from suspicion to suspension and back. The letter of an act is"
    " read first, and the act names its fingerprint.",
)
CASE = f"/<{ID}:case_id>"


@cases.reads("", answers=CasePage, query=CaseQuery)
def listed(*, state: str, q: str | None, sort: str, page: int, size: int) -> dict[str, Any]:
    """Cases, longest in breach first."""
    session = db.session()
    found = page_of_rows(session, board.cases(tab=state, text=(q or "").strip(), sort=sort), page=page, size=size)
    found["items"] = [_row(row) for row in board.rows(session, found["items"], now=clock.now(session))]
    return found


@cases.reads(CASE, answers=CaseShown)
def one(case_id: int) -> dict[str, Any]:
    """One case with its notices and its timeline."""
    session = db.session()
    return _shown(session, case_id, now=clock.now(session))


@cases.reads(f"{CASE}/letters/<any({', '.join(LETTERS)}):act>", answers=LetterShown, query=LetterQuery)
def letter(case_id: int, act: str, *, language: Language, due_on: date | None) -> dict[str, Any]:
    """The letter that an act would send now.

    Nothing is sent. The act itself names the `fingerprint`, so that nothing goes out that nobody has read. Accepting
    sends a letter only where a suspension notice may have left; otherwise the answer is 409 NO_LETTER.
    """
    session = db.session()
    if act == CaseAct.DEMAND and due_on is None:
        raise InvalidInput(N_("A demand states its date."), field="due_on", remedy=N_("Write it as 2024-09-27."))
    choice = LetterChoice(language, due_on)
    case = case_of_id(session, case_id)
    shown = letter_of(session, case, CaseAct(act), choice, actor=g.actor, now=clock.now(session))
    if shown is None:
        raise Conflict(N_("This act sends no letter now."), code="NO_LETTER")
    return {
        "kind": shown.kind,
        "language": shown.language,
        "subject": shown.subject,
        "text": shown.text,
        "recipient": shown.recipient,
        "address": shown.masked_address,
        "fingerprint": shown.fingerprint,
    }


@cases.acts(f"{CASE}/confirm", takes=ConfirmBody, answers=CaseShown)
def confirm(
    session: Session,
    *,
    now: datetime,
    case_id: int,
    version: int,
    reason: str,
    ground_class: GroundClass,
    known_on: date | None,
) -> dict[str, Any]:
    """Confirm the breach: the facts are checked."""
    form = ActForm(version, reason, ground_class=ground_class, known_on=known_on)
    return _do(session, case_id, CaseAct.CONFIRM, form, now=now)


@cases.acts(f"{CASE}/dismiss", takes=ReasonedBody, answers=CaseShown)
def dismiss(session: Session, *, now: datetime, case_id: int, version: int, reason: str) -> dict[str, Any]:
    """Dismiss a suspicion that was none."""
    return _do(session, case_id, CaseAct.DISMISS, ActForm(version, reason), now=now)


@cases.acts(f"{CASE}/demand", takes=DemandBody, answers=CaseShown)
def demand(
    session: Session,
    *,
    now: datetime,
    case_id: int,
    version: int,
    reason: str,
    language: Language,
    due_on: date,
    fingerprint: str,
) -> dict[str, Any]:
    """Demand rectification by a stated date (clause 4.4); the notice goes out."""
    form = ActForm(version, reason, fingerprint, LetterChoice(language, due_on))
    return _do(session, case_id, CaseAct.DEMAND, form, now=now)


@cases.acts(f"{CASE}/accept", takes=AcceptBody, answers=CaseShown)
def accept(
    session: Session, *, now: datetime, case_id: int, version: int, note: str, fingerprint: str
) -> dict[str, Any]:
    """Accept the rectification; lateness stays on record."""
    return _do(session, case_id, CaseAct.ACCEPT, ActForm(version, note, fingerprint), now=now)


@cases.acts(f"{CASE}/suspend", takes=LetterBody, answers=CaseShown)
def suspend(
    session: Session, *, now: datetime, case_id: int, version: int, reason: str, language: Language, fingerprint: str
) -> dict[str, Any]:
    """Decide the suspension, as an approver; it takes effect when its notice has arrived."""
    form = ActForm(version, reason, fingerprint, LetterChoice(language, None))
    return _do(session, case_id, CaseAct.SUSPEND, form, now=now)


@cases.acts(f"{CASE}/reinstate", takes=LetterBody, answers=CaseShown)
def reinstate(
    session: Session, *, now: datetime, case_id: int, version: int, reason: str, language: Language, fingerprint: str
) -> dict[str, Any]:
    """Open the service again after accepted rectification, as an approver."""
    form = ActForm(version, reason, fingerprint, LetterChoice(language, None))
    return _do(session, case_id, CaseAct.REINSTATE, form, now=now)


@cases.acts(f"{CASE}/terminate", takes=LetterBody, answers=CaseShown)
def terminate(
    session: Session, *, now: datetime, case_id: int, version: int, reason: str, language: Language, fingerprint: str
) -> dict[str, Any]:
    """Decide to end the agreement for the breach, as an approver; it ends when the declaration has arrived (4.4)."""
    form = ActForm(version, reason, fingerprint, LetterChoice(language, None))
    return _do(session, case_id, CaseAct.TERMINATE, form, now=now)


@cases.acts(f"{CASE}/close", takes=CloseBody, answers=CaseShown)
def close(session: Session, *, now: datetime, case_id: int, version: int, reservation: str) -> dict[str, Any]:
    """Close the case under reservation of our rights (clause 6.2)."""
    return _do(session, case_id, CaseAct.CLOSE, ActForm(version, reservation), now=now)


def _do(session: Session, case_id: int, act: CaseAct, form: ActForm, *, now: datetime) -> dict[str, Any]:
    perform(session, case_of_id(session, case_id), act, form, actor=g.actor, now=now)
    return _shown(session, case_id, now=now)


def _row(row: CaseRow) -> dict[str, Any]:
    case = row.case
    return {
        "id": case.id,
        "version": case.version,
        "state": case.state,
        "waits_for": row.waits,
        "order_no": case.agreement.order_no,
        "tenant_key": case.agreement.tenant.tenant_key,
        "ground": case.ground,
        "ground_class": case.ground_class,
        "clause": case.clause,
        "suspected_as_of": case.suspected_as_of,
        "opened_at": case.opened_at,
        "obligation_id": case.obligation_id,
    }


def _shown(session: Session, case_id: int, *, now: datetime) -> dict[str, Any]:
    dossier = dossier_of(session, case_id, now=now)
    case = dossier.case
    return {
        **_row(dossier.row),
        "acts": dossier.acts,
        "known_at": case.known_at,
        "confirmed_by": case.confirmed_by,
        "rescission_until": dossier.limit.due_on if dossier.limit else None,
        "demand_due_on": case.demand_due_on,
        "rectification_obligation_id": case.rectification_obligation_id,
        "cure_accepted_at": case.cure_accepted_at,
        "cure_accepted_by": case.cure_accepted_by,
        "cure_note": case.cure_note,
        "dismissed_reason": case.dismissed_reason,
        "reservation": case.reservation,
        "change_id": dossier.change.id if dossier.change else None,
        "notices": dossier.notices,
        "timeline": [_entry(entry) for entry in dossier.timeline],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    event = entry.leading
    return {
        "as_of": entry.as_of,
        "recorded_at": entry.recorded_at,
        "act": event.act,
        "subject": event.subject,
        "actor": event.actor_name,
        "reason": event.reason,
    }
