"""A draft with a person's corrections laid over it: what was read stays, what follows is computed anew."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from agreements.intake.dates import ServicePeriod
from agreements.intake.derived import derive, judge_effectiveness
from agreements.intake.document import Field
from agreements.intake.draft import Derived, Draft, PriceCheck, Term
from agreements.intake.fields import FieldValue
from agreements.intake.header import is_company_name
from agreements.intake.models import Amount
from agreements.intake.order import OrderFields
from agreements.intake.printing import draft_as_json
from agreements.intake.spec import Spec, parse_spec
from agreements.intake.term_kinds import TERMS
from agreements.kernel.instants import SHANGHAI
from agreements.parties.rules import normalised_name
from agreements.register.rules import SpecKind

SPEC_SOURCES = frozenset({"order.spec_text", "order.payment_mode"})
SPEC_PARTS = frozenset({"spec.kind", "spec.pack_price", "spec.pack_calls", "spec.unit_price"})
AMOUNT_FIELDS: Mapping[Amount, str] = {Amount.LIST_PRICE: "order.list_price", Amount.PAID_AMOUNT: "order.paid_amount"}
SECTION = re.compile(r"^[#*\s|]{0,8}([一二三四五六七八九十]{1,3})[、.．]", re.MULTILINE)
UNLIMITED = "unlimited"
NOT_PREPAID = "not_prepaid"

CONSEQUENCES: Mapping[str, frozenset[str]] = {
    "purchaser_account_mismatch": frozenset({"parties.party_a.name", "marketplace.purchaser_account"}),
    "seller_account_mismatch": frozenset({"parties.party_b.name", "marketplace.seller_account"}),
    "party_a_contact_is_company_name": frozenset({"parties.party_a.name", "parties.party_a.contact"}),
    "price_check_mismatch": SPEC_SOURCES | SPEC_PARTS | {"order.quantity", "order.list_price"},
    "paid_more_than_list_price": frozenset({"order.list_price", "order.paid_amount"}),
    "service_period_reversed": frozenset({"order.service_start", "order.service_end"}),
}
"""Warnings that a correction can raise, with the fields they hang on."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A draft under review.

    read       the draft as read, never changed (see `draft_snapshot`)
    values     the same with corrections laid over it
    corrected  names of the corrected fields
    """

    read: Mapping[str, Any]
    values: Mapping[str, Any]
    corrected: frozenset[str]
    spec: Spec
    derived: Derived

    def value(self, name: str) -> Any:
        """Return the value of a field by its dotted name, None where there is none."""
        return _at(self.values, name)

    def value_as_read(self, name: str) -> Any:
        return _at(self.read, name)

    def amount(self, amount: Amount) -> str | None:
        """Return an amount as it would be registered, None while it is not known."""
        if amount is not Amount.QUOTA_TOTAL:
            value: str | None = self.value(AMOUNT_FIELDS[amount])
            return value
        if self.derived.quota_total is not None:
            return str(self.derived.quota_total)
        if self.derived.quota_unlimited:
            return UNLIMITED
        return NOT_PREPAID if self.spec.kind is SpecKind.PAY_AS_YOU_GO else None


def draft_snapshot(draft: Draft, text: str) -> dict[str, Any]:
    """Return the draft as JSON, as `agreements read --json --evidence` prints it, with the clause of every term."""
    clauses = {
        key: {"clause": _cited(key, term, text), "is_stated": term.is_stated} for key, term in draft.terms.items()
    }
    return draft_as_json(draft, with_evidence=True) | {"term_clauses": clauses}


def _cited(key: str, term: Term, text: str) -> str | None:
    """Cite a clause of the main agreement with its section, as in 三 1; the annex numbers its clauses in full."""
    if not TERMS[key].in_main or term.evidence is None:
        return term.clause
    if term.clause is not None and not term.clause.isdigit():
        return term.clause
    headings = SECTION.findall(text[: term.evidence.end])
    return " ".join(part for part in (headings[-1] if headings else None, term.clause) if part) or None


def reviewed(read: Mapping[str, Any], corrections: Mapping[str, FieldValue]) -> Reviewed:
    """Lay corrections (by dotted field name) over a draft and compute what follows (clause 一)."""
    values = copy.deepcopy(dict(read))
    for name, value in corrections.items():
        _put(values, name, value)
    spec = _spec(read, values, corrections)
    values["spec"] = values["spec"] | {
        "kind": spec.kind.value if spec.kind else None,
        "pack_price": _printed(spec.pack_price),
        "pack_calls": spec.pack_calls,
        "unit_price": None if spec.unit_price is None else f"{spec.unit_price:.6f}",
    }
    order = _order(values, corrections)
    warnings = read["warnings"]
    effectiveness = judge_effectiveness(
        order,
        values["terms"]["effective_on"],
        is_postpaid="effectiveness_needs_review:post_paid" in warnings,
        says_unpaid="unpaid_not_effective" in warnings,
    )
    return Reviewed(read, values, frozenset(corrections), spec, derive(order, spec, effectiveness))


def consequences(review: Reviewed) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the warnings that the values now give rise to, each with the fields it hangs on."""
    holds = {
        "purchaser_account_mismatch": _differ(review, "marketplace.purchaser_account", "parties.party_a.name"),
        "seller_account_mismatch": _differ(review, "marketplace.seller_account", "parties.party_b.name"),
        "party_a_contact_is_company_name": _contact_is_company(review),
        "price_check_mismatch": review.derived.price_check is PriceCheck.MISMATCH,
        "paid_more_than_list_price": review.derived.discount_amount is not None and review.derived.discount_amount < 0,
        "service_period_reversed": _is_reversed(review.derived),
    }
    for code, fields in CONSEQUENCES.items():
        if holds[code]:
            yield code, fields
    if review.corrected & SPEC_SOURCES:
        for code in review.spec.warnings:
            yield code, SPEC_SOURCES


def _at(values: Mapping[str, Any], name: str) -> Any:
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _put(values: dict[str, Any], name: str, value: FieldValue) -> None:
    *path, last = name.split(".")
    inside = values
    for part in path:
        if not isinstance(inside.get(part), dict):
            inside[part] = {}
        inside = inside[part]
    inside[last] = value


def _spec(read: Mapping[str, Any], values: Mapping[str, Any], corrections: Mapping[str, FieldValue]) -> Spec:
    """Read the spec again where its text was corrected; parts that a person wrote win over both."""
    if SPEC_SOURCES & corrections.keys():
        spec = parse_spec(values["order"]["spec_text"] or "", values["order"]["payment_mode"])
    else:
        as_read = read["spec"]
        spec = Spec(
            kind=SpecKind(as_read["kind"]) if as_read["kind"] else None,
            pack_price=_decimal(as_read["pack_price"]),
            pack_calls=as_read["pack_calls"],
            period=as_read["period"],
            unit_price=_decimal(as_read.get("unit_price")),
            qps_limit=as_read.get("qps_limit"),
        )
    if not SPEC_PARTS & corrections.keys():
        return spec
    written = values["spec"]
    spec = replace(
        spec,
        kind=SpecKind(written["kind"]) if "spec.kind" in corrections else spec.kind,
        pack_price=_decimal(written["pack_price"]) if "spec.pack_price" in corrections else spec.pack_price,
        pack_calls=written["pack_calls"] if "spec.pack_calls" in corrections else spec.pack_calls,
        unit_price=_decimal(written["unit_price"]) if "spec.unit_price" in corrections else spec.unit_price,
    )
    if spec.kind is SpecKind.PER_CALL:
        return replace(spec, pack_calls=1, pack_price=spec.unit_price or spec.pack_price)
    return spec


def _order(values: Mapping[str, Any], corrections: Mapping[str, FieldValue]) -> OrderFields:
    order = values["order"]
    return OrderFields(
        order_no=Field(order["order_no"]),
        product_name=Field(order["product_name"]),
        spec_text=Field(order["spec_text"]),
        quantity=Field(order["quantity"]),
        payment_mode=Field(order["payment_mode"]),
        period=Field(_period(values, corrections)),
        list_price=Field(_decimal(order["list_price"])),
        paid_amount=Field(_decimal(order["paid_amount"])),
        currency=order["currency"],
        paid_nothing=False,
        has_coupon=False,
    )


def _period(values: Mapping[str, Any], corrections: Mapping[str, FieldValue]) -> ServicePeriod:
    """A corrected end date is served to 24:00 (E-01); an end read as an instant stays one until it is corrected."""
    start, end = (None if day is None else date.fromisoformat(day) for day in (
        values["order"]["service_start"], values["order"]["service_end"]
    ))  # fmt: skip
    starts_at = _local(values["derived"]["service_start_at"])
    ends_at = _local(values["derived"]["service_end_exclusive_at"])
    if "order.service_start" in corrections and start is not None:
        starts_at = datetime.combine(start, time())
    if "order.service_end" in corrections and end is not None:
        ends_at = datetime.combine(end, time()) + timedelta(days=1)
    return ServicePeriod(start, end, starts_at, ends_at)


def _local(instant: str | None) -> datetime | None:
    """Return the naive Shanghai time that the reading side counts in."""
    return None if instant is None else datetime.fromisoformat(instant).astimezone(SHANGHAI).replace(tzinfo=None)


def _differ(review: Reviewed, one: str, other: str) -> bool:
    names = (review.value(one), review.value(other))
    return None not in names and normalised_name(names[0]) != normalised_name(names[1])


def _contact_is_company(review: Reviewed) -> bool:
    contact, name = review.value("parties.party_a.contact"), review.value("parties.party_a.name")
    if contact is None:
        return False
    return is_company_name(contact) or (name is not None and normalised_name(contact) == normalised_name(name))


def _is_reversed(derived: Derived) -> bool:
    start, end = derived.service_start_at, derived.service_end_exclusive_at
    return start is not None and end is not None and end <= start


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _printed(yuan: Decimal | None) -> str | None:
    if yuan is None:
        return None
    return f"{yuan:.2f}" if yuan == round(yuan, 2) else f"{yuan.normalize():f}"
