"""Forged forms are refused; every answer carries the headers."""

import pytest

from agreements.kernel.db import db
from agreements.kernel.web.headers import CONTENT_SECURITY_POLICY, HEADERS
from agreements.kernel.web.shell import asset
from tests.builders_access import signed_in_client

INVITATION = {"name": "李", "roles": "ops"}


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        ({}, {}),
        ({}, {"csrf_token": ""}),
        ({}, {"csrf_token": "wrong"}),
        ({"X-CSRF-Token": "wrong"}, {}),
        ({"Sec-Fetch-Site": "cross-site"}, "right"),
        ({"Sec-Fetch-Site": "same-site"}, "right"),
        ({"Origin": "https://evil.example"}, "right"),
        ({"Origin": "null"}, "right"),
    ],
)
def test_a_form_from_elsewhere_is_refused(app, headers, data):
    client = signed_in_client(app, "admin")
    token = {"csrf_token": client.csrf_token} if data == "right" else data

    answer = client.client.post("/admin/people/invite", data={**INVITATION, **token}, headers=headers)

    assert answer.status_code == 403
    assert "CSRF" in answer.text


def test_the_token_of_another_session_is_refused(app):
    victim, attacker = signed_in_client(app, "admin"), signed_in_client(app, "admin")

    answer = victim.client.post("/admin/people/invite", data={**INVITATION, "csrf_token": attacker.csrf_token})

    assert answer.status_code == 403


def test_json_as_text_is_refused(app):
    client = signed_in_client(app, "admin")

    answer = client.client.post("/admin/people/invite", data='{"roles": "ops"}', content_type="text/plain")

    assert answer.status_code == 403


def test_a_form_of_ours_passes_by_field_or_header(app):
    client = signed_in_client(app, "admin")

    by_field = client.post("/admin/people/invite", INVITATION, headers={"Sec-Fetch-Site": "same-origin"})
    by_header = client.client.post(
        "/admin/people/invite",
        data=INVITATION,
        headers={"X-CSRF-Token": client.csrf_token, "Origin": "http://localhost"},
    )

    assert (by_field.status_code, by_header.status_code) == (200, 200)
    assert "/join/" in by_field.text


def test_public_forms_need_their_token_too(app):
    answer = app.test_client().post("/sign-in", data={"login": "li", "password": "x"})

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/static/css/luyue.css", "/account", "/gateway/v1/nothing"])
def test_every_answer_carries_the_headers(app, path):
    answer = app.test_client().get(path, buffered=True)

    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    if not path.startswith("/static/"):
        assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_browser_keeps_a_static_file_whose_address_names_its_content(app):
    client = app.test_client()
    with app.test_request_context():
        named = asset("css/luyue.css")

    assert client.get(named, buffered=True).headers["Cache-Control"].endswith("immutable")
    assert "immutable" not in client.get("/static/css/luyue.css", buffered=True).headers["Cache-Control"]
    assert "immutable" not in client.get("/static/css/none.css?v=1", buffered=True).headers.get("Cache-Control", "")


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none';")


def test_an_unknown_host_name_is_refused(app):
    assert app.test_client().get("/sign-in", base_url="http://evil.example").status_code == 400


def test_weak_defaults_of_the_framework_are_set(app):
    config = app.config

    assert config["SESSION_COOKIE_SECURE"] is config["SESSION_COOKIE_HTTPONLY"] is True
    assert config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert config["TRUSTED_HOSTS"]
    assert 0 < config["MAX_CONTENT_LENGTH"] <= 50 * 1024 * 1024
    assert not app.debug


def test_too_large_a_body_is_refused(app):
    client = signed_in_client(app, "admin")

    answer = client.post("/admin/people/invite", {"name": "x" * (app.config["MAX_CONTENT_LENGTH"] + 1)})

    assert answer.status_code == 413
    assert "TOO_LARGE" in answer.text


def test_the_flash_message_survives_its_redirect(app):
    client = signed_in_client(app, "admin")
    db.session.remove()

    client.post("/admin/people/1/roles", {"roles": ["ops", "admin"]})

    assert client.get("/account").status_code == 302  # one's own roles changed: sign in again
