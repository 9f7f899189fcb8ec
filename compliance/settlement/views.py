"""Pages: the list of settlements, one with its arithmetic, and the calculator, which writes nothing."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from agreements.kernel import clock, files
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.errors import N_, InvalidInput, LuyueError, NotFound
from agreements.kernel.instants import legal_date
from agreements.kernel.money import Money
from agreements.kernel.web.downloads import PDF, file_response, stored_file
from agreements.kernel.web.paging import page_of
from agreements.paper.issuing import document_of_number
from agreements.register.actions import agreement_of_order
from agreements.register.models import Agreement
from compliance.settlement import reading
from compliance.settlement.actions import live_settlement, settlement_of_id
from compliance.settlement.figures import both_bases, order_of, why_not_settled
from compliance.settlement.models import Settlement
from compliance.settlement.rules import Measure, charge_earliest_end_first, refusal
from compliance.settlement.schemas import read_ended_on, read_whole, read_yuan
from compliance.settlement.usage import effective_usage, statement_of_id

settlements = Blueprint("settlements", __name__, url_prefix="/settlements")

LONGEST_SEARCH = 100


@settlements.app_context_processor
def parts() -> dict[str, object]:
    return {
        "settlement_panel": settlement_panel,
        "statement_address": statement_address,
        "exact_yuan": exact_yuan,
        "my_id": lambda: g.actor.id,
    }


def statement_address(settlement: Settlement) -> str | None:
    """Return where a settlement's statement is downloaded; None as long as there is none."""
    return None if settlement.document_number is None else url_for("settlements.statement", settlement_id=settlement.id)


def exact_yuan(fen: Decimal) -> str:
    """Yuan with at least two digits and at most six, an unrounded fen shown as the fraction it is: 266.666667."""
    whole, _, digits = f"{fen / 100:,.6f}".partition(".")
    return f"{whole}.{digits[:2]}{digits[2:].rstrip('0')}"


@settlements.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    asked = request.args
    tab = asked.get("state", reading.OPEN)
    sort = asked.get("sort", "ended")
    tab = tab if tab in reading.TABS else reading.OPEN
    sort = sort if sort in reading.SORTS else "ended"
    text = asked.get("q", "").strip()[:LONGEST_SEARCH]
    return render_template(
        "settlement/list.html",
        page=page_of(session, reading.settlements(tab=tab, text=text, sort=sort)),
        counts=reading.counts(session),
        tabs=reading.TABS,
        tab=tab,
        text=text,
        sort=sort,
        now=clock.now(session),
    )


@settlements.get("/<int:settlement_id>")
def show(settlement_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    return settlement_page(settlement_id)


def settlement_page(
    settlement_id: int,
    *,
    act: str = "",
    form: Mapping[str, str] | None = None,
    error: LuyueError | None = None,
) -> ResponseReturnValue:
    """Render a settlement; act, form, error: of a form that could not be taken."""
    session = db.session()
    now = clock.now(session)
    found = reading.dossier_of(session, settlement_id)
    page = render_template(
        "settlement/settlement.html",
        d=found,
        settlement=found.settlement,
        agreement=found.settlement.agreement,
        act=act,
        form=form or {},
        error=error,
        trace=[
            {**step, "day": date.fromisoformat(step["day"]), "is_counted": step["counted"]}
            for step in found.settlement.obligation.count_trace["days"]
        ],
        today=legal_date(now).isoformat(),
        now=now,
    )
    return page, error.status if error else 200


@settlements.get("/<int:settlement_id>/statement")
def statement(settlement_id: int) -> ResponseReturnValue:
    """Hand out the signed statement."""
    require(g.actor, Permission.READ)
    session = db.session()
    number = settlement_of_id(session, settlement_id).document_number
    document = None if number is None else document_of_number(session, number)
    if document is None:
        raise NotFound(N_("This settlement has no statement yet."), field="settlement")
    return file_response(files.content_of(session, document.latest_file), f"{number}.pdf", PDF)


@settlements.get("/<int:settlement_id>/usage/<int:statement_id>/file")
def usage_file(settlement_id: int, statement_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    settlement = settlement_of_id(session, settlement_id)
    file = statement_of_id(session, statement_id, agreement_id=settlement.agreement_id).file
    return stored_file(session, file)


@settlements.get("/calculator")
def calculator() -> ResponseReturnValue:
    """Work an order out on both bases for any usage and day; nothing is written."""
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    given = request.args
    order_no = given.get("order_no", "").strip()
    values: dict[str, Any] = {}
    error: LuyueError | None = None
    if order_no:
        try:
            values = _worked_out(session, agreement_of_order(session, order_no), given, now=now)
        except (InvalidInput, NotFound) as fault:
            error = fault
    page = render_template(
        "settlement/calculator.html", given=given, error=error, now=now, today=legal_date(now).isoformat(), **values
    )
    return page, error.status if error else 200


def _worked_out(session: Session, agreement: Agreement, given: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
    usage = effective_usage(session, agreement.id)
    used = read_whole(given, "used") if given.get("used") else usage.used if usage else 0
    earlier = read_yuan(given, "earlier_refunds") if given.get("earlier_refunds") else Money(0)
    ended = read_ended_on(given.get("ended_on", ""), legal_date(now))
    reason = why_not_settled(session, agreement)
    shared = reading.shared_orders(session, agreement)
    return {
        "agreement": agreement,
        "used": used,
        "earlier": earlier,
        "ended_on": ended,
        "bases": both_bases(agreement, used=used, ended_on=ended, earlier=earlier),
        "refused": refusal(reason) if reason else None,
        "live": live_settlement(session, agreement.id),
        "shared": shared if len(shared) > 1 and order_of(agreement).measure is not Measure.DAYS else [],
        "charged": charge_earliest_end_first(used, shared),
    }


def settlement_panel(agreement: Agreement) -> dict[str, Any]:
    """Return what the agreement's page says of money: its settlements, or why there is none."""
    session = db.session()
    reason = why_not_settled(session, agreement)
    return {
        "settlements": reading.settlements_of(session, agreement.id),
        "reason": refusal(reason) if reason else None,
        "kind": reason.value if reason else None,
    }
