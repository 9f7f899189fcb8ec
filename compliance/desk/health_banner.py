"""What every page says in red: the scheduler is late, or sending is paused, so that notices wait."""

import logging
from dataclasses import dataclass

from flask import g
from sqlalchemy.exc import SQLAlchemyError

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.pausing import SendingPause, open_pause
from compliance.scheduling.actions import Health, scheduler_health

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Banner:
    """How the scheduler stands, and the pause of sending that nobody has released."""

    health: Health
    pause: SendingPause | None


def banner() -> Banner | None:
    """Return what the frame of a page tells people who are signed in, read once per answer; None for visitors.

    A page of errors must come out although the database does not answer: then there is none.
    """
    if g.get("actor") is None:
        return None
    if "health_banner" not in g:
        try:
            session = db.session()
            g.health_banner = Banner(scheduler_health(session, clock.wall()), open_pause(session))
        except SQLAlchemyError:
            log.exception("the scheduler's health could not be read")
            g.health_banner = None
    found: Banner | None = g.health_banner
    return found
