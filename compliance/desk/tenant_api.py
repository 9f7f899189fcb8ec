"""`/api/v1/tenants/…` and `/api/v1/documents`: a tenant's names, documents and own platforms."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, content_of
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.kernel.web.rest_once import Created
from agreements.parties.actions import Upload, tenant_of_key
from agreements.parties.documents import document_of_id, record_document, reject_document, verify_document
from agreements.parties.identity import PartyKind
from agreements.parties.models import OwnPlatform, Party, QualificationDocument, Tenant
from agreements.parties.naming import set_identity
from agreements.parties.rules import DocumentType
from compliance.changes.renaming import rename_tenant
from compliance.changes.rules import ChangeSource
from compliance.desk.documents_reading import Filter, Search, document_on_file, documents_found
from compliance.desk.tenant_api_schemas import (
    DocumentBody,
    DocumentOfTenant,
    DocumentPage,
    DocumentQuery,
    IdentityBody,
    NameBody,
    NothingBody,
    PartyShown,
    PlatformList,
    ReasonBody,
)

documents = RestRoom(
    "documents", __name__, path="/documents", description="Qualification documents of all tenants (clause 3.3)."
)
accounts = RestRoom(
    "accounts",
    __name__,
    path="/tenants/<tenant_key>",
    description="A tenant's names, documents and own platforms (2.3, 3.3).",
)


def tenant_of_path(session: Session, tenant_key: str) -> Tenant:
    """Return the tenant that an address names, or raise NotFound."""
    return tenant_of_key(session, require_shown_text(tenant_key, "tenant_key"))


def upload_of(sent: dict[str, Any] | None, field: str) -> Upload | None:
    """Return a file as it was sent; None for none."""
    return Upload(sent["name"], sent["media_type"], content_of(sent, field)) if sent else None


def file_of(sent: dict[str, Any], field: str) -> Upload:
    """Return a file as it was sent."""
    return Upload(sent["name"], sent["media_type"], content_of(sent, field))


@documents.reads("", answers=DocumentPage, query=DocumentQuery)
def listed(*, shown: Filter, kind: DocumentType | None, q: str | None, page: int, size: int) -> dict[str, Any]:
    """Documents, the earliest end first."""
    session = db.session()
    search = Search(shown, kind, (q or "").strip())
    found = page_of_rows(session, documents_found(search, now=clock.now(session)), page=page, size=size)
    found["items"] = [_document(document) for document in found["items"]]
    return found


@documents.reads(f"/<{ID}:document_id>", answers=DocumentOfTenant)
def one(document_id: int) -> dict[str, Any]:
    """One document."""
    return _document(document_on_file(db.session(), document_id))


@documents.acts(f"/<{ID}:document_id>/verification", takes=NothingBody, answers=DocumentOfTenant)
def verify(session: Session, *, now: datetime, document_id: int) -> dict[str, Any]:
    """It was compared with the original or the public register, and counts from now on."""
    document = document_on_file(session, document_id)
    verify_document(session, document, actor=g.actor, now=now)
    return _document(document)


@documents.acts(f"/<{ID}:document_id>/rejection", takes=ReasonBody, answers=DocumentOfTenant)
def reject(session: Session, *, now: datetime, document_id: int, reason: str) -> dict[str, Any]:
    """It was compared and does not do; it is kept with the reason."""
    document = document_on_file(session, document_id)
    reject_document(session, document, reason=reason, actor=g.actor, now=now)
    return _document(document)


@accounts.acts("/documents", takes=DocumentBody, answers=DocumentOfTenant, status=HTTPStatus.CREATED)
def take_in_document(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    type: DocumentType,  # noqa: A002 - the field's name
    checked: bool,
    renews: int | None,
    file: dict[str, Any],
    **facts: Any,
) -> Created:
    """Take in a document, checked or not; a renewal takes the place of the version it names once verified."""
    tenant = tenant_of_path(session, tenant_key)
    document = record_document(
        session,
        tenant,
        type,
        upload=file_of(file, "file"),
        replaces=document_of_id(session, tenant, renews) if renews else None,
        is_checked=checked,
        **facts,
        actor=g.actor,
        now=now,
    )
    return Created(_document(document), url_for(f"{documents.name}.one", document_id=document.id))


@accounts.acts("/identity", takes=IdentityBody, answers=PartyShown)
def identify(
    session: Session, *, now: datetime, tenant_key: str, kind: PartyKind, credit_code: str | None, name_en: str | None
) -> Party:
    """Record what the party is in law; the check digit of its code is checked."""
    tenant = tenant_of_path(session, tenant_key)
    set_identity(session, tenant, kind=kind, credit_code=credit_code, name_en=name_en, actor=g.actor, now=now)
    return tenant.party


@accounts.acts("/names", takes=NameBody, answers=PartyShown, status=HTTPStatus.CREATED)
def rename(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    name: str,
    occurred_on: date,
    source: str,
    proof: dict[str, Any] | None,
) -> Party:
    """Record a change of name: agreements stay as they are, and the change is to be notified (3.3 b)."""
    tenant = tenant_of_path(session, tenant_key)
    rename_tenant(
        session,
        tenant,
        name,
        occurred_on=occurred_on,
        source=ChangeSource(source),
        proof=upload_of(proof, "proof"),
        description=f"{tenant.party.name} → {name}",
        actor=g.actor,
        now=now,
    )
    return tenant.party


@accounts.reads("/platforms", answers=PlatformList)
def list_platforms(tenant_key: str) -> dict[str, Any]:
    """The tenant's own platforms, removed ones too. None listed means that none is allowed."""
    session = db.session()
    tenant = tenant_of_path(session, tenant_key)
    rows = select(OwnPlatform).where(OwnPlatform.tenant_id == tenant.id).order_by(OwnPlatform.id)
    return {"items": session.scalars(rows).all()}


def _document(document: QualificationDocument) -> dict[str, Any]:
    names = [name for name in DocumentOfTenant().fields if name != "tenant_key"]
    return {name: getattr(document, name) for name in names} | {"tenant_key": document.tenant.tenant_key}
