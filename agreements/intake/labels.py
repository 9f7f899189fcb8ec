"""Finding labelled values, however they are laid out: label：value lines, tables upright or lying, plain rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from agreements.intake.document import CELL, Document, Line
from agreements.intake.label_words import KEY_OF_WORD, LABEL, ORDER_KEYS, PARTY_KEYS, PARTY_OF_WORD, TAKES_FREE_TEXT

BULLET = re.compile(
    r"(?:#{1,6}|>|[-*+•·●○■□◆])?\s*(?:\(?\d{1,2}[.、)](?!\d)\s*|\(?[一二三四五六七八九十]{1,2}[、)]\s*)?[【\[]?"
)
BOUNDARY = re.compile(r"[\s,;。、/\x1f)]+")
WIDE_GAP = re.compile(r"\s{2,}")
UNKNOWN_LABEL = re.compile(r"[\s,;]+[\u4e00-\u9fff]{2,8}\s?:")
LEADING_LABEL = re.compile(r"[\u4e00-\u9fff ]{2,12}:")
PRICED = re.compile(r"\d\s?(?:元|次|万)")
STARRED = re.compile(r"[*★☆※]")
SEPARATOR_CELL = re.compile(r":?-+:?")
CLAUSE_START = re.compile(
    r"(?:第\s?)?\d{1,2}\s?\.\s?\d{1,2}(?!\d|\s?[元圆%万千]|\s*$)|[一二三四五六七八九十]{1,3}\s?、|第[一二三四五六七八九十\d]{1,3}[条章]|附\s?件"
)
SHORT_NAME_NOTE = re.compile(
    r"\((?:以下|下)?(?:统一)?(?:简称|称)(?:为)?[\"“「『']?(最终用户|甲方|服务商|乙方)[\"”」』']?\)$"
)
"""A line that gives a party its short name, such as (简称“最终用户”): what follows is that party's, named or not."""
NAME_END = re.compile(r"(?:公司|企业|集团|中心|厂|店|行|院|社|部|所|会|校|学|户|工作室)(?:\([^()]{1,20}\))?$")
BLANK = re.compile(
    r"[-—–/_\\.…\s年月日]*|无|暂无|空|待填|待定|待补充|未填|未填写|N/?A|\(?(?:用户)?(?:盖章|签章|签字|公章)(?:处)?\)?",
    re.IGNORECASE,
)
ANSWERED_BELOW = ORDER_KEYS | {"address", "contact", "phone"}
LONGEST_LABELLED_LINE = 1000
LONGEST_VALUE = 400
MOST_CELLS = 40


@dataclass(frozen=True, slots=True)
class Label:
    """A label and its value as spans of the uniform text; an empty value has value_end == value_start.

    key     "party", "name", "order_no", …; see label_words
    party   party_a or party_b where the label or its column names one
    sure    how sure the layout makes us that this value belongs to this label, 0 to 1
    """

    key: str
    party: str | None
    line: int
    start: int
    value_start: int
    value_end: int
    sure: float

    @property
    def is_blank(self) -> bool:
        return self.value_end <= self.value_start


@dataclass(frozen=True, slots=True)
class _Match:
    """A label without its value; start and end are offsets within the line."""

    key: str
    party: str | None
    start: int
    end: int
    has_colon: bool


def find_labels(document: Document) -> list[Label]:
    """Return every label of the text in order, with its value."""
    found: list[Label] = []
    lines = document.lines
    position = 0
    while position < len(lines):
        last = position
        if not lines[position].text:
            position += 1
            continue
        if _is_table_row(lines[position]):
            while last + 1 < len(lines) and (_is_table_row(lines[last + 1]) or _is_gap_in_table(lines, last + 1)):
                last += 1
            found += _labels_of_table(lines[position : last + 1])
        elif header := _spaced_header(lines[position]):
            found += _labels_of_spaced_table(header, lines, position)
        else:
            found += _labels_of_line(lines, position)
        position = last + 1
    return found


def _is_table_row(line: Line) -> bool:
    if CELL not in line.text:
        return False
    first = line.text.split(CELL, 1)[0].strip()
    return line.is_table_row or _bare_label(first) is not None or line.text.count(CELL) > 1


def _is_gap_in_table(lines: Sequence[Line], position: int) -> bool:
    """HTML leaves blank lines between rows; Markdown never does."""
    rest = [line for line in lines[position : position + 4] if line.text]
    return not lines[position].text and bool(rest) and rest[0].is_table_row


@lru_cache(maxsize=4096)
def _match(text: str, position: int) -> _Match | None:
    match = LABEL.match(text, position)
    if match is None or not (match["party"] or match["sub"]):
        return None
    party = PARTY_OF_WORD[_tight(match["party"])] if match["party"] else None
    key = (
        KEY_OF_WORD[_tight(match["sub"]).upper() if match["sub"].isascii() else _tight(match["sub"])]
        if match["sub"]
        else "party"
    )
    if party and key in {"seal", "name"}:
        key = "party"
    if key == "account" and party is None and match["note"]:
        party = PARTY_OF_WORD.get(match["note"].strip("()").strip())  # 阿里云账号(甲方)
    if key in {"account_purchaser", "account_seller"}:
        key, party = "account", "party_a" if key == "account_purchaser" else "party_b"
    said = match["is"] is not None and key in ORDER_KEYS  # 数量为1
    return _Match(
        key,
        party,
        match.start(),
        match.end() if said else match.start("is") if match["is"] else match.end(),
        said or match["colon"] is not None,
    )


label_at = _match


def _tight(text: str) -> str:
    return text.replace(" ", "")


def _bare_label(text: str) -> _Match | None:
    """Return the label that a cell consists of, whole."""
    match = _match(text, 0)
    return match if match and not text[match.end :].strip() else None


def _labels_of_line(lines: Sequence[Line], position: int) -> Iterator[Label]:
    """Read `label：value` once or several times in a line, or a plain row `label value`."""
    line = lines[position]
    text = line.text
    if note := SHORT_NAME_NOTE.match(text):
        yield Label("party", PARTY_OF_WORD[note[1]], line.number, line.start, line.end, line.end, 0.6)
        return
    bullet = BULLET.match(text)
    first = _match(text, bullet.end() if bullet else 0) if len(text) <= LONGEST_LABELLED_LINE else None
    if first is None:
        return
    rest = text[first.end :]
    is_plain_row = not first.has_colon and bool(rest.strip())
    if is_plain_row and not (text[first.end - 1].isspace() or rest[0].isspace()):
        return
    matches = [first]
    for boundary in list((WIDE_GAP if is_plain_row else BOUNDARY).finditer(text, first.end))[:60]:
        following = _match(text, boundary.end()) if boundary.end() >= matches[-1].end else None  # 联系人、电话 is one
        if following and (following.has_colon or (is_plain_row and following.key in ORDER_KEYS)):
            matches.append(following)
    for index, match in enumerate(matches):
        end = matches[index + 1].start if index + 1 < len(matches) else len(text)
        if is_plain_row and not match.has_colon and not _may_be_plain_row(match, text[match.end : end].strip()):
            return
        label = _label(line, match, match.end, end, 0.97 if match.has_colon else 0.9)
        yield _run_on(lines, position, label) if index + 1 == len(matches) else label


def _may_be_plain_row(label: _Match, rest: str) -> bool:
    """A row without a colon: an order field, or a party followed by a name; never a sentence that starts with 甲方."""
    if any(mark in rest for mark in "。;") or len(rest) > 200:
        return False
    if label.key in ORDER_KEYS:
        return "," not in rest or rest[:1] in "0123456789¥" or label.key in {"product_name", "spec_text"}
    if label.key == "party":
        return "," not in rest and bool(NAME_END.search(rest)) and len(rest) < 60
    return label.key in {"date", "contact", "phone", "address"} and "," not in rest and len(rest) < 60


def _run_on(lines: Sequence[Line], position: int, label: Label) -> Label:
    """Take in the next line where a long value was wrapped, or where the label stands alone above its value."""
    following = _line_below(lines, position, label)
    if following is None:
        return label
    if (
        not following.text
        or len(following.text) > 120
        or CELL in following.text
        or following.text.startswith(("(", "#", "《"))
        or any(mark in following.text for mark in "。;")
        or CLAUSE_START.match(following.text)
        or _opens_with_a_label(following.text, label)
    ):
        return label
    if label.is_blank and label.key != "seal":
        sure = 0.7 if following.number == label.line + 1 else 0.6
        return replace(label, value_start=following.start, value_end=following.end, sure=sure)
    if label.key in TAKES_FREE_TEXT and label.value_end - label.value_start > 8:
        return replace(label, value_end=following.end, sure=0.8)
    return label


def _line_below(lines: Sequence[Line], position: int, label: Label) -> Line | None:
    """Return the line under a label; one that stands alone may have a blank line under it, if what follows is short."""
    below = lines[position + 1 : position + 3]
    if not below or below[0].text or not label.is_blank or label.key not in ANSWERED_BELOW:
        return below[0] if below else None
    is_short = len(below) > 1 and len(below[1].text) <= 40 and "," not in below[1].text
    return below[1] if is_short else below[0]


def _opens_with_a_label(text: str, above: Label) -> bool:
    """Say whether a line is a labelled one itself; a value may have a colon too (00:00:00) or begin as a label does."""
    bullet = BULLET.match(text)
    match = _match(text, bullet.end() if bullet else 0)
    if match is not None and (
        match.has_colon or match.end == len(text) or text[match.end - 1 : match.end + 1].count(" ")
    ):
        return True
    named = LEADING_LABEL.match(text)
    return named is not None and not (above.key == "spec_text" and PRICED.search(text, named.end()))


def _spaced_header(line: Line) -> list[_Match]:
    """Return the labels of a line that consists of several labels and nothing else."""
    words = line.text.split()
    if not 1 < len(words) <= MOST_CELLS or CELL in line.text:
        return []
    labels = [
        match for word in words if (match := _bare_label(word)) and not match.has_colon and match.key in ORDER_KEYS
    ]
    return labels if len(labels) == len(words) else []


def _labels_of_spaced_table(header: list[_Match], lines: Sequence[Line], position: int) -> Iterator[Label]:
    """Read the line of values under a line of labels, if it falls into as many columns; else every label is blank."""
    below = next((line for line in lines[position + 1 : position + 3] if line.text), None)
    spans = []
    if below is not None:
        for gap in (r"\S+(?:\s\S+)*", r"\S+"):
            spans = [word.span() for word in re.finditer(gap, below.text)]
            if len(spans) == len(header):
                break
    for column, match in enumerate(header):
        if below is not None and len(spans) == len(header):
            yield _label(below, match, *spans[column], 0.8)
        else:
            yield _label(lines[position], match, len(lines[position].text), len(lines[position].text), 0.8)


def _labels_of_table(rows: Sequence[Line]) -> Iterator[Label]:
    """Read a table: label and value side by side, labels above their values, or one column for each party."""
    header: dict[int, _Match] = {}
    party_of_column: dict[int, str] = {}
    for row in rows:
        cells = _cells(row)
        written = [column for column, (_, text) in enumerate(cells) if text and not SEPARATOR_CELL.fullmatch(text)]
        if not written or len(cells) > MOST_CELLS:
            continue
        bare = {column: match for column in written if (match := _bare_label(cells[column][1])) is not None}
        parties = {column: match.party for column, match in bare.items() if match.key == "party" and match.party}
        if len(parties) > 1 and len(written) <= len(parties) + (written[0] not in parties):
            party_of_column, header = parties, {}
        elif len(bare) == len(written) > 1:
            header = bare
        elif header and not bare:
            for column, match in header.items():
                start, text = cells[column] if column < len(cells) else (len(row.text), "")
                yield _label(row, match, start, start + len(text), 0.95)
            header = {}
        else:
            yield from _labels_of_row(row, cells, party_of_column)


def _labels_of_row(row: Line, cells: list[tuple[int, str]], party_of_column: dict[int, str]) -> Iterator[Label]:
    """Read label and value in neighbouring cells or in one; a column that opened with a party keeps it."""
    pending: _Match | None = None
    for column, (start, text) in enumerate(cells):
        match = _match(text, 0)
        is_label = match is not None and (match.has_colon or not text[match.end :].strip())
        if pending is not None and party_of_column.get(column) and pending.key in PARTY_KEYS:
            yield _label(row, replace(pending, party=party_of_column[column]), start, start + len(text), 0.95)
        elif pending is not None:
            yield _label(row, pending, start, start if is_label else start + len(text), 0.97)
            pending = None
            if not is_label:
                continue
        if match is None or not is_label:
            continue
        rest = text[match.end :].strip()
        match = replace(
            match, party=match.party or party_of_column.get(column), start=start + match.start, end=start + match.end
        )
        if not rest:
            pending = match
            continue
        if match.key == "party" and match.party:
            party_of_column[column] = match.party
        yield _label(row, match, match.end, start + len(text), 0.97)
    if pending is not None and not party_of_column:
        yield _label(row, pending, len(row.text), len(row.text), 0.97)


def _cells(row: Line) -> list[tuple[int, str]]:
    """Return offset within the row and text of each cell; the edges of the table make no cells."""
    cells, offset = [], 0
    for part in row.text.split(CELL):
        text = part.strip()
        if STARRED.match(text) and _bare_label(text.strip("*★☆※ ")):
            text = text.strip("*★☆※ ")
        cells.append((offset + part.index(text), text))
        offset += len(part) + 1
    return cells[1:] if row.is_table_row else cells


def _label(line: Line, match: _Match, start: int, end: int, sure: float) -> Label:
    """Make the label of a value given in offsets within its line; the value is trimmed, a placeholder becomes blank."""
    text = line.text[start:end] if end - start <= LONGEST_VALUE else ""
    unknown = UNKNOWN_LABEL.search(text)
    if unknown and not (match.key == "spec_text" and PRICED.search(text, unknown.end())):
        text = text[: unknown.start()]
    lead = len(text) - len(text.lstrip(" :,\x1f"))
    text = text.strip(" :,;。\x1f")
    if BLANK.fullmatch(text):
        text, lead = "", 0
    first = line.start + start + lead
    return Label(match.key, match.party, line.number, line.start + match.start, first, first + len(text), sure)
