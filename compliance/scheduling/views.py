"""Admin → Jobs: the table with heartbeats, what keeps failing, what a job would act on, and running it by hand."""

from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.kernel.web import formats
from compliance.scheduling import actions
from compliance.scheduling.preview import preview
from compliance.scheduling.runner import Tick, tick_once

blueprint = Blueprint("jobs", __name__, url_prefix="/admin/jobs")

LONGEST_RUN_SECONDS = 20.0
SHOWN_ITEMS = 200


@blueprint.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.RUN_JOBS)
    session, wall = db.session(), clock.wall()
    return render_template(
        "scheduling/jobs.html",
        statuses=actions.job_statuses(session, wall=wall),
        health=actions.scheduler_health(session, wall),
        runs=actions.recent_runs(session, count=20),
        **IN_WORDS,
    )


@blueprint.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """What a run would act on; nothing is changed."""
    require(g.actor, Permission.RUN_JOBS)
    session, wall, job = db.session(), clock.wall(), actions.job_of_name(name)
    now = clock.now(session)
    return render_template(
        "scheduling/job.html",
        status=actions.job_statuses(session, wall=wall, jobs=(job,))[0],
        planned=preview(session, due_by=now, jobs=(job,))[0].planned,
        shown=SHOWN_ITEMS,
        now=now,
        **IN_WORDS,
    )


@blueprint.post("/<name>/run")
def run_now(name: str) -> ResponseReturnValue:
    """Run one job by hand, for at most 20 seconds; what is left then is the scheduler's."""
    with unit_of_work() as session:
        now = clock.now(session)
        job = actions.ask_for_run(session, name, actor=g.actor, now=now)
    until = clock.monotonic() + LONGEST_RUN_SECONDS
    done = tick_once(due_by=now, now=now, jobs=(job,), go_on=lambda: clock.monotonic() < until)
    flash(*_what_happened(done, name))
    return redirect(url_for("jobs.show", name=name))


def _what_happened(done: Tick, name: str) -> tuple[str, str]:
    outcome = done.outcomes.get(name)
    if outcome is None or outcome.error is not None:
        return gettext("The job broke; its heartbeat says where."), "danger"
    count = outcome.work.done
    text = gettext("%(count)s acted on.", count=count) if count else gettext("Nothing was due.")
    if outcome.work.failed:
        failed = gettext("%(count)s failed; they are listed below.", count=outcome.work.failed)
        return f"{text} {failed}", "warning"
    if not done.settled:
        return f"{text} {gettext('More is due; the scheduler goes on with it.')}", "info"
    return text, "success"


def moment(value: datetime) -> str:
    """Today 23:43:06, or the day in words and the time; Shanghai time, by the wall clock."""
    on, today = legal_date(value), legal_date(clock.wall())
    near = {0: gettext("today"), 1: gettext("yesterday")}
    words = near.get((today - on).days)
    return f"{words or formats.day(on)} {value.astimezone(SHANGHAI):%H:%M:%S}"


def ago(value: datetime) -> str:
    """How long ago, in its largest whole unit; a heartbeat ahead of the clock is just now."""
    seconds = max(int((clock.wall() - value).total_seconds()), 0)
    return str(gettext("%(length)s ago", length=duration(seconds)))


def jump(seconds: int) -> str:
    """By how much the machine's clock was moved, and which way."""
    length = duration(abs(seconds))
    if seconds < 0:
        return str(gettext("clock set back by %(length)s", length=length))
    return str(gettext("clock set ahead by %(length)s", length=length))


def duration(seconds: int) -> str:
    """The length of time in its largest whole unit."""
    if seconds < 120:
        return str(gettext("%(count)s s", count=seconds))
    if seconds < 2 * 3600:
        return str(gettext("%(count)s min", count=seconds // 60))
    if seconds < 2 * 86400:
        return str(gettext("%(count)s h", count=seconds // 3600))
    return str(gettext("%(count)s days", count=seconds // 86400))


IN_WORDS = {"moment": moment, "duration": duration, "ago": ago, "jump": jump}
