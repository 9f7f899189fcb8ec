"""What the review page shows: the text cut at its evidence, fields in groups, the arithmetic, terms side by side."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from agreements.intake.draft import SURE, PriceCheck, Term
from agreements.intake.fields import KNOWN, Kind, KnownField
from agreements.intake.numerals import NUMBER, read_number
from agreements.intake.printing import term_as_json
from agreements.intake.reviewed import Reviewed
from agreements.intake.standard_form import StandardForm
from agreements.kernel.errors import InvalidInput
from agreements.kernel.money import Money, parse_yuan

GROUPS: Mapping[str, tuple[str, ...]] = {
    "party_a": ("parties.party_a.",),
    "party_b": ("parties.party_b.",),
    "marketplace": ("marketplace.",),
    "order": ("order.",),
    "spec": ("spec.",),
    "signing": ("signing.",),
}
IN_WAN = re.compile(rf"(?P<number>{NUMBER})\s?[万wW]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text. `names`: fields it is evidence of; `begins`: those whose evidence begins here."""

    text: str
    names: tuple[str, ...]
    begins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field on the page.

    value     as shown: date, Money, bool, number or text; None where there is none
    written   as a form takes it
    read      the value as read, where it was corrected
    is_shown  whether the text has evidence of it
    is_sure   whether the reader was sure of the evidence
    page      on which the evidence stands, None where the file has no pages
    percent   how sure the reader was, None where there is no evidence
    """

    field: KnownField
    value: Any
    written: str
    read: Any
    is_corrected: bool
    is_shown: bool
    is_sure: bool
    page: int | None
    percent: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the arithmetic; `verdict` is ok, mismatch, paid_more or None where there is nothing to say."""

    name: str
    formula: str
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term beside the standard form's. `parts` are its fields that can be corrected."""

    key: str
    value: Any
    standard: Any
    clause: str | None
    standard_clause: str | None
    is_stated: bool
    differs: bool
    is_shown: bool
    page: int | None
    parts: tuple[FieldRow, ...]


@dataclass(frozen=True, slots=True)
class ExtraRow:
    """A period that the standard form does not have; `number` tells several of one subject apart."""

    name: str
    subject: str
    number: str
    value: Mapping[str, Any]
    clause: str | None


def segments(text: str, evidence: Mapping[str, Mapping[str, Any]]) -> list[Segment]:
    """Cut the text wherever a piece of evidence begins or ends; joined again it is the text."""
    spans = {name: (span["start"], span["end"]) for name, span in evidence.items() if span["end"] > span["start"]}
    bounds = sorted({0, len(text), *(bound for span in spans.values() for bound in span)})
    return [
        Segment(
            text[start:end],
            tuple(name for name, span in spans.items() if span[0] <= start and end <= span[1]),
            tuple(name for name, span in spans.items() if span[0] == start),
        )
        for start, end in pairwise(bounds)
    ]


def field_groups(review: Reviewed) -> Mapping[str, list[FieldRow]]:
    """Return the fields by group, in the order of the draft."""
    return {
        group: [field_row(review, field) for name, field in KNOWN.items() if name.startswith(prefixes)]
        for group, prefixes in GROUPS.items()
    }


def field_row(review: Reviewed, field: KnownField) -> FieldRow:
    value, read = review.value(field.name), review.value_as_read(field.name)
    evidence = review.read["evidence"].get(field.name)
    is_corrected = field.name in review.corrected
    return FieldRow(
        field=field,
        value=_shown(field, value),
        written=_written(value),
        read=_shown(field, read) if is_corrected else None,
        is_corrected=is_corrected,
        is_shown=evidence is not None,
        is_sure=evidence is None or is_corrected or evidence["confidence"] >= SURE,
        page=evidence.get("page") if evidence else None,
        percent=round(evidence["confidence"] * 100) if evidence else None,
    )


def _shown(field: KnownField, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if field.kind is Kind.DATE:
        return date.fromisoformat(value)
    if field.kind is Kind.YUAN:
        try:
            return parse_yuan(value, field.name)
        except InvalidInput:  # a price per call has more digits than an amount
            return value
    return value


def _written(value: Any) -> str:
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def arithmetic(review: Reviewed) -> Iterator[Step]:
    """Yield what follows from the order, with the numbers that it follows from (clause 一)."""
    spec, derived, quantity = review.spec, review.derived, review.value("order.quantity")
    listed, paid = (_money(review.value(f"order.{name}")) for name in ("list_price", "paid_amount"))
    quota = derived.quota_total
    yield from _in_wan(review.value("order.spec_text") or "", {spec.pack_calls, spec.pack_price})
    if quota is not None and spec.pack_calls is not None:
        yield Step("quota", f"{spec.pack_calls:,} × {quantity:,} = {quota:,}")
    if quantity is not None and listed is not None:
        verdict = {PriceCheck.OK: "ok", PriceCheck.MISMATCH: "mismatch"}.get(derived.price_check)
        if spec.pack_price is not None:
            price = f"{_plain(spec.pack_price)} × {quantity:,} = {_plain(spec.pack_price * quantity)}"
            yield Step("price", price, verdict)
        elif verdict is not None and spec.unit_price is not None and spec.pack_calls is not None:
            total = _plain(spec.unit_price * spec.pack_calls * quantity)
            unit = f"{spec.unit_price.normalize():f}"
            yield Step("price", f"{unit} × {spec.pack_calls:,} × {quantity:,} = {total}", verdict)
    if derived.discount_amount is not None and derived.discount_amount < 0:
        excess = _plain(-derived.discount_amount)
        yield Step("paid_more", f"{_yuan(paid)} − {_yuan(listed)} = {excess}", "paid_more")
    elif derived.discount_amount is not None:
        yield Step("discount", f"{_yuan(listed)} − {_yuan(paid)} = {_plain(derived.discount_amount)}")
    if quota and listed is not None:
        yield Step("unit_price_list", f"{_yuan(listed)} ÷ {quota:,} = {derived.unit_price_list}")
    if quota and paid is not None:
        yield Step("unit_price_effective", f"{_yuan(paid)} ÷ {quota:,} = {derived.unit_price_effective}")
    if derived.service_days is not None:
        start, end = (review.value(f"order.service_{name}") for name in ("start", "end"))
        apart = (date.fromisoformat(end) - date.fromisoformat(start)).days
        more = derived.service_days - apart
        inclusive = f" + {more} = {derived.service_days}" if more > 0 else ""
        yield Step("service_days", f"{end} − {start} = {apart}{inclusive}")


def _in_wan(spec_text: str, read: Collection[Decimal | int | None]) -> Iterator[Step]:
    """Show 3万 as 3 × 10,000, where that is what the calls or the price were read from."""
    for match in IN_WAN.finditer(spec_text):
        number = read_number(match["number"])
        if number is not None and number * 10_000 in read:
            yield Step("in_wan", f"{match.group()} = {number.normalize():f} × 10,000 = {number * 10_000:,.0f}")


def _money(value: str | None) -> Money | None:
    return None if value is None else parse_yuan(value, "amount")


def _yuan(amount: Money | None) -> str:
    return "" if amount is None else f"{Decimal(str(amount)):,}"


def _plain(yuan: Decimal) -> str:
    return f"{yuan:,.2f}" if yuan == round(yuan, 2) else f"{yuan.normalize():,f}"


def term_rows(review: Reviewed, form: StandardForm) -> list[TermRow]:
    """Return every term beside the standard form's; those that differ or were not understood first."""
    rows = [_term_row(review, form, key, value) for key, value in review.values["terms"].items()]
    return sorted(rows, key=lambda row: not row.differs)


def _term_row(review: Reviewed, form: StandardForm, key: str, value: Any) -> TermRow:
    found = review.read["term_clauses"][key]
    of_standard = _without_clause(term_as_json(key, Term(form.value_of(key))))
    stripped = _without_clause(value)
    return TermRow(
        key=key,
        value=stripped,
        standard=of_standard,
        clause=found["clause"],
        standard_clause=form.number_of(key),
        is_stated=found["is_stated"],
        differs=stripped != of_standard or (not found["is_stated"] and form.clause_of(key) is not None),
        is_shown=f"terms.{key}" in review.read["evidence"],
        page=review.read["evidence"].get(f"terms.{key}", {}).get("page"),
        parts=tuple(field_row(review, field) for field in _parts(key)),
    )


def _parts(key: str) -> Sequence[KnownField]:
    return [field for name, field in KNOWN.items() if name == f"terms.{key}" or name.startswith(f"terms.{key}.")]


def _without_clause(value: Any) -> Any:
    return {name: part for name, part in value.items() if name != "clause"} if isinstance(value, Mapping) else value


def extra_rows(review: Reviewed) -> list[ExtraRow]:
    return [
        ExtraRow(name, *_subject(name), _without_clause(extra), extra["clause"])
        for name, extra in review.values["extra_terms"].items()
    ]


def _subject(name: str) -> tuple[str, str]:
    """Split refund_2 into its subject and number; a period without a known subject is unclassified."""
    if name.startswith("unclassified_period"):
        return "unclassified_period", ""
    subject, _, number = name.rpartition("_")
    return (subject, number) if number.isdigit() else (name, "")
