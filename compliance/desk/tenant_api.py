"""`/api/v1/tenants/…` and `/api/v1/documents`: a tenant's names, documents, platforms, sealed requests and freezes."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.errors import N_, InvalidInput, NotFound
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, content_of
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.kernel.web.rest_once import Created
from agreements.paper.rules import SignatureAnswer
from agreements.parties.actions import Upload, tenant_of_key
from agreements.parties.documents import document_of_id, record_document, reject_document, verify_document
from agreements.parties.identity import PartyKind
from agreements.parties.models import OwnPlatform, Party, QualificationDocument, Tenant
from agreements.parties.naming import set_identity
from agreements.parties.platforms import platform_of_id
from agreements.parties.rules import DocumentType
from compliance.changes.renaming import rename_tenant
from compliance.changes.rules import ChangeSource
from compliance.desk.documents_reading import Filter, Search, document_on_file, documents_found
from compliance.desk.tenant_account import e_seal_of, order_of_tenant
from compliance.desk.tenant_api_schemas import (
    AdjustmentBody,
    AdjustmentList,
    AdjustmentShown,
    DocumentBody,
    DocumentOfTenant,
    DocumentPage,
    DocumentQuery,
    ExecutionBody,
    FreezeBody,
    FreezeList,
    FreezeShown,
    IdentityBody,
    NameBody,
    NothingBody,
    PartyShown,
    PlatformList,
    ReasonBody,
    RefusalBody,
    SealedLetterBody,
)
from compliance.service import adjusting, asking, freezing
from compliance.service.account_rules import AdjustmentKind, SealBasis, legal_adjustments
from compliance.service.models import Hold
from compliance.service.models_account import AdjustmentRequest, KeyFreeze

documents = RestRoom(
    "documents", __name__, path="/documents", description="Qualification documents of all tenants (clause 3.3)."
)
accounts = RestRoom(
    "accounts",
    __name__,
    path="/tenants/<tenant_key>",
    description="A tenant's names, documents, own platforms, sealed requests and protective freezes (2.3, 3.3, 3.4).",
)


def _tenant(session: Session, tenant_key: str) -> Tenant:
    return tenant_of_key(session, require_shown_text(tenant_key, "tenant_key"))


def _upload(sent: dict[str, Any] | None, field: str) -> Upload | None:
    return Upload(sent["name"], sent["media_type"], content_of(sent, field)) if sent else None


def _file(sent: dict[str, Any], field: str) -> Upload:
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
    tenant = _tenant(session, tenant_key)
    document = record_document(
        session,
        tenant,
        type,
        upload=_file(file, "file"),
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
    tenant = _tenant(session, tenant_key)
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
    tenant = _tenant(session, tenant_key)
    rename_tenant(
        session,
        tenant,
        name,
        occurred_on=occurred_on,
        source=ChangeSource(source),
        proof=_upload(proof, "proof"),
        description=f"{tenant.party.name} → {name}",
        actor=g.actor,
        now=now,
    )
    return tenant.party


@accounts.reads("/platforms", answers=PlatformList)
def list_platforms(tenant_key: str) -> dict[str, Any]:
    """The tenant's own platforms, removed ones too. None listed means that none is allowed."""
    session = db.session()
    tenant = _tenant(session, tenant_key)
    rows = select(OwnPlatform).where(OwnPlatform.tenant_id == tenant.id).order_by(OwnPlatform.id)
    return {"items": session.scalars(rows).all()}


@accounts.reads("/adjustments", answers=AdjustmentList)
def list_adjustments(tenant_key: str) -> dict[str, Any]:
    """Requests to adjust interface or account, open ones first."""
    session = db.session()
    requests = adjusting.requests_of(session, _tenant(session, tenant_key).id)
    return {"items": [_adjustment(request) for request in requests]}


@accounts.reads(f"/adjustments/<{ID}:request_id>", answers=AdjustmentShown)
def one_adjustment(tenant_key: str, request_id: int) -> dict[str, Any]:
    """One request with its course."""
    session = db.session()
    return _adjustment(adjusting.request_of_id(session, _tenant(session, tenant_key), request_id))


@accounts.acts("/adjustments", takes=AdjustmentBody, answers=AdjustmentShown, status=HTTPStatus.CREATED)
def ask(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    kind: AdjustmentKind,
    asked: str,
    asked_on: date,
    order_no: str | None,
    platform: dict[str, Any] | None,
    proof: dict[str, Any] | None,
    platform_id: int | None,
    freeze: int | None,
) -> Created:
    """Record what the tenant asks for; nothing is done before its sealed letter is in."""
    tenant = _tenant(session, tenant_key)
    request = asking.draft_request(
        session,
        tenant,
        kind,
        asked=asked,
        asked_on=asked_on,
        agreement=order_of_tenant(session, tenant, order_no),
        platform=asking.WantedPlatform(**platform) if platform else None,
        proof=_upload(proof, "proof"),
        remove=platform_of_id(session, tenant, platform_id) if platform_id else None,
        hold=_freeze(session, tenant, freeze) if freeze else None,
        actor=g.actor,
        now=now,
    )
    location = url_for(f"{accounts.name}.one_adjustment", tenant_key=tenant.tenant_key, request_id=request.id)
    return Created(_adjustment(request), location)


def _letter_checked(*, tenant_key: str, letter: dict[str, Any], basis: SealBasis, **values: Any) -> dict[str, Any]:
    """Check the e-seal of a letter before the transaction begins, as the page does."""
    require(g.actor, Permission.CHECK_SEAL)
    session = db.session()
    tenant = _tenant(session, tenant_key)
    adjusting.request_of_id(session, tenant, values["request_id"])
    upload = _file(letter, "letter")
    db.session.rollback()  # no transaction stays open while a foreign file is looked at
    answer, refused = e_seal_of(upload.content if basis is SealBasis.E_SEAL else b"")
    return {"tenant_key": tenant_key, "letter": upload, "basis": basis, "answer": answer, "refused": refused, **values}


@accounts.acts(
    f"/adjustments/<{ID}:request_id>/letter",
    takes=SealedLetterBody,
    answers=AdjustmentShown,
    prepares=_letter_checked,
)
def receive_letter(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    request_id: int,
    received_at: datetime,
    basis: SealBasis,
    seal_record: str | None,
    letter: Upload,
    answer: SignatureAnswer | None,
    refused: InvalidInput | None,
    version: int,
) -> dict[str, Any]:
    """The sealed letter is here and its seal was checked; an e-seal is checked here too, and an altered one refused."""
    request = adjusting.request_of_id(session, _tenant(session, tenant_key), request_id)
    adjusting.receive_sealed_letter(
        session,
        request,
        letter=letter,
        answer=answer,
        received_at=received_at,
        basis=basis,
        seal_record=seal_record,
        version=version,
        actor=g.actor,
        now=now,
    )
    if refused is not None:
        raise refused
    return _adjustment(request)


@accounts.acts(f"/adjustments/<{ID}:request_id>/execution", takes=ExecutionBody, answers=AdjustmentShown)
def execute(
    session: Session, *, now: datetime, tenant_key: str, request_id: int, note: str | None, version: int
) -> dict[str, Any]:
    """Do what the sealed request asks for; without its letter this is a conflict, `SEAL_MISSING`."""
    request = adjusting.request_of_id(session, _tenant(session, tenant_key), request_id)
    adjusting.execute(session, request, note=note, version=version, actor=g.actor, now=now)
    return _adjustment(request)


@accounts.acts(f"/adjustments/<{ID}:request_id>/refusal", takes=RefusalBody, answers=AdjustmentShown)
def refuse(
    session: Session, *, now: datetime, tenant_key: str, request_id: int, reason: str, version: int
) -> dict[str, Any]:
    """Don't carry it out; the reason stays on record."""
    request = adjusting.request_of_id(session, _tenant(session, tenant_key), request_id)
    adjusting.refuse(session, request, reason=reason, version=version, actor=g.actor, now=now)
    return _adjustment(request)


@accounts.reads("/freezes", answers=FreezeList)
def list_freezes(tenant_key: str) -> dict[str, Any]:
    """Protective freezes, the latest first; who called is not told here."""
    session = db.session()
    return {"items": [_frozen(row) for row in freezing.freezes_of(session, _tenant(session, tenant_key).id)]}


@accounts.acts("/freezes", takes=FreezeBody, answers=FreezeShown, status=HTTPStatus.CREATED)
def freeze_access(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    order_no: str | None,
    caller: str,
    called_at: datetime,
    reason: str,
) -> dict[str, Any]:
    """Shut access at once because keys may be in other hands; the gateway answers KEY_FROZEN. No seal is asked."""
    tenant = _tenant(session, tenant_key)
    row = freezing.freeze(
        session,
        tenant,
        order_of_tenant(session, tenant, order_no),
        caller=caller,
        called_at=called_at,
        reason=reason,
        actor=g.actor,
        now=now,
    )
    return _frozen(row)


def _freeze(session: Session, tenant: Tenant, number: int) -> Hold:
    found = next((hold for hold in freezing.standing_freezes(session, tenant) if hold.id == number), None)
    if found is None:
        raise NotFound(N_("This tenant has no such freeze."), field="freeze")
    return found


def _document(document: QualificationDocument) -> dict[str, Any]:
    names = [name for name in DocumentOfTenant().fields if name != "tenant_key"]
    return {name: getattr(document, name) for name in names} | {"tenant_key": document.tenant.tenant_key}


def _adjustment(request: AdjustmentRequest) -> dict[str, Any]:
    besides = {"legal_now", "order_no", "freeze"}
    return {name: getattr(request, name) for name in AdjustmentShown().fields if name not in besides} | {
        "legal_now": legal_adjustments(request.state),
        "order_no": request.agreement.order_no if request.agreement else None,
        "freeze": request.hold_id,
    }


def _frozen(row: KeyFreeze) -> dict[str, Any]:
    return {
        "freeze": row.hold_id,
        "scope": row.hold.scope,
        "order_no": row.hold.agreement.order_no,
        "reason": row.reason,
        "called_at": row.called_at,
        "frozen_at": row.hold.effective_at,
        "recorded_by": row.recorded_by,
        "lifted_at": row.hold.lifted_at,
    }
