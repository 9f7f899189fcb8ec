"""The fields of a draft that a person can correct, and how strictly each is read."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agreements.intake.term_kinds import TERMS, Shape
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import parse_date
from agreements.kernel.money import parse_yuan
from agreements.register.rules import SpecKind

FieldValue = str | int | bool | None
"""As `agreements read --json` prints it: amounts and dates are text."""


class Kind(StrEnum):
    TEXT = "text"
    ORDER_NO = "order_no"
    COUNT = "count"
    YUAN = "yuan"
    UNIT_PRICE = "unit_price"
    DATE = "date"
    WORD = "word"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field that can be corrected.

    words          what a WORD may be
    is_mandatory   an agreement can't be registered without it
    """

    name: str
    kind: Kind
    words: tuple[str, ...] = ()
    is_mandatory: bool = False


def _known() -> list[KnownField]:
    block = ("name", "address", "contact", "phone")
    text = [f"parties.{party}.{name}" for party in ("party_a", "party_b") for name in block]
    text += ["marketplace.host", "marketplace.purchaser_account", "marketplace.seller_account"]
    fields = [KnownField(name, Kind.TEXT, is_mandatory=name == "parties.party_a.name") for name in text]
    fields += [
        KnownField("order.order_no", Kind.ORDER_NO, is_mandatory=True),
        KnownField("order.product_name", Kind.TEXT, is_mandatory=True),
        KnownField("order.spec_text", Kind.TEXT, is_mandatory=True),
        KnownField("order.quantity", Kind.COUNT, is_mandatory=True),
        KnownField("order.payment_mode", Kind.TEXT, is_mandatory=True),
        KnownField("order.service_start", Kind.DATE, is_mandatory=True),
        KnownField("order.service_end", Kind.DATE, is_mandatory=True),
        KnownField("order.list_price", Kind.YUAN, is_mandatory=True),
        KnownField("order.paid_amount", Kind.YUAN, is_mandatory=True),
        KnownField("order.currency", Kind.WORD, ("CNY",), is_mandatory=True),
        KnownField("spec.kind", Kind.WORD, tuple(kind.value for kind in SpecKind), is_mandatory=True),
        KnownField("spec.pack_price", Kind.YUAN),
        KnownField("spec.pack_calls", Kind.COUNT),
        KnownField("spec.unit_price", Kind.UNIT_PRICE),
        KnownField("signing.party_a_date", Kind.DATE),
        KnownField("signing.party_b_date", Kind.DATE),
        KnownField("signing.party_a_signature_name", Kind.TEXT),
    ]
    return fields + _terms()


def _terms() -> list[KnownField]:
    """Terms of one word can be corrected to any word that a clause is read for; periods and suspension part by part."""
    fields = []
    for key, kind in TERMS.items():
        name = f"terms.{key}"
        if kind.shape is Shape.NOTICE:
            units = ("working_day", "calendar_day", "hour")
            fields += [KnownField(f"{name}.value", Kind.COUNT), KnownField(f"{name}.unit", Kind.WORD, units)]
            if kind.has_form:
                fields.append(KnownField(f"{name}.form", Kind.WORD, ("written", "written_company_sealed", "any")))
        elif kind.shape is Shape.SUSPENSION:
            fields += [KnownField(f"{name}.{part}", Kind.YES_NO) for part in ("notice_required", "consent_required")]
        elif kind.shape is Shape.YES_NO:
            fields.append(KnownField(name, Kind.YES_NO))
        elif kind.shape is Shape.WORD:
            fields.append(KnownField(name, Kind.WORD, (*kind.words, "none")))
    return fields


KNOWN: Mapping[str, KnownField] = {field.name: field for field in _known()}
MANDATORY: tuple[str, ...] = tuple(field.name for field in KNOWN.values() if field.is_mandatory)

LONGEST_TEXT = 300
ORDER_NO = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,39}")
COUNT = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)")
LARGEST_COUNT = 10**12
UNIT_PRICE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def known_field(name: str) -> KnownField:
    """Return a field by its dotted name, or raise InvalidInput."""
    if name not in KNOWN:
        raise InvalidInput(
            N_("“%(name)s” is not a field that can be corrected."),
            field="field",
            remedy=N_("Choose a field of the review page."),
            name=name,
        )
    return KNOWN[name]


def parse_correction(field: KnownField, written: str) -> FieldValue:
    """Read what a person typed; empty means that the text has no such field. Raises InvalidInput on field `value`."""
    written = written.strip()
    if written:
        return PARSERS[field.kind](field, written)
    if field.is_mandatory:
        raise InvalidInput(
            N_("An agreement can't be registered without this field."),
            field="value",
            remedy=N_("Write what the agreement says."),
        )
    return None


def _text(_field: KnownField, written: str) -> str:
    if len(written) > LONGEST_TEXT or CONTROL.search(written):
        raise _refused(N_("Write one line of at most %(most)s characters."), most=LONGEST_TEXT)
    return written


def _order_no(_field: KnownField, written: str) -> str:
    if not ORDER_NO.fullmatch(written):
        raise _refused(N_("An order number has 4 to 40 letters, digits, hyphens or underscores."))
    return written


def _count(_field: KnownField, written: str) -> int:
    number = int(written.replace(",", "")) if COUNT.fullmatch(written) else 0
    if not 1 <= number <= LARGEST_COUNT:
        raise _refused(N_("Write a whole number of at least 1, such as 30000."))
    return number


def _yuan(_field: KnownField, written: str) -> str:
    return str(parse_yuan(written, "value"))


def _unit_price(_field: KnownField, written: str) -> str:
    if not UNIT_PRICE.fullmatch(written):
        raise _refused(N_("Write yuan per call with at most six digits after the point, such as 0.04."))
    return f"{Decimal(written):.6f}"


def _date(_field: KnownField, written: str) -> str:
    return parse_date(written, "value").isoformat()


def _word(field: KnownField, written: str) -> str:
    if written not in field.words:
        raise _refused(N_("It can be one of these: %(words)s."), words=", ".join(field.words))
    return written


def _yes_no(_field: KnownField, written: str) -> bool:
    if written not in {"yes", "no"}:
        raise _refused(N_("It can be one of these: %(words)s."), words="yes, no")
    return written == "yes"


def _refused(remedy: str, *, most: int | None = None, words: str | None = None) -> InvalidInput:
    return InvalidInput(N_("This value can't be taken."), field="value", remedy=remedy, most=most, words=words)


PARSERS: Mapping[Kind, Callable[[KnownField, str], FieldValue]] = {
    Kind.TEXT: _text,
    Kind.ORDER_NO: _order_no,
    Kind.COUNT: _count,
    Kind.YUAN: _yuan,
    Kind.UNIT_PRICE: _unit_price,
    Kind.DATE: _date,
    Kind.WORD: _word,
    Kind.YES_NO: _yes_no,
}


def as_stored(value: FieldValue) -> str:
    return json.dumps(value, ensure_ascii=False)


def from_stored(text: str) -> FieldValue:
    value: FieldValue = json.loads(text)
    return value
