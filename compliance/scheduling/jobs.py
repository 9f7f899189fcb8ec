"""THE table of jobs (domain section 8): what runs, how often, and what it is for.

The order is the order of a pass: what time made true first, then what follows from it, then what is sent because of it.
A job is the list of its sweeps, or a piece of work that is not item by item.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from agreements.intake.batch_reading import read_on
from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_
from agreements.kernel.idempotency import forget_answers
from agreements.kernel.pausing import open_pause
from agreements.kernel.sweeps import Sweep, SweepRun, always, run_sweep
from agreements.paper.timestamping import stamp_due
from agreements.parties.searching import index_missing
from agreements.register import sweeps as register_sweeps
from compliance.alarms import (
    announced_changes,
    calendar_watch,
    channel_sweeps,
    own_document_watch,
    ownership_watch,
    term_watch,
)
from compliance.alarms import sweeps as alarm_sweeps
from compliance.alarms.mailing import mail_due
from compliance.breaches import sweeps as breach_sweeps
from compliance.expiry import sweeps as expiry_sweeps
from compliance.notices.sender import send_due
from compliance.notices.smtp import transport_of
from compliance.retention import sweeps as retention_sweeps
from compliance.scheduling import sweeps as own_sweeps
from compliance.scheduling.rules import STEP_LIMIT_SECONDS
from compliance.settlement import sweeps as settlement_sweeps
from compliance.upstream import sweeps as upstream_sweeps

CLOCK_CHECK = "clock_check"
SEND_NOTICES = "send_notices"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked.

    due_by      inclusive, in the database's own time; what is due later is left alone
    now         when acts are recorded, in the database's own time
    wall        the wall clock when the run began
    go_on       asked between items; False ends the run early
    pauses      whether items that failed lately wait out their pause
    clock_step  by how many seconds the guard saw the wall clock jump; None where it saw nothing
    """

    due_by: datetime
    now: datetime
    wall: datetime
    go_on: Callable[[], bool] = always
    pauses: bool = True
    clock_step: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    work        what its sweeps did
    postponed   items that the outside world did not take; they are tried again in their own time
    error       what broke the run as a whole
    clock_step  by how many seconds the wall clock was found to have jumped
    """

    work: SweepRun = field(default_factory=SweepRun)
    postponed: int = 0
    error: str | None = None
    clock_step: float | None = None

    @property
    def is_idle(self) -> bool:
        return self == Outcome()


Pump = Callable[[Asked], Outcome]


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the table: `sweeps` in the order they run, or a `pump`.

    meaning           catalogue entry
    cadence_seconds   from one tick to the next
    stops_when_paused whether it stands still while sending is paused after a restore
    patience_seconds  how long one step of a run may take before the guard takes it for dead
    """

    name: str
    cadence_seconds: int
    meaning: str
    sweeps: tuple[Sweep, ...] = ()
    pump: Pump | None = None
    patience_seconds: int = 60
    stops_when_paused: bool = False

    def __post_init__(self) -> None:
        if bool(self.sweeps) == (self.pump is not None):
            raise ValueError(f"job {self.name} needs either sweeps or a pump")

    def run(self, asked: Asked) -> Outcome:
        """Run it once; an error that is not one item's is raised."""
        if self.stands_still():
            return Outcome()
        if self.pump is not None:
            return self.pump(asked)
        done = SweepRun()
        for sweep in self.sweeps:
            done += run_sweep(sweep, due_by=asked.due_by, now=asked.now, go_on=asked.go_on, pauses=asked.pauses)
        return Outcome(done)

    def stands_still(self) -> bool:
        """Say whether it must not run now: sending is paused after a restore."""
        return self.stops_when_paused and _sending_is_paused()


def _sending_is_paused() -> bool:
    session = db.session()
    paused = open_pause(session) is not None
    session.rollback()
    return paused


def check_clock(asked: Asked) -> Outcome:
    """Record the jump the guard saw, or a clock that is behind the last heartbeat."""
    if asked.clock_step is not None:
        return Outcome(clock_step=asked.clock_step)
    last = own_sweeps.last_heartbeat()
    behind = (last - clock.wall()).total_seconds() if last else 0.0
    return Outcome(clock_step=-behind if behind > STEP_LIMIT_SECONDS else None)


def forget_idle_runs(asked: Asked) -> Outcome:
    own_sweeps.forget_idle_runs(wall=asked.wall)
    return Outcome()


def forget_old_answers(asked: Asked) -> Outcome:
    with unit_of_work() as session:
        forget_answers(session, wall=asked.wall)
    return Outcome()


def send_notices(asked: Asked) -> Outcome:
    """Put due notices on the wire. Asked for the past it does nothing: sending happens now or not at all."""
    if asked.due_by < asked.now:
        return Outcome()

    transport = transport_of(db.session().info["settings"])
    counts = send_due(unit_of_work, transport, now=asked.now, go_on=asked.go_on)
    return Outcome(
        SweepRun(done=counts.accepted + counts.refused, failed=counts.failed),
        postponed=counts.temporary + counts.unknown,
    )


def index_names(asked: Asked) -> Outcome:
    """Index the names that came before the index or changed behind it."""
    done = 0
    while asked.go_on():
        with unit_of_work() as session:
            indexed = index_missing(session)
        done += indexed
        if not indexed:
            break
    return Outcome(SweepRun(done=done))


def read_uploads(asked: Asked) -> Outcome:
    """Read on in what was uploaded. Asked for the past it does nothing."""
    return Outcome() if asked.due_by < asked.now else Outcome(read_on(go_on=asked.go_on))


def stamp_documents(asked: Asked) -> Outcome:
    """Ask for the timestamps that our documents lack. Asked for the past it does nothing."""
    if asked.due_by < asked.now:
        return Outcome()
    counts = stamp_due(unit_of_work, db.session().info["settings"], now=asked.now, go_on=asked.go_on)
    return Outcome(SweepRun(done=counts.stamped), postponed=counts.unanswered)


def mail_alarms(asked: Asked) -> Outcome:
    """Send the staff what calls them. Asked for the past it does nothing."""
    if asked.due_by < asked.now:
        return Outcome()
    counts = mail_due(transport_of(db.session().info["settings"]), now=asked.now, go_on=asked.go_on)
    return Outcome(SweepRun(done=counts.accepted + counts.refused), postponed=counts.temporary)


_BREACH_SWEEPS = {sweep.name: sweep for sweep in breach_sweeps.SWEEPS}

JOBS: tuple[Job, ...] = (
    Job(CLOCK_CHECK, 60, N_("Notices a wall clock that was set back or jumped"), pump=check_clock),
    Job(
        "termination_execute",
        60,
        N_("Records the end for breach that an arrived declaration brought about"),
        (_BREACH_SWEEPS["termination_execute"],),
        stops_when_paused=True,
    ),
    Job("lifecycle", 60, N_("Starts and ends agreements at their exact bounds"), register_sweeps.SWEEPS),
    Job(
        "calendar_recount",
        60,
        N_("Counts open dates again when the calendar has changed"),
        calendar_watch.RECOUNT,
    ),
    Job(
        "upstream_dispatch",
        60,
        N_("Tells every tenant of a source's change within a working day, on all days, and calls us before it is late"),
        upstream_sweeps.SWEEPS,
    ),
    Job(
        "settlement_open",
        300,
        N_("Opens the settlement of an agreement that ended early by agreement or for our reason"),
        settlement_sweeps.SWEEPS,
    ),
    Job(
        "expiry_scan",
        300,
        N_("Warns before a service period ends: the tenant, and us where nothing follows"),
        expiry_sweeps.AGREEMENT_SWEEPS,
    ),
    Job(
        "document_expiry_scan",
        300,
        N_("Warns before a tenant's licence or approval expires"),
        expiry_sweeps.DOCUMENT_SWEEPS,
    ),
    Job(
        "obligation_sweep",
        300,
        N_("Marks duties that were not performed in time and opens the suspected cases"),
        (_BREACH_SWEEPS["obligation_sweep"],),
    ),
    Job(
        "rectification_sweep",
        900,
        N_("Starts the clock of an arrived demand and records that its date passed"),
        (_BREACH_SWEEPS["rectification_sweep"],),
    ),
    Job(
        "suspension_decide",
        60,
        N_("Decides suspensions on the scheduler's list, within the cap"),
        (_BREACH_SWEEPS["suspension_decide"],),
        stops_when_paused=True,
    ),
    Job(
        "suspension_execute",
        60,
        N_("Puts a decided suspension into effect once its notice has arrived"),
        (_BREACH_SWEEPS["suspension_execute"],),
        stops_when_paused=True,
    ),
    Job(
        SEND_NOTICES,
        5,
        N_("Sends approved notices and tries again what was not accepted"),
        pump=send_notices,
        stops_when_paused=True,
    ),
    Job(
        "notice_bounced",
        60,
        N_("Calls a person for a notice that reached no address"),
        alarm_sweeps.SWEEPS,
    ),
    Job(
        "announced_changes",
        3600,
        N_("Calls a person on the day of a change that a tenant announced"),
        announced_changes.SWEEPS,
    ),
    Job(
        "platform_recheck",
        3600,
        N_("Calls a person where the ownership of an own platform is due for a look, or in doubt"),
        ownership_watch.SWEEPS,
    ),
    Job(
        "own_document_expiry",
        3600,
        N_("Calls us before a licence of our own ends"),
        own_document_watch.SWEEPS,
    ),
    Job(
        "term_decisions",
        3600,
        N_("Calls the approvers where a conflict of terms or a correction stays undecided"),
        term_watch.SWEEPS,
    ),
    Job(
        "calendar_guard",
        86400,
        N_("Calls for the holiday arrangement of the next year while it is missing"),
        calendar_watch.GUARD,
    ),
    Job(
        "channel_failing",
        60,
        N_("Calls a person where a channel takes nothing any more, and settles it once it does"),
        channel_sweeps.SWEEPS,
    ),
    Job(
        "read_uploads",
        5,
        N_("Reads uploaded contract files and lists of orders, piece by piece"),
        pump=read_uploads,
        patience_seconds=600,
    ),
    Job(
        "index_names",
        300,
        N_("Makes parties findable by pinyin and by every spelling of their names"),
        pump=index_names,
    ),
    Job("mail_alarms", 60, N_("Sends alarms to the staff they call"), pump=mail_alarms, stops_when_paused=True),
    Job("stamp_documents", 300, N_("Asks the timestamp authority to stamp our documents"), pump=stamp_documents),
    Job(
        "retention_purge",
        86400,
        N_("Counts how long papers of ended agreements are kept, and proposes what may be destroyed"),
        retention_sweeps.PROPOSING,
    ),
    Job(
        "retention_destroy",
        300,
        N_("Destroys what enough people approved, past its period and past every hold"),
        retention_sweeps.CARRYING_OUT,
    ),
    Job("forget_idle_runs", 3600, N_("Removes heartbeats of idle runs older than a day"), pump=forget_idle_runs),
    Job("forget_answers", 3600, N_("Removes kept answers to programs after thirty days"), pump=forget_old_answers),
)


def job_named(name: str, jobs: tuple[Job, ...] = JOBS) -> Job | None:
    return next((job for job in jobs if job.name == name), None)
