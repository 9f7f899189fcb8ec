"""Pages: standard forms and their versions; an import beside one of them."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from agreements.intake import comparing, form_actions
from agreements.intake.form_models import FormState, FormVersion, StandardFormRow
from agreements.intake.import_record import import_of_id
from agreements.intake.models import ContractImport, ImportState
from agreements.intake.schemas import read_version
from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput, LuyueError

standard_forms = Blueprint("standard_forms", __name__, url_prefix="/standard-forms")
comparison = Blueprint("comparison", __name__, url_prefix="/import")


@standard_forms.get("")
def index() -> ResponseReturnValue:
    return _list_page()


@standard_forms.post("")
def draft() -> ResponseReturnValue:
    """Draft a form from pasted text, or from the text of an import."""
    given = request.form
    try:
        with unit_of_work() as session:
            key, name, now = given.get("key", ""), given.get("name", ""), clock.now(session)
            if import_id := given.get("import_id", ""):
                imported = import_of_id(session, _number(import_id))
                version = comparing.draft_form_of(session, imported, key=key, name=name, actor=g.actor, now=now)
            else:
                version = form_actions.draft_form(
                    session,
                    key=key,
                    name=name,
                    text=given.get("text", ""),
                    source=gettext("pasted text"),
                    actor=g.actor,
                    now=now,
                )
            version_id, count = version.id, len(version.clauses)
    except InvalidInput as error:
        return _list_page(error=error, given=given), error.status
    flash(gettext("%(count)s clauses were found. Look each of them through.", count=count), "success")
    return redirect(url_for(".show", version_id=version_id))


@standard_forms.get("/<int:version_id>")
def show(version_id: int) -> ResponseReturnValue:
    return _form_page(version_id)


@standard_forms.post("/<int:version_id>/clauses/<int:clause_id>")
def edit(version_id: int, clause_id: int) -> ResponseReturnValue:
    given = request.form
    try:
        with unit_of_work() as session:
            clause = form_actions.clause_of_id(session, form_actions.version_of_id(session, version_id), clause_id)
            if given.get("drop"):
                form_actions.drop_clause(session, clause, actor=g.actor, now=clock.now(session))
                return redirect(url_for(".show", version_id=version_id))
            form_actions.edit_clause(
                session,
                clause,
                number=given.get("number", ""),
                wording=given.get("wording", ""),
                marks=given.get("marks", "").replace("，", ",").split(","),
                actor=g.actor,
                now=clock.now(session),
            )
    except InvalidInput as error:
        return _form_page(version_id, error=error, editing=clause_id), error.status
    return redirect(url_for(".show", version_id=version_id, _anchor=f"clause-{clause_id}"))


@standard_forms.post("/<int:version_id>/next")
def next_version(version_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        version = form_actions.version_of_id(session, version_id)
        drafted = form_actions.draft_next_version(session, version, actor=g.actor, now=clock.now(session)).id
    flash(gettext("The next version is a draft; change its clauses, then have it approved."), "success")
    return redirect(url_for(".show", version_id=drafted))


@standard_forms.post("/<int:version_id>/approve")
def approve(version_id: int) -> ResponseReturnValue:
    return _moved(version_id, form_actions.approve, gettext("The form is approved. It is compared with once in force."))


@standard_forms.post("/<int:version_id>/in-force")
def put_in_force(version_id: int) -> ResponseReturnValue:
    return _moved(
        version_id, form_actions.put_in_force, gettext("The form is in force: new imports are compared with it.")
    )


@standard_forms.post("/<int:version_id>/withdraw")
def withdraw(version_id: int) -> ResponseReturnValue:
    return _moved(version_id, form_actions.withdraw, gettext("The draft is laid aside."))


def _moved(version_id: int, act: Any, told: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        act(session, form_actions.version_of_id(session, version_id), actor=g.actor, now=clock.now(session))
    flash(told, "success")
    return redirect(url_for(".show", version_id=version_id))


@comparison.post("/<int:import_id>/form")
def choose(import_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        changed = comparing.choose_form(
            session,
            import_of_id(session, import_id),
            form_actions.version_of_id(session, _number(request.form.get("form", ""))),
            version=read_version(request.form),
            actor=g.actor,
            now=clock.now(session),
        )
    if changed:
        flash(gettext("The agreement is compared with the chosen form."), "success")
    return redirect(url_for("intake.review", import_id=import_id, _anchor="deviations"))


@comparison.post("/<int:import_id>/deviations")
def acknowledge(import_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        imported = import_of_id(session, import_id)
        comparing.acknowledge_deviations(
            session,
            imported,
            [_number(text) for text in request.form.getlist("deviation")],
            note=request.form.get("note", ""),
            actor=g.actor,
            now=clock.now(session),
        )
        left = comparing.open_deviations(imported)
        anchor = f"deviation-{left[0].id}" if left else "deviations"
    return redirect(url_for("intake.review", import_id=import_id, _anchor=anchor))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput(N_("The form names no such row."), field="form", remedy=N_("Open the page again."))
    return int(text)


def _list_page(*, error: LuyueError | None = None, given: Any = None) -> str:
    require(g.actor, Permission.READ)
    session = db.session()
    forms = session.scalars(
        select(StandardFormRow).options(selectinload(StandardFormRow.versions)).order_by(StandardFormRow.id).limit(200)
    )
    return render_template(
        "intake/forms.html", forms=list(forms), error=error, given=given or request.args, now=clock.now(session)
    )


def _form_page(version_id: int, *, error: LuyueError | None = None, editing: int | None = None) -> str:
    require(g.actor, Permission.READ)
    session = db.session()
    version: FormVersion = form_actions.version_of_id(session, version_id)
    origin = session.get(ContractImport, version.import_id) if version.import_id else None
    is_comparable = origin is not None and origin.state is ImportState.UNDER_REVIEW
    return render_template(
        "intake/form.html",
        version=version,
        is_draft=version.state is FormState.DRAFT,
        origin=origin,
        compares_origin=is_comparable and version.state is FormState.IN_FORCE,
        moves=[move.value for move in form_actions.FORM_MOVES.get(version.state, ())],
        is_mine=version.drafted_by is not None and version.drafted_by == g.actor.id,
        error=error,
        editing=editing,
        given=request.form,
        now=clock.now(session),
    )
