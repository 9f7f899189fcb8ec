import json

import pytest

from agreements.kernel.db import db


@pytest.fixture
def run(app):
    def run(*arguments, stdin=None):
        db.session.remove()
        return app.test_cli_runner().invoke(args=arguments, input=stdin)

    return run


def test_people_add_prints_a_link_that_opens(app, run):
    answer = json.loads(run("people", "add", "--name", "李", "--role", "ops", "--json").stdout)

    page = app.test_client().get(answer["link"].removeprefix("http://127.0.0.1:8000"))

    assert page.status_code == 200


def test_people_add_with_a_password_makes_the_account(run):
    added = run("people", "add", "--name", "李", "--login", "li", "--role", "ops", "--password-stdin", stdin="four quiet river stones\n")  # fmt: skip

    assert added.exit_code == 0
    assert json.loads(run("people", "list", "--json").stdout)[0]["roles"] == ["ops"]


def test_an_unknown_role_is_bad_input(run):
    result = run("people", "add", "--role", "king")

    assert result.exit_code == 2
    assert "roles" in result.stderr
    assert "legal_officer" in result.stderr


def test_a_taken_login_is_a_no(run):
    arguments = ("people", "add", "--name", "李", "--login", "li", "--role", "ops", "--password-stdin")
    run(*arguments, stdin="four quiet river stones\n")

    result = run(*arguments, stdin="four quiet river stones\n")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "LOGIN_TAKEN" in result.stderr


def test_the_first_administrator_gets_a_link_until_there_is_one(run):
    assert "/join/" in run("people", "first-admin").stdout
    run("people", "add", "--name", "林", "--login", "lin", "--role", "admin", "--password-stdin", stdin="four quiet river stones\n")  # fmt: skip

    assert json.loads(run("people", "first-admin", "--json").stdout) == {"link": None}


def test_a_key_is_printed_once_and_listed_without_its_secret(run):
    issued = json.loads(run("keys", "issue", "--name", "gateway 1", "--json").stdout)

    listing = run("keys", "list", "--json").stdout

    assert issued["key"].startswith(f"lyk_{issued['prefix']}_")
    assert issued["key"].split("_", 2)[2] not in listing
    assert run("keys", "revoke", issued["prefix"], "--reason", "lost").exit_code == 0
    assert json.loads(run("keys", "list", "--json").stdout)[0]["revoked_at"]
    assert run("keys", "revoke", "nothing", "--reason", "lost").exit_code == 2
