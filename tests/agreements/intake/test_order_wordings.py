"""Main agreement 一: specs, amounts, dates and payment in the wordings that order forms use."""

from decimal import Decimal

import pytest

from agreements.intake.spec import parse_spec
from agreements.register.rules import SpecKind
from tests.builders_intake import changed, example_text, read_json

TEXT = example_text()
PACK, PER_CALL, YEARLY, METERED = SpecKind.PACK, SpecKind.PER_CALL, SpecKind.SUBSCRIPTION, SpecKind.PAY_AS_YOU_GO


@pytest.mark.parametrize(
    ("text", "kind", "price", "calls", "period"),
    [
        ("1200元/3万次", PACK, "1200", 30000, None),
        ("3万次/1200元", PACK, "1200", 30000, None),
        ("1,200.00元/30,000次", PACK, "1200", 30000, None),
        ("30 000次/1200元", PACK, "1200", 30000, None),
        ("一千二百元/三万次", PACK, "1200", 30000, None),
        ("壹仟贰佰元/叁万次", PACK, "1200", 30000, None),
        ("¥1200/3万次", PACK, "1200", 30000, None),
        ("1200 元 / 3 万 次", PACK, "1200", 30000, None),
        ("1200元（3万次）", PACK, "1200", 30000, None),
        ("身份核验两要素 1200元3万次", PACK, "1200", 30000, None),
        ("1200元/3万条", PACK, "1200", 30000, None),
        ("2.5万次/1000元", PACK, "1000", 25000, None),
        ("2.5万次", PACK, None, 25000, None),
        ("二万五千次", PACK, None, 25000, None),
        ("1.2万元/50万次", PACK, "12000", 500000, None),
        ("5百次/50元", PACK, "50", 500, None),
        ("0元/100次", PACK, "0", 100, None),
        ("免费试用100次", PACK, "0", 100, None),
        ("5000元/20万次/年", PACK, "5000", 200000, "year"),
        ("20万次/年 5000元", PACK, "5000", 200000, "year"),
        ("500元/1万次/月", PACK, "500", 10000, "month"),
        ("包年20万次", PACK, None, 200000, "year"),
        ("0.01元/1次", PER_CALL, "0.01", 1, None),
        ("0.01元/次", PER_CALL, "0.01", 1, None),
        ("每次0.01元", PER_CALL, "0.01", 1, None),
        ("包年", YEARLY, None, None, "year"),
        ("包年 8000元", YEARLY, "8000", None, "year"),
        ("8000元/年", YEARLY, "8000", None, "year"),
        ("包月500元", YEARLY, "500", None, "month"),
        ("包年不限次数 6000元/年", YEARLY, "6000", None, "year"),
        ("按量", METERED, None, None, None),
        ("按量付费 0.02元/次", METERED, None, None, None),
        ("3w次/1200元", PACK, "1200", 30000, None),
        ("1200元/30k次", PACK, "1200", 30000, None),
        ("1200RMB/3万次", PACK, "1200", 30000, None),
        ("0.01元/1次 起购1万次", None, None, None, None),
        ("套餐A", None, None, None, None),
        ("标准版", None, None, None, None),
    ],
)
def test_main_agreement_1_a_spec_is_parsed(text, kind, price, calls, period):
    spec = parse_spec(text, None)
    assert (spec.kind, spec.pack_calls, spec.period) == (kind, calls, period)
    assert spec.pack_price == (None if price is None else Decimal(price))


@pytest.mark.parametrize(
    "text",
    [
        "1200元/3-5万次", "1200元/3万次 x2", "1200元/3万次 X 2", "1200元/3万次×2", "2×1200元/3万次", "首月1200元/3万次，次月起1500元", "1200元/3万次，8折",
        "1200元/3万次或2000元/6万次", "首年包年", "包年20万次（每月不超过2万次）", "1200元起/3万次，量大从优，续费另议",
    ],
)  # fmt: skip
def test_a_spec_that_says_more_than_is_read_is_not_guessed_at(text):
    spec = parse_spec(text, None)
    assert (spec.kind, spec.pack_price, spec.pack_calls, spec.unit_price) == (None, None, None, None)
    assert "spec_not_understood" in spec.warnings


@pytest.mark.parametrize(
    "text",
    ["套餐2：1200元/3万次", "三要素核验V2 1200元/3万次", "1200元/3万次（有效期12个月）", "一次性购买 1200元/3万次", "API2.0 1200元/3万次"],
)  # fmt: skip
def test_a_number_in_a_product_name_does_not_hide_the_spec(text):
    spec = parse_spec(text, None)
    assert (spec.kind, spec.pack_price, spec.pack_calls) == (PACK, Decimal(1200), 30000)


def test_a_free_trial_with_a_daily_rate_has_no_price_to_compare():
    read = read_json(changed(TEXT, ("1200元/3万次", "100次/天 免费试用")))
    assert read["derived"]["price_check"] == "not_applicable"
    assert "spec_not_understood" in read["warnings"]
    assert "price_check_mismatch" not in read["warnings"]


@pytest.mark.parametrize(
    ("text", "qps", "calls", "unlimited"),
    [
        ("包年（QPS 10）", 10, None, True),
        ("包年，限20QPS", 20, None, True),
        ("8000元/年 每秒5次", 5, None, True),
        ("包月500元 10次/秒", 10, None, True),
        ("1200元/3万次 QPS≤50", 50, 30000, False),
    ],
)
def test_a_rate_is_never_a_quota(text, qps, calls, unlimited):
    spec = parse_spec(text, None)
    assert (spec.qps_limit, spec.pack_calls, spec.is_unlimited) == (qps, calls, unlimited)


@pytest.mark.parametrize(
    ("text", "calls", "warning"),
    [
        ("包年（公平使用上限100万次）", None, "spec_fair_use_cap:1000000"),
        ("包月 500次/天", None, "spec_rate_limit:500"),
        ("1200元/30000次，赠送3000次", 30000, "spec_bonus_calls:3000"),
        ("1200/3万次", 30000, "spec_price_without_currency"),
        ("套餐A", None, "spec_not_understood"),
    ],
)
def test_what_a_spec_says_besides_is_a_warning(text, calls, warning):
    spec = parse_spec(text, None)
    assert spec.pack_calls == calls
    assert warning in spec.warnings


def test_the_payment_mode_makes_a_price_per_call_metered():
    spec = parse_spec("0.02元/次", "按量付费")
    assert (spec.kind, spec.unit_price) == (METERED, Decimal("0.02"))


def test_main_agreement_1_quantity_multiplies_price_and_quota():
    read = read_json(changed(TEXT, ("| 数量 | 1 |", "| 数量 | 二份 |"), ("1200.00 |", "2,400.00元 |")))
    assert (read["order"]["quantity"], read["derived"]["quota_total"]) == (2, 60000)
    assert read["derived"]["price_check"] == "ok"


def test_main_agreement_1_a_price_that_disagrees_with_the_spec_is_a_warning():
    read = read_json(changed(TEXT, ("1200.00 |", "1300.00 |")))
    assert read["derived"]["price_check"] == "mismatch"
    assert "price_check_mismatch" in read["warnings"]


def test_a_subscription_is_unlimited_and_has_no_quota():
    derived = read_json(changed(TEXT, ("1200元/3万次", "包年")))["derived"]
    assert derived["quota_total"] is None
    assert derived["quota_unlimited"] is True
    assert derived["price_check"] == "not_applicable"


def test_pay_as_you_go_has_a_unit_price_and_no_quota():
    read = read_json(changed(TEXT, ("1200元/3万次", "按量付费 0.02元/次")))
    assert read["spec"] == {
        "kind": "pay_as_you_go", "pack_price": None, "pack_calls": None, "period": None, "unit_price": "0.020000"
    }  # fmt: skip
    assert (read["derived"]["quota_total"], read["derived"]["quota_unlimited"]) == (None, False)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("800", "800.00"),
        ("800.0元", "800.00"),
        ("¥ 800.00", "800.00"),
        ("人民币800元整", "800.00"),
        ("RMB 800", "800.00"),
        ("捌佰元整", "800.00"),
        ("800.00元（大写：捌佰元整）", "800.00"),
        ("0.08万元", "800.00"),
        ("８００．００", "800.00"),
        ("800.00（已优惠400.00）", "800.00"),
        ("人民币捌佰元整（¥800.00）", "800.00"),
        ("800.00元（含税）", "800.00"),
        ("-5", None),
        ("八折", None),
    ],
)
def test_the_paid_amount_in_other_styles(text, amount):
    assert read_json(changed(TEXT, ("800.00 |", f"{text} |")))["order"]["paid_amount"] == amount


@pytest.mark.parametrize(
    "text",
    ["原价1200，实付800", "1200.0（优惠400.0）", "8OO", "800/1200", "1200-400", "约800元", "800元起", "800美元", "$800", "€800", "HK$800"],
)  # fmt: skip
def test_a_second_sum_another_currency_or_a_rest_leaves_no_amount(text):
    read = read_json(changed(TEXT, ("| 实付金额 | 800.00 |", f"| 实付金额 | {text} |")))
    assert read["order"]["paid_amount"] is None
    assert "amount_unclear:paid_amount" in read["warnings"]
    assert read["derived"]["agreement_effective"] is None


@pytest.mark.parametrize(
    ("text", "start", "end", "bound", "days"),
    [
        ("2025/03/01-2026/02/28", "2025-03-01", "2026-02-28", "2026-03-01", 365),
        ("2025年3月1日至2026年2月28日", "2025-03-01", "2026-02-28", "2026-03-01", 365),
        ("2025-3-1至2026-2-28", "2025-03-01", "2026-02-28", "2026-03-01", 365),
        ("自2025.3.1起至2026.2.28止", "2025-03-01", "2026-02-28", "2026-03-01", 365),
        ("20250301-20260228", "2025-03-01", "2026-02-28", "2026-03-01", 365),
        ("2025 年 03 月 01 日 ～ 2026 年 02 月 28 日", "2025-03-01", "2026-02-28", "2026-03-01", 365),
        ("二〇二五年三月一日至二〇二六年二月二十八日", "2025-03-01", "2026-02-28", "2026-03-01", 365),
        ("2025年3月1日至12月31日", "2025-03-01", "2025-12-31", "2026-01-01", 306),
        ("2024-02-29至2024-02-29", "2024-02-29", "2024-02-29", "2024-03-01", 1),
        ("2025-03-01 00:00:00 至 2026-02-28 23:59:59", "2025-03-01", "2026-02-28", "2026-03-01", 365),
        ("2025年3月1日0时起至2026年2月28日24时止", "2025-03-01", "2026-02-28", "2026-03-01", 365),
    ],
)
def test_the_service_period_is_inclusive_in_every_date_style(text, start, end, bound, days):
    read = read_json(changed(TEXT, ("2024年07月28日 至 2025年07月29日", text)))
    assert (read["order"]["service_start"], read["order"]["service_end"]) == (start, end)
    assert read["derived"]["service_end_exclusive_at"] == f"{bound}T00:00:00+08:00"
    assert read["derived"]["service_days"] == days
    assert "service_end_given_as_timestamp" not in read["warnings"]


def test_an_end_printed_as_midnight_is_the_bound_itself():
    read = read_json(changed(TEXT, ("2024年07月28日 至 2025年07月29日", "2025-03-01 00:00:00 至 2026-03-01 00:00:00")))
    assert read["order"]["service_end"] == "2026-03-01"
    assert read["derived"]["service_end_exclusive_at"] == "2026-03-01T00:00:00+08:00"
    assert read["derived"]["service_days"] == 365
    assert "service_end_given_as_timestamp" in read["warnings"]


@pytest.mark.parametrize(
    "text",
    [
        "2025年3月1日（含） - 2026年3月1日（不含）",
        "2025-03-01至2026-03-01（不包含当日）",
        "2025年3月1日起至2026年3月1日(当日不含)",
    ],
)
def test_an_end_that_is_excluded_is_the_bound_itself(text):
    read = read_json(changed(TEXT, ("2024年07月28日 至 2025年07月29日", text)))
    assert read["order"]["service_end"] == "2026-03-01"
    assert read["derived"]["service_end_exclusive_at"] == "2026-03-01T00:00:00+08:00"
    assert read["derived"]["service_days"] == 365
    assert "service_period_unclear" not in read["warnings"]


def test_a_start_that_is_excluded_is_for_a_person():
    read = read_json(changed(TEXT, ("2024年07月28日 至 2025年07月29日", "2025年3月1日（不含）至2026年3月1日")))
    assert "service_period_unclear" in read["warnings"]


def test_an_end_without_its_year_is_a_warning():
    read = read_json(changed(TEXT, ("2024年07月28日 至 2025年07月29日", "2025年3月1日至12月31日")))
    assert "service_period_unclear" in read["warnings"]


def test_an_end_whose_year_was_forgotten_makes_no_period_of_two_days():
    read = read_json(changed(TEXT, ("2024年07月28日 至 2025年07月29日", "2025年3月1日 - 3月2日")))
    assert (read["order"]["service_start"], read["order"]["service_end"]) == ("2025-03-01", None)
    assert read["derived"]["service_days"] is None
    assert "service_period_unclear" in read["warnings"]


def test_a_period_that_ends_before_it_begins_is_a_warning():
    read = read_json(changed(TEXT, ("2024年07月28日 至 2025年07月29日", "2025-07-29至2024-07-28")))
    assert "service_period_reversed" in read["warnings"]
    assert read["derived"]["service_days"] is None


@pytest.mark.parametrize(
    ("old", "new", "effective", "warning"),
    [
        ("800.00 |", "未支付 |", False, "unpaid_not_effective"),
        ("800.00 |", "800.00 |\n| 支付状态 | 待支付 |", False, "unpaid_not_effective"),
        ("按次购买", "后付费", None, "effectiveness_needs_review:post_paid"),
        ("按次购买", "按量月结", None, "effectiveness_needs_review:post_paid"),
        ("| 实付金额 | 800.00 |\n", "", None, "effectiveness_needs_review:paid_amount_missing"),
        ("800.00 |", "0.00 |\n| 优惠券抵扣 | 1200.00 |", True, "paid_amount_zero"),
        ("甲方在云市场下单购买并付清款项之时，本协议即生效", "本协议自双方盖章之日起生效", None, "effectiveness_needs_review:effective_on_signature"),
    ],
)  # fmt: skip
def test_main_agreement_3_1_payment_decides_effectiveness(old, new, effective, warning):
    read = read_json(changed(TEXT, (old, new)))
    assert read["derived"]["agreement_effective"] is effective
    assert warning in read["warnings"]


@pytest.mark.parametrize(
    ("mode", "spec", "paid"),
    [("按量付费", "按量 0.04元/次", "0.00"), ("按量付费", "0.04元/次", "0.00"), ("按需购买", "按需 0.04元/次", "0")],
)
def test_main_agreement_3_1_nothing_paid_for_use_by_the_meter_is_for_a_person(mode, spec, paid):
    text = changed(
        TEXT, ("按次购买", mode), ("1200元/3万次", spec), ("| 实付金额 | 800.00 |", f"| 实付金额 | {paid} |")
    )
    read = read_json(text)
    assert read["derived"]["agreement_effective"] is None
    assert "effectiveness_needs_review:post_paid" in read["warnings"]


def test_main_agreement_3_1_an_amount_paid_with_a_metered_order_makes_it_effective():
    text = changed(TEXT, ("按次购买", "按量付费"), ("1200元/3万次", "按量 0.04元/次"))
    assert read_json(text)["derived"]["agreement_effective"] is True


def test_the_unpaid_condition_of_a_clause_says_nothing_about_this_order():
    read = read_json(changed(TEXT, ("三、其他约定\n", "三、其他约定\n\n3. 甲方尚未支付的，订单自动取消。\n")))
    assert read["derived"]["agreement_effective"] is True


def test_another_currency_is_a_warning():
    read = read_json(changed(TEXT, ("800.00 |", "USD 800.00 |")))
    assert read["order"]["currency"] == "USD"
    assert "currency_not_cny:USD" in read["warnings"]
