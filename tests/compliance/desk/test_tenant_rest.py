"""REST: documents, names, sealed requests and freezes of a tenant."""

import base64

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from compliance.gateway.actions import decide_call
from tests.builders import at
from tests.builders_compliance import an_agreement_in_service
from tests.builders_files import a_small_pdf
from tests.builders_rest import a_program

OFD = {"name": "申请函.ofd", "content": base64.b64encode(b"PK another format").decode()}
NOW = at("Thu 2024-09-12 15:00")
T = "/tenants/haitang"
FILE = {"name": "文件.pdf", "media_type": "application/pdf", "content": base64.b64encode(a_small_pdf()).decode()}


def a_world():
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=NOW)
    with unit_of_work() as session:
        an_agreement_in_service(session, tenant_key="haitang")
    db.session.remove()


def codes(platform=None):
    session = db.session()
    session.rollback()
    decision = decide_call(session, "haitang", "id2-verify", platform=platform, now=NOW)
    db.session.remove()
    return [reason.value for reason in decision.reason_codes]


def test_freeze_and_lift_by_a_sealed_letter_and_each_act_once(app):
    a_world()
    program = a_program(app, "legal_officer", "ops")
    call = {"caller": "联系人甲", "called_at": "2024-09-12T14:40:00+08:00", "reason": "密钥疑似泄露"}
    made = program.post(f"{T}/freezes", call, key="freeze-1")
    assert (made.status_code, made.json["scope"], "caller" in made.json) == (201, "tenant", False)
    assert program.post(f"{T}/freezes", call, key="freeze-1").headers["Idempotency-Replayed"] == "true"
    assert program.post(f"{T}/freezes", call).status_code == 409
    assert codes() == ["KEY_FROZEN"]
    assert program.get(T).json["is_frozen"] is True

    asked = {"kind": "unfreeze", "asked": "解除冻结", "asked_on": "2024-09-12", "freeze": made.json["freeze"]}
    request = program.post(f"{T}/adjustments", asked)
    assert (request.status_code, request.json["legal_now"]) == (201, ["receive_sealed", "refuse"])
    one = request.headers["Location"].removeprefix("/api/v1")
    refused = program.post(f"{one}/execution", {"version": 1})
    assert (refused.status_code, refused.json["code"], refused.json["clause"]) == (409, "SEAL_MISSING", "3.4")
    letter = {"received_at": "2024-09-12T14:55:00+08:00", "basis": "e_seal", "letter": OFD, "version": 1}
    assert program.post(f"{one}/letter", letter).json["field"] == "seal_record"
    taken = program.post(f"{one}/letter", letter | {"seal_record": "验证有效"})
    assert taken.json["state"] == "sealed_received"
    assert program.post(f"{one}/execution", {"version": 2}).json["state"] == "executed"
    assert codes() == []
    assert program.get(one).json["executed_by"]
    assert [row["lifted_at"] is None for row in program.get(f"{T}/freezes").json["items"]] == [False]
    assert program.get(f"{T}/adjustments/9").status_code == 404


def test_a_platform_by_request(app):
    a_world()
    program = a_program(app, "legal_officer", "ops")
    platform = {
        "kind": "domain",
        "identifier": "shop.example.com",
        "ownership": "icp_filing",
        "subject": "海棠企业管理（武汉）有限公司",
    }
    asked = {"kind": "add_platform", "asked": "新增", "asked_on": "2024-09-12", "platform": platform, "proof": FILE}
    wrong = program.post(f"{T}/adjustments", asked | {"platform": platform | {"subject": "他人"}})
    assert (wrong.status_code, wrong.json["field"]) == (422, "proof_subject")
    one = program.post(f"{T}/adjustments", asked).headers["Location"].removeprefix("/api/v1")
    letter = {"received_at": "2024-09-12T14:55:00+08:00", "basis": "company_seal", "letter": FILE, "version": 1}
    program.post(f"{one}/letter", letter)
    program.post(f"{one}/execution", {"version": 2})
    [shown] = program.get(f"{T}/platforms").json["items"]
    assert (shown["identifier"], shown["recheck_on"]) == ("shop.example.com", "2025-03-11")
    assert codes("shop.example.com") == []
    refusal = program.post(f"{T}/adjustments", {"kind": "account", "asked": "x", "asked_on": "2024-09-12"})
    again = refusal.headers["Location"].removeprefix("/api/v1")
    assert program.post(f"{again}/refusal", {"reason": "无权代理", "version": 1}).json["state"] == "refused"


def test_documents_names_and_codes(app):
    a_world()
    program = a_program(app, "legal_officer")
    body = {"type": "industry_licence", "checked": False, "file": FILE, "number": "L-1", "expires_on": "2026-09-30"}
    made = program.post(f"{T}/documents", body)
    assert (made.status_code, made.json["state"]) == (201, "unverified")
    number = made.json["id"]
    waiting = program.get("/documents?shown=unverified&q=海棠").json
    assert [row["id"] for row in waiting["items"]] == [number]
    assert program.post(f"/documents/{number}/verification", {}).json["state"] == "verified"
    assert program.post(f"/documents/{number}/rejection", {"reason": "迟"}).status_code == 409
    renewal = program.post(f"{T}/documents", body | {"renews": number, "checked": True, "number": "L-2"})
    assert renewal.json["replaces_id"] == number
    assert program.get(renewal.headers["Location"].removeprefix("/api/v1")).json["number"] == "L-2"

    name = {"name": "海棠数科集团有限公司", "occurred_on": "2024-09-10", "source": "public_register"}
    assert program.post(f"{T}/names", name).json["former_names"][0]["name"] == "海棠企业管理（武汉）有限公司"
    code = {"kind": "legal_person", "credit_code": "91350100M000100Y44"}
    assert program.post(f"{T}/identity", code).json["field"] == "credit_code"
    good = program.post(f"{T}/identity", code | {"credit_code": "91350100M000100Y43"})
    assert good.json["credit_code"] == "91350100M000100Y43"
    told = program.get(T).json
    assert (told["party"]["name"], told["industry"], len(told["change_ids"])) == ("海棠数科集团有限公司", "general", 1)
    assert told["documents"][0]["state"] == "verified"
