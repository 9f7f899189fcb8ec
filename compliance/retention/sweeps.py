"""The daily purge: agreements past every period and hold, then the contents that they left on disk."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from agreements.calendar.rules import add_months
from agreements.kernel.files import FileStore, StoredFile
from agreements.kernel.instants import legal_date, start_of
from agreements.kernel.sweeps import Sweep
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.retention.models import RetentionPurge
from compliance.retention.positions import kept_whole
from compliance.retention.purging import purge
from compliance.retention.rules import LEAST_MONTHS

OVER = (
    AgreementState.EXPIRED,
    AgreementState.ENDED_BY_AGREEMENT,
    AgreementState.ENDED_PROVIDER_CAUSE,
    AgreementState.ENDED_FOR_BREACH,
    AgreementState.CLOSED,
)


def agreements_to_purge(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of ended agreements that nothing keeps any more, oldest end first."""
    earliest = start_of(add_months(legal_date(due_by), -LEAST_MONTHS))
    candidates = session.scalars(
        select(Agreement)
        .outerjoin(RetentionPurge, RetentionPurge.agreement_id == Agreement.id)
        .where(
            Agreement.state.in_(OVER),
            RetentionPurge.agreement_id.is_(None),
            or_(Agreement.service_end_exclusive_at <= earliest, Agreement.state != AgreementState.EXPIRED),
        )
        .order_by(Agreement.service_end_exclusive_at, Agreement.id)
    )
    return [each.id for each in candidates if kept_whole(session, each, now=due_by).is_over]


def purge_agreement(session: Session, agreement_id: int, *, now: datetime) -> bool:
    """Delete once; False where it was done, or where something keeps it at the moment of the act."""
    agreement = session.get_one(Agreement, agreement_id)
    if session.get(RetentionPurge, agreement_id) is not None or not kept_whole(session, agreement, now=now).is_over:
        return False
    purge(session, agreement, now=now)
    return True


def contents_to_remove(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of purged files whose content may still be on disk."""
    return list(
        session.scalars(
            select(StoredFile.id)
            .where(StoredFile.purged_at <= due_by, StoredFile.removed_at.is_(None))
            .order_by(StoredFile.id)
        )
    )


def remove_content(session: Session, file_id: int, *, now: datetime) -> bool:
    """Take a purged content off the disk; interrupted, it is found again."""
    marked = session.scalar(
        update(StoredFile)
        .where(StoredFile.id == file_id, StoredFile.purged_at.is_not(None), StoredFile.removed_at.is_(None))
        .values(removed_at=now)
        .returning(StoredFile.sha256)
    )
    if marked is None:
        return False
    store: FileStore = session.info["files"]
    store.remove(marked)
    return True


SWEEPS = (
    Sweep("retention_purge", agreements_to_purge, purge_agreement),
    Sweep("retention_remove", contents_to_remove, remove_content),
)
