"""`/api/v1/standard-forms`: what agreements are compared with, drafted clause by clause."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.intake import comparing, form_actions
from agreements.intake.api_schemas import FormActBody, FormClauseBody, FormDraftBody, FormPage, FormShown
from agreements.intake.form_models import FormVersion
from agreements.intake.import_record import import_of_id
from agreements.kernel.db import db
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID
from agreements.kernel.web.rest_lists import PageQuery, page_of_rows
from agreements.kernel.web.rest_once import Created

standard_forms = RestRoom(
    "standard_forms",
    __name__,
    path="/standard-forms",
    description="What agreements are compared with, clause by clause: drafted, approved by a second person, in force.",
)
FORM = f"/<{ID}:form_version_id>"
CLAUSE = f"{FORM}/clauses/<{ID}:clause_id>"


@standard_forms.reads("", answers=FormPage, query=PageQuery)
def forms(*, page: int, size: int) -> dict[str, Any]:
    """Every version of every standard form, by form and version."""
    rows = select(FormVersion).order_by(FormVersion.form_id, FormVersion.number)
    found = page_of_rows(db.session(), rows, page=page, size=size)
    found["items"] = [_form_row(version) for version in found["items"]]
    return found


@standard_forms.reads(FORM, answers=FormShown)
def form(form_version_id: int) -> dict[str, Any]:
    """One version with its clauses and what their terms say."""
    return _form(form_actions.version_of_id(db.session(), form_version_id))


@standard_forms.acts("", takes=FormDraftBody, answers=FormShown, status=HTTPStatus.CREATED)
def draft(session: Session, *, now: datetime, key: str, name: str, text: str | None, import_id: int | None) -> Created:
    """Draft a form from its full text or an import's own, or the next version of the form that has this key."""
    if (text is None) == (import_id is None):
        raise InvalidInput(
            N_("A form is drafted from a text or from an import."), field="text", remedy=N_("Give one of the two.")
        )
    if import_id is not None:
        imported = import_of_id(session, import_id)
        made = comparing.draft_form_of(session, imported, key=key, name=name, actor=g.actor, now=now)
    else:
        made = form_actions.draft_form(
            session, key=key, name=name, text=text or "", source="REST", actor=g.actor, now=now
        )
    return Created(_form(made), url_for(f"{standard_forms.name}.form", form_version_id=made.id))


@standard_forms.acts(f"{FORM}/approve", takes=FormActBody, answers=FormShown)
def approve(session: Session, *, now: datetime, form_version_id: int) -> dict[str, Any]:
    """Approve a draft of another person."""
    version = form_actions.version_of_id(session, form_version_id)
    form_actions.approve(session, version, actor=g.actor, now=now)
    return _form(version)


@standard_forms.acts(f"{FORM}/in-force", takes=FormActBody, answers=FormShown)
def put_in_force(session: Session, *, now: datetime, form_version_id: int) -> dict[str, Any]:
    """Compare new imports with an approved version from now on."""
    version = form_actions.version_of_id(session, form_version_id)
    form_actions.put_in_force(session, version, actor=g.actor, now=now)
    return _form(version)


@standard_forms.acts(f"{FORM}/withdraw", takes=FormActBody, answers=FormShown)
def withdraw(session: Session, *, now: datetime, form_version_id: int) -> dict[str, Any]:
    """Lay a draft or an approved version aside."""
    version = form_actions.version_of_id(session, form_version_id)
    form_actions.withdraw(session, version, actor=g.actor, now=now)
    return _form(version)


@standard_forms.acts(f"{FORM}/next", takes=FormActBody, answers=FormShown, status=HTTPStatus.CREATED)
def draft_next(session: Session, *, now: datetime, form_version_id: int) -> Created:
    """Draft the next version of a form as a copy of this one."""
    version = form_actions.version_of_id(session, form_version_id)
    made = form_actions.draft_next_version(session, version, actor=g.actor, now=now)
    return Created(_form(made), url_for(f"{standard_forms.name}.form", form_version_id=made.id))


@standard_forms.acts(CLAUSE, takes=FormClauseBody, answers=FormShown)
def edit_clause(
    session: Session,
    *,
    now: datetime,
    form_version_id: int,
    clause_id: int,
    number: str,
    wording: str,
    marks: list[str],
) -> dict[str, Any]:
    """Change one clause of a draft; what its terms say is read from the new wording."""
    version = form_actions.version_of_id(session, form_version_id)
    clause = form_actions.clause_of_id(session, version, clause_id)
    form_actions.edit_clause(session, clause, number=number, wording=wording, marks=marks, actor=g.actor, now=now)
    return _form(version)


@standard_forms.acts(f"{CLAUSE}/drop", takes=FormActBody, answers=FormShown)
def drop_clause(session: Session, *, now: datetime, form_version_id: int, clause_id: int) -> dict[str, Any]:
    """Take one clause out of a draft."""
    version = form_actions.version_of_id(session, form_version_id)
    form_actions.drop_clause(session, form_actions.clause_of_id(session, version, clause_id), actor=g.actor, now=now)
    return _form(version)


def _form_row(version: FormVersion) -> dict[str, Any]:
    return {
        "id": version.id,
        "key": version.form.key,
        "name": version.form.name,
        "version": version.number,
        "state": version.state,
        "source": version.source,
        "approved_by": version.approved_by,
        "in_force_at": version.in_force_at,
    }


def _form(version: FormVersion) -> dict[str, Any]:
    return {**_form_row(version), "clauses": version.clauses}
