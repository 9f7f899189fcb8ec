"""Qualification documents (clause 3.3 a): taken in, checked or rejected, renewed; and what is still missing."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from agreements.kernel import audit, policies
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.among import among
from agreements.kernel.db import rows_of
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.instants import legal_date
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.industries import choosable
from agreements.parties.models import QualificationDocument, Tenant
from agreements.parties.proofs import require_of_the_tenant
from agreements.parties.rules import DocumentState, DocumentType, HeldDocument, checklist_policy, missing_documents


def document_of_id(session: Session, tenant: Tenant, document_id: int) -> QualificationDocument:
    """Return a tenant's document; any other raises NotFound."""
    document = session.get(QualificationDocument, document_id)
    if document is None or document.tenant_id != tenant.id:
        raise NotFound(N_("This tenant has no such document."), field="document")
    return document


def record_document(
    session: Session,
    tenant: Tenant,
    document_type: DocumentType,
    *,
    upload: Upload,
    sealed: bool,
    number: str | None = None,
    issuer: str | None = None,
    issued_on: date | None = None,
    expires_on: date | None = None,
    replaces: QualificationDocument | None = None,
    is_checked: bool = True,
    actor: Actor,
    now: datetime,
) -> QualificationDocument:
    """Clause 3.3 (a): take in a document. `expires_on` is its last day of validity.

    replaces    the version that this one renews; it is kept, and no longer counts once this one is verified
    is_checked  whether the actor has checked it against the original or the register; else it waits, unverified
    """
    require(actor, Permission.RECORD_DOCUMENTS)
    if issued_on is not None and issued_on > legal_date(now):
        raise InvalidInput(N_("A document can't be issued in the future."), field="issued_on")
    if issued_on is not None and expires_on is not None and expires_on < issued_on:
        raise InvalidInput(N_("The document would expire before it was issued."), field="expires_on")
    if replaces is not None:
        _require_renewable(session, tenant, replaces, document_type)
    require_of_the_tenant(session, upload.content, clause="3.3")
    row = QualificationDocument(
        tenant_id=tenant.id,
        type=document_type,
        number=number,
        issuer=issuer,
        issued_on=issued_on,
        expires_on=expires_on,
        sealed=sealed,
        file_id=keep_upload(session, upload, now=now).id,
        state=DocumentState.VERIFIED if is_checked else DocumentState.UNVERIFIED,
        replaces_id=replaces.id if replaces else None,
        submitted_by=actor.name,
        submitted_at=now,
        verified_by=actor.name if is_checked else None,
        verified_at=now if is_checked else None,
    )
    session.add(row)
    session.flush()  # the audit row names its id
    _record(
        session,
        row,
        "document.recorded",
        actor=actor,
        now=now,
        details={
            "type": document_type.value,
            "sealed": sealed,
            "file_id": row.file_id,
            "state": row.state.value,
            "replaces": row.replaces_id,
        },
    )
    return row


def _require_renewable(
    session: Session, tenant: Tenant, before: QualificationDocument, document_type: DocumentType
) -> None:
    if before.tenant_id != tenant.id or before.type is not document_type:
        raise InvalidInput(N_("A renewal is of the same kind and the same tenant."), field="type", clause="3.3")
    taken = session.scalar(
        select(QualificationDocument.id).where(
            QualificationDocument.replaces_id == before.id, QualificationDocument.state != DocumentState.REJECTED
        )
    )
    if taken is not None:
        raise Conflict(
            N_("This document is renewed already."), clause="3.3", remedy=N_("Renew the version that took its place.")
        )


def verify_document(session: Session, document: QualificationDocument, *, actor: Actor, now: datetime) -> None:
    """Clause 3.3 (a): a person has checked it against the original or the public register; it counts from now on."""
    require(actor, Permission.RECORD_DOCUMENTS)
    _settle(
        session,
        document,
        {"state": DocumentState.VERIFIED, "verified_by": actor.name, "verified_at": now},
    )
    _record(session, document, "document.verified", actor=actor, now=now)


def reject_document(
    session: Session, document: QualificationDocument, *, reason: str, actor: Actor, now: datetime
) -> None:
    """A person has checked it and it does not do; it is kept with the reason and never counts."""
    require(actor, Permission.RECORD_DOCUMENTS)
    if not reason.strip():
        raise InvalidInput(N_("Say why it is rejected; the tenant is told so."), field="reason", clause="3.3")
    _settle(
        session,
        document,
        {
            "state": DocumentState.REJECTED,
            "rejected_by": actor.name,
            "rejected_at": now,
            "rejected_reason": reason.strip(),
        },
    )
    _record(session, document, "document.rejected", actor=actor, now=now, reason=reason.strip())


def _settle(session: Session, document: QualificationDocument, values: dict[str, object]) -> None:
    moved = session.scalar(
        update(QualificationDocument)
        .where(QualificationDocument.id == document.id, QualificationDocument.state == DocumentState.UNVERIFIED)
        .values(**values)
        .returning(QualificationDocument.id)
    )
    if moved is None:
        raise Stale(N_("This document was checked meanwhile."), clause="3.3")
    session.refresh(document)


def set_industry(session: Session, tenant: Tenant, industry: str, *, reason: str, actor: Actor, now: datetime) -> None:
    """Say what a tenant's business is; its checklist is the one of that industry from now on.

    industry  code of one that is not retired, or the one that the tenant has
    """
    require(actor, Permission.RECORD_DOCUMENTS)
    if industry not in {each.code for each in choosable(session, also=tenant.industry)}:
        raise InvalidInput(
            N_("Choose one of those offered."),
            field="industry",
            clause="3.3",
            remedy=N_("The list of industries is our policy and is changed there."),
        )
    if not reason.strip():
        raise InvalidInput(N_("Say by what it is known."), field="reason", clause="3.3")
    before, tenant.industry = tenant.industry, industry
    audit.record(
        session,
        actor=actor,
        act="tenant.industry_set",
        subject=f"tenant:{tenant.id}",
        tenant_id=tenant.id,
        clause="3.3",
        reason=reason.strip(),
        now=now,
        details={"before": before, "after": industry},
    )


def required_documents(session: Session, industry: str, *, now: datetime) -> list[DocumentType]:
    """Return the checklist of an industry by the policy in force, in the order of the types."""
    wanted = set(policies.value_of(session, checklist_policy(industry), at=now))
    return [kind for kind in DocumentType if kind.value in wanted]


def counts(document: type[QualificationDocument]) -> ColumnElement[bool]:
    """Clause 3.3 (a): select those that were verified and, as prior approvals, are sealed; a renewal counts so too."""
    return and_(
        document.state == DocumentState.VERIFIED,
        or_(document.type != DocumentType.PRIOR_APPROVAL, document.sealed.is_(True)),
    )


_RENEWAL = aliased(QualificationDocument)
_COUNTING = select(
    QualificationDocument.tenant_id,
    QualificationDocument.type,
    QualificationDocument.sealed,
    QualificationDocument.expires_on,
).where(
    among(QualificationDocument.tenant_id, "tenant_ids"),
    counts(QualificationDocument),
    ~select(_RENEWAL.id).where(_RENEWAL.replaces_id == QualificationDocument.id, counts(_RENEWAL)).exists(),
)
_INDUSTRIES = select(Tenant.id, Tenant.industry).where(among(Tenant.id, "tenant_ids"))


def current_documents(session: Session, tenant_ids: Collection[int]) -> dict[int, list[HeldDocument]]:
    """Return by tenant the documents that count, where no renewal that counts took their place."""
    held: dict[int, list[HeldDocument]] = defaultdict(list)
    for tenant_id, kind, sealed, expires_on in rows_of(session, _COUNTING, tenant_ids=list(tenant_ids)):
        held[tenant_id].append(HeldDocument(kind, sealed, expires_on))
    return held


def missing_by_tenant(
    session: Session,
    tenant_ids: Collection[int],
    *,
    also: dict[int, frozenset[DocumentType]] | None = None,
    now: datetime,
) -> dict[int, list[DocumentType]]:
    """Clause 3.3 (a): what each tenant still owes before activation, by its industry's policy in force.

    also  what single tenants owe besides, by a rule of a higher floor
    """
    held = current_documents(session, tenant_ids)
    industries = {row[0]: row[1] for row in rows_of(session, _INDUSTRIES, tenant_ids=list(tenant_ids))}
    checklists = policies.values_of(session, {checklist_policy(industry) for industry in industries.values()}, at=now)
    today, missing = legal_date(now), {}
    for tenant_id, industry in industries.items():
        wanted = {*checklists[checklist_policy(industry)], *((also or {}).get(tenant_id, frozenset()))}
        required = [kind for kind in DocumentType if kind.value in wanted]
        missing[tenant_id] = missing_documents(required, held.get(tenant_id, ()), today=today)
    return missing


def _record(
    session: Session,
    document: QualificationDocument,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"document:{document.id}",
        tenant_id=document.tenant_id,
        clause="3.3",
        reason=reason,
        now=now,
        details=details,
    )
