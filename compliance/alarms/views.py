"""The page of alarms: what calls somebody now, what was settled lately; and where one's own alarms go to."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput, NotFound
from agreements.kernel.web.paging import page_of
from compliance.alarms import actions
from compliance.alarms.mailing import text_of
from compliance.alarms.models import Alarm
from compliance.alarms.rules import SPECS

blueprint = Blueprint("alarms", __name__, url_prefix="/alarms")


@blueprint.get("")
def index() -> ResponseReturnValue:
    return _page()


def _page(error: InvalidInput | None = None, asked: int | None = None) -> ResponseReturnValue:
    session = db.session()
    settled = page_of(
        session,
        select(Alarm)
        .where(Alarm.settled_at.is_not(None))
        .options(joinedload(Alarm.tenant), joinedload(Alarm.agreement))
        .order_by(Alarm.settled_at.desc(), Alarm.id.desc()),
        size=50,
    )
    page = render_template(
        "alarms/alarms.html",
        alarms=actions.open_alarms(session),
        settled=settled,
        address=actions.address_of(session, g.actor.id),
        now=clock.now(session),
        text_of=text_of,
        page_of_alarm=actions.page_of_alarm,
        specs=SPECS,
        error=error,
        asked=asked,
    )
    return page, error.status if error else 200


@blueprint.post("/<int:alarm_id>/settle")
def settle(alarm_id: int) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            alarm = session.get(Alarm, alarm_id)
            if alarm is None:
                raise NotFound(N_("There is no alarm %(id)s."), field="alarm", id=alarm_id)
            reason = request.form.get("reason", "")
            actions.settle_by_hand(session, alarm, reason=reason, actor=g.actor, now=clock.now(session))
    except InvalidInput as error:
        return _page(error, alarm_id)
    flash(gettext("Settled; the reason is in the trail."), "success")
    return redirect(url_for("alarms.index"))


@blueprint.post("/address")
def address() -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            wanted = request.form.get("address", "")
            actions.set_address(session, address=wanted, actor=g.actor, now=clock.now(session))
    except InvalidInput as error:
        return _page(error)
    text = gettext("Alarms go to this address from now on.") if wanted.strip() else gettext("No more mail with alarms.")
    flash(text, "success")
    return redirect(url_for("alarms.index"))
