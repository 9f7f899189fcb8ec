"""Pages: a corrected notice, the procedure after a notice, and verifying an announced change on its day."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.kernel.web.language import label
from compliance.changes import schemas
from compliance.changes.announcing import announced_of_id, confirm_announced, drop_announced
from compliance.changes.foreseeing import Given, foresee_new, is_ahead
from compliance.changes.procedures import complete_procedure, open_procedure, procedure_of
from compliance.changes.reading import rows_of
from compliance.changes.rules import NoticeVia
from compliance.changes.taking_in import announced_by, changes_of_notice, correct_notice, notice_of_id
from compliance.changes.views import change_of_id
from compliance.changes.views_intake import told_of
from compliance.obligations.rules import FormLevel

change_acts = Blueprint("change_acts", __name__, url_prefix="/changes")

PROCEDURE_STEPS = "<any(open, complete):step>"


@change_acts.get("/notices/<int:notice_id>/correction")
def correction(notice_id: int) -> ResponseReturnValue:
    return _correction_page(notice_id)


def _correction_page(notice_id: int, *, form: Any = None, error: LuyueError | None = None) -> str:
    require(g.actor, Permission.RECORD_PERFORMANCE)
    session = db.session()
    now = clock.now(session)
    notice = notice_of_id(session, notice_id)
    return render_template(
        "changes/correction.html",
        notice=notice,
        rows=rows_of(session, changes_of_notice(session, notice)),
        announced=announced_by(session, notice),
        form=form if form is not None else {"form": FormLevel.WRITTEN.value, "via": NoticeVia.EMAIL.value},
        form_options=[(each.value, label("form_level", each)) for each in FormLevel],
        via_options=[(each.value, label("notice_via", each)) for each in NoticeVia],
        error=error,
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )


@change_acts.post("/notices/<int:notice_id>/correction")
def correct(notice_id: int) -> ResponseReturnValue:
    try:
        read = schemas.read_correction(request.form)
        upload = schemas.read_upload(request.files.get("file"))
        with unit_of_work() as session:
            taken = correct_notice(
                session,
                notice_of_id(session, notice_id),
                correction=read.correction,
                arrived_at=read.arrived_at,
                form=read.form,
                via=read.via,
                upload=upload,
                actor=g.actor,
                now=clock.now(session),
            )
            corrected_id, told = taken.notice.id, told_of(taken)
    except (InvalidInput, Conflict) as error:
        return _correction_page(notice_id, form=request.form, error=error), error.status
    flash(*told)
    return redirect(url_for("changes.notice", notice_id=corrected_id))


@change_acts.get(f"/<int:change_id>/procedure/{PROCEDURE_STEPS}")
def procedure(change_id: int, step: str) -> ResponseReturnValue:
    return _procedure_page(change_id, step)


def _procedure_page(change_id: int, step: str, *, form: Any = None, error: LuyueError | None = None) -> str:
    require(g.actor, Permission.RECORD_PERFORMANCE)
    session = db.session()
    now = clock.now(session)
    change = change_of_id(session, change_id)
    return render_template(
        "changes/procedure.html",
        change=change,
        procedure=procedure_of(session, change),
        step=step,
        form=form if form is not None else {},
        error=error,
        today=legal_date(now),
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )


@change_acts.post(f"/<int:change_id>/procedure/{PROCEDURE_STEPS}")
def set_procedure(change_id: int, step: str) -> ResponseReturnValue:
    try:
        if step == "open":
            _open(change_id)
        else:
            _complete(change_id)
    except (InvalidInput, Conflict) as error:
        return _procedure_page(change_id, step, form=request.form, error=error), error.status
    return redirect(url_for("changes.show", change_id=change_id))


def _open(change_id: int) -> None:
    needed = schemas.read_text(request.form, "needed")
    due_on = schemas.read_day(request.form, "due_on")
    with unit_of_work() as session:
        change = change_of_id(session, change_id)
        open_procedure(session, change, needed=needed, due_on=due_on, actor=g.actor, now=clock.now(session))
    flash(gettext("The procedure is open until the date you set. Tell the tenant the date in writing."), "success")


def _complete(change_id: int) -> None:
    completed_at = schemas.read_moment(request.form, "completed_at")
    note = schemas.read_text(request.form, "note")
    upload = schemas.read_upload(request.files.get("file"))
    with unit_of_work() as session:
        complete_procedure(
            session,
            change_of_id(session, change_id),
            completed_at=completed_at,
            note=note,
            upload=upload,
            actor=g.actor,
            now=clock.now(session),
        )
    flash(gettext("The procedure is completed."), "success")


@change_acts.get("/announced/<int:announced_id>")
def announced(announced_id: int) -> ResponseReturnValue:
    """Show an announced change and, to those who may, the two ways on its day."""
    require(g.actor, Permission.READ)
    return _announced_page(announced_id)


def _announced_page(announced_id: int, *, form: Any = None, error: LuyueError | None = None) -> str:
    session = db.session()
    now = clock.now(session)
    found = announced_of_id(session, announced_id)
    notice = found.change_notice
    given = Given(notice.arrived_at, notice.form)
    return render_template(
        "changes/announced.html",
        announced=found,
        notice=notice,
        is_ahead=is_ahead(found.expected_on, now),
        foreseen=foresee_new(session, found.tenant, occurred_on=found.expected_on, given=given, now=now),
        form=form if form is not None else {"occurred_on": found.expected_on.isoformat()},
        error=error,
        today=legal_date(now),
        now=now,
    )


@change_acts.post("/announced/<int:announced_id>/confirm")
def confirm(announced_id: int) -> ResponseReturnValue:
    try:
        occurred_on = schemas.read_day(request.form, "occurred_on")
        proof = schemas.read_upload(request.files.get("file"))
        with unit_of_work() as session:
            change, judged = confirm_announced(
                session,
                announced_of_id(session, announced_id),
                occurred_on=occurred_on,
                proof=proof,
                actor=g.actor,
                now=clock.now(session),
            )
            change_id = change.id
            is_performed = any(each.state for each in judged)
    except (InvalidInput, Conflict) as error:
        return _announced_page(announced_id, form=request.form, error=error), error.status
    if is_performed:
        flash(gettext("The change is recorded, and the notice that announced it is judged."), "success")
    else:
        flash(gettext("The change is recorded. Its early notice performs nothing: its form is too weak."), "warning")
    return redirect(url_for("changes.show", change_id=change_id))


@change_acts.post("/announced/<int:announced_id>/drop")
def drop(announced_id: int) -> ResponseReturnValue:
    try:
        reason = schemas.read_text(request.form, "reason")
        with unit_of_work() as session:
            found = announced_of_id(session, announced_id)
            drop_announced(session, found, reason=reason, actor=g.actor, now=clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _announced_page(announced_id, form=request.form, error=error), error.status
    flash(gettext("The announced change is dropped; the notice and your reason stay on record."), "success")
    return redirect(url_for("changes.index", state="announced"))
