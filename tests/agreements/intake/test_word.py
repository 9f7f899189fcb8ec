"""Word files: body in order, merged cells, text boxes, headers with fields, counted clause numbers, tracked changes."""

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from agreements.intake.formats.confined import read_confined
from agreements.intake.formats.word_numbering import in_chinese
from tests.builders_formats import as_docx, saved
from tests.builders_intake import example_text

W = nsdecls("w")


def read(document):
    return read_confined("DOCX", "agreement.docx", saved(document))


def add(document, xml):
    """Put an element before the last section mark of the body."""
    document.element.body.insert(len(document.element.body) - 1, parse_xml(xml))


def test_paragraphs_and_tables_come_in_their_order():
    document = docx.Document()
    document.add_paragraph("前")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "订单编号", "20240728\n0000123"
    document.add_paragraph("后")

    assert read(document).text.split() == ["前", "|", "订单编号", "|", "20240728", "0000123", "|", "后"]


def test_a_merged_cell_stands_once_and_a_bar_makes_no_cell():
    document = docx.Document()
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "合并|单元格"
    table.cell(0, 2).text = "甲"

    assert "| 合并¦单元格 | 甲 |" in read(document).text


def test_a_text_box_is_read_once_though_it_is_stored_twice():
    document = docx.Document()
    box = "<w:txbxContent><w:p><w:r><w:t>订单编号：20240728</w:t></w:r></w:p></w:txbxContent>"
    add(
        document,
        f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><w:t>正文</w:t></w:r><w:r>'
        f"<mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
    )

    text = read(document).text
    assert text.count("20240728") == 1
    assert "正文\n" in text


def test_a_header_is_read_where_it_carries_a_field():
    document = docx.Document()
    document.add_paragraph("正文")
    document.sections[0].header.paragraphs[0].text = "订单编号：202407280000123"
    document.sections[0].footer.paragraphs[0].text = "内部资料 第 1 页"

    text = read(document).text
    assert "订单编号：202407280000123" in text
    assert "内部资料" not in text


def test_clause_numbers_that_word_counts_are_read():
    document = docx.Document(__import__("io").BytesIO(saved(docx.Document())))
    numbering = document.part.numbering_part.element
    level = '<w:lvl w:ilvl="{0}"><w:start w:val="1"/><w:numFmt w:val="{1}"/><w:lvlText w:val="{2}"/></w:lvl>'
    levels = level.format(0, "decimal", "%1.") + level.format(1, "decimal", "%1.%2")
    chinese = level.format(0, "chineseCounting", "%1、")
    numbering.insert(0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="90">{levels}</w:abstractNum>'))
    numbering.insert(1, parse_xml(f'<w:abstractNum {W} w:abstractNumId="91">{chinese}</w:abstractNum>'))
    for number, abstract in ((80, 90), (81, 91)):
        numbering.append(parse_xml(f'<w:num {W} w:numId="{number}"><w:abstractNumId w:val="{abstract}"/></w:num>'))
    for text, list_id, depth in (
        ("最终用户", 81, 0),
        ("双方同意", 81, 0),
        ("目的", 80, 0),
        ("约定", 80, 0),
        ("授权", 80, 1),
        ("使用", 80, 1),
    ):
        place = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>'
        add(document, f"<w:p {W}><w:pPr>{place}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")

    assert read(document).text.split("\n\n")[:6] == [
        "一、 最终用户",
        "二、 双方同意",
        "1. 目的",
        "2. 约定",
        "2.1 授权",
        "2.2 使用",
    ]


def test_a_tracked_change_is_a_warning_and_what_it_deleted_is_left_out():
    document = docx.Document()
    change = 'w:id="1" w:author="x" w:date="2024-07-28T00:00:00Z"'
    add(
        document,
        f"<w:p {W}><w:r><w:t>变更后</w:t></w:r><w:del {change}><w:r><w:delText>三</w:delText></w:r></w:del>"
        f"<w:ins {change}><w:r><w:t>五</w:t></w:r></w:ins><w:r><w:t>个工作日</w:t></w:r></w:p>",
    )

    source = read(document)
    assert source.text.strip() == "变更后五个工作日"
    assert source.warnings == ("tracked_changes",)


def test_hidden_text_is_left_out_and_told():
    document = docx.Document()
    document.add_paragraph("看得见").add_run("看不见").font.hidden = True

    source = read(document)
    assert source.text.strip() == "看得见"
    assert source.warnings == ("hidden_text",)


def test_pages_are_those_that_word_last_laid_out():
    document = docx.Document()
    add(document, f"<w:p {W}><w:r><w:t>第一页</w:t></w:r></w:p>")
    add(document, f"<w:p {W}><w:r><w:lastRenderedPageBreak/><w:t>第二页</w:t></w:r></w:p>")

    source = read(document)
    assert [source.page_of(source.text.index(word)) for word in ("第一页", "第二页")] == [1, 2]


def test_the_example_in_word_has_its_clauses():
    assert (
        "应当自变更之日起五个工作日内主动书面告知乙方" in read_confined("DOCX", "a.docx", as_docx(example_text())).text
    )


@pytest.mark.parametrize(
    ("count", "written"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (99, "九十九"), (100, "100")]
)
def test_word_counts_in_chinese(count, written):
    assert in_chinese(count) == written
