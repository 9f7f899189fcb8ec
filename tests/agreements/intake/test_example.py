"""The example says what the standard form says, in other words: reading goes by meaning."""

import pytest

from agreements.intake.standard_form import built_in_form
from agreements.intake.term_kinds import TERMS
from tests.builders_intake import example_text, read_draft, read_json


def test_the_example_has_the_terms_of_the_standard_form():
    draft = read_draft(example_text())
    assert draft.changed_terms == ()
    assert draft.extra_terms == {}
    assert {key: term.value for key, term in draft.terms.items()} == {
        key: built_in_form().value_of(key) for key in TERMS
    }


def test_the_example_gives_rise_to_three_warnings():
    assert read_json(example_text())["warnings"] == [
        "purchaser_account_mismatch",
        "party_a_contact_is_company_name",
        "signed_on_non_working_day",
    ]


def test_main_agreement_1_the_example_s_fields():
    read = read_json(example_text())
    assert read["parties"]["party_a"] == {
        "role": "end_user",
        "name": "海棠商务服务（武汉）集团有限公司",
        "address": "湖北省武汉市示例区梧桐大道18号3幢1206室",
        "contact": "海棠商务服务（武汉）集团有限公司",
        "phone": "13900000001",
    }
    assert read["order"]["product_name"] == "身份信息核验-姓名证件号两项比对-身份核验接口-【青榕核验】"
    assert read["spec"] == {"kind": "pack", "pack_price": "1200.00", "pack_calls": 30000, "period": None}
    assert read["derived"] == {
        "quota_total": 30000,
        "quota_unlimited": False,
        "service_start_at": "2024-07-28T00:00:00+08:00",
        "service_end_exclusive_at": "2025-07-30T00:00:00+08:00",
        "service_days": 367,
        "price_check": "ok",
        "unit_price_list": "0.040000",
        "unit_price_effective": "0.026667",
        "discount_amount": "400.00",
        "agreement_effective": True,
    }
    assert read["marketplace"]["host"] == "market.example.com"


def test_each_cited_clause_is_the_one_in_the_example():
    terms = read_json(example_text())["terms"]
    cited = {key: value["clause"] for key, value in terms.items() if isinstance(value, dict)}
    assert cited == {"change_notification": "3.3", "upstream_notice": "2.4", "suspension": "6.1", "settlement": "4.6"}


def test_every_value_points_into_the_original_text():
    text = "\ufeff" + example_text().replace("13900000001", "１３９０００００００１").replace("\n", "\r\n")
    draft = read_draft(text)
    for name, evidence in draft.evidence.items():
        assert text[evidence.start : evidence.end] == evidence.text != "", name
        assert 0 < evidence.confidence <= 1, name
    assert draft.evidence["parties.party_a.phone"].text == "１３９０００００００１"
    assert draft.evidence["terms.change_notification"].text == "五个工作日"
    assert draft.evidence["spec.pack_calls"].text == "3万次"


@pytest.mark.parametrize("signed", ["2024年07月29日", "2024-09-14"])  # a Monday, an adjusted working Saturday
def test_signed_on_a_working_day_is_no_warning(signed):
    assert "signed_on_non_working_day" not in read_json(example_text(signed_on=signed))["warnings"]


def test_a_signing_day_of_an_unpublished_year_is_said_to_be_unchecked():
    warnings = read_json(example_text(signed_on="2031年1月6日"))["warnings"]
    assert "signing_day_not_checked:2031-01-06" in warnings
    assert "signed_on_non_working_day" not in warnings
