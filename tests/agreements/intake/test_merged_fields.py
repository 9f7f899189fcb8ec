"""Main 一: order fields that share a cell, a line or a sentence are read where they fall apart surely, never wrongly."""

from datetime import date
from decimal import Decimal

import pytest

from agreements.intake.drafting import read_source
from agreements.intake.formats.source import SourceText
from tests.builders_imports import agreement_text

AMOUNTS = "| 商品价格 | 1200.00 |\n| 实付金额 | 800.00 |"
SPEC = "| 规格名称 | 1200元/3万次 |\n| 数量 | 1 |"
PERIOD = "| 服务期限 | 2024年07月28日 至 2025年07月29日 |\n"
PROSE = "\n商品价格1200元，实付金额800元，服务期限自2024年7月28日起至2025年7月29日止。"


def read(before, after):
    text = agreement_text(passages={before: after})
    return read_source(SourceText("a.md", text, (), (0,), ()), is_working_day=lambda _day: True)


@pytest.mark.parametrize(
    "merged",
    [
        "| 商品价格/实付金额 | 1200.0 / 800.0 |",
        "| 商品价格、实付金额 | 1200元、800元 |",
        "| 商品价格（实付金额） | 1200.0（800.0） |",
        "| 商品价格 | 1200.0 实付金额：800.0 |",
        "商品价格/实付金额：1,200.00元/800.00元",
    ],
)
def test_two_amounts_in_one_place_are_both_read_and_unsure(merged):
    draft = read(AMOUNTS, merged)

    assert (draft.order.list_price, draft.order.paid_amount) == (Decimal(1200), Decimal(800))
    assert draft.evidence["order.paid_amount"].confidence < 0.8
    assert draft.evidence["order.paid_amount"].text.startswith("800")


@pytest.mark.parametrize(
    "merged",
    ["| 商品价格/实付金额 | 1200.0 |", "| 商品价格/实付金额 | 1200 / 900 / 800 |", "| 商品价格/实付金额 | 面议 |"],
)
def test_a_value_that_does_not_fall_into_both_is_left_to_a_person(merged):
    order = read(AMOUNTS, merged).order

    assert (order.list_price, order.paid_amount) == (None, None)


def test_spec_and_quantity_in_one_cell():
    order = read(SPEC, "| 规格名称及数量 | 1200元/3万次 × 2 |").order

    assert (order.spec_text, order.quantity) == ("1200元/3万次", 2)


def test_an_order_that_is_written_as_a_sentence():
    order = read(PERIOD + AMOUNTS, PROSE).order

    assert (order.list_price, order.paid_amount) == (Decimal(1200), Decimal(800))
    assert (order.service_start, order.service_end) == (date(2024, 7, 28), date(2025, 7, 29))


def test_a_sentence_never_overrules_a_row():
    order = read(AMOUNTS, AMOUNTS + "\n\n实付金额900元。").order

    assert order.paid_amount == Decimal(800)
