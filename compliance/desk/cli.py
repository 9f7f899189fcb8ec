"""`agreements show ORDER_NO`: the agreement as it stands at an instant, with terms, holds and obligations."""

from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.cli import LuyueGroup, print_json
from agreements.kernel.db import db
from agreements.kernel.instants import SHANGHAI, legal_date, parse_instant
from agreements.kernel.money import Money
from agreements.register.actions import agreement_of_order
from agreements.register.models import Agreement, Term
from compliance.desk import rules
from compliance.desk.duties import Duty
from compliance.desk.holds import HoldRow
from compliance.desk.past import past_of
from compliance.gateway.actions import decide_call

commands = LuyueGroup("agreements", help="Read, register and show agreements.")


@commands.command("show")
@click.argument("order_no")
@click.option("--at", "at_text", metavar="ISO", help="At another time than now; without a zone it is Shanghai time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, order_no: str, at_text: str | None, as_json: bool) -> None:
    """Show an agreement: terms in force with their source, holds, obligations, the gateway's answer."""
    session = db.session()
    at = clock.now(session) if at_text is None else parse_instant(at_text, "at")
    shown = agreement_at(session, agreement_of_order(session, order_no), at=at)
    if as_json:
        print_json(shown)
    else:
        click.echo("\n".join(_lines(shown)))


def agreement_at(session: Session, agreement: Agreement, *, at: datetime) -> dict[str, Any]:
    """Return what was true of an agreement at an instant, by the facts known today, as JSON values."""
    past = past_of(session, agreement, at=at)
    product = agreement.product.code
    decision = decide_call(session, agreement.tenant.tenant_key, product, now=at)
    return {
        "at": _text(at),
        "agreement": {
            "order_no": agreement.order_no,
            "state": past.state.value,
            "service": past.service.value,
            "tenant": agreement.party_a_name,
            "tenant_key": agreement.tenant.tenant_key,
            "provider": agreement.provider_name,
            "product_code": product,
            "product_name": agreement.product_name,
            "spec_text": agreement.spec_text,
            "spec_kind": agreement.spec_kind.value,
            "quantity": agreement.quantity,
            "payment_mode": agreement.payment_mode,
            "list_price": str(Money(agreement.list_price_fen)),
            "paid_amount": str(Money(agreement.paid_amount_fen)),
            "quota_total": past.quota_total,
            "quota_unlimited": agreement.quota_unlimited,
            "service_start": legal_date(agreement.service_start_at).isoformat(),
            "service_end": rules.last_day(past.service_end_exclusive_at).isoformat(),
            "service_start_at": _text(agreement.service_start_at),
            "service_end_exclusive_at": _text(past.service_end_exclusive_at),
            "effective_at": _text(agreement.effective_at),
            "activated_at": _text(past.activated_at),
        },
        "gateway": {"product": product, **decision.as_json()},
        "terms": [_term(term) for term in past.terms],
        "holds": [_hold(row, at) for row in past.holds],
        "obligations": [_obligation(duty, at) for duty in past.duties],
    }


def _term(term: Term) -> dict[str, Any]:
    instrument = term.instrument
    return {
        "key": term.key,
        "value": term.value,
        "clause": term.clause,
        "span": None if term.text_start is None else [term.text_start, term.text_end],
        "instrument": {
            "id": instrument.id,
            "kind": instrument.kind.value,
            "effective_at": _text(instrument.effective_at),
            "file": instrument.file.name,
            "sha256": instrument.file.sha256,
        },
    }


def _hold(row: HoldRow, at: datetime) -> dict[str, Any]:
    hold = row.hold
    return {
        "state": row.state_at(at).value,
        "ground": hold.ground.value,
        "scope": hold.scope.value,
        "clause": hold.clause,
        "notice": hold.notice.number if hold.notice else None,
        "decided_at": _text(hold.decided_at),
        "notice_arrived_at": _text(hold.notice.arrived_at if hold.notice else None),
        "effective_at": _text(row.effective_at),
        "lifted_at": _text(hold.lifted_at),
        "cancelled_at": _text(hold.cancelled_at),
    }


def _obligation(duty: Duty, at: datetime) -> dict[str, Any]:
    obligation = duty.obligation
    performed_at = obligation.performed_at if obligation.performed_at and obligation.performed_at <= at else None
    is_open = performed_at is None and obligation.void_reason is None
    late = is_open and not obligation.provisional and at >= obligation.overdue_from
    return {
        "code": obligation.code.value,
        "debtor": obligation.debtor.value,
        "clause": obligation.clause,
        "state": ("overdue" if late else "open") if is_open else obligation.state.value,
        "triggered_at": _text(obligation.triggered_at),
        "due_on": obligation.due_on.isoformat(),
        "overdue_from": _text(obligation.overdue_from),
        "target_at": _text(obligation.target_at),
        "performed_at": _text(performed_at),
        "counted_days": [day["day"] for day in obligation.count_trace["days"] if day["counted"]],
        "provisional": obligation.provisional,
        "calendar_version": obligation.calendar_version,
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(SHANGHAI).isoformat()


def _lines(shown: dict[str, Any]) -> list[str]:
    agreement, gateway = shown["agreement"], shown["gateway"]
    answer = " ".join([gateway["decision"].upper(), *gateway["reason_codes"]])
    return [
        f"{agreement['order_no']}  {agreement['state']}, service {agreement['service']}, at {shown['at']}",
        f"tenant     {agreement['tenant']} ({agreement['tenant_key']})",
        f"product    {agreement['product_code']}, {agreement['spec_text']} x {agreement['quantity']}",
        f"service    {agreement['service_start']} to {agreement['service_end']} 24:00",
        f"amounts    list {agreement['list_price']}, paid {agreement['paid_amount']}",
        f"effective  {agreement['effective_at'] or '-'}",
        f"gateway    {answer}" + (f" [clause {gateway['clause']}]" if gateway["clause"] else ""),
        *_section(
            "terms", [f"{_clause(each)}{each['key']} = {each['value']}  ({_source(each)})" for each in shown["terms"]]
        ),
        *_section(
            "holds",
            [
                f"{_clause(each)}{each['ground']} {each['state']}, decided {each['decided_at']},"
                f" effective {each['effective_at'] or '-'}"
                for each in shown["holds"]
            ],
        ),
        *_section(
            "obligations",
            [
                f"{_clause(each)}{each['code']} by {each['debtor']}: {each['state']}, due {each['due_on']} 24:00"
                f" (counted {' '.join(each['counted_days']) or '-'})"
                for each in shown["obligations"]
            ],
        ),
    ]


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", *(f"  {line}" for line in lines or ["none"])]


def _clause(each: dict[str, Any]) -> str:
    return f"[{each['clause']}] " if each["clause"] else ""


def _source(term: dict[str, Any]) -> str:
    return f"{term['instrument']['kind']} {term['instrument']['id']}"
