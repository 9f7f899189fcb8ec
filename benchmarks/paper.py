"""A six-page signed PDF of ours beside bare reportlab with bare pyHanko on the same text: at most 1.3 times.

    python -m benchmarks.paper [ROUNDS]

Bare means: platypus paragraphs with its own CJK breaking, the same fonts, and a signature with the same key; no seal,
no straddling seal, no QR code, no page count. Rounds alternate; medians of one process, fonts loaded before.
"""

import io
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph as PlatypusParagraph
from reportlab.platypus import SimpleDocTemplate

from agreements.kernel.settings import Settings
from agreements.paper import certificates, fonts, signing
from agreements.paper.content import PaperContent, Paragraph
from agreements.paper.fonts import REGULAR
from agreements.paper.rendering import BOTTOM, SIDE, TOP, Frame, SealFace, render

TEXT = (
    "甲方应当自收到本通知之日起5个工作日内（含第5日）完成改正，并将改正结果以书面形式送达乙方；逾期未改正的，乙方有权依据主协议第{0}条、"
    "附件第2.4条暂停服务，并书面通知甲方。相关订单号为ORDER20240912-{0:08d}，应付金额为¥{1:,.2f}元，联系人见附表。"
)
PROVIDER = "青榕数据科技（杭州）有限公司"
PARAGRAPHS = [TEXT.format(number, number * 1234.5) + TEXT.format(number + 7, 0.5) for number in range(1, 27)]


def ours(identity):
    frame = Frame(
        "LY-2026-000001-ABC234",
        PROVIDER,
        "http://127.0.0.1:8000/verify?number=LY-2026-000001-ABC234",
        datetime(2026, 11, 22, tzinfo=UTC),
        False,
    )
    content = PaperContent("补充协议", tuple(Paragraph(text) for text in PARAGRAPHS))
    drawn = render(content, frame, SealFace(PROVIDER, "合同专用章"))
    return drawn.pages, signing.sign(drawn.content, identity, provider=PROVIDER, number=frame.number)


def bare(identity):
    target = io.BytesIO()
    style = ParagraphStyle(
        "body", fontName=REGULAR, fontSize=11, leading=20, wordWrap="CJK", firstLineIndent=22, alignment=4
    )
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=SIDE,
        rightMargin=SIDE,
        topMargin=TOP,
        bottomMargin=BOTTOM,
        invariant=1,
        initialFontName=REGULAR,
    )
    document.build([PlatypusParagraph(text, style) for text in PARAGRAPHS])
    signed = io.BytesIO()
    metadata = PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    PdfSigner(metadata, signer=identity.signer).sign_pdf(IncrementalPdfFileWriter(target), output=signed)
    return document.page, signed.getvalue()


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for name in (fonts.REGULAR, fonts.BOLD):
        fonts.font(name)
    with tempfile.TemporaryDirectory() as folder:
        identity = certificates.identity(Settings(), Path(folder))
        taken = {"ours": [], "bare": []}
        for makes in (ours, bare):
            pages, content = makes(identity)
            print(f"{makes.__name__}: {pages} pages, {len(content):,} bytes")
        for number in range(rounds):
            for makes in (ours, bare) if number % 2 else (bare, ours):
                started = time.perf_counter()
                makes(identity)
                taken[makes.__name__].append(time.perf_counter() - started)
    mine, reference = (statistics.median(taken[name]) * 1000 for name in ("ours", "bare"))
    print(f"{'':20} median ms   ratio")
    print(f"{'bare':20} {reference:9.1f}   1.00")
    print(f"{'ours':20} {mine:9.1f}   {mine / reference:.2f}  (at most 1.30)")


if __name__ == "__main__":
    main()
