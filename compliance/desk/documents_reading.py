"""Finding qualification documents of all tenants, and the versions of one (clause 3.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from agreements.kernel.errors import N_, NotFound
from agreements.kernel.instants import legal_date
from agreements.parties.documents import counts
from agreements.parties.models import Party, PartyName, QualificationDocument, Tenant
from agreements.parties.rules import DocumentState, DocumentType, normalised_name

SOON = timedelta(days=60)
LONGEST_QUERY = 100


class Filter(StrEnum):
    """Which documents the list shows; the first is what it opens with."""

    CURRENT = "current"
    UNVERIFIED = "unverified"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; `q` is part of a tenant's name, present or former, or of a document's number."""

    shown: Filter
    kind: DocumentType | None
    q: str


def conditions(shown: Filter, *, now: datetime) -> ColumnElement[bool]:
    renewal = aliased(QualificationDocument)
    is_replaced = select(renewal.id).where(renewal.replaces_id == QualificationDocument.id, counts(renewal)).exists()
    verified = and_(QualificationDocument.state == DocumentState.VERIFIED, ~is_replaced)
    today, end = legal_date(now), legal_date(now + SOON)
    match shown:
        case Filter.UNVERIFIED:
            return QualificationDocument.state == DocumentState.UNVERIFIED
        case Filter.REJECTED:
            return QualificationDocument.state == DocumentState.REJECTED
        case Filter.REPLACED:
            return is_replaced
        case Filter.EXPIRING:
            return and_(verified, QualificationDocument.expires_on.between(today, end))
        case Filter.EXPIRED:
            return and_(verified, QualificationDocument.expires_on < today)
        case Filter.CURRENT:
            return and_(QualificationDocument.state != DocumentState.REJECTED, ~is_replaced)


def documents_found(search: Search, *, now: datetime) -> Select[QualificationDocument]:
    """Select the documents that fit, the earliest end first, those without end last."""
    statement = (
        select(QualificationDocument)
        .join(Tenant, Tenant.id == QualificationDocument.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .where(conditions(search.shown, now=now))
        .options(
            joinedload(QualificationDocument.tenant).joinedload(Tenant.party), joinedload(QualificationDocument.file)
        )
        .order_by(
            QualificationDocument.expires_on.is_(None),
            QualificationDocument.expires_on,
            QualificationDocument.id,
        )
    )
    if search.kind is not None:
        statement = statement.where(QualificationDocument.type == search.kind)
    if search.q:
        plain = normalised_name(search.q)
        former = select(PartyName.party_id).where(PartyName.normalised_name.contains(plain, autoescape=True))
        statement = statement.where(
            or_(
                Party.normalised_name.contains(plain, autoescape=True),
                Party.id.in_(former),
                func.lower(QualificationDocument.number).contains(plain, autoescape=True),
            )
        )
    return statement


def count_shown(session: Session, shown: Filter, *, now: datetime) -> int:
    statement = select(func.count(QualificationDocument.id)).where(conditions(shown, now=now))
    return session.scalar(statement) or 0


def document_on_file(session: Session, document_id: int) -> QualificationDocument:
    document = session.get(QualificationDocument, document_id)
    if document is None:
        raise NotFound(N_("There is no document %(number)s."), field="document", number=document_id)
    return document


def versions_of(session: Session, document: QualificationDocument) -> list[QualificationDocument]:
    """Return a document with those it renewed and those that renewed it, the latest first."""
    same = session.scalars(
        select(QualificationDocument)
        .where(
            QualificationDocument.tenant_id == document.tenant_id,
            QualificationDocument.type == document.type,
        )
        .order_by(QualificationDocument.id)
    ).all()
    chain = {document.id}
    for each in reversed(same):  # towards the first: a version names the one before it
        if each.id in chain and each.replaces_id is not None:
            chain.add(each.replaces_id)
    for each in same:
        if each.replaces_id in chain:
            chain.add(each.id)
    return [each for each in reversed(same) if each.id in chain]
