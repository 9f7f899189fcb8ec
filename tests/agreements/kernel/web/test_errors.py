"""One error, told as a page, as a part of a page, and as a problem document."""

import pytest
from flask import Blueprint
from marshmallow import Schema, fields

from agreements.kernel.errors import Conflict, InvalidInput
from agreements.kernel.web.mounting import PUBLIC, mount

ENGLISH = {"Accept-Language": "en"}


class Strict(Schema):
    count = fields.Integer(strict=True, required=True)


@pytest.fixture
def client(app):
    for prefix in ("/api/test", "/test"):
        blueprint = Blueprint(prefix.strip("/").replace("/", "_"), __name__, url_prefix=prefix)
        blueprint.get("/bad")(bad)
        blueprint.get("/taken")(taken)
        blueprint.get("/schema")(schema)
        blueprint.get("/fault")(fault)
        mount(app, blueprint, access=PUBLIC)
    return app.test_client()


def bad():
    raise InvalidInput("The login “%(login)s” is taken.", field="login", clause="3.3", login="<b>li</b>")


def taken():
    raise Conflict("The login “%(login)s” is taken.", code="LOGIN_TAKEN", login="li", remedy="Type it again.")


def schema():
    return Strict().load({"count": 1.9, "colour": "red"})


def fault():
    raise RuntimeError("the password of the database is hunter2")


def test_a_program_gets_a_problem_document(client):
    answer = client.get("/api/test/bad", headers=ENGLISH)

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json == {
        "type": "urn:luyue:problem:invalid_input",
        "title": "Invalid input",
        "status": 422,
        "code": "INVALID_INPUT",
        "detail": "The login “<b>li</b>” is taken.",
        "clause": "3.3",
        "field": "login",
    }


def test_a_person_gets_a_page_in_their_language_with_everything_escaped(client):
    page = client.get("/test/bad", headers={"Accept-Language": "zh-CN,zh;q=0.9", "Accept": "text/html"})

    assert page.status_code == 422
    assert "登录名“&lt;b&gt;li&lt;/b&gt;”已被使用。" in page.text
    assert "3.3" in page.text


def test_a_part_of_a_page_gets_an_alert(client):
    part = client.get("/test/taken", headers={"HX-Request": "true", **ENGLISH})

    assert part.status_code == 409
    assert "<html" not in part.text
    assert "Type it again." in part.text
    assert "LOGIN_TAKEN" in part.text


def test_a_schema_names_every_field_at_fault(client):
    answer = client.get("/api/test/schema", headers=ENGLISH)

    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"count", "colour"}


def test_a_fault_of_ours_shows_nothing_of_its_inside_but_a_reference_that_the_log_has(client, caplog):
    answer = client.get("/api/test/fault", headers=ENGLISH)

    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert len(answer.json["reference"]) == 12
    assert answer.json["reference"] in caplog.text
    assert "hunter2" in caplog.text


@pytest.mark.parametrize(("path", "method", "status"), [("/nothing", "GET", 404), ("/api/nothing", "GET", 404), ("/sign-in", "DELETE", 405), ("/api/test/bad", "POST", 405)])  # fmt: skip
def test_wrong_addresses_and_methods_are_told_the_same_way(client, path, method, status):
    answer = client.open(path, method=method, headers={"Accept": "text/html"})

    assert answer.status_code == status
    assert ("problem+json" in answer.content_type) is path.startswith("/api/")
