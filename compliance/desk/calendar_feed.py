"""The calendar feed: a secret address for each person, made, changed and ended by its owner."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from agreements.kernel import audit, clock
from agreements.kernel.access.models import Person
from agreements.kernel.access.rules import Actor, Permission, may, require
from agreements.kernel.access.tokens import hash_of, new_token
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.instants import legal_date
from compliance.desk.calendar_ics import calendar_of
from compliance.desk.calendar_reading import Wanted, entries
from compliance.desk.models import CalendarFeed

blueprint = Blueprint("calendar_feed", __name__, url_prefix="/calendar")
public = Blueprint("calendar_ics", __name__, url_prefix="/calendar")

KEPT_CALENDAR_DAYS = 60
"""How far back the feed reaches."""


def issue_feed(session: Session, *, actor: Actor, now: datetime) -> str:
    """Give a person an address of the feed and return its token, which is shown once; the one before ends."""
    require(actor, Permission.READ)
    assert actor.id is not None, "only people have feeds"
    token = new_token()
    feed = session.get(CalendarFeed, actor.id) or CalendarFeed(person_id=actor.id)
    feed.token_hash = hash_of(token)
    feed.issued_at = now
    session.add(feed)
    audit.record(session, actor=actor, act="calendar_feed.issued", subject=f"person:{actor.id}", now=now)
    return token


def end_feed(session: Session, *, actor: Actor, now: datetime) -> bool:
    """End a person's own address; False where there is none."""
    ended = session.scalar(
        delete(CalendarFeed).where(CalendarFeed.person_id == actor.id).returning(CalendarFeed.person_id)
    )
    if ended is None:
        return False
    audit.record(session, actor=actor, act="calendar_feed.ended", subject=f"person:{actor.id}", now=now)
    return True


def owner_of(session: Session, token: str) -> Person:
    """Return whose feed a token opens; an unknown or ended one, or a person's who may no longer read, is not found."""
    person = session.scalar(
        select(Person)
        .join(CalendarFeed, CalendarFeed.person_id == Person.id)
        .where(CalendarFeed.token_hash == hash_of(token), Person.disabled_at.is_(None))
    )
    if person is None or not may(person.actor, Permission.READ):
        raise NotFound(N_("There is no such calendar feed."), remedy=N_("Make a new address on the calendar's page."))
    return person


@public.get("/feed/<token>.ics")
def feed(token: str) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    person = owner_of(session, token)
    wanted = Wanted(first=legal_date(now) - timedelta(days=KEPT_CALENDAR_DAYS))
    listed = entries(session, wanted, now=now)
    with force_locale(person.locale.value):
        content = calendar_of(listed, base_url=session.info["settings"].public_url)
    response = Response(content, mimetype="text/calendar")
    response.headers["Content-Disposition"] = "inline; filename=luyue.ics"
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/subscription")
def show() -> ResponseReturnValue:
    return _page()


def _page(token: str | None = None) -> ResponseReturnValue:
    session = db.session()
    address = url_for("calendar_ics.feed", token=token) if token else None
    public_url = session.info["settings"].public_url.rstrip("/")
    page = render_template(
        "calendar/subscription.html",
        feed=session.get(CalendarFeed, g.actor.id),
        address=f"{public_url}{address}" if address else None,
        now=clock.now(session),
    )
    return page, {"Cache-Control": "no-store"} if token else {}


@blueprint.post("/subscription")
def issue() -> ResponseReturnValue:
    with unit_of_work() as session:
        token = issue_feed(session, actor=g.actor, now=clock.now(session))
    return _page(token)


@blueprint.post("/subscription/end")
def end() -> ResponseReturnValue:
    with unit_of_work() as session:
        ended = end_feed(session, actor=g.actor, now=clock.now(session))
    if ended:
        flash(gettext("The address is dead from now on."), "success")
    return redirect(url_for("calendar_feed.show"))
