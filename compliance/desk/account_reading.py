"""What the tenant page says of access and account: freezes, sealed requests, platforms to look at again (2.3, 3.4)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.instants import legal_date
from agreements.parties.documents import counts, required_documents
from agreements.parties.industries import Industry, industry_of_code
from agreements.parties.models import NoticeAddress, OwnPlatform, QualificationDocument, Tenant
from agreements.parties.rules import DocumentType
from compliance.desk.rules import masked
from compliance.service.adjusting import requests_of
from compliance.service.asking import needs_sealed_request
from compliance.service.freezing import caller_in_clear, freezes_of
from compliance.service.models_account import AdjustmentRequest, KeyFreeze


@dataclass(frozen=True, slots=True)
class FreezeRow:
    """A freeze; `caller` masked."""

    freeze: KeyFreeze
    caller: str | None

    @property
    def stands(self) -> bool:
        return self.freeze.hold.lifted_at is None


@dataclass(frozen=True, slots=True)
class Account:
    """What bears on a tenant's access besides terms and cases.

    needs_seal  a change of platforms takes a sealed request, because a service was opened
    replaced    documents whose place a renewal that counts took
    checklist   documents that the tenant's industry asks for
    past_addresses  ended confirmations, the latest first
    today       Shanghai date by which a platform's ownership is to be looked at again
    """

    freezes: list[FreezeRow]
    requests: list[AdjustmentRequest]
    needs_seal: bool
    replaced: frozenset[int]
    industry: Industry
    checklist: list[DocumentType]
    past_addresses: list[NoticeAddress]
    today: date

    @property
    def frozen(self) -> list[FreezeRow]:
        return [row for row in self.freezes if row.stands]

    def is_due(self, platform: OwnPlatform) -> bool:
        return platform.recheck_on is not None and platform.recheck_on <= self.today


def account_of(session: Session, tenant: Tenant, *, now: datetime) -> Account:
    return Account(
        freezes=[FreezeRow(row, masked(caller_in_clear(session, row))) for row in freezes_of(session, tenant.id)],
        requests=requests_of(session, tenant.id),
        needs_seal=needs_sealed_request(session, tenant.id),
        replaced=replaced_documents(session, {tenant.id}),
        industry=industry_of_code(session, tenant.industry),
        checklist=required_documents(session, tenant.industry, now=now),
        past_addresses=list(
            session.scalars(
                select(NoticeAddress)
                .where(NoticeAddress.tenant_id == tenant.id, NoticeAddress.ended_at.is_not(None))
                .order_by(NoticeAddress.ended_at.desc(), NoticeAddress.id.desc())
            )
        ),
        today=legal_date(now),
    )


def replaced_documents(session: Session, tenant_ids: set[int]) -> frozenset[int]:
    """Return the documents of some tenants whose place a renewal that counts took."""
    found = session.scalars(
        select(QualificationDocument.replaces_id).where(
            QualificationDocument.tenant_id.in_(tenant_ids),
            QualificationDocument.replaces_id.is_not(None),
            counts(QualificationDocument),
        )
    )
    return frozenset(number for number in found if number is not None)
