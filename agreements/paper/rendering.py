"""From content to an unsigned PDF: pages, head and foot, signatures with the seal over them, straddling seal, QR.

The same content, frame and seal give the same bytes: the file's own dates are the document's. Everything that is ever
to be seen is drawn here, before the signature.
"""

import io
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import segno
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from agreements.kernel.instants import SHANGHAI
from agreements.paper import fonts, seal_drawing
from agreements.paper.content import Facts, Grid, PaperContent, Paragraph, Signature
from agreements.paper.fonts import BOLD, REGULAR
from agreements.paper.line_breaking import fill
from agreements.paper.rules import PaperLanguage
from agreements.paper.setting import (
    FAINT,
    INK,
    MM,
    NOTE,
    RULE,
    Box,
    Draw,
    Face,
    base,
    draw_line,
    facts_boxes,
    grid_boxes,
    paragraph_boxes,
)
from agreements.paper.words import Words, dated, words_in

WIDTH, HEIGHT = A4
SIDE = 26 * MM
TOP, BOTTOM = 28 * MM, 27 * MM
MEASURE = WIDTH - 2 * SIDE
ROOM = HEIGHT - TOP - BOTTOM
TITLE = Face(BOLD, 18, 30)
ADDRESSEE = Face(BOLD, 11, 20)
RUNNING = Face(REGULAR, 8, 12)
WARNING = Face(BOLD, 8.5, 12)
PARTY = Face(BOLD, 11, 19)
DETAIL = Face(REGULAR, 10, 16)
QR_SIDE = 19 * MM
MOST_SLICES = 10
"""Pages under one straddling seal; a longer document gets one for each group."""
SEALED_ROOM = 2 * seal_drawing.RADIUS
MARK_RED = (0.75, 0.10, 0.10)


@dataclass(frozen=True, slots=True)
class SealFace:
    """name: the company on the arc; line: under the star, empty on a company seal."""

    name: str
    line: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the content.

    number      document number; provider: ours, at the head of every page
    address     of the verification page, printed and in the QR code
    issued_at   becomes the file's own date
    is_trial    signed with a development certificate: every page says so
    """

    number: str
    provider: str
    address: str
    issued_at: datetime
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    content: bytes
    pages: int


def render(content: PaperContent, frame: Frame, seal: SealFace | None, translation: Words | None = None) -> Rendered:
    """Set and draw a document. A character outside the font raises InvalidInput; nothing is ever left out.

    translation  the words around a reading copy, which has no seal; None for the document itself
    """
    fonts.require_shown((*content.texts(), frame.provider, frame.address))
    for name in (REGULAR, BOLD):
        fonts.font(name)
    words = translation or words_in(content.language)
    pages = _paginated(_boxes(content, frame, words, seal is not None))
    target = io.BytesIO()
    canvas = _canvas(target, content, frame)
    if seal is not None:
        canvas.beginForm("seal", -seal_drawing.RADIUS, -seal_drawing.RADIUS, seal_drawing.RADIUS, seal_drawing.RADIUS)
        seal_drawing.draw_seal(canvas, seal.name, seal.line)
        canvas.endForm()
    for number, boxes in enumerate(pages, 1):
        _draw_running(canvas, frame, words, number, len(pages))
        if seal is not None and len(pages) > 1:
            _draw_slice(canvas, number, len(pages))
        top = HEIGHT - TOP
        for box, before in boxes:
            top -= before
            box.draw(canvas, SIDE, top)
            top -= box.height
        canvas.showPage()
    canvas.save()
    return Rendered(target.getvalue(), len(pages))


def _canvas(target: io.BytesIO, content: PaperContent, frame: Frame) -> Any:
    canvas = Canvas(
        target,
        pagesize=A4,
        invariant=1,
        pageCompression=1,
        initialFontName=REGULAR,
        initialFontSize=11,
        lang="zh-CN" if content.language is PaperLanguage.ZH else "en",
        pdfVersion=(1, 7),
    )
    at = frame.issued_at.astimezone(SHANGHAI)
    stamp = canvas._doc._timeStamp  # noqa: SLF001 - it has no public name
    stamp.t, stamp.lt, stamp.YMDhms = at.timestamp(), at.timetuple(), at.timetuple()[:6]
    stamp.dhh, stamp.dmm = 8, 0
    canvas.setTitle(f"{content.title} {frame.number}")
    canvas.setAuthor(frame.provider)
    canvas.setSubject(content.reference or content.title)
    canvas.setCreator("履约")
    canvas.setProducer("履约")
    return canvas


def _boxes(content: PaperContent, frame: Frame, words: Words, sealed: bool) -> list[Box]:
    boxes = [_title(content.title)]
    if words.mark:
        boxes += _centred(words.mark, WARNING, MARK_RED, after=2)
    boxes += _centred(content.reference or words.number + frame.number, Face(REGULAR, 9.5, 15), FAINT, after=6)
    for party in content.parties:
        boxes += _party(party.role, party.name, party.details, words)
    if content.parties:
        boxes.append(_space(5))
    if content.addressee:
        lines = fill(words.to + content.addressee, name=BOLD, size=11, measure=MEASURE)
        boxes += [Box(ADDRESSEE.leading, _text(line.text, ADDRESSEE, INK), keep=True) for line in lines]
    for block in content.blocks:
        if isinstance(block, Paragraph):
            boxes += paragraph_boxes(block, MEASURE)
        elif isinstance(block, Facts):
            boxes += [*facts_boxes(block, MEASURE), _space(5)]
        elif isinstance(block, Grid):
            boxes += [*grid_boxes(block, MEASURE), _space(5)]
    return [*_kept_with_the_end(boxes), _closing(content, frame, words, sealed)]


def _kept_with_the_end(boxes: list[Box]) -> list[Box]:
    """Keep the last lines of the text with the signatures: nobody signs a page of nothing else."""
    return [*boxes[:-2], *(replace(box, keep=True) for box in boxes[-2:])]


def _title(text: str) -> Box:
    lines = fill(text, name=BOLD, size=TITLE.size, measure=MEASURE)

    def draw(canvas: Any, left: float, top: float) -> None:
        canvas.setFillColorRGB(*INK)
        canvas.setFont(TITLE.name, TITLE.size)
        for index, line in enumerate(lines):
            canvas.drawCentredString(left + MEASURE / 2, top - index * TITLE.leading - base(TITLE), line.text)

    return Box(len(lines) * TITLE.leading + 2, draw, before=0, keep=True)


def _centred(text: str, face: Face, colour: tuple[float, float, float], *, after: float) -> list[Box]:
    lines = fill(text, name=face.name, size=face.size, measure=MEASURE)

    def draw(canvas: Any, left: float, top: float) -> None:
        canvas.setFillColorRGB(*colour)
        canvas.setFont(face.name, face.size)
        for index, line in enumerate(lines):
            canvas.drawCentredString(left + MEASURE / 2, top - index * face.leading - base(face), line.text)

    return [Box(len(lines) * face.leading + after, draw, keep=True)]


def _text(text: str, face: Face, colour: tuple[float, float, float], shift: float = 0.0) -> Draw:
    def draw(canvas: Any, left: float, top: float) -> None:
        canvas.setFillColorRGB(*colour)
        canvas.setFont(face.name, face.size)
        canvas.drawString(left + shift, top - base(face), text)

    return draw


def _party(role: str, name: str, details: tuple[tuple[str, str], ...], words: Words) -> list[Box]:
    label = role + words.colon
    shift = fonts.width(label, PARTY.name, PARTY.size)
    lines = fill(name, name=PARTY.name, size=PARTY.size, measure=MEASURE - shift)
    boxes = []
    for index, line in enumerate(lines):
        text, left = (label + line.text, 0.0) if index == 0 else (line.text, shift)
        boxes.append(Box(PARTY.leading, _text(text, PARTY, INK, left), before=4.0 if index == 0 else 0.0, keep=True))
    for key, value in details:
        written = fill(f"{key}{words.colon}{value}", name=DETAIL.name, size=DETAIL.size, measure=MEASURE)
        boxes += [
            Box(DETAIL.leading, _text(line.text, DETAIL, INK), keep=index == 0) for index, line in enumerate(written)
        ]
    return boxes


def _space(height: float) -> Box:
    return Box(0.0, lambda *_: None, before=height)


def _closing(content: PaperContent, frame: Frame, words: Words, sealed: bool) -> Box:
    """The end of a document, never divided: signatures, the seal over ours, and how the document is checked."""
    sign = _signature_draws(content.signatures, words, sealed)
    height = max((each for each, _ in sign), default=0.0)
    check_height, check = _verification(frame, words, content.remark)
    gap = 8.0

    def draw(canvas: Any, left: float, top: float) -> None:
        for _, one in sign:
            one(canvas, left, top)
        check(canvas, left, top - height - gap)

    return Box(height + gap + check_height, draw, before=12.0)


def _signature_draws(signatures: tuple[Signature, ...], words: Words, sealed: bool) -> list[tuple[float, Draw]]:
    if len(signatures) == 1:  # a letter is signed on the right
        return [_signature(signatures[0], MEASURE - 82 * MM, 82 * MM, words, sealed)]
    column = (MEASURE - 8 * MM) / 2
    return [
        _signature(each, index % 2 * (column + 8 * MM), column, words, sealed) for index, each in enumerate(signatures)
    ]


def _signature(one: Signature, shift: float, measure: float, words: Words, sealed: bool) -> tuple[float, Draw]:
    seal_here = words.sealed_there if one.is_ours and words.sealed_there else words.seal_here
    head = f"{one.role}{seal_here}{words.colon}" if one.role else ""
    names = fill(one.name, name=BOLD, size=11, measure=measure)
    when = dated(one.dated_on, words) if one.dated_on else words.date_blank
    first = 20.0 if head else 0.0
    signers = [line.text for line in fill(one.by, name=REGULAR, size=11, measure=measure)] if one.by else []
    name_height = len(names) * 19.0 + len(signers) * 18.0
    middle = max(name_height, SEALED_ROOM * 0.52)
    height = first + max(middle + 26.0, SEALED_ROOM + 4 if one.is_ours and sealed else 0.0)

    def draw(canvas: Any, left: float, top: float) -> None:
        x = left + shift
        if one.is_ours and sealed:
            canvas.saveState()
            widest = max(line.width for line in names)
            centre = min(x + max(widest * 0.62, seal_drawing.RADIUS + 8), left + MEASURE - seal_drawing.RADIUS)
            canvas.translate(centre, top - first - seal_drawing.RADIUS - 1)
            canvas.doForm("seal")
            canvas.restoreState()
        canvas.setFillColorRGB(*INK)
        if head:
            canvas.setFont(REGULAR, 11)
            canvas.drawString(x, top - 14, head)
        canvas.setFont(BOLD, 11)
        y = top - first - max(0.0, (middle - name_height) / 2)
        for line in names:
            canvas.drawString(x, y - 14, line.text)
            y -= 19
        canvas.setFont(REGULAR, 11)
        for signer in signers:
            canvas.drawString(x, y - 14, signer)
            y -= 18
        canvas.drawString(x, top - first - middle - 18, when)

    return height, draw


def _verification(frame: Frame, words: Words, remark: str) -> tuple[float, Draw]:
    measure = MEASURE - QR_SIDE - 10
    texts = [words.check_here.format(number=frame.number), frame.address, words.whose_seal]
    if remark:
        texts.append(remark)
    if frame.is_trial:
        texts.append(words.trial_note)
    lines = [
        (line, index)
        for index, text in enumerate(texts)
        for line in fill(text, name=NOTE.name, size=NOTE.size, measure=measure)
    ]
    height = max(QR_SIDE, len(lines) * NOTE.leading) + 8
    code = segno.make(frame.address, error="m", micro=False, mask=2)  # one mask: no scoring of eight

    def draw(canvas: Any, left: float, top: float) -> None:
        canvas.setStrokeColorRGB(*RULE)
        canvas.setLineWidth(0.5)
        canvas.line(left, top, left + MEASURE, top)
        _draw_qr(canvas, code, left, top - 6 - QR_SIDE)
        y = top - 6
        for line, index in lines:
            canvas.setFillColorRGB(*(MARK_RED if texts[index] == words.trial_note else FAINT))
            draw_line(canvas, line, NOTE, x=left + QR_SIDE + 10, y=y - base(NOTE), measure=measure)
            y -= NOTE.leading

    return height, draw


def _draw_qr(canvas: Any, code: segno.QRCode, x: float, y: float) -> None:
    """Draw the code in units of its modules: one rectangle for each dark run of a row."""
    rows = list(code.matrix)
    side = QR_SIDE / len(rows)
    operators = [f"q 0 g {side:.4f} 0 0 {side:.4f} {x:.3f} {y:.3f} cm"]
    for number, row in enumerate(rows):
        start = None
        for column, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                operators.append(f"{start} {len(rows) - number - 1} {column - start} 1 re")
                start = None
    canvas._code.append("\n".join((*operators, "f Q")))  # noqa: SLF001 - its path object formats every number


def _paginated(boxes: list[Box]) -> list[list[tuple[Box, float]]]:
    """Divide boxes over pages; what keeps with the next is moved with it. Each comes with the space above it."""
    pages: list[list[tuple[Box, float]]] = [[]]
    used = 0.0
    index = 0
    while index < len(boxes):
        group = [boxes[index]]
        while group[-1].keep and index + len(group) < len(boxes):
            group.append(boxes[index + len(group)])
        needed = sum(box.height + box.before for box in group)
        if used and used + needed > ROOM:
            pages.append([])
            used = 0.0
            for head in group[0].head:
                pages[-1].append((head, 0.0))
                used += head.height
        for box in group:
            before = box.before if used else 0.0
            if used and used + before + box.height > ROOM:  # a group taller than a page is divided after all
                pages.append([])
                used = before = 0.0
            pages[-1].append((box, before))
            used += before + box.height
        index += len(group)
    return pages


def _draw_running(canvas: Any, frame: Frame, words: Words, number: int, count: int) -> None:
    canvas.setStrokeColorRGB(*RULE)
    canvas.setLineWidth(0.5)
    canvas.line(SIDE, HEIGHT - 20 * MM, WIDTH - SIDE, HEIGHT - 20 * MM)
    canvas.line(SIDE, 19 * MM, WIDTH - SIDE, 19 * MM)
    canvas.setFillColorRGB(*FAINT)
    canvas.setFont(RUNNING.name, RUNNING.size)
    canvas.drawString(SIDE, HEIGHT - 18 * MM, frame.provider)
    canvas.drawRightString(WIDTH - SIDE, HEIGHT - 18 * MM, words.number + frame.number)
    canvas.drawCentredString(WIDTH / 2, 15 * MM, words.page.format(number=number, count=count))
    if mark := words.mark or (words.trial_mark if frame.is_trial else ""):
        canvas.setFillColorRGB(*MARK_RED)
        canvas.setFont(WARNING.name, WARNING.size)
        canvas.drawCentredString(WIDTH / 2, HEIGHT - 14 * MM, mark)


def _draw_slice(canvas: Any, number: int, count: int) -> None:
    """骑缝章: this page's slice of the seal at its right edge; the pages of a group side by side make it whole."""
    groups = -(-count // MOST_SLICES)
    size, larger = divmod(count, groups)
    first = 1
    for group in range(groups):
        length = size + (1 if group < larger else 0)
        if number < first + length:
            break
        first += length
    if length < 2:
        return
    slice_width = 2 * seal_drawing.RADIUS / length
    middle = HEIGHT * 0.5
    canvas.saveState()
    path = canvas.beginPath()
    path.rect(WIDTH - slice_width, middle - seal_drawing.RADIUS, slice_width, 2 * seal_drawing.RADIUS)
    canvas.clipPath(path, stroke=0, fill=0)
    canvas.translate(WIDTH - slice_width * (number - first + 1) + seal_drawing.RADIUS, middle)
    canvas.doForm("seal")
    canvas.restoreState()
