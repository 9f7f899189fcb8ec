"""Order fields that share a place: two labels over two values in one cell or line, and fields written as a sentence.

Read only where the value falls into exactly the parts that the labels ask for, and never as sure as a row of its own:
a person confirms what is found here (main 一).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from agreements.intake.document import CELL, Document, Line
from agreements.intake.label_words import KEY_OF_WORD, ORDER_KEYS, ORDER_LABELS
from agreements.intake.labels import BOUNDARY, Label, label_at
from agreements.intake.numerals import NUMBER

SURE = 0.6
IN_ONE_LABEL = re.compile(
    r"(?P<first>[^\s/、及和与(]+)\s?(?:[/、及和与]|(?P<open>\())\s?(?P<second>[^\s()]+)(?(open)\))"
)
AMOUNT = rf"(?:人民币|RMB|¥)?\s?(?:{NUMBER})(?:\.\d+)?\s?(?:万?元)?"
TWO_AMOUNTS = re.compile(rf"(?P<first>{AMOUNT})\s?(?:[/、;,]|\(|\s)\s?(?P<second>{AMOUNT})\)?")
SPEC_AND_QUANTITY = re.compile(r"(?P<first>.*?\S)\s?(?:[×x*]|,|、|\s/\s)\s?(?P<second>\d{1,6})\s?(?:个|份|套|件|包)?")
AMOUNTS = frozenset({"list_price", "paid_amount", "coupon"})
SHORTEST_IN_PROSE = 4
"""A word of a sentence that is a label, in characters: 金额 or 价格 alone says too little of which it is."""

PROSE_AMOUNT = re.compile(
    "(?P<label>"
    + "|".join(
        word
        for key in ("list_price", "paid_amount")
        for word in sorted(ORDER_LABELS[key], key=len, reverse=True)
        if len(word) >= SHORTEST_IN_PROSE
    )
    + rf")(?:总?共?计?为|是|共计|合计|总计)?\s?(?P<value>{AMOUNT})(?=[,，。;；\s]|$)"
)
PROSE_PERIOD = re.compile(
    r"(?P<label>服务期限|服务期间|服务周期|服务有效期|使用期限)(?:为|是)?\s?(?P<value>(?:自|从|由)?[^。;,]{0,6}\d{4}[^。;]{4,60}?(?:止|\d日))"
    r"(?=[,。;\s]|$)"
)


def merged_labels(document: Document) -> list[Label]:
    """Return the labels of cells and lines that hold two fields; they go before those that see but one of them."""
    found: list[Label] = []
    for line in document.lines:
        if CELL in line.text:
            found += _of_row(line)
        elif ":" in line.text:
            head, _, value = line.text.partition(":")
            found += _of_pair(line, head, 0, value, len(head) + 1)
    return found


def prose_labels(document: Document, known: Sequence[Label], annex: range) -> list[Label]:
    """Return fields that the main agreement states in a sentence and no label names; the first statement counts."""
    filled = {label.key for label in known if not label.is_blank}
    found: list[Label] = []
    for line in document.lines:
        if CELL in line.text or line.start in annex:
            continue
        for pattern in (PROSE_AMOUNT, PROSE_PERIOD):
            for match in pattern.finditer(line.text):
                key = KEY_OF_WORD[match["label"]]
                if key not in filled and not (key == "service_period" and filled & {"service_start", "service_end"}):
                    found.append(_label(line, key, match.start("label"), match.start("value"), match.end("value")))
                    filled.add(key)
    return found


def _of_row(line: Line) -> Iterator[Label]:
    """Look at each cell with its right neighbour, and into each cell for a label after the first value."""
    starts, at = [], 0
    for part in line.text.split(CELL):
        starts.append((at + len(part) - len(part.lstrip()), part.strip()))
        at += len(part) + 1
    for (start, text), (beside_at, beside) in pairwise(starts):
        yield from _of_pair(line, text, start, beside, beside_at)
    for start, text in starts:
        yield from _inside(line, text, start)


def _of_pair(line: Line, head: str, head_at: int, value: str, value_at: int) -> Iterator[Label]:
    labels = IN_ONE_LABEL.fullmatch(head.strip())
    if labels is None:
        return
    keys = [KEY_OF_WORD.get(_plain(labels[name])) for name in ("first", "second")]
    if keys == ["spec_text", "quantity"]:
        parts = SPEC_AND_QUANTITY.fullmatch(value.strip())
    elif all(key in AMOUNTS for key in keys) and keys[0] != keys[1]:
        parts = TWO_AMOUNTS.fullmatch(value.strip())
    else:
        return
    if parts is None:
        return
    shift = value_at + len(value) - len(value.lstrip())
    for key, name in zip(keys, ("first", "second"), strict=True):
        assert key is not None, "both are known"
        yield _label(line, key, head_at, shift + parts.start(name), shift + parts.end(name))


def _plain(word: str) -> str:
    """规格名称及数量: the second word may leave out what the first said; it is known as it stands."""
    return word.strip(" :*★")


def _inside(line: Line, text: str, start: int) -> Iterator[Label]:
    """Read 1200.0 实付金额:800.0, a label with its value behind another value in one cell."""
    for boundary in BOUNDARY.finditer(text):
        match = label_at(text, boundary.end())
        if match is None or not match.has_colon or match.key not in ORDER_KEYS or boundary.start() == 0:
            continue
        following = next(
            (
                each.start()
                for each in BOUNDARY.finditer(text, match.end)
                if (more := label_at(text, each.end())) is not None and more.has_colon
            ),
            len(text),
        )
        value = text[match.end : following]
        lead = len(value) - len(value.lstrip(" :"))
        end = start + match.end + len(value.rstrip(" ,;。"))
        yield _label(line, match.key, start + match.start, start + match.end + lead, end)


def _label(line: Line, key: str, start: int, value_start: int, value_end: int) -> Label:
    at = line.start
    return Label(key, None, line.number, at + start, at + value_start, at + value_end, SURE)
