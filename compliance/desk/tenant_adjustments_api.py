"""`/api/v1/tenants/…`: a tenant's sealed requests to adjust interface or account, and protective freezes (2.3, 3.4)."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.errors import N_, InvalidInput, NotFound
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID
from agreements.kernel.web.rest_once import Created
from agreements.paper.rules import SignatureAnswer
from agreements.parties.actions import Upload
from agreements.parties.models import Tenant
from agreements.parties.platforms import platform_of_id
from compliance.desk.tenant_account import e_seal_of, order_of_tenant
from compliance.desk.tenant_api import file_of, tenant_of_path, upload_of
from compliance.desk.tenant_api_schemas import (
    AdjustmentBody,
    AdjustmentList,
    AdjustmentShown,
    ExecutionBody,
    FreezeBody,
    FreezeList,
    FreezeShown,
    RefusalBody,
    SealedLetterBody,
)
from compliance.service import adjusting, asking, freezing
from compliance.service.account_rules import AdjustmentKind, SealBasis, legal_adjustments
from compliance.service.models import Hold
from compliance.service.models_account import AdjustmentRequest, KeyFreeze

room = RestRoom(
    "adjustments",
    __name__,
    path="/tenants/<tenant_key>",
    description="A tenant's sealed requests to adjust interface or account, and protective freezes (2.3, 3.4).",
)


@room.reads("/adjustments", answers=AdjustmentList)
def list_adjustments(tenant_key: str) -> dict[str, Any]:
    """Requests to adjust interface or account, open ones first."""
    session = db.session()
    requests = adjusting.requests_of(session, tenant_of_path(session, tenant_key).id)
    return {"items": [_adjustment(request) for request in requests]}


@room.reads(f"/adjustments/<{ID}:request_id>", answers=AdjustmentShown)
def one_adjustment(tenant_key: str, request_id: int) -> dict[str, Any]:
    """One request with its course."""
    session = db.session()
    return _adjustment(adjusting.request_of_id(session, tenant_of_path(session, tenant_key), request_id))


@room.acts("/adjustments", takes=AdjustmentBody, answers=AdjustmentShown, status=HTTPStatus.CREATED)
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
    tenant = tenant_of_path(session, tenant_key)
    request = asking.draft_request(
        session,
        tenant,
        kind,
        asked=asked,
        asked_on=asked_on,
        agreement=order_of_tenant(session, tenant, order_no),
        platform=asking.WantedPlatform(**platform) if platform else None,
        proof=upload_of(proof, "proof"),
        remove=platform_of_id(session, tenant, platform_id) if platform_id else None,
        hold=_freeze(session, tenant, freeze) if freeze else None,
        actor=g.actor,
        now=now,
    )
    location = url_for(f"{room.name}.one_adjustment", tenant_key=tenant.tenant_key, request_id=request.id)
    return Created(_adjustment(request), location)


def _letter_checked(*, tenant_key: str, letter: dict[str, Any], basis: SealBasis, **values: Any) -> dict[str, Any]:
    """Check the e-seal of a letter before the transaction begins, as the page does."""
    require(g.actor, Permission.CHECK_SEAL)
    session = db.session()
    tenant = tenant_of_path(session, tenant_key)
    adjusting.request_of_id(session, tenant, values["request_id"])
    upload = file_of(letter, "letter")
    db.session.rollback()  # no transaction stays open while a foreign file is looked at
    answer, refused = e_seal_of(upload.content if basis is SealBasis.E_SEAL else b"")
    return {"tenant_key": tenant_key, "letter": upload, "basis": basis, "answer": answer, "refused": refused, **values}


@room.acts(
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
    request = adjusting.request_of_id(session, tenant_of_path(session, tenant_key), request_id)
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


@room.acts(f"/adjustments/<{ID}:request_id>/execution", takes=ExecutionBody, answers=AdjustmentShown)
def execute(
    session: Session, *, now: datetime, tenant_key: str, request_id: int, note: str | None, version: int
) -> dict[str, Any]:
    """Do what the sealed request asks for; without its letter this is a conflict, `SEAL_MISSING`."""
    request = adjusting.request_of_id(session, tenant_of_path(session, tenant_key), request_id)
    adjusting.execute(session, request, note=note, version=version, actor=g.actor, now=now)
    return _adjustment(request)


@room.acts(f"/adjustments/<{ID}:request_id>/refusal", takes=RefusalBody, answers=AdjustmentShown)
def refuse(
    session: Session, *, now: datetime, tenant_key: str, request_id: int, reason: str, version: int
) -> dict[str, Any]:
    """Don't carry it out; the reason stays on record."""
    request = adjusting.request_of_id(session, tenant_of_path(session, tenant_key), request_id)
    adjusting.refuse(session, request, reason=reason, version=version, actor=g.actor, now=now)
    return _adjustment(request)


@room.reads("/freezes", answers=FreezeList)
def list_freezes(tenant_key: str) -> dict[str, Any]:
    """Protective freezes, the latest first; who called is not told here."""
    session = db.session()
    return {"items": [_frozen(row) for row in freezing.freezes_of(session, tenant_of_path(session, tenant_key).id)]}


@room.acts("/freezes", takes=FreezeBody, answers=FreezeShown, status=HTTPStatus.CREATED)
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
    tenant = tenant_of_path(session, tenant_key)
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
