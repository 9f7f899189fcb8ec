"""The page of one agreement as it stood at another instant: to read, with nothing on it that acts."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.instants import SHANGHAI, parse_instant
from agreements.register.actions import agreement_of_order
from compliance.desk.pages import render_desk
from compliance.desk.past import past_of

blueprint = Blueprint("agreement_past", __name__, url_prefix="/agreements")


@blueprint.get("/<order_no>/as-of")
def show(order_no: str) -> ResponseReturnValue:
    """Show the whole agreement at `?at=`; a bare day means its first instant, nothing means now."""
    session = db.session()
    now = clock.now(session)
    asked = request.args.get("at", "").strip()
    at = parse_instant(asked, "at") if asked else now
    agreement = agreement_of_order(session, order_no)
    return render_desk(
        "agreement_past.html",
        agreement=agreement,
        past=past_of(session, agreement, at=at),
        at_text=f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )
