"""What every room's REST endpoints share: a room with reads and acts, each with its place in the OpenAPI document.

A room makes a `RestRoom` and writes its endpoints under `reads` and `acts`; app.py mounts it with STAFF_KEYS.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response, g
from flask_smorest import Blueprint
from marshmallow import Schema
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web import downloads
from agreements.kernel.web.rest_once import KEY_PARAMETER, at_each_request, key_of_request, once
from agreements.kernel.web.rest_requests import StrictParser

PREFIX = "/api/v1"
ALWAYS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
OF_ACTS = (
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


@dataclass(frozen=True, slots=True)
class FileTold:
    """An answer that is a file of one of these media types."""

    media_types: tuple[str, ...]


A_FILE = FileTold(downloads.MEDIA_TYPES)
A_PDF = FileTold((downloads.PDF,))
BINARY = {"type": "string", "contentMediaType": downloads.PLAIN}
FILE: dict[str, Any] = {
    "description": "The file.",
    "headers": {
        "Content-Disposition": {
            "schema": {"type": "string"},
            "description": "`attachment` with the file's name; beyond ASCII as `filename*` too (RFC 6266).",
        }
    },
}


class RestRoom(Blueprint):  # type: ignore[misc]  # flask-smorest comes without types
    """The REST endpoints of one room. Every endpoint asks for READ at least; use cases ask for what they need."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, import_name: str, *, path: str, description: str) -> None:
        super().__init__(f"rest_{name}", import_name, url_prefix=f"{PREFIX}{path}", description=description)

    def reads(
        self, rule: str, *, answers: type[Schema] | FileTold, query: type[Schema] | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Register a GET. The function gets the query's values by name; it returns what `answers` tells.

        answers  a schema, or a FileTold where the function returns a file of `downloads`
        """

        def decorator(function: Callable[..., Any]) -> Callable[..., Response]:
            @wraps(function)
            def view(given: dict[str, Any] | None = None, /, **path: Any) -> Response:
                require(g.actor, Permission.READ)
                value = function(**path, **(given or {}))
                if isinstance(answers, FileTold):
                    assert isinstance(value, Response)
                    return value
                return _told(answers().dump(value), links=value.get("links") if isinstance(value, dict) else None)

            names_a_row = "<" in f"{self.url_prefix}{rule}"
            statuses = [*ALWAYS, HTTPStatus.CONFLICT] + ([HTTPStatus.NOT_FOUND] if names_a_row else [])
            if query is not None:
                view = self.arguments(query, location="query")(view)
            if isinstance(answers, FileTold):
                view = self._tells_a_file(answers, view)
            else:
                view = self.response(HTTPStatus.OK, answers)(view)
            self._publish(rule, function.__name__, view, "GET", statuses)
            return view

        return decorator

    def _tells_a_file(self, told: FileTold, view: Any) -> Any:
        view = self.response(HTTPStatus.OK, BINARY, content_type=told.media_types[0], **FILE)(view)
        for media_type in told.media_types[1:]:
            view = self.alt_response(HTTPStatus.OK, schema=BINARY, content_type=media_type, **FILE)(view)
        return view

    def acts(
        self,
        rule: str,
        *,
        takes: type[Schema],
        answers: type[Schema],
        status: HTTPStatus = HTTPStatus.OK,
        prepares: Callable[..., dict[str, Any]] | None = None,
        keeps_answer: bool = True,
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Register a POST that acts once for each Idempotency-Key.

        The function gets the writing session, `now`, the values of the address and the body's values by name; it
        returns what `answers` tells, or a `Created`.

        prepares      gets the same values before the transaction begins, and returns what the function gets instead:
                      for what takes its time, such as reading a file
        keeps_answer  False where the answer holds what must not be kept: no key is asked, and each request acts
        """

        def decorator(function: Callable[..., Any]) -> Callable[..., Response]:
            @wraps(function)
            def view(given: dict[str, Any], /, **path: Any) -> Response:
                require(g.actor, Permission.READ)
                key = key_of_request() if keeps_answer else None
                values = prepares(**path, **given) if prepares else {**path, **given}

                def act(session: Session) -> Any:
                    return function(session, now=clock.now(session), **values)

                return at_each_request(act, answers(), status) if key is None else once(key, act, answers(), status)

            view = self.response(status, answers)(self.arguments(takes)(view))
            if keeps_answer:
                view = self.doc(parameters=[KEY_PARAMETER])(view)
            self._publish(rule, function.__name__, view, "POST", [*ALWAYS, HTTPStatus.NOT_FOUND, *OF_ACTS])
            return view

        return decorator

    def _publish(
        self, rule: str, name: str, view: Callable[..., Response], method: str, statuses: Iterable[HTTPStatus]
    ) -> None:
        for status in statuses:
            view = self.alt_response(status, status.name)(view)
        view = self.doc(operationId=f"{self.name.removeprefix('rest_')}_{name}")(view)
        self.add_url_rule(rule, name, view, methods=[method])


def _told(content: Any, *, links: str | None) -> Response:
    response = Response(json.dumps(content, ensure_ascii=False), mimetype="application/json")
    if links:
        response.headers["Link"] = links
    return response


def require_shown_text(text: str, what: str) -> str:
    """Return a name out of an address; raise NotFound where no record could have it."""
    if not text.isprintable():
        raise NotFound(N_("There is nothing at this address."), field=what)
    return text
