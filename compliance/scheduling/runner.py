"""Running jobs: one of them, or all in passes until nothing is left; each run leaves its heartbeat."""

import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.due_order import run_in_due_order
from agreements.kernel.sweeps import SweepRun, always, attempt, describe
from compliance.scheduling.jobs import JOBS, Asked, Job, Outcome
from compliance.scheduling.models import JobRun
from compliance.scheduling.rules import Cause

log = logging.getLogger("luyue.jobs")

MOST_PASSES = 30


@dataclass(frozen=True, slots=True)
class Tick:
    """What a tick by hand or a catch-up did.

    outcomes  by job name, in table order, all passes together
    settled   whether the last pass found nothing left to do
    """

    due_by: datetime
    now: datetime
    passes: int
    settled: bool
    outcomes: dict[str, Outcome]

    @property
    def is_clean(self) -> bool:
        return all(outcome.error is None and not outcome.work.failed for outcome in self.outcomes.values())


def run_job(job: Job, asked: Asked) -> Outcome:
    """Run a job; what breaks it as a whole is logged and returned, for the other jobs must go on."""
    outcome = attempt(lambda: job.run(asked))
    if isinstance(outcome, Exception):
        return _broken(job, outcome)
    if outcome.clock_step is not None:
        log.warning("the wall clock jumped by %.1f s", outcome.clock_step)
    return outcome


def run_together(jobs: Sequence[Job], asked: Asked, *, began: Callable[[Job], None]) -> dict[str, Outcome]:
    """Run jobs that consist of sweeps as one queue in due order; outcomes by job name, in table order."""
    job_of = {sweep.name: job for job in jobs if not job.stands_still() for sweep in job.sweeps}
    sweeps = [sweep for job in jobs for sweep in job.sweeps if sweep.name in job_of]
    ran = attempt(
        lambda: run_in_due_order(
            sweeps,
            due_by=asked.due_by,
            now=asked.now,
            go_on=asked.go_on,
            pauses=asked.pauses,
            began=lambda sweep: began(job_of[sweep.name]),
        )
    )
    if isinstance(ran, Exception):
        return {job.name: _broken(job, ran) for job in jobs}
    outcomes = {}
    for job in jobs:
        broken = next((ran.broken[sweep.name] for sweep in job.sweeps if sweep.name in ran.broken), None)
        work = sum((ran.done[sweep.name] for sweep in job.sweeps if sweep.name in ran.done), SweepRun())
        outcomes[job.name] = Outcome(work, error=_broken(job, broken).error if broken else None)
    return outcomes


def _broken(job: Job, error: Exception) -> Outcome:
    db.session().rollback()
    log.error("%s broke: %s", job.name, describe(error))
    return Outcome(error=describe(error))


def record_run(job: Job, asked: Asked, outcome: Outcome, *, cause: Cause) -> None:
    """Leave the heartbeat of a run that just ended."""
    lag = outcome.work.oldest_due_lag
    with unit_of_work() as session:
        session.add(
            JobRun(
                job=job.name,
                cause=cause,
                runner=f"{socket.gethostname()}:{os.getpid()}"[:120],
                started_at=asked.wall,
                finished_at=clock.wall(),
                due_by=asked.due_by,
                done=outcome.work.done,
                failed=outcome.work.failed,
                postponed=outcome.postponed,
                oldest_due_lag_seconds=None if lag is None else int(lag.total_seconds()),
                error=outcome.error,
                clock_step_seconds=None if outcome.clock_step is None else round(outcome.clock_step),
            )
        )


def tick_once(
    *,
    due_by: datetime,
    now: datetime,
    cause: Cause = Cause.BY_HAND,
    jobs: tuple[Job, ...] = JOBS,
    go_on: Callable[[], bool] = always,
    began: Callable[[Job], None] = lambda _job: None,
) -> Tick:
    """Run all jobs, again and again until a whole pass did nothing, at most `MOST_PASSES` times.

    Due rows of all kinds are one queue in due order; pumps run at their place in the table. What follows from an act,
    and is due already, is dealt with in the same call. Needs an application context; every item has its own
    transaction. A first pass leaves a heartbeat of every job, a later one only of those that did something.

    due_by  inclusive; `now` is when acts are recorded, never before it
    began   told whose turn it is
    """
    outcomes: dict[str, Outcome] = {}
    for number in range(1, MOST_PASSES + 1):
        did = 0
        for group in _groups(jobs):
            if not go_on():
                return Tick(due_by, now, number, settled=False, outcomes=outcomes)
            pauses = cause is not Cause.BY_HAND or number > 1
            asked = Asked(due_by=due_by, now=now, wall=clock.wall(), go_on=go_on, pauses=pauses)
            if group[0].sweeps:
                done = run_together(group, asked, began=began)
            else:
                began(group[0])
                done = {group[0].name: run_job(group[0], asked)}
            for job in group:
                outcome = done[job.name]
                if number == 1 or not outcome.is_idle:
                    record_run(job, asked, outcome, cause=cause)
                outcomes[job.name] = _together(outcomes.get(job.name), outcome)
                did += outcome.work.done
        if not did:
            return Tick(due_by, now, number, settled=True, outcomes=outcomes)
    log.warning("still busy after %s passes; the next tick goes on", MOST_PASSES)
    return Tick(due_by, now, MOST_PASSES, settled=False, outcomes=outcomes)


def _groups(jobs: tuple[Job, ...]) -> list[list[Job]]:
    """Split the table where a pump stands: jobs of sweeps between two pumps are one queue, a pump runs alone."""
    groups: list[list[Job]] = []
    for job in jobs:
        if job.sweeps and groups and groups[-1][0].sweeps:
            groups[-1].append(job)
        else:
            groups.append([job])
    return groups


def _together(before: Outcome | None, after: Outcome) -> Outcome:
    if before is None:
        return after
    return Outcome(
        work=before.work + after.work,
        postponed=before.postponed + after.postponed,
        error=after.error or before.error,
        clock_step=after.clock_step if after.clock_step is not None else before.clock_step,
    )
