"""The register taken out: the rows that fit, or those that were ticked, as CSV or XLSX, from one moment."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from flask import Response, stream_with_context
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel.instants import legal_date
from agreements.kernel.money import Money
from agreements.kernel.web.language import current_locale, label
from agreements.kernel.web.spreadsheets import BYTE_ORDER_MARK, XLSX, Cell, csv_line, xlsx_chunks
from agreements.parties.industries import industries
from agreements.register.models import Agreement
from compliance.desk import rules
from compliance.desk.arranging import labels_of
from compliance.desk.reading import Position, positions_of
from compliance.desk.searching import agreements_of_ids

CHUNK = 500
WIDTHS = (18, 34, 16, 16, 26, 18, 8, 12, 12, 12, 12, 12, 12, 12, 22, 10, 16, 12, 20, 16)


def csv_answer(session: Session, ids: Sequence[int], *, now: datetime) -> Response:
    def lines() -> Iterator[str]:
        yield BYTE_ORDER_MARK + csv_line(_heads())
        for row in _rows(session, ids, now=now):
            yield csv_line(row)

    return _attached(Response(stream_with_context(lines()), mimetype="text/csv"), "csv", now=now)


def xlsx_answer(session: Session, ids: Sequence[int], *, now: datetime) -> Response:
    chunks = xlsx_chunks(_heads(), _rows(session, ids, now=now), widths=WIDTHS)
    return _attached(Response(stream_with_context(chunks), mimetype=XLSX), "xlsx", now=now)


def _attached(response: Response, ending: str, *, now: datetime) -> Response:
    name = f"agreements-{legal_date(now):%Y%m%d}.{ending}"
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _rows(session: Session, ids: Sequence[int], *, now: datetime) -> Iterator[list[Cell]]:
    named = {code: each.name(current_locale()) for code, each in industries(session).items()}
    for first in range(0, len(ids), CHUNK):
        chunk = agreements_of_ids(session, ids[first : first + CHUNK])
        positions = positions_of(session, chunk, now=now)
        labels = labels_of(session, [agreement.id for agreement in chunk])
        for agreement in chunk:
            yield _cells(
                agreement, positions[agreement.id], labels.get(agreement.id, []), named[agreement.tenant.industry]
            )
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
        gettext("Looked after by"),
        gettext("Labels"),
        gettext("Industry"),
    ]


def _cells(agreement: Agreement, position: Position, labels: Sequence[str], industry: str) -> list[Cell]:
    gateway = position.gateway
    unlimited = gettext("unlimited") if agreement.quota_unlimited else None
    return [
        agreement.order_no,
        agreement.tenant.party.name,
        agreement.tenant.tenant_key,
        agreement.product.code,
        agreement.product_name,
        agreement.spec_text,
        agreement.quantity,
        Decimal(str(Money(agreement.list_price_fen))),
        Decimal(str(Money(agreement.paid_amount_fen))),
        unlimited if agreement.quota_total is None else agreement.quota_total,
        legal_date(agreement.service_start_at),
        rules.last_day(agreement.service_end_exclusive_at),
        label("agreement_state", position.state),
        label("service_state", position.service),
        gateway.reason_codes[0].value if gateway.reason_codes else "ALLOW",
        gateway.clause,
        label("next_act", position.step.act) if position.step else None,
        agreement.owner.name if agreement.owner else None,
        "; ".join(labels),
        industry,
    ]
