"""What a term may say: a supplement, a correction or online terms speak in the same shape as the term they meet."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from agreements.kernel.errors import N_, InvalidInput

UNITS = ("working_day", "calendar_day", "month", "hour")
LONGEST_PERIOD = 3650
LONGEST_WORD = 80
SERVICE_END, QUOTA_TOTAL = "service_end", "quota_total"
ORDER_KEYS = (SERVICE_END, QUOTA_TOTAL)
"""Facts of the order that a supplement may change; online terms and annex don't hold them."""


def checked_value(key: str, value: Any, current: Any, *, field: str = "value") -> Any:
    """Return the value of a term, or raise InvalidInput; current: what it says now, None where nothing did."""
    if key == SERVICE_END:
        return _a_date(value, field)
    if key == QUOTA_TOTAL:
        return _whole(value, field, most=10**12)
    if isinstance(current, bool):
        if not isinstance(value, bool):
            raise InvalidInput(N_("This term says yes or no."), field=field)
        return value
    if isinstance(current, str):
        return _word(value, field)
    if isinstance(current, Mapping) and "value" not in current:
        return _parts(value, current, field)
    return _period(value, current if isinstance(current, Mapping) else {}, field)


def _period(value: Any, current: Mapping[str, Any], field: str) -> dict[str, Any]:
    allowed = {*current, "value", "unit", "form", "starts"}
    if not isinstance(value, Mapping) or not {"value", "unit"} <= set(value) <= allowed:
        raise InvalidInput(N_("This term is a period: a number and its unit."), field=field)
    if value["unit"] not in UNITS:
        raise InvalidInput(N_("Choose one of those offered."), field=field)
    number = _whole(value["value"], field, most=LONGEST_PERIOD)
    others = {part: said for part, said in value.items() if part not in ("value", "unit")}
    if not all(said is None or isinstance(said, str | bool | int) for said in others.values()):
        raise InvalidInput(N_("This term is a period: a number and its unit."), field=field)
    return {**current, **others, "value": number, "unit": value["unit"]}


def _parts(value: Any, current: Mapping[str, Any], field: str) -> dict[str, Any]:
    """A term of several yes-or-no parts, such as suspension; parts that are left out stay."""
    if not isinstance(value, Mapping) or not set(value) <= set(current):
        raise InvalidInput(N_("This term has other parts."), field=field)
    for part, said in value.items():
        if said != current[part] and type(said) is not type(current[part]):
            raise InvalidInput(N_("This term has other parts."), field=field)
    return {**current, **value}


def _word(value: Any, field: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= LONGEST_WORD or not value.isprintable():
        raise InvalidInput(N_("Say it in at most %(longest)s characters."), field=field, longest=LONGEST_WORD)
    return value.strip()


def _whole(value: Any, field: str, *, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInput(N_("Write a whole number from 1 to %(most)s."), field=field, most=most)
    return value


def _a_date(value: Any, field: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise InvalidInput(
            N_("“%(text)s” is not a date."), field=field, remedy=N_("Write it as 2024-09-12."), text=value
        ) from None
