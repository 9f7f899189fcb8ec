"""The first page: what must be done today, for whom, by when."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from agreements.kernel import clock
from agreements.kernel.db import db
from compliance.alarms.actions import page_of_alarm
from compliance.alarms.mailing import text_of
from compliance.alarms.rules import SPECS
from compliance.desk.board import board
from compliance.desk.duty_board import Choice, Side, When
from compliance.desk.health_banner import banner
from compliance.desk.pages import render_desk
from compliance.desk.rules import last_day
from compliance.obligations.rules import ObligationCode

blueprint = Blueprint("today", __name__)
blueprint.add_app_template_filter(last_day)
blueprint.add_app_template_global(banner, "health_banner")

Word = TypeVar("Word", bound=StrEnum)


@blueprint.get("/")
def show() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    return render_desk(
        "today.html",
        board=board(session, read_choice(request.args), now=now),
        moments=When,
        alarm_text=text_of,
        alarm_page=page_of_alarm,
        alarm_specs=SPECS,
        now=now,
    )


def read_choice(address: Mapping[str, str]) -> Choice:
    """Read which duties are asked for; what is not understood is left out."""
    side = _word(Side, address.get("side"))
    if side is None:
        return Choice()
    return Choice(side, _word(When, address.get("when")), _word(ObligationCode, address.get("duty")))


def _word(kind: type[Word], text: str | None) -> Word | None:
    return next((word for word in kind if word.value == text), None)
