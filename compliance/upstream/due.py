"""When each kind of due work about sources' changes fell due, so that all kinds share one queue."""

from datetime import datetime

from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from agreements.kernel.instants import end_of
from compliance.notices.models import Notice
from compliance.upstream.calling import first_missing_call
from compliance.upstream.models import UpstreamChange, UpstreamImpact


def letter_due_at(session: Session, impact_id: int) -> datetime:
    """Clause 2.4: a letter is written at once, so from the moment in which the source's notice came."""
    return _change_of(session, impact_id).received_at


def withdrawal_letter_due_at(session: Session, impact_id: int) -> datetime:
    return _known(_change_of(session, impact_id).withdrawn_received_at)


def arrival_due_at(session: Session, impact_id: int) -> datetime:
    return _arrived_at(session.get_one(UpstreamImpact, impact_id).notice)


def withdrawal_arrival_due_at(session: Session, impact_id: int) -> datetime:
    return _arrived_at(session.get_one(UpstreamImpact, impact_id).withdrawal_notice)


def silence_due_at(session: Session, impact_id: int) -> datetime:
    answer_due_on = session.get_one(UpstreamImpact, impact_id).answer_due_on
    if answer_due_on is None:
        raise NoResultFound
    return end_of(answer_due_on)


def call_due_at(session: Session, change_id: int) -> datetime:
    """Return when the first alarm of a change that was not raised fell due."""
    first = first_missing_call(session, session.get_one(UpstreamChange, change_id))
    return _known(first)


def _change_of(session: Session, impact_id: int) -> UpstreamChange:
    return session.get_one(UpstreamChange, session.get_one(UpstreamImpact, impact_id).change_id)


def _arrived_at(notice: Notice | None) -> datetime:
    if notice is None:
        raise NoResultFound
    return _known(notice.arrived_at)


def _known(instant: datetime | None) -> datetime:
    if instant is None:
        raise NoResultFound
    return instant
