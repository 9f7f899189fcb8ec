"""Numbers, amounts, periods and dates, whoever writes them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.intake.dates import dates_in
from agreements.intake.document import uniform_document
from agreements.intake.numerals import read_number, read_whole, read_yuan
from agreements.intake.periods import Unit, periods_in

DIGITS = "零一二三四五六七八九"
FORMAL = str.maketrans("零一二三四五六七八九十百千", "零壹贰叁肆伍陆柒捌玖拾佰仟")


def below_ten_thousand(number):
    spoken, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            spoken += ("零" if zero and spoken else "") + DIGITS[digit] + name
            zero = False
        else:
            zero = True
    return spoken


def spoken(number):
    """Write a whole number below a hundred million in Chinese."""
    high, low = divmod(number, 10_000)
    text = below_ten_thousand(high) + "万" if high else ""
    if low:
        text += ("零" if high and low < 1000 else "") + below_ten_thousand(low)
    return text or "零"


numbers = st.integers(1, 99_999_999)


@given(numbers)
def test_a_number_written_in_chinese_reads_back(number):
    assert read_whole(spoken(number)) == number
    assert read_whole(spoken(number).translate(FORMAL)) == number


@given(numbers)
def test_a_number_with_thousands_separators_reads_back(number):
    assert read_whole(f"{number:,}") == number
    assert read_whole(f"{number:,}".replace(",", " ")) == number


@given(
    st.decimals(0, 9999, places=2),
    st.sampled_from([("", 1), ("千", 1000), ("万", 10_000), ("百万", 1_000_000), ("亿", 10**8)]),
)
def test_a_scaled_number_is_exact(number, scale):
    assert read_number(f"{number}{scale[0]}") == number * scale[1]


@given(st.integers(0, 10**9), st.sampled_from(["{}", "¥{}", "{}元", "人民币{}元整", "CNY {}"]))
def test_an_amount_in_any_style_is_exact(fen, style):
    yuan = Decimal(fen) / 100
    assert read_yuan(style.format(f"{yuan:,.2f}")) == yuan


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_none(text):
    for read in (read_number, read_yuan):
        value = read(text)
        assert value is None or value.is_finite()


@pytest.mark.parametrize("text", ["", "1,20", "1,2000", "一二百", "万三", "百万", "3.4.5", "abc", "三万五万", "½"])
def test_what_is_no_number_is_none(text):
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("两万五", 25000), ("十五", 15), ("一百零五", 105), ("三万零五", 30005), ("二〇二四", 2024)]
)
def test_how_numbers_are_said(text, number):
    assert read_number(text) == number


@given(
    st.integers(1, 999),
    st.sampled_from(
        [
            ("个工作日", Unit.WORKING_DAY),
            ("个自然日", Unit.CALENDAR_DAY),
            ("日", Unit.CALENDAR_DAY),
            ("小时", Unit.HOUR),
        ]
    ),
)
def test_a_period_reads_back_in_digits_and_in_chinese(number, unit):
    for written in (str(number), spoken(number), f"{spoken(number)}({number})"):
        [period] = periods_in(f"应在收到后{written}{unit[0]}内通知")
        assert (period.value, period.unit) == (number, unit[1])


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(
        [
            "{0:%Y-%m-%d}",
            "{0:%Y/%m/%d}",
            "{0:%Y.%m.%d}",
            "{0.year}年{0.month}月{0.day}日",
            "{0.year}-{0.month}-{0.day}",
            "{0:%Y%m%d}",
            "{0.year} 年 {0.month} 月 {0.day} 日",
        ]
    ),
)
def test_a_date_reads_back_in_every_style(day, style):
    [found] = dates_in(f"自{style.format(day)}起")
    assert found.on == day


@given(st.text(max_size=300))
def test_offsets_of_any_text_lead_back_into_it(text):
    document = uniform_document(text)
    assert len(document.origins) == len(document.text) + 1
    assert all(0 <= origin <= len(text) for origin in document.origins)
    assert list(document.origins) == sorted(document.origins)
