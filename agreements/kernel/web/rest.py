"""What every room's REST endpoints share: strict input, pages of lists, acts that can be sent twice, problem documents.

A room makes a `RestRoom` and writes its endpoints under `reads` and `acts`; app.py mounts it with STAFF_KEYS.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from io import BytesIO
from typing import Any, NoReturn

from flask import Response, g, request, send_file, url_for
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from agreements.kernel import clock, idempotency
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import unit_of_work
from agreements.kernel.errors import N_, InvalidInput, NotFound
from agreements.kernel.idempotency import KeptAnswer
from agreements.kernel.web.rest_fields import QueryWhole, StrictSchema
from agreements.kernel.web.strict_json import read_object

PREFIX = "/api/v1"
MOST_ROWS = 200
ROWS = 50
MOST_PAGES = 1_000_000
WRITTEN_KEY = re.compile(rf"[!-~]{{1,{idempotency.LONGEST_KEY}}}")
REPLAYED = "Idempotency-Replayed"

ALWAYS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
OF_ACTS = (
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
KEY_PARAMETER = {
    "in": "header",
    "name": idempotency.FIELD,
    "required": True,
    "description": "Names this request. Sent again within 30 days with the same content, it gets the same answer,"
    f" marked `{REPLAYED}: true`, and nothing is done twice. A random UUID is a good key.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": idempotency.LONGEST_KEY,
        "pattern": "^[!-~]+$",
        "examples": ["0b9ad5d2-3c1e-4c6f-9a3a-6a1f0b1f4f0e"],
    },
}


class StrictParser(FlaskParser):
    """Reads addresses and bodies as strictly as the schemas do; what is wrong goes to our one registry of errors."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, "json": RAISE}

    def load_json(self, req: Any, schema: Any) -> Any:  # noqa: ARG002 - their signature
        if req.mimetype != "application/json":
            raise UnsupportedMediaType
        return read_object(req.get_data())

    def load_querystring(self, req: Any, schema: Any) -> Any:
        for name, values in req.args.lists():
            if len(values) > 1:
                raise InvalidInput(
                    N_("The query names “%(name)s” more than once."),
                    code="DUPLICATE_FIELD",
                    field=name,
                    remedy=N_("Send each field once."),
                    name=name,
                )
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, *_about: Any, **_options: Any) -> NoReturn:
        """Raise the schema's own error, by field instead of by place."""
        messages = error.messages_dict
        inner = messages[next(iter(messages))] if len(messages) == 1 else messages
        raise ValidationError(inner if isinstance(inner, dict) else messages)


@dataclass(frozen=True, slots=True)
class Created:
    """What an act made, and where it can be read from now on."""

    value: object
    location: str


class RestRoom(Blueprint):  # type: ignore[misc]  # flask-smorest comes without types
    """The REST endpoints of one room. Every endpoint asks for READ at least; use cases ask for what they need."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, import_name: str, *, path: str, description: str) -> None:
        super().__init__(f"rest_{name}", import_name, url_prefix=f"{PREFIX}{path}", description=description)

    def reads(
        self, rule: str, *, answers: type[Schema] | None, query: type[Schema] | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Register a GET. The function gets the query's values by name; it returns what `answers` tells.

        answers  None where the function returns a file
        """

        def decorator(function: Callable[..., Any]) -> Callable[..., Response]:
            @wraps(function)
            def view(given: dict[str, Any] | None = None, /, **path: Any) -> Response:
                require(g.actor, Permission.READ)
                value = function(**path, **(given or {}))
                if isinstance(value, Response):
                    return value
                assert answers is not None
                return _told(
                    answers().dump(value), HTTPStatus.OK, links=value.get("links") if isinstance(value, dict) else None
                )

            names_a_row = "<" in f"{self.url_prefix}{rule}"
            statuses = [*ALWAYS, HTTPStatus.CONFLICT] + ([HTTPStatus.NOT_FOUND] if names_a_row else [])
            if query is not None:
                view = self.arguments(query, location="query")(view)
            if answers is not None:
                view = self.response(HTTPStatus.OK, answers)(view)
            else:
                binary = {"type": "string", "contentMediaType": "application/octet-stream"}
                view = self.response(HTTPStatus.OK, binary, content_type="*/*", description="The file.")(view)
            self._publish(rule, function.__name__, view, "GET", statuses)
            return view

        return decorator

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
                key = _key() if keeps_answer else None
                values = prepares(**path, **given) if prepares else {**path, **given}

                def act(session: Session) -> Any:
                    return function(session, now=clock.now(session), **values)

                return _unkept(act, answers(), status) if key is None else _once(key, act, answers(), status)

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


def _unkept(act: Callable[[Session], Any], schema: Schema, status: HTTPStatus) -> Response:
    with unit_of_work() as session:
        value = act(session)
        body = json.dumps(schema.dump(value), ensure_ascii=False)
    return _answer(body, int(status), location=None)


def _key() -> str:
    key = request.headers.get(idempotency.FIELD, "")
    if not WRITTEN_KEY.fullmatch(key):
        raise InvalidInput(
            N_("Every act needs an Idempotency-Key of 1 to %(longest)s visible characters."),
            code="IDEMPOTENCY_KEY_MISSING",
            field=idempotency.FIELD,
            remedy=N_("Send a random UUID, and the same one when you send the request again."),
            longest=idempotency.LONGEST_KEY,
        )
    return key


def _once(key: str, act: Callable[[Session], Any], schema: Schema, status: HTTPStatus) -> Response:
    """Do the act and keep its answer in one transaction, or give the answer that this key had."""
    principal = f"person:{g.actor.id}"
    sha256 = idempotency.request_hash(request.method, request.path, read_object(request.get_data()))
    with idempotency.one_at_a_time(principal, key), unit_of_work() as session:
        kept = idempotency.kept_answer(session, principal, key, request_sha256=sha256)
        if kept is not None:
            answer = _answer(kept.body, kept.status, location=kept.location)
            answer.headers[REPLAYED] = "true"
            return answer
        value = act(session)
        location = value.location if isinstance(value, Created) else None
        session.flush()  # defaults and keys are in what is told
        told = schema.dump(value.value if isinstance(value, Created) else value)
        body = json.dumps(told, ensure_ascii=False)
        session.add(
            KeptAnswer(
                principal=principal,
                key=key,
                request_sha256=sha256,
                status=int(status),
                body=body,
                location=location,
                kept_at=clock.wall(),
            )
        )
    return _answer(body, int(status), location=location)


def _answer(body: str, status: int, *, location: str | None) -> Response:
    response = Response(body, status, mimetype="application/json")
    if location is not None:
        response.headers["Location"] = location
    return response


def _told(content: Any, status: HTTPStatus, *, links: str | None) -> Response:
    response = Response(json.dumps(content, ensure_ascii=False), status, mimetype="application/json")
    if links:
        response.headers["Link"] = links
    return response


class PageQuery(StrictSchema):
    """Which part of a list is asked for."""

    page = QueryWhole(least=1, most=MOST_PAGES, load_default=1, metadata={"description": "From 1."})
    size = QueryWhole(least=1, most=MOST_ROWS, load_default=ROWS, metadata={"description": "Rows of a page."})


def page_of_rows(session: Session, statement: Select[Any], *, page: int, size: int) -> dict[str, Any]:
    """Run a statement that selects one entity for one page; a page past the end is empty.

    Returns {items, page, size, total, links}: `links` is the Link header (RFC 8288) with first, prev, next and last.
    """
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = list(session.scalars(statement.limit(size).offset((page - 1) * size)))
    return page_of_items(rows, total, page=page, size=size)


def page_of_items(items: list[Any], total: int, *, page: int, size: int) -> dict[str, Any]:
    last = max(1, math.ceil(total / size))
    targets = {"first": 1, "prev": min(page - 1, last), "next": page + 1, "last": last}
    links = ", ".join(
        f'<{_address(page=number)}>; rel="{relation}"'
        for relation, number in targets.items()
        if 1 <= number <= last and not (relation in ("prev", "next") and number == page)
    )
    return {"items": items, "page": page, "size": size, "total": total, "links": links}


def _address(**changes: int) -> str:
    assert request.endpoint is not None
    return url_for(request.endpoint, **{**(request.view_args or {}), **request.args.to_dict(), **changes})


def page_schema(item: type[Schema], name: str) -> type[Schema]:
    """Return the schema of one page of a list."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "page": fields.Integer(required=True),
            "size": fields.Integer(required=True),
            "total": fields.Integer(required=True, metadata={"description": "Rows of all pages."}),
        },
        name=name,
    )


def require_shown_text(text: str, what: str) -> str:
    """Return a name out of an address; raise NotFound where no record could have it."""
    if not text.isprintable():
        raise NotFound(N_("There is nothing at this address."), field=what)
    return text


def file_response(content: bytes, name: str) -> Response:
    """Hand out a stored file to be saved, never to be opened in our origin."""
    response = send_file(
        BytesIO(content), "application/octet-stream", as_attachment=True, download_name=name, etag=False
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
