"""Reading one agreement beside the raw extraction of its text: `python -m benchmarks.reading [--rounds N]`.

Raw is what the library alone needs in this process: decoding, python-docx's paragraphs and cells, pdfium's page texts.
A PDF has two references more: the same text taken in a process of its own, as is due to a file that a stranger sent,
and text with the order's table, by pdfplumber from the first page. Ours is the whole way: the confined process, layout and tables, pages, understanding, the draft with its evidence.
Rounds alternate; the table gives medians in milliseconds and the median of the ratios of neighbours. Both engines
embed the Chinese font; the agreement has four to five pages.
"""

import argparse
import io
import logging
import os
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


def apart(content):
    """Take the text in a child that ends with it; what a parser breaks, breaks there."""
    takes, gives = os.pipe()
    if os.fork() == 0:
        with os.fdopen(gives, "wb") as answer:
            answer.write(raw_pdf(content).encode())
            answer.flush()
            os._exit(0)
    os.close(gives)
    with os.fdopen(takes, "rb") as answer:
        text = answer.read().decode()
    os.wait()
    return text


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

    head = f"{'format':16}{'kB':>7}{'raw ms':>9}{'apart':>9}{'+table':>9}{'text ms':>9}{'draft ms':>10}"
    print(f"{head}{'ratio':>8}{'apart':>8}{'+table':>8}")
    for label, name, content, raw in files:
        raw(content), ours(name, content)  # both warm
        references = [raw, apart, table_of_pdf] if raw is raw_pdf else [raw]
        rows = []
        for _ in range(rounds):
            beside = [timed(reference, content)[0] for reference in references]
            whole, (source, draft) = timed(ours, name, content)
            extracting, _ = timed(source_of, name, content)
            assert draft.order.order_no
            rows.append((*beside, extracting, whole, *(whole / alone for alone in beside)))
        medians = [statistics.median(column) for column in zip(*rows, strict=True)]
        several = len(references)
        blank = [f"{'–':>9}"] * (3 - several)
        times = [f"{each:9.1f}" for each in medians[:several]] + blank
        times += [f"{medians[several]:9.1f}", f"{medians[several + 1]:10.1f}"]
        ratios = [f"{each:8.2f}" for each in medians[several + 2 :]] if name != "a.txt" else []
        print(f"{label:16}{len(content) / 1024:7.0f}{''.join(times)}{''.join(ratios)}")


if __name__ == "__main__":
    main()
