"""`flask gateway decide`, as an operator types it."""

import json

import pytest

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from compliance.gateway.models import DecisionLogEntry
from tests.builders import at
from tests.builders_gateway import PRODUCT, TENANT, an_open_agreement


@pytest.fixture
def run(app):
    """Run a command on a database that lives on 2024-10-15 at noon, with one open agreement."""
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=at("Tue 2024-10-15 12:00"))
        an_open_agreement(session)
    return lambda *words: app.test_cli_runner().invoke(args=["gateway", "decide", *words])


def ask(run, *words):
    return run("--tenant", TENANT, "--product", PRODUCT, *words)


def test_an_allow_is_told_in_json(run):
    result = ask(run, "--json")

    told = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (told["tenant_key"], told["product"], told["decision"]) == (TENANT, PRODUCT, "allow")
    assert told["valid_until"] == "2024-10-15T04:02:00+00:00"


@pytest.mark.parametrize(
    ("when", "reasons"),
    [
        ("2025-07-29T23:59:59.999", []),
        ("2025-07-29T15:59:59.999+00:00", []),
        ("2025-07-30T00:00", ["SERVICE_PERIOD_ENDED"]),
        ("2025-07-30", ["SERVICE_PERIOD_ENDED"]),
    ],
)
def test_clause_3_1_a_denial_is_a_normal_answer(run, when, reasons):
    result = ask(run, "--at", when, "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["reason_codes"] == reasons


def test_a_person_reads_it_in_a_few_lines(run):
    assert ask(run).stdout.splitlines() == [
        "ALLOW",
        "order 200000000000001",
        "calls left 30000",
        "valid until 2024-10-15T12:02:00+08:00",
        "not checked platform, purpose",
    ]
    assert ask(run, "--at", "2025-07-30").stdout.startswith("DENY SERVICE_PERIOD_ENDED [clause 三 1]\n")


def test_platform_and_purpose_are_passed_on(run):
    result = ask(run, "--platform", "shop.example.com", "--purpose", "account_opening", "--json")

    assert json.loads(result.stdout)["reason_codes"] == ["PLATFORM_NOT_ALLOWED"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("--tenant", "nobody", "--product", PRODUCT), "tenant_key"),
        (("--tenant", TENANT, "--product", PRODUCT, "--at", "yesterday"), "at"),
        (("--tenant", TENANT), "--product"),
        (("--product", PRODUCT), "--tenant"),
        (("--tenant", TENANT, "--product", PRODUCT, "--at", ""), "at"),
        (("--tenant", "\udcff", "--product", PRODUCT), "tenant_key"),
        (("--tenant", TENANT, "--product", "\udcff"), "product"),
    ],
)
def test_input_we_cannot_take_is_an_error_on_stderr(run, words, names):
    result = run(*words, "--json")

    assert (result.exit_code, result.stdout) == (2, "")
    assert names in result.stderr


def test_looking_is_not_telling_a_gateway(run):
    ask(run)

    assert db.session().query(DecisionLogEntry).count() == 0
