"""Ready means punctual, not only alive: the database answers, in the right shape, and due work is done, in its time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import text
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.crypto import Keyring, Place
from agreements.kernel.db import db
from agreements.kernel.sweeps import attempt, describe
from compliance.scheduling.actions import (
    MOST_LAG,
    clock_doubt,
    oldest_due_lags,
    scheduler_health,
    too_far_behind,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One condition. `says` names what is wrong in ids and counts, never business data; empty where all is well."""

    name: str
    says: str = ""

    @property
    def passed(self) -> bool:
        return not self.says


def readiness() -> list[Check]:
    """Ask every condition, in order; one that can't be asked has failed, and so have those that need the database."""
    session = db.session()
    session.rollback()
    reached = _ask("database", lambda: answers(session))
    checks = [reached]
    for name, ask in _ASKED.items():
        asking = partial(ask, session)
        checks.append(_ask(name, asking) if reached.passed else Check(name, "not asked"))
    session.rollback()
    return [*checks, _ask("keys", keys_present)]


def _ask(name: str, ask: Callable[[], str]) -> Check:
    says = attempt(ask)
    return Check(name, describe(says) if isinstance(says, Exception) else says)


def answers(session: Session) -> str:
    session.execute(text("SELECT 1"))
    return ""


def migrations_current(session: Session) -> str:
    """Say what is wrong where the tables are not those of this program."""
    at = revision_of(session)
    head = newest_revision()
    return "" if at == head else f"at {at or 'none'}, the program wants {head}"


def revision_of(session: Session) -> str | None:
    return MigrationContext.configure(session.connection()).get_current_revision()


def newest_revision() -> str | None:
    """Return the revision that this program's tables are at."""
    return _head(current_app.extensions["migrate"].directory)


@lru_cache(maxsize=4)
def _head(folder: str) -> str | None:
    return ScriptDirectory(folder).get_current_head()


def scheduler_on_time(session: Session) -> str:
    """Say which jobs did not finish within three cadences, or broke."""
    health = scheduler_health(session, clock.wall())
    told = {
        "late": [status.job.name for status in health.late],
        "broke": [status.job.name for status in health.broken],
    }
    return "; ".join(f"{how}: {', '.join(names)}" for how, names in told.items() if names)


def due_work_in_time(session: Session) -> str:
    """Say which jobs have let due work wait for a cadence and a minute."""
    lags = oldest_due_lags(session, now=clock.now(session))
    return "; ".join(
        f"{job.name}: {round(lag / timedelta(seconds=1))} s behind"
        for job, lag in lags.items()
        if too_far_behind(job, lag)
    )


def nothing_parked(session: Session) -> str:
    """Say which jobs have items that failed so often that they need a person: their work is not done."""
    health = scheduler_health(session, clock.wall())
    return "; ".join(f"{status.job.name}: {len(status.parked)} parked" for status in health.stuck)


def clock_trusted(session: Session) -> str:
    """Say why the machine's clock is in doubt."""
    return clock_doubt(session, wall=clock.wall())


def keys_present() -> str:
    """Say what is wrong with the key file; what is in use must still be on disk, or the next start loses it."""
    ring: Keyring = current_app.extensions["luyue"]["keyring"]
    place = Place("readiness", "probe", "1")
    if ring.decrypt(ring.encrypt("probe", place), place) != "probe":
        return "the key ring does not open what it sealed"
    return "" if (Path(current_app.instance_path) / "keys.toml").is_file() else "keys.toml is gone from the instance"


_ASKED: dict[str, Callable[[Session], str]] = {
    "migrations": migrations_current,
    "scheduler": scheduler_on_time,
    "due_work": due_work_in_time,
    "parked": nothing_parked,
    "clock": clock_trusted,
}

__all__ = ["MOST_LAG", "Check", "readiness"]
