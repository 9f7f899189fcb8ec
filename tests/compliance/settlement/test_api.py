"""Settlements for programs, from the end to the payment."""

import base64

from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import opened_at
from tests.builders_rest import a_program
from tests.builders_settlement import NOW, ended

FILE = {"name": "usage.csv", "content": base64.b64encode(b"calls").decode()}
USAGE = {"used": 10000, "used_through_on": "2024-11-08", "source": "平台计费明细", "file": FILE}


def test_a_settlement_is_opened_confirmed_and_paid_by_programs(app):
    opened_at(app, NOW, set_up=lambda session: ended(session, an_agreement_in_service(session)))
    officer, approver, finance = (a_program(app, role) for role in ("legal_officer", "legal_approver", "finance"))

    opened = officer.post("/settlements", {"order_no": "200000000000001"})
    assert (opened.status_code, opened.json["state"], opened.json["calculations"]) == (201, "draft", [])
    assert officer.post("/settlements/1/usage", USAGE).status_code == 201
    assert officer.post("/settlements/1/usage/1/sign-off", {}).status_code == 409
    bases = finance.post("/settlements/1/usage/1/sign-off", {}).json["calculations"]
    assert [each["refund"] for each in bases] == ["533.33", "400.00"]

    choice = {"version": 1, "basis": "paid_proportional", "reason": "实付口径", "refund": "533.33"}
    assert approver.post("/settlements/1/confirm", choice | {"refund": "400.00"}).status_code == 409
    shown = approver.post("/settlements/1/confirm", choice).json
    assert (shown["state"], shown["refund"], shown["version"]) == ("confirmed", "533.33", 2)
    assert shown["document_number"].startswith("LY-2024-")

    assert officer.post("/settlements/1/dispute", {"version": 2, "reason": "异议"}).json["state"] == "disputed"
    assert approver.post("/settlements/1/uphold", {"version": 3, "reason": "核对"}).json["state"] == "confirmed"
    paid = finance.post("/settlements/1/pay", {"version": 4, "paid_on": "2024-11-11", "reference": "TT-7"})
    assert paid.json["state"] == "paid"
    assert officer.get("/settlements?state=paid").json["total"] == 1
    assert officer.get("/settlements").json["total"] == 0


def test_a_program_says_that_a_number_over_the_quota_is_right(app):
    opened_at(app, NOW, set_up=lambda session: ended(session, an_agreement_in_service(session)))
    officer, second = a_program(app, "legal_officer"), a_program(app, "finance")
    officer.post("/settlements", {"order_no": "200000000000001"})
    refused = officer.post("/settlements/1/usage", USAGE | {"used": 30_250})
    assert (refused.status_code, refused.json["code"], "250" in refused.json["detail"]) == (422, "BEYOND_QUOTA", True)
    taken = officer.post("/settlements/1/usage", USAGE | {"used": 30_250, "knows_beyond_quota": True})
    assert taken.status_code == 201
    bases = second.post("/settlements/1/usage/1/sign-off", {}).json["calculations"]
    assert [(each["used"], each["beyond_quota"], each["refund"]) for each in bases] == [(30_000, 250, "0.00")] * 2


def test_a_program_works_an_order_out_and_nothing_is_written(app):
    opened_at(app, NOW, set_up=an_agreement_in_service)
    auditor = a_program(app, "auditor")
    asked = "/settlements/calculation/200000000000001"

    worked = auditor.get(f"{asked}?used=10000").json
    less = auditor.get(f"{asked}?used=10000&earlier_refunds=100.00").json

    assert [each["refund"] for each in worked["calculations"]] == ["533.33", "400.00"]
    assert worked["refused"]
    assert [each["earlier_refunds"] for each in less["calculations"]] == ["100.00", "100.00"]
    assert auditor.get(f"{asked}?earlier_refunds=x").json["field"] == "earlier_refunds"
    assert auditor.get(f"{asked}?used=-1").status_code == 422
    assert auditor.get("/settlements/calculation/9").status_code == 404
    assert auditor.get("/settlements?state=draft").json["total"] == 0


def test_an_end_that_is_none_of_4_6_is_refused_with_the_reason(app):
    opened_at(app, NOW, set_up=an_agreement_in_service)
    officer = a_program(app, "legal_officer")

    refused = officer.post("/settlements", {"order_no": "200000000000001"})

    assert (refused.status_code, refused.json["code"], refused.json["clause"]) == (409, "NO_SETTLEMENT", "4.6")
