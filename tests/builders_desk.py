"""Pages of the desk on a database whose clock stands where the test needs it."""

import html
import re

from flask_babel import force_locale, gettext

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from tests.builders_access import signed_in_client


def opened_at(app, now, *roles, set_up=None, **person):
    """Mark the database as a rehearsal at an instant, run `set_up(session)` in it, and sign a person in."""
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=now)
        if set_up:
            set_up(session)
    return signed_in_client(app, *roles, **person)


def move_clock(now):
    with unit_of_work() as session:
        clock.set_rehearsal_clock(session, now)


def read(session_reader):
    """Run a reading function on a fresh session."""
    session = db.session()
    session.rollback()
    return session_reader(session)


def text_of(response):
    """The words of a page: no tags, entities resolved, white space collapsed."""
    body = response.get_data(as_text=True)
    main = body.partition("<main")[2] or body
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def zh(message, **values):
    """What the Chinese catalogue says for a text or an enumeration's key."""
    with force_locale("zh"):
        return str(gettext(message, **values))
