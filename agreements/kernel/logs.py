"""Logs: one JSON object a line, in UTC, for web, scheduler and commands; never a name, an address or a token.

What an error says may hold what a person typed, so a line names the error's class and where it was raised, and never
its text. Whatever still looks like a telephone number, an identity number, an e-mail address or a secret is blanked,
in lines of libraries too. Only ASCII is written, so that nothing typed can end a line or colour a terminal.
"""

import logging
import re
import sys
import traceback
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

BLANKED = "[blanked]"
QUIET = ("apscheduler", "alembic", "werkzeug")
"""Libraries whose ordinary lines say nothing that ours do not."""

DEEPEST_CAUSE = 5
FRAMES = 8

SECRETS = re.compile(
    r"""
    ly[a-z]_[0-9a-f]{12}_\S+                    # a key of ours
    | [^\s@<>"'(]+@[^\s@<>"',;:)]+               # an e-mail address
    | (?<![0-9A-Za-z])[1-9](?:[ -]?[0-9]){16}[ -]?[0-9Xx](?![0-9A-Za-z])            # an identity number
    | (?<![0-9A-Za-z])(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]){8}(?![0-9A-Za-z])    # a mobile number
    | (?<![0-9A-Za-z_-])(?=[0-9a-z_-]*[A-Z_-])[0-9A-Za-z_-]{40,}(?![0-9A-Za-z_-])   # a token of a link or a session
    """,
    re.VERBOSE,
)
"""Broad on purpose: a line is worth less than what it might give away. Ids and hashes of ours are lower-case hex."""

FACTS: list[Callable[[], dict[str, object]]] = []
"""What each line is asked to say beside its own words; the web adds the request's id and route."""

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}


def blank(text: str) -> str:
    """Return the text without what looks like personal data or a secret, full-width digits included."""
    return SECRETS.sub(BLANKED, unicodedata.normalize("NFKC", text))


def error_facts(error: BaseException) -> dict[str, object]:
    """Name an error by its class, those it came from, and the last lines of code it passed, innermost last."""
    classes: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(classes) < DEEPEST_CAUSE:
        classes.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return {
        "error": classes[0],
        "caused_by": classes[1:],
        "at": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


class JsonLines(JsonFormatter):
    """A record as one line: time, level, logger, event; its place, `extra`, the error's class."""

    def __init__(self, *_unused: object, **_options: object) -> None:
        super().__init__("%(message)s", json_ensure_ascii=True)

    def formatException(self, ei: Any) -> str:  # noqa: ARG002 - the library's hook; the text of an error is not ours to print
        return ""

    def formatStack(self, stack_info: str) -> str:  # noqa: ARG002 - the same
        return ""

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],  # noqa: ARG002 - what is logged as a dict comes through `extra` here
    ) -> None:
        log_data.update(
            time=datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            level=record.levelname.lower(),
            logger=record.name,
            event=record.getMessage(),
        )
        for facts in FACTS:
            log_data.update(facts())
        log_data.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info and record.exc_info[1] is not None:
            log_data.update(error_facts(record.exc_info[1]))
        for key, value in log_data.items():
            if isinstance(value, str):
                log_data[key] = blank(value)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is at the moment, as a test or a supervisor replaces it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        """Kept from the base class; the stream is always today's stderr."""


def configure_logs(level: int = logging.INFO) -> None:
    """Send every logger's lines to stderr as JSON; calling it again changes nothing."""
    root = logging.getLogger()
    root.setLevel(level)
    if not any(isinstance(handler, _Stderr) for handler in root.handlers):
        handler = _Stderr()
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
