"""What pages show of notices; nothing here changes anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from agreements.parties.models import Tenant
from compliance.notices.actions import body_text
from compliance.notices.dispatch import address_of
from compliance.notices.models import DeliveryAttempt, Notice, Outbox
from compliance.notices.rules import FAILING_AFTER, NoticeKind, NoticeState, OutboxState


@dataclass(frozen=True, slots=True)
class Sending:
    """One address of a notice with its attempts, oldest first; the address shows its first letter and its domain."""

    outbox: Outbox
    masked_address: str
    attempts: list[DeliveryAttempt]


def shown_text(session: Session, notice: Notice) -> str:
    """Return the letter as it was approved; once its retention is over, a sentence that says so."""
    if notice.body_file.purged_at is not None:
        return str(gettext("This text was destroyed when its retention period was over."))
    return body_text(session, notice)


def failing() -> ColumnElement[bool]:
    """`rules.is_failing` as a condition on notices."""
    tried = exists().where(
        Outbox.notice_id == Notice.id,
        Outbox.state.in_((OutboxState.PENDING, OutboxState.CLAIMED)),
        Outbox.attempts >= FAILING_AFTER,
    )
    held = exists().where(Outbox.notice_id == Notice.id, Outbox.state == OutboxState.HELD)
    return or_(Notice.state == NoticeState.BOUNCED, and_(Notice.state == NoticeState.QUEUED, tried | held))


def notices(*, state: NoticeState | None, kind: NoticeKind | None, only_failing: bool) -> Select[Notice]:
    """Return the list's statement: failing ones first, then the newest."""
    statement = select(Notice).options(joinedload(Notice.tenant).joinedload(Tenant.party), joinedload(Notice.agreement))
    if state is not None:
        statement = statement.where(Notice.state == state)
    if kind is not None:
        statement = statement.where(Notice.kind == kind)
    if only_failing:
        statement = statement.where(failing())
    return statement.order_by(case((failing(), 0), else_=1), Notice.drafted_at.desc(), Notice.id.desc())


def failing_among(session: Session, notice_ids: Iterable[int]) -> set[int]:
    """Return which of these notices are failing."""
    return set(session.scalars(select(Notice.id).where(Notice.id.in_(list(notice_ids)), failing())))


def count_failing(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Notice).where(failing())) or 0


def sendings(session: Session, notice_id: int) -> list[Sending]:
    """Return a notice's addresses, oldest first."""
    rows = session.scalars(select(Outbox).where(Outbox.notice_id == notice_id).order_by(Outbox.id))
    return [
        Sending(
            outbox,
            masked(address_of(session, outbox)),
            list(
                session.scalars(
                    select(DeliveryAttempt).where(DeliveryAttempt.outbox_id == outbox.id).order_by(DeliveryAttempt.id)
                )
            ),
        )
        for outbox in rows
    ]


def masked(address: str) -> str:
    """Return l***@tenant.example: enough to tell two addresses apart."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def oldest_unsent(session: Session, *, now: datetime) -> timedelta:
    """Return how long the message that waits longest has been due; zero where none. A retry has its own time."""
    due = session.scalar(
        select(func.min(Outbox.next_attempt_at)).where(
            Outbox.state == OutboxState.PENDING, Outbox.next_attempt_at <= now
        )
    )
    return timedelta() if due is None else now - due
