"""Reading a year's arrangement from a TOML file, as `calendar load FILE` and the page take it.

    year = 2025
    notice_number = "国办发明电〔2024〕12号"
    title = "国务院办公厅关于2025年部分节假日安排的通知"
    published_on = 2024-11-12
    source_url = "https://www.gov.cn/…"           # may be left out: the file's hash is kept

    [[holiday]]
    name = "春节"
    from = 2025-01-28
    to = 2025-02-04                               # included; left out for one day
    worked = [2025-01-26, 2025-02-08]             # adjusted working days (调休上班日); may be left out

Every holiday of the notice is listed; weekends inside its range belong to it. What is wrong is said with its line.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import urlsplit

from agreements.calendar.arrangements import (
    FIRST_YEAR,
    LAST_YEAR,
    Arrangement,
    SourceNotice,
    by_day,
    check_arrangement,
    may_arrange,
)
from agreements.calendar.published import english_name
from agreements.calendar.rules import ONE_DAY, SATURDAY, DayRuling
from agreements.kernel.errors import N_, InvalidInput

LARGEST_BYTES = 64 * 1024
LONGEST_HOLIDAY = timedelta(days=20)
WEEKDAY = N_("%(day)s is a weekday: only a Saturday or Sunday can be made a working day.")
KEYS = {"year", "notice_number", "title", "published_on", "source_url", "holiday"}
HOLIDAY_KEYS = {"name", "from", "to", "worked"}
HOLIDAY_HEADER = re.compile(r"\s*\[\[\s*[\"']?holiday[\"']?\s*\]\]")
KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*=")


def read_arrangement(content: bytes) -> Arrangement:
    """Return the arrangement; what can't be one raises InvalidInput that names the field and its line."""
    text = _decoded(content)
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            N_("This is no TOML: %(says)s."),
            field="file",
            remedy=N_("Follow the example examples/calendar-2026.toml."),
            says=str(error),
        ) from None
    file = _File(text, given)
    file.refuse_unknown(given, KEYS, None)
    year = file.number("year")
    notice = SourceNotice(
        number=file.text("notice_number", longest=200),
        title=file.text("title", longest=300),
        published_on=file.day("published_on"),
        url=file.address("source_url"),
    )
    if not year - 2 <= notice.published_on.year <= year:
        file.fail(
            "published_on", N_("%(day)s is no day on which the arrangement of %(year)s was published."), year=year
        )
    days = _days(file, year, notice.number)
    check_arrangement(year, days)
    return by_day(Arrangement(year, notice, tuple(days), hashlib.sha256(content).hexdigest()))


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_BYTES:
        raise InvalidInput(N_("The file is larger than an arrangement can be."), field="file")
    if not content.strip():
        raise InvalidInput(N_("The file is empty."), field="file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(N_("The file is no text in UTF-8."), field="file") from None


def _days(file: "_File", year: int, notice: str) -> list[DayRuling]:
    """Return the days of all holidays, each once and each one that the notice can rule."""
    days: dict[date, DayRuling] = {}
    for key, number, ruling in _rulings(file, notice):
        if not may_arrange(year, ruling.day):
            file.fail(key, N_("%(day)s is not a day of %(year)s."), number, at=ruling.day, year=year)
        if ruling.day in days:
            file.fail(key, N_("%(day)s stands twice in the arrangement."), number, at=ruling.day)
        days[ruling.day] = ruling
    return list(days.values())


def _rulings(file: "_File", notice: str) -> Iterator[tuple[str, int, DayRuling]]:
    """Yield each day with the key and the number of the holiday that it stands in."""
    holidays = file.given.get("holiday")
    if not isinstance(holidays, list) or not holidays or not all(isinstance(each, dict) for each in holidays):
        file.fail("holiday", N_("The file has no [[holiday]]."))
    for number, holiday in enumerate(holidays, start=1):
        file.refuse_unknown(holiday, HOLIDAY_KEYS, number)
        name = english_name(file.text("name", number, longest=60))
        first = file.day("from", number)
        last = file.day("to", number) if "to" in holiday else first
        if last < first:
            file.fail("to", N_("%(day)s is before the holiday begins."), number)
        if last - first > LONGEST_HOLIDAY:
            file.fail("to", N_("The holiday would last longer than 20 days."), number)
        off = [first + offset * ONE_DAY for offset in range((last - first).days + 1)]
        for day in off:
            yield "from" if day == first else "to", number, DayRuling(day, False, name, notice)
        for day in file.days("worked", number):
            if day.weekday() < SATURDAY:
                file.fail("worked", WEEKDAY, number, at=day)
            yield "worked", number, DayRuling(day, True, name, notice)


@dataclass(frozen=True, slots=True)
class _File:
    """The parsed file beside its text, so that what is wrong can be found in it."""

    text_of_file: str
    given: dict[str, Any]

    def value(self, key: str, number: int | None) -> Any:
        table = self.given if number is None else self.given["holiday"][number - 1]
        if key not in table:
            self.fail(key, N_("It is missing."), number)
        return table[key]

    def number(self, key: str) -> int:
        value = self.value(key, None)
        if not isinstance(value, int) or isinstance(value, bool) or not FIRST_YEAR <= value <= LAST_YEAR:
            self.fail(key, N_("“%(given)s” is not a year we count in."), shown=value)
        return value

    def text(self, key: str, number: int | None = None, *, longest: int) -> str:
        value = self.value(key, number)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, N_("A text in quotes is expected."), number)
        if len(value.strip()) > longest or not value.strip().isprintable():
            self.fail(
                key, N_("The text is longer than %(longest)s characters, or has signs in it."), number, longest=longest
            )
        return value.strip()

    def address(self, key: str) -> str | None:
        if key not in self.given:
            return None
        text = self.text(key, longest=500)
        if not is_address(text):
            self.fail(key, N_("This is no web address."))
        return text

    def day(self, key: str, number: int | None = None) -> date:
        return self._as_day(self.value(key, number), key, number)

    def days(self, key: str, number: int) -> list[date]:
        value = self.given["holiday"][number - 1].get(key, [])
        if not isinstance(value, list):
            self.fail(key, N_("A list of dates in square brackets is expected."), number)
        return [self._as_day(each, key, number) for each in value]

    def _as_day(self, value: object, key: str, number: int | None) -> date:
        if isinstance(value, datetime) or not isinstance(value, date):
            self.fail(key, N_("A date is expected, written 2026-01-01 without quotes."), number)
        return value

    def refuse_unknown(self, table: dict[str, Any], known: set[str], number: int | None) -> None:
        for key in table:
            if key not in known:
                self.fail(key, N_("It is not one of: %(known)s."), number, known=", ".join(sorted(known)))

    def fail(
        self,
        key: str,
        message: str,
        number: int | None = None,
        *,
        at: date | None = None,
        shown: object = None,
        **values: Any,
    ) -> NoReturn:
        """Raise the error with where it stands: `line 14, holiday 2, to`."""
        if at is None and key not in ("year", "holiday") and "%(day)s" in message:
            at = self.value(key, number)
        place = key if number is None else f"holiday {number}, {key}"
        line = self._line(key, number, at)
        if at is not None:
            values["day"] = at
        if shown is not None:
            values["given"] = str(shown)[:20]
        raise InvalidInput(message, field=f"line {line}, {place}" if line else place, **values)

    def _line(self, key: str, number: int | None, at: date | None) -> int | None:
        """Return the line of a key, or of a date in its value; the table's own where the key is missing."""
        table = 0
        found: int | None = None
        for line, text in enumerate(self.text_of_file.splitlines(), start=1):
            if HOLIDAY_HEADER.match(text):
                if found is not None:
                    break
                table += 1
                if table == number:
                    found = line
                continue
            if table != (number or 0):
                continue
            matched = KEY.match(text)
            if matched and matched[1] == key:
                if at is None or number is None or at.isoformat() in text:
                    return line
                found = line
            elif found is not None and at is not None and at.isoformat() in text and not matched:
                return line
        return found


def is_address(text: str) -> bool:
    """Say whether a text is a web address that can be opened."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
