"""Pages: our documents, the vault of official copies, the log of seals, and checking a PDF without keeping it."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock, files
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import InvalidInput, LuyueError, NotFound
from agreements.kernel.web.downloads import PDF, file_response
from agreements.kernel.web.formats import instant
from agreements.kernel.web.paging import page_of
from agreements.paper import reading, vault
from agreements.paper.issuing import provider_name, signing_identity
from agreements.paper.models import VaultCopy
from agreements.paper.rules import PaperKind
from agreements.paper.schemas import read_upload, read_word
from agreements.register.actions import agreement_of_order

papers = Blueprint("papers", __name__, url_prefix="/papers")

LONGEST_SEARCH = 100


@papers.app_context_processor
def parts() -> dict[str, object]:
    return {"paper_panel": paper_panel, "written_instant": written_instant}


def written_instant(text: str | None, otherwise: str = "–") -> str:
    """Put an instant that a check wrote down into the reader's words."""
    return instant(datetime.fromisoformat(text)) if text else otherwise


def paper_panel(agreement: Any) -> dict[str, Any]:
    """Return an agreement's papers for its page: official copies and documents of ours, newest first."""
    session = db.session()
    return {
        "copies": reading.copies_of(session, agreement.id),
        "documents": reading.documents_of(session, agreement.id),
    }


@papers.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    asked = request.args.get("kind", "")
    kind = read_word(PaperKind, asked, "kind") if asked else None
    return render_template(
        "paper/issued.html",
        tab="issued",
        page=page_of(session, reading.documents(text=text, kind=kind)),
        text=text,
        kind=asked,
        kinds=list(PaperKind),
        is_trial=signing_identity(session).is_trial,
    )


@papers.get("/<int:document_id>")
def show(document_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    return render_template(
        "paper/document.html",
        document=reading.document_of_id(session, document_id),
        stamps=bool(session.info["settings"].signing_timestamp_url),
        tab="issued",
    )


@papers.get("/<int:document_id>/file")
def download(document_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    document = reading.document_of_id(session, document_id)
    return file_response(files.content_of(session, document.latest_file), f"{document.number}.pdf", PDF)


@papers.get("/copies")
def copies() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    return render_template(
        "paper/copies.html", tab="copies", page=page_of(db.session(), reading.copies(text=text)), text=text
    )


@papers.get("/copies/<int:copy_id>")
def copy(copy_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    return copy_page(copy_id)


def copy_page(copy_id: int, error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    found = vault.copy_of_id(session, copy_id)
    others = reading.copies_of(session, found.agreement_id) if found.agreement_id is not None else []
    page = render_template(
        "paper/copy.html",
        tab="copies",
        copy=found,
        error=error,
        others=[(each, vault.compare(found, each)) for each in others if each.id != found.id],
        bears_our_name=vault.bears_name(found, _our_name(session, found)),
    )
    return page, error.status if error else 200


def _our_name(session: Session, found: VaultCopy) -> str | None:
    try:
        return provider_name(session, found.agreement)
    except LuyueError:
        return None


@papers.get("/copies/<int:copy_id>/file")
def download_copy(copy_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    found = vault.copy_of_id(session, copy_id)
    return file_response(files.content_of(session, found.file), found.name, PDF)


@papers.post("/copies/<int:copy_id>/formal")
def make_formal(copy_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        vault.make_formal(session, vault.copy_of_id(session, copy_id), actor=g.actor, now=clock.now(session))
    flash(gettext("This is the formal copy of the agreement now."), "success")
    return redirect(url_for("papers.copy", copy_id=copy_id))


@papers.get("/check")
def check() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    return _check_page(order_no=request.args.get("order_no", "").strip())


@papers.post("/check")
def check_submit() -> ResponseReturnValue:
    """Check one PDF, or compare two; with an order number or on demand the first is kept in the vault."""
    require(g.actor, Permission.READ)
    order_no = request.form.get("order_no", "").strip()
    try:
        upload = vault.require_pdf(read_upload(request.files.get("file")))
        second = read_upload(request.files.get("second"))
        look = vault.checker(db.session().info["settings"])
        found = look(upload.content)
        other = look(second.content) if second is not None else None
        if request.form.get("keep"):
            with unit_of_work() as session:
                agreement = agreement_of_order(session, order_no) if order_no else None
                now = clock.now(session)
                kept = vault.keep_copy(session, upload, found, agreement=agreement, actor=g.actor, now=now)
                address = url_for("papers.copy", copy_id=kept.id)
            flash(gettext("The copy is kept with what its check said."), "success")
            return redirect(address)
    except (InvalidInput, NotFound) as error:
        return _check_page(order_no=order_no, error=error)
    return _check_page(
        order_no=order_no,
        found=found,
        name=upload.name,
        other=other,
        other_name=second.name if second is not None else "",
        sameness=vault.compare(found, other) if other is not None else None,
    )


def _check_page(*, order_no: str, error: LuyueError | None = None, **values: Any) -> ResponseReturnValue:
    page = render_template("paper/check.html", tab="check", order_no=order_no, error=error, **values)
    return page, error.status if error else 200


@papers.get("/uses")
def uses() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    return render_template("paper/uses.html", tab="uses", page=page_of(db.session(), reading.uses()))
