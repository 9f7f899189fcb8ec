"""Main agreement 一: what was ordered, on which platform, by which accounts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from agreements.intake.dates import ServicePeriod, WrittenDate, dates_in, service_period
from agreements.intake.document import CELL, Document, Evidence, Field
from agreements.intake.labels import Label
from agreements.intake.numerals import NUMBER, read_whole, read_yuan, yuan_in_words

ORDER_NO = re.compile(r"(?=[A-Za-z_-]{0,39}\d)[A-Za-z0-9][A-Za-z0-9_-]{3,39}")
NUMBER_SIGN = re.compile(r"^(?:No[.:]?|№)?[\s\"'“”‘’]*(?=[A-Za-z0-9])", re.IGNORECASE)
QUANTITY = re.compile(rf"[x×*]?\s?(?P<number>{NUMBER})\s?(?:\(\s?[^()]{{1,6}}\))?\s?(?:个|份|套|件|次|笔|台|年|月|包)?")
NOT_PAID = re.compile(r"未支付|未付|未完成支付|待支付|待付|尚未|没有支付|暂未|未缴")
FOREIGN = re.compile(r"USD|HKD|HK\$|(?:US)?\$|美元|美金|港元|港币|EUR|欧元|€|JPY|日元|GBP|英镑|£", re.IGNORECASE)
CURRENCIES = {
    "$": "USD", "US$": "USD", "美元": "USD", "美金": "USD", "HK$": "HKD", "港元": "HKD", "港币": "HKD",
    "€": "EUR", "欧元": "EUR", "日元": "JPY", "£": "GBP", "英镑": "GBP",
}  # fmt: skip
EXCLUDED = re.compile(r"\s?\(?(?:当[日天])?(?:不[包]?[含括]|不计|除外)")
SHORTEST_SHARED_YEAR = 28
"""Nobody sells a shorter service: of an end without its year that falls so early, the year was left out by mistake."""
HOST = re.compile(
    r"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,5}(?:com|cn|net|org|cloud|io|top|shop)(?:\.cn)?(?![\w-])",
    re.IGNORECASE,
)
ACCOUNT = re.compile(r"(?:账号|账户|帐号|帐户)(?:名称|名|ID)?\s{0,3}(?:[:=]|为|是)\s{0,3}")
MOST_ACCOUNTS = 50
BUYER = re.compile(r"最终用户|甲方|买家|买方|购买方|采购方|客户")
SELLER = re.compile(r"服务商|乙方|卖家|卖方|店铺|供方")


@dataclass(frozen=True, slots=True)
class OrderFields:
    """Amounts in yuan; `paid_nothing` is whether the text says that payment has not been made."""

    order_no: Field[str]
    product_name: Field[str]
    spec_text: Field[str]
    quantity: Field[int]
    payment_mode: Field[str]
    period: Field[ServicePeriod]
    list_price: Field[Decimal]
    paid_amount: Field[Decimal]
    currency: str
    paid_nothing: bool
    has_coupon: bool


@dataclass(frozen=True, slots=True)
class MarketplaceFields:
    host: Field[str]
    purchaser_account: Field[str]
    seller_account: Field[str]


def read_order(document: Document, labels: Sequence[Label]) -> OrderFields:
    """Read the order's rows by their labels; the first filled one counts."""
    amounts = [label for label in labels if label.key in {"list_price", "paid_amount"}]
    foreign = next((found for label in amounts if (found := FOREIGN.search(_value(document, label)))), None)
    status = " ".join(_value(document, label) for label in labels if label.key in {"payment_status", "paid_amount"})
    return OrderFields(
        order_no=_read_order_no(document, _filled(labels, "order_no")),
        product_name=_read_text(document, _filled(labels, "product_name")),
        spec_text=_read_text(document, _filled(labels, "spec_text")),
        quantity=_read_quantity(document, _filled(labels, "quantity")),
        payment_mode=_read_text(document, _filled(labels, "payment_mode")),
        period=_read_period(document, labels),
        list_price=_read_amount(document, _filled(labels, "list_price"), "list_price"),
        paid_amount=_read_amount(document, _filled(labels, "paid_amount"), "paid_amount"),
        currency=CURRENCIES.get(foreign.group().upper(), foreign.group().upper()) if foreign else "CNY",
        paid_nothing=NOT_PAID.search(status) is not None,
        has_coupon=_filled(labels, "coupon") is not None,
    )


def _filled(labels: Sequence[Label], key: str) -> Label | None:
    return next((label for label in labels if label.key == key and not label.is_blank), None)


def _value(document: Document, label: Label) -> str:
    return document.text[label.value_start : label.value_end].replace(CELL, " ").replace("\n", " ")


def _evidence(document: Document, label: Label) -> Evidence:
    return document.evidence(label.value_start, label.value_end, label.sure)


def _read_text(document: Document, label: Label | None) -> Field[str]:
    if label is None:
        return Field()
    value = document.printed(label.value_start, label.value_end)
    return Field(value, _evidence(document, label))


def _read_order_no(document: Document, label: Label | None) -> Field[str]:
    """An order number is kept as text; digits that a layout has spaced out are closed up."""
    if label is None:
        return Field()
    text = NUMBER_SIGN.sub("", _value(document, label).strip(" \"'“”‘’"))
    closed = re.sub(r"(?<=\d)\s+(?=\d)", "", text)
    match = ORDER_NO.match(closed)
    if match is None or (closed[match.end() :].strip() and closed[match.end()] not in " (,;/"):
        return Field(None, _evidence(document, label), ("order_no_unclear",))
    return Field(match.group(), _evidence(document, label))


def _read_quantity(document: Document, label: Label | None) -> Field[int]:
    if label is None:
        return Field()
    match = QUANTITY.fullmatch(_value(document, label).strip())
    number = read_whole(match["number"]) if match else None
    if number is None or number < 1:
        return Field(None, _evidence(document, label), ("quantity_unclear",))
    return Field(number, _evidence(document, label))


def _read_amount(document: Document, label: Label | None, name: str) -> Field[Decimal]:
    """Read an amount in yuan.

    More than two decimals, a minus sign, a second sum, another currency or words that say another sum are not read.
    """
    if label is None:
        return Field()
    text = _value(document, label)
    evidence = _evidence(document, label)
    if NOT_PAID.search(text):
        return Field(None, evidence)
    value = read_yuan(text)
    words = yuan_in_words(text)
    if FOREIGN.search(text):
        return Field(None, evidence, (f"amount_unclear:{name}",))
    if value is not None and words is not None and words != value:
        return Field(None, evidence, (f"amount_in_words_differs:{name}",))
    if value is None or value < 0 or value != round(value, 2):
        return Field(None, evidence, (f"amount_unclear:{name}",))
    return Field(value, evidence)


def _read_period(document: Document, labels: Sequence[Label]) -> Field[ServicePeriod]:
    """Read 服务期限 from one row, or from a row for each end."""
    whole = _filled(labels, "service_period")
    if whole is not None:
        found = dates_in(_value(document, whole))
        if len(found) == 2:
            return _period_field(found[0], found[1], _value(document, whole), _evidence(document, whole))
        if len(found) == 1 and found[0] is not None:
            only = found[0]
            is_end = re.match(r"\s*(?:止|截止|为止|到期)", _value(document, whole)[only.end :])
            evidence = _evidence(document, whole)
            return _period_field(None, only, "", evidence) if is_end else _period_field(only, None, "", evidence)
        if found:
            return Field(None, _evidence(document, whole), ("service_period_unclear",))
    ends = [_filled(labels, key) for key in ("service_start", "service_end")]
    if not any(ends):
        warnings = ("service_period_unclear",) if whole is not None else ()
        return Field(None, _evidence(document, whole) if whole else None, warnings)
    dates = [next(iter(dates_in(_value(document, label))), None) if label else None for label in ends]
    printed_end = _value(document, ends[1]) if ends[1] else ""
    return _period_field(dates[0], dates[1], printed_end, _evidence(document, next(label for label in ends if label)))


def _period_field(
    start: WrittenDate | None, end: WrittenDate | None, printed_end: str, evidence: Evidence
) -> Field[ServicePeriod]:
    """Return the period of two dates; `printed_end` is the text in which the end was found."""
    is_unclear = start is None or end is None or EXCLUDED.search(printed_end[: end.start]) is not None
    if start is not None and end is not None and not end.has_year:
        is_unclear = True
        if (end.on - start.on).days < SHORTEST_SHARED_YEAR:
            end = None
    is_excluded = end is not None and EXCLUDED.match(printed_end, end.end) is not None
    period = service_period(start, end, end_is_excluded=is_excluded)
    warnings = ["service_period_unclear"] if is_unclear else []
    if period.end_is_a_timestamp:
        warnings.append("service_end_given_as_timestamp")
    if period.is_reversed:
        warnings.append("service_period_reversed")
    return Field(period, evidence, tuple(warnings))


def read_marketplace(document: Document, labels: Sequence[Label], annex: range) -> MarketplaceFields:
    """Read the platform and both accounts, from labels or from the sentence that names them in brackets."""
    accounts: dict[str, Field[str]] = {}
    for label in labels:
        if label.key == "account" and label.party and not label.is_blank:
            accounts.setdefault(label.party, _read_text(document, label))
    for match in islice(ACCOUNT.finditer(document.text), MOST_ACCOUNTS):
        if match.start() in annex:
            continue
        before = document.text[max(0, match.start() - 40) : match.start()]
        party = _nearest_party(before)
        stop = _end_of_name(document.text, match.end(), min(len(document.text), match.end() + 80))
        value = document.printed(match.end(), stop)
        if party and value and party not in accounts:
            accounts[party] = Field(value, document.evidence(match.end(), stop, 0.95))
    return MarketplaceFields(
        _read_host(document, annex), accounts.get("party_a", Field()), accounts.get("party_b", Field())
    )


def _nearest_party(before: str) -> str | None:
    buyer = max((found.end() for found in BUYER.finditer(before)), default=-1)
    seller = max((found.end() for found in SELLER.finditer(before)), default=-1)
    if buyer == seller:
        return None
    return "party_a" if buyer > seller else "party_b"


def _end_of_name(text: str, start: int, limit: int) -> int:
    """Return where a name in running text ends: at a comma, a line's end, or the bracket that encloses it."""
    depth = 0
    for at in range(start, limit):
        character = text[at]
        depth += (character == "(") - (character == ")")
        if depth < 0 or (depth == 0 and character in ",;。\n" + CELL):
            return at
    return start


def _read_host(document: Document, annex: range) -> Field[str]:
    """Return the platform's host name: the one beside 云市场, else the only one."""
    hosts = [host for host in islice(HOST.finditer(document.text), MOST_ACCOUNTS) if host.start() not in annex]
    beside = [host for host in hosts if "市场" in document.text[max(0, host.start() - 15) : host.end() + 10]]
    chosen = beside or (hosts if len({host.group().lower() for host in hosts}) == 1 else [])
    if not chosen:
        return Field()
    return Field(chosen[0].group().lower(), document.evidence(*chosen[0].span(), 0.95 if beside else 0.7))
