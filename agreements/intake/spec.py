"""What the spec of the order (规格名称) buys: a pack of calls, single calls, a subscription, or use by the meter."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from agreements.intake.numerals import CHINESE, NUMBER, read_number
from agreements.register.rules import SpecKind


@dataclass(frozen=True, slots=True)
class Spec:
    """The parsed spec.

    kind        None where the wording was not understood
    pack_price  yuan for one unit of the quantity
    pack_calls  calls in one unit of the quantity; None where the spec has no call limit or names none
    period      year or month, how long the pack or subscription is valid; never a refill
    unit_price  yuan per call, where the spec names one
    qps_limit   calls per second, never a quota
    """

    kind: SpecKind | None = None
    pack_price: Decimal | None = None
    pack_calls: int | None = None
    period: str | None = None
    unit_price: Decimal | None = None
    qps_limit: int | None = None
    warnings: tuple[str, ...] = ()
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_unlimited(self) -> bool:
        return self.kind is SpecKind.SUBSCRIPTION and self.pack_calls is None


CALL = r"(?:人次|次调用|次数|次(?!性)|条|笔|点数)"
MONEY = (
    rf"(?:[¥￥]\s?(?P<a>{NUMBER})|(?P<b>{NUMBER})\s?(?:(?:人民币|RMB|CNY)?(?:元|圆)|RMB|CNY)"
    rf"|(?:RMB|CNY|人民币)\s?(?P<c>{NUMBER}))"
)

CALL_END = "[次条笔数]"
THOUSANDS = (
    (re.compile(rf"(?<=\d)[wW](?=\s?{CALL})"), "万"),
    (re.compile(rf"(?<=\d)[kK](?=\s?{CALL})"), "千"),
)
"""3w次 and 30k次, as shops write them."""

QPS = re.compile(
    rf"QPS\s?(?:上限|限制|限速|最高|不超过|[:=<≤为])*\s?(?P<a>{NUMBER})|(?P<b>{NUMBER})\s?QPS"
    rf"|(?P<c>{NUMBER})\s?{CALL}\s?(?:/|每)\s?(?:秒钟?|s\b)|每秒(?:钟)?\s?(?:不超过|最多|限)?\s?(?P<d>{NUMBER})\s?{CALL}",
    re.IGNORECASE,
)
RATE = re.compile(
    rf"(?P<n>{NUMBER})\s?{CALL}\s?(?:/|每)\s?(?:天|日|小时|分钟?|min)|每(?:天|日|小时|分钟)\s?(?:不超过|最多|限|上限)?\s?(?P<m>{NUMBER})\s?{CALL}"
    rf"|并发\s?(?:数|上限)?\s?[:=]?\s?(?P<o>{NUMBER})",
    re.IGNORECASE,
)
FAIR_USE = re.compile(
    rf"(?:公平使用|合理使用|fair[- ]?use)[^\d{'一二三四五六七八九十百千万'}]{{0,10}}(?P<n>{NUMBER})\s?{CALL}?",
    re.IGNORECASE,
)
BONUS = re.compile(rf"(?:赠送?|另送|加送|额外|\+)\s?(?P<n>{NUMBER})\s?{CALL}")
UNIT_PRICE = re.compile(
    rf"{MONEY}\s?(?:/|每|一)\s?(?P<per>1|一)?\s?{CALL}(?!数)|(?:每|单)\s?{CALL}\s?{MONEY.replace('?P<', '?P<u')}"
    rf"|(?<={CALL_END})\s?[x×*]\s?{MONEY.replace('?P<', '?P<v')}"
)
PRICE = re.compile(MONEY, re.IGNORECASE)
BARE_PRICE = re.compile(rf"(?<![\d.,])(?P<a>{NUMBER})\s?/\s?(?={NUMBER}\s?{CALL})|(?<=[次条笔])\s?/\s?(?P<b>{NUMBER})$")
CALLS = re.compile(rf"(?P<n>{NUMBER})\s?(?P<scale>[万千百])?\s?{CALL}")
PERIOD_WORDS = (
    (
        re.compile(r"/\s?年|每年|/\s?1?\s?年|包年|年费|年付|按年|一年|1\s?年|年套餐|年版|年卡|12\s?个月|365\s?天"),
        "year",
    ),
    (re.compile(r"/\s?月|每月|包月|月费|月付|按月|一个月|1\s?个?月|月套餐|月版|月卡|30\s?天"), "month"),
)
OTHER_PERIOD = re.compile(r"半年|包季|/\s?季|季度|季卡|(?:[2-9]|[二两三四五六七八九])\s?(?:年|个月)")
SUBSCRIBED = re.compile(r"包年|包月|包季|年费|月费|年付|月付|不限(?:量|次|调用)|无限(?:量|次|调用)|无限制调用|订阅")
METERED = re.compile(r"按量|按需|后付|按实际(?:用量|使用|调用)|用多少付多少|按使用量")
NO_CALL_LIMIT = re.compile(r"不限(?:量|次|调用)|无限(?:量|次|调用)|无限制调用")
FREE = re.compile(r"免费")
DESCRIPTION = re.compile(
    rf"(?:{CHINESE}|\d){{1,2}}\s?(?:要素|合一|网)|(?!x\s?\d)[A-Za-z]{{1,12}}[-.]?\d{{1,3}}(?:\.\d{{1,3}})?(?![\d.])(?!\s?[元圆万次条])"
    r"|套餐\s?(?:\d{1,2}|[一二三四五六七八九十])(?![\d万千百]|\s?[元圆次条])|一次性"
)
"""Numbers that belong to the name of a product or version."""
NOT_TAKEN = re.compile(
    rf"\d|[x×*]\s?{CHINESE}|{CHINESE}\s?(?:元|圆|次|条|笔|倍|份|折)|首[月年次单]|次[月年]|起(?:步|价|订|购|售)|续费|阶梯|封顶|保底"
)
"""What in the rest of a spec changes its price or its calls in a way that we do not read."""


def parse_spec(text: str, payment_mode: str | None) -> Spec:
    """Clause 一: read a spec such as 1200元/3万次, 3万次/1200元, 0.01元/1次, 5000元/20万次/年, 包年 (QPS 10), 按量.

    A rate (QPS, calls a day), a fair-use cap and a bonus are never added to the quota; each is taken out first.
    A spec of which a number or a condition is left over is not guessed at: nothing is read from it.
    """
    rest = unicodedata.normalize("NFKC", text)
    for pattern, unit in THOUSANDS:
        rest = pattern.sub(unit, rest)
    spans: dict[str, tuple[int, int]] = {}
    qps, rest, spans["qps_limit"] = _take(QPS, rest)
    rest, warnings = _without_limits(rest)
    period = next((name for pattern, name in PERIOD_WORDS if pattern.search(rest)), None)
    if period is None and OTHER_PERIOD.search(rest):
        warnings.append("spec_period_not_understood")
    metered = bool(METERED.search(rest) or METERED.search(payment_mode or ""))
    subscribed = bool(SUBSCRIBED.search(rest) or re.search(r"包年|包月|包季|订阅", payment_mode or ""))
    unit_price, without_unit, spans["unit_price"] = _take(UNIT_PRICE, rest)
    calls, without_calls, spans["pack_calls"] = _take(CALLS, without_unit)
    price, _, spans["pack_price"] = _take(PRICE, without_calls if unit_price is None else without_unit)
    if price is None and unit_price is None and calls is not None:
        price, _, spans["pack_price"] = _take(BARE_PRICE, rest)
        warnings += ["spec_price_without_currency"] if price is not None else []
    if price is None and FREE.search(rest):
        price = Decimal(0)

    is_whole = not _has_more(rest, [span for name, span in spans.items() if name != "qps_limit"])
    kind = _kind(
        metered=metered and calls is None,
        subscribed=subscribed,
        has_calls=calls is not None,
        has_unit_price=unit_price is not None,
        has_period_price=price is not None and period is not None,
    )
    if calls is not None and (NO_CALL_LIMIT.search(rest) or calls != calls.to_integral_value()):
        calls, kind = None, None
    if kind is SpecKind.PER_CALL:
        price, calls = unit_price, Decimal(1)
        spans["pack_price"] = spans["pack_calls"] = spans["unit_price"]
    if kind is None or not is_whole:
        return Spec(qps_limit=None if qps is None else int(qps), warnings=(*warnings, "spec_not_understood"))
    if kind is SpecKind.PAY_AS_YOU_GO:
        price, period = None, None
    return Spec(
        kind=kind,
        pack_price=price,
        pack_calls=None if calls is None else int(calls),
        period=period,
        unit_price=unit_price,
        qps_limit=None if qps is None else int(qps),
        warnings=tuple(warnings),
        spans={name: span for name, span in spans.items() if span != (0, 0)},
    )


def _without_limits(text: str) -> tuple[str, list[str]]:
    """Take out what limits or adds without being the quota; each is a warning, for a person to judge."""
    warnings = []
    for name, pattern in (("fair_use_cap", FAIR_USE), ("rate_limit", RATE), ("bonus_calls", BONUS)):
        number, text, _ = _take(pattern, text)
        if number is not None:
            warnings.append(f"spec_{name}:{number:f}")
    return text, warnings


def _has_more(text: str, taken: Sequence[tuple[int, int]]) -> bool:
    """Say whether a number or a condition is left once the pieces taken, the period and product names are out."""
    for start, end in taken:
        text = text[:start] + " " * (end - start) + text[end:]
    for pattern in (*(pattern for pattern, _ in PERIOD_WORDS), OTHER_PERIOD, DESCRIPTION):
        text = pattern.sub(" ", text)
    return NOT_TAKEN.search(text) is not None


def _kind(
    *, metered: bool, subscribed: bool, has_calls: bool, has_unit_price: bool, has_period_price: bool
) -> SpecKind | None:
    if metered:
        return SpecKind.PAY_AS_YOU_GO
    if has_calls:
        return SpecKind.PACK
    if has_unit_price:
        return SpecKind.PER_CALL
    if subscribed or has_period_price:
        return SpecKind.SUBSCRIPTION
    return None


def _take(pattern: re.Pattern[str], text: str) -> tuple[Decimal | None, str, tuple[int, int]]:
    """Return the first number the pattern names, the text with that passage blanked, and its span ((0, 0) for none)."""
    for match in pattern.finditer(text):
        groups = match.groupdict()
        written = next(
            (value for name, value in groups.items() if value and name not in {"per", "scale", "uper"}), None
        )
        number = read_number(written) if written else None
        if number is None:
            continue
        if scale := groups.get("scale"):
            number *= read_number("一" + scale) or 1
        blanked = text[: match.start()] + " " * len(match.group()) + text[match.end() :]
        return number, blanked, match.span()
    return None, text, (0, 0)
