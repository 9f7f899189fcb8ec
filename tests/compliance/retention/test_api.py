"""Retention and the access log for programs."""

from tests.builders import at
from tests.builders_desk import opened_at
from tests.builders_rest import a_program
from tests.compliance.retention.test_purging import an_expired_agreement

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


def test_a_program_of_an_auditor_reads_who_looked(app):
    officer = opened_at(app, NOW, set_up=an_expired_agreement)
    officer.get(f"/agreements/{ORDER}/files/1")
    auditor = a_program(app, "auditor")

    [look] = auditor.get("/access-log?kind=file&since=2026-03-02&until=2026-03-02").json["items"]

    assert (look["kind"], look["actor_name"]) == ("file", "张法务")
    assert auditor.get("/access-log?until=2026-03-01").json["total"] == 0
    assert a_program(app, "ops").get("/access-log").status_code == 403
