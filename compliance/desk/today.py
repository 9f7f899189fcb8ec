"""The first page: what must be done today, for whom, by when."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from agreements.kernel import clock
from agreements.kernel.db import db
from compliance.desk.board import board
from compliance.desk.pages import render_desk
from compliance.desk.rules import last_day
from compliance.scheduling.actions import scheduler_health

blueprint = Blueprint("today", __name__)
blueprint.add_app_template_filter(last_day)


@blueprint.get("/")
def show() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    return render_desk(
        "today.html",
        board=board(session, now=now),
        health=scheduler_health(session, clock.wall()),
        now=now,
    )
