"""The scheduler's process: APScheduler ticks the jobs, the main thread guards them by a clock that never jumps.

APScheduler holds nothing but the ticks, in memory. What it forgets, drops or delays is found again by the next run,
because due work is rows. Any number of these processes may run at once.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Lock, Thread

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.sweeps import attempt, describe
from compliance.scheduling.jobs import CLOCK_CHECK, JOBS, Asked, Job
from compliance.scheduling.rules import (
    Cause,
    ClockReading,
    Finding,
    Pulse,
    Remedy,
    clock_step,
    find_fault,
)
from compliance.scheduling.runner import record_run, run_job, tick_once

log = logging.getLogger("luyue.jobs")

GUARD_EVERY_SECONDS = 1.0
GUARD_AWAY_SECONDS = 10.0
READING_WITHIN_SECONDS = 0.5
READING_TRIES = 10
STOP_WITHIN_SECONDS = 4.0
EXIT_STUCK = 75
"""The exit status that asks a supervisor for a fresh process (EX_TEMPFAIL)."""


@dataclass
class _State:
    running: int
    last_beat: float


class SchedulerProcess:
    """One process: `run()` blocks until SIGTERM or SIGINT.

    wall, monotonic  readers of the two clocks; tests bring their own
    """

    def __init__(
        self,
        app: Flask,
        *,
        jobs: tuple[Job, ...] = JOBS,
        wall: Callable[[], datetime] = clock.wall,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self.app = app
        self.jobs = jobs
        self.stopping = Event()
        self.restarts = 0
        self._wall = wall
        self._monotonic = monotonic
        self._lock = Lock()
        self._states = {job.name: _State(0, monotonic()) for job in jobs}
        self._step: float | None = None
        self._reading = self._read_clocks()
        self._catching_up = False
        self._scheduler: BlockingScheduler | None = None
        self._ticks: Thread | None = None

    def run(self) -> int:
        """Catch up, tick, guard; return the exit status. Ends the process outright where a thread is stuck."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        self.start()
        while not self.stopping.wait(GUARD_EVERY_SECONDS):
            if self.guard().remedy is Remedy.END_PROCESS:
                _leave(EXIT_STUCK)
        if not self.stop():
            _leave(0)
        return 0

    def start(self) -> None:
        """Begin with a catch-up, then tick."""
        self._catching_up = True
        self._start_ticks(first=self._catch_up)

    def stop(self) -> bool:
        """Let the running items finish; return False where one did not within the time allowed."""
        self.stopping.set()
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        waited = Event()
        until = self._monotonic() + STOP_WITHIN_SECONDS
        while self._busy() and self._monotonic() < until:
            waited.wait(0.02)
        return not self._busy()

    def guard(self) -> Finding:
        """Look once: record a clock step and tick anew after it; say, and where possible mend, what stands still."""
        before, self._reading = self._reading, self._read_clocks()
        step = clock_step(before, self._reading)
        if step is not None:
            log.warning("the wall clock jumped by %.1f s; ticking anew", step)
            self._step = step
            self._tick_now(self.jobs)
        elif self._step is not None:  # not in the table yet: the clock check was running, or the database was blocked
            self._tick_now(tuple(job for job in self.jobs if job.name == CLOCK_CHECK))
        if self._reading.monotonic - before.monotonic > GUARD_AWAY_SECONDS:
            self._beat_all()  # the whole process was stopped: that no job moved says nothing about them
        finding = find_fault(
            self._pulses(), ticks_alive=self._ticks_alive(), catching_up=self._catching_up, now=self._reading.monotonic
        )
        if finding.remedy is Remedy.RESTART_TICKS:
            log.error("the ticks stand still (%s); setting them up anew", finding.job or "thread died")
            self.restarts += 1
            self._catching_up = False
            self._start_ticks()
        elif finding.remedy is Remedy.END_PROCESS:
            log.critical("%s is stuck; ending the process for a fresh one", finding.job)
        return finding

    def _start_ticks(self, first: Callable[[], None] | None = None) -> None:
        old, now = self._scheduler, self._wall()
        scheduler = BlockingScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(len(self.jobs) + 1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        for job in self.jobs:
            every = IntervalTrigger(seconds=job.cadence_seconds, timezone=UTC)
            scheduler.add_job(self._run, every, args=[job], id=job.name, next_run_time=now)
        self._beat_all()

        def ticks() -> None:
            if first is not None:
                first()
            if not self.stopping.is_set():
                scheduler.start()

        self._scheduler = scheduler
        self._ticks = Thread(target=ticks, name="ticks", daemon=True)
        self._ticks.start()
        if old is not None and old.running:
            old.shutdown(wait=False)

    def _catch_up(self) -> None:
        current: list[str] = []

        def go_on() -> bool:
            if current:
                self._beat(current[-1])
            return not self.stopping.is_set()

        def began(job: Job) -> None:
            self._end(current)
            current.append(job.name)
            self._beat(job.name, running=1)

        rows = tuple(job for job in self.jobs if job.sweeps)  # pumps wait for the network; they begin with the ticks

        def catch_up() -> None:
            with self.app.app_context():
                now = clock.now(db.session())
                tick_once(due_by=now, now=now, cause=Cause.CATCH_UP, jobs=rows, go_on=go_on, began=began)

        error = attempt(catch_up)
        if error is not None:
            log.error("the catch-up broke off (%s); the ticks go on with it", describe(error))
        self._end(current)
        self._beat_all()
        self._catching_up = False

    def _end(self, current: list[str]) -> None:
        while current:
            self._beat(current.pop(), running=-1)

    def _run(self, job: Job) -> None:
        """One tick of one job, in a thread of APScheduler's pool and an application context of its own."""
        self._beat(job.name, running=1)

        def go_on() -> bool:
            self._beat(job.name)
            return not self.stopping.is_set()

        try:
            if self.stopping.is_set():
                return
            with self.app.app_context():
                now = clock.now(db.session())
                step = self._step if job.name == CLOCK_CHECK else None
                asked = Asked(due_by=now, now=now, wall=clock.wall(), go_on=go_on, clock_step=step)
                record_run(job, asked, run_job(job, asked), cause=Cause.SCHEDULED)
                if step is not None and step == self._step:
                    self._step = None
        finally:
            self._beat(job.name, running=-1)

    def _beat(self, job: str, *, running: int = 0) -> None:
        with self._lock:
            state = self._states[job]
            state.running += running
            state.last_beat = self._monotonic()

    def _beat_all(self) -> None:
        for job in self.jobs:
            self._beat(job.name)

    def _tick_now(self, jobs: tuple[Job, ...]) -> None:
        """Let jobs run now: after a step back the wall-clock times they wait for may be hours ahead."""
        if self._scheduler is not None and self._scheduler.running:
            for job in jobs:
                self._scheduler.modify_job(job.name, next_run_time=self._wall())

    def _read_clocks(self) -> ClockReading:
        """Look at both clocks at one moment: a thread that was put aside between the two would see a step."""
        for _ in range(READING_TRIES):
            before, wall, after = self._monotonic(), self._wall(), self._monotonic()
            if after - before < READING_WITHIN_SECONDS:
                break
        return ClockReading(wall.timestamp(), after)

    def _pulses(self) -> list[Pulse]:
        with self._lock:
            return [
                Pulse(
                    job.name,
                    cadence=job.cadence_seconds,
                    patience=job.patience_seconds,
                    running=self._states[job.name].running > 0,
                    last_beat=self._states[job.name].last_beat,
                )
                for job in self.jobs
            ]

    def _ticks_alive(self) -> bool:
        return self._ticks is not None and self._ticks.is_alive()

    def _busy(self) -> bool:
        with self._lock:
            return any(state.running for state in self._states.values())


def _leave(status: int) -> None:
    """End the process without waiting for its threads; an open transaction is rolled back by the database."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
