"""The agreement's page: where it stands, the forms due at its stage, and its command."""

import json

from agreements.kernel.db import db
from agreements.kernel.money import Money
from agreements.register.actions import agreement_of_order
from compliance.breaches.suspension import decide_suspension, reinstate
from compliance.notices.rules import Language
from compliance.service.models import ServiceActivation
from tests.builders import at
from tests.builders_compliance import a_change_notice, a_cure, an_unrectified_case, arrive, sweep
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_register import APPROVER, a_registered_agreement, an_onboarded_agreement

ORDER = "200000000000001"
PAGE = f"/agreements/{ORDER}"
PAYMENT = {"amount": "800.00", "paid_at": "2024-07-28T10:00", "reference": "ALI-1"}


def test_clause_3_1_a_payment_is_confirmed_with_the_order_s_amount_filled_in(app):
    client = opened_at(app, at("Mon 2024-07-29 09:30"), "finance", set_up=a_registered_agreement)
    page = client.get(PAGE)
    assert 'value="800.00"' in page.get_data(as_text=True)
    assert "AGREEMENT_NOT_EFFECTIVE" in text_of(page)

    assert client.post(f"{PAGE}/payment", PAYMENT).location == PAGE
    assert zh("act.agreement.complete_payment") in text_of(client.get(PAGE))
    assert read(lambda session: agreement_of_order(session, ORDER)).effective_at == at("Sun 2024-07-28 10:00")


def test_a_wrong_payment_is_told_beside_its_field_and_nothing_typed_is_lost(app):
    client = opened_at(app, at("Mon 2024-07-29 09:30"), "finance", set_up=a_registered_agreement)
    for wrong, field in (
        ({"amount": "799.99"}, "amount"),
        ({"amount": "8oo"}, "amount"),
        ({"paid_at": "2024-07-30T10:00"}, "paid_at"),
        ({"paid_at": "2024-07-28"}, "paid_at"),
        ({"reference": "  "}, "reference"),
    ):
        response = client.post(f"{PAGE}/payment", PAYMENT | wrong)
        assert response.status_code == 422
        assert f'id="{field}-error"' in response.get_data(as_text=True)
        assert 'value="ALI-1"' in response.get_data(as_text=True) or field == "reference"
    assert client.post(f"{PAGE}/payment", PAYMENT | {"discount": "1"}).status_code == 422
    assert read(lambda session: agreement_of_order(session, ORDER)).effective_at is None


def test_more_paid_than_the_list_price_is_said_in_words_and_is_no_discount(app):
    def dearer(session):
        a_registered_agreement(session, paid_amount=Money(190000))

    page = text_of(opened_at(app, at("Mon 2024-07-29 09:30"), set_up=dearer).get(PAGE))
    assert zh("paid more than the list price by %(amount)s") % {"amount": "¥700.00"} in page
    assert ("-¥" in page, "−700" in page, "-700" in page) == (False, False, False)


def test_who_may_not_confirm_sees_no_form_and_is_refused(app):
    client = opened_at(app, at("Mon 2024-07-29 09:30"), "auditor", set_up=a_registered_agreement)
    assert 'name="amount"' not in client.get(PAGE).get_data(as_text=True)
    assert client.post(f"{PAGE}/payment", PAYMENT).status_code == 403


def test_clause_3_3_the_service_is_opened_once_nothing_is_missing(app):
    client = opened_at(app, at("Mon 2024-07-29 10:00"), "ops", set_up=an_onboarded_agreement)
    assert zh("Everything is there.") in text_of(client.get(PAGE))
    assert "ONBOARDING_INCOMPLETE" in text_of(client.get(PAGE))
    assert client.post(f"{PAGE}/activate").location == PAGE
    page = text_of(client.get(PAGE))
    assert f"{zh('The gateway answers now')} ALLOW" in page
    assert client.post(f"{PAGE}/activate").status_code == 409
    assert read(lambda session: session.query(ServiceActivation).count()) == 1


def test_an_opening_that_lacks_documents_says_what_to_bring(app):
    client = opened_at(app, at("Mon 2024-07-29 10:00"), "ops", "finance", set_up=a_registered_agreement)
    client.post(f"{PAGE}/payment", PAYMENT)
    response = client.post(f"{PAGE}/activate")
    assert response.status_code == 409
    assert zh("obstacle.notice_address") in text_of(response)
    assert read(lambda session: session.query(ServiceActivation).count()) == 0


def a_reinstated_case(session):
    case = an_unrectified_case(session)
    act = {"language": Language.ZH, "actor": APPROVER}
    decide_suspension(session, case, reason="逾期未改正", version=case.version, now=at("Sun 2024-09-29 10:00"), **act)
    arrive(session, case.hold.notice, at("Mon 2024-09-30 09:00"))
    sweep(session, at("Mon 2024-09-30 09:01"), "suspension_execute")
    a_change_notice(session, case, arrived=at("Tue 2024-10-08 11:00"))
    a_cure(session, case, now=at("Wed 2024-10-09 10:00"))
    reinstate(session, case, version=case.version, now=at("Thu 2024-10-10 10:00"), **act)


def test_the_timeline_tells_the_whole_story_with_both_times(app):
    client = opened_at(app, at("Thu 2024-10-10 10:30"), set_up=a_reinstated_case)
    page = text_of(client.get(PAGE))
    for act in ("agreement.complete_payment", "case.suspected", "hold.effective", "case.cure", "case.reinstate"):
        assert zh(f"act.{act}") in page
    assert zh("Past suspensions") in page
    assert "act." not in page  # every act has its words
    recorded = zh("recorded %(instant)s", instant="2024年9月28日 周六 00:00")
    assert f"2024年9月24日 周二 11:00 {recorded}" in page  # true as of the arrival, written down later


def test_what_the_agreement_was_on_a_day_is_one_command(app):
    opened_at(app, at("Thu 2024-10-10 10:30"), set_up=a_reinstated_case)
    db.session.remove()

    def shown(when):
        result = app.test_cli_runner().invoke(args=["agreements", "show", ORDER, "--at", when, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    before = shown("2024-09-20T23:59")
    assert before["agreement"]["service"] == "open"
    [owed] = before["obligations"]
    assert (owed["state"], owed["due_on"]) == ("open", "2024-09-20")
    assert owed["counted_days"] == ["2024-09-13", "2024-09-14", "2024-09-18", "2024-09-19", "2024-09-20"]
    assert shown("2024-09-21")["obligations"][0]["state"] == "overdue"

    held = shown("2024-09-30T09:00")
    assert (held["agreement"]["service"], held["gateway"]["reason_codes"]) == ("suspended", ["SUSPENDED"])
    assert held["holds"][0]["effective_at"] == "2024-09-30T09:00:00+08:00"

    after = shown("2024-10-10T10:00")
    assert (after["agreement"]["service"], after["gateway"]["decision"]) == ("open", "allow")
    assert after["obligations"][0]["state"] == "performed_late"
    assert {term["key"]: term["instrument"]["kind"] for term in after["terms"]}["change_notification"] == "annex"
    assert shown("2025-07-30")["gateway"]["reason_codes"] == ["SERVICE_PERIOD_ENDED"]


def test_the_command_refuses_an_unknown_order_and_an_unreadable_time(app):
    runner = app.test_cli_runner()
    assert runner.invoke(args=["agreements", "show", "404"]).exit_code == 2
    opened_at(app, at("Mon 2024-07-29 10:00"), set_up=a_registered_agreement)
    assert runner.invoke(args=["agreements", "show", ORDER, "--at", "yesterday"]).exit_code == 2
    assert "pending_payment" in runner.invoke(args=["agreements", "show", ORDER]).stdout


def test_the_contract_file_is_handed_out_to_be_saved_only(app):
    client = opened_at(app, at("Mon 2024-07-29 10:00"), set_up=a_registered_agreement)
    file_id = read(lambda session: agreement_of_order(session, ORDER)).document_id
    response = client.get(f"{PAGE}/files/{file_id}")
    assert response.data == b"agreement text"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"{PAGE}/files/{file_id + 1}").status_code == 404
    assert client.get("/agreements/404").status_code == 404


def test_terms_can_be_read_as_of_another_day(app):
    client = opened_at(app, at("Mon 2024-07-29 10:00"), set_up=a_registered_agreement)
    assert zh("Terms in force on %(day)s", day="2024年9月1日 周日") in text_of(client.get(f"{PAGE}?on=2024-09-01"))
    assert client.get(f"{PAGE}?on=soon").status_code == 422
