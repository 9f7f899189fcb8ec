"""Acts on a supplement's page: our sealed document of it, and the signed one taken into the vault."""

from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.paper import supplements as papers
from agreements.paper import vault
from agreements.register.supplement_models import Supplement
from agreements.register.supplements import supplement_of_number

supplement_papers = Blueprint("supplement_papers", __name__, url_prefix="/papers/supplements")


@supplement_papers.app_context_processor
def parts() -> dict[str, object]:
    return {"supplement_paper": supplement_paper}


def supplement_paper(supplement: Supplement) -> dict[str, Any]:
    """Return a supplement's papers for its page: our document, the vault's copy, and whether that holds ours."""
    session = db.session()
    document, copy = papers.document_of(session, supplement), papers.copy_of(session, supplement)
    return {
        "document": document,
        "kept": copy,
        "holds_ours": document is not None and copy is not None and papers.holds_ours(session, copy, document),
    }


@supplement_papers.post("/<number>")
def seal(number: str) -> ResponseReturnValue:
    written = request.form.get("version", "")
    with unit_of_work() as session:
        papers.seal_and_sign(
            session,
            supplement_of_number(session, number),
            version=int(written) if written.isascii() and written.isdigit() and len(written) < 9 else 0,
            actor=g.actor,
            now=clock.now(session),
        )
    flash(gettext("The supplement is sealed and signed for us; its document is kept."), "success")
    return redirect(url_for("supplements.show", number=number))


@supplement_papers.post("/<number>/copy")
def keep(number: str) -> ResponseReturnValue:
    """Check the document that the tenant signed, and keep it in the vault with what its check said."""
    require(g.actor, Permission.KEEP_COPY)
    upload = papers.signed_file(db.session(), supplement_of_number(db.session(), number))
    look = vault.checker(db.session().info["settings"])
    db.session.remove()  # no transaction stays open while a foreign file is looked at
    found = look(upload.content)
    with unit_of_work() as session:
        agreement = supplement_of_number(session, number).agreement
        vault.keep_copy(session, upload, found, agreement=agreement, actor=g.actor, now=clock.now(session))
    flash(gettext("The copy is kept with what its check said."), "success")
    return redirect(url_for("supplements.show", number=number))
