"""What every page says in red: the scheduler is late, so that notices wait and nothing is recorded, or work stuck."""

import logging

from flask import g
from sqlalchemy.exc import SQLAlchemyError

from agreements.kernel import clock
from agreements.kernel.db import db
from compliance.scheduling.actions import Health, scheduler_health

log = logging.getLogger(__name__)


def banner() -> Health | None:
    """Return how the scheduler stands, for people who are signed in, read once per answer; None for visitors.

    A page of errors must come out although the database does not answer: then there is none.
    """
    if g.get("actor") is None:
        return None
    if "health_banner" not in g:
        try:
            g.health_banner = scheduler_health(db.session(), clock.wall())
        except SQLAlchemyError:
            log.exception("the scheduler's health could not be read")
            g.health_banner = None
    found: Health | None = g.health_banner
    return found
