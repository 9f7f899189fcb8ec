"""From a reviewed draft to the facts that an agreement is registered with."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from agreements.intake.fields import MANDATORY
from agreements.intake.reviewed import Reviewed
from agreements.intake.term_kinds import TERMS, Shape
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.money import parse_yuan
from agreements.parties.actions import ContactDetails
from agreements.register.rules import AgreementFacts, SpecKind, TermFact

COUNTED = frozenset({SpecKind.PACK, SpecKind.PER_CALL})
EXTRA = "extra."
"""Before the name of a period that the agreement adds to the standard form."""


def missing_fields(review: Reviewed) -> tuple[str, ...]:
    """Return the mandatory fields that have no usable value, in the order of the draft."""
    missing = [name for name in MANDATORY if review.value(name) is None]
    if review.value("order.currency") not in (None, "CNY"):
        missing.append("order.currency")
    if review.spec.kind in COUNTED and review.spec.pack_calls is None:
        missing.append("spec.pack_calls")
    return tuple(missing)


def facts_of(review: Reviewed) -> AgreementFacts:
    """Return the facts of the order and its terms; raises InvalidInput naming the first field that is missing."""
    missing = missing_fields(review)
    if missing:
        raise InvalidInput(
            N_("The field %(name)s is missing: the agreement can't be registered without it."),
            code="FIELD_MISSING",
            field=missing[0],
            remedy=N_("Correct it on the review page by what the agreement says."),
            name=missing[0],
        )
    order, derived = review.values["order"], review.derived
    assert review.spec.kind is not None
    assert derived.service_start_at is not None
    assert derived.service_end_exclusive_at is not None
    return AgreementFacts(
        order_no=order["order_no"],
        tenant_name=review.value("parties.party_a.name"),
        product_name=order["product_name"],
        spec_text=order["spec_text"],
        spec_kind=review.spec.kind,
        quantity=order["quantity"],
        payment_mode=order["payment_mode"],
        service_start_at=derived.service_start_at,
        service_end_exclusive_at=derived.service_end_exclusive_at,
        list_price=parse_yuan(order["list_price"], "order.list_price"),
        paid_amount=parse_yuan(order["paid_amount"], "order.paid_amount"),
        quota_total=derived.quota_total,
        quota_unlimited=derived.quota_unlimited,
        purchaser_account=review.value("marketplace.purchaser_account"),
        seller_account=review.value("marketplace.seller_account"),
        provider_name=review.value("parties.party_b.name"),
        unit_price=_unit_price(review),
        signed_on=_signed_on(review),
        terms=tuple(_terms(review)),
    )


def contact_of(review: Reviewed) -> ContactDetails:
    party = review.values["parties"]["party_a"]
    return ContactDetails(party["contact"], party["phone"], party["address"])


def _unit_price(review: Reviewed) -> Decimal | None:
    """The price per call that the order names; what a pack's call costs is computed where it is needed."""
    return review.spec.unit_price


def _signed_on(review: Reviewed) -> date | None:
    """The later of the two signatures (information only: payment decides, main 三 1)."""
    days = [review.value(f"signing.{party}_date") for party in ("party_a", "party_b")]
    return max((date.fromisoformat(day) for day in days if day is not None), default=None)


def _terms(review: Reviewed) -> Iterator[TermFact]:
    for key, value in review.values["terms"].items():
        clause = review.read["term_clauses"][key]["clause"]
        yield _term(review, key, _never_the_standard_by_silence(key, value), clause, f"terms.{key}")
    for key, extra in review.values["extra_terms"].items():
        value = {"value": extra["value"], "unit": extra["unit"]}
        yield _term(review, f"{EXTRA}{key}"[:60], value, extra["clause"], f"extra_terms.{key}")


def _term(review: Reviewed, key: str, value: Any, clause: str | None, source: str) -> TermFact:
    evidence = review.read["evidence"].get(source)
    span = (evidence["start"], evidence["end"]) if evidence else (None, None)
    return TermFact(key, value, clause, *span)


def _never_the_standard_by_silence(key: str, value: Any) -> Any:
    """A period that was not understood is registered as such: nobody may count by the standard form instead."""
    if value is None and TERMS[key].shape is Shape.NOTICE:
        return {"value": None, "unit": None, "starts": None, "form": None}
    return value
