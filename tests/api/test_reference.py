"""The OpenAPI document and its page: whole, of our own host only, and for everybody to read."""

import json
import re

import pytest

from agreements.kernel.web.mounting import Audience, access_of_endpoint
from agreements.kernel.web.rest_document import operations_of
from compliance.sdk.answer import Decision, Verdict
from tests.builders import at
from tests.builders_browser import a_browser, a_page, serving

ACTS_EACH_TIME = {"/api/v1/tenants/{tenant_key}/reveal"}  # each look is recorded, and what was shown is not kept


@pytest.fixture
def document(app):
    return app.test_client().get("/api/openapi.json").json


def test_the_document_describes_every_endpoint_of_programs(app, document):
    mounted = {
        (method, re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if access_of_endpoint(app, rule.endpoint).audience in (Audience.STAFF_KEYS, Audience.GATEWAY_KEYS)
        or rule.endpoint.startswith("health.")
    }

    assert document["openapi"] == "3.1.0"
    assert {(method, path) for method, path, _ in operations_of(document)} == mounted
    assert document["security"] == [{"personal_key": []}]


def test_every_reference_of_the_document_leads_somewhere(document):
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        place = document
        for step in reference.split("/"):
            place = place[step]
        assert place, reference


def test_every_error_of_the_document_is_a_problem_and_every_act_takes_a_key(document):
    for _, path, operation in operations_of(document):
        for status, answer in operation["responses"].items():
            assert ("$ref" in answer) == (status >= "400" and path != "/readyz"), f"{path} {status}"
    for name, answer in document["components"]["responses"].items():
        assert list(answer["content"]) == ["application/problem+json"], name
    for method, path, operation in operations_of(document):
        takes = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"]
        acts_once = method == "POST" and path not in ACTS_EACH_TIME and path.startswith("/api/v1")
        assert takes == (["Idempotency-Key"] if acts_once else []), path


def test_gateways_and_monitoring_are_told_beside_the_keys_that_open_them(app, document):
    schemas = document["components"]["schemas"]
    opened = {path: operation["security"] for _, path, operation in operations_of(document) if "security" in operation}

    assert opened == {
        "/gateway/v1/decide": [{"gateway_key": []}],
        "/gateway/v1/tenants/{tenant_key}/status": [{"gateway_key": []}],
        "/healthz": [],
        "/readyz": [],
        "/metrics": [{"gateway_key": []}],
    }
    assert schemas["AliveShown"]["properties"]["status"]["enum"] == list(
        app.test_client().get("/healthz").json.values()
    )
    assert set(app.test_client().get("/readyz").json) == set(schemas["ReadyShown"]["properties"])
    decision = Decision(Verdict.DENY, at("Thu 2024-09-12 10:00"), epoch=1, revision=1).as_json()
    assert {"tenant_key", "product", *decision} == set(schemas["DecisionShown"]["properties"])


def test_the_page_shows_every_endpoint_with_a_request_for_the_shell(app, document):
    page = app.test_client().get("/api/docs").text

    for _, _, operation in operations_of(document):
        assert f'id="{operation["operationId"]}"' in page
    assert page.count("curl ") == len(operations_of(document))
    assert "Idempotency-Key: $(uuidgen)" in page
    assert not re.search(r'(src|href)="(https?:)?//', page)


@pytest.mark.browser
def test_the_page_is_read_without_a_complaint(app):
    complaints = []
    with serving(app) as address, a_browser() as browser:
        for width, scheme, language in ((1440, "light", "zh-CN"), (360, "dark", "en")):
            page = a_page(browser, complaints=complaints, width=width, scheme=scheme, language=language)
            page.goto(f"{address}/api/docs")
            page.click("a[href='#cases_demand']")
            page.click("#cases_demand summary")
            assert page.is_visible("#cases_demand .reference-answers")
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert complaints == []
