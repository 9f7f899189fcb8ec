"""Alarms before a document of ours ends (clause 4.1), by the same thresholds as the tenants' documents [P]."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import warning_thresholds
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.instants import end_of, legal_date, start_of
from agreements.kernel.sweeps import Sweep
from agreements.parties.own_documents import OwnDocument, is_replaced, own_documents
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind, number_in

KINDS = (AlarmKind.OWN_DOCUMENT_EXPIRING,)
EXPIRED = "expired"


def cause_of(document_id: int) -> str:
    return f"own_document:{document_id}"


def _stage(session: Session, document: OwnDocument, *, now: datetime) -> str | None:
    """Return the nearest threshold that has come, in days before the end; None before the first or once replaced."""
    if document.expires_on is None or is_replaced(session, document):
        return None
    left = (document.expires_on - legal_date(now)).days
    if left < 0:
        return EXPIRED
    come = [days for days in warning_thresholds(session, now=now) if left <= days]
    return str(min(come)) if come else None


def _as_of(document: OwnDocument, stage: str) -> datetime:
    assert document.expires_on is not None, "it has a stage"
    if stage == EXPIRED:
        return end_of(document.expires_on)
    return start_of(document.expires_on - timedelta(days=int(stage)))


def find_due(session: Session, *, due_by: datetime) -> list[int]:
    """Return documents that reached a threshold for which nobody was called, earliest end first."""
    told = {tuple(row) for row in session.execute(select(Alarm.cause, Alarm.stage).where(Alarm.kind.in_(KINDS)))}
    found = []
    for document in own_documents(session):
        stage = _stage(session, document, now=due_by)
        if stage is not None and (cause_of(document.id), stage) not in told:
            found.append(document.id)
    return found


def raise_due(session: Session, item_id: int, *, now: datetime) -> bool:
    document = session.get_one(OwnDocument, item_id)
    stage = _stage(session, document, now=now)
    if stage is None or document.expires_on is None:
        return False
    settle_alarms(session, cause=cause_of(item_id), now=now, actor=SCHEDULER, kinds=KINDS)  # a nearer one speaks for it
    raised = raise_alarm(
        session,
        AlarmKind.OWN_DOCUMENT_EXPIRING,
        cause=cause_of(item_id),
        stage=stage,
        as_of=min(_as_of(document, stage), now),
        now=now,
        details={"number": item_id, "last_on": document.expires_on.isoformat()},
    )
    return raised is not None


def find_dealt_with(session: Session, *, due_by: datetime) -> list[int]:
    """Return documents with an open alarm that were renewed."""
    causes = session.scalars(select(Alarm.cause).where(Alarm.kind.in_(KINDS), Alarm.settled_at.is_(None)))
    numbers = sorted({int(number_in(cause)) for cause in causes})
    return [number for number in numbers if _stage(session, session.get_one(OwnDocument, number), now=due_by) is None]


def settle_dealt_with(session: Session, item_id: int, *, now: datetime) -> bool:
    return settle_alarms(session, cause=cause_of(item_id), now=now, actor=SCHEDULER, kinds=KINDS) > 0


def dealt_with_at(session: Session, item_id: int) -> datetime:
    renewal = session.scalar(select(OwnDocument).where(OwnDocument.replaces_id == item_id))
    return (renewal or session.get_one(OwnDocument, item_id)).recorded_at


SWEEPS = (
    Sweep("own_document_expiring", find_due, raise_due),
    Sweep("own_document_renewed", find_dealt_with, settle_dealt_with, due_at=dealt_with_at),
)
