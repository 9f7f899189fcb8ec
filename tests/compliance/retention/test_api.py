"""Retention and the access log for programs."""

from agreements.kernel.db import unit_of_work
from tests.builders import at
from tests.builders_desk import opened_at
from tests.builders_rest import a_program
from tests.compliance.retention.test_purging import AFTER, an_expired_agreement, run

ORDER = "200000000000001"
NOW = at("Mon 2026-03-02 10:00")
HOLD = {"ground": "dispute", "reference": "示例1号", "reason": "甲方起诉"}


def test_a_program_reads_what_is_kept_and_places_and_lifts_a_hold(app):
    opened_at(app, NOW, set_up=an_expired_agreement)
    program = a_program(app, "legal_officer")
    approver = a_program(app, "legal_approver")
    path = f"/retention/agreements/{ORDER}"

    [contracts, *_] = program.get(path).json["classes"]
    assert (contracts["why"], contracts["kept_through"]) == ("period", "2030-07-29")
    placed = program.post(f"{path}/holds", HOLD)
    assert (placed.status_code, placed.json["classes"][0]["why"]) == (201, "held")
    assert program.post(f"{path}/holds/1/lift", {"reason": "结案"}).status_code == 403
    assert approver.post(f"{path}/holds/1/lift", {"reason": "结案"}).json["holds"] == []
    assert approver.post(f"{path}/holds/9/lift", {"reason": "结案"}).status_code == 404


def test_programs_of_two_people_approve_what_they_read_and_the_certificate_is_told(app):
    def world(session):
        an_expired_agreement(session)
        run(session, AFTER)

    opened_at(app, AFTER, set_up=world)
    first, second = (a_program(app, "legal_approver", name=name) for name in ("李审批", "钱审批"))

    due = first.get("/retention/due?stage=proposed&retention_class=contracts").json
    [row] = due["items"]
    assert (row["kept_through"], row["rests_on"], row["months"]) == ("2030-07-29", "policy", 60)
    path = f"/retention/proposals/{row['proposal']}"
    proposal = first.get(path).json
    assert {"contact.phone_sealed", "stored_file"} <= {item["source"] for item in proposal["items"]}
    body = {"mark": proposal["mark"], "reason": "保存期限已满"}
    assert first.post(f"{path}/approve", body | {"mark": "x"}).status_code == 409
    assert len(first.post(f"{path}/approve", body).json["approvals"]) == 1
    assert first.post(f"{path}/approve", body).status_code == 409
    assert second.post(f"{path}/approve", body).json["state"] == "approved"
    with unit_of_work() as session:
        run(session, AFTER)

    [listed] = [
        each for each in first.get("/retention/certificates").json["items"] if each["retention_class"] == "contracts"
    ]
    certificate = first.get(f"/retention/certificates/{listed['number']}").json
    assert certificate["unaltered"] is True
    assert [each["name"] for each in certificate["approvals"]] == ["李审批", "钱审批"]
    assert first.get(f"/retention/agreements/{ORDER}").json["classes"][0]["certificate"] == listed["number"]
    assert first.get("/retention/certificates/XH-1999-0001").status_code == 404


def test_a_program_of_an_auditor_reads_who_looked(app):
    officer = opened_at(app, NOW, set_up=an_expired_agreement)
    officer.get(f"/agreements/{ORDER}/files/1")
    auditor = a_program(app, "auditor")

    [look] = auditor.get("/access-log?kind=file&since=2026-03-02&until=2026-03-02").json["items"]

    assert (look["kind"], look["actor_name"]) == ("file", "张法务")
    assert auditor.get("/access-log?until=2026-03-01").json["total"] == 0
    assert a_program(app, "ops").get("/access-log").status_code == 403
