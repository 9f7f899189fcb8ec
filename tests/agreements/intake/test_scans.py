"""Scans: refused with the remedy without the optional recognition, one at a time with it, and never as sure as print."""

import io

import pytest
from PIL import Image

from agreements.intake.formats import scans
from agreements.intake.formats.joining import assembled
from agreements.intake.formats.page_layout import Page, Piece, Rule
from agreements.intake.formats.recognised import DIGITS_TRUSTED, MOST_TRUSTED, _lines, _piece
from agreements.intake.formats.scans import can_read_scans
from agreements.kernel.errors import Unavailable

WHOLE = [(0, 0), (100, 0), (100, 20), (0, 20)]


def test_a_scan_is_not_read_while_another_is():
    with scans._alone("one.png"), pytest.raises(Unavailable) as refused, scans._alone("other.png", attempts=1):
        pass
    assert refused.value.code == "SCAN_READING_BUSY"


@pytest.mark.parametrize(
    ("text", "score", "confidence"),
    [
        ("甲方应当以书面形式通知乙方", 1.0, MOST_TRUSTED),
        ("甲方应当在变更后5个工作日内", 0.9, 0.81),
        ("236642482600911", 1.0, DIGITS_TRUSTED),
        ("2024年07月28日", 0.999, DIGITS_TRUSTED),
        ("1200元/3万次", 0.6, 0.54),
    ],
)
def test_a_recognised_piece_is_never_sure_and_digits_always_go_to_a_person(text, score, confidence):
    assert _piece(WHOLE, text, score).confidence == pytest.approx(confidence)


def test_a_parenthesis_beside_chinese_is_a_full_one():
    assert _piece(WHOLE, "海棠商务服务(武汉)集团有限公司", 1.0).text == "海棠商务服务（武汉）集团有限公司"
    assert _piece(WHOLE, "f(x)", 1.0).text == "f(x)"


def test_a_table_of_recognised_pieces_becomes_rows_with_their_confidence():
    pieces = [
        Piece("核验接口", 210, 100, 300, 120, 0.9),
        Piece("商品名称", 110, 110, 190, 130, 0.9),
        Piece("两项比对", 210, 122, 300, 142, 0.5),
    ]
    frame = [Rule(at, 100, 400) for at in (95, 150)], [Rule(at, 95, 150) for at in (100, 200, 400)]
    result = assembled([Page(1, 800, 1100, _lines(pieces), *frame)])

    assert result.text.strip() == "| 商品名称 | 核验接口两项比对 |"
    assert [result.text[one.start : one.end] for one in result.seen if one.confidence == 0.5] == ["两项比对"]


@pytest.mark.skipif(not can_read_scans(), reason="scan reading is not installed: make ocr")
def test_a_blank_picture_has_no_text():
    file = io.BytesIO()
    Image.new("L", (600, 800), 255).save(file, "PNG")
    with pytest.raises(Exception, match="contains no text"):
        scans.read_scan("blank.png", file.getvalue())
