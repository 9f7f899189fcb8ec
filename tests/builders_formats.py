"""One agreement in the formats that people send: Word, PDF from two engines, a scan of it.

The text is Markdown as the example is: headings, paragraphs, bullets, one table.
"""

import io
import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

import docx
import pypdfium2
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

ROOT = Path(__file__).parent.parent
FONT = ROOT / "static" / "vendor" / "fonts" / "NotoSansSC-Regular.ttf"


@dataclass(frozen=True)
class Block:
    """kind: heading, paragraph or table; rows of a table are lists of cells."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def blocks_of(text):
    """Cut Markdown into headings, paragraphs and tables."""
    blocks, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
            if any(cells) and not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                rows.append(cells)
            continue
        if rows:
            blocks.append(Block("table", rows=tuple(rows)))
            rows = []
        if line.strip():
            heading = line.startswith("#")
            blocks.append(Block("heading" if heading else "paragraph", line.strip("# ").strip()))
    return blocks


def as_docx(text):
    """Write it as Word does: paragraphs and a real table."""
    document = docx.Document()
    for block in blocks_of(text):
        if block.kind == "heading":
            document.add_heading(block.text, level=2)
        elif block.kind == "paragraph":
            document.add_paragraph(block.text)
        else:
            table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
            for row in block.rows:
                for cell, value in zip(table.add_row().cells, row, strict=True):
                    cell.text = value
    return saved(document)


def saved(document):
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@lru_cache
def font():
    pdfmetrics.registerFont(TTFont("Sheet", FONT))
    return "Sheet"


def as_reportlab_pdf(text, *, header="云市场商品销售协议", encrypt=None):
    """Print it with reportlab: ruled table, wrapped cells, a header and a page number on each page."""
    body = ParagraphStyle("body", fontName=font(), fontSize=10.5, leading=17, wordWrap="CJK", spaceAfter=6)
    heading = ParagraphStyle("heading", parent=body, fontSize=13, leading=20, spaceBefore=8)
    story = []
    for block in blocks_of(text):
        if block.kind == "table":
            cells = [[Paragraph(escape(cell), body) for cell in row] for row in block.rows]
            grid = [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
            story.append(Table(cells, colWidths=[90, 300], style=grid))
        else:
            story.append(Paragraph(escape(block.text), heading if block.kind == "heading" else body))
    file = io.BytesIO()

    def frame(canvas, document):
        canvas.setFont(font(), 8)
        canvas.drawString(60, A4[1] - 30, header)
        canvas.drawCentredString(A4[0] / 2, 25, f"第 {document.page} 页")

    SimpleDocTemplate(file, pagesize=A4, invariant=1, encrypt=encrypt).build(
        story, onFirstPage=frame, onLaterPages=frame
    )
    return file.getvalue()


def as_html(text):
    parts = []
    for block in blocks_of(text):
        if block.kind == "table":
            rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
            parts.append(f"<table>{rows}</table>")
        else:
            tag = "h2" if block.kind == "heading" else "p"
            parts.append(f"<{tag}>{escape(block.text)}</{tag}>")
    style = "body{font:12pt/1.7 'Noto Sans CJK SC',sans-serif;text-align:justify}table{border-collapse:collapse}td{border:1px solid #000;padding:4px 8px;max-width:22em}"
    return f"<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>协议</title><style>{style}</style>{''.join(parts)}"


def as_printed_pdf(text, chromium, folder):
    """Print it from a browser, with the browser's own header and footer."""
    page, pdf = folder / "agreement.html", folder / "agreement.pdf"
    page.write_text(as_html(text), encoding="utf-8")
    subprocess.run(
        [
            chromium,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            f"--print-to-pdf={pdf}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )
    return pdf.read_bytes()


def as_scan(pdf, *, dpi=200, turned=0.0):
    """Photograph each page of a PDF, turned by some degrees: a PDF of JPEG pictures without any text."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [
        page.render(scale=dpi / 72, grayscale=True).to_pil().rotate(turned, Image.Resampling.BICUBIC, fillcolor=255)
        for page in document
    ]
    document.close()
    file = io.BytesIO()
    pages[0].save(file, "PDF", resolution=dpi, quality=60, save_all=True, append_images=pages[1:])
    return file.getvalue()
