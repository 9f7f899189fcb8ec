"""Pages: the notice centre, one notice with its proofs, recording an arrival, and the tenant's own page."""

from datetime import datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock, files
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import InvalidInput, NotFound
from agreements.kernel.instants import SHANGHAI
from agreements.kernel.web.downloads import PDF, file_response, stored_file
from agreements.kernel.web.language import current_locale, label
from agreements.kernel.web.paging import page_of
from agreements.parties.actions import address_in_clear, keep_upload, notice_address_in_force
from compliance.notices import reading, sealed_letters
from compliance.notices.actions import notice_of_id
from compliance.notices.arrivals import acknowledge, arrival_of, earliest_arrival, notice_of_link, record_arrival
from compliance.notices.dispatch import enqueue
from compliance.notices.letters import clauses_in_words
from compliance.notices.models import Notice
from compliance.notices.rules import (
    ArrivalBasis,
    Language,
    NoticeEvent,
    NoticeKind,
    NoticeState,
    arrival_event,
    legal_events,
    whole_minute,
)
from compliance.notices.schemas import read_arrival, read_kind, read_state

notices = Blueprint("notices", __name__, url_prefix="/notices")
receipts = Blueprint("receipts", __name__, url_prefix="/n")


@notices.app_context_processor
def parts() -> dict[str, object]:
    return {"sealed_letter": lambda notice: sealed_letters.sealed_letter_of(db.session(), notice)}


def _clauses(notice: Notice) -> str:
    """Return the clauses of a notice in the page's language, to stand alone."""
    words = clauses_in_words(notice.clause, Language(current_locale().value))
    return words[0].upper() + words[1:]


@notices.get("")
def index() -> ResponseReturnValue:
    session = db.session()
    state, kind = read_state(request.args.get("state")), read_kind(request.args.get("kind"))
    only_failing = request.args.get("failing") == "1"
    page = page_of(session, reading.notices(state=state, kind=kind, only_failing=only_failing))
    return render_template(
        "notices/list.html",
        page=page,
        failing=reading.failing_among(session, [notice.id for notice in page.rows]),
        failing_in_all=reading.count_failing(session),
        state=state,
        kind=kind,
        only_failing=only_failing,
        state_options=[(each.value, label("notice_state", each)) for each in NoticeState],
        kind_options=[(each.value, label("notice_kind", each)) for each in NoticeKind],
        now=clock.now(session),
    )


@notices.get("/<int:notice_id>")
def show(notice_id: int) -> ResponseReturnValue:
    session = db.session()
    notice = notice_of_id(session, notice_id)
    return render_template(
        "notices/notice.html",
        notice=notice,
        body=reading.shown_text(session, notice),
        clauses=_clauses(notice),
        arrival=arrival_of(session, notice.id),
        sendings=reading.sendings(session, notice.id),
        is_failing=bool(reading.failing_among(session, [notice.id])),
        can_arrive=bool(_bases(notice)),
        can_seal=sealed_letters.may_seal(g.actor, notice),
        can_queue_again=NoticeEvent.ENQUEUE in legal_events(notice.state),
        sender=session.info["settings"].smtp_from,
        now=clock.now(session),
    )


@notices.get("/<int:notice_id>/arrival")
def arrival(notice_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.RECORD_ARRIVAL)
    notice = notice_of_id(db.session(), notice_id)
    if not _bases(notice):
        return redirect(url_for("notices.show", notice_id=notice_id))
    return _arrival_form(notice)


def _arrival_form(notice: Notice, error: InvalidInput | None = None) -> str:
    now = clock.now(db.session())
    return render_template(
        "notices/arrival.html",
        notice=notice,
        basis_options=[
            (each.value, label("arrival_basis", each), _basis_hint(notice, each)) for each in _bases(notice)
        ],
        latest=_for_input(now),
        form=request.form,
        error=error,
    )


def _basis_hint(notice: Notice, basis: ArrivalBasis) -> str:
    """Say what this kind of arrival takes, and from when on it can have happened."""
    earliest = whole_minute(earliest_arrival(db.session(), notice, basis)).astimezone(SHANGHAI)
    hint = label("arrival_basis_hint", basis)
    told: str = gettext("%(hint)s. Not before %(at)s", hint=hint, at=f"{earliest:%Y-%m-%d %H:%M}")
    return told


def _for_input(at: datetime) -> str:
    """Return an instant as a date and time input takes it, Shanghai time."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def _bases(notice: Notice) -> list[ArrivalBasis]:
    """Return by what the notice can have arrived in its present state."""
    legal = legal_events(notice.state)
    return [basis for basis in ArrivalBasis if arrival_event(basis) in legal]


@notices.post("/<int:notice_id>/arrival")
def arrival_submit(notice_id: int) -> ResponseReturnValue:
    try:
        given = read_arrival(request.form, request.files)
        with unit_of_work() as session:
            now = clock.now(session)
            record_arrival(
                session,
                notice_of_id(session, notice_id),
                basis=given.basis,
                arrived_at=given.arrived_at,
                proof=keep_upload(session, given.proof, now=now) if given.proof else None,
                note=given.note,
                actor=g.actor,
                now=now,
            )
    except InvalidInput as error:
        return _arrival_form(notice_of_id(db.session(), notice_id), error), error.status
    flash(gettext("The arrival is recorded."), "success")
    return redirect(url_for("notices.show", notice_id=notice_id))


@notices.post("/<int:notice_id>/queue")
def queue_again(notice_id: int) -> ResponseReturnValue:
    """Queue an approved or bounced notice to the address that the tenant's confirmation designates now."""
    with unit_of_work() as session:
        notice = notice_of_id(session, notice_id)
        confirmed = notice_address_in_force(session, notice.tenant_id)
        address = address_in_clear(session, confirmed) if confirmed else None
        enqueue(session, notice, address, actor=g.actor, now=clock.now(session))
    flash(gettext("The notice is queued to the tenant's confirmed address."), "success")
    return redirect(url_for("notices.show", notice_id=notice_id))


@notices.post("/<int:notice_id>/seal")
def seal(notice_id: int) -> ResponseReturnValue:
    """Make the sealed PDF of the letter; a second time changes nothing."""
    with unit_of_work() as session:
        sealed_letters.seal_letter(session, notice_of_id(session, notice_id), actor=g.actor, now=clock.now(session))
    flash(gettext("The letter is sealed and signed; its document is kept."), "success")
    return redirect(url_for("notices.show", notice_id=notice_id))


@notices.get("/<int:notice_id>/proof")
def proof(notice_id: int) -> ResponseReturnValue:
    """Hand out the proof of an arrival, as a download only."""
    require(g.actor, Permission.READ)
    session = db.session()
    fact = arrival_of(session, notice_id)
    if fact is None or fact.proof_file is None:
        abort(404)
    return stored_file(session, fact.proof_file)


@receipts.get("/<token>")
def read(token: str) -> ResponseReturnValue:
    """Show the tenant its notice; looking changes nothing, for mail scanners open links too."""
    session = db.session()
    try:
        notice = notice_of_link(session, token, now=clock.now(session))
    except NotFound as error:
        return render_template("notices/no_receipt.html", error=error), error.status
    return render_template("notices/receipt.html", notice=notice, body=reading.shown_text(session, notice), token=token)


@receipts.get("/<token>/letter")
def letter(token: str) -> ResponseReturnValue:
    """Hand the tenant the sealed PDF of its notice; that acknowledges nothing."""
    session = db.session()
    try:
        document = sealed_letters.sealed_letter_of(session, notice_of_link(session, token, now=clock.now(session)))
    except NotFound as error:
        return render_template("notices/no_receipt.html", error=error), error.status
    if document is None:
        abort(404)
    return file_response(files.content_of(session, document.latest_file), f"{document.number}.pdf", PDF)


@receipts.post("/<token>")
def confirm(token: str) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            acknowledge(session, token, now=clock.now(session))
    except NotFound as error:
        return render_template("notices/no_receipt.html", error=error), error.status
    return redirect(url_for("receipts.read", token=token))
