"""PDF files: clauses across page breaks, running headers, tables with wrapped, cut and merged cells, pages of pictures."""

import io
from difflib import SequenceMatcher

import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from agreements.calendar.published import published_calendar
from agreements.intake.draft import SURE
from agreements.intake.drafting import read_source
from agreements.intake.formats.confined import read_confined
from agreements.intake.formats.scans import can_read_scans
from agreements.intake.loading import source_of
from agreements.intake.working_days import working_days_of
from agreements.kernel.errors import InvalidInput
from tests.builders_formats import as_reportlab_pdf, as_scan, font
from tests.builders_intake import example_text

CLAUSE = (
    "3.3 甲方在使用服务的过程中，其证照、资料、业务状况发生变更的，应当在变更后五个工作日内主动以书面形式通知乙方，"
)
CLAUSE_END = "并按乙方规定的程序办理有关手续。"


def drawn(*pages, size=11):
    """Draw pages: each a list of (x, y from the top, text), or callables that take the canvas."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    for page in pages:
        for item in page:
            if callable(item):
                item(canvas)
                continue
            x, y, text = item
            canvas.setFont(font(), size)
            canvas.drawString(x, A4[1] - y, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def grid(xs, ys):
    return lambda canvas: canvas.grid(xs, [A4[1] - y for y in ys])


def text_of(content):
    return read_confined("PDF", "agreement.pdf", content).text


def test_a_page_break_inside_a_clause_does_not_cut_it():
    first = [(60, 40, "协议编号说明"), (60, 100, CLAUSE[:42]), (280, 815, "第 1 页 共 2 页")]
    second = [(60, 40, "协议编号说明"), (60, 100, CLAUSE[42:] + CLAUSE_END), (280, 815, "第 2 页 共 2 页")]

    text = text_of(drawn(first, second))

    assert CLAUSE + CLAUSE_END in text
    assert "页" not in text
    assert "协议编号说明" not in text


def test_the_pages_of_a_joined_clause_are_still_told_apart():
    source = read_confined("PDF", "a.pdf", drawn([(60, 100, CLAUSE[:42])], [(60, 100, CLAUSE[42:])]))
    assert source.page_of(source.text.index(CLAUSE[41])) == 1
    assert source.page_of(source.text.index("主动")) == 2


def test_a_header_that_carries_a_field_is_kept_once():
    pages = [[(60, 40, "订单编号：202407280000123"), (60, 200 + 20 * at, f"正文第{at}段。")] for at in range(3)]
    assert text_of(drawn(*pages)).count("202407280000123") == 1


def test_a_title_that_looks_like_the_header_stays():
    assert text_of(as_reportlab_pdf(example_text())).startswith("云市场商品销售协议")


def test_cells_of_a_row_are_told_apart_by_the_rule_however_near_they_are():
    row = [(60, 60, "一、购买如下商品："), (100, 100, "数量"), (124, 100, "1"), grid([95, 123, 300], [85, 106])]
    assert "| 数量 | 1 |" in text_of(drawn(row))


def test_a_label_beside_a_value_of_two_lines_keeps_both():
    table = [
        (200, 100, "身份信息核验-姓名证件号两项"),
        (100, 107, "商品名称"),
        (200, 114, "比对-身份核验接口"),
        grid([95, 195, 400], [86, 120]),
    ]
    assert "| 商品名称 | 身份信息核验-姓名证件号两项比对-身份核验接口 |" in text_of(drawn(table))


def test_a_row_that_a_page_break_cut_is_one_row():
    first = [
        (60, 60, "一、商品如下："),
        (100, 780, "商品名称"),
        (200, 780, "身份信息核验-"),
        grid([95, 195, 400], [766, 790]),
    ]
    second = [(200, 130, "姓名证件号比对"), (100, 154, "数量"), (200, 154, "2"), grid([95, 195, 400], [116, 140, 164])]
    text = text_of(drawn(first, second))
    assert "| 商品名称 | 身份信息核验-姓名证件号比对 |" in text
    assert "| 数量 | 2 |" in text


def test_columns_without_rules_are_told_apart_by_their_gap():
    assert "订单编号\t202407280000123" in text_of(drawn([(60, 100, "订单编号"), (200, 100, "202407280000123")]))


def test_a_page_of_pictures_among_pages_of_text_is_named():
    photo = Image.new("L", (400, 600), 200)
    page = [lambda canvas: canvas.drawInlineImage(photo, 100, 100, 300, 500)]
    source = read_confined("PDF", "a.pdf", drawn([(60, 100, "甲方：海棠商务服务有限公司")], page))
    assert source.warnings == ("page_not_read:2",)


def test_a_file_with_an_unread_page_is_read_less_surely():
    whole = as_reportlab_pdf(example_text())
    cut = with_pictures_of_pages(whole, {3})
    if can_read_scans():
        pytest.skip("here the page is recognised")
    source = source_of("a.pdf", cut)
    draft = read_source(source, is_working_day=working_days_of(published_calendar()))
    assert "page_not_read:3" in draft.warnings
    assert draft.order.order_no == "202407280000123"
    assert draft.evidence["order.order_no"].confidence == SURE


@pytest.mark.soak
@pytest.mark.skipif(not can_read_scans(), reason="scan reading is not installed: make ocr")
def test_a_picture_page_among_printed_ones_is_recognised_and_only_that():
    whole = as_reportlab_pdf(example_text())
    expected = source_of("a.pdf", whole)
    source = source_of("a.pdf", with_pictures_of_pages(whole, {3}))
    assert source.warnings == ("read_from_scan",)
    start, end = source.page_starts[2], (*source.page_starts, len(source.text))[3]
    assert source.text[:start] == expected.text[: expected.page_starts[2]]
    assert all(start <= seen.start and seen.end <= end for seen in source.seen)
    texts = source.text[start:end], expected.text[expected.page_starts[2] : (*expected.page_starts, None)[3]]
    assert SequenceMatcher(None, *texts, autojunk=False).ratio() > 0.97


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_is_turned_when_shown_reads_as_it_is_seen(degrees):
    table = [grid([50, 150, 500], [180, 210, 270]), (60, 200, "订单编号"), (160, 200, "202407280000123")]
    table += [(60, 230, "商品名称"), (160, 230, "身份信息核验-"), (160, 250, "姓名证件号比对")]
    upright = [(60, 100, CLAUSE[:40]), (60, 120, CLAUSE[40:]), (60, 150, "甲方：海棠商务服务有限公司"), *table]

    assert text_of(drawn([lying(degrees), *upright])) == text_of(drawn(upright))


def lying(degrees):
    """Have what is drawn next lie on the sheet, and the sheet turned when it is shown: it looks as before."""
    width, height = A4

    def lay(canvas):
        canvas.setPageRotation(degrees)
        canvas.setPageSize(A4 if degrees == 180 else (height, width))
        canvas.translate(*{90: (height, 0), 180: (width, height), 270: (0, width)}[degrees])
        canvas.rotate(degrees)

    return lay


def with_pictures_of_pages(content, numbers):
    """Put a photograph in the place of some pages, as where one page was signed on paper and scanned."""
    document, scan = pypdfium2.PdfDocument(content), pypdfium2.PdfDocument(as_scan(content))
    result = pypdfium2.PdfDocument.new()
    for index in range(len(document)):
        result.import_pages(scan if index + 1 in numbers else document, [index])
    return saved(result)


def saved(document):
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_a_scanner_s_own_text_is_a_warning():
    def hidden(canvas):
        text = canvas.beginText(60, 700)
        text.setFont(font(), 11)
        text.setTextRenderMode(3)
        text.textOut("甲方：海棠商务服务有限公司")
        canvas.drawText(text)

    assert read_confined("PDF", "a.pdf", drawn([hidden])).warnings == ("text_layer_of_scan:1",)


def test_a_pdf_of_pictures_is_a_scan():
    with pytest.raises(InvalidInput) as refused:
        text_of(as_scan(drawn([(60, 100, "甲方")]), dpi=40))
    assert refused.value.code == "SCAN_READING_MISSING"


def test_a_value_of_several_lines_keeps_its_row_where_columns_have_no_rule_between():
    rows = [(60, 100, "订单编号"), (200, 100, "202407280000123"), (60, 140, "商品名称"), (200, 132, "身份信息核验-")]
    rows += [(200, 148, "姓名证件号比对"), (60, 180, "数量"), (200, 180, "1")]
    assert "商品名称\t身份信息核验-姓名证件号比对\n" in text_of(drawn(rows))


def test_a_line_that_ends_inside_parentheses_goes_on_though_the_next_looks_like_a_label():
    first = "一、最终用户（阿里云账号：海棠企业咨询有限公司）向服务商（阿里云会员"
    lines = [(60, 100, first), (60, 120, "账号：青榕数据科技有限公司）购买的商品如下：")]
    assert first + "账号：青榕" in text_of(drawn(lines))
