"""Lengths of time in a clause: 五个工作日, 5(五)个工作日, 24小时, 一周, 下一个工作日."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from agreements.intake.numerals import CHINESE, read_whole


class Unit(StrEnum):
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    HOUR = "hour"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """A number of units; `value` is None for a range or a fraction, which nobody should round for the parties.

    start, end  span in the text it was found in, end exclusive
    """

    value: int | None
    unit: Unit
    start: int
    end: int


UNITS = (
    (re.compile(r"(?:法定)?(?:工作|上班)[日天]"), Unit.WORKING_DAY, 1),
    (re.compile(r"(?:自然|日历|公历|连续)?[日天]"), Unit.CALENDAR_DAY, 1),
    (re.compile(r"小时|钟头"), Unit.HOUR, 1),
    (re.compile(r"周|星期|礼拜"), Unit.CALENDAR_DAY, 7),
    (re.compile(r"个?月"), Unit.MONTH, 1),
    (re.compile(r"年"), Unit.YEAR, 1),
)
_UNIT = "|".join(pattern.pattern for pattern, _, _ in UNITS)
_COUNT = rf"(?:\d{{1,4}}(?:\.\d{{1,2}})?|{CHINESE}{{1,7}}|半)"
_PERIOD = re.compile(
    rf"(?<![年月\d.:/×x*第])(?<!每逾期)(?<!每延迟)(?<!每迟延)(?P<ordinal>第)?(?P<count>{_COUNT})(?:个?(?:[-~至到—–])(?P<upper>{_COUNT}))?"
    rf"(?:\((?P<again>[^()]{{1,6}})\))?(?:个完整的?|个连续的?|个)?(?P<unit>{_UNIT})(?!历|志|常|后再|产|均|度|龄|检|报)"
)  # fmt: skip
_UNIT_SIGN = re.compile("[日天时头周期拜月年]")
_NEXT = re.compile(r"(?:次|翌|下)(?:一)?个?(?P<unit>工作日|日)(?!起|开始|零时|0时)")
_SAME = re.compile(r"当(?:日|天)(?:内|之内|24:00前)?(?=通知|告知|书面|以|向|内|将)")


def periods_in(text: str) -> Iterator[Period]:
    """Yield the periods of a text without white space, in order."""
    if not _UNIT_SIGN.search(text):
        return
    found = [_read(match) for match in _PERIOD.finditer(text)]
    found += [
        Period(1, Unit.WORKING_DAY if match["unit"] == "工作日" else Unit.CALENDAR_DAY, match.start(), match.end())
        for match in _NEXT.finditer(text)
    ]
    found += [Period(0, Unit.CALENDAR_DAY, match.start(), match.end()) for match in _SAME.finditer(text)]
    taken = -1
    for period in sorted((period for period in found if period), key=lambda period: (period.start, -period.end)):
        if period.start >= taken:
            taken = period.end
            yield period


def _read(match: re.Match[str]) -> Period | None:
    unit, factor = next((unit, factor) for pattern, unit, factor in UNITS if pattern.fullmatch(match["unit"]))
    count = read_whole(match["count"])
    again = match["again"] and read_whole(match["again"].removesuffix("个"))
    if match["upper"] or (again is not None and again != count):
        count = None
    if count is not None and count > 999 and unit is Unit.YEAR:
        return None  # a year of the calendar, such as 二〇二五年
    return Period(None if count is None else count * factor, unit, match.start(), match.end())
