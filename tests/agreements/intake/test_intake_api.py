"""`/api/v1/imports` and `/api/v1/standard-forms`: an import is compared, acknowledged and registered by a program."""

import pytest

from agreements.intake.models import ContractImport
from agreements.kernel.db import unit_of_work
from tests.builders_imports import ORDER_NO, accepted, agreement_text, an_import, registered
from tests.builders_rest import a_program

PASSAGES = {"五个工作日": "十个工作日", "甲方应守法经营，": "甲方应当守法经营，"}


@pytest.fixture
def import_id(app):
    with unit_of_work() as session:
        return an_import(session, text=agreement_text(passages=PASSAGES)).id


@pytest.fixture
def program(app):
    return a_program(app, "legal_officer")


def test_an_import_tells_its_deviations_and_no_telephone_numbers(program, import_id):
    [row] = program.get("/imports").json["items"]
    told = program.get(f"/imports/{import_id}").json

    assert (row["id"], row["order_no"], told["form"]) == (import_id, ORDER_NO, "marketplace-sale")
    assert [(one["kind"], one["clause"], one["terms"]) for one in told["deviations"]] == [
        ("changed", "3.3", ["change_notification"]),
        ("reworded", "3.1", []),
    ]
    assert "十个工作日" in told["deviations"][0]["here"]
    assert "五个工作日" in told["deviations"][0]["standard"]
    assert "13900000001" not in program.get(f"/imports/{import_id}").text


def test_a_program_reviews_and_registers_an_import(program, import_id):
    address = f"/imports/{import_id}"
    told = program.get(address).json
    early = program.post(f"{address}/register", {"product_code": "id2-verify", "tenant_key": "haitang"})
    assert (early.status_code, early.json["code"]) == (409, "WARNINGS_NOT_ACKNOWLEDGED")

    for one in told["deviations"]:
        program.post(f"{address}/deviations/acknowledge", {"deviations": [one["id"]], "note": "已核对"})
    for warning in program.get(address).json["warnings"]:
        if warning["acknowledged_at"] is None:
            program.post(f"{address}/warnings/{warning['id']}/acknowledge", {})
    for amount in told["amounts"]:
        program.post(f"{address}/amounts/confirm", {"amount": amount["amount"], "value": amount["value"]})
    unnamed = program.post(f"{address}/register", {"tenant_key": "haitang"})
    assert (unnamed.status_code, unnamed.json["field"]) == (422, "product_code")
    done = program.post(f"{address}/register", {"product_code": "id2-verify", "tenant_key": "haitang"})

    assert (done.status_code, done.json["agreement"], done.json["state"]) == (200, ORDER_NO, "registered")


def test_a_form_is_drafted_and_put_in_force_by_two_programs(app, program, import_id):
    text = agreement_text(passages=PASSAGES)
    made = program.post("/standard-forms", {"key": "house", "name": "本公司范本", "text": text})
    number = made.json["id"]
    approver = a_program(app, "legal_approver", name="李审批")
    assert program.post(f"/standard-forms/{number}/approve", {}).status_code == 403
    assert approver.post(f"/standard-forms/{number}/approve", {}).json["state"] == "approved"
    assert approver.post(f"/standard-forms/{number}/in-force", {}).json["state"] == "in_force"

    version = program.get(f"/imports/{import_id}").json["version"]
    chosen = program.post(f"/imports/{import_id}/form", {"version": version, "form_version_id": number})

    assert (made.status_code, chosen.json["form"], chosen.json["deviations"]) == (201, "house", [])
    assert [row["key"] for row in program.get("/standard-forms").json["items"]] == ["marketplace-sale", "house"]
    assert program.get(f"/standard-forms/{number}").json["clauses"][0]["terms"] == {
        "spec_precedence": "page_display_at_order_time"
    }


def test_a_correction_keeps_its_version(program, import_id):
    body = {"version": 1, "field": "order.quantity", "value": "2", "reason": "协议原文"}
    assert program.post(f"/imports/{import_id}/corrections", body).json["fields_read"]["order.quantity"] == 2
    assert program.post(f"/imports/{import_id}/corrections", body | {"value": "3"}).status_code == 409


def test_a_program_changes_and_drops_single_clauses_of_a_draft(app, program, import_id):
    made = program.post("/standard-forms", {"key": "house", "name": "本公司范本", "import_id": import_id}).json
    address = f"/standard-forms/{made['id']}"
    clause = next(one for one in made["clauses"] if one["number"] == "3.3")
    body = {"number": "3.3", "wording": clause["wording"].replace("十个工作日", "七个工作日"), "marks": ["证照|材料"]}

    changed = program.post(f"{address}/clauses/{clause['id']}", body).json
    dropped = program.post(f"{address}/clauses/{made['clauses'][0]['id']}/drop", {}).json

    [now] = [one for one in changed["clauses"] if one["id"] == clause["id"]]
    assert (now["terms"]["change_notification"]["value"], now["marks"]) == (7, ["证照|材料"])
    assert len(dropped["clauses"]) == len(made["clauses"]) - 1
    assert program.post(f"{address}/clauses/999999", body).status_code == 404
    assert program.post(f"{address}/clauses/{clause['id']}", body | {"wording": ""}).status_code == 422
    assert a_program(app, "auditor", name="审计").post(f"{address}/clauses/{clause['id']}", body).status_code == 403


def test_a_clause_of_a_form_in_force_stays_and_its_next_version_changes(app, program, import_id):
    [form] = program.get("/standard-forms").json["items"]
    clause = program.get(f"/standard-forms/{form['id']}").json["clauses"][0]
    body = {"number": clause["number"], "wording": "规格以页面为准。"}
    refused = program.post(f"/standard-forms/{form['id']}/clauses/{clause['id']}", body)
    drafted = program.post(f"/standard-forms/{form['id']}/next", {})

    assert (refused.status_code, refused.json["code"]) == (409, "NOT_A_DRAFT")
    assert (drafted.status_code, drafted.json["state"]) == (201, "draft")


@pytest.mark.parametrize("sent", [{}, {"text": "条款", "import_id": 1}])
def test_a_form_is_drafted_from_one_text(program, sent):
    answer = program.post("/standard-forms", {"key": "house", "name": "范本", **sent})
    assert (answer.status_code, answer.json["field"]) == (422, "text")


def test_e_49_another_file_of_a_registered_order_is_told_and_refused_as_a_duplicate(app, program, import_id):
    with unit_of_work() as session:
        again = an_import(session, text=agreement_text(passages={"五个工作日": "七个工作日"})).id
        registered(session, accepted(session, session.get_one(ContractImport, import_id)))

    assert program.get(f"/imports/{again}").json["duplicate_of"] == ORDER_NO
    assert program.get(f"/imports/{import_id}").json["duplicate_of"] is None
    refused = program.post(f"/imports/{again}/register", {"product_code": "id2-verify", "tenant_key": "haitang"})

    assert (refused.status_code, refused.json["code"], refused.json["field"]) == (
        409,
        "ORDER_REGISTERED",
        "order.order_no",
    )
