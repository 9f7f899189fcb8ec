"""Reading terms from forms: which keys were picked, and each value in the shape of what applies now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from agreements.kernel.errors import N_, InvalidInput
from agreements.register.term_values import ORDER_KEYS, SERVICE_END

MOST_KEYS = 40


@dataclass(frozen=True, slots=True)
class Input:
    """How a term is asked for; `kind`: period, yes_no, parts, whole, day or word. current: what applies now."""

    key: str
    kind: str
    current: Any


def inputs_for(keys: list[str], current: Mapping[str, Any]) -> list[Input]:
    """Return the inputs of the picked terms that exist; one that is new to the agreement is a period."""
    return [Input(key, kind_of(key, current.get(key)), current.get(key)) for key in dict.fromkeys(keys[:MOST_KEYS])]


def kind_of(key: str, current: Any) -> str:
    if key in ORDER_KEYS:
        return "day" if key == SERVICE_END else "whole"
    if isinstance(current, bool):
        return "yes_no"
    if isinstance(current, str):
        return "word"
    if isinstance(current, Mapping) and "value" not in current:
        return "parts"
    return "period"


def read_value(form: MultiDict[str, str], asked: Input) -> Any:
    """Read the value of one term; raise InvalidInput naming its field."""
    key = asked.key
    said = form.get(f"value_{key}", "").strip()
    match asked.kind:
        case "yes_no":
            return _yes_no(said, key)
        case "parts":
            flags = {part for part, value in asked.current.items() if isinstance(value, bool)}
            return {**asked.current, **{part: f"{part}" in form.getlist(f"value_{key}") for part in flags}}
        case "whole":
            return _whole(said, key)
        case "period":
            kept = dict(asked.current) if isinstance(asked.current, Mapping) else {}
            form_level = form.get(f"form_{key}", "")
            if "form" in kept and form_level:
                kept["form"] = form_level
            return {**kept, "value": _whole(said, key), "unit": form.get(f"unit_{key}", "")}
    return said


def _yes_no(said: str, key: str) -> bool:
    if said not in ("yes", "no"):
        raise InvalidInput(N_("This term says yes or no."), field=key)
    return said == "yes"


def _whole(said: str, key: str) -> int:
    digits = said.replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise InvalidInput(N_("Write a whole number."), field=key, remedy=N_("Such as 10000."))
    return int(digits)
