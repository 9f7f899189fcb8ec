"""What commands say of a database that isn't as they need it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from agreements.kernel.cli import LuyueGroup
from agreements.kernel.db import db
from app import create_app


@pytest.fixture
def fresh_clone(blank_instance):
    """The application where nobody has set up a database."""
    app = create_app(instance_path=str(blank_instance))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    "words",
    [
        ["gateway", "decide", "--tenant", "t", "--product", "p"],
        ["jobs", "list"],
        ["jobs", "tick", "--once"],
        ["jobs", "run"],
        ["audit", "verify"],
    ],
)
def test_a_database_nobody_set_up_is_refused_with_what_to_do(fresh_clone, words):
    result = fresh_clone.test_cli_runner().invoke(args=words)

    assert (result.exit_code, result.stdout) == (1, "")
    [said] = result.stderr.splitlines()
    assert said.startswith("Error: ")
    assert "Run `make run`, or `flask --app app prepare`." in said
    assert said.endswith("(DATABASE_NOT_SET_UP)")


def test_any_other_fault_of_the_database_stays_loud(app):
    group = LuyueGroup("broken")
    group.command("read")(lambda: db.session().execute(text("SELECT nonsense FROM installation")))

    result = app.test_cli_runner().invoke(group, ["read"])

    assert isinstance(result.exception, DBAPIError)
