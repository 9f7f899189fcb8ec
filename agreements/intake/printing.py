"""The draft as JSON and as a page of text."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from agreements.intake.draft import Draft, ExtraPeriod, NoticePeriod, Settlement, Suspension, Term
from agreements.intake.spec import Spec
from agreements.intake.term_kinds import TERMS
from agreements.register.rules import SpecKind

MONEY = frozenset({"list_price", "paid_amount", "discount_amount", "pack_price"})


def draft_as_json(draft: Draft, *, with_evidence: bool = False) -> dict[str, Any]:
    """Return the draft in the shape that `agreements read --json` prints; amounts and dates are text."""
    document: dict[str, Any] = {
        "source_file": draft.source_file,
        "parties": {"party_a": _plain(asdict(draft.party_a)), "party_b": _plain(asdict(draft.party_b))},
        "marketplace": _plain(asdict(draft.marketplace)),
        "order": _plain(asdict(draft.order)),
        "spec": _spec(draft.spec),
        "derived": _plain(asdict(draft.derived)),
        "signing": _plain(asdict(draft.signing)),
        "terms": {key: term_as_json(key, term) for key, term in draft.terms.items()},
        "changed_terms": list(draft.changed_terms),
        "warnings": list(draft.warnings),
        "extra_terms": {key: _extra(extra) for key, extra in draft.extra_terms.items()},
    }
    if with_evidence:
        document["evidence"] = {name: asdict(evidence) for name, evidence in draft.evidence.items()}
    return document


def term_as_json(key: str, term: Term) -> Any:
    """Return a term's value as JSON, with its clause where the shape has one."""
    value = term.value
    if isinstance(value, NoticePeriod):
        printed: dict[str, Any] = {"value": value.value, "unit": _value(value.unit), "starts": value.starts}
        if key == "change_notification":
            printed["form"] = value.form
    elif isinstance(value, Suspension):
        printed = {"notice_required": value.notice_required, "consent_required": value.consent_required}
    elif isinstance(value, Settlement):
        printed = {"basis": value.basis, "triggers": list(value.triggers)}
    else:
        return value
    return printed | ({"clause": term.clause} if TERMS[key].cites_clause else {})


def _extra(extra: ExtraPeriod) -> dict[str, Any]:
    return {"value": extra.value, "unit": extra.unit.value, "clause": extra.clause}


def _spec(spec: Spec) -> dict[str, Any]:
    """Print unit price and QPS limit only where the text names them or the kind is priced by the call."""
    printed: dict[str, Any] = {
        "kind": _value(spec.kind),
        "pack_price": None if spec.pack_price is None else _money(spec.pack_price),
        "pack_calls": spec.pack_calls,
        "period": spec.period,
    }
    if spec.unit_price is not None or spec.kind is SpecKind.PAY_AS_YOU_GO:
        printed["unit_price"] = None if spec.unit_price is None else _unit_price(spec.unit_price)
    if spec.qps_limit is not None:
        printed["qps_limit"] = spec.qps_limit
    return printed


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _money(value) if name in MONEY and isinstance(value, Decimal) else _value(value)
        for name, value in values.items()
    }


def _value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return _unit_price(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _money(yuan: Decimal) -> str:
    """Two digits, or all of them where a price per call has more."""
    return f"{yuan:.2f}" if yuan == round(yuan, 2) else f"{yuan.normalize():f}"


def _unit_price(yuan: Decimal) -> str:
    return f"{yuan:.6f}"


def draft_as_text(draft: Draft) -> str:
    """Return the draft for people: aligned fields, then terms, then warnings."""
    json = draft_as_json(draft)
    sections = [("party_a", json["parties"]["party_a"]), ("party_b", json["parties"]["party_b"])]
    sections += [(name, json[name]) for name in ("marketplace", "order", "spec", "derived", "signing")]
    lines = [draft.source_file]
    for title, values in sections:
        lines += ["", title, *_aligned({name: _written(value) for name, value in values.items()})]
    lines += ["", "terms (* differs from the standard form)"]
    marked = {
        ("* " if key in draft.changed_terms else "  ") + key: _written(value) for key, value in json["terms"].items()
    }
    lines += _aligned(marked)
    if json["extra_terms"]:
        lines += ["", "extra terms", *_aligned({key: _written(value) for key, value in json["extra_terms"].items()})]
    lines += ["", f"warnings: {len(draft.warnings)}", *(f"  {warning}" for warning in draft.warnings)]
    return "\n".join(lines)


def _aligned(rows: dict[str, str]) -> list[str]:
    width = max((len(name) for name in rows), default=0)
    return [f"  {name:<{width}}  {value}".rstrip() for name, value in rows.items()]


def _written(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_written(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " + ".join(map(str, value)) or "—"
    return str(value)
