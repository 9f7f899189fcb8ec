"""Programs on terms, supplements and the life of an agreement."""

import base64

import pytest

from tests.builders_files import a_small_pdf
from tests.builders_rest import a_program

PROOF = {"name": "signed.pdf", "media_type": "application/pdf", "content": base64.b64encode(a_small_pdf()).decode()}


@pytest.fixture
def officer(app, world):
    return a_program(app, "legal_officer")


@pytest.fixture
def approver(app, world):
    return a_program(app, "legal_approver")


@pytest.fixture
def order(officer):
    found = officer.get("/agreements?state=in_service").json["items"]
    return found[0]["order_no"]


def applied(program, order, at="2024-12-01T00:00:00%2B08:00"):
    rows = program.get(f"/agreements/{order}/terms?at={at}").json["terms"]
    return {row["key"]: row["applied"] for row in rows}


def test_a_supplement_by_programs_has_effect_when_both_have_signed(officer, approver, order):
    change = {"key": "own_platform_only", "value": False}
    body = {"order_no": order, "changes": [change], "asked_for_at": "2024-11-01T00:00:00+08:00", "reason": "放宽"}
    drafted = officer.post("/supplements", body)
    assert drafted.status_code == 201, drafted.json
    number = drafted.json["number"]
    one = officer.post(f"/supplements/{number}/sign/tenant", {"version": 1, "signer": "沈经理", "file": PROOF}).json
    before = applied(officer, order)["own_platform_only"]["value"]
    file = approver.get(f"/supplements/{number}/file")
    assert (file.status_code, file.mimetype) == (200, "application/pdf")
    both = approver.post(f"/supplements/{number}/sign/provider", {"version": 2}).json

    assert (one["state"], before, both["state"]) == ("signed_by_one", True, "signed_by_both")
    assert applied(officer, order)["own_platform_only"]["value"] is False
    assert applied(officer, order, "2024-10-31T23:59:59%2B08:00")["own_platform_only"]["value"] is True
    assert [each["number"] for each in officer.get(f"/supplements?order_no={order}").json["items"]] == [number]
    assert applied(officer, order)["own_platform_only"]["clause"] == "2.3", "the clause it amends"
    stale = officer.post(f"/supplements/{number}/cancel", {"version": 1, "reason": "撤回"})
    assert (stale.status_code, stale.json["code"]) == (409, "ILLEGAL_MOVE")


def test_a_supplement_of_a_term_that_nobody_knows_is_refused(officer, order):
    value = {"value": 1, "unit": "working_day"}
    body = {"order_no": order, "changes": [{"key": "nonsense", "value": value}], "reason": "放宽"}

    refused = officer.post("/supplements", body)

    assert (refused.status_code, refused.json["field"]) == (422, "terms")
    assert "nonsense" in refused.json["detail"]


@pytest.mark.parametrize("value", [None, "no", 1, {}, []])
def test_a_value_of_another_shape_is_refused(officer, order, value):
    body = {"order_no": order, "changes": [{"key": "own_platform_only", "value": value}], "reason": "放宽"}

    assert officer.post("/supplements", body).status_code == 422


def test_a_correction_by_programs_takes_two(officer, approver, order):
    instrument = applied(officer, order)["own_platform_only"]["instrument_id"]
    body = {"key": "own_platform_only", "value": False, "instrument_id": instrument, "reason": "录入有误"}
    proposed = officer.post(f"/agreements/{order}/corrections", body)
    assert proposed.status_code == 201, proposed.json
    address = f"/agreements/{order}/corrections/{proposed.json['id']}"

    assert officer.post(f"{address}/approve", {}).status_code == 403
    assert approver.post(f"{address}/approve", {}).json["state"] == "applied"
    corrected = applied(officer, order)["own_platform_only"]
    assert (corrected["instrument"], corrected["clause"]) == ("correction", "2.3")


def test_an_end_by_programs_says_what_is_legal(officer, approver, order):
    assert "end_by_agreement" in officer.get(f"/agreements/{order}/life").json["legal_now"]
    body = {
        "ground": "both_signed",
        "ended_at": "2024-10-08T12:00:00+08:00",
        "reason": "协商一致",
        "proof": PROOF,
    }
    assert officer.post(f"/agreements/{order}/end-by-agreement", body).status_code == 403
    ended = approver.post(f"/agreements/{order}/end-by-agreement", body)
    again = approver.post(f"/agreements/{order}/end-by-agreement", body)

    assert (ended.json["state"], ended.json["legal_now"]) == ("ended_by_agreement", ["close"])
    assert (again.status_code, again.json["code"]) == (409, "ILLEGAL_MOVE")
    was = officer.get(f"/agreements/{order}?at=2024-10-01T00:00:00%2B08:00").json
    assert was["agreement"]["state"] == "in_service"
