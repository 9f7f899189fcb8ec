"""Any order form, printed from generated values in varied layouts and styles, reads back to the same values."""

import unicodedata
from datetime import datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from tests.builders_intake import read_json
from tests.builders_printed_forms import forms


def half(text):
    return None if text is None else "".join(unicodedata.normalize("NFKC", text).split())


def expected_of(printed):
    """What the form must read to, names and addresses without the width and spaces that a style gave them."""
    one, spec = printed.values, printed.values.spec
    quota = spec.calls * one.quantity if spec.calls else None
    end = datetime.combine(one.end, time()) + timedelta(days=printed.end_days)
    return {
        "parties": {
            party: {name: half(getattr(side, name)) for name in ("name", "address", "contact", "phone")}
            for party, side in (("party_a", one.party_a), ("party_b", one.party_b))
        },
        "order_no": one.order_no,
        "product": half(one.product),
        "spec": half(spec.text),
        "quantity": one.quantity,
        "start": one.start.isoformat(),
        "end": one.end.isoformat(),
        "ends_at": end.isoformat() + "+08:00",
        "listed": f"{one.listed:.2f}",
        "paid": f"{one.paid:.2f}",
        "kind": spec.kind,
        "calls": spec.calls,
        "period": spec.period,
        "qps": spec.qps,
        "quota": quota if spec.kind in {"pack", "per_call"} else None,
        "price_check": "not_applicable" if spec.kind == "pay_as_you_go" else "ok",
        "signed": [one.signed.isoformat()] * 2,
    }


def seen(read):
    order, spec, derived = read["order"], read["spec"], read["derived"]
    return {
        "parties": {
            party: {name: half(value) for name, value in fields.items() if name != "role"}
            for party, fields in read["parties"].items()
        },
        "order_no": order["order_no"],
        "product": half(order["product_name"]),
        "spec": half(order["spec_text"]),
        "quantity": order["quantity"],
        "start": order["service_start"],
        "end": order["service_end"],
        "ends_at": derived["service_end_exclusive_at"],
        "listed": order["list_price"],
        "paid": order["paid_amount"],
        "kind": spec["kind"],
        "calls": spec["pack_calls"],
        "period": spec["period"],
        "qps": spec.get("qps_limit"),
        "quota": derived["quota_total"],
        "price_check": derived["price_check"],
        "signed": [read["signing"]["party_a_date"], read["signing"]["party_b_date"]],
    }


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(forms())
def test_a_printed_order_form_reads_back_to_its_values(printed):
    assert seen(read_json(printed.text)) == expected_of(printed)


@pytest.mark.soak
@settings(max_examples=5000, suppress_health_check=list(HealthCheck))
@given(forms())
def test_thousands_of_printed_order_forms_read_back_to_their_values(printed):
    assert seen(read_json(printed.text)) == expected_of(printed)
