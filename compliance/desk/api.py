"""`/api/v1/agreements` and `/api/v1/tenants`: what several rooms know of an order or of a tenant."""

from datetime import datetime
from typing import Any

from flask import Response, g
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.instants import legal_date
from agreements.kernel.money import Money
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.rest import A_FILE, RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID
from agreements.kernel.web.rest_lists import page_of_items, page_of_rows
from agreements.parties.actions import tenant_of_key
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.actions import agreement_of_order
from agreements.register.models import Agreement
from compliance.desk import rules
from compliance.desk.agreement_reading import file_of_agreement
from compliance.desk.api_schemas import (
    AgreementPage,
    AgreementQuery,
    AgreementShown,
    AtQuery,
    TenantPage,
    TenantQuery,
    TenantShown,
)
from compliance.desk.arranging import labels_of
from compliance.desk.cli import agreement_at
from compliance.desk.reading import Position, positions_of
from compliance.desk.searching import agreements_of_ids, count_found, ids_found, search_of
from compliance.desk.tenant_reading import file_of_tenant, record_of_tenant
from compliance.service.rules import HoldGround

agreements = RestRoom(
    "agreements",
    __name__,
    path="/agreements",
    description="The register: each order as it stands, with terms in force, holds and duties.",
)
tenants = RestRoom(
    "tenants",
    __name__,
    path="/tenants",
    description="Tenants: standing, documents, platforms. Contact data stay masked.",
)
ORDER, TENANT = "/<order_no>", "/<tenant_key>"


@agreements.reads("", answers=AgreementPage, query=AgreementQuery)
def listed(*, page: int, size: int, **asked: Any) -> dict[str, Any]:
    """Agreements, the latest registered first."""
    session = db.session()
    now = clock.now(session)
    search = search_of(**asked)
    ids = ids_found(session, search, now=now, person_id=g.actor.id).limit(size).offset((page - 1) * size)
    rows = agreements_of_ids(session, session.scalars(ids).all())
    positions = positions_of(session, rows, now=now)
    labels = labels_of(session, [agreement.id for agreement in rows])
    items = [_row(agreement, positions[agreement.id], labels.get(agreement.id, [])) for agreement in rows]
    return page_of_items(items, count_found(session, search, now=now, person_id=g.actor.id), page=page, size=size)


@agreements.reads(ORDER, answers=AgreementShown, query=AtQuery)
def one(order_no: str, *, at: datetime | None) -> dict[str, Any]:
    """One agreement at an instant: terms in force with their source, holds, duties, the gateway's answer."""
    session = db.session()
    agreement = agreement_of_order(session, require_shown_text(order_no, "order_no"))
    return agreement_at(session, agreement, at=at or clock.now(session))


@agreements.reads(f"{ORDER}/files/<{ID}:file_id>", answers=A_FILE)
def file_of_order(order_no: str, file_id: int) -> Response:
    """A file of the agreement: its text, or an instrument's."""
    session = db.session()
    file = file_of_agreement(session, require_shown_text(order_no, "order_no"), file_id)
    return stored_file(session, file)


@tenants.reads("", answers=TenantPage, query=TenantQuery)
def list_tenants(*, q: str | None, sort: str, page: int, size: int) -> dict[str, Any]:
    """Tenants by name."""
    column = Tenant.recorded_at if sort.endswith("recorded") else Party.normalised_name
    statement = select(Tenant).join(Party, Party.id == Tenant.party_id).options(joinedload(Tenant.party))
    if q:
        wanted = normalised_name(q)
        statement = statement.where(
            Party.normalised_name.contains(wanted, autoescape=True)
            | Tenant.tenant_key.contains(wanted, autoescape=True)
        )
    if sort.startswith("-"):
        statement = statement.order_by(column.desc(), Tenant.id.desc())
    else:
        statement = statement.order_by(column, Tenant.id)
    found = page_of_rows(db.session(), statement, page=page, size=size)
    found["items"] = [_named(tenant) for tenant in found["items"]]
    return found


@tenants.reads(TENANT, answers=TenantShown)
def one_tenant(tenant_key: str) -> dict[str, Any]:
    """One tenant: its standing and why, documents, platforms, changes."""
    session = db.session()
    tenant = tenant_of_key(session, require_shown_text(tenant_key, "tenant_key"))
    record = record_of_tenant(session, tenant, now=clock.now(session))
    return {
        **_named(record.tenant),
        "industry": tenant.industry,
        "party": tenant.party,
        "is_frozen": any(row.hold.ground is HoldGround.FREEZE for row in record.holds),
        "standing": record.standing,
        "lacking": record.lacking,
        "notice_address": record.address_masked,
        "agreements": [agreement.order_no for agreement in record.agreements],
        "open_cases": [
            {"id": row.case.id, "state": row.case.state, "order_no": row.whose.order_no} for row in record.open_cases
        ],
        "documents": record.documents,
        "platforms": record.platforms,
        "change_ids": [row.change.id for row in record.changes],
    }


@tenants.reads(f"{TENANT}/files/<{ID}:file_id>", answers=A_FILE)
def file_of_a_tenant(tenant_key: str, file_id: int) -> Response:
    """A file that one of the tenant's records names."""
    session = db.session()
    tenant = tenant_of_key(session, require_shown_text(tenant_key, "tenant_key"))
    file = file_of_tenant(session, tenant, file_id)
    return stored_file(session, file)


def _named(tenant: Tenant) -> dict[str, Any]:
    return {"tenant_key": tenant.tenant_key, "name": tenant.party.name, "recorded_at": tenant.recorded_at}


def _row(agreement: Agreement, position: Position, labels: list[str]) -> dict[str, Any]:
    gateway = position.gateway
    return {
        "order_no": agreement.order_no,
        "tenant": agreement.tenant.party.name,
        "tenant_key": agreement.tenant.tenant_key,
        "product_code": agreement.product.code,
        "product_name": agreement.product_name,
        "spec_text": agreement.spec_text,
        "quantity": agreement.quantity,
        "list_price": str(Money(agreement.list_price_fen)),
        "paid_amount": str(Money(agreement.paid_amount_fen)),
        "quota_total": agreement.quota_total,
        "quota_unlimited": agreement.quota_unlimited,
        "service_start": legal_date(agreement.service_start_at),
        "service_end": rules.last_day(agreement.service_end_exclusive_at),
        "state": position.state,
        "service": position.service,
        "gateway": {
            "decision": gateway.verdict.value,
            "reason_codes": [reason.value for reason in gateway.reason_codes],
            "clause": gateway.clause,
        },
        "next_act": position.step.act if position.step else None,
        "owner": agreement.owner.name if agreement.owner else None,
        "labels": labels,
    }
