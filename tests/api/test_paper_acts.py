"""Our documents for programs: a letter and a list of evidence sealed, our own licences, a sealed letter checked."""

import base64

import pytest

from tests.builders_files import a_small_pdf
from tests.builders_paper import Authority, a_plain_pdf, signed_by
from tests.builders_rest import TENANT, a_program


def sent(content, name="营业执照.pdf"):
    return {"name": name, "media_type": "application/pdf", "content": base64.b64encode(content).decode()}


LICENCE = {"type": "business_licence", "number": "L-1", "expires_on": "2026-09-30", "file": sent(a_small_pdf("one"))}


@pytest.fixture
def officer(app, world):
    return a_program(app, "legal_officer")


def test_a_letter_is_sealed_once_and_its_document_handed_out(officer, world):
    address = f"/notices/{world['notice']}"
    assert officer.get(address).json["sealed_document"] is None

    made = officer.post(f"{address}/seal", {})
    again = officer.post(f"{address}/seal", {})
    paper = f"/papers/{made.json['sealed_document']}"
    told = officer.get(paper).json
    file = officer.get(f"{paper}/file")

    assert made.status_code == 200
    assert again.json["sealed_document"] == made.json["sealed_document"]
    assert (told["kind"], told["seal"]) == ("rectification_demand", "company")
    assert (file.headers["Content-Type"], file.data[:5]) == ("application/pdf", b"%PDF-")
    assert file.headers["Content-Disposition"] == f'attachment; filename="{told["number"]}.pdf"'


def test_a_queued_notice_is_not_queued_twice(officer, world):
    refused = officer.post(f"/notices/{world['notice']}/queue", {})

    assert (refused.status_code, refused.json["code"]) == (409, "ILLEGAL_MOVE")


@pytest.mark.parametrize("subject", ["/cases/{demanded}", "/agreements/200000000000002"])
def test_a_list_of_evidence_is_read_and_sealed(app, officer, world, subject):
    address = subject.format(**world) + "/evidence"
    listed = officer.get(address).json
    refused = a_program(app, "finance").post(f"{address}/cover", {})
    made = officer.post(f"{address}/cover", {})

    assert refused.status_code == 403
    assert listed["exhibits"]
    assert all(len(each["sha256"]) == 64 for each in listed["exhibits"])
    assert (made.status_code, made.json["kind"]) == (201, "evidence_cover")
    assert officer.get(made.location.removeprefix("/api/v1")).json == made.json
    assert [each["number"] for each in officer.get(address).json["covers"]] == [made.json["number"]]
    assert officer.get("/cases/99/evidence").status_code == 404


def test_our_own_licence_is_kept_renewed_and_handed_out(app, world):
    approver = a_program(app, "legal_officer", "legal_approver")
    made = approver.post("/own-documents", LICENCE)
    one = made.location.removeprefix("/api/v1")
    renewal = LICENCE | {"number": "L-2", "renews": made.json["id"], "file": sent(a_small_pdf("two"))}
    renewed = approver.post("/own-documents", renewal)
    file = approver.get(f"{one}/file")

    assert (made.status_code, made.json["is_replaced"]) == (201, False)
    assert renewed.json["replaces_id"] == made.json["id"]
    assert approver.get(one).json["is_replaced"] is True
    assert [row["number"] for row in approver.get("/own-documents").json["items"]] == ["L-2", "L-1"]
    assert (file.data, file.mimetype) == (a_small_pdf("one"), "application/pdf")
    assert "filename*=UTF-8''%E8%90%A5" in file.headers["Content-Disposition"]
    assert approver.post("/own-documents", renewal).status_code == 409
    assert approver.post("/own-documents", LICENCE | {"type": "x"}).json["errors"]["type"]
    assert a_program(app, "ops").post("/own-documents", LICENCE).status_code == 403


def test_clause_3_4_the_e_seal_of_a_letter_is_checked_as_the_page_does(officer):
    asked = {"kind": "account", "asked": "变更账号", "asked_on": "2024-10-08", "order_no": "200000000000004"}
    one = officer.post(f"/tenants/{TENANT}/adjustments", asked).location.removeprefix("/api/v1") + "/letter"
    letter = {
        "received_at": "2024-10-08T14:55:00+08:00",
        "basis": "e_seal",
        "seal_record": "经签发机构验证，有效",
        "version": 1,
    }
    holder, _, _ = Authority().holder("海棠企业管理（武汉）有限公司")
    plain, sealed = a_plain_pdf(), signed_by(holder, a_plain_pdf("Reissue the key"))

    refused = officer.post(one, letter | {"letter": sent(plain)})
    damaged = officer.post(one, letter | {"letter": sent(b"%PDF-1.7\n" + bytes(300))})
    taken = officer.post(one, letter | {"letter": sent(sealed)})

    assert (refused.status_code, refused.json["code"], refused.json["clause"]) == (422, "NO_E_SEAL", "3.4")
    assert damaged.status_code == 422
    assert (taken.json["state"], taken.json["seal_answer"]) == ("sealed_received", "untrusted")
