"""The public page that verifies a document of ours, by its number or by the file; it never shows what it says."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.errors import InvalidInput, LuyueError
from agreements.paper import vault, verifying
from agreements.paper.bounding import Bound, OneAtATime
from agreements.paper.schemas import read_upload
from agreements.paper.verifying import Verified

verification = Blueprint("verification", __name__, url_prefix="/verify")

NUMBERS = Bound(30, 60)
FILES = Bound(6, 60)
CHECKS = OneAtATime(2)


@verification.get("")
def ask() -> ResponseReturnValue:
    number = request.args.get("number", "").strip()
    if not number:
        return _page()
    _admit(NUMBERS)
    return _page(verifying.by_number(db.session(), number), number=number, by="number")


@verification.post("")
def by_file() -> ResponseReturnValue:
    _admit(FILES)
    try:
        upload = vault.require_pdf(read_upload(request.files.get("file")))
        look = vault.checker(db.session().info["settings"])
        db.session.remove()  # no transaction stays open while a foreign file is looked at
        with CHECKS:
            found = look(upload.content)
    except InvalidInput as error:
        return _page(error=error)
    return _page(verifying.by_file(db.session(), found), by="file")


def _admit(bound: Bound) -> None:
    bound.admit(request.remote_addr or "", at=clock.monotonic())


def _page(
    verified: Verified | None = None, *, number: str = "", by: str = "", error: LuyueError | None = None
) -> ResponseReturnValue:
    page = render_template("paper/verify.html", verified=verified, number=number, by=by, error=error)
    return page, error.status if error else 200
