"""The gateway's endpoints as the OpenAPI document tells them."""

from http import HTTPStatus

from marshmallow import Schema, fields

from agreements.kernel.web.rest_document import Outside
from agreements.kernel.web.rest_fields import Moment, Word
from compliance.gateway.schemas import LONGEST_KEY, LONGEST_PLATFORM, DecideSchema
from compliance.sdk.answer import Hint, Reason, Verdict


class DecisionShown(Schema):
    """What a gateway is told of one tenant and product; instants in UTC. A denial is a normal answer."""

    tenant_key = fields.String(required=True)
    product = fields.String(required=True)
    decision = Word(Verdict, required=True)
    reason_codes = fields.List(
        Word(Reason), required=True, metadata={"description": "Why not, the primary reason first; empty for an allow."}
    )
    clause = fields.String(required=True, allow_none=True, metadata={"description": "Of the primary reason."})
    agreement_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "To be charged, or the one that got furthest."}
    )
    remaining_quota = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Calls left; null where nothing is prepaid."}
    )
    valid_until = Moment(
        required=True, allow_none=True, metadata={"description": "Exclusive; null for a denial, which is replaced."}
    )
    epoch = fields.Integer(required=True)
    revision = fields.Integer(required=True, metadata={"description": "Of what the answer rests on; it only grows."})
    terms_version = fields.Integer(required=True, allow_none=True)
    hints = fields.List(Word(Hint), required=True)
    unchecked = fields.List(
        fields.String(), required=True, metadata={"description": "`platform`, `purpose`: what was not judged."}
    )
    decided_at = Moment(required=True)


class StandingShown(Schema):
    """With `product` this is a DecisionShown; without it, one for each of the tenant's products."""

    tenant_key = fields.String(required=True)
    products = fields.List(fields.Nested(DecisionShown), required=True)


def _text(longest: int) -> dict[str, object]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
TAG = ("gateway", "What verification gateways ask, with a gateway's key: may this tenant call now?")
KEY = "gateway_key"
OUTSIDE = (
    Outside(
        "POST",
        "gateway_decisions.decide",
        id="gateway_decide",
        tag=TAG,
        summary="Decide one call; an unknown tenant is denied like any other. Needs the scope `decide`.",
        key=KEY,
        takes=DecideSchema,
        tells={HTTPStatus.OK: DecisionShown},
        refuses=(*REFUSALS, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    ),
    Outside(
        "GET",
        "gateway_standings.status",
        id="gateway_status",
        tag=TAG,
        summary="How a tenant stands for a product, or for each of its products. Needs the scope `status`.",
        key=KEY,
        parameters=(
            {"in": "query", "name": "product", "schema": _text(LONGEST_KEY), "description": "A product's code."},
            {"in": "query", "name": "platform", "schema": _text(LONGEST_PLATFORM)},
            {"in": "query", "name": "purpose", "schema": _text(LONGEST_KEY)},
        ),
        tells={HTTPStatus.OK: (DecisionShown, StandingShown)},
        refuses=(*REFUSALS, HTTPStatus.NOT_FOUND),
    ),
)
