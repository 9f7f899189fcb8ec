"""Reading one agreement beside the raw extraction of its text: `python -m benchmarks.reading [--rounds N]`.

Raw is what the library alone needs in this process: decoding, python-docx's paragraphs and cells, pdfium's page texts.
A PDF has a second reference, which reads the order's table too: the same, and pdfplumber's tables of its first page.
Ours is the whole way: the confined process, layout and tables, pages, understanding, the draft with its evidence.
Rounds alternate; the table gives medians in milliseconds and the median of the ratios of neighbours. Both engines
embed the Chinese font; the agreement has four to five pages.
"""

import argparse
import io
import logging
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import docx
import pdfplumber
import pypdfium2

from agreements.calendar.published import published_calendar
from agreements.intake.drafting import read_source
from agreements.intake.loading import source_of
from agreements.intake.working_days import working_days_of
from tests.builders_formats import as_docx, as_printed_pdf, as_reportlab_pdf
from tests.builders_intake import example_text


def raw_text(content):
    return content.decode("utf-8")


def raw_docx(content):
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def raw_pdf(content):
    document = pypdfium2.PdfDocument(content)
    texts = []
    for page in document:
        text = page.get_textpage()
        texts.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return "\n".join(texts)


def table_of_pdf(content):
    with pdfplumber.open(io.BytesIO(content)) as document:
        return raw_pdf(content), document.pages[0].extract_tables()


def timed(work, *arguments):
    started = time.perf_counter()
    result = work(*arguments)
    return (time.perf_counter() - started) * 1000, result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it tells of every font without a box
    is_working_day = working_days_of(published_calendar())
    text = example_text()
    files = [("txt", "a.txt", text.encode(), raw_text), ("docx", "a.docx", as_docx(text), raw_docx)]
    files.append(("PDF, reportlab", "a.pdf", as_reportlab_pdf(text), raw_pdf))
    chromium = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if chromium:
        with tempfile.TemporaryDirectory() as folder:
            files.append(("PDF, Chromium", "a.pdf", as_printed_pdf(text, chromium, Path(folder)), raw_pdf))

    def ours(name, content):
        source = source_of(name, content)
        return source, read_source(source, is_working_day=is_working_day)

    print(f"{'format':16}{'kB':>7}{'raw ms':>9}{'+table':>9}{'text ms':>9}{'draft ms':>10}{'ratio':>8}{'+table':>8}")
    for label, name, content, raw in files:
        raw(content), ours(name, content)  # both warm
        rows = []
        for _ in range(rounds):
            alone, _ = timed(raw, content)
            whole, (source, draft) = timed(ours, name, content)
            extracting, _ = timed(source_of, name, content)
            assert draft.order.order_no
            tabled = timed(table_of_pdf, content)[0] if raw is raw_pdf else 0.0
            rows.append((alone, tabled, extracting, whole, whole / alone, whole / tabled if tabled else 0.0))
        medians = [statistics.median(column) for column in zip(*rows, strict=True)]
        times = f"{medians[0]:9.1f}{medians[1]:9.1f}" if medians[1] else f"{medians[0]:9.1f}{'–':>9}"
        ratios = f"{medians[4]:8.2f}" if name != "a.txt" else f"{'–':>8}"
        ratios += f"{medians[5]:8.2f}" if medians[5] else f"{'–':>8}"
        print(f"{label:16}{len(content) / 1024:7.0f}{times}{medians[2]:9.1f}{medians[3]:10.1f}{ratios}")


if __name__ == "__main__":
    main()
