"""Line breaking, justification, fonts and pages: what a reader of the paper and of its text gets."""

import hashlib
import re
import subprocess

import pypdfium2
import pytest

from agreements.kernel.errors import InvalidInput
from agreements.paper import fonts
from agreements.paper.content import Grid, Paragraph
from agreements.paper.fonts import REGULAR
from agreements.paper.line_breaking import HANGING, OPENING, fill, stretch, units
from tests.builders_paper import LONG, SEAL, a_long_content, drawn, some_content

MIXED = (
    LONG
    + "他说：“数据仅限自用”，并附上（见附件：核验记录——第2页）。网址https://example.com/verify?number=LY-2026-000123。"
    * 3
)
CODES = ("ORDER20240912-00012345", "¥1,234,567.89元", "https://example.com/verify?number=LY-2026-000123", "3.3", "5个")


def text_of(content):
    document = pypdfium2.PdfDocument(content)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


@pytest.mark.parametrize("measure", [180, 240, 300, 377, 450])
def test_no_closing_mark_starts_a_line_and_no_opening_mark_ends_one(measure):
    for line in fill(MIXED, name=REGULAR, size=11, measure=measure):
        assert line.text[0] not in HANGING, line.text
        assert line.text[-1] not in OPENING, line.text


@pytest.mark.parametrize("measure", [300, 341, 377, 450])
def test_codes_amounts_and_addresses_are_never_cut(measure):
    lines = [line.text for line in fill(MIXED, name=REGULAR, size=11, measure=measure)]

    for code in CODES:
        assert sum(line.count(code) for line in lines) == MIXED.count(code), code


def test_nothing_is_lost_between_the_lines():
    assert "".join(line.text for line in fill(MIXED, name=REGULAR, size=11, measure=333)) == MIXED
    assert "".join(units(MIXED)) == MIXED


def test_a_code_wider_than_the_line_is_cut_after_a_joint_and_loses_nothing():
    code = "https://example.com/" + "a" * 60 + "/" + "b" * 30

    lines = fill(code, name=REGULAR, size=11, measure=300)

    assert "".join(line.text for line in lines) == code
    assert all(line.width <= 300 for line in lines)


def test_every_line_but_the_last_ends_at_the_edge():
    plain = LONG.replace("ORDER20240912-00012345", "第12号") * 3
    lines = fill(plain, name=REGULAR, size=11, measure=440, first_indent=22)

    for line in lines[1:-1]:
        gap = stretch(line, size=11, measure=440)
        assert abs(line.width + gap * len(line.gaps) - 440) < 0.01
    assert stretch(lines[-1], size=11, measure=440) == 0


def test_the_same_content_gives_the_same_bytes():
    first, second = drawn(a_long_content()), drawn(a_long_content())

    assert hashlib.sha256(first.content).digest() == hashlib.sha256(second.content).digest()


def test_every_page_carries_its_number_and_the_count():
    made = drawn(a_long_content())

    assert made.pages > 3
    text = text_of(made.content)
    for number in range(1, made.pages + 1):
        assert f"第{number}页　共{made.pages}页" in text


def test_a_name_with_a_character_above_the_basic_plane_reads_back(tmp_path):
    made = drawn(some_content(blocks=(Paragraph("授权代表：张𬭎、李䶮、王㛃、赵𠅤。"),)))

    assert "张𬭎、李䶮、王㛃、赵𠅤" in text_of(made.content)
    path = tmp_path / "rare.pdf"
    path.write_bytes(made.content)
    assert "张𬭎、李䶮、王㛃、赵𠅤" in said_by("pdftotext", "-enc", "UTF-8", str(path), "-")


def test_every_character_of_the_font_reads_back():
    known = [chr(code) for code in sorted(fonts.font().face.charToGlyph) if chr(code).isalnum()]
    text = "".join(known)

    made = drawn(some_content(blocks=(Paragraph(text),)))

    read = text_of(made.content)
    assert len(known) > 6800
    assert [each for each in known if each not in read] == []


def test_only_embedded_fonts_are_named(tmp_path):
    path = tmp_path / "fonts.pdf"
    path.write_bytes(drawn().content)

    listed = said_by("pdffonts", str(path)).splitlines()[2:]

    assert listed
    for line in listed:
        assert "NotoSansSC" in line
        assert re.search(r"\byes\s+yes\s+yes\b", line), line  # embedded, a subset, with its Unicode map
    assert b"Helvetica" not in drawn().content


def test_text_of_people_is_never_markup():
    made = drawn(some_content(blocks=(Paragraph("A & B <b>有限公司</b> <para>&amp;"),)))

    assert "A & B <b>有限公司</b> <para>&amp;" in text_of(made.content)


def test_a_character_outside_the_font_is_refused_wherever_it_stands():
    with pytest.raises(InvalidInput):
        drawn(some_content(blocks=(Grid(("名",), (("🙂",),)),)))
    with pytest.raises(InvalidInput):
        drawn(seal=type(SEAL)("🙂科技有限公司", ""))


def test_the_seal_is_no_text_of_the_document():
    assert text_of(drawn().content) == text_of(drawn(seal=None).content)


def test_the_slices_of_the_straddling_seal_make_it_whole():
    made = drawn(a_long_content(16))
    assert made.pages == 2
    document = pypdfium2.PdfDocument(made.content)
    pictures = [page.render(scale=1).to_pil().convert("RGB") for page in document]
    document.close()

    def red(picture, column):
        return sum(
            1
            for y in range(340, 500)
            if (pixel := picture.getpixel((column, y)))[0] > 150 and pixel[1] < 110 and pixel[2] < 110
        )

    widths = [max((595 - x for x in range(480, 595) if red(picture, x)), default=0) for picture in pictures]
    assert all(50 <= width <= 58 for width in widths)  # half of 40 mm each


def test_a_long_table_repeats_its_head_on_each_page():
    rows = tuple((f"2024-09-{day:02d}", "核验", "1.00") for day in range(1, 31)) * 3
    made = drawn(some_content(blocks=(Grid(("日期", "项目名称", "金额"), rows),)))

    assert made.pages >= 3
    assert text_of(made.content).count("项目名称") == made.pages


def said_by(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is not installed: apt-get install poppler-utils")
