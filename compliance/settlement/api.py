"""`/api/v1/settlements`: settlements by actual use (clause 4.6), their usage statements, and the acts on them."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import Response, g, url_for
from sqlalchemy.orm import Session

from agreements.kernel import clock, files
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.instants import legal_date
from agreements.kernel.money import Money, parse_yuan
from agreements.kernel.web.downloads import PDF, file_response, stored_file
from agreements.kernel.web.rest import A_FILE, A_PDF, RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, content_of
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.kernel.web.rest_once import Created
from agreements.paper.issuing import document_of_number
from agreements.parties.actions import Upload
from agreements.register.actions import agreement_of_order
from compliance.settlement import actions, reading, usage
from compliance.settlement.actions import settlement_of_id
from compliance.settlement.api_schemas import (
    ConfirmSettlementBody,
    EarlierRefundsBody,
    NothingMore,
    OpenBody,
    PayBody,
    RejectUsageBody,
    SettlementPage,
    SettlementQuery,
    SettlementShown,
    UsageBody,
    VersionedReason,
    WorkedOutQuery,
    WorkedOutShown,
)
from compliance.settlement.figures import both_bases, why_not_settled
from compliance.settlement.models import Settlement
from compliance.settlement.rules import Basis, Calculation

room = RestRoom(
    "settlements",
    __name__,
    path="/settlements",
    description="Settlement by price standard and actual use where an agreement ended early by agreement or for our"
    " reason (clause 4.6). Natural expiry, breach and a source's cancellation are refused.",
)
ONE = f"/<{ID}:settlement_id>"


@room.reads("", answers=SettlementPage, query=SettlementQuery)
def listed(*, state: str, q: str | None, sort: str, page: int, size: int) -> dict[str, Any]:
    """Settlements, by the day of the end."""
    session = db.session()
    statement = reading.settlements(tab=state, text=(q or "").strip(), sort=sort)
    found = page_of_rows(session, statement, page=page, size=size)
    found["items"] = [_row(each) for each in found["items"]]
    return found


@room.reads("/calculation/<order_no>", answers=WorkedOutShown, query=WorkedOutQuery)
def work_out(order_no: str, *, used: int | None, ended_on: date | None, earlier_refunds: str) -> dict[str, Any]:
    """Work an order out on both bases for any usage and day; nothing is written."""
    session = db.session()
    agreement = agreement_of_order(session, require_shown_text(order_no, "order_no"))
    stated = usage.effective_usage(session, agreement.id)
    bases = both_bases(
        agreement,
        used=used if used is not None else stated.used if stated else 0,
        ended_on=ended_on or legal_date(clock.now(session)),
        earlier=parse_yuan(earlier_refunds, "earlier_refunds"),
    )
    return {
        "calculations": [_calculation(each) for each in (bases.paid_proportional, bases.list_price)],
        "refused": why_not_settled(session, agreement),
    }


@room.reads(ONE, answers=SettlementShown)
def one(settlement_id: int) -> dict[str, Any]:
    """One settlement with both bases and its usage statements."""
    return _shown(db.session(), settlement_id)


@room.acts("", takes=OpenBody, answers=SettlementShown, status=HTTPStatus.CREATED)
def open_one(session: Session, *, now: datetime, order_no: str) -> Created:
    """Open the settlement of an agreement that ended early; the one that exists is answered where there is one."""
    agreement = agreement_of_order(session, order_no)
    settlement = actions.open_settlement(session, agreement, actor=g.actor, now=now)
    return Created(_shown(session, settlement.id), url_for(f"{room.name}.one", settlement_id=settlement.id))


@room.acts(f"{ONE}/usage", takes=UsageBody, answers=SettlementShown, status=HTTPStatus.CREATED)
def record_usage(
    session: Session,
    *,
    now: datetime,
    settlement_id: int,
    used: int,
    used_through_on: date,
    source: str,
    knows_beyond_quota: bool,
    file: dict[str, Any],
) -> dict[str, Any]:
    """Record the usage with its file; a second person signs it off."""
    usage.record_usage(
        session,
        settlement_of_id(session, settlement_id).agreement,
        used=used,
        used_through_on=used_through_on,
        source=source,
        upload=Upload(file["name"], file["media_type"], content_of(file, "file")),
        knows_beyond_quota=knows_beyond_quota,
        actor=g.actor,
        now=now,
    )
    return _shown(session, settlement_id)


@room.acts(f"{ONE}/usage/<{ID}:statement_id>/sign-off", takes=NothingMore, answers=SettlementShown)
def sign_off(session: Session, *, now: datetime, settlement_id: int, statement_id: int) -> dict[str, Any]:
    """Sign a usage statement off, as a second person; it replaces the one before."""
    agreement_id = settlement_of_id(session, settlement_id).agreement_id
    statement = usage.statement_of_id(session, statement_id, agreement_id=agreement_id)
    usage.sign_off(session, statement, actor=g.actor, now=now)
    return _shown(session, settlement_id)


@room.acts(f"{ONE}/usage/<{ID}:statement_id>/reject", takes=RejectUsageBody, answers=SettlementShown)
def reject_usage(
    session: Session, *, now: datetime, settlement_id: int, statement_id: int, reason: str
) -> dict[str, Any]:
    """Find, as a second person, that a usage statement does not agree with its file."""
    agreement_id = settlement_of_id(session, settlement_id).agreement_id
    statement = usage.statement_of_id(session, statement_id, agreement_id=agreement_id)
    usage.reject(session, statement, reason=reason, actor=g.actor, now=now)
    return _shown(session, settlement_id)


@room.acts(f"{ONE}/earlier-refunds", takes=EarlierRefundsBody, answers=SettlementShown)
def earlier_refunds(
    session: Session, *, now: datetime, settlement_id: int, version: int, amount: str, note: str
) -> dict[str, Any]:
    """Record what was refunded before, by the platform for instance; it is taken off once."""
    actions.set_earlier_refunds(
        session,
        settlement_of_id(session, settlement_id),
        parse_yuan(amount, "amount"),
        note=note,
        version=version,
        actor=g.actor,
        now=now,
    )
    return _shown(session, settlement_id)


@room.acts(f"{ONE}/confirm", takes=ConfirmSettlementBody, answers=SettlementShown)
def confirm(
    session: Session, *, now: datetime, settlement_id: int, version: int, reason: str, basis: Basis, refund: str
) -> dict[str, Any]:
    """Choose the basis and confirm the figures that were seen."""
    actions.confirm(
        session,
        settlement_of_id(session, settlement_id),
        basis=basis,
        reason=reason,
        refund=parse_yuan(refund, "refund"),
        version=version,
        actor=g.actor,
        now=now,
    )
    return _shown(session, settlement_id)


@room.acts(f"{ONE}/pay", takes=PayBody, answers=SettlementShown)
def pay(
    session: Session, *, now: datetime, settlement_id: int, version: int, paid_on: date, reference: str | None
) -> dict[str, Any]:
    """Record that the refund was paid, or what was due received."""
    actions.pay(
        session,
        settlement_of_id(session, settlement_id),
        paid_on=paid_on,
        reference=reference or "",
        version=version,
        actor=g.actor,
        now=now,
    )
    return _shown(session, settlement_id)


@room.acts(f"{ONE}/dispute", takes=VersionedReason, answers=SettlementShown)
def dispute(session: Session, *, now: datetime, settlement_id: int, version: int, reason: str) -> dict[str, Any]:
    """The tenant does not accept the figures: payment stops."""
    settlement = settlement_of_id(session, settlement_id)
    actions.dispute(session, settlement, reason=reason, version=version, actor=g.actor, now=now)
    return _shown(session, settlement_id)


@room.acts(f"{ONE}/uphold", takes=VersionedReason, answers=SettlementShown)
def uphold(session: Session, *, now: datetime, settlement_id: int, version: int, reason: str) -> dict[str, Any]:
    """Stand by disputed figures; finance may pay."""
    settlement = settlement_of_id(session, settlement_id)
    actions.uphold(session, settlement, reason=reason, version=version, actor=g.actor, now=now)
    return _shown(session, settlement_id)


@room.acts(f"{ONE}/withdraw", takes=VersionedReason, answers=SettlementShown)
def withdraw(session: Session, *, now: datetime, settlement_id: int, version: int, reason: str) -> dict[str, Any]:
    """Withdraw disputed figures; answers the new draft."""
    settlement = settlement_of_id(session, settlement_id)
    fresh = actions.withdraw(session, settlement, reason=reason, version=version, actor=g.actor, now=now)
    return _shown(session, fresh.id)


@room.reads(f"{ONE}/statement", answers=A_PDF)
def statement_file(settlement_id: int) -> Response:
    """The signed statement as PDF."""
    session = db.session()
    number = settlement_of_id(session, settlement_id).document_number
    document = None if number is None else document_of_number(session, number)
    if document is None:
        raise NotFound(N_("This settlement has no statement yet."), field="settlement")
    return file_response(files.content_of(session, document.latest_file), f"{number}.pdf", PDF)


@room.reads(f"{ONE}/usage/<{ID}:statement_id>/file", answers=A_FILE)
def usage_file(settlement_id: int, statement_id: int) -> Response:
    """The file of a usage statement."""
    session = db.session()
    settlement = settlement_of_id(session, settlement_id)
    file = usage.statement_of_id(session, statement_id, agreement_id=settlement.agreement_id).file
    return stored_file(session, file)


def _shown(session: Session, settlement_id: int) -> dict[str, Any]:
    found = reading.dossier_of(session, settlement_id)
    bases = [found.bases.paid_proportional, found.bases.list_price] if found.bases else []
    return {
        **_row(found.settlement),
        "calculations": [_calculation(each) for each in bases],
        "usage": found.statements,
        "document_number": found.settlement.document_number,
    }


def _row(settlement: Settlement) -> dict[str, Any]:
    return {
        "id": settlement.id,
        "version": settlement.version,
        "state": settlement.state,
        "order_no": settlement.agreement.order_no,
        "tenant_key": settlement.agreement.tenant.tenant_key,
        "ended_on": settlement.ended_on,
        "statement_due_on": settlement.obligation.due_on,
        "basis": settlement.basis,
        "refund": None if settlement.refund_fen is None else str(Money(settlement.refund_fen)),
        "confirmed_at": settlement.confirmed_at,
        "settled_on": settlement.settled_on,
    }


def _calculation(each: Calculation) -> dict[str, Any]:
    return {
        "basis": each.basis,
        "measure": each.measure,
        "used": each.used,
        "total": each.total,
        "beyond_quota": each.beyond_quota,
        "paid": str(each.paid),
        "earlier_refunds": str(each.earlier),
        "consumed": str(each.consumed),
        "refund": str(each.refund),
        "due": str(each.due),
    }
