"""Pages of our own documents (clause 4.1): what we warrant, with its validity."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import legal_date
from agreements.kernel.web.downloads import stored_file
from agreements.parties.own_documents import (
    OwnDocument,
    OwnDocumentType,
    own_document_of_id,
    own_documents,
    record_own_document,
)
from compliance.desk.schemas import Day, FormSchema, Line, OneOf, read_form, require_upload
from compliance.desk.tenant_forms import words_of

own = Blueprint("own_documents", __name__, url_prefix="/documents/own")


class OwnDocumentForm(FormSchema):
    type = OneOf(OwnDocumentType)
    number = Line(longest=80, may_be_empty=True)
    issuer = Line(longest=120, may_be_empty=True)
    issued_on = Day(may_be_empty=True)
    expires_on = Day(may_be_empty=True)


@own.get("")
def index() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    rows = own_documents(session)
    return render_template(
        "desk/own_documents.html",
        rows=rows,
        replaced={row.replaces_id for row in rows},
        today=legal_date(now),
        now=now,
    )


def _renewed() -> OwnDocument | None:
    number = request.args.get("renews", "")
    return own_document_of_id(db.session(), int(number)) if number.isascii() and number.isdigit() else None


@own.get("/new")
def new() -> ResponseReturnValue:
    return _form()


def _form(error: LuyueError | None = None) -> str:
    require(g.actor, Permission.MANAGE_OWN_DOCUMENTS)
    return render_template(
        "desk/own_document_form.html",
        types=words_of("own_document_type", OwnDocumentType),
        renewed=_renewed(),
        form=request.form,
        error=error,
        today=legal_date(clock.now(db.session())).isoformat(),
    )


@own.post("/new")
def take() -> ResponseReturnValue:
    try:
        values = read_form(OwnDocumentForm, request.form)
        upload = require_upload(request.files.get("file"))
        with unit_of_work() as session:
            record_own_document(
                session,
                values.pop("type"),
                upload=upload,
                replaces=_renewed(),
                **values,
                actor=g.actor,
                now=clock.now(session),
            )
    except (InvalidInput, Conflict) as error:
        return _form(error), error.status
    flash(gettext("The document is recorded."), "success")
    return redirect(url_for("own_documents.index"))


@own.get("/<int:document_id>/file")
def download(document_id: int) -> ResponseReturnValue:
    session = db.session()
    return stored_file(session, own_document_of_id(session, document_id).file)
