"""The OpenAPI 3.1 document of the REST interface, put together from the rooms' own endpoints when it is asked for.

flask-smorest reads the endpoints; its handlers of errors and its pages with foreign scripts are left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import Day, Moment

PROBLEM = "application/problem+json"
ROOMS, OUTSIDE, DOCUMENT = "luyue_rest_rooms", "luyue_rest_outside", "luyue_rest_document"
MEANINGS = {
    HTTPStatus.BAD_REQUEST: "The request can't be read.",
    HTTPStatus.UNAUTHORIZED: "No key, or one that is not valid.",
    HTTPStatus.FORBIDDEN: "The key's person may not do this, or the key may only read.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.CONFLICT: "Right in form, impossible in the present state; somebody else may have been first.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "What was sent is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Bodies are application/json.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not at this moment; later may do.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A value can't be taken; `errors` names the fields where the form is wrong.",
}
INTRODUCTION = """\
What the pages show and do, for programs of our own staff.

**Keys.** A person issues a key on the account page, or the operator with `flask keys issue --person LOGIN --name NAME`.
It acts as that person, with the person's roles of the moment. Send it as `Authorization: Bearer lyp_…`. Cookies open
nothing here. Gateways and monitoring have keys of their own, `lyk_…`, that open only what is theirs.

**Values.** Instants carry their offset; they are told in Shanghai time (+08:00). Dates are Shanghai dates. Amounts are
texts in yuan, such as "800.00". Unknown fields, repeated fields and NaN are refused.

**Lists** take `page` (from 1) and `size` (up to 200) and answer `items`, `page`, `size`, `total`, with a `Link` header
(RFC 8288).

**Acts** are POSTs with an `Idempotency-Key`. Sent again within 30 days with the same content, they get the same answer
with `Idempotency-Replayed: true`, and nothing is done twice; with other content they are refused. An act on a case
names the `version` it saw; where somebody else was first, the answer is 409.

**Errors** are problem documents (RFC 9457) with a stable `code`, and `clause`, `field` and `remedy` where there are
such.
"""


class ProblemSchema(Schema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Stable word for programs."})
    clause = fields.String(metadata={"description": "Of the agreement."})
    field = fields.String(metadata={"description": "The input at fault."})
    remedy = fields.String(metadata={"description": "What to do about it."})
    errors = fields.Dict(metadata={"description": "What is wrong, by field."})
    reference = fields.String(metadata={"description": "Of a fault of ours; the log has it too."})


@dataclass(frozen=True, slots=True)
class Outside:
    """An endpoint that is no REST room's, as the document tells it.

    tag      its name and what it is about
    key      the scheme that opens it; None for anybody
    tells    by status, the schema of its JSON, several where it is one of them, or a media type
    refuses  statuses that are problem documents
    """

    method: str
    endpoint: str
    id: str
    tag: tuple[str, str]
    summary: str
    tells: Mapping[HTTPStatus, type[Schema] | tuple[type[Schema], ...] | str]
    refuses: tuple[HTTPStatus, ...] = ()
    key: str | None = None
    takes: type[Schema] | None = None
    parameters: tuple[Mapping[str, Any], ...] = ()

    def operation(self) -> dict[str, Any]:
        """Return the operation as apispec takes it."""
        told: dict[str, Any] = {
            "operationId": self.id,
            "tags": [self.tag[0]],
            "summary": self.summary,
            "security": [{self.key: []}] if self.key else [],
            "responses": {
                **{str(status.value): _told(status, content) for status, content in self.tells.items()},
                **{str(status.value): status.name for status in self.refuses},
            },
        }
        if self.parameters:
            told["parameters"] = [dict(each) for each in self.parameters]
        if self.takes:
            told["requestBody"] = {"required": True, "content": {"application/json": {"schema": self.takes}}}
        return told


def _told(status: HTTPStatus, content: type[Schema] | tuple[type[Schema], ...] | str) -> dict[str, Any]:
    if isinstance(content, str):
        return {"description": status.phrase, "content": {content: {"schema": {"type": "string"}}}}
    schema = {"anyOf": list(content)} if isinstance(content, tuple) else content
    return {"description": status.phrase, "content": {"application/json": {"schema": schema}}}


class OwnApi(Api):  # type: ignore[misc]  # flask-smorest comes without types
    """Documents blueprints that are mounted elsewhere; answers nothing and handles nothing itself."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Errors have one registry: agreements.kernel.web.problems."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            told = {
                "description": MEANINGS.get(status, status.phrase),
                "content": {PROBLEM: {"schema": ProblemSchema}},
            }
            if status is HTTPStatus.UNAUTHORIZED:
                told["headers"] = {"WWW-Authenticate": {"schema": {"type": "string", "const": "Bearer"}}}
            self.spec.components.response(status.name, told, lazy=True)

    def add(self, app: Flask, room: Blueprint) -> None:
        room.register_views_in_doc(self, app, self.spec, name=room.name, parameters=None)


def publish(app: Flask, rooms: Iterable[Blueprint], outside: Iterable[Outside] = ()) -> None:
    """Remember what the document describes: the REST rooms among `rooms`, in their order, and other endpoints."""
    app.extensions[OUTSIDE] = list(outside)
    app.extensions[ROOMS] = [room for room in rooms if isinstance(room, RestRoom)]


def document_of(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document, made once for an application."""
    known: dict[str, Any] | None = app.extensions.get(DOCUMENT)
    if known is None:
        known = app.extensions[DOCUMENT] = _made(app)
    return known


def _made(app: Flask) -> dict[str, Any]:
    api = OwnApi(
        app,
        spec_kwargs={
            "title": "Lüyue",
            "version": "1",
            "openapi_version": "3.1.0",
            "info": {"description": INTRODUCTION},
            "servers": [{"url": app.extensions["luyue"]["settings"].public_url}],
            "security": [{"personal_key": []}],
        },
    )
    api.register_field(Moment, "string", "date-time")
    api.register_field(Day, "string", "date")
    api.spec.components.security_scheme(
        "personal_key", {"type": "http", "scheme": "bearer", "bearerFormat": "lyp_PREFIX_SECRET"}
    )
    for room in app.extensions[ROOMS]:
        api.add(app, room)
        api.spec.tag({"name": _word_of(room.name), "description": room.description})
    api.spec.components.security_scheme(
        "gateway_key", {"type": "http", "scheme": "bearer", "bearerFormat": "lyk_PREFIX_SECRET"}
    )
    for name, description in dict(each.tag for each in app.extensions[OUTSIDE]).items():
        api.spec.tag({"name": name, "description": description})
    for each in app.extensions[OUTSIDE]:
        rule = next(app.url_map.iter_rules(each.endpoint))
        api.spec.path(rule=rule, operations={each.method.lower(): each.operation()})
    made: dict[str, Any] = api.spec.to_dict()
    for _, _, operation in operations_of(made):
        operation["tags"] = [_word_of(tag) for tag in operation["tags"]]
    return made


def operations_of(document: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return each operation as (METHOD, path, operation), in the order of the document."""
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "responses" in operation
    ]


def _word_of(name: str) -> str:
    return name.removeprefix("rest_")
