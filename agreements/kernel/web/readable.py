"""What an address or a form may hold, asked once for every page and interface, before any room reads it.

A number that no column holds is no address. Characters that cannot be shown are refused, because not every database
takes them; bodies in JSON are read by strict schemas of their own.
"""

import re
from collections.abc import Iterable

from flask import Flask, request
from werkzeug.exceptions import NotFound
from werkzeug.routing import IntegerConverter, Map

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.web.csrf import SAFE_METHODS
from agreements.kernel.web.language import FOR_PROGRAMS

LARGEST_ID = 2**31 - 1
"""The largest number of a row."""
UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""Control characters but tab and line breaks, and halves of characters."""


class RowNumber(IntegerConverter):
    """`<int:…>` in an address: a whole number from 1 to LARGEST_ID in ASCII digits; another one leads nowhere."""

    regex = r"[0-9]{1,10}"

    def __init__(self, map: Map, fixed_digits: int = 0, min: int = 1, max: int = LARGEST_ID) -> None:  # noqa: A002 - their signature
        super().__init__(map, fixed_digits, min, max)


def prepare_addresses(app: Flask) -> None:
    """Bound the numbers in addresses. Call it before a room is mounted."""
    app.url_map.converters["int"] = RowNumber


def require_readable() -> None:
    """Before each request, after its caller is known: NotFound for such a path, InvalidInput for query and form."""
    if request.endpoint is None:
        return
    if UNREADABLE.search(request.path):
        raise NotFound
    _require("query", request.args.items(multi=True))
    if request.method in SAFE_METHODS or request.path.startswith(FOR_PROGRAMS):
        return
    _require("form", request.form.items(multi=True))
    _require("form", ((name, file.filename or "") for name, file in request.files.items(multi=True)))


def _require(part: str, sent: Iterable[tuple[str, str]]) -> None:
    for name, text in sent:
        if UNREADABLE.search(name) or UNREADABLE.search(text):
            raise InvalidInput(
                N_("This has characters that can't be shown."),
                field=part if UNREADABLE.search(name) else name,
                remedy=N_("Type it anew."),
            )
