"""`agreements import FILE…`: read, acknowledged, registered; the same order again changes nothing."""

import json

import pytest
from sqlalchemy import func, select

from agreements.intake.models import ContractImport
from agreements.kernel import audit
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db
from agreements.register.models import Agreement
from tests.builders_imports import ORDER_NO, WARNINGS, agreement_text

GIVEN = ("--yes", "--product", "id2-verify", "--tenant-key", "haitang")


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "agreement.md"
    path.write_text(agreement_text(), encoding="utf-8")
    return path


def run(app, *arguments, answers=None):
    return app.test_cli_runner().invoke(args=["agreements", "import", *map(str, arguments)], input=answers)


def count(table):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table))


def test_a_file_is_registered_and_told_as_json(app, contract):
    result = run(app, contract, *GIVEN, "--json")

    assert result.exit_code == 0, result.output
    [row] = json.loads(result.stdout)
    assert row == {
        "file": str(contract),
        "order_no": ORDER_NO,
        "tenant_key": "haitang",
        "agreement_id": row["agreement_id"],
        "created": True,
        "has_joined": False,
        "warnings": WARNINGS,
    }


def test_the_same_order_again_changes_nothing_and_says_so(app, contract, tmp_path):
    run(app, contract, *GIVEN)
    other = tmp_path / "other.md"
    other.write_text(agreement_text(passages={"800.00": "700.00"}), encoding="utf-8")
    trail = audit.verify(db.session())

    for path in (contract, other):
        again = run(app, path, *GIVEN, "--json")
        assert again.exit_code == 0
        assert json.loads(again.stdout)[0]["created"] is False
    assert "nothing was changed" in run(app, contract, *GIVEN).stdout
    db.session.rollback()
    assert audit.verify(db.session()) == trail
    assert (count(ContractImport), count(Agreement)) == (1, 1)


def test_a_bad_file_among_several_keeps_the_others_in(app, contract, tmp_path):
    bad, missing = tmp_path / "invoice.txt", tmp_path / "missing.md"
    bad.write_text("发票一张", encoding="utf-8")

    result = run(app, bad, missing, contract, *GIVEN, "--json")

    assert result.exit_code == 2
    assert [row["created"] for row in json.loads(result.stdout)] == [True]
    assert "NOT_AN_AGREEMENT" in result.stderr
    assert "missing.md" in result.stderr


def test_a_missing_field_is_named_and_nothing_is_written(app, tmp_path):
    path = tmp_path / "unpaid.md"
    path.write_text(agreement_text(passages={"| 实付金额 | 800.00 |": "| 实付金额 |  |"}), encoding="utf-8")

    result = run(app, path, *GIVEN)

    assert result.exit_code == 2
    assert "order.paid_amount" in result.stderr
    assert (count(ContractImport), count(Agreement), count(AuditEvent)) == (0, 0, 0)


def test_without_yes_each_warning_and_amount_is_asked_about(app, contract):
    result = run(app, contract, "--tenant-key", "haitang", "--json", answers="y\n" * 6 + "id2-verify\n")

    assert result.exit_code == 0, result.output
    [row] = json.loads(result.stdout)
    assert row["created"]
    assert "paid_amount 800.00" in result.stderr


def test_without_yes_each_departing_clause_is_shown_beside_the_standard_one_and_asked_about(app, tmp_path):
    path = tmp_path / "changed.md"
    path.write_text(agreement_text(passages={"五个工作日": "十个工作日"}), encoding="utf-8")

    result = run(app, path, "--tenant-key", "haitang", "--json", answers="y\n" * 8 + "id2-verify\n")

    assert result.exit_code == 0, result.output
    assert "Acknowledge the changed clause 3.3?" in result.stderr
    reasons = db.session.scalars(
        select(AuditEvent.reason).where(AuditEvent.act == "import.deviation_acknowledged")
    ).all()
    assert reasons == ["asked at the command line"]


def test_a_no_leaves_the_file_out(app, contract):
    result = run(app, contract, "--product", "id2-verify", answers="y\nn\n")

    assert result.exit_code == 2
    assert "NOT_AGREED" in result.stderr
    assert (count(ContractImport), count(Agreement)) == (0, 0)


@pytest.mark.parametrize(("given", "option"), [((), "--yes"), (("--yes",), "--product")])
def test_where_nobody_answers_the_option_is_named(app, contract, given, option):
    result = run(app, contract, *given)

    assert result.exit_code == 2
    assert option in result.stderr
    assert count(ContractImport) == 0


def test_acknowledging_unseen_is_on_the_audit_trail(app, contract):
    run(app, contract, *GIVEN)

    reasons = db.session.scalars(select(AuditEvent.reason).where(AuditEvent.act == "import.warning_acknowledged")).all()
    assert reasons == ["--yes at the command line"] * len(WARNINGS)
