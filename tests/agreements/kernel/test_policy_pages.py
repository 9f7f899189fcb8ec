"""Pages of policies: shown to everybody as ours, changed by those who may, never for the past."""

import pytest

from agreements.kernel import clock, policies
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.policies import POLICIES
from agreements.parties.rules import DocumentType
from tests.builders import at
from tests.builders_access import signed_in_client

NOW = at("Tue 2024-10-08 15:00")
PERIOD = "rectification_working_days"


@pytest.fixture
def rehearsal(app):
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=NOW)
    return app


def value(key, when=NOW):
    session = db.session()
    session.rollback()
    return policies.value_of(session, key, at=when)


def posted(client, key=PERIOD, **form):
    return client.post(f"/admin/policies/{key}", data={"seen": "0", "value": "5", "reason": "法务意见"} | form)


def test_every_policy_is_shown_with_its_default_to_whoever_reads(rehearsal):
    client = signed_in_client(rehearsal, "auditor")

    page = client.get("/admin/policies").text

    assert all(f">{key}<" in page for key in POLICIES)
    assert '<form method="post" action="/admin/policies' not in client.get(f"/admin/policies/{PERIOD}").text


def test_an_approver_changes_a_policy_and_the_page_says_who_when_and_why(rehearsal):
    client = signed_in_client(rehearsal, "legal_approver", name="李审批")

    assert posted(client).status_code == 302

    assert value(PERIOD) == 5
    page = client.get(f"/admin/policies/{PERIOD}").text
    for words in ("李审批", "法务意见", "5 个工作日", "3 个工作日"):
        assert words in page


def test_a_change_to_come_is_shown_and_not_yet_in_force(rehearsal):
    client = signed_in_client(rehearsal, "admin")

    assert posted(client, effective_at="2024-11-01T00:00").status_code == 302

    assert (value(PERIOD), value(PERIOD, at("Fri 2024-11-01 00:00"))) == (3, 5)
    assert "2024年11月1日 周五 00:00" in client.get("/admin/policies").text


@pytest.mark.parametrize(
    ("key", "form", "field"),
    [
        (PERIOD, {"value": "0"}, "value"),
        (PERIOD, {"value": "1.9"}, "value"),
        (PERIOD, {"value": ""}, "value"),
        (PERIOD, {"effective_at": "2024-10-08T14:59"}, "effective_at"),
        (PERIOD, {"effective_at": "tomorrow"}, "effective_at"),
        (PERIOD, {"reason": " "}, "reason"),
        ("auto_suspend_change_notification", {"value": "maybe"}, "value"),
    ],
)
def test_what_can_not_be_meant_is_refused_beside_its_field(rehearsal, key, form, field):
    client = signed_in_client(rehearsal, "legal_approver")
    before = value(key)

    answer = posted(client, key, **form)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert value(key) == before


def test_an_officer_changes_no_policy(rehearsal):
    assert posted(signed_in_client(rehearsal, "legal_officer")).status_code == 403
    assert value(PERIOD) == 3


def test_who_comes_second_sees_the_history_and_changes_nothing(rehearsal):
    client = signed_in_client(rehearsal, "legal_approver")
    posted(client)

    late = posted(client, value="7", reason="另一意见")

    assert late.status_code == 409
    assert "另一意见" in late.text
    assert value(PERIOD) == 5


def test_switches_and_lists_are_changed_by_their_words(rehearsal):
    client = signed_in_client(rehearsal, "admin")

    assert posted(client, "auto_suspend_change_notification", value="off").status_code == 302
    assert posted(client, "onboarding_documents", value=["prior_approval", "business_licence"]).status_code == 302

    assert value("auto_suspend_change_notification") is False
    assert value("onboarding_documents") == ["business_licence", "prior_approval"]
    assert POLICIES["onboarding_documents"].choices == tuple(DocumentType)
