"""The operator's endpoints as the OpenAPI document tells them."""

from http import HTTPStatus

from marshmallow import Schema, fields, validate

from agreements.kernel.web.rest_document import Outside


class AliveShown(Schema):
    status = fields.String(required=True, validate=validate.OneOf(("alive",)))


class ReadyShown(Schema):
    status = fields.String(required=True, metadata={"description": "`ready` or `not ready`."})
    failing = fields.List(fields.String(), required=True, metadata={"description": "Names of what fails."})
    checks = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "What each check says."}
    )


TAG = ("operations", "For probes and monitoring: alive, punctual, and in figures.")
OUTSIDE = (
    Outside(
        "GET",
        "health.live",
        id="health_live",
        tag=TAG,
        summary="This process answers; nothing else is asked.",
        tells={HTTPStatus.OK: AliveShown},
    ),
    Outside(
        "GET",
        "health.ready",
        id="health_ready",
        tag=TAG,
        summary="Whether everything is ready and punctual, or which conditions fail.",
        tells={HTTPStatus.OK: ReadyShown, HTTPStatus.SERVICE_UNAVAILABLE: ReadyShown},
    ),
    Outside(
        "GET",
        "metrics.show",
        id="health_metrics",
        tag=TAG,
        summary="Figures as Prometheus reads them. Needs a gateway's key with the scope `metrics`.",
        key="gateway_key",
        tells={HTTPStatus.OK: "text/plain"},
        refuses=(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
    ),
)
