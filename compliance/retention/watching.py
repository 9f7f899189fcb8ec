"""Writing down who sees what is confidential: every file handed out, contract texts and letters (clause 5.1).

It looks at answers, not at rooms, so that a new download is in the log on the day it is written. Where the log can't be
written, nothing is handed out.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, current_app, g, request
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agreements.intake.models import ContractImport
from agreements.kernel import clock
from agreements.kernel.access.rules import ActorKind
from agreements.kernel.access_log import SensitiveKind, note
from agreements.kernel.db import appending
from agreements.kernel.engines import is_passing
from agreements.kernel.errors import N_, Unavailable
from agreements.paper.models import OfficialDocument, VaultCopy
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.breaches.models import BreachCase
from compliance.changes.models import ChangeEvent
from compliance.notices.models import Notice
from compliance.settlement.models import Settlement
from compliance.upstream.models import UpstreamImpact

Whose = tuple[int | None, int | None]
"""Tenant's and agreement's id; None where the record belongs to none."""

PAGES = {
    "intake.review": SensitiveKind.CONTRACT_TEXT,
    "notices.show": SensitiveKind.NOTICE_TEXT,
    "rest_notices.one": SensitiveKind.NOTICE_TEXT,
    "rest_notices.letter": SensitiveKind.NOTICE_TEXT,
}
"""Pages that show a whole text; a file is known by its answer."""


def _of_agreement(agreement: Agreement | None) -> Whose:
    return (agreement.tenant_id, agreement.id) if agreement else (None, None)


def _of_order(session: Session, value: object) -> Whose:
    return _of_agreement(session.scalar(select(Agreement).where(Agreement.order_no == value)))


def _of_tenant(session: Session, value: object) -> Whose:
    return session.scalar(select(Tenant.id).where(Tenant.tenant_key == value)), None


def _of_row(model: type[Notice | BreachCase | UpstreamImpact]) -> Callable[[Session, object], Whose]:
    def whose(session: Session, value: object) -> Whose:
        row: Any = session.get(model, value)
        return (row.tenant_id, row.agreement_id) if row else (None, None)

    return whose


def _of_paper(session: Session, value: object) -> Whose:
    """Other rooms number documents too; only the paper room's are papers of ours."""
    row = session.get(OfficialDocument, value) if (request.blueprint or "").endswith("papers") else None
    return (row.tenant_id, row.agreement_id) if row else (None, None)


def _of_copy(session: Session, value: object) -> Whose:
    row = session.get(VaultCopy, value)
    return _of_agreement(row.agreement) if row else (None, None)


def _of_settlement(session: Session, value: object) -> Whose:
    row = session.get(Settlement, value)
    return _of_agreement(row.agreement) if row else (None, None)


def _of_change(session: Session, value: object) -> Whose:
    row = session.get(ChangeEvent, value)
    return (row.tenant_id, None) if row else (None, None)


def _of_import(session: Session, value: object) -> Whose:
    row = session.get(ContractImport, value)
    return _of_agreement(session.get(Agreement, row.agreement_id)) if row and row.agreement_id else (None, None)


OWNERS: dict[str, Callable[[Session, object], Whose]] = {
    "order_no": _of_order,
    "tenant_key": _of_tenant,
    "notice_id": _of_row(Notice),
    "case_id": _of_row(BreachCase),
    "impact_id": _of_row(UpstreamImpact),
    "settlement_id": _of_settlement,
    "change_id": _of_change,
    "import_id": _of_import,
    "document_id": _of_paper,
    "copy_id": _of_copy,
}
"""How an address names whose record it is."""
NOT_OF_TENANTS = ("audit.", "calendar", "reference.", "health.", "static")
"""Downloads that hold no tenant's papers, or write their own audit row."""


def watch(response: Response) -> Response:
    """After each answer: if it shows what is confidential to a person, write that down first."""
    kind = _kind_of(response)
    actor = g.get("actor")
    if kind is None or actor is None or actor.kind is not ActorKind.PERSON:
        return response
    try:
        with appending() as session:
            _note(session, kind, now=clock.now(session))
    except DBAPIError as error:
        if not is_passing(error):
            raise
        refused = Unavailable(
            N_("The access log can't be written at this moment, so nothing is shown."), remedy=N_("Try again shortly.")
        )
        return current_app.make_response(current_app.handle_user_exception(refused))
    return response


def _kind_of(response: Response) -> SensitiveKind | None:
    endpoint = request.endpoint or ""
    if response.status_code != 200 or endpoint.startswith(NOT_OF_TENANTS):
        return None
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        return SensitiveKind.FILE
    return PAGES.get(endpoint) if request.method == "GET" else None


def _note(session: Session, kind: SensitiveKind, *, now: datetime) -> None:
    given = request.view_args or {}
    tenant_id, agreement_id = next(
        (whose(session, given[name]) for name, whose in OWNERS.items() if name in given), (None, None)
    )
    named = "/".join(str(value) for value in given.values())
    note(
        session,
        actor=g.actor,
        kind=kind,
        subject=f"{request.endpoint}:{named}",
        tenant_id=tenant_id,
        agreement_id=agreement_id,
        now=now,
    )
