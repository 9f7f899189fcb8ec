"""For programs: a corrected notice, the procedure after a notice, and announced changes on their day (clause 3.3 b)."""

import base64

import pytest

from tests.builders import at
from tests.builders_changes import NOW, changed, in_service
from tests.builders_desk import move_clock, opened_at
from tests.builders_files import A_PDF
from tests.builders_rest import a_program

PAPER = {"name": "通知.pdf", "media_type": "application/pdf", "content": base64.b64encode(A_PDF).decode()}
NOTICE = {"tenant_key": "haitang", "arrived_at": "2024-09-12T14:00:00+08:00", "form": "written", "via": "email"}
AHEAD = {"kind": "licence", "description": "经营范围变更", "occurred_on": "2024-10-08"}
MISSING = {"needed": "新营业执照盖章复印件", "due_on": "2024-09-30"}


@pytest.fixture
def told(app):
    """A change on record that the tenant has notified."""
    opened_at(app, NOW, set_up=changed)
    officer = a_program(app, "legal_officer")
    assert officer.post("/changes/notices", NOTICE | {"known": [1], "file": PAPER}).status_code == 201
    return officer


@pytest.fixture
def ahead(app):
    """A change that the tenant announced for 8 October."""
    opened_at(app, NOW, set_up=in_service)
    officer = a_program(app, "legal_officer")
    officer.post("/changes/notices", NOTICE | {"reports": [AHEAD], "file": PAPER})
    return officer


def test_e_18_a_procedure_is_opened_and_completed_apart_from_the_notice(told):
    path = "/changes/1/procedure"
    assert told.get(path).status_code == 404

    opened = told.post(path, MISSING)
    assert (opened.status_code, opened.location) == (201, f"/api/v1{path}")
    [duty] = opened.json["duties"]
    assert (opened.json["needed"], opened.json["due_on"], duty["state"]) == (*MISSING.values(), "open")
    assert duty["overdue_from"] == "2024-10-01T00:00:00+08:00"
    assert told.post(path, MISSING).json["code"] == "PROCEDURE_OPEN"

    move_clock(at("Fri 2024-09-20 10:00"))
    came = {"completed_at": "2024-09-19T16:00:00+08:00", "note": "收到新营业执照盖章复印件", "file": PAPER}
    done = told.post(f"{path}/completion", came)
    assert (done.status_code, done.json["duties"][0]["state"]) == (200, "performed_on_time")
    assert (done.json["completed_at"], done.json["completion_note"]) == (came["completed_at"], came["note"])
    assert told.get(path).json == done.json
    assert told.post(f"{path}/completion", came).status_code == 409


def test_a_procedure_follows_a_notice_and_asks_for_time(app):
    opened_at(app, NOW, set_up=changed)
    officer = a_program(app, "legal_officer")

    assert officer.post("/changes/1/procedure", MISSING).json["code"] == "NO_NOTICE"
    refused = officer.post("/changes/1/procedure", MISSING | {"due_on": "2024-09-12"})
    assert (refused.status_code, refused.json["field"]) == (422, "due_on")
    assert officer.post("/changes/1/procedure/completion", {"completed_at": NOTICE["arrived_at"], "note": "n"}).status_code == 409  # fmt: skip
    assert officer.post("/changes/9/procedure", MISSING).status_code == 404


def test_an_announced_change_is_confirmed_and_judged_by_its_early_notice(ahead):
    [waiting] = ahead.get("/changes/announced?q=haitang").json["items"]
    path = f"/changes/announced/{waiting['id']}"
    assert (waiting["state"], waiting["expected_on"], waiting["notice"]["form"]) == ("announced", "2024-10-08", "written")  # fmt: skip
    assert ahead.get(path).json == waiting
    assert ahead.post(f"{path}/confirm", {"occurred_on": "2024-10-08"}).json["field"] == "occurred_on"

    move_clock(at("Thu 2024-10-10 10:00"))
    made = ahead.post(f"{path}/confirm", {"occurred_on": "2024-10-09", "proof": PAPER})
    assert (made.status_code, made.location) == (201, "/api/v1/changes/1")
    assert (made.json["change"]["occurred_on"], made.json["change"]["source"]) == ("2024-10-09", "tenant_notice")
    assert [each["state"] for each in made.json["judged"]] == ["performed_on_time"]
    after = ahead.get(path).json
    assert (after["state"], after["change"], after["drop_reason"]) == ("took_effect", 1, None)
    assert ahead.get("/changes/announced").json["items"] == []
    assert ahead.post(f"{path}/drop", {"reason": "未发生"}).status_code == 409


def test_an_announced_change_is_dropped_with_its_reason(ahead):
    dropped = ahead.post("/changes/announced/1/drop", {"reason": "甲方撤回申请"})

    assert (dropped.status_code, dropped.json["state"]) == (200, "dropped")
    assert (dropped.json["drop_reason"], dropped.json["change"]) == ("甲方撤回申请", None)
    assert dropped.json["settled_at"] == "2024-09-12T15:00:00+08:00"
    assert ahead.get("/changes/announced/9").status_code == 404


def test_e_19_a_correction_in_writing_performs_where_the_first_notice_was_too_weak(app):
    opened_at(app, NOW, set_up=changed)
    officer = a_program(app, "legal_officer")
    first = officer.post("/changes/notices", NOTICE | {"form": "oral", "via": "phone", "known": [1]}).json
    assert [each["state"] for each in first["judged"]] == [None]
    number = first["notice"]["id"]
    body = {"correction": "改以书面通知", "arrived_at": "2024-09-12T14:30:00+08:00", "form": "written", "via": "email"}

    without = officer.post(f"/changes/notices/{number}/correction", body)
    taken = officer.post(f"/changes/notices/{number}/correction", body | {"file": PAPER})

    assert (without.status_code, without.json["field"]) == (422, "file")
    assert (taken.status_code, taken.json["notice"]["corrects_id"]) == (201, number)
    assert [each["state"] for each in taken.json["judged"]] == ["performed_on_time"]
    assert officer.post("/changes/notices/9/correction", body).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/changes/1/procedure", MISSING),
        ("/changes/1/procedure/completion", {"completed_at": "2024-09-12T14:00:00+08:00", "note": "n"}),
        ("/changes/announced/1/confirm", {"occurred_on": "2024-09-12"}),
        ("/changes/announced/1/drop", {"reason": "r"}),
        ("/changes/notices/1/correction", {"correction": "c", **{k: NOTICE[k] for k in ("arrived_at", "form", "via")}}),
    ],
)
def test_an_auditor_s_program_acts_on_nothing(app, told, path, body):
    told.post("/changes/notices", NOTICE | {"reports": [AHEAD], "file": PAPER})

    assert a_program(app, "auditor").post(path, body).status_code == 403
