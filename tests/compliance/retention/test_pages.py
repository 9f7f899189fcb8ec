"""Who saw what, contact data masked by default, holds on the page, and what is kept until when."""

import re

import pytest
from flask import url_for
from sqlalchemy import select

from agreements.intake.models import ContractImport, ImportState
from agreements.kernel.access_log import SensitiveAccess, SensitiveKind
from agreements.kernel.files import StoredFile
from agreements.kernel.web.mounting import Audience, access_of_endpoint
from agreements.register.models import Instrument, Term
from compliance.retention.models import DestructionCertificate, PurgeProposal
from compliance.retention.rules import OF_AGREEMENTS, RetentionClass
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_compliance import a_demanded_case, arrive, sweep
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_rest import a_program
from tests.compliance.retention.test_purging import (
    AFTER,
    an_expired_agreement,
    an_expired_agreement_with_letters,
    destroy_all,
    run,
)

ORDER = "200000000000001"
NOW = at("Mon 2026-03-02 10:00")
CLEAR = ("13000000000", "联系人甲", "武汉市示例路1号", "legal@tenant.example")
HOLD = {"ground": "authority", "scope": "agreement", "reference": "示例函1号", "reason": "主管机关要求保全"}


def looks(kind=None):
    rows = read(lambda session: session.scalars(select(SensitiveAccess).order_by(SensitiveAccess.id)).all())
    return [row for row in rows if kind in (None, row.kind)]


def a_whole_world(session):
    """An agreement with a case, a demand that arrived, and letters."""
    case = a_demanded_case(session)
    arrive(session, case.demand_notice, at("Tue 2024-09-24 11:00"))
    sweep(session, at("Sat 2024-09-28 00:00"), "rectification_sweep")


def addresses(app, tenant_key, file_id):
    """Every page for people that can be read with the numbers of this world."""
    values = {"order_no": ORDER, "tenant_key": tenant_key, "file_id": file_id}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            access = access_of_endpoint(app, rule.endpoint)
            if "GET" not in rule.methods or access is None or access.audience is not Audience.PEOPLE:
                continue
            given = {name: values.get(name, 1) for name in rule.arguments}
            if any(type(rule._converters[name]).__name__ == "AnyConverter" for name in rule.arguments):
                continue
            yield rule.endpoint, url_for(rule.endpoint, **given)


def test_no_page_shows_contact_data_in_clear(app):
    client = opened_at(app, NOW, "legal_officer", "legal_approver", "ops", "admin", "finance", set_up=a_whole_world)
    key = re.search(r"/tenants/([a-z0-9-]+)", client.get(f"/agreements/{ORDER}").text).group(1)
    shown = {}

    for endpoint, address in addresses(app, key, 1):
        answer = client.get(address, buffered=True)
        if answer.status_code == 200 and answer.mimetype in ("text/html", "application/json", "text/csv"):
            found = [clear for clear in CLEAR if clear in answer.get_data(as_text=True)]
            if found:
                shown[endpoint] = found

    assert shown == {}


def test_looking_in_full_asks_why_and_is_written_down(app):
    client = opened_at(app, NOW, set_up=an_expired_agreement)
    page = re.search(r"/tenants/[a-z0-9-]+", client.get(f"/agreements/{ORDER}").text).group(0)

    assert client.post(f"{page}/reveal", {"subject": "contact:1"}).status_code == 422
    assert looks() == []
    assert "13000000000" in client.post(f"{page}/reveal", {"subject": "contact:1", "reason": "核对签收人"}).text
    [look] = looks()

    assert (look.kind, look.subject, look.reason) == (SensitiveKind.CONTACT_DATA, "contact:1", "核对签收人")
    assert "13000000000" not in client.get(page).text
    auditor = signed_in_client(app, "auditor", name="周审计")
    assert auditor.post(f"{page}/reveal", {"subject": "contact:1", "reason": "审计"}).status_code == 403


def test_every_file_and_letter_that_is_handed_out_is_written_down(app):
    client = opened_at(app, NOW, set_up=a_whole_world)

    assert client.get(f"/agreements/{ORDER}/files/1").status_code == 200
    client.get("/notices/1")
    client.get("/notices")
    client.get(f"/agreements/{ORDER}/files/99")

    found = [(look.kind, look.agreement_id, look.actor_name) for look in looks()]
    assert found == [(SensitiveKind.FILE, 1, "张法务"), (SensitiveKind.NOTICE_TEXT, 1, "张法务")]


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 1), ("?person=张", 1), ("?person=赵", 0), ("?kind=file", 1), ("?kind=contact_data", 0), ("?tenant=海棠", 1)],
)
def test_the_access_log_is_searched(app, query, count):
    officer = opened_at(app, NOW, set_up=an_expired_agreement)
    officer.get(f"/agreements/{ORDER}/files/1")
    auditor = signed_in_client(app, "auditor", name="周审计")

    assert ("张法务" in text_of(auditor.get(f"/access-log{query}"))) is bool(count)
    assert officer.get("/access-log").status_code == 403
    assert auditor.get("/access-log?kind=x").status_code == 422
    assert auditor.get("/access-log?since=2026-03-02&until=2026-03-02").status_code == 200


def test_a_hold_is_placed_by_an_officer_and_lifted_by_an_approver(app):
    officer = opened_at(app, NOW, set_up=an_expired_agreement)
    approver = signed_in_client(app, "legal_approver", name="李审批")
    page = f"/retention/agreements/{ORDER}"

    assert "2030年7月29日" in text_of(officer.get(page))
    assert officer.post(f"{page}/holds", HOLD | {"reference": ""}).status_code == 422
    assert officer.post(f"{page}/holds", HOLD).status_code == 302
    assert "示例函1号" in text_of(officer.get(page))
    assert "示例函1号" in text_of(officer.get("/retention"))
    assert officer.post(f"{page}/holds/1/lift", {"reason": "办结"}).status_code == 403
    assert approver.post(f"{page}/holds/1/lift", {"reason": "办结"}).status_code == 302
    assert approver.post(f"{page}/holds/1/lift", {"reason": "办结"}).status_code == 409
    assert "已解除" in text_of(officer.get(page))


def test_duties_that_survive_are_listed_with_their_clauses(app):
    client = opened_at(app, NOW, set_up=an_expired_agreement)

    words = text_of(client.get(f"/retention/agreements/{ORDER}"))

    for clause in ("第5.1条", "第5.2条", "第6.1条", "第6.2条"):
        assert clause in words


def test_clause_5_2_a_confidentiality_that_the_agreement_limits_shows_its_last_day(app):
    def world(session):
        agreement = an_expired_agreement(session)
        value = {"value": 2, "unit": "year"}
        annex = session.scalars(select(Instrument.id)).first()
        session.add(
            Term(
                agreement_id=agreement.id,
                instrument_id=annex,
                key="extra.confidentiality_survival",
                value=value,
                clause="5.2",
            )
        )

    client = opened_at(app, NOW, set_up=world)

    words = text_of(client.get(f"/retention/agreements/{ORDER}"))

    assert "依约定至2027年7月29日" in words
    assert "法定义务不因此终止" in words


def test_clause_5_2_what_was_destroyed_is_certified_on_a_page_with_its_hash(app):
    def world(session):
        an_expired_agreement(session)
        destroy_all(session)

    client = opened_at(app, AFTER, set_up=world)
    gone = read(lambda session: session.scalars(select(StoredFile).where(StoredFile.purged_at.is_not(None))).all())
    numbers = read(lambda session: session.scalars(select(DestructionCertificate.number)).all())

    page = client.get(f"/retention/agreements/{ORDER}")
    shown = "".join(client.get(f"/retention/certificates/{number}").text for number in numbers)
    assert len(numbers) == 3
    assert gone != []
    assert all(number in page.text and number in client.get("/retention/certificates").text for number in numbers)
    for file in gone:
        assert file.sha256 in shown
        assert file.name not in shown  # a file's name may name a person
    assert zh("unaltered, as the audit trail has it") in shown
    assert text_of(client.get("/retention")).count(zh("nothing of this class is kept in this system yet")) == 3
    assert zh("Certificate %(number)s", number=numbers[0]) in text_of(client.get(f"/agreements/{ORDER}"))


@pytest.mark.parametrize("classes", [(RetentionClass.NOTICES,), tuple(RetentionClass)])
def test_every_page_of_an_agreement_still_opens_when_its_papers_are_destroyed(app, classes):
    def world(session):
        an_expired_agreement_with_letters(session)
        destroy_all(session, only=classes)

    client = opened_at(app, AFTER, "legal_officer", "legal_approver", "ops", "admin", "finance", set_up=world)
    key = re.search(r"/tenants/([a-z0-9-]+)", client.get(f"/agreements/{ORDER}").text).group(1)

    broken = [
        endpoint
        for endpoint, address in addresses(app, key, 1)
        if client.get(address, buffered=True).status_code >= 500
    ]

    assert broken == []
    assert read(lambda session: len(session.scalars(select(DestructionCertificate)).all())) == len(
        {*classes, RetentionClass.CASES} & set(OF_AGREEMENTS)
    )
    assert client.get(f"/agreements/{ORDER}").status_code == 200


def test_the_lists_of_imports_open_when_one_s_text_is_destroyed(app):
    def world(session):
        agreement = an_expired_agreement(session)
        session.add(
            ContractImport(
                row_key="0" * 32,
                file_id=agreement.document_id,
                source_name="协议.md",
                text_sealed="sealed",
                draft_sealed="sealed",
                state=ImportState.REGISTERED,
                agreement_id=agreement.id,
                version=1,
                created_by="张法务",
                created_at=NOW,
            )
        )
        session.flush()
        destroy_all(session)

    client = opened_at(app, AFTER, set_up=world)

    words = text_of(client.get("/import?state=registered"))
    assert ORDER in words
    assert "海棠" in words
    [row] = a_program(app, "legal_officer").get("/imports?state=registered").json["items"]
    assert (row["order_no"], row["agreement"], row["source_name"]) == (ORDER, ORDER, "")
    assert client.get(f"/import/{row['id']}").status_code == 404


def test_proposals_are_chosen_previewed_and_approved_by_two_people(app):
    def world(session):
        an_expired_agreement(session)
        run(session, AFTER)

    first = opened_at(app, AFTER, "legal_approver", set_up=world)
    second = signed_in_client(app, "admin", name="周管理")
    assert text_of(first.get("/retention/due?stage=proposed")).count(ORDER) >= 1
    assert first.get("/retention/due?stage=x").status_code == 422
    assert ORDER not in text_of(first.get("/retention/due?stage=blocked&class=cases&q=海棠"))
    page = first.get("/retention/preview?proposal=1")
    chosen = re.findall(r'name="proposal" value="(\d+:[0-9a-f]{64})"', page.text)
    assert len(chosen) == 1
    assert "联系人电话" in page.text
    assert first.get("/retention/preview").status_code == 422

    assert first.post("/retention/approve", {"proposal": chosen, "reason": ""}).status_code == 422
    assert first.post("/retention/approve", {"proposal": chosen, "reason": "期满"}).status_code == 302
    assert first.post("/retention/approve", {"proposal": chosen, "reason": "期满"}).status_code == 409
    assert (
        signed_in_client(app, "legal_officer")
        .post("/retention/approve", {"proposal": chosen, "reason": "期满"})
        .status_code
        == 403
    )
    assert read(lambda session: {each.state for each in session.scalars(select(PurgeProposal))}) == {
        "proposed",
        "destroyed",
    }
    assert second.post("/retention/approve", {"proposal": chosen, "reason": "期满"}).status_code == 302
    assert read(lambda session: {each.state for each in session.scalars(select(PurgeProposal))}) == {
        "approved",
        "destroyed",
    }
