"""The settlement pages: both bases side by side, usage by two people, an approver's choice, finance's payment."""

import io

import pytest

from agreements.register.rules import AgreementState
from compliance.settlement.models import Settlement, UsageStatement
from tests.builders_access import signed_in_client
from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_settlement import NOW, a_confirmed_settlement, a_settlement, ended, signed_usage

ORDER = "200000000000001"


def with_usage(session):
    settlement = a_settlement(session)
    signed_usage(session, settlement.agreement, 10000)


def the_settlement():
    return read(lambda session: session.get_one(Settlement, 1))


def usage_form(used="10,000"):
    return {
        "used": used,
        "used_through_on": "2024-11-08",
        "source": "平台计费明细",
        "file": (io.BytesIO(b"calls"), "usage.csv"),
    }


def test_both_bases_stand_side_by_side_with_their_arithmetic(app):
    client = opened_at(app, NOW, set_up=with_usage)

    words = text_of(client.get("/settlements/1"))

    for shown in ("¥800.00 × 10,000 / 30,000 次", "¥266.666667", "¥533.33", "¥1,200.00 × 10,000", "¥400.00"):
        assert shown in words


def test_the_list_shows_what_is_open_and_finds_by_name(app):
    client = opened_at(app, NOW, set_up=with_usage)

    assert ORDER in text_of(client.get("/settlements"))
    assert ORDER in text_of(client.get("/settlements?q=海棠&sort=-ended"))
    assert ORDER not in text_of(client.get("/settlements?state=paid"))
    assert "2024年11月22日" in text_of(client.get("/settlements"))


def test_usage_is_recorded_by_one_and_signed_off_by_another(app):
    officer = opened_at(app, NOW, set_up=a_settlement)
    second = signed_in_client(app, "finance", name="赵财务")

    assert officer.post("/settlements/1/usage", data=usage_form("ten")).status_code == 422
    assert officer.post("/settlements/1/usage", data=usage_form()).status_code == 302
    assert officer.post("/settlements/1/usage/1/sign-off").status_code == 409
    assert second.post("/settlements/1/usage/1/sign-off").status_code == 302
    assert read(lambda session: session.get_one(UsageStatement, 1)).signed_off_by == "赵财务"
    assert officer.get("/settlements/1/usage/1/file").data == b"calls"
    assert officer.get("/settlements/1/usage/2/file").status_code == 404


def test_more_calls_than_the_quota_are_taken_only_by_who_says_that_the_number_is_right(app):
    officer = opened_at(app, NOW, set_up=a_settlement)
    second = signed_in_client(app, "legal_officer")
    refused = officer.post("/settlements/1/usage", data=usage_form("30,001"))
    assert (refused.status_code, 'name="knows_beyond_quota"' in refused.text) == (422, True)
    assert "比次数额度30,000次多1次" in text_of(refused)
    assert officer.post("/settlements/1/usage", usage_form("30,001") | {"knows_beyond_quota": "yes"}).status_code == 302
    assert zh("beyond the quota of %(quota)s") % {"quota": "30,000"} in text_of(officer.get("/settlements/1"))
    second.post("/settlements/1/usage/1/sign-off")
    page = text_of(officer.get("/settlements/1"))
    assert "30,000 / 30,000" in page
    assert zh("%(calls)s calls, served by our fault") % {"calls": "1"} in page
    assert 'name="knows_beyond_quota"' not in officer.post("/settlements/1/usage", data=usage_form("ten")).text


def test_an_approver_confirms_the_figures_that_were_read(app):
    client = opened_at(app, NOW, "legal_approver", set_up=with_usage)
    form = {
        "version": "1",
        "basis": "list_price",
        "reason": "合同明确以标价计价",
        "refund_paid_proportional": "533.33",
        "refund_list_price": "400.00",
    }

    assert "¥533.33" in text_of(client.get("/settlements/1/confirm"))
    assert client.post("/settlements/1/confirm", data=form | {"refund_list_price": "399.00"}).status_code == 409
    assert client.post("/settlements/1/confirm", data=form | {"reason": " "}).status_code == 422
    assert client.post("/settlements/1/confirm", data=form).status_code == 302
    assert the_settlement().refund_fen == 40000
    assert "¥400.00" in text_of(client.get(f"/agreements/{ORDER}"))


def test_confirming_waits_for_the_usage(app):
    client = opened_at(app, NOW, "legal_approver", set_up=a_settlement)

    assert client.get("/settlements/1/confirm").status_code == 409


def test_finance_pays_and_a_stale_form_is_told_so(app):
    client = opened_at(app, NOW, "finance", set_up=a_confirmed_settlement)
    form = {"version": "1", "paid_on": "2024-11-11", "reference": "TT-7"}

    assert client.post("/settlements/1/pay", data=form).status_code == 409
    assert client.post("/settlements/1/pay", data=form | {"version": "2"}).status_code == 302
    assert the_settlement().payment_reference == "TT-7"


def test_a_dispute_is_upheld_or_withdrawn_on_the_page(app):
    officer = opened_at(app, NOW, set_up=a_confirmed_settlement)
    approver = signed_in_client(app, "legal_approver")

    assert officer.post("/settlements/1/dispute", data={"version": "2", "reason": "用量不符"}).status_code == 302
    assert "用量不符" in text_of(approver.get("/settlements/1"))
    assert officer.post("/settlements/1/withdraw", data={"version": "3", "reason": "重算"}).status_code == 403
    assert approver.post("/settlements/1/withdraw", data={"version": "3", "reason": "重算"}).status_code == 302
    assert "结算 2" in text_of(approver.get("/settlements/1"))


def test_earlier_refunds_are_taken_off_on_the_page(app):
    client = opened_at(app, NOW, set_up=with_usage)
    form = {"version": "1", "earlier_refunds": "100.00", "note": "平台已退"}

    assert client.post("/settlements/1/earlier-refunds", data=form | {"note": ""}).status_code == 422
    assert client.post("/settlements/1/earlier-refunds", data=form).status_code == 302
    assert "¥433.33" in text_of(client.get("/settlements/1"))


def test_the_calculator_writes_nothing_and_says_where_the_formula_does_not_apply(app):
    client = opened_at(app, NOW, set_up=an_agreement_in_service)

    words = text_of(client.get(f"/settlements/calculator?order_no={ORDER}&used=25000&ended_on=2024-11-08"))

    assert "¥133.33" in words
    assert "不向甲方追索" in words
    assert "¥200.00" in words
    assert "协议仍在履行" in words
    assert client.get("/settlements/calculator").status_code == 200
    assert client.get("/settlements/calculator?order_no=9").status_code == 404
    assert client.get(f"/settlements/calculator?order_no={ORDER}&used=x").status_code == 422
    assert read(lambda session: session.query(Settlement).count()) == 0


@pytest.mark.parametrize(
    ("state", "words"), [(AgreementState.EXPIRED, "期满"), (AgreementState.ENDED_FOR_BREACH, "566")]
)
def test_the_agreement_page_says_why_there_is_no_settlement(app, state, words):
    client = opened_at(app, NOW, set_up=lambda session: ended(session, an_agreement_in_service(session), state))

    assert words in text_of(client.get(f"/agreements/{ORDER}"))
    assert client.post("/settlements", data={"order_no": ORDER}).status_code == 409


def test_an_officer_opens_what_the_job_has_not_opened_yet(app):
    client = opened_at(app, NOW, set_up=lambda session: ended(session, an_agreement_in_service(session)))

    assert client.post("/settlements", data={"order_no": ORDER}).headers["Location"].endswith("/settlements/1")
