"""Alarms about terms undecided past our own limit: conflicts that can't be compared, corrections (二 3, I-7)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import legal_date
from agreements.kernel.sweeps import Sweep
from agreements.register.term_tasks import TermTask, TermTaskKind, term_tasks
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind, number_in

KINDS = (AlarmKind.TERM_UNDECIDED,)
STAGE = "limit"


def _sweeps_of(kind: TermTaskKind) -> tuple[Sweep, Sweep]:
    """Return the sweeps that call for, and settle, decisions of one kind."""

    def waiting(session: Session, *, now: datetime) -> dict[int, TermTask]:
        return {task.id: task for task in term_tasks(session, now=now) if task.kind is kind}

    def find(session: Session, *, due_by: datetime) -> list[int]:
        told = set(session.scalars(select(Alarm.cause).where(Alarm.kind.in_(KINDS))))
        tasks = waiting(session, now=due_by).values()
        return [task.id for task in tasks if task.overdue_from <= due_by and task.cause not in told]

    def call(session: Session, item_id: int, *, now: datetime) -> bool:
        task = waiting(session, now=now).get(item_id)
        if task is None:
            return False
        raised = raise_alarm(
            session,
            AlarmKind.TERM_UNDECIDED,
            cause=task.cause,
            stage=STAGE,
            as_of=task.overdue_from,
            now=now,
            tenant_id=task.agreement.tenant_id,
            agreement_id=task.agreement.id,
            details={
                "order_no": task.agreement.order_no,
                "key": task.key,
                "since": legal_date(task.since_at).isoformat(),
            },
        )
        return raised is not None

    def find_decided(session: Session, *, due_by: datetime) -> list[int]:
        causes = session.scalars(
            select(Alarm.cause).where(
                Alarm.kind.in_(KINDS), Alarm.settled_at.is_(None), Alarm.cause.startswith(f"{kind.value}:")
            )
        )
        called = {int(number_in(cause)) for cause in causes}
        return sorted(called - set(waiting(session, now=due_by))) if called else []

    def settle(session: Session, item_id: int, *, now: datetime) -> bool:
        return settle_alarms(session, cause=f"{kind.value}:{item_id}", now=now, actor=SCHEDULER, kinds=KINDS) > 0

    return (
        Sweep(f"{kind.value}_undecided", find, call),
        Sweep(f"{kind.value}_decided", find_decided, settle),
    )


SWEEPS = tuple(sweep for kind in TermTaskKind for sweep in _sweeps_of(kind))
