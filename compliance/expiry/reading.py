"""What pages and other rooms read of warnings; nothing here changes anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.parties.models import QualificationDocument
from agreements.register.models import Agreement
from compliance.expiry.actions import renewal_of
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.planning import Planner, ending_of_agreement, ending_of_document, last_day
from compliance.expiry.rules import Subject, WarningState, warned_in_time
from compliance.notices.models import Notice


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the warnings of one end stand.

    next_at      when the next one is due; None where none is to come
    threshold    calendar days before the end that it stands for
    provisional  whether an unpublished year decided its day
    last         the latest that went out, None for none; its notice is the tenant's, if any
    renewal      the order that goes on without a gap, of an agreement
    """

    last_on: date
    next_at: datetime | None
    threshold: int | None
    provisional: bool
    last: ExpiryWarning | None
    renewal: Agreement | None = None


def outlook_of_agreement(session: Session, agreement: Agreement, *, now: datetime) -> Outlook | None:
    """Return what is ahead of the end of an agreement in force, also before its warnings are planned; else None."""
    if ending_of_agreement(agreement).bound_at is None or now >= agreement.service_end_exclusive_at:
        return None
    rows = _rows(session, Subject.AGREEMENT, [agreement.id])
    return _outlook(session, agreement.service_end_exclusive_at, rows, renewal=renewal_of(session, agreement), now=now)


def outlooks_of_documents(
    session: Session, documents: Iterable[QualificationDocument], *, now: datetime
) -> dict[int, Outlook]:
    """Return the same by document id, for those that expire, were not renewed, and have an agreement in force."""
    outlooks = {}
    for document in documents:
        bound_at = ending_of_document(session, document).bound_at
        if bound_at is not None and now < bound_at:
            rows = _rows(session, Subject.DOCUMENT, [document.id])
            outlooks[document.id] = _outlook(session, bound_at, rows, renewal=None, now=now)
    return outlooks


def warned_of_document_in_time(session: Session, document: QualificationDocument) -> Notice | None:
    """Domain 6.2: return the warning that arrived at least five working days before the document expires, or None.

    What the ground "required approval expired" needs before anybody may suspend by it. Sent is not arrived.
    """
    if document.expires_on is None:
        return None
    calendar = working_calendar(session)
    notices = session.scalars(
        select(Notice)
        .join(ExpiryWarning, ExpiryWarning.notice_id == Notice.id)
        .where(ExpiryWarning.document_id == document.id, Notice.arrived_at.is_not(None))
        .order_by(Notice.arrived_at, Notice.id)
    ).all()
    for notice in notices:
        if notice.arrived_at is not None and warned_in_time(notice.arrived_at, document.expires_on, calendar):
            return notice
    return None


def _rows(session: Session, subject: Subject, ids: list[int]) -> list[ExpiryWarning]:
    column = ExpiryWarning.agreement_id if subject is Subject.AGREEMENT else ExpiryWarning.document_id
    return list(session.scalars(select(ExpiryWarning).where(column.in_(ids)).order_by(ExpiryWarning.due_at)))


def _outlook(
    session: Session, bound_at: datetime, rows: list[ExpiryWarning], *, renewal: Agreement | None, now: datetime
) -> Outlook:
    current = [row for row in rows if row.bound_at == bound_at]
    settled = {row.threshold for row in current if row.state is not WarningState.PLANNED}
    sent = [row for row in current if row.state is WarningState.SENT]
    ahead = [
        stage
        for stage in Planner(session, now=now).stages(bound_at)
        if stage.threshold not in settled and (stage.due_at > now or current)
    ]
    following = ahead[0] if ahead else None
    return Outlook(
        last_on=last_day(bound_at),
        next_at=following.due_at if following else None,
        threshold=following.threshold if following else None,
        provisional=following.provisional if following else False,
        last=max(sent, key=lambda row: (row.due_at, -row.threshold), default=None),
        renewal=renewal,
    )
