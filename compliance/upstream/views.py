"""Pages: the source notices with how far each has come, one campaign, and its letters exactly as they go out."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.files import StoredFile
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.language import label
from agreements.kernel.web.paging import PAGE_SIZE, Page, page_of
from compliance.upstream import presenting, reading
from compliance.upstream.answers import said_by
from compliance.upstream.models import UpstreamAnswer, UpstreamImpact
from compliance.upstream.moving import change_of_id, impact_of_id
from compliance.upstream.previews import preview
from compliance.upstream.rules import ChangeState, may_answer

upstream = Blueprint("upstream", __name__, url_prefix="/upstream")

LETTERS_SHOWN = 20


@upstream.app_context_processor
def parts() -> dict[str, object]:
    """Give what the room's macros need."""
    return {
        "upstream_counted_days": presenting.counted_days,
        "upstream_state_of": presenting.state_of,
        "upstream_is_sent": presenting.is_sent,
        "upstream_is_late": presenting.is_late,
        "upstream_may_answer": may_answer,
    }


@upstream.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    state = next((each for each in ChangeState if each.value == request.args.get("state")), None)
    running = reading.running_campaigns(session, now=now)
    page = page_of(session, reading.changes(state=state))
    listed = reading.campaigns_of(session, page.rows, now=now)
    return render_template(
        "upstream/list.html",
        running=[(each, presenting.progress_of(each)) for each in running],
        overdue=reading.overdue_ours(session, now=now),
        page=page,
        listed=[(each, presenting.progress_of(each)) for each in listed],
        scores=reading.scorecard(session, now=now),
        state=state,
        state_options=[(each.value, label("upstream_state", each)) for each in ChangeState],
        now=now,
    )


@upstream.get("/<int:change_id>")
def show(change_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    change = change_of_id(session, change_id)
    found = reading.campaign(session, change, now=now)
    asked = request.args.get("show", presenting.ALL)
    view = asked if asked in presenting.VIEWS else presenting.ALL
    rows = presenting.rows_shown(found, view)
    return render_template(
        "upstream/campaign.html",
        campaign=found,
        change=change,
        progress=presenting.progress_of(found),
        questions=presenting.count_questions(found),
        views=[(each, len(presenting.rows_shown(found, each))) for each in presenting.VIEWS],
        view=view,
        page=_page_of_rows(rows),
        acts=presenting.acts_of(change),
        is_running=presenting.is_running(change),
        amended_by=presenting.amended_by(session, change),
        timeline=presenting.timeline_of(session, change),
        now=now,
    )


def _page_of_rows(rows: list[reading.ImpactRow]) -> Page[reading.ImpactRow]:
    last = max(1, -(-len(rows) // PAGE_SIZE))
    number = min(max(1, request.args.get("page", 1, type=int)), last)
    shown = rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return Page(rows=shown, number=number, size=PAGE_SIZE, total=len(rows))


@upstream.get("/<int:change_id>/letters")
def letters(change_id: int) -> ResponseReturnValue:
    """Show who gets what, letter by letter, before and after it goes out."""
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    change = change_of_id(session, change_id)
    found = preview(session, change, now=now)
    last = max(1, -(-len(found) // LETTERS_SHOWN))
    number = min(max(1, request.args.get("page", 1, type=int)), last)
    shown = found[(number - 1) * LETTERS_SHOWN : number * LETTERS_SHOWN]
    return render_template(
        "upstream/letters.html",
        change=change,
        page=Page(rows=shown, number=number, size=LETTERS_SHOWN, total=len(found)),
        without_address=sum(each.masked_address is None and each.notice is None for each in found),
        acts=presenting.acts_of(change),
        now=now,
    )


@upstream.get("/agreements/<int:impact_id>")
def impact(impact_id: int) -> ResponseReturnValue:
    """Show one agreement's part: what was said, by whom, and how a refusal ends."""
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    row = row_of_impact(session, impact_of_id(session, impact_id))
    return render_template(
        "upstream/impact.html",
        row=row,
        impact=row.impact,
        change=row.impact.change,
        names={answer.id: said_by(session, answer) for answer in row.answers},
        now=now,
    )


def row_of_impact(session: Session, found: UpstreamImpact) -> reading.ImpactRow:
    campaign = reading.campaign(session, found.change, now=clock.now(session))
    return next(row for row in campaign.rows if row.impact.id == found.id)


@upstream.get("/<int:change_id>/file")
def file(change_id: int) -> ResponseReturnValue:
    session = db.session()
    return attachment(session, change_of_id(session, change_id).file)


@upstream.get("/<int:change_id>/withdrawal-file")
def withdrawal_file(change_id: int) -> ResponseReturnValue:
    session = db.session()
    return attachment(session, change_of_id(session, change_id).withdrawn_file)


@upstream.get("/agreements/<int:impact_id>/aftermath-file")
def aftermath_file(impact_id: int) -> ResponseReturnValue:
    session = db.session()
    return attachment(session, impact_of_id(session, impact_id).aftermath_file)


@upstream.get("/answers/<int:answer_id>/file")
def answer_file(answer_id: int) -> ResponseReturnValue:
    session = db.session()
    answer = session.get(UpstreamAnswer, answer_id)
    return attachment(session, answer.file if answer else None)


def attachment(session: Session, stored: StoredFile | None) -> ResponseReturnValue:
    """Hand out a stored file to be saved, never to be opened by the browser in our origin."""
    require(g.actor, Permission.READ)
    if stored is None:
        raise NotFound(N_("There is no such file here."), field="file")
    return stored_file(session, stored)
