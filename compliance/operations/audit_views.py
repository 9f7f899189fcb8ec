"""Audit: the trail searched and paged, exported for auditors, and its chain verified from the page."""

from collections.abc import Iterator

from flask import Blueprint, Response, flash, g, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import audit, clock
from agreements.kernel.access.rules import ActorKind, Permission, require
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import IntegrityBroken, InvalidInput
from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.kernel.web.language import label
from agreements.kernel.web.paging import page_of
from agreements.kernel.web.problems import message_of
from agreements.kernel.web.spreadsheets import BYTE_ORDER_MARK, csv_line
from compliance.operations import audit_reading as reading
from compliance.operations.audit_reading import Search

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

MOST_EXPORTED = 100_000
CHUNK = 1_000
COLUMNS = (
    *("seq", "recorded_at", "as_of", "actor_kind", "actor_id", "actor_name", "act", "subject", "agreement_id"),
    *("tenant_id", "clause", "reason", "details", "prev_hash", "hash"),
)


@blueprint.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    try:
        search, error = reading.read_search(request.args), None
    except InvalidInput as refused:
        search, error = Search(), refused
    page = page_of(session, reading.matching(search), size=50)
    known = reading.acts(session)
    html = render_template(
        "operations/audit.html",
        page=page,
        search=search,
        asked=request.args,
        names=reading.named(session, page.rows),
        acts=sorted(((act, act_in_words(act)) for act in known), key=lambda pair: pair[1]),
        kinds=[(kind.value, label("actor_kind", kind)) for kind in ActorKind],
        act_in_words=act_in_words,
        page_of_subject=reading.page_of_subject,
        most_exported=MOST_EXPORTED,
        now=clock.now(session),
        error=error,
    )
    return html, error.status if error else 200


def act_in_words(act: str) -> str:
    """Return what an act is called; its own name where the catalogue has none."""
    words = label("act", act)
    return act if words == f"act.{act}" else words


@blueprint.get("/<int:seq>")
def show(seq: int) -> ResponseReturnValue:
    """One act with its details, its hash and the one it stands on."""
    require(g.actor, Permission.READ)
    session = db.session()
    event = session.get(AuditEvent, seq)
    if event is None:
        return redirect(url_for("audit.index"))
    return render_template(
        "operations/audit_event.html",
        event=event,
        names=reading.named(session, [event]),
        act_in_words=act_in_words,
        page_of_subject=reading.page_of_subject,
    )


@blueprint.post("/verify")
def verify() -> ResponseReturnValue:
    """Walk the whole chain and say what was found; nothing is changed."""
    require(g.actor, Permission.VERIFY_AUDIT)
    session = db.session()
    session.rollback()
    try:
        acts, head = audit.verify(session)
    except IntegrityBroken as error:
        flash(message_of(error), "danger")
    else:
        text = gettext("The chain is unbroken: %(count)s acts, last hash %(head)s.", count=f"{acts:,}", head=head)
        flash(text, "success")
    return redirect(url_for("audit.index"))


@blueprint.post("/export")
def export() -> ResponseReturnValue:
    """Hand out what a search finds as CSV, oldest first, and write down that it was handed out."""
    require(g.actor, Permission.VERIFY_AUDIT)
    asked = {name: value for name, value in request.form.items() if name in Search.__slots__ and value}
    search = reading.read_search({**asked, "sort": "seq"})
    with unit_of_work() as session:
        now = clock.now(session)
        found = reading.count(session, reading.matching(search))
        audit.record(
            session,
            actor=g.actor,
            act="audit.exported",
            subject="audit",
            now=now,
            details={"acts": min(found, MOST_EXPORTED), "filtered_by": sorted(asked)},
        )
    session = db.session()
    response = Response(stream_with_context(_lines(session, search)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=audit-{legal_date(now):%Y%m%d}.csv"
    return response


def _lines(session: Session, search: Search) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_line(COLUMNS)
    statement = reading.matching(search).limit(MOST_EXPORTED).execution_options(yield_per=CHUNK)
    for event in session.scalars(statement):
        yield csv_line([_cell(event, name) for name in COLUMNS])


def _cell(event: AuditEvent, name: str) -> str:
    value = getattr(event, name)
    if value is None:
        return ""
    if name == "details":
        return audit.canonical_json(value)
    if name in ("recorded_at", "as_of"):
        return str(value.astimezone(SHANGHAI).isoformat(timespec="microseconds"))
    return str(value)
