"""The installation's figures in Prometheus's words. Those of the ledger are read from the database at each scrape.

So every process tells the same, none has to be asked before it counts, and a restart loses nothing. Only the counts of
requests live in the processes; see `kernel.web.tracing`. No label holds a name, an address or a tenant.
"""

import platform
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from agreements.calendar.deadline_table import Debtor
from agreements.kernel import clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.pausing import open_pause
from agreements.kernel.web.tracing import measures_of_requests
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind
from compliance.notices.models import Notice, Outbox
from compliance.notices.reading import oldest_unsent
from compliance.notices.rules import NoticeState, OutboxState
from compliance.obligations.models import Obligation
from compliance.obligations.rules import ObligationState
from compliance.operations.readiness import revision_of
from compliance.scheduling.actions import job_statuses, oldest_due_lags, scheduler_health

State = TypeVar("State", bound=StrEnum)
WATCHED = (ObligationState.OPEN, ObligationState.OVERDUE)


def exposition(session: Session) -> bytes:
    """Return everything in the text form that Prometheus reads."""
    ledger = CollectorRegistry()
    ledger.register(Ledger(session))
    return generate_latest(ledger) + generate_latest(measures_of_requests())


class Ledger(Collector):
    """What one session sees now."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def describe(self) -> Iterable[Metric]:
        """Say nothing before the scrape: registering must not read."""
        return ()

    def collect(self) -> Iterator[Metric]:
        session, now, wall = self.session, clock.now(self.session), clock.wall()
        yield _build(session)
        yield self._obligations()
        yield self._states("luyue_notices", "Notices by state", Notice.state, NoticeState)
        yield self._states("luyue_agreements", "Agreements by state", Agreement.state, AgreementState)
        yield self._states("luyue_outbox", "Messages by state", Outbox.state, OutboxState)
        yield _one(
            "luyue_outbox_oldest_due_seconds", "How long the oldest due message waits", oldest_unsent(session, now=now)
        )
        yield from _jobs(session, now=now, wall=wall)
        yield self._alarms()
        yield _one("luyue_sending_paused", "1 while nothing is sent after a restore", open_pause(session) is not None)
        yield _one("luyue_audit_acts", "Acts in the trail", session.scalar(select(func.max(AuditEvent.seq))) or 0)

    def _obligations(self) -> Metric:
        family = GaugeMetricFamily("luyue_obligations", "Open and overdue duties by side", labels=["side", "state"])
        counted = {
            (debtor, state): count
            for debtor, state, count in self.session.execute(
                select(Obligation.debtor, Obligation.state, func.count())
                .where(Obligation.state.in_(WATCHED))
                .group_by(Obligation.debtor, Obligation.state)
            )
        }
        for debtor in Debtor:
            for state in WATCHED:
                family.add_metric([debtor.value, state.value], counted.get((debtor, state), 0))
        return family

    def _states(self, name: str, text: str, column: InstrumentedAttribute[State], states: Iterable[State]) -> Metric:
        family = GaugeMetricFamily(name, text, labels=["state"])
        rows = self.session.execute(select(column, func.count()).group_by(column))
        counted: dict[State, int] = {row[0]: row[1] for row in rows}
        for state in states:
            family.add_metric([state.value], counted.get(state, 0))
        return family

    def _alarms(self) -> Metric:
        family = GaugeMetricFamily("luyue_alarms_open", "Alarms that nobody settled, by kind", labels=["kind"])
        rows = self.session.execute(
            select(Alarm.kind, func.count()).where(Alarm.settled_at.is_(None)).group_by(Alarm.kind)
        )
        counted: dict[AlarmKind, int] = {row[0]: row[1] for row in rows}
        for kind in AlarmKind:
            family.add_metric([kind.value], counted.get(kind, 0))
        return family


def _jobs(session: Session, *, now: datetime, wall: datetime) -> Iterator[Metric]:
    age = GaugeMetricFamily("luyue_job_heartbeat_age_seconds", "Since the job last finished a run", labels=["job"])
    late = GaugeMetricFamily("luyue_job_late", "1 where a job missed three cadences or never ran", labels=["job"])
    failing = GaugeMetricFamily("luyue_job_failing_items", "Items that failed at their last try", labels=["job"])
    parked = GaugeMetricFamily("luyue_job_parked_items", "Items that need a person", labels=["job"])
    for status in job_statuses(session, wall=wall):
        name = [status.job.name]
        if status.last is not None:
            age.add_metric(name, (wall - status.last.finished_at).total_seconds())
        late.add_metric(name, float(status.is_late))
        failing.add_metric(name, len(status.failing))
        parked.add_metric(name, len(status.parked))
    lag = GaugeMetricFamily("luyue_job_oldest_due_seconds", "How long the oldest due item waits", labels=["job"])
    for job, waited in oldest_due_lags(session, now=now).items():
        lag.add_metric([job.name], waited.total_seconds())
    yield from (age, late, lag, failing, parked)
    punctual = scheduler_health(session, wall).is_punctual
    yield _one("luyue_punctual", "1 while every job keeps its times", punctual)


def _build(session: Session) -> Metric:
    facts = {
        "version": program_version(),
        "python": platform.python_version(),
        "engine": session.get_bind().dialect.name,
        "schema": revision_of(session) or "none",
    }
    return InfoMetricFamily("luyue_build", "What runs here", value=facts)


def program_version() -> str:
    """Return the version of the installed program, “source” where it runs from its folder."""
    try:
        return version("luyue")
    except PackageNotFoundError:
        return "source"


def _one(name: str, text: str, value: float | timedelta) -> Metric:
    number = value.total_seconds() if isinstance(value, timedelta) else float(value)
    return GaugeMetricFamily(name, text, value=number)
