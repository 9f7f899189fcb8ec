"""Pages of qualification documents (clause 3.3): what expires, what nobody has checked yet, one by one."""

from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.web.paging import page_of
from agreements.parties.documents import reject_document, verify_document
from agreements.parties.models import QualificationDocument
from agreements.parties.rules import DocumentType
from compliance.desk.account_reading import replaced_documents
from compliance.desk.documents_reading import (
    LONGEST_QUERY,
    Filter,
    Search,
    count_shown,
    document_on_file,
    documents_found,
    versions_of,
)
from compliance.desk.pages import render_desk
from compliance.desk.schemas import read_form
from compliance.desk.tenant_forms import words_of
from compliance.desk.tenant_reading import is_expired
from compliance.desk.tenant_schemas import ReasonForm
from compliance.expiry.reading import outlooks_of_documents

documents = Blueprint("documents", __name__, url_prefix="/documents")


@documents.get("")
def index() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    given = request.args.get("shown", "")
    kind = request.args.get("kind", "")
    search = Search(
        next((each for each in Filter if each.value == given), Filter.CURRENT),
        next((each for each in DocumentType if each.value == kind), None),
        request.args.get("q", "").strip()[:LONGEST_QUERY],
    )
    page = page_of(session, documents_found(search, now=now))
    return render_desk(
        "documents.html",
        page=page,
        search=search,
        filters=[(each, count_shown(session, each, now=now)) for each in Filter],
        kinds=words_of("document_type", DocumentType),
        replaced=replaced_documents(session, {row.tenant_id for row in page.rows}),
        is_expired=is_expired,
        now=now,
    )


@documents.get("/<int:document_id>")
def show(document_id: int) -> ResponseReturnValue:
    return _page(document_id)


def _page(document_id: int, *, error: LuyueError | None = None) -> str:
    session = db.session()
    now = clock.now(session)
    document = document_on_file(session, document_id)
    versions = versions_of(session, document)
    return render_desk(
        "document.html",
        document=document,
        versions=versions,
        replaced=replaced_documents(session, {document.tenant_id}),
        outlook=outlooks_of_documents(session, [document], now=now).get(document.id),
        is_expired=is_expired,
        error=error,
        reason=request.form.get("reason", ""),
        now=now,
    )


def _act(
    document_id: int, use_case: Callable[[Session, QualificationDocument], None], said: str
) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            use_case(session, document_on_file(session, document_id))
    except (InvalidInput, Conflict) as error:
        return _page(document_id, error=error), error.status
    flash(said, "success")
    return redirect(url_for("documents.show", document_id=document_id))


@documents.post("/<int:document_id>/verify")
def verify(document_id: int) -> ResponseReturnValue:
    return _act(
        document_id,
        lambda session, document: verify_document(session, document, actor=g.actor, now=clock.now(session)),
        gettext("The document is verified and counts from now on."),
    )


@documents.post("/<int:document_id>/reject")
def reject(document_id: int) -> ResponseReturnValue:
    def act(session: Session, document: QualificationDocument) -> None:
        reason = read_form(ReasonForm, request.form)["reason"]
        reject_document(session, document, reason=reason, actor=g.actor, now=clock.now(session))

    return _act(document_id, act, gettext("The document is rejected; it is kept with the reason."))
