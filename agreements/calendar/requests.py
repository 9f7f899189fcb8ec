"""Reading what somebody asks `deadlines due` to compute, from words or from one line of JSON.

Strict on purpose: a number that was nearly right would become a legal date that is nearly right.
"""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from agreements.calendar.deadline_rules import FIRST_EVENT, LAST_EVENT, Counting, Deadline
from agreements.calendar.deadline_table import DeadlineRule, Roll, Unit
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import parse_date, parse_instant

KEYS = ("rule", "from", "event", "count", "unit", "roll")
LONGEST_LINE = 10_000
WHOLE_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
DAY = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}", re.ASCII)
INSTANT = re.compile(
    r"([0-9]{4})-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class DeadlineRequest:
    """What to compute; None takes the policy in force or the standard form."""

    rule: DeadlineRule
    event: date | datetime
    count: int | None = None
    unit: Unit | None = None
    roll: Roll | None = None

    def answer(self, counting: Counting) -> Deadline:
        return counting.due(self.rule, self.event, count=self.count, unit=self.unit, roll=self.roll)


def request_of_words(
    *, rule: str | None, event: str | None, count: str | None, unit: str | None, roll: str | None
) -> DeadlineRequest:
    """Read a request from the command line's words; InvalidInput names the word at fault."""
    if count is not None and not WHOLE_NUMBER.fullmatch(count):
        _refuse_count(count)
    return _request(
        {"rule": rule, "from": event, "count": None if count is None else int(count), "unit": unit, "roll": roll}
    )


def request_of_json(line: bytes) -> DeadlineRequest:
    """Read a request from one JSON object with the keys rule, from (or event), count, unit, roll; null is left out.

    InvalidInput names the key at fault: unknown, twice there, or of another type than its own.
    """
    if not line.strip():
        raise InvalidInput(N_("The line is empty."), field="line", remedy=N_("Give one JSON object on every line."))
    if len(line) > LONGEST_LINE:
        raise InvalidInput(
            N_("The line is longer than %(most)s bytes."),
            field="line",
            remedy=N_("Give one JSON object on every line."),
            most=LONGEST_LINE,
        )
    try:
        given = json.loads(line.decode(), object_pairs_hook=_once_each, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # includes bytes that are no UTF-8 and integers too long to read
        raise InvalidInput(
            N_("The line is not JSON in UTF-8."), field="line", remedy=N_("Give one JSON object on every line.")
        ) from None
    if not isinstance(given, dict):
        raise InvalidInput(
            N_("The line holds no JSON object."), field="line", remedy=N_("Give one JSON object on every line.")
        )
    for key in given:
        if key not in KEYS:
            raise InvalidInput(
                N_("There is no such key."), field=_shown(key), remedy=N_("Use %(keys)s."), keys=", ".join(KEYS)
            )
    if "from" in given and "event" in given:
        raise InvalidInput(
            N_("“from” and “event” mean the same and both are given."), field="event", remedy=N_("Leave one out.")
        )
    return _request({"from": given.pop("event", None), **given})


def _request(given: dict[str, Any]) -> DeadlineRequest:
    count = given.get("count")
    if count is not None and (type(count) is not int or count < 1):
        _refuse_count(count)
    return DeadlineRequest(
        rule=_word(DeadlineRule, given.get("rule"), "rule") or _missing("rule"),
        event=_event(given.get("from")),
        count=count,
        unit=_word(Unit, given.get("unit"), "unit"),
        roll=_word(Roll, given.get("roll"), "roll"),
    )


def _word(kind: type[Word], given: object, field: str) -> Word | None:
    if given is None:
        return None
    word = next((word for word in kind if word.value == given), None)
    if word is not None:
        return word
    raise InvalidInput(
        N_("%(given)s is not one of the words known here."),
        field=field,
        remedy=N_("Use one of: %(words)s."),
        given=_shown(given),
        words=", ".join(kind),
    )


def _event(given: object) -> date | datetime:
    """Read a date or a time; a time without zone is Shanghai's, as people write it."""
    if given is None:
        _missing("from")
    matched = DAY.fullmatch(given) or INSTANT.fullmatch(given) if isinstance(given, str) else None
    if matched is None or not isinstance(given, str):
        raise InvalidInput(
            N_("%(given)s is neither a date nor a point in time."),
            field="from",
            remedy=N_("Write it as 2024-09-12, 2024-09-12T16:40 (Shanghai) or 2024-09-12T16:40+08:00."),
            given=_shown(given),
        )
    if not FIRST_EVENT.year <= int(matched[1]) <= LAST_EVENT.year:
        raise InvalidInput(
            N_("%(day)s is outside the years we count in."),
            field="from",
            remedy=N_("Give a date from 1992 to 2499."),
            day=given,
        )
    return parse_date(given, "from") if len(given) == len("2024-09-12") else parse_instant(given, "from")


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    given: dict[str, object] = {}
    for key, value in pairs:
        if key in given:
            raise InvalidInput(N_("The key is given twice."), field=_shown(key), remedy=N_("Leave one out."))
        given[key] = value
    return given


def _refuse_constant(word: str) -> NoReturn:
    raise InvalidInput(N_("%(word)s is no JSON value."), field="line", remedy=N_("Give a whole number."), word=word)


def _refuse_count(given: object) -> NoReturn:
    raise InvalidInput(
        N_("%(given)s is not a whole number of at least 1."),
        field="count",
        remedy=N_("Give it in plain digits, such as 5."),
        given=_shown(given),
    )


def _missing(field: str) -> NoReturn:
    raise InvalidInput(N_("It is missing."), field=field, remedy=N_("Every computation needs a rule and an event."))


def _shown(given: object) -> str:
    """The value as it was given, short enough and plain enough to print."""
    text = json.dumps(given, ensure_ascii=False, default=str) if not isinstance(given, str) else given
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= 60 else f"{text[:60]}…"
