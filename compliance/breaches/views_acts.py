"""Pages: the acts on a case, each with what follows from it; those that send a notice show it first.

Nothing on GET changes anything. A form carries the version of the case, the last act that was on record, and the
fingerprint of the letter that was read; where one of them has moved on, the page says what changed and keeps the input.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.kernel import clock
from agreements.kernel.access.rules import require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError, Stale
from agreements.kernel.instants import legal_date
from agreements.kernel.web.language import label
from compliance.breaches.acting import draft_of, perform
from compliance.breaches.actions import case_of_id, counted_rectification
from compliance.breaches.dossier import Dossier, dossier_of, rescission_limit
from compliance.breaches.issuing import preview, withdrawal_to_send
from compliance.breaches.rules import FITTING_CLASSES, GroundClass, suspension_clause
from compliance.breaches.schemas import read_act, read_letter, read_number, text_field
from compliance.breaches.waiting import NEEDS, SENDS, CaseAct
from compliance.notices.rules import Language

case_acts = Blueprint("case_acts", __name__, url_prefix="/cases")

ACT = "<any(confirm, dismiss, demand, accept, suspend, reinstate, terminate, close):name>"
LETTER = "<any(demand, suspend, reinstate, terminate):name>"


@case_acts.get(f"/<int:case_id>/{ACT}")
def form(case_id: int, name: str) -> ResponseReturnValue:
    """Show the form of an act; of one that sends a notice its first page, which asks how the letter shall be."""
    act = CaseAct(name)
    require(g.actor, NEEDS[act])
    return _page(case_id, act, request.args)


@case_acts.get(f"/<int:case_id>/{LETTER}/letter")
def letter(case_id: int, name: str) -> ResponseReturnValue:
    """Show the letter as it would be sent now, and ask for the reason."""
    act = CaseAct(name)
    require(g.actor, NEEDS[act])
    return _letter_page(case_id, act, request.args)


@case_acts.post(f"/<int:case_id>/{ACT}")
def submit(case_id: int, name: str) -> ResponseReturnValue:
    act = CaseAct(name)
    require(g.actor, NEEDS[act])
    try:
        given = read_act(act, request.form)
        with unit_of_work() as session:
            perform(session, case_of_id(session, case_id), act, given, actor=g.actor, now=clock.now(session))
    except (InvalidInput, Conflict) as error:
        page = _letter_page if act in SENDS else _page
        return page(case_id, act, request.form, error)
    flash(label("case_act_done", act), "success")
    return redirect(url_for("cases.show", case_id=case_id))


def _page(case_id: int, act: CaseAct, given: Mapping[str, str], error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    d = dossier_of(session, case_id, now=now)
    if act not in d.acts:
        return _not_now(d, act, given, error, now=now)
    more = MORE[act](session, d, given, now) if act in MORE else {}
    page = render_template(f"breaches/{act.value}.html", **_common(d, act, given, error, now=now), **more)
    return page, error.status if error else 200


def _letter_page(
    case_id: int, act: CaseAct, given: Mapping[str, str], error: LuyueError | None = None
) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    d = dossier_of(session, case_id, now=now)
    if act not in d.acts:
        return _not_now(d, act, given, error, now=now)
    try:
        choice = read_letter(act, given)
        shown = preview(session, d.case, draft_of(session, d.case, act, choice, actor=g.actor), now=now)
    except (InvalidInput, Conflict) as fault:
        return _page(case_id, act, given, fault)
    page = render_template(
        "breaches/letter.html",
        preview=shown,
        choice=choice,
        due_kind=working_calendar(session).kind_of(choice.due_on) if choice.due_on else None,
        counted=counted_rectification(session, legal_date(now), now=now) if act is CaseAct.DEMAND else None,
        **_common(d, act, given, error, now=now),
    )
    return page, error.status if error else 200


def _not_now(
    d: Dossier, act: CaseAct, given: Mapping[str, str], error: LuyueError | None, *, now: datetime
) -> ResponseReturnValue:
    """Say why an act is not open, what happened since the form was opened, and what had been written."""
    return render_template("breaches/not_now.html", **_common(d, act, given, error, now=now)), Conflict.status


def _common(
    d: Dossier, act: CaseAct, given: Mapping[str, str], error: LuyueError | None, *, now: datetime
) -> dict[str, Any]:
    return {
        "d": d,
        "case": d.case,
        "act": act,
        "form": given,
        "text_field": text_field(act),
        "error": error,
        "changed": _changed(d, given) if isinstance(error, Conflict) else [],
        "is_stale": isinstance(error, Stale),
        "now": now,
    }


def _changed(d: Dossier, given: Mapping[str, str]) -> list[Any]:
    try:
        return list(d.since(read_number(given, "seen")))
    except InvalidInput:
        return []


# What the pages of single acts need besides


def _more_to_confirm(session: Session, d: Dossier, given: Mapping[str, str], now: datetime) -> dict[str, Any]:
    known_on = given.get("known_on") or legal_date(d.case.opened_at).isoformat()
    fitting = FITTING_CLASSES[d.case.ground]
    return {
        "classes": [(each, suspension_clause(each), each in fitting) for each in GroundClass],
        "chosen_class": given.get("ground_class") or (fitting[0] if len(fitting) == 1 else ""),
        "known_on": known_on,
        "limit": rescission_limit(session, legal_date(d.case.opened_at), now=now),
        "today": legal_date(now),
    }


def _letter_languages() -> list[tuple[str, str]]:
    return [(each.value, label("letter_language", each)) for each in Language]


def _more_to_demand(session: Session, _d: Dossier, given: Mapping[str, str], now: datetime) -> dict[str, Any]:
    counted = counted_rectification(session, legal_date(now), now=now)
    return {
        "counted": counted,
        "due_on": given.get("due_on") or counted.due_on.isoformat(),
        "language": given.get("language") or Language.ZH.value,
        "letter_languages": _letter_languages(),
        "today": legal_date(now),
    }


def _more_with_language(_session: Session, d: Dossier, given: Mapping[str, str], _now: datetime) -> dict[str, Any]:
    last = d.notices[-1].language if d.notices else Language.ZH
    return {"language": given.get("language") or last.value, "letter_languages": _letter_languages()}


def _more_to_accept(session: Session, d: Dossier, _given: Mapping[str, str], now: datetime) -> dict[str, Any]:
    return {"withdrawal": withdrawal_to_send(session, d.case, actor=g.actor, now=now)}


MORE: dict[CaseAct, Callable[[Session, Dossier, Mapping[str, str], datetime], dict[str, Any]]] = {
    CaseAct.CONFIRM: _more_to_confirm,
    CaseAct.DEMAND: _more_to_demand,
    CaseAct.ACCEPT: _more_to_accept,
    CaseAct.SUSPEND: _more_with_language,
    CaseAct.REINSTATE: _more_with_language,
    CaseAct.TERMINATE: _more_with_language,
}
