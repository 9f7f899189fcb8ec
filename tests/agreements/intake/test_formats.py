"""One agreement in each format reads to the same fields, and each value says on which page it stands."""

import json
import shutil
from pathlib import Path

import pytest

from agreements.calendar.published import published_calendar
from agreements.intake.drafting import read_source
from agreements.intake.formats.scans import can_read_scans
from agreements.intake.formats.source import Seen, SourceText
from agreements.intake.loading import source_of
from agreements.intake.printing import draft_as_json
from agreements.intake.working_days import working_days_of
from tests.builders_formats import as_docx, as_printed_pdf, as_reportlab_pdf, as_scan
from tests.builders_intake import example_text

SEED = Path(__file__).parents[4] / "shared" / "seed"
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FORMATS = [
    "txt",
    "docx",
    "reportlab",
    pytest.param("chromium", marks=pytest.mark.browser),
    pytest.param("scan", marks=pytest.mark.soak),
    pytest.param("crooked scan", marks=pytest.mark.soak),
]


def in_format(text, kind, folder):
    """Return name and bytes of the agreement in a format; skips where the machine can't make or read it."""
    if kind == "chromium":
        if CHROMIUM is None:
            pytest.skip("no Chromium on this machine")
        return "agreement.pdf", as_printed_pdf(text, CHROMIUM, folder)
    if kind.endswith("scan"):
        if not can_read_scans():
            pytest.skip("scan reading is not installed: make ocr")
        return "agreement.pdf", as_scan(as_reportlab_pdf(text), turned=1.2 if kind == "crooked scan" else 0.0)
    if kind == "txt":
        return "agreement.txt", text.encode()
    return {"docx": ("agreement.docx", as_docx), "reportlab": ("agreement.pdf", as_reportlab_pdf)}[kind][0], (
        as_docx(text) if kind == "docx" else as_reportlab_pdf(text)
    )


def draft_of(source):
    return read_source(source, is_working_day=working_days_of(published_calendar()))


def fields_of(source):
    """Return what was read, without the file's name and without what only a format warns of."""
    read = draft_as_json(draft_of(source))
    read["warnings"] = [warning for warning in read["warnings"] if warning != "read_from_scan"]
    del read["source_file"]
    return read


@pytest.mark.parametrize("kind", FORMATS)
def test_the_example_reads_to_the_same_fields_in_every_format(kind, tmp_path):
    expected = fields_of(SourceText("agreement.md", example_text()))

    assert fields_of(source_of(*in_format(example_text(), kind, tmp_path))) == expected


@pytest.mark.skipif(
    not (SEED / "expected.json").exists(), reason="the real agreement (../shared/seed) is not on this machine"
)
@pytest.mark.parametrize("kind", FORMATS)
def test_the_real_agreement_reads_to_the_expected_fields_in_every_format(kind, tmp_path):
    expected = json.loads((SEED / "expected.json").read_text(encoding="utf-8"))
    del expected["source_file"]
    text = (SEED / "marketplace-agreement.md").read_text(encoding="utf-8")

    assert fields_of(source_of(*in_format(text, kind, tmp_path))) == expected


def test_every_value_of_a_pdf_points_into_its_text_and_to_its_page():
    source = source_of("agreement.pdf", as_reportlab_pdf(example_text()))
    evidence = draft_of(source).evidence

    for name, one in evidence.items():
        assert source.text[one.start : one.end] == one.text != "", name
    assert evidence["order.order_no"].page == 1
    assert evidence["terms.supplementary_agreement_required"].page == len(source.page_starts) > 2


def test_text_and_word_files_have_no_pages():
    for name, content in (("a.txt", example_text().encode()), ("a.docx", as_docx(example_text()))):
        assert {one.page for one in draft_of(source_of(name, content)).evidence.values()} == {None}


def test_a_value_is_as_sure_as_the_least_sure_of_its_characters():
    text = example_text()
    at = text.index("800.00")
    seen = [Seen(0, at + 1, 0.88), Seen(at + 1, at + 6, 0.4), Seen(at + 6, len(text), 0.88)]
    draft = draft_of(SourceText("scan.pdf", text, ("read_from_scan",), (0,), seen))

    assert draft.evidence["order.paid_amount"].confidence == 0.4
    assert draft.evidence["order.list_price"].confidence == 0.88
    assert draft.unsure_fields == ("order.paid_amount",)


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (9, 1), (10, 2), (29, 2), (30, 3), (99, 3)])
def test_a_page_begins_with_its_first_character(offset, page):
    assert SourceText("a.pdf", "x" * 100, (), (0, 10, 30)).page_of(offset) == page
