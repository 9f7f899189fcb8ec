"""The OpenAPI 3.1 document of the REST interface, put together from the rooms' own endpoints when it is asked for.

flask-smorest reads the endpoints; its handlers of errors and its pages with foreign scripts are left out.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import Day, Moment

PROBLEM = "application/problem+json"
ROOMS, DOCUMENT = "luyue_rest_rooms", "luyue_rest_document"
MEANINGS = {
    HTTPStatus.BAD_REQUEST: "The request can't be read.",
    HTTPStatus.UNAUTHORIZED: "No key, or one that is not valid.",
    HTTPStatus.FORBIDDEN: "The key's person may not do this, or the key may only read.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.CONFLICT: "Right in form, impossible in the present state; somebody else may have been first.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "What was sent is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Bodies are application/json.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A value can't be taken; `errors` names the fields where the form is wrong.",
}
INTRODUCTION = """\
What the pages show and do, for programs of our own staff.

**Keys.** A person issues a key on the account page, or the operator with `flask keys issue --person LOGIN --name NAME`.
It acts as that person, with the person's roles of the moment. Send it as `Authorization: Bearer lyp_…`. Cookies open
nothing here.

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


def publish(app: Flask, rooms: Iterable[Blueprint]) -> None:
    """Remember which rooms the document describes; the REST rooms among `rooms`, in their order."""
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
