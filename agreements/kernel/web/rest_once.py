"""Acts of programs that can be sent twice: done once for each Idempotency-Key, in one transaction with their answer."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, g, request
from marshmallow import Schema
from sqlalchemy.orm import Session

from agreements.kernel import clock, idempotency
from agreements.kernel.db import unit_of_work
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.idempotency import KeptAnswer
from agreements.kernel.web.strict_json import read_object

WRITTEN_KEY = re.compile(rf"[!-~]{{1,{idempotency.LONGEST_KEY}}}")
REPLAYED = "Idempotency-Replayed"
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


@dataclass(frozen=True, slots=True)
class Created:
    """What an act made, and where it can be read from now on."""

    value: object
    location: str


def at_each_request(act: Callable[[Session], Any], schema: Schema, status: HTTPStatus) -> Response:
    """Act without a key: for answers that must not be kept."""
    with unit_of_work() as session:
        value = act(session)
        body = json.dumps(schema.dump(value), ensure_ascii=False)
    return answer(body, int(status), location=None)


def key_of_request() -> str:
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


def once(key: str, act: Callable[[Session], Any], schema: Schema, status: HTTPStatus) -> Response:
    """Do the act and keep its answer in one transaction, or give the answer that this key had."""
    principal = f"person:{g.actor.id}"
    sha256 = idempotency.request_hash(request.method, request.path, read_object(request.get_data()))
    with idempotency.one_at_a_time(principal, key), unit_of_work() as session:
        kept = idempotency.kept_answer(session, principal, key, request_sha256=sha256)
        if kept is not None:
            told = answer(kept.body, kept.status, location=kept.location)
            told.headers[REPLAYED] = "true"
            return told
        value = act(session)
        location = value.location if isinstance(value, Created) else None
        session.flush()  # defaults and keys are in what is told
        content = schema.dump(value.value if isinstance(value, Created) else value)
        body = json.dumps(content, ensure_ascii=False)
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
    return answer(body, int(status), location=location)


def answer(body: str, status: int, *, location: str | None) -> Response:
    response = Response(body, status, mimetype="application/json")
    if location is not None:
        response.headers["Location"] = location
    return response
