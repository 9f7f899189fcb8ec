"""Is the scheduler punctual, what does a tick by hand mean, and what would it do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agreements.kernel import audit, clock
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound
from agreements.kernel.pausing import open_pause
from agreements.kernel.sweeps import SweepFailure, lag_of
from compliance.notices.reading import oldest_unsent
from compliance.scheduling.jobs import JOBS, SEND_NOTICES, Job, job_named
from compliance.scheduling.models import JobRun
from compliance.scheduling.rules import STEP_LIMIT_SECONDS, late_since

MOST_LAG = timedelta(seconds=60)
DOUBT_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One line of the table as it stands.

    last        the heartbeat written last; None where the job never finished a run
    late_since  when it should have finished again; None where it is punctual or never ran
    failing     items that failed at their last try, oldest failure first, parked ones included
    """

    job: Job
    last: JobRun | None
    late_since: datetime | None
    failing: tuple[SweepFailure, ...]

    @property
    def is_late(self) -> bool:
        return self.last is None or self.late_since is not None

    @property
    def is_broken(self) -> bool:
        return self.last is not None and self.last.error is not None

    @property
    def parked(self) -> tuple[SweepFailure, ...]:
        return tuple(row for row in self.failing if row.parked_at is not None)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the scheduler keeps its times.

    late           jobs that have not finished for more than three cadences, or never, in table order
    broken         jobs whose last run broke as a whole
    stuck          jobs with items that failed so often that a person must look
    silent_since   the newest heartbeat of all, when every job is late: the scheduler is not running
    never_ran      whether there is no heartbeat at all
    """

    late: tuple[JobStatus, ...]
    broken: tuple[JobStatus, ...]
    stuck: tuple[JobStatus, ...]
    silent_since: datetime | None
    never_ran: bool

    @property
    def is_punctual(self) -> bool:
        return not self.late and not self.broken

    @property
    def parked(self) -> int:
        """How many items need a person, whatever their jobs' punctuality."""
        return sum(len(status.parked) for status in self.stuck)


@dataclass(frozen=True, slots=True)
class Times:
    """due_by: what counts as due, inclusive. now: when acts are recorded."""

    due_by: datetime
    now: datetime


_LAST_RUNS = select(JobRun).where(JobRun.id.in_(select(func.max(JobRun.id)).group_by(JobRun.job)))
_FAILING = select(SweepFailure).order_by(SweepFailure.first_failed_at, SweepFailure.item_id)


def job_statuses(session: Session, *, wall: datetime, jobs: tuple[Job, ...] = JOBS) -> list[JobStatus]:
    """Return the table with heartbeats, in its order.

    wall  the wall clock (`clock.wall()`), by which heartbeats are dated also in a rehearsal
    """
    last = {run.job: run for run in session.scalars(_LAST_RUNS)}
    failing: dict[str, list[SweepFailure]] = {}
    for row in session.scalars(_FAILING):
        failing.setdefault(row.sweep, []).append(row)
    statuses = []
    for job in jobs:
        run = last.get(job.name)
        cadence = timedelta(seconds=job.cadence_seconds)
        since = late_since(run.finished_at if run else None, cadence=cadence, now=wall)
        rows = tuple(row for sweep in job.sweeps for row in failing.get(sweep.name, ()))
        statuses.append(JobStatus(job, run, since, rows))
    return statuses


def scheduler_health(session: Session, wall: datetime, jobs: tuple[Job, ...] = JOBS) -> Health:
    """Say whether every job ran within three cadences, and which did not; what the red banner and /readyz read."""
    statuses = job_statuses(session, wall=wall, jobs=jobs)
    late = tuple(status for status in statuses if status.is_late)
    heartbeats = [status.last.finished_at for status in statuses if status.last is not None]
    return Health(
        late=late,
        broken=tuple(status for status in statuses if status.is_broken),
        stuck=tuple(status for status in statuses if status.parked),
        silent_since=max(heartbeats) if heartbeats and len(late) == len(statuses) else None,
        never_ran=not heartbeats,
    )


def recent_runs(session: Session, *, count: int = 50) -> list[JobRun]:
    """Return the runs that did, failed or noticed something, newest first."""
    return list(
        session.scalars(
            select(JobRun)
            .where(
                (JobRun.done > 0)
                | (JobRun.failed > 0)
                | (JobRun.postponed > 0)
                | JobRun.error.is_not(None)
                | JobRun.clock_step_seconds.is_not(None)
            )
            .order_by(JobRun.id.desc())
            .limit(count)
        )
    )


def times_of_tick(session: Session, *, as_of: datetime | None, now: datetime) -> Times:
    """Say what a tick by hand takes as due and when its acts happen.

    An instant behind the clock only limits what is due: acts are recorded now and never back-dated. An instant ahead
    moves the clock of a rehearsal there; a normal database refuses it.
    """
    if as_of is None:
        return Times(due_by=now, now=now)
    if as_of <= now:
        return Times(due_by=as_of, now=now)
    if not clock.is_rehearsal(session):
        raise _ahead_of_the_clock(as_of, now)
    clock.set_rehearsal_clock(session, as_of)
    return Times(due_by=as_of, now=as_of)


def due_by_of_dry_run(session: Session, *, as_of: datetime | None, now: datetime) -> datetime:
    """Say what a dry run takes as due; an instant ahead is a forecast, so it too is for rehearsals only."""
    if as_of is not None and as_of > now and not clock.is_rehearsal(session):
        raise _ahead_of_the_clock(as_of, now)
    return as_of or now


def _ahead_of_the_clock(as_of: datetime, now: datetime) -> InvalidInput:
    return InvalidInput(
        N_("%(as_of)s is ahead of the clock, which says %(now)s."),
        field="as-of",
        remedy=N_("Leave it out, or use a rehearsal database; time is never moved in a normal one."),
        as_of=as_of.isoformat(),
        now=now.isoformat(timespec="seconds"),
    )


def job_of_name(name: str, jobs: tuple[Job, ...] = JOBS) -> Job:
    """Return the job, or raise NotFound."""
    job = job_named(name, jobs)
    if job is None:
        raise NotFound(
            N_("There is no job “%(name)s”."),
            field="job",
            remedy=N_("Give one of: %(names)s."),
            name=name,
            names=", ".join(known.name for known in jobs),
        )
    return job


def ask_for_run(session: Session, job_name: str, *, actor: Actor, now: datetime) -> Job:
    """Record that a person asks for a job to run now, and return it; the edge runs it, outside a transaction.

    Only jobs whose items can be shown before: what can't be previewed is not run on a click.
    """
    require(actor, Permission.RUN_JOBS)
    job = job_of_name(job_name)
    if not job.sweeps:
        raise Conflict(
            N_("Job “%(name)s” can't be run from a page."),
            code="RUNS_BY_ITSELF",
            remedy=N_("It runs by itself; at the command line: flask --app app jobs tick --job %(name)s."),
            name=job.name,
        )
    audit.record(session, actor=actor, act="job.run_by_hand", subject=f"job:{job.name}", now=now)
    return job


def oldest_due_lags(session: Session, *, now: datetime, jobs: tuple[Job, ...] = JOBS) -> dict[Job, timedelta]:
    """Return how long the oldest waiting item of each job has been due, for jobs that can tell; zero where none waits.

    Items that keep failing are counted as failing, not as lag: one bad row must not look like a scheduler that sleeps.
    """
    failing: dict[str, set[int]] = {}
    for name, item_id in session.execute(select(SweepFailure.sweep, SweepFailure.item_id)):
        failing.setdefault(name, set()).add(item_id)
    paused = open_pause(session) is not None
    lags: dict[Job, timedelta] = {}
    for job in jobs:
        sweeps = [sweep for sweep in job.sweeps if sweep.due_at is not None and not sweep.born_due]
        if job.name == SEND_NOTICES:
            lags[job] = timedelta() if paused else oldest_unsent(session, now=now)
        elif sweeps:
            waits = paused and job.stops_when_paused
            lags[job] = (
                timedelta()
                if waits
                else max(lag_of(sweep, session, now=now, leaving=failing.get(sweep.name, set())) for sweep in sweeps)
            )
    return lags


def too_far_behind(job: Job, lag: timedelta) -> bool:
    """Say whether due work waits longer than the job's own cadence explains, by more than a minute."""
    return lag > timedelta(seconds=job.cadence_seconds) + MOST_LAG


def clock_doubt(session: Session, *, wall: datetime) -> str:
    """Say why the wall clock is in doubt: it is behind a heartbeat, or jumped in the last ten minutes."""
    newest = session.scalar(select(func.max(JobRun.finished_at)))
    if newest is not None and (newest - wall).total_seconds() > STEP_LIMIT_SECONDS:
        return f"{(newest - wall).total_seconds():.0f} s behind the last heartbeat"
    step = session.scalars(
        select(JobRun.clock_step_seconds)
        .where(JobRun.clock_step_seconds.is_not(None), JobRun.finished_at > wall - DOUBT_LASTS)
        .order_by(JobRun.id.desc())
        .limit(1)
    ).first()
    return "" if step is None else f"jumped by {step} s lately"
