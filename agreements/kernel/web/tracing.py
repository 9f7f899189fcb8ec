"""One line and two measures for every request: who asked for which kind of address, how it ended, how long it took.

The route's pattern stands for the address (`/n/<token>`, never the token), the actor's kind and number for the person.
"""

import logging
import os
import re
from uuid import uuid4

from flask import Flask, Response, g, has_request_context, request
from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess

from agreements.kernel import clock
from agreements.kernel.logs import FACTS

log = logging.getLogger("luyue.requests")

HEADER = "X-Request-Id"
WELL_FORMED = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{7,63}")
UNMATCHED = "(no such address)"
QUIET_ENDPOINTS = ("static", "health.live", "health.ready", "metrics.show")
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where this variable names a folder before the first import of prometheus_client, all workers count together."""

_own = CollectorRegistry()
REQUESTS = Counter(
    "luyue_http_requests", "Requests answered, by route pattern", ["method", "route", "status"], registry=_own
)
SECONDS = Histogram(
    "luyue_http_request_seconds",
    "How long an answer took",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
    registry=_own,
)


def measures_of_requests() -> CollectorRegistry:
    """Return the counts of all workers where they share a folder, else of this process alone."""
    if not os.environ.get(SHARED_FOLDER):
        return _own
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call] # the library has no types here
    return shared


def prepare_tracing(app: Flask) -> None:
    """Trace every request of an application. Call it before anything else that asks to be told of requests."""
    app.before_request(_begin)
    app.after_request(_answer)


def route() -> str:
    """Return the pattern of the address that was asked for; of an unknown address nothing, for it may hold a token."""
    return request.url_rule.rule if request.url_rule is not None else UNMATCHED


def request_id() -> str:
    """Return the caller's own id for this request where it is well-formed, else one of ours."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if WELL_FORMED.fullmatch(given) else uuid4().hex
    return str(g.request_id)


def _begin() -> None:
    g.began_at = clock.monotonic()


def _answer(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    seconds = clock.monotonic() - g.get("began_at", clock.monotonic())
    method = request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "?"
    if request.endpoint != "static":
        REQUESTS.labels(method, route(), str(response.status_code)).inc()
        SECONDS.labels(method, route()).observe(seconds)
    actor = g.get("actor")
    log.log(
        logging.DEBUG if request.endpoint in QUIET_ENDPOINTS else logging.INFO,
        "answered",
        extra={
            "method": method,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
            "actor": f"{actor.kind.value}:{actor.id}" if actor is not None else None,
        },
    )
    return response


def facts_of_request() -> dict[str, object]:
    """Return what every line written during a request says of it."""
    return {"request_id": request_id(), "route": route()} if has_request_context() else {}


FACTS.append(facts_of_request)
