"""`/api/openapi.json` and `/api/docs`: the OpenAPI document, and the same as a page of our own.

The document holds no data, and the program is free software, so anybody may read both. No script, no foreign host.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, render_template
from markupsafe import Markup, escape

from agreements.kernel.web.rest_document import document_of, operations_of

blueprint = Blueprint("reference", __name__, url_prefix="/api")

REF = "#/components/schemas/"
JSON_BODY = "application/json"
EXAMPLES = {"date-time": "2024-09-12T16:40:00+08:00", "date": "2024-09-12"}
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter or a property. `type` is words, `schema` the name of the schema it leads to."""

    name: str
    place: str
    type: str
    schema: str | None
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint as the page shows it; `answers` are (status, meaning, schema), `call` a request for the shell."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    parameters: list[Member]
    body: str | None
    answers: list[tuple[str, str, str | None]]
    call: str


@blueprint.get("/openapi.json")
def document() -> Response:
    return Response(json.dumps(document_of(current_app), ensure_ascii=False), mimetype=JSON_BODY)


@blueprint.get("/docs")
def show() -> str:
    told = document_of(current_app)
    schemas = told["components"]["schemas"]
    return render_template(
        "reference/show.html",
        title=told["info"]["title"],
        introduction=[in_html(part) for part in told["info"]["description"].strip().split("\n\n")],
        tags=told["tags"],
        operations=[_operation(told, *each) for each in operations_of(told)],
        schemas={name: list(_members(schemas[name])) for name in sorted(schemas)},
        in_html=in_html,
    )


def in_html(text: str) -> Markup:
    """Return a text of the document with its **strong** words, *stressed* ones and `code`, everything else escaped."""
    safe = str(escape(text.replace("\n", " ")))
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe)
    safe = re.sub(r"\*(.+?)\*", r"<em>\1</em>", safe)
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", safe))  # noqa: S704 - escaped above


def _operation(told: Json, method: str, path: str, operation: Json) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get(JSON_BODY, {}).get("schema")
    parameters = [*told["paths"][path].get("parameters", ()), *operation.get("parameters", ())]
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        tag=operation["tags"][0],
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[_parameter(each) for each in parameters],
        body=_name_of(body) if body else None,
        answers=[_answer(told, status, each) for status, each in sorted(operation["responses"].items())],
        call=_call(told, method, path, operation, body),
    )


def _parameter(parameter: Json) -> Member:
    schema = parameter["schema"]
    required = parameter.get("required", False)
    words, leads_to = _type_of(schema)
    return Member(parameter["name"], parameter["in"], words, leads_to, required, parameter.get("description", ""))


def _answer(told: Json, status: str, answer: Json) -> tuple[str, str, str | None]:
    if "$ref" in answer:
        answer = told["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content: Json = next(iter(answer.get("content", {}).values()), {})
    return status, answer["description"], _name_of(content.get("schema", {}))


def _members(schema: Json) -> Iterator[Member]:
    for name, member in schema.get("properties", {}).items():
        words, leads_to = _type_of(member)
        required = name in schema.get("required", ())
        yield Member(name, "", words, leads_to, required, member.get("description", ""))


def _name_of(schema: Json) -> str | None:
    reference: str = schema.get("$ref", "")
    return reference.removeprefix(REF) or None


def _type_of(schema: Json) -> tuple[str, str | None]:
    """Return the type in words, and the name of the schema it leads to."""
    if "$ref" in schema:
        return "object", _name_of(schema)
    for inner in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        if "$ref" in inner:
            return "object or null" if "anyOf" in schema else "object", _name_of(inner)
    kinds = schema.get("type", "any value")
    if kinds == "array":
        words, leads_to = _type_of(schema["items"])
        return f"list of {words}", leads_to
    words = " or ".join(kinds) if isinstance(kinds, list) else kinds
    if "enum" in schema:
        return ", ".join(str(word) for word in schema["enum"] if word is not None) + (
            " or null" if "null" in words else ""
        ), None
    bounds = [
        f"{schema[key]} {word}"
        for key, word in (("minimum", "at least"), ("maximum", "at most"), ("maxLength", "characters at most"))
        if key in schema and schema[key] not in (1, 0, 2**31 - 1)
    ]
    return ", ".join([words + (f" ({schema['format']})" if "format" in schema else ""), *bounds]), None


def _call(told: Json, method: str, path: str, operation: Json, body: Json | None) -> str:
    """Return a request for the shell, with the key in $KEY where it takes one."""
    address = f"{told['servers'][0]['url']}{path}".replace("{", "$").replace("}", "")
    key = '-H "Authorization: Bearer $KEY" ' if operation.get("security") != [] else ""
    lines = [f'curl {key}"{address}"']
    if method == "POST" and body is not None:
        content = json.dumps(_example(told, body), ensure_ascii=False, indent=1)
        once = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
        lines += ['-H "Idempotency-Key: $(uuidgen)"'] if once else []
        lines += ["-H 'Content-Type: application/json'", f"-d '{content}'"]
    return " \\\n  ".join(lines)


def _example(told: Json, schema: Json) -> Any:
    if "$ref" in schema:
        schema = told["components"]["schemas"][_name_of(schema)]
    for inner in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        if "$ref" in inner:
            return _example(told, inner)
    if "example" in schema:
        return schema["example"]
    if "properties" in schema:
        required = schema.get("required", ())
        return {name: _example(told, each) for name, each in schema["properties"].items() if name in required}
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_example(told, schema["items"])]
    return EXAMPLES.get(schema.get("format", ""), schema.get("default", "…"))
