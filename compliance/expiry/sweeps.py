"""What the scheduler does about ends: plan the warnings as an end comes near, and send those that are due.

The jobs tick often; the due moments stored with the rows decide, so that a missed week is made up for by the next tick.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from agreements.kernel.instants import end_of, legal_date
from agreements.kernel.sweeps import Sweep
from agreements.parties.models import QualificationDocument
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE
from compliance.alarms.models import Alarm
from compliance.alarms.rules import number_in
from compliance.expiry.actions import renewal_of, warn_of_agreement, warn_of_document
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.planning import (
    ALARMS,
    Ending,
    Planner,
    ending_of_agreement,
    ending_of_document,
    reconcile,
    settle_alarms_of,
)
from compliance.expiry.rules import Subject, WarningState

Column = InstrumentedAttribute[int | None]


def agreements_to_plan(session: Session, *, due_by: datetime) -> list[int]:
    """Return agreements whose warnings don't stand as they should, or whose alarms are past; nearest end first."""
    planner = Planner(session, now=due_by)
    alarmed = _alarmed(session, Subject.AGREEMENT)
    planned = select(ExpiryWarning.agreement_id).where(
        ExpiryWarning.state == WarningState.PLANNED, ExpiryWarning.agreement_id.is_not(None)
    )
    agreements = session.scalars(
        select(Agreement)
        .where(
            (Agreement.state.in_(IN_FORCE) & (Agreement.service_end_exclusive_at <= due_by + planner.horizon))
            | Agreement.id.in_(planned)
            | Agreement.id.in_(alarmed)
        )
        .order_by(Agreement.service_end_exclusive_at, Agreement.id)
    ).all()
    rows = _rows(session, ExpiryWarning.agreement_id, [agreement.id for agreement in agreements])
    return [
        agreement.id
        for agreement in agreements
        if not planner.changes(ending_of_agreement(agreement), rows[agreement.id]).is_none
        or (agreement.id in alarmed and _is_provided_for(session, agreement, now=due_by))
    ]


def plan_agreement(session: Session, agreement_id: int, *, now: datetime) -> bool:
    """Bring the warnings of an agreement where they should stand, and end the alarms that are past."""
    agreement = session.get_one(Agreement, agreement_id)
    ending = ending_of_agreement(agreement)
    did = reconcile(session, ending, Planner(session, now=now))
    if _is_provided_for(session, agreement, now=now):
        did = settle_alarms_of(session, ending, now=now) > 0 or did
    return did


def documents_to_plan(session: Session, *, due_by: datetime) -> list[int]:
    """Return documents whose warnings don't stand as they should, or whose alarms are past; nearest end first.

    What had expired when it was recorded is not warned of.
    """
    planner = Planner(session, now=due_by)
    alarmed = _alarmed(session, Subject.DOCUMENT)
    planned = set(
        session.scalars(
            select(ExpiryWarning.document_id).where(
                ExpiryWarning.state == WarningState.PLANNED, ExpiryWarning.document_id.is_not(None)
            )
        )
    )
    bound_tenants = select(Agreement.tenant_id).where(Agreement.state.in_(IN_FORCE))
    known = select(QualificationDocument.id).where(
        QualificationDocument.expires_on <= legal_date(due_by + planner.horizon),
        QualificationDocument.tenant_id.in_(bound_tenants),
    )
    documents = session.scalars(
        select(QualificationDocument)
        .where(
            QualificationDocument.id.in_(known)
            | QualificationDocument.id.in_(planned)
            | QualificationDocument.id.in_(alarmed)
        )
        .order_by(QualificationDocument.expires_on, QualificationDocument.id)
    ).all()
    rows = _rows(session, ExpiryWarning.document_id, [document.id for document in documents])
    endings = _endings(session, documents)
    return [
        document.id
        for document in documents
        if document.expires_on is not None
        and (
            (
                document.verified_at is not None
                and end_of(document.expires_on) > document.verified_at
                and not planner.changes(endings[document.id], rows[document.id]).is_none
            )
            or (document.id in alarmed and _is_past(endings[document.id], now=due_by))
        )
    ]


def plan_document(session: Session, document_id: int, *, now: datetime) -> bool:
    """Bring the warnings of a document where they should stand; those of one that was renewed become void."""
    ending = ending_of_document(session, session.get_one(QualificationDocument, document_id))
    did = reconcile(session, ending, Planner(session, now=now))
    if _is_past(ending, now=now):
        did = settle_alarms_of(session, ending, now=now) > 0 or did
    return did


def agreements_to_warn(session: Session, *, due_by: datetime) -> list[int]:
    """Return agreements with a warning due, the earliest due first."""
    return _to_warn(session, ExpiryWarning.agreement_id, due_by=due_by)


def documents_to_warn(session: Session, *, due_by: datetime) -> list[int]:
    """Return documents with a warning due, the earliest due first."""
    return _to_warn(session, ExpiryWarning.document_id, due_by=due_by)


def warn_agreement(session: Session, agreement_id: int, *, now: datetime) -> bool:
    return warn_of_agreement(session, session.get_one(Agreement, agreement_id), now=now)


def warn_document(session: Session, document_id: int, *, now: datetime) -> bool:
    return warn_of_document(session, session.get_one(QualificationDocument, document_id), now=now)


def agreement_warning_due_at(session: Session, agreement_id: int) -> datetime:
    return _oldest_due(session, ExpiryWarning.agreement_id == agreement_id)


def document_warning_due_at(session: Session, document_id: int) -> datetime:
    return _oldest_due(session, ExpiryWarning.document_id == document_id)


def _to_warn(session: Session, column: Column, *, due_by: datetime) -> list[int]:
    return list(
        session.scalars(
            select(column)
            .where(column.is_not(None), ExpiryWarning.state == WarningState.PLANNED, ExpiryWarning.due_at <= due_by)
            .group_by(column)
            .order_by(func.min(ExpiryWarning.due_at), column)
        )
    )


def _oldest_due(session: Session, condition: ColumnElement[bool]) -> datetime:
    return session.scalars(
        select(ExpiryWarning.due_at)
        .where(condition, ExpiryWarning.state == WarningState.PLANNED)
        .order_by(ExpiryWarning.due_at)
        .limit(1)
    ).one()


def _rows(session: Session, column: Column, ids: Iterable[int]) -> dict[int, list[ExpiryWarning]]:
    by_subject: dict[int, list[ExpiryWarning]] = defaultdict(list)
    for row in session.scalars(select(ExpiryWarning).where(column.in_(list(ids)))):
        by_subject[row.agreement_id or row.document_id or 0].append(row)
    return by_subject


def _alarmed(session: Session, subject: Subject) -> set[int]:
    causes = session.scalars(
        select(Alarm.cause).where(
            Alarm.settled_at.is_(None), Alarm.kind.in_(ALARMS), Alarm.cause.startswith(f"expiry:{subject.value}:")
        )
    )
    return {int(number_in(cause)) for cause in causes}


def _is_provided_for(session: Session, agreement: Agreement, *, now: datetime) -> bool:
    """Say whether nobody needs to be called any more: it has ended, or a paid order goes on."""
    if agreement.state not in IN_FORCE or agreement.ended_at or now >= agreement.service_end_exclusive_at:
        return True
    renewal = renewal_of(session, agreement)
    return renewal is not None and renewal.effective_at is not None


def _is_past(ending: Ending, *, now: datetime) -> bool:
    """Say whether a document's alarm is past: it expired, was replaced, or nothing is in force under it."""
    return ending.bound_at is None or now >= ending.bound_at


def _endings(session: Session, documents: Iterable[QualificationDocument]) -> dict[int, Ending]:
    return {document.id: ending_of_document(session, document) for document in documents}


AGREEMENT_SWEEPS = (
    Sweep("expiry_plan", agreements_to_plan, plan_agreement),
    Sweep("expiry_warn", agreements_to_warn, warn_agreement, agreement_warning_due_at, born_due=True),
)
DOCUMENT_SWEEPS = (
    Sweep("document_expiry_plan", documents_to_plan, plan_document),
    Sweep("document_expiry_warn", documents_to_warn, warn_document, document_warning_due_at, born_due=True),
)
