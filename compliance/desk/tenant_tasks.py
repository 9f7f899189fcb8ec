"""What waits about tenants on the first page: sealed requests (3.4), papers missing or past their end (3.3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, joinedload

from agreements.kernel.instants import legal_date
from agreements.parties.models import QualificationDocument, Tenant
from agreements.parties.rules import DocumentState
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE
from compliance.desk.documents_reading import Filter, conditions
from compliance.desk.reading import lacking_by_tenant
from compliance.service.account_rules import OPEN_ADJUSTMENTS, AdjustmentState
from compliance.service.models import ServiceActivation
from compliance.service.models_account import AdjustmentRequest

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Preparing:
    """A paid order whose service begins later, and what the tenant still owes before (`obstacle.…`)."""

    agreement: Agreement
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TenantTasks:
    """The first rows of each list with how many there are in all.

    adjustments  sealed ones first, for they wait for us alone; within each the longest waiting first
    preparing    the earliest start first
    expired      the longest expired first; a paper of a kind of which a valid one is here needs no renewal
    """

    adjustments: list[AdjustmentRequest]
    adjustments_total: int
    preparing: list[Preparing]
    preparing_total: int
    expired: list[QualificationDocument]
    expired_total: int


def tenant_tasks(session: Session, *, now: datetime) -> TenantTasks:
    adjustments, adjustments_total = _first(
        session,
        select(AdjustmentRequest)
        .where(AdjustmentRequest.state.in_(OPEN_ADJUSTMENTS))
        .options(joinedload(AdjustmentRequest.tenant).joinedload(Tenant.party))
        .order_by(
            AdjustmentRequest.state != AdjustmentState.SEALED_RECEIVED,
            func.coalesce(AdjustmentRequest.letter_received_at, AdjustmentRequest.drafted_at),
            AdjustmentRequest.id,
        ),
    )
    preparing = _preparing(session, now=now)
    expired, expired_total = _first(session, _expired(now=now))
    return TenantTasks(adjustments, adjustments_total, preparing[:SHOWN], len(preparing), expired, expired_total)


def _first(session: Session, statement: Any) -> tuple[list[Any], int]:
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    return (list(session.scalars(statement.limit(SHOWN))) if total else []), total


def _preparing(session: Session, *, now: datetime) -> list[Preparing]:
    """Clause 3.3 (a): paid, not begun, and something is missing; those that have begun wait to be opened."""
    coming = session.scalars(
        select(Agreement)
        .outerjoin(ServiceActivation, ServiceActivation.agreement_id == Agreement.id)
        .where(
            Agreement.state.in_(IN_FORCE),
            Agreement.service_start_at > now,
            ServiceActivation.agreement_id.is_(None),
        )
        .options(joinedload(Agreement.tenant).joinedload(Tenant.party))
        .order_by(Agreement.service_start_at, Agreement.id)
    ).all()
    if not coming:
        return []
    lacking = lacking_by_tenant(session, {each.tenant_id for each in coming}, now=now)
    return [Preparing(each, lacking[each.tenant_id]) for each in coming if lacking[each.tenant_id]]


def _expired(*, now: datetime) -> Any:
    """Select expired papers of tenants with an agreement in force, where no valid one of the kind is here."""
    valid = aliased(QualificationDocument)
    today = legal_date(now)
    is_covered = (
        select(valid.id)
        .where(
            valid.tenant_id == QualificationDocument.tenant_id,
            valid.type == QualificationDocument.type,
            valid.state == DocumentState.VERIFIED,
            valid.expires_on.is_(None) | (valid.expires_on >= today),
        )
        .exists()
    )
    in_force = (
        select(Agreement.id)
        .where(
            Agreement.tenant_id == QualificationDocument.tenant_id,
            Agreement.state.in_(IN_FORCE),
            Agreement.service_end_exclusive_at > now,
        )
        .exists()
    )
    return (
        select(QualificationDocument)
        .where(conditions(Filter.EXPIRED, now=now), ~is_covered, in_force)
        .options(joinedload(QualificationDocument.tenant).joinedload(Tenant.party))
        .order_by(QualificationDocument.expires_on, QualificationDocument.id)
    )
