"""`flask retention …`: what may go and when, and certificates, for people at a terminal and for programs."""

import json

import pytest
from sqlalchemy import select, update

from agreements.kernel.db import db, unit_of_work
from compliance.retention.certificate_paper import seal_certificate
from compliance.retention.models import DestructionCertificate
from compliance.retention.rules import RetentionClass
from tests.builders_desk import opened_at
from tests.builders_register import APPROVER
from tests.compliance.retention.test_certificate_paper import OF_CONTRACTS, SEALED_AT
from tests.compliance.retention.test_purging import AFTER, an_expired_agreement, destroy_all, run

ORDER = "200000000000001"


@pytest.fixture
def command(app):
    def command(*arguments):
        db.session.remove()
        return app.test_cli_runner().invoke(args=("retention", *arguments))

    return command


def test_an_empty_list_says_that_it_is_empty(app, command):
    assert command("due").stdout == "No class of papers is scheduled.\n"
    assert command("due", "--stage", "blocked").stdout == "No class of papers is at the stage “blocked”.\n"
    assert json.loads(command("due", "--json").stdout) == []


def test_what_may_go_is_listed_with_how_it_is_counted(app, command):
    def world(session):
        an_expired_agreement(session)
        run(session, AFTER)

    opened_at(app, AFTER, set_up=world)

    lines = command("due").stdout.splitlines()
    [waiting] = json.loads(command("due", "--stage", "proposed", "--json").stdout)

    assert len(lines) == 3
    assert lines[0] == f"2030-07-30  {ORDER}  contracts  proposed   end 2025-07-29 + 60 months (policy)"
    assert (waiting["retention_class"], waiting["blocked_by"], waiting["certificate"]) == ("contracts", None, None)
    assert waiting["may_go_from"] == "2030-07-30T00:00:00+08:00"
    assert command("due", "--stage", "gone").exit_code == 2


def test_a_certificate_is_shown_with_its_paper_and_an_altered_one_is_named(app, command):
    def world(session):
        an_expired_agreement(session)
        destroy_all(session, only=(RetentionClass.CONTRACTS,))
        certificate = session.scalars(select(DestructionCertificate).where(OF_CONTRACTS)).one()
        seal_certificate(session, certificate, actor=APPROVER, now=SEALED_AT)

    opened_at(app, SEALED_AT, set_up=world)
    [number] = [each["certificate"] for each in json.loads(command("due", "--json").stdout)[:1]]

    told = json.loads(command("certificate", number, "--json").stdout)
    said = command("certificate", number).stdout

    assert (told["order_no"], told["unaltered"], told["kept_through"]) == (ORDER, True, "2030-07-29")
    assert [each["name"] for each in told["approvals"]] == ["李审批", "钱审批"]
    assert f"sealed as {told['paper']}\n" in said
    assert "approved by 李审批, 2030-07-30 00:00: 保存期限已满\n" in said
    assert said.endswith(f"SHA-256 {told['sha256']}: unaltered\n")
    with unit_of_work() as session:
        session.execute(update(DestructionCertificate).values(months=48))
    assert command("certificate", number).stdout.endswith(": ALTERED\n")


def test_an_unknown_certificate_is_an_error(command):
    result = command("certificate", "XH-1999-0001")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "XH-1999-0001" in result.stderr
