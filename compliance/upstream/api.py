"""`/api/v1/upstream`: what sources announce, whom it touches, and recording what came in (clause 2.4)."""

from collections.abc import Iterable
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import Response, g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.rest import A_FILE, RestRoom
from agreements.kernel.web.rest_fields import ID, content_of, require_printable
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.kernel.web.rest_once import Created
from agreements.parties.actions import Upload
from agreements.products.models import Product
from agreements.products.sources import products_of_source, source_of_id, sources
from compliance.upstream import reading
from compliance.upstream.actions import Content, Receipt, record_receipt
from compliance.upstream.api_schemas import (
    ReceiptBody,
    SourceList,
    TriageBody,
    UpstreamPage,
    UpstreamQuery,
    UpstreamShown,
)
from compliance.upstream.deciding import decide_triage
from compliance.upstream.moving import change_of_id
from compliance.upstream.reading import Campaign, ImpactRow
from compliance.upstream.rules import ChangeKind, ChangeState, ReceivedVia, Triage

room = RestRoom(
    "upstream",
    __name__,
    path="/upstream",
    description="Changes at data sources: recorded within a minute, told to every tenant within one working day.",
)
CHANGE = f"/<{ID}:upstream_id>"


@room.reads("", answers=UpstreamPage, query=UpstreamQuery)
def listed(*, state: ChangeState | None, running: bool, page: int, size: int) -> dict[str, Any]:
    """Changes of sources, the latest receipt first."""
    session = db.session()
    found = page_of_rows(session, reading.changes(state=state, only_running=running), page=page, size=size)
    campaigns = reading.campaigns_of(session, found["items"], now=clock.now(session))
    found["items"] = [_row(campaign) for campaign in campaigns]
    return found


@room.reads("/sources", answers=SourceList)
def list_sources() -> dict[str, Any]:
    """The data sources with the products they serve."""
    session = db.session()
    return {
        "items": [
            {
                "id": source.id,
                "name": source.name,
                "products": [product.code for product in products_of_source(session, source.id)],
            }
            for source in sources(session)
        ]
    }


@room.reads(CHANGE, answers=UpstreamShown)
def one(upstream_id: int) -> dict[str, Any]:
    """One change with the agreements it touches and what their tenants answered."""
    session = db.session()
    return shown(session, upstream_id, now=clock.now(session))


@room.reads(f"{CHANGE}/file", answers=A_FILE)
def original(upstream_id: int) -> Response:
    """The source's own notice."""
    session = db.session()
    file = change_of_id(session, upstream_id).file
    if file is None:
        raise NotFound(N_("This notice of a source has no file."), field="file")
    return stored_file(session, file)


@room.acts("", takes=ReceiptBody, answers=UpstreamShown, status=HTTPStatus.CREATED)
def record(
    session: Session,
    *,
    now: datetime,
    source_id: int,
    received_at: datetime,
    received_via: ReceivedVia,
    file: dict[str, Any] | None,
    triage: Triage | None,
    **announced: Any,
) -> Created:
    """Record what a source announced; each agreement it touches has its clock from when it reached us."""
    change = record_receipt(
        session,
        source_of_id(session, source_id),
        announced_content(session, **announced),
        Receipt(received_at, received_via, upload_of(file)),
        triage=triage,
        actor=g.actor,
        now=now,
    )
    session.flush()
    session.refresh(change)
    return Created(shown(session, change.id, now=now), url_for(f"{room.name}.one", upstream_id=change.id))


@room.acts(f"{CHANGE}/triage", takes=TriageBody, answers=UpstreamShown)
def read_by_legal(
    session: Session, *, now: datetime, upstream_id: int, version: int, triage: Triage, reason: str
) -> dict[str, Any]:
    """Say as legal what the notice is: under 2.4 the scheduler tells every tenant; otherwise nothing is sent."""
    require_printable(reason.replace("\n", ""), "reason")
    change = change_of_id(session, upstream_id)
    decide_triage(session, change, triage, reason=reason, version=version, actor=g.actor, now=now)
    return shown(session, upstream_id, now=now)


def announced_content(
    session: Session,
    *,
    kinds: list[ChangeKind],
    subject: str,
    summary: str,
    effective_on: date | None,
    products: list[str] | None,
    cancelled: list[str] | None,
) -> Content:
    """Return what a source announces from the fields of a UpstreamContentBody; an unknown product raises NotFound."""
    require_printable(summary.replace("\n", ""), "summary")
    touched = _products(session, products, "products")
    stopped = _products(session, cancelled, "cancelled")
    return Content(
        kinds=frozenset(kinds),
        subject=subject,
        summary=summary,
        effective_on=effective_on,
        products=tuple({product.id: product for product in (*touched, *(stopped or ()))}.values()) if touched else None,
        cancelled=frozenset(product.id for product in stopped) if stopped else None,
    )


def upload_of(file: dict[str, Any] | None) -> Upload | None:
    """Return the file that a body brings."""
    return Upload(file["name"], file["media_type"], content_of(file, "file")) if file else None


def _products(session: Session, codes: Iterable[str] | None, field: str) -> list[Product] | None:
    if codes is None:
        return None
    wanted = sorted(set(codes))
    found = list(session.scalars(select(Product).where(Product.code.in_(wanted)).order_by(Product.code)))
    if len(found) < len(wanted):
        raise NotFound(N_("There is no such product among these."), field=field)
    return found


def _row(campaign: Campaign) -> dict[str, Any]:
    change = campaign.change
    return {
        "id": change.id,
        "version": change.version,
        "source_id": change.data_source_id,
        "source": change.data_source.name,
        "kinds": sorted(change.kinds),
        "subject": change.subject,
        "effective_on": change.effective_on,
        "received_at": change.received_at,
        "received_via": change.received_via,
        "recorded_at": change.recorded_at,
        "state": change.state,
        "triage": change.triage,
        "amends_id": change.amends_id,
        "on_time": campaign.on_time,
        "late": campaign.late,
        "waiting": campaign.waiting,
        "overdue": campaign.overdue,
        "exempt": campaign.exempt,
        "due_on": campaign.due_on,
        "target_at": campaign.target_at,
        "overdue_from": campaign.overdue_from,
    }


def shown(session: Session, upstream_id: int, *, now: datetime) -> dict[str, Any]:
    """Return what is told of one change."""
    change = change_of_id(session, upstream_id)
    campaign = reading.campaign(session, change, now=now)
    return {
        **_row(campaign),
        "summary": change.summary,
        "has_file": change.file_id is not None,
        "products": sorted(row.product.code for row in change.products),
        "cancelled": sorted(row.product.code for row in change.products if row.is_cancelled),
        "triage_reason": change.triage_reason,
        "impacts": [impact_shown(row) for row in campaign.rows],
    }


def impact_shown(row: ImpactRow) -> dict[str, Any]:
    """Return what is told of one agreement's part."""
    impact = row.impact
    return {
        "id": impact.id,
        "order_no": row.agreement.order_no,
        "tenant_key": row.tenant.tenant_key,
        "state": impact.state,
        "obligation_id": row.obligation.id,
        "obligation_state": row.obligation.state,
        "due_on": row.obligation.due_on,
        "is_overdue": row.is_overdue,
        "notice_id": impact.notice_id,
        "notified_at": impact.notified_at,
        "answer_due_on": impact.answer_due_on,
        "answers": row.answers,
    }
