"""A source's change for programs beyond its record: corrected, told, answered, settled, withdrawn and closed (2.4)."""

import base64

import pytest

from agreements.kernel.access.rules import MATRIX, Permission, Role
from agreements.kernel.db import db, unit_of_work
from tests.builders_files import a_small_pdf
from tests.builders_rest import NOW, a_program
from tests.builders_upstream import run

FILE = {"name": "往来函件.pdf", "media_type": "application/pdf", "content": base64.b64encode(a_small_pdf()).decode()}
CONTENT = {"kinds": ["price"], "subject": "核验单价下调", "effective_on": "2024-12-01"}
RECEIVED = {"received_at": "2024-10-08T13:00:00+08:00", "received_via": "email", "file": FILE}
WITHDRAWAL = {"received_at": "2024-10-08T14:30:00+08:00", "reason": "数据源撤回", "file": FILE}
ANSWER = {
    "kind": "refuse",
    "text": "价格不能接受",
    "answered_at": "2024-10-08T14:50:00+08:00",
    "said_by": "联系人甲",
    "file": FILE,
}


@pytest.fixture
def officer(app, world):
    return a_program(app, "legal_officer", "legal_approver")


@pytest.fixture
def change(world):
    return f"/upstream/{world['upstream']}"


def swept():
    """The scheduler has done what it does for sources' changes."""
    with unit_of_work() as session:
        run(session, NOW)
    db.session.remove()


def told(officer, change):
    """The letters of a change have gone out and the first one has arrived; returns the part of its agreement."""
    officer.post(f"{change}/triage", {"version": officer.get(change).json["version"], "triage": "upstream_change"})
    swept()
    impact = next(each for each in officer.get(change).json["impacts"] if each["notice_id"])
    arrival = {"basis": "personal", "arrived_at": "2024-10-08T15:00:00+08:00", "proof": FILE}
    arrived = officer.post(f"/notices/{impact['notice_id']}/arrival", arrival)
    assert arrived.status_code == 200, arrived.text
    swept()
    return f"/upstream/impacts/{impact['id']}"


def test_what_was_mistyped_is_corrected_before_a_letter_says_it(officer, change):
    version = officer.get(change).json["version"]

    restated = officer.post(f"{change}/restatement", CONTENT | {"version": version})
    stale = officer.post(f"{change}/restatement", CONTENT | {"version": version})
    unnamed = officer.post(f"{change}/restatement", {"version": version, "kinds": [], "subject": "x"})

    assert (restated.status_code, restated.json["subject"]) == (200, "核验单价下调")
    assert (stale.status_code, stale.json["code"]) == (409, "STALE")
    assert list(unnamed.json["errors"]) == ["kinds"]


def test_e_32_a_source_s_correction_is_a_change_of_its_own(officer, change):
    amended = officer.post(f"{change}/amendment", CONTENT | RECEIVED | {"version": officer.get(change).json["version"]})

    assert (amended.status_code, amended.json["amends_id"]) == (201, officer.get(change).json["id"])
    assert officer.get(amended.location.removeprefix("/api/v1")).json == amended.json


def test_the_letters_are_read_before_they_go_out_and_a_withdrawal_is_told(officer, change):
    [letter, *_] = officer.get(f"{change}/letters").json["items"]
    mapped = officer.post(f"{change}/mapping", {})
    version = mapped.json["version"]
    withdrawn = officer.post(f"{change}/withdrawal", WITHDRAWAL | {"version": version})

    assert ("上调核验服务的结算单价" in letter["text"], letter["notice_id"]) == (True, None)
    assert mapped.json["impacts"]
    assert (withdrawn.status_code, withdrawn.json["state"]) == (200, "withdrawn")
    assert officer.get(f"{change}/withdrawal/file").data == a_small_pdf()
    assert officer.get("/upstream/99/withdrawal/file").status_code == 404


def test_a_refusal_is_recorded_and_its_aftermath_signed(officer, change):
    impact = told(officer, change)
    assert officer.get(f"{impact}/aftermath/file").status_code == 404

    refused = officer.post(f"{impact}/answers", ANSWER | {"answered_at": "2024-10-08T15:00:00+08:00"})
    assert refused.status_code == 201, refused.text
    signed = officer.post(f"{impact}/aftermath/signature", {"signed_at": "2024-10-08T15:00:00+08:00", "file": FILE})
    closing = {"version": officer.get(change).json["version"], "note": "已与各方处理完毕"}

    assert (refused.status_code, refused.json["state"]) == (201, "aftermath_negotiation")
    assert (signed.status_code, signed.json["state"]) == (200, "aftermath_signed")
    assert officer.get(impact).json == signed.json
    assert officer.get(f"/upstream/answers/{refused.json['answers'][0]['id']}/file").data == a_small_pdf()
    assert officer.get(f"{impact}/aftermath/file").mimetype == "application/pdf"
    assert officer.post(f"{impact}/aftermath/failure", {"reason": "迟"}).status_code == 409
    assert officer.post(f"{change}/closing", closing).status_code in (200, 409)


def test_a_question_is_replied_to_once(officer, change):
    impact = told(officer, change)
    asked = {"kind": "ask", "text": "单价何时生效？", "answered_at": "2024-10-08T15:00:00+08:00"}
    answer = officer.post(f"{impact}/answers", ANSWER | asked).json["answers"][0]["id"]

    replied = officer.post(f"/upstream/answers/{answer}/reply", {"reply": "自12月1日起。"})

    assert replied.json["answers"][0]["reply"] == "自12月1日起。"
    assert officer.post(f"/upstream/answers/{answer}/reply", {"reply": "再答"}).status_code == 409
    assert officer.post(f"/upstream/answers/{answer}/reply", {}).json["errors"]["reply"]


NEEDS = {
    "{change}/restatement": (Permission.HANDLE_UPSTREAM, CONTENT | {"version": 9}),
    "{change}/amendment": (Permission.HANDLE_UPSTREAM, CONTENT | RECEIVED | {"version": 9}),
    "{change}/withdrawal": (Permission.HANDLE_UPSTREAM, WITHDRAWAL | {"version": 9}),
    "{change}/closing": (Permission.HANDLE_UPSTREAM, {"version": 9, "note": "x"}),
    "{change}/mapping": (Permission.HANDLE_UPSTREAM, {}),
    "{change}/products/id2-verify/restoration": (Permission.SETTLE_UPSTREAM, {"reason": "x"}),
    "/upstream/impacts/1/exemption": (Permission.SETTLE_UPSTREAM, {"reason": "不涉及"}),
    "/upstream/impacts/1/answers": (Permission.HANDLE_UPSTREAM, ANSWER),
    "/upstream/impacts/1/aftermath/signature": (
        Permission.SETTLE_UPSTREAM,
        {"signed_at": "2024-10-08T15:00:00+08:00", "file": FILE},
    ),
    "/upstream/impacts/1/aftermath/failure": (Permission.SETTLE_UPSTREAM, {"reason": "x"}),
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_acts_on_a_change_as_far_as_the_matrix_lets_it(app, officer, change, role):
    officer.post(f"{change}/mapping", {})
    program = a_program(app, role)

    for path, (permission, body) in NEEDS.items():
        answer = program.post(path.format(change=change), body)
        refused = answer.status_code == 403
        assert refused == (role not in MATRIX[permission]), f"{role} {path}: {answer.text}"
        assert answer.status_code in (200, 201, 403, 409, 422), answer.text
