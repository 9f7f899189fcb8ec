"""The REST interface against its own OpenAPI document: generated requests, good and bad, on a populated database.

What every answer must hold: no fault of ours, a status and a body as documented, bad input refused, good input taken,
nothing without a key. One database serves the whole run, so acts change what later requests meet.
"""

import contextvars
import json
import re
from collections import Counter

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from werkzeug.test import Client

from agreements.kernel.web.rest_document import document_of, operations_of
from tests.builders_rest import TENANT, a_program

EVERY_ROLE = ("legal_officer", "legal_approver", "ops", "finance", "admin")
SECONDS = 40
EARLY = {"size": 2, "label": "key", "number": "LY-2024-000001-AAAAAA", "act": "demand", "language": "zh"}
"""Examples of the parameters that make sure that each operation is asked for early."""


class Counted:
    """The application for generated requests: counts answers by status, each in a context of its own."""

    def __init__(self, app):
        self.app, self.statuses, self.tried = app, Counter(), set()

    def __call__(self, environ, start_response):
        def told(status, headers, *rest):
            self.statuses[status[:3]] += 1
            return start_response(status, headers, *rest)

        return contextvars.Context().run(self.app, environ, told)


@pytest.fixture
def described(app, world):
    """(counted application, document with numbers that exist as examples, key)."""
    program = a_program(app, *EVERY_ROLE)
    document = json.loads(json.dumps(document_of(app)))
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/api/v1/")}
    known = {
        "order_no": "200000000000001",
        "tenant_key": TENANT,
        "case_id": world["suspected"],
        "notice_id": world["notice"],
        "change_id": world["change"],
        "upstream_id": world["upstream"],
        "obligation_id": 1,
        "file_id": 1,
        "number": "SA-2024-0001",
    }
    for item in document["paths"].values():
        for parameter in item.get("parameters", ()):
            number = 1 if parameter["schema"].get("type") == "integer" else None
            if (value := known.get(parameter["name"], number)) is not None:
                parameter["example"] = value
        for parameter in item.get("get", {}).get("parameters", ()):
            if parameter["name"] in EARLY:
                parameter["example"] = EARLY[parameter["name"]]
    return Counted(app), document, program.key


@schemathesis.check
def good_form_is_taken(ctx, response, case):
    """What fits the document may be refused for its meaning, but never for its form."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    assert "errors" not in response.json(), f"refused for its form: {response.text}"


@schemathesis.check
def nothing_without_a_key(ctx, response, case):
    """No key, or a wrong one, opens nothing: asked once for each operation. (The engine's own check needs a server.)"""
    app = case.operation.schema.app
    if response.status_code in (401, 405) or case.operation.label in app.tried:
        return
    app.tried.add(case.operation.label)
    for headers in ({}, {"Authorization": "Bearer lyp_0123456789ab_secret"}):
        refused = Client(app).open(case.formatted_path, method=case.method, headers=headers)
        assert refused.status_code == 401, f"{case.operation.label} answered {refused.status_code} to {headers}"


def run(described, *, examples, seconds):
    """Generate requests in every phase; returns what failed and how many requests there were."""
    app, document, key = described
    config = SchemathesisConfig.from_dict(
        {
            "max-time": seconds,
            "cache": {"enabled": False},
            "headers": {"Authorization": f"Bearer {key}"},
            "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
            "checks": {
                "ignored_auth": {"enabled": False},  # `nothing_without_a_key` asks the same in process
                "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, 409, 413, 422]},
            },
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app, schema.location = app, "/api/openapi.json"
    failures, requests, phases = [], 0, Counter()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            requests += len(event.recorder.interactions)
            phases[event.phase.value] += len(event.recorder.interactions)
            for checks in event.recorder.checks.values():
                failures += [(event.recorder.label, check) for check in checks if check.status is Status.FAILURE]
        elif isinstance(event, (events.NonFatalError, events.FatalError)):
            failures.append(("error", event))
    return failures, requests, phases


def told(failures):
    """Each kind of failure once, with the request that shows it."""
    seen = {}
    for label, failure in failures:
        info = getattr(failure, "failure_info", None)
        told = f"{info.failure.title}: {info.failure.message}\n{info.code_sample}" if info else str(failure)
        seen.setdefault((label, getattr(failure, "name", "")), told[:700])
    return "\n\n".join(f"{label} [{name}] {told}" for (label, name), told in seen.items())


def ask(described, method, path):
    """Ask for the first of everything, without a body; returns the status."""
    headers = {"Authorization": f"Bearer {described[2]}"}
    return Client(described[0]).open(re.sub("{[^}]+}", "1", path), method=method, headers=headers).status_code


def test_generated_requests_find_no_fault(described, capsys):
    failures, requests, phases = run(described, examples=6, seconds=SECONDS)

    with capsys.disabled():
        print(f"\n{requests} generated requests {dict(phases)}, answers {dict(described[0].statuses)}")
    assert failures == [], told(failures)
    assert requests  # as many as a busy machine makes in that time
    for method, path, operation in operations_of(described[1]):  # the time may be over before all are asked for
        if f"{method} {path}" not in described[0].tried:
            assert str(ask(described, method, path)) in operation["responses"], f"{method} {path}"
    assert described[0].statuses["500"] == 0


@pytest.mark.soak
def test_many_generated_requests_find_no_fault(described, capsys):
    failures, requests, phases = run(described, examples=200, seconds=900)

    with capsys.disabled():
        print(f"\n{requests} generated requests {dict(phases)}, answers {dict(described[0].statuses)}")
    assert failures == [], told(failures)
