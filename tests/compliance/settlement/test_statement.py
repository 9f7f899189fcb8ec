"""The settlement statement: what it says, and that confirming issues it."""

import io

import pdfplumber
import pytest

from agreements.kernel import files
from agreements.kernel.money import Money
from agreements.paper.issuing import PaperKind, document_of_number
from compliance.settlement.rules import Basis
from compliance.settlement.statement import in_capitals
from tests.builders_desk import opened_at
from tests.builders_settlement import NOW, a_confirmed_settlement


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (40000, "肆佰元整"),
        (53333, "伍佰叁拾叁元叁角叁分"),
        (100005, "壹仟元零伍分"),
        (1000000, "壹万元整"),
        (1010010, "壹万零壹佰元壹角整"),
        (10000500, "壹拾万零伍元整"),
        (1234567890, "壹仟贰佰叁拾肆万伍仟陆佰柒拾捌元玖角整"),
        (10000000100, "壹亿零壹元整"),
    ],
)
def test_an_amount_is_written_in_capitals(fen, words):
    assert in_capitals(Money(fen)) == words


def test_confirming_issues_the_signed_statement(session):
    settlement = a_confirmed_settlement(session, 25000, Basis.LIST_PRICE)

    document = document_of_number(session, settlement.document_number)
    assert (document.kind, document.clause) == (PaperKind.SETTLEMENT_STATEMENT, "4.6")
    with pdfplumber.open(io.BytesIO(files.content_of(session, document.file))) as pdf:
        words = "".join(page.extract_text() for page in pdf.pages).replace("\n", "").replace(" ", "")
    for said in (
        "结算单",
        "200000000000001",
        "1200.00元×25,000次÷30,000次=1,000元",
        "已消耗金额以实付金额为限",
        "双方互不退补款项",
        "按商品价格",
    ):
        assert said in words
    assert "200.00元）" not in words  # nothing is claimed beyond what was paid


def test_the_statement_is_handed_out_on_the_page(app):
    client = opened_at(app, NOW, "finance", set_up=a_confirmed_settlement)

    answer = client.get("/settlements/1/statement")

    assert answer.data.startswith(b"%PDF-")
    assert "/settlements/1/statement" in client.get("/settlements/1").text
    assert client.get("/settlements/2/statement").status_code == 404
