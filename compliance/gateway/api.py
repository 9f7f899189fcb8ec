"""`/gateway/v1`: what gateways ask. A denial is a normal answer; errors are problem documents.

Two blueprints, because a gateway key opens them by separate scopes: DECIDE and STATUS.
"""

from datetime import datetime, timedelta

from flask import Blueprint, Response, g, json, request
from werkzeug.exceptions import UnsupportedMediaType

from agreements.kernel import clock
from agreements.kernel.db import appending
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.web.strict_json import read_object
from agreements.parties.actions import tenant_of_key
from compliance.gateway.actions import Answer, Question, tell_gateway
from compliance.gateway.schemas import DecideSchema, StatusSchema

URL_PREFIX = "/gateway/v1"
LONGEST_BODY_BYTES = 16 * 1024
FRESH_SECONDS = 1
STALE_IF_ERROR_SECONDS = 3

decisions = Blueprint("gateway_decisions", __name__, url_prefix=URL_PREFIX)
standings = Blueprint("gateway_standings", __name__, url_prefix=URL_PREFIX)


@decisions.post("/decide")
def decide() -> Response:
    """Decide one call; an unknown tenant is denied like any other."""
    request.max_content_length = LONGEST_BODY_BYTES
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    question = Question(**DecideSchema().load(read_object(request.get_data())))
    with appending() as session:
        [answer] = tell_gateway(session, question, key_id=g.actor.id, now=clock.now(session))
    return _reply(_told(question, answer))


@standings.get("/tenants/<tenant_key>/status")
def status(tenant_key: str) -> Response:
    """Tell how a tenant stands for a product, or for each of its products; an unknown tenant is a 404 problem."""
    question = Question(**StatusSchema().load({"tenant_key": tenant_key, **_query()}))
    with appending() as session:
        now = clock.now(session)
        tenant_of_key(session, tenant_key)
        answers = tell_gateway(session, question, key_id=g.actor.id, now=now)
    told = [_told(question, answer) for answer in answers]
    content: dict[str, object] = told[0] if question.product else {"tenant_key": tenant_key, "products": told}
    return _reply(content, _cache_control(answers, now))


def _query() -> dict[str, str]:
    """Return the query; a name given twice, or one that belongs to the path, is refused."""
    for name, values in request.args.lists():
        if len(values) > 1 or name == "tenant_key":
            raise InvalidInput(
                N_("The query names “%(name)s” more than once."),
                code="DUPLICATE_FIELD",
                field=name,
                remedy=N_("Send each field once."),
                name=name,
            )
    return request.args.to_dict()


def _told(question: Question, answer: Answer) -> dict[str, object]:
    return {"tenant_key": question.tenant_key, "product": answer.call.product, **answer.decision.as_json()}


def _cache_control(answers: list[Answer], now: datetime) -> str:
    """Let a proxy repeat the answer for a second, three where we don't answer, and never past what it is good for."""
    bounds = [answer.decision.valid_until for answer in answers if answer.decision.valid_until is not None]
    life = min([bound - now for bound in bounds], default=timedelta(seconds=FRESH_SECONDS + STALE_IF_ERROR_SECONDS))
    fresh = min(FRESH_SECONDS, int(life.total_seconds()))
    stale = min(STALE_IF_ERROR_SECONDS, int(life.total_seconds()) - fresh)
    return f"max-age={fresh}, stale-if-error={stale}" if fresh else "no-store"


def _reply(content: dict[str, object], cache_control: str = "no-store") -> Response:
    response = Response(json.dumps(content, ensure_ascii=False), mimetype="application/json")
    response.headers["Cache-Control"] = cache_control
    return response
