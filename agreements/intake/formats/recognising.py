"""The process that recognises text in pictures: the file comes in on stdin, the answer goes out on stdout as JSON."""

import io
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pypdfium2
from PIL import Image, UnidentifiedImageError

from agreements.intake.formats.joining import assembled
from agreements.intake.formats.limits import (
    MOST_PICTURE_POINTS,
    MOST_SCANNED_PAGES,
    SCAN_MEMORY_BYTES,
    SCAN_PATIENCE,
    SCAN_SECONDS_A_PAGE,
    SCAN_SECONDS_AT_LEAST,
)
from agreements.intake.formats.page_layout import resized
from agreements.intake.formats.pdf import PDF_POINTS_AN_INCH, Doubt, open_pdf, page_of
from agreements.intake.formats.reading_process import confine
from agreements.intake.formats.recognised import page_of as page_seen
from agreements.intake.formats.refusals import Refused
from agreements.intake.formats.source import SourceText

DOTS_AN_INCH = 200
WARNING = "read_from_scan"
LEAST_SCORE = 0.01
WELL_SEEN = 0.9
AROUND = 3
"""Points left around a line that is looked at again."""


def recognised(content: bytes) -> SourceText:
    """Read a picture or a PDF with pages of pictures; refuses what is too large before it is unpacked.

    Only a page without text of its own is recognised: printed text is always surer.
    """
    is_pdf = b"%PDF-" in content[:1024]
    document = open_pdf(content) if is_pdf else None
    most = min(len(document), MOST_SCANNED_PAGES) if document else 1
    confine(SCAN_MEMORY_BYTES, SCAN_SECONDS_AT_LEAST + SCAN_SECONDS_A_PAGE * most, SCAN_PATIENCE)
    printed = [page_of(document, index) for index in range(len(document))] if document else []
    count = sum(doubt is Doubt.A_PICTURE for _, doubt in printed) if document else 1
    if count > MOST_SCANNED_PAGES:
        raise Refused("TOO_MANY_PAGES", pages=count, most=MOST_SCANNED_PAGES)
    engine = _engine()
    pages, warnings = [], [WARNING]
    for number in range(1, len(printed) + 1 if document else 2):
        page, doubt = printed[number - 1] if document else (None, Doubt.A_PICTURE)
        if page is not None and doubt is not Doubt.A_PICTURE:
            warnings += [f"text_layer_of_scan:{number}"] if doubt else []
            pages.append(page)
            continue
        picture = _rendered(document, number - 1) if document else _opened(content)
        seen = page_seen(number, picture, *_found(engine, _as_array(picture)))
        pages.append(resized(seen, PDF_POINTS_AN_INCH / DOTS_AN_INCH) if count < len(printed) else seen)
    if not any(page.lines for page in pages):
        raise Refused("NO_TEXT")
    result = assembled(pages)
    return SourceText("", result.text, tuple(warnings), tuple(result.page_starts), tuple(result.seen))


def _engine() -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 optional, large, and wanted only in this process

    return RapidOCR(params={"Global.log_level": "error", "Global.text_score": LEAST_SCORE, "Rec.rec_batch_num": 1})


def _found(engine: Any, points: Any) -> tuple[Sequence[Any], list[str], list[float]]:
    """Return boxes, texts and scores; a line that was seen badly is looked at once more by itself.

    The engine drops what it scores low, a whole line now and then: it is told to keep everything.
    """
    found = engine(points, use_det=True, use_cls=True, use_rec=True)
    if found.boxes is None:
        return [], [], []
    texts, scores = list(found.txts), [float(score) for score in found.scores]
    for at, box in enumerate(found.boxes):
        if scores[at] >= WELL_SEEN:
            continue
        (left, right), (top, bottom) = _span(box[:, 0]), _span(box[:, 1])
        again = engine(points[top:bottom, left:right], use_det=False, use_cls=False, use_rec=True)
        if again.txts and float(again.scores[0]) > scores[at]:
            texts[at], scores[at] = again.txts[0], float(again.scores[0])
    return found.boxes, texts, scores


def _span(places: Any) -> tuple[int, int]:
    return max(0, int(min(places)) - AROUND), int(max(places)) + AROUND


def _as_array(picture: Image.Image) -> Any:
    import numpy as np  # noqa: PLC0415 comes with the optional recognition

    return np.asarray(picture.convert("RGB"))[:, :, ::-1]


def _opened(content: bytes) -> Image.Image:
    """Open a picture whose size is bearable; its header tells before anything is unpacked."""
    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        _check_size(*picture.size)
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refused("FILE_DAMAGED", format="PNG/JPEG") from error
    return picture


def _rendered(document: pypdfium2.PdfDocument, index: int) -> Image.Image:
    page = document[index]
    scale = DOTS_AN_INCH / PDF_POINTS_AN_INCH
    _check_size(*(round(side * scale) for side in page.get_size()))
    picture: Image.Image = page.render(scale=scale).to_pil()
    page.close()
    return picture


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PICTURE_POINTS:
        raise Refused("PICTURE_TOO_LARGE", width=width, height=height, most=MOST_PICTURE_POINTS // 1_000_000)


def main() -> None:
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library's chatter is no part of the answer
    answer: dict[str, object]
    try:
        answer = {"source": asdict(replace(recognised(sys.stdin.buffer.read()), name=""))}
    except Refused as refused:
        answer = {"refused": refused.code, "values": refused.values}
    except MemoryError:
        answer = {"refused": "READING_EXHAUSTED", "values": {}}
    with os.fdopen(out, "w", encoding="ascii") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
