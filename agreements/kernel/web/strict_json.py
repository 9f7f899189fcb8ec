"""JSON as two programs must read it the same way (ASVS 1.5.3): what parsers disagree about is refused."""

import json
from typing import Any, NoReturn

from agreements.kernel.errors import N_, InvalidInput


def read_object(body: bytes) -> dict[str, Any]:
    """Read one JSON object in UTF-8; raises InvalidInput for a repeated name, NaN, Infinity or anything malformed."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unrepeated, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise _malformed() from None
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(value, dict):
        raise InvalidInput(
            N_("The body must be one JSON object."),
            code="MALFORMED_JSON",
            field="body",
            remedy=N_("Send one object, in curly brackets."),
        )
    return value


def _malformed() -> InvalidInput:
    return InvalidInput(
        N_("The body is not valid JSON in UTF-8."),
        code="MALFORMED_JSON",
        field="body",
        remedy=N_("Send well-formed JSON; NaN and Infinity are not JSON."),
    )


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidInput(
                N_("The body names the same field twice."),
                code="DUPLICATE_FIELD",
                field=name,
                remedy=N_("Send each field once."),
            )
        found[name] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
