"""Pages: what may be destroyed and when, the preview before approving, and certificates of destruction."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError
from agreements.kernel.web.paging import page_of
from compliance.retention import certificate_paper, due_reading
from compliance.retention.due_reading import Stage
from compliance.retention.purging import approvals_needed, approve, proposal_of_id
from compliance.retention.rules import LAW, RetentionClass

destruction = Blueprint("destruction", __name__, url_prefix="/retention")

LONGEST_SEARCH = 100
Word = TypeVar("Word", bound=StrEnum)


@destruction.get("/due")
def due() -> ResponseReturnValue:
    """List every scheduled class, the one due first on top."""
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    asked = request.args
    error: InvalidInput | None = None
    try:
        stage, of = _word(Stage, asked, "stage"), _word(RetentionClass, asked, "class")
    except InvalidInput as refused:
        stage = of = None
        error = refused
    text = asked.get("q", "").strip()[:LONGEST_SEARCH]
    page = page_of(session, due_reading.scheduled_classes(stage=stage, retention_class=of, text=text, now=now), size=50)
    html = render_template(
        "retention/due.html",
        page=page,
        rows=due_reading.due_rows(session, list(page.rows), now=now),
        counts=due_reading.stage_counts(session, now=now),
        needed=approvals_needed(session, now=now),
        law=LAW,
        stages=list(Stage),
        stage=stage,
        of=of,
        text=text,
        error=error,
        now=now,
    )
    return html, error.status if error else 200


def _word(words: type[Word], asked: Mapping[str, str], name: str) -> Word | None:
    text = asked.get(name, "")
    if not text:
        return None
    try:
        return words(text)
    except ValueError:
        raise InvalidInput(N_("Choose one of those offered."), field=name) from None


@destruction.get("/preview")
def preview() -> ResponseReturnValue:
    """Show thing by thing what the chosen proposals would destroy."""
    return _preview(_numbers(request.args.getlist("proposal")))


def _preview(ids: list[int], error: LuyueError | None = None) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    html = render_template(
        "retention/preview.html",
        previews=due_reading.previews_of(session, ids, person_id=g.actor.id, now=now),
        needed=approvals_needed(session, now=now),
        law=LAW,
        reason=request.form.get("reason", ""),
        error=error,
        now=now,
    )
    return html, error.status if error else 200


@destruction.post("/approve")
def approve_chosen() -> ResponseReturnValue:
    """Approve all that was previewed, or none of it."""
    chosen = [each.partition(":") for each in request.form.getlist("proposal")]
    ids = _numbers([number for number, _, _ in chosen])
    seen = {int(number): mark for number, _, mark in chosen}
    try:
        with unit_of_work() as session:
            now = clock.now(session)
            for number in ids:
                approve(
                    session,
                    proposal_of_id(session, number),
                    seen=seen[number],
                    reason=request.form.get("reason", ""),
                    actor=g.actor,
                    now=now,
                )
    except (InvalidInput, Conflict) as error:
        return _preview(ids, error)
    flash(
        gettext("Approved. Once enough people have approved, the scheduler destroys it within five minutes."), "success"
    )
    return redirect(url_for(".due", stage="proposed"))


def _numbers(texts: list[str]) -> list[int]:
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts):
        raise InvalidInput(N_("Choose one of those offered."), field="proposal")
    if not texts:
        raise InvalidInput(N_("Choose at least one proposal."), field="proposal")
    return list(dict.fromkeys(int(text) for text in texts))


@destruction.get("/certificates")
def certificates() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    page = page_of(db.session(), due_reading.certificates(), size=50)
    return render_template("retention/certificates.html", page=page)


@destruction.get("/certificates/<number>")
def certificate(number: str) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    found = due_reading.certificate_of_number(session, number)
    return render_template(
        "retention/certificate.html",
        certificate=found,
        law=LAW,
        approvals=due_reading.approvals_shown(found),
        is_unaltered=due_reading.is_unaltered(session, found),
        paper=certificate_paper.paper_of(session, found),
        can_seal=certificate_paper.may_seal(session, g.actor),
    )


@destruction.post("/certificates/<number>/seal")
def seal(number: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = due_reading.certificate_of_number(session, number)
        document = certificate_paper.seal_certificate(session, found, actor=g.actor, now=clock.now(session))
        address = url_for("papers.show", document_id=document.id)
    flash(gettext("The certificate of destruction is sealed and kept."), "success")
    return redirect(address)
