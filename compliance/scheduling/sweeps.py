"""The scheduler's own housekeeping: the clock against the heartbeats, and heartbeats nobody needs any more."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from agreements.kernel.db import db, unit_of_work
from compliance.scheduling.models import JobRun

IDLE_RUNS_KEPT = timedelta(days=1)


def last_heartbeat() -> datetime | None:
    """Return when the run recorded last ended, by the wall clock of its time; a clock set back is behind it."""
    session = db.session()
    last = session.scalar(select(JobRun.finished_at).order_by(JobRun.id.desc()).limit(1))
    session.rollback()
    return last


def forget_idle_runs(*, wall: datetime) -> int:
    """Remove rows of runs that did and found nothing, finished over a day ago; each job keeps its latest."""
    latest = select(func.max(JobRun.id)).group_by(JobRun.job)
    with unit_of_work() as session:
        gone = session.scalars(
            delete(JobRun)
            .where(
                JobRun.finished_at < wall - IDLE_RUNS_KEPT,
                JobRun.done == 0,
                JobRun.failed == 0,
                JobRun.postponed == 0,
                JobRun.error.is_(None),
                JobRun.clock_step_seconds.is_(None),
                JobRun.id.not_in(latest),
            )
            .returning(JobRun.id)
        ).all()
        return len(gone)
