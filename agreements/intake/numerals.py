"""Numbers as contracts write them: 30000, 30,000, 3万, 2.5万, 三万, 二万五千, 壹仟贰佰元整."""

import re
from decimal import Decimal

DIGITS = {character: value for value, pair in enumerate(
    ("零〇", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
) for character in pair}  # fmt: skip
SMALL_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
LARGE_UNITS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

ARABIC = r"(?:\d{1,3}(?:[, ]\d{3}){1,5}(?![,\d])|\d{1,18})(?:\.\d{1,8})?"
CHINESE = "[零〇一壹二贰两三叁四肆五伍六陆七柒八捌九玖十拾百佰千仟万萬亿億]"
NUMBER = rf"(?:{ARABIC}[千仟百佰万萬亿億]{{0,2}}|{CHINESE}{{1,24}})"
"""Pattern of a number; try `read_number` on what it finds."""

_ARABIC_SCALED = re.compile(rf"({ARABIC})([千仟百佰万萬亿億]{{0,2}})")
_LARGEST = Decimal(10) ** 15


def read_number(text: str) -> Decimal | None:
    """Return the value of a number, or None where it is not one (such as 万三, 1,20 or 一二百)."""
    text = text.strip()
    if scaled := _ARABIC_SCALED.fullmatch(text):
        value = Decimal(scaled[1].replace(",", "").replace(" ", ""))
        for unit in scaled[2]:
            value *= SMALL_UNITS.get(unit) or LARGE_UNITS[unit]
        return value if value < _LARGEST else None
    if not text or any(c not in DIGITS and c not in SMALL_UNITS and c not in LARGE_UNITS for c in text):
        return None
    if all(character in DIGITS for character in text):
        return Decimal("".join(str(DIGITS[character]) for character in text)) if len(text) <= 12 else None
    return _read_spoken(text)


def read_whole(text: str) -> int | None:
    """Return the value of a number that is whole, else None."""
    value = read_number(text)
    return int(value) if value is not None and value == value.to_integral_value() else None


def _read_spoken(text: str) -> Decimal | None:
    """Read 二万五千, 一千二百, 十五 or 两万五 (the last digit after 万, 千, 百 stands for the next lower unit)."""
    total = section = 0
    pending: int | None = None
    last_unit = smallest_large = 0
    after_zero = False
    for character in text:
        if character in DIGITS:
            if pending is not None and pending != 0:
                return None
            pending = DIGITS[character]
            after_zero = after_zero or pending == 0
        elif character in SMALL_UNITS:
            unit = SMALL_UNITS[character]
            if pending is None and not (unit == 10 and section == 0):
                return None
            section += (1 if pending is None else pending) * unit
            pending, last_unit, after_zero = None, unit, False
        else:
            unit = LARGE_UNITS[character]
            section += pending or 0
            if section == 0 or (total and unit >= smallest_large):
                return None
            smallest_large = unit
            total, section, pending, last_unit, after_zero = total + section * unit, 0, None, unit, False
    if pending:
        section += pending if after_zero or last_unit <= 10 else pending * last_unit // 10
    return Decimal(total + section)


_FORMAL = re.compile(
    rf"(?<![\d.])(?<!{CHINESE})({CHINESE}{{1,24}})[元圆](?:整|正)?"
    rf"(?:([{''.join(DIGITS)}])角)?(?:([{''.join(DIGITS)}])分)?(?:整|正)?"
)
_JIAO_FEN = re.compile(r"(?P<yuan>\d+)[元圆](?P<jiao>\d)角(?:(?P<fen>\d)分)?")
_NOTE = re.compile(r"[(,;](?:含税|含增值税|已付款|已付清|已完成支付|已(?:优惠|减免?|抵扣)[^(),;]{1,20})[),;。]{0,3}$")
"""What may stand behind a sum without making it another: a tax note, or a discount that was taken off already."""
_SAID_OF_A_SUM = re.compile(r"共计|合计|总计|小写|大写|已付|已支付|实付|人民币|RMB|CNY|[¥￥():]", re.IGNORECASE)
_ONE_SUM = re.compile(rf"(?P<number>-?{NUMBER})\s*[元圆]?\s*[整正]?")


def read_yuan(text: str) -> Decimal | None:
    """Return the amount of a text in yuan: 1200.0, ¥1,200.00, 0.5万元, 壹仟贰佰元整, 800.00元(大写:捌佰元整).

    None where there is none, or where a second sum or anything not understood stands beside it: nobody guesses sums.
    """
    rest = _JIAO_FEN.sub(lambda sum_: f"{sum_['yuan']}.{sum_['jiao']}{sum_['fen'] or 0}元", _NOTE.sub("", text.strip()))
    formal = _FORMAL.search(rest)
    figures = rest
    if formal is not None:
        figures = f"{rest[: formal.start()]}|{rest[formal.end() :]}"
    left = _SAID_OF_A_SUM.sub("|", figures).strip("| ,;。")
    words = yuan_in_words(rest)
    if formal is not None and (words is None or not left):
        return words
    found = _ONE_SUM.fullmatch(left)
    if found is None:
        return None
    number = found["number"]
    value = read_number(number.removeprefix("-"))
    return -value if value is not None and number.startswith("-") else value


def yuan_in_words(text: str) -> Decimal | None:
    """Return the amount written out in formal numerals (壹仟贰佰元整) anywhere in the text, or None."""
    formal = _FORMAL.search(text)
    if formal is None:
        return None
    spoken = read_number(formal[1])
    if spoken is None:
        return None
    return spoken + Decimal(DIGITS.get(formal[2] or "零", 0)) / 10 + Decimal(DIGITS.get(formal[3] or "零", 0)) / 100
