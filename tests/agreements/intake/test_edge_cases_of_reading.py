"""The edge-case register's first ten (E-01 to E-10), as far as reading decides them."""

import time

import pytest

from tests.builders_intake import changed, example_text, read_json

TEXT = example_text()
PERIOD = "2024年07月28日 至 2025年07月29日"


def derived(*changes):
    return read_json(changed(TEXT, *changes))["derived"]


def test_e_01_the_last_day_named_is_served_to_its_end():
    assert derived()["service_end_exclusive_at"] == "2025-07-30T00:00:00+08:00"


@pytest.mark.parametrize(
    "end",
    ["2025年10月01日", "2025年10月05日", "2026年02月17日"],  # national day, a Sunday in the holiday, new year's day
)
def test_e_02_an_end_on_a_holiday_is_not_extended(end):
    year, month, day = int(end[:4]), int(end[5:7]), int(end[8:10])
    bound = derived((PERIOD, f"2024年07月28日 至 {end}"))["service_end_exclusive_at"]
    assert bound == f"{year}-{month:02}-{day + 1:02}T00:00:00+08:00"


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Asia/Shanghai"])
def server_zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_e_03_the_server_s_zone_changes_nothing(server_zone):
    assert derived()["service_start_at"] == "2024-07-28T00:00:00+08:00"
    assert derived()["service_end_exclusive_at"] == "2025-07-30T00:00:00+08:00"


def test_e_04_list_price_and_paid_amount_are_both_kept():
    read = read_json(TEXT)
    assert (read["order"]["list_price"], read["order"]["paid_amount"]) == ("1200.00", "800.00")
    assert (read["derived"]["discount_amount"], read["derived"]["unit_price_effective"]) == ("400.00", "0.026667")


def test_e_05_another_account_is_a_warning_and_never_becomes_the_party():
    read = read_json(TEXT)
    assert read["parties"]["party_a"]["name"] == "海棠商务服务（武汉）集团有限公司"
    assert read["marketplace"]["purchaser_account"] == "海棠企业咨询有限公司"
    assert "purchaser_account_mismatch" in read["warnings"]


@pytest.mark.parametrize(("listed", "check"), [("3600.00", "ok"), ("1200.00", "mismatch")])
def test_e_06_a_quantity_multiplies_the_quota_and_the_price(listed, check):
    read = derived(("| 数量 | 1 |", "| 数量 | 3 |"), ("| 商品价格 | 1200.00 |", f"| 商品价格 | {listed} |"))
    assert (read["quota_total"], read["price_check"]) == (90000, check)


@pytest.mark.parametrize(
    ("spec", "kind", "unlimited"),
    [("包年 1200元", "subscription", True), ("包月1200元（QPS 10）", "subscription", True), ("按量 0.04元/次", "pay_as_you_go", False)],
)  # fmt: skip
def test_e_07_no_prepaid_quota_is_null_with_an_explicit_kind_and_never_zero(spec, kind, unlimited):
    read = read_json(changed(TEXT, ("1200元/3万次", spec)))
    assert (read["spec"]["kind"], read["derived"]["quota_total"]) == (kind, None)
    assert read["derived"]["quota_unlimited"] is unlimited


def test_e_08_the_agreement_ends_with_its_period_and_not_with_its_quota():
    assert read_json(TEXT)["terms"]["ends_on"] == "service_period_end"
    used_up = changed(TEXT, ("订单载明的服务期届满，", "次数用尽或者服务期届满，"))
    assert read_json(used_up)["terms"]["ends_on"] == "service_period_end_or_quota_exhausted"


@pytest.mark.parametrize(
    "unpaid", ["| 实付金额 | 未支付 |", "| 实付金额 |  |\n| 支付状态 | 待付款 |", "| 实付金额 | 800.00 |\n| 订单状态 | 未支付 |"]
)  # fmt: skip
def test_e_09_what_was_not_paid_is_not_effective(unpaid):
    read = read_json(changed(TEXT, ("| 实付金额 | 800.00 |", unpaid)))
    assert read["derived"]["agreement_effective"] is False
    assert "unpaid_not_effective" in read["warnings"]


def test_e_10_a_later_payment_moves_neither_printed_date():
    read = read_json(changed(TEXT, ("| 实付金额 |", "| 支付时间 | 2024年08月15日 10:00:00 |\n| 实付金额 |")))
    assert (read["order"]["service_start"], read["order"]["service_end"]) == ("2024-07-28", "2025-07-29")
    assert read["derived"]["service_end_exclusive_at"] == "2025-07-30T00:00:00+08:00"
