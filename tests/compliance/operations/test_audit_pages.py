"""The trail on the pages: found by every handle, in words, exported as text, verified."""

import csv
import io

import pytest
from sqlalchemy import func, select, text

from agreements.kernel import audit
from agreements.kernel.access.rules import OPERATOR, Role
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.web.spreadsheets import BYTE_ORDER_MARK
from compliance.operations.audit_views import act_in_words
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_compliance import a_suspected_case
from tests.builders_desk import text_of

NOW = at("Mon 2024-09-23 10:00")


@pytest.fixture
def told(app):
    """A case with its acts, and one act with a reason that a spreadsheet would run."""
    with unit_of_work() as session:
        case = a_suspected_case(session)
        audit.record(
            session, actor=OPERATOR, act="test.act", subject="test:7", now=NOW, reason='=HYPERLINK("http://x")'
        )
        return case.agreement.order_no, case.agreement.tenant.tenant_key


def rows(app, **asked):
    client = signed_in_client(app, "auditor")
    page = client.get("/audit", query_string=asked)
    assert page.status_code == 200
    return text_of(page)


def test_every_act_of_an_agreement_is_found_by_its_order_number(app, told):
    order_no, _ = told

    found = rows(app, order_no=order_no)

    assert "推定" in found or "疑似" in found
    assert "test:7" not in found
    assert "没有符合条件的操作" in rows(app, order_no="no such order")


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({"act": "test.act"}, True),
        ({"act": "test"}, True),
        ({"act": "case"}, False),
        ({"subject": "test:7"}, True),
        ({"subject": "test"}, True),
        ({"subject": "tes"}, False),
        ({"actor": "COMMAND"}, True),
        ({"actor": "%"}, False),
        ({"kind": "operator"}, True),
        ({"kind": "scheduler"}, False),
        ({"since": "2024-09-23", "until": "2024-09-23", "act": "test"}, True),
        ({"since": "2024-09-24", "act": "test"}, False),
        ({"until": "2024-09-22", "act": "test"}, False),
    ],
)
def test_an_act_is_found_by_each_handle_and_only_by_its_own(app, told, asked, is_found):
    assert ("test:7" in rows(app, **asked)) is is_found


def test_a_tenants_acts_hold_those_of_its_agreements(app, told):
    _, tenant_key = told

    assert told[0] in rows(app, tenant_key=tenant_key)


def test_a_day_that_is_none_is_said_and_shows_no_trace_of_a_fault(app, told):
    client = signed_in_client(app, "auditor")

    answer = client.get("/audit?since=yesterday")

    assert answer.status_code == 422
    assert "yesterday" in answer.text


def test_pages_and_sorting_cover_the_trail_without_a_gap(app, told):
    with unit_of_work() as session:
        for number in range(120):
            audit.record(session, actor=OPERATOR, act="test.many", subject=f"test:{number + 100}", now=NOW)
    client = signed_in_client(app, "auditor")
    seen = []
    for number in (1, 2, 3):
        page = text_of(client.get(f"/audit?act=test.many&sort=seq&page={number}"))
        seen += [word for word in page.split() if word.startswith("test:") and word != "test:7"]

    assert seen == [f"test:{number}" for number in range(100, 220)]


def test_one_act_shows_its_details_and_its_place_in_the_chain(app, told):
    session = db.session()
    event = session.scalars(select(AuditEvent).where(AuditEvent.act == "case.suspected")).one()
    seq, wanted = event.seq, [event.hash, event.prev_hash, *event.details]
    client = signed_in_client(app, "auditor")

    page = client.get(f"/audit/{seq}").text

    assert all(word in page for word in wanted)
    assert client.get("/audit/999999").status_code == 302


def test_an_auditor_exports_what_was_found_and_the_export_is_an_act(app, told):
    client = signed_in_client(app, "auditor")

    answer = client.post("/audit/export", data={"act": "test"}, buffered=True)

    lines = list(csv.DictReader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK))))
    assert [line["subject"] for line in lines] == ["test:7"]
    assert lines[0]["reason"].startswith("'=")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=audit-")
    session = db.session()
    session.rollback()
    exported = session.scalars(select(AuditEvent).where(AuditEvent.act == "audit.exported")).one()
    assert exported.details == {"acts": 1, "filtered_by": ["act"]}


def test_the_whole_export_is_enough_to_check_the_chain(app, told):
    client = signed_in_client(app, "auditor")
    answer = client.post("/audit/export", buffered=True)
    lines = list(csv.DictReader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK))))

    assert [line["prev_hash"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]
    assert len(lines) == db.session().scalar(select(func.count()).select_from(AuditEvent))


def test_the_chain_is_verified_from_the_page_and_a_changed_row_is_named(app, told):
    client = signed_in_client(app, "auditor")
    assert "哈希链完整" in text_of(client.post("/audit/verify", follow_redirects=True))

    with unit_of_work() as session:
        session.execute(text("UPDATE audit_event SET reason = 'x' WHERE seq = 3"))

    assert "3" in text_of(client.post("/audit/verify", follow_redirects=True)).partition("第")[2][:20]


@pytest.mark.parametrize("role", list(Role))
def test_everybody_reads_and_auditors_and_administrators_verify_and_export(app, told, role):
    client = signed_in_client(app, role)
    allowed = role in (Role.AUDITOR, Role.ADMIN)

    assert client.get("/audit").status_code == 200
    assert (client.post("/audit/verify").status_code == 302) is allowed
    assert (client.post("/audit/export", buffered=True).status_code == 200) is allowed


def test_every_act_of_the_program_has_its_words(app, told):
    with app.test_request_context():
        nameless = [
            act
            for act in db.session().scalars(select(AuditEvent.act).distinct())
            if act_in_words(act) == act and not act.startswith("test.")
        ]

    assert nameless == []
