"""The register: search, filter, sort, page, and take out as CSV."""

import csv
import io
from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.instants import legal_date
from agreements.kernel.money import Money
from agreements.kernel.web.formats import short_day
from agreements.kernel.web.language import label
from agreements.kernel.web.paging import PAGE_SIZE, Page
from agreements.products.models import Product
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.desk import rules
from compliance.desk.pages import render_desk
from compliance.desk.reading import Position, positions_of
from compliance.desk.rules import ServiceState
from compliance.desk.searching import Search, agreements_of_ids, count_found, ids_found, read_search

blueprint = Blueprint("register", __name__)

CHUNK = 500
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@blueprint.get("/agreements")
def index() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    search = read_search(request.args)
    total = count_found(session, search, now=now)
    number = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-total // PAGE_SIZE)))
    ids = ids_found(session, search, now=now).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    rows = agreements_of_ids(session, session.scalars(ids).all())
    return render_desk(
        "register.html",
        page=Page(rows=rows, number=number, size=PAGE_SIZE, total=total),
        positions=positions_of(session, rows, now=now),
        search=search,
        products=session.execute(select(Product.code, Product.name).order_by(Product.code)).all(),
        states=AgreementState,
        services=ServiceState,
        now=now,
    )


@blueprint.get("/register")
def old_address() -> ResponseReturnValue:
    """The top bar's search and the side bar come here; the register lives above its agreements."""
    query = urlencode(list(request.args.items(multi=True)))
    return redirect(url_for("register.index") + (f"?{query}" if query else ""))


@blueprint.get("/agreements/export.csv")
def export() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    search = read_search(request.args)
    response = Response(stream_with_context(_csv(session, search)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=agreements-{legal_date(now):%Y%m%d}.csv"
    return response


def _csv(session: Session, search: Search) -> Iterator[str]:
    """Yield the rows that fit, as UTF-8 with a mark that spreadsheets look for, in one order and from one moment."""
    now = clock.now(session)
    yield "\ufeff" + _line(_heads())
    ids = session.scalars(ids_found(session, search, now=now)).all()
    for first in range(0, len(ids), CHUNK):
        chunk = agreements_of_ids(session, ids[first : first + CHUNK])
        positions = positions_of(session, chunk, now=now)
        yield "".join(_line(_cells(agreement, positions[agreement.id])) for agreement in chunk)
        session.expunge_all()  # a long export does not gather the whole register in memory


def _heads() -> list[str]:
    return [
        gettext("Order number"),
        gettext("Tenant"),
        gettext("Tenant key"),
        gettext("Product code"),
        gettext("Product"),
        gettext("Specification"),
        gettext("Quantity"),
        gettext("List price (yuan)"),
        gettext("Paid (yuan)"),
        gettext("Call quota"),
        gettext("First day of service"),
        gettext("Last day of service"),
        gettext("State"),
        gettext("Service"),
        gettext("Gateway answers"),
        gettext("Clause"),
        gettext("Next act"),
    ]


def _cells(agreement: Agreement, position: Position) -> list[str]:
    gateway = position.gateway
    unlimited = gettext("unlimited") if agreement.quota_unlimited else ""
    return [
        agreement.order_no,
        agreement.tenant.party.name,
        agreement.tenant.tenant_key,
        agreement.product.code,
        agreement.product_name,
        agreement.spec_text,
        str(agreement.quantity),
        str(Money(agreement.list_price_fen)),
        str(Money(agreement.paid_amount_fen)),
        unlimited if agreement.quota_total is None else str(agreement.quota_total),
        short_day(agreement.service_start_at),
        short_day(rules.last_day(agreement.service_end_exclusive_at)),
        label("agreement_state", position.state),
        label("service_state", position.service),
        gateway.reason_codes[0].value if gateway.reason_codes else "ALLOW",
        gateway.clause or "",
        label("next_act", position.step.act) if position.step else "",
    ]


def _line(cells: list[str]) -> str:
    """Write one line. A cell that a spreadsheet would run as a formula is made text by an apostrophe."""
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell.startswith(STARTS_A_FORMULA) else cell for cell in cells])
    return out.getvalue()
