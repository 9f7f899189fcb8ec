"""Commands `jobs …`: the scheduler's process, a tick by hand, the table with heartbeats."""

import sys
from datetime import datetime
from threading import Event
from typing import Any

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from agreements.kernel import clock
from agreements.kernel.cli import LuyueGroup, print_json
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.engines import is_passing
from agreements.kernel.instants import SHANGHAI, parse_instant
from agreements.kernel.logs import configure_logs
from compliance.notices.held import guard_against_an_older_copy
from compliance.scheduling import actions
from compliance.scheduling.actions import JobStatus, Times
from compliance.scheduling.jobs import JOBS, Job, Outcome
from compliance.scheduling.preview import Planned, Preview, preview
from compliance.scheduling.process import SchedulerProcess
from compliance.scheduling.runner import Tick, tick_once

LONGEST_WAIT_SECONDS = 60

commands = LuyueGroup("jobs", help="The scheduler: its process, a tick by hand, the table of jobs.")


@commands.command("run")
def run() -> None:
    """Run the scheduler until Ctrl-C or SIGTERM. Several at once do no harm."""
    configure_logs()
    _wait_for_the_database()
    rehearsal = _is_rehearsal()
    _guard_against_an_older_copy()
    process = SchedulerProcess(current_app._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001 - Flask documents it for threads
    kind = "a rehearsal" if rehearsal else "the wall clock"
    names = ", ".join(job.name for job in JOBS)
    click.echo(f"scheduler: {len(JOBS)} jobs ({names}), by {kind}; Ctrl-C stops it", err=True)
    sys.exit(process.run())


def _wait_for_the_database() -> None:
    """Give a server that starts together with us a minute; what is wrong after it is told by whoever asks next."""
    for number in range(LONGEST_WAIT_SECONDS):
        try:
            _is_rehearsal()
        except SQLAlchemyError as error:
            if not is_passing(error):
                return
        else:
            return
        if not number:
            click.echo("scheduler: waiting for the database", err=True)
        Event().wait(1)


def _guard_against_an_older_copy() -> None:
    with unit_of_work() as session:
        behind = guard_against_an_older_copy(session, now=clock.now(session))
    if behind:
        click.echo("The send journal knows more than the database; sending is paused (ask doctor).", err=True)


def _is_rehearsal() -> bool:
    """Say what the database is; asked first, so that one without tables is told before any job runs into it."""
    session = db.session()
    try:
        return clock.is_rehearsal(session)
    finally:
        session.rollback()


@commands.command("tick")
@click.option("--once", is_flag=True, help="Work off what is due and end; a tick always does, the flag says so.")
@click.option("--as-of", help="What counts as due. Ahead of the clock only in a rehearsal, whose clock it moves.")
@click.option("--job", "job_name", help="This job only.")
@click.option("--dry-run", is_flag=True, help="Say what is due; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tick(*, once: bool, as_of: str | None, job_name: str | None, dry_run: bool, as_json: bool) -> None:  # noqa: ARG001 - the flag only says what a tick does
    """Work off everything that is due, and what follows from it, then end."""
    _is_rehearsal()
    jobs = (actions.job_of_name(job_name),) if job_name else JOBS
    instant = None if as_of is None else parse_instant(as_of, "as-of")
    if dry_run:
        session = db.session()
        due_by = actions.due_by_of_dry_run(session, as_of=instant, now=clock.now(session))
        _show_preview(preview(session, due_by=due_by, jobs=jobs), due_by, as_json=as_json)
        return
    _guard_against_an_older_copy()
    times = _times(instant)
    done = tick_once(due_by=times.due_by, now=times.now, jobs=jobs)
    _show_tick(done, as_json=as_json)
    if not done.is_clean:
        sys.exit(1)


@commands.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_jobs(*, as_json: bool) -> None:
    """Show the table of jobs with cadence, last heartbeat, lag and failing items."""
    _is_rehearsal()
    session, wall = db.session(), clock.wall()
    statuses = actions.job_statuses(session, wall=wall)
    if as_json:
        print_json([_status_as_json(status) for status in statuses])
        return
    for status in statuses:
        click.echo(_status_as_text(status))


def _times(instant: datetime | None) -> Times:
    if instant is None:
        now = clock.now(db.session())
        return Times(due_by=now, now=now)
    with unit_of_work() as session:
        return actions.times_of_tick(session, as_of=instant, now=clock.now(session))


def _show_tick(done: Tick, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "due_by": done.due_by.isoformat(),
                "now": done.now.isoformat(),
                "passes": done.passes,
                "settled": done.settled,
                "jobs": [{"job": name, **_outcome_as_json(outcome)} for name, outcome in done.outcomes.items()],
            }
        )
        return
    for name, outcome in done.outcomes.items():
        click.echo(f"{name:22}{_outcome_as_text(outcome)}")
    if not done.settled:
        click.echo("Not everything was worked off; run it again.", err=True)


def _outcome_as_text(outcome: Outcome) -> str:
    words = [f"{outcome.work.done} done"]
    if outcome.work.failed:
        words.append(f"{outcome.work.failed} failed")
    if outcome.postponed:
        words.append(f"{outcome.postponed} postponed")
    if outcome.error is not None:
        words.append(f"broke: {outcome.error}")
    if outcome.clock_step is not None:
        words.append(f"clock jumped by {outcome.clock_step:.0f} s")
    return ", ".join(words)


def _outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    lag = outcome.work.oldest_due_lag
    return {
        "done": outcome.work.done,
        "failed": outcome.work.failed,
        "postponed": outcome.postponed,
        "oldest_due_lag_seconds": None if lag is None else int(lag.total_seconds()),
        "error": outcome.error,
        "clock_step_seconds": outcome.clock_step,
    }


def _show_preview(previews: list[Preview], due_by: datetime, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "due_by": due_by.isoformat(),
                "dry_run": True,
                "sweeps": [
                    {
                        "job": each.job.name,
                        "sweep": sweep.name,
                        "due": [item.item_id for item in each.planned if item.sweep == sweep.name],
                        "items": [_planned_as_json(item) for item in each.planned if item.sweep == sweep.name],
                    }
                    for each in previews
                    for sweep in each.job.sweeps
                ],
                "pumps": [
                    {"job": each.job.name, "items": [_planned_as_json(item) for item in each.planned]}
                    for each in previews
                    if each.job.pump
                ],
            }
        )
        return
    for each in previews:
        by_itself = " (runs by itself, not item by item)" if each.job.pump and not each.planned else ""
        click.echo(f"{each.job.name:22}{len(each.planned)} due{by_itself}")
        for item in each.planned:
            when = f"{item.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if item.due_at else "at once"
            click.echo(f"    {when:18}{item.what}: {item.about}")


def _planned_as_json(item: Planned) -> dict[str, Any]:
    due_at = item.due_at.isoformat() if item.due_at else None
    return {"id": item.item_id, "what": item.what, "about": item.about, "due_at": due_at}


def _status_as_json(status: JobStatus) -> dict[str, Any]:
    last = status.last
    return {
        "job": status.job.name,
        "meaning": status.job.meaning,
        "cadence_seconds": status.job.cadence_seconds,
        "late": status.is_late,
        "late_since": status.late_since.isoformat() if status.late_since else None,
        "last_run": None
        if last is None
        else {
            "cause": last.cause.value,
            "runner": last.runner,
            "started_at": last.started_at.isoformat(),
            "finished_at": last.finished_at.isoformat(),
            "due_by": last.due_by.isoformat(),
            "done": last.done,
            "failed": last.failed,
            "postponed": last.postponed,
            "oldest_due_lag_seconds": last.oldest_due_lag_seconds,
            "error": last.error,
            "clock_step_seconds": last.clock_step_seconds,
        },
        "failing": [
            {
                "sweep": row.sweep,
                "item_id": row.item_id,
                "tries": row.tries,
                "last_error": row.last_error,
                "first_failed_at": row.first_failed_at.isoformat(),
                "next_try_at": row.next_try_at.isoformat(),
                "parked": row.parked_at is not None,
            }
            for row in status.failing
        ],
    }


def _status_as_text(status: JobStatus) -> str:
    last = status.last
    if last is None:
        words = ["never ran"]
    else:
        words = [f"last {last.finished_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S} ({last.done} done)"]
        if status.is_late:
            words.append("LATE")
        if last.error:
            words.append(f"broke: {last.error}")
    if status.failing:
        words.append(f"{len(status.failing)} failing, {len(status.parked)} parked")
    return f"{status.job.name:22}every {_cadence(status.job):9}{', '.join(words)}"


def _cadence(job: Job) -> str:
    seconds = job.cadence_seconds
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
