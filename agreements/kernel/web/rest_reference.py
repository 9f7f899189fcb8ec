"""`/api/openapi.json` and `/api/docs`: the OpenAPI document, and the same as pages of our own.

The document holds no data, and the program is free software, so anybody may read both. No script, no foreign host.
"""

import json

from flask import Blueprint, Response, current_app

from agreements.kernel.web.rest_document import document_of

blueprint = Blueprint("reference", __name__, url_prefix="/api")


@blueprint.get("/openapi.json")
def document() -> Response:
    return Response(json.dumps(document_of(current_app), ensure_ascii=False), mimetype="application/json")


@blueprint.get("/docs")
def show() -> str:
    return "x"
