"""Acts of programs: a case from suspicion to rectification, by the right person, on what was seen; strict bodies."""

import base64
import json

import pytest

from agreements.kernel.access.rules import MATRIX, Permission, Role
from tests.builders_files import a_small_pdf
from tests.builders_rest import TENANT, a_program

PROOF = {"name": "签收单.pdf", "media_type": "application/pdf", "content": base64.b64encode(a_small_pdf("x")).decode()}
CONFIRM = {"version": 1, "reason": "已核对登记信息", "ground_class": "other"}


@pytest.fixture
def officer(app, world):
    return a_program(app, "legal_officer")


def test_a_case_goes_from_suspicion_to_rectification(officer, world):
    case = f"/cases/{world['suspected']}"

    confirmed = officer.post(f"{case}/confirm", CONFIRM).json
    letter = officer.get(f"{case}/letters/demand?due_on=2024-10-11").json
    demand = {"version": confirmed["version"], "reason": "逾期未通知", "language": "zh", "due_on": "2024-10-11"}
    unread = officer.post(f"{case}/demand", demand | {"fingerprint": "0" * 64})
    demanded = officer.post(f"{case}/demand", demand | {"fingerprint": letter["fingerprint"]}).json
    notice = f"/notices/{demanded['notices'][0]['id']}"
    arrival = {"basis": "personal", "arrived_at": "2024-10-08T15:00:00+08:00", "proof": PROOF}
    arrived = officer.post(f"{notice}/arrival", arrival).json
    told = officer.post(
        "/changes/notices",
        {
            "tenant_key": "t-cangshan",
            "arrived_at": "2024-10-08T14:00:00+08:00",
            "form": "written",
            "via": "email",
            "known": [world["change"]],
            "file": PROOF,
        },
    ).json
    version = officer.get(case).json["version"]
    rectified = officer.post(f"{case}/accept", {"version": version, "note": "已核验新执照"}).json

    assert (confirmed["state"], confirmed["acts"]) == ("confirmed", ["demand", "suspend", "terminate"])
    assert (unread.status_code, unread.json["code"]) == (409, "LETTER_CHANGED")
    assert letter["address"] == "l***@tenant.example"
    assert (demanded["state"], demanded["demand_due_on"]) == ("rectification_demanded", "2024-10-11")
    assert (arrived["state"], arrived["arrival"]["has_proof"]) == ("arrived", True)
    assert [judged["state"] for judged in told["judged"]] == ["performed_late"]
    assert rectified["state"] == "rectified"
    assert [entry["act"] for entry in rectified["timeline"]][-1] == "case.cure"


def test_two_people_do_not_act_on_one_case_at_once(app, officer, world):
    case = f"/cases/{world['suspected']}"
    officer.post(f"{case}/confirm", CONFIRM)

    second = a_program(app, "legal_officer").post(f"{case}/dismiss", {"version": 1, "reason": "无违约"})

    assert (second.status_code, second.json["code"]) == (409, "STALE")


NEEDS = {
    "/cases/{suspected}/confirm": (Permission.CONFIRM_CASE, CONFIRM),
    "/cases/{suspected}/dismiss": (Permission.DISMISS_CASE, {"version": 1, "reason": "r"}),
    "/cases/{unrectified}/suspend": (
        Permission.DECIDE_SUSPENSION,
        {"version": 4, "reason": "r", "language": "zh", "fingerprint": "0" * 64},
    ),
    "/cases/{unrectified}/reinstate": (
        Permission.REINSTATE,
        {"version": 4, "reason": "r", "language": "zh", "fingerprint": "0" * 64},
    ),
    "/cases/{unrectified}/terminate": (
        Permission.END_AGREEMENT,
        {"version": 4, "reason": "r", "language": "zh", "fingerprint": "0" * 64},
    ),
    "/cases/{demanded}/accept": (Permission.ACCEPT_RECTIFICATION, {"version": 3, "note": "r"}),
    "/cases/{demanded}/close": (Permission.CONFIRM_CASE, {"version": 3, "reservation": "r"}),
    "/notices/{notice}/arrival": (
        Permission.RECORD_ARRIVAL,
        {"basis": "personal", "arrived_at": "2024-09-24T11:00:00+08:00", "proof": PROOF},
    ),
    "/notices/{notice}/seal": (Permission.DEMAND_RECTIFICATION, {}),
    "/own-documents": (
        Permission.MANAGE_OWN_DOCUMENTS,
        {"type": "business_licence", "issued_on": "2024-10-09", "file": PROOF},
    ),
    "/changes": (
        Permission.RECORD_CHANGE,
        {
            "tenant_key": TENANT,
            "source": "public_register",
            "changes": [{"kind": "document", "description": "x", "occurred_on": "2024-09-30"}],
        },
    ),
    "/changes/notices": (
        Permission.RECORD_PERFORMANCE,
        {
            "tenant_key": "t-cangshan",
            "arrived_at": "2024-10-08T14:00:00+08:00",
            "form": "oral",
            "via": "phone",
            "known": [3],
        },
    ),
    "/upstream": (
        Permission.RECORD_UPSTREAM,
        {
            "source_id": 1,
            "kinds": ["price"],
            "subject": "单价",
            "received_at": "2024-10-08T10:00:00+08:00",
            "received_via": "phone",
        },
    ),
    "/upstream/{upstream}/triage": (
        Permission.HANDLE_UPSTREAM,
        {"version": 1, "triage": "upstream_change"},
    ),
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_acts_as_far_as_the_matrix_lets_it(app, world, role):
    program = a_program(app, role)

    for path, (permission, body) in NEEDS.items():
        answer = program.post(path.format(**world), body)
        refused = answer.status_code == 403
        assert refused == (role not in MATRIX[permission]), f"{role} {path}: {answer.text}"
        assert answer.status_code in (200, 201, 403, 409, 422), answer.text


def test_a_source_s_change_is_recorded_and_read_by_legal(officer, world):
    _, body = NEEDS["/upstream"]
    made = officer.post("/upstream", body | {"triage": "upstream_change", "summary": "自下月起调整"})
    one = officer.get(made.location.removeprefix("/api/v1")).json
    waiting = officer.post(f"/upstream/{world['upstream']}/triage", {"version": 1, "triage": "upstream_change"})

    assert (made.status_code, one["triage"], one["due_on"]) == (201, "upstream_change", "2024-10-09")
    assert (one["kinds"], one["products"]) == (["price"], ["id2-verify"])
    assert waiting.json["triage"] == "upstream_change"


BAD_BODIES = {
    "no JSON": b"{",
    "no object": b"[]",
    "not UTF-8": b'{"version": "\xff"}',
    "a field twice": b'{"version": 1, "version": 1, "reason": "r", "ground_class": "other"}',
    "NaN": b'{"version": NaN, "reason": "r", "ground_class": "other"}',
    "half a character": b'{"version": 1, "reason": "\\ud800", "ground_class": "other"}',
    "deep": b'{"version": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    **{
        f"version {version}": json.dumps(CONFIRM).replace('"version": 1', f'"version": {version}').encode()
        for version in ("0", "-1", "1.5", "1e400", "true", '"1"', '"１"', "null", str(2**63), "9" * 5000)
    },
    "unknown field": json.dumps(CONFIRM | {"colour": "red"}).encode(),
    "blank reason": json.dumps(CONFIRM | {"reason": " \n"}).encode(),
    "long reason": json.dumps(CONFIRM | {"reason": "x" * 2001}).encode(),
    "wrong word": json.dumps(CONFIRM | {"ground_class": "both"}).encode(),
    "no date": json.dumps(CONFIRM | {"known_on": "2024-02-30"}).encode(),
    "an instant for a date": json.dumps(CONFIRM | {"known_on": "2024-10-01T00:00:00Z"}).encode(),
    "a year that can't be meant": json.dumps(CONFIRM | {"known_on": "0001-01-01"}).encode(),
}


def test_a_body_that_is_not_exactly_right_is_refused(officer, world):
    for name, body in BAD_BODIES.items():
        answer = officer.post(f"/cases/{world['suspected']}/confirm", body)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), f"{name}: {answer.text}"

    assert officer.get(f"/cases/{world['suspected']}").json["version"] == 1


NO_INSTANTS = (
    "2024-09-24",
    "2024-09-24T11:00:00",
    "2024-09-24 11:00:00+08:00",
    "2024-09-24T25:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    1727146800,
    None,
)


def test_an_instant_carries_its_offset(officer, world):
    for arrived_at in NO_INSTANTS:
        body = {"basis": "personal", "arrived_at": arrived_at, "proof": PROOF}
        answer = officer.post(f"/notices/{world['notice']}/arrival", body)
        assert (answer.status_code, answer.json["field"]) == (422, "arrived_at"), arrived_at


def test_a_proof_that_is_no_base64_is_refused(officer, world):
    for content in ("%%%", "JVBERi0", "Ａ", ""):
        proof = PROOF | {"content": content}
        body = {"basis": "personal", "arrived_at": "2024-09-24T11:00:00+08:00", "proof": proof}
        assert officer.post(f"/notices/{world['notice']}/arrival", body).status_code == 422, content


def test_a_body_of_another_media_type_is_refused(officer, world):
    answer = officer.post(f"/cases/{world['suspected']}/confirm", json.dumps(CONFIRM), content_type="text/plain")

    assert (answer.status_code, answer.json["code"]) == (415, "MEDIA_TYPE")


def test_several_changes_are_recorded_together_or_not_at_all(officer):
    several = {
        "tenant_key": TENANT,
        "source": "own_discovery",
        "changes": [
            {"kind": "document", "description": "章程", "occurred_on": "2024-09-30"},
            {"kind": "information", "description": "法定代表人", "occurred_on": "2024-10-09"},
        ],
    }
    before = officer.get("/changes").json["total"]

    to_come = officer.post("/changes", several)
    several["changes"][1]["occurred_on"] = "2024-10-08"
    made = officer.post("/changes", several)

    assert (to_come.status_code, to_come.json["field"]) == (422, "occurred_on")
    assert (made.status_code, len(made.json["changes"])) == (201, 2)
    assert officer.get("/changes").json["total"] == before + 2
    assert officer.get(made.location.removeprefix("/api/v1")).json == made.json["changes"][0]
