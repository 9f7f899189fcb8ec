"""One registry from error to reply: a page for people, an RFC 9457 problem document for programs."""

import logging
from typing import Any
from uuid import uuid4

from flask import Flask, Response, g, json, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, SecurityError

from agreements.kernel.engines import is_passing, unavailable
from agreements.kernel.errors import N_, LuyueError
from agreements.kernel.web.language import FOR_PROGRAMS, in_words
from agreements.kernel.web.tracing import route

logger = logging.getLogger(__name__)


HTTP_MESSAGES = {
    400: ("BAD_REQUEST", N_("The request can't be read."), N_("Check what was sent, then try again.")),
    404: (
        "NOT_FOUND",
        N_("There is nothing at this address."),
        N_("Check the address, or search the register."),
    ),
    405: ("METHOD_NOT_ALLOWED", N_("This address does not take this kind of request."), None),
    413: ("TOO_LARGE", N_("What was sent is too large."), N_("Send a smaller file.")),
    415: ("MEDIA_TYPE", N_("The request's media type is not one we read."), N_("Send application/json.")),
}
RETRY_AFTER_SECONDS = {429: "60", 503: "5"}
BROKEN = ("BROKEN", N_("Something went wrong on our side."), N_("Try again; if it stays, tell the administrator."))


def register_errors(app: Flask) -> None:
    app.register_error_handler(LuyueError, reply)
    app.register_error_handler(ValidationError, reply)
    app.register_error_handler(HTTPException, reply)
    app.register_error_handler(Exception, _reply_to_a_fault)


def message_of(error: LuyueError) -> str:
    """Return the message in the language of the request."""
    return _translated(error.message, error.values)


def remedy_of(error: LuyueError) -> str | None:
    return _translated(error.remedy, error.values) if error.remedy else None


def problem(error: Exception) -> dict[str, Any]:
    """Describe an error as an RFC 9457 problem document.

    Members: type, title, status, detail, code; and where there are such clause, field, remedy, errors (of a schema, by
    field), reference (of a fault of ours).
    """
    if isinstance(error, LuyueError):
        content: dict[str, Any] = {
            "status": error.status,
            "code": error.code,
            "detail": message_of(error),
            "clause": error.clause,
            "field": error.field,
            "remedy": remedy_of(error),
        }
    elif isinstance(error, ValidationError):
        content = {
            "status": 422,
            "code": "INVALID_INPUT",
            "detail": gettext("Some values can't be taken."),
            "field": next(iter(error.messages_dict), None),
            "remedy": gettext("Correct the fields named under “errors”."),
            "errors": error.messages_dict,
        }
    else:
        status = error.code if isinstance(error, HTTPException) and error.code else 500
        code, detail, remedy = HTTP_MESSAGES.get(status, BROKEN if status >= 500 else HTTP_MESSAGES[400])
        content = {
            "status": status,
            "code": code,
            "detail": gettext(detail),
            "remedy": gettext(remedy) if remedy else None,
            "reference": g.get("fault_reference"),
        }
    title = content["code"].replace("_", " ").capitalize()
    content = {"type": f"urn:luyue:problem:{content['code'].lower()}", "title": title, **content}
    return {name: value for name, value in content.items() if value is not None}


def facts_of(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what an error page lists of a problem beside message and remedy: (term, value)."""
    terms = {
        "field": gettext("Field"),
        "clause": gettext("Clause"),
        "code": gettext("Code"),
        "reference": gettext("Reference"),
    }
    return [(term, str(content[member])) for member, term in terms.items() if member in content]


def reply(error: Exception) -> ResponseReturnValue:
    """Answer with the error in the form that the caller reads, and its status."""
    content = problem(error)
    headers = _headers_of(error)
    if wants_problem() or isinstance(error, SecurityError):  # a foreign host name has no pages
        response = Response(
            json.dumps(content, ensure_ascii=False), content["status"], mimetype="application/problem+json"
        )
        response.headers.extend(headers)
        return response
    template = "errors/part.html" if "HX-Request" in request.headers else "errors/page.html"
    return render_template(template, problem=content), content["status"], headers


def wants_problem() -> bool:
    """Say whether the caller is a program: by its address, or because it accepts JSON and no page."""
    accepts = request.accept_mimetypes
    only_json = accepts.accept_json and not accepts.accept_html
    return request.path.startswith(FOR_PROGRAMS) or only_json


def _headers_of(error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    status = getattr(error, "status", getattr(error, "code", None))
    if status == 401 and request.path.startswith(FOR_PROGRAMS):
        headers["WWW-Authenticate"] = "Bearer"
    if status == 401 and "HX-Request" in request.headers:
        headers["HX-Refresh"] = "true"  # the full page then leads to the sign-in page
    if status in RETRY_AFTER_SECONDS:
        headers["Retry-After"] = RETRY_AFTER_SECONDS[status]
    if status == 405 and isinstance(error, HTTPException):
        headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
    return headers


def _reply_to_a_fault(error: Exception) -> ResponseReturnValue:
    """Answer a fault of ours without its inside, under a reference that the log has too.

    A database that is busy or restarting is no fault: the caller is asked to come again.
    """
    if is_passing(error):
        logger.warning("%s %s: the database is not available (%s)", request.method, route(), type(error).__name__)
        return reply(unavailable())
    g.fault_reference = uuid4().hex[:12]
    logger.error("fault %s at %s %s", g.fault_reference, request.method, route(), exc_info=error)
    return reply(error)


def _translated(message: str, values: dict[str, object]) -> str:
    translated: str = gettext(message)
    return translated % {name: in_words(value) for name, value in values.items()} if values else translated
