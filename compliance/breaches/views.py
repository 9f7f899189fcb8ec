"""Pages: the list of cases and one case with its facts. The acts have their own pages, in `views_acts`."""

from collections.abc import Container

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access.rules import MATRIX, Permission, require
from agreements.kernel.db import db
from agreements.kernel.web.language import label
from agreements.kernel.web.paging import page_of
from compliance.breaches import board, dossier
from compliance.breaches.rules import CaseState
from compliance.breaches.waiting import ACT_FOR, NEEDS, SENDS, CaseAct

cases = Blueprint("cases", __name__, url_prefix="/cases")

LONGEST_SEARCH = 100
STAGES = (
    (CaseState.SUSPECTED,),
    (CaseState.CONFIRMED,),
    (CaseState.RECTIFICATION_DEMANDED, CaseState.NOT_RECTIFIED),
    (CaseState.SUSPENSION_DECIDED, CaseState.SUSPENDED),
    (CaseState.RECTIFIED, CaseState.TERMINATION_DECIDED, CaseState.TERMINATED, CaseState.DISMISSED),
    (CaseState.CLOSED,),
)


@cases.app_template_global("roles_for")
def roles_for(act: CaseAct) -> str:
    """Return the roles that may do an act, in words."""
    roles = sorted(MATRIX[NEEDS[act]])
    return str(gettext(", ")).join(label("role", role.value) for role in roles)


@cases.app_context_processor
def parts() -> dict[str, object]:
    """Give what the room's macros need."""
    return {
        "case_needs": NEEDS,
        "case_act_for": ACT_FOR,
        "case_sends": SENDS,
        "counted_days": dossier.counted_days,
        "counted_to": dossier.counted_to,
    }


@cases.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    tab = _known(request.args.get("state"), board.TABS, board.OPEN)
    sort = _known(request.args.get("sort"), board.SORTS, "since")
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    page = page_of(session, board.cases(tab=tab, text=text, sort=sort))
    return render_template(
        "breaches/cases.html",
        page=page,
        rows=board.rows(session, page.rows, now=now),
        counts=board.counts(session, text=text),
        tabs=board.TABS,
        tab=tab,
        text=text,
        sort=sort,
        now=now,
    )


def _known(text: str | None, known: Container[str], default: str) -> str:
    return text if text is not None and text in known else default


@cases.get("/<int:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    found = dossier.dossier_of(session, case_id, now=now)
    stage = next(number for number, states in enumerate(STAGES) if found.case.state in states)
    return render_template("breaches/case.html", d=found, case=found.case, stages=STAGES, stage=stage, now=now)
