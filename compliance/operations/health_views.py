"""`/healthz`, `/readyz` and `/metrics`: for probes and monitoring, without sessions, cookies or forms."""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from agreements.kernel.db import db
from compliance.operations.metrics import exposition
from compliance.operations.readiness import readiness

health = Blueprint("health", __name__)
metrics = Blueprint("metrics", __name__)


@health.get("/healthz")
def live() -> ResponseReturnValue:
    """This process answers; nothing else is asked."""
    return jsonify(status="alive")


@health.get("/readyz")
def ready() -> ResponseReturnValue:
    """200 where everything is ready and punctual, else 503 naming the conditions that fail."""
    checks = readiness()
    failing = [check.name for check in checks if not check.passed]
    answer = jsonify(
        status="not ready" if failing else "ready",
        failing=failing,
        checks={check.name: check.says or "passed" for check in checks},
    )
    return answer, HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK


@metrics.get("/metrics")
def show() -> ResponseReturnValue:
    return Response(exposition(db.session()), content_type=CONTENT_TYPE_LATEST)
