"""Dates in the styles people write, and the service period between two of them."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from agreements.intake.numerals import CHINESE, read_whole

_YEAR = r"(?:\d{4}|[〇零一二三四五六七八九]{4})"
_SMALL = rf"(?:\d{{1,2}}|[{CHINESE[1:-1]}廿卅]{{1,3}})"
_TIME = (
    r"(?:\s{0,3}T?\s{0,3}(?P<hour>[01]?\d|2[0-4])\s?[:时]\s?(?P<minute>[0-5]\d)?\s?[:分]?\s?(?P<second>[0-5]\d)?秒?)?"
)
_DATE = re.compile(
    rf"(?<!\d)(?:(?P<year>{_YEAR})\s{{0,3}}[年/.\-–—]\s{{0,3}})?(?P<month>{_SMALL})\s{{0,3}}(?:月|(?<=\d)[/.\-–—](?=\s?\d))\s{{0,3}}"
    rf"(?P<day>{_SMALL})(?!\d)\s{{0,3}}[日号]?{_TIME}"
    rf"|(?<!\d)(?P<compact>20\d{{6}})(?!\d){_TIME.replace('?P<', '?P<compact_')}"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as written, with its time of day where one is given.

    moment      naive local time; 24:00 is 00:00 of the next day
    has_time    whether a time of day stands beside the date
    has_year    whether its year was printed, not taken from the date before
    on          the printed date
    start, end  span in the text it was found in, end exclusive
    """

    on: date
    moment: datetime
    has_time: bool
    start: int
    end: int
    has_year: bool = True


def dates_in(text: str) -> list[WrittenDate | None]:
    """Return the dates of a text in order, None for one that no calendar has (2025年2月30日).

    A date without a year takes the year of the one before it.
    """
    found: list[WrittenDate | None] = []
    for match in _DATE.finditer(text):
        year = _year(match["year"]) if match["year"] else None
        has_year = True
        if match["compact"]:
            digits = match["compact"]
            year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
        else:
            before = found[-1] if found else None
            if year is None and (before is None or "月" not in match.group()):
                continue
            has_year = year is not None
            year = year or (before.on.year if before else 0)
            month, day = _small(match["month"]), _small(match["day"])
        try:
            on = date(year, month, day)
        except ValueError:
            found.append(None)
            continue
        of_compact = "compact_" if match["compact"] else ""
        hour, minute, second = (match[of_compact + part] for part in ("hour", "minute", "second"))
        moment = datetime.combine(on, time())  # naive on purpose: its zone is said where it is used
        if hour is not None:
            moment += timedelta(hours=int(hour), minutes=int(minute or 0), seconds=int(second or 0))
        found.append(WrittenDate(on, moment, hour is not None, match.start(), match.end(), has_year))
    return found


def _small(text: str) -> int:
    return read_whole(text.replace("廿", "二十").replace("卅", "三十")) or 0


def _year(text: str) -> int:
    return int(text) if text.isdigit() and text.isascii() else read_whole(text) or 0


@dataclass(frozen=True, slots=True)
class ServicePeriod:
    """The ordered service period; dates as printed, bounds as naive Shanghai times.

    ends_at   exclusive bound: the day after the printed end, unless a time of day or 不含 was printed
    end_is_a_timestamp  the end was printed as an instant (00:00:00 and the like), which is itself the bound
    """

    starts_on: date | None
    ends_on: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    end_is_a_timestamp: bool = False

    @property
    def is_reversed(self) -> bool:
        return self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at


def service_period(
    start: WrittenDate | None, end: WrittenDate | None, *, end_is_excluded: bool = False
) -> ServicePeriod:
    """Clause 一, E-01: a printed end date is served to 24:00; a printed end instant is itself the exclusive bound.

    end_is_excluded  the text says 不含 of its end: the bound is the beginning of that day
    """
    ends_at = None
    timestamp = False
    if end is not None:
        last_minute = end.moment.time() >= time(23, 59)
        timestamp = end.has_time and not last_minute and end.moment.date() == end.on
        begun = datetime.combine(end.on, time())
        bound = begun if end_is_excluded else begun + timedelta(days=1)
        ends_at = end.moment if timestamp else bound
    return ServicePeriod(
        start.on if start else None,
        end.on if end else None,
        start.moment if start else None,
        ends_at,
        timestamp,
    )
