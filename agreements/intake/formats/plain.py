"""Text and Markdown files, in UTF-8, UTF-16 or GB18030; everything else is refused clearly."""

import codecs
import re

from agreements.intake.formats.limits import LONGEST_TEXT
from agreements.intake.formats.refusals import READ_TODAY, refusal
from agreements.intake.formats.source import SourceText
from agreements.kernel.errors import N_, InvalidInput

BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
COMMON = re.compile(r"甲方|乙方|协议|合同|订单|服务|的")


def decoded(name: str, content: bytes) -> SourceText:
    """Decode the bytes of a text file; raises InvalidInput where they are none."""
    text, warnings = _decoded(name, content)
    if not text.strip("\ufeff \t\r\n\u3000"):
        raise refusal("EMPTY", name)
    if len(text) > LONGEST_TEXT:
        raise refusal("TOO_LARGE", name, length=len(text), most=LONGEST_TEXT)
    return SourceText(name, text, warnings)


def _decoded(name: str, content: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), ()
            except UnicodeDecodeError as error:
                raise _unreadable(name) from error
    if b"\0" in content:
        raise InvalidInput(
            N_("“%(name)s” is a binary file."), code="FORMAT_NOT_READ", field="file", remedy=READ_TODAY, name=name
        )
    try:
        return content.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _unreadable(name) from error
    if not _looks_chinese(text):
        raise _unreadable(name)
    return text, ("decoded_as:gb18030",)


def _looks_chinese(text: str) -> bool:
    """Bytes of another encoding become rare characters; a Chinese contract has mostly common ones and these words."""
    foreign = [character for character in text[:20_000] if ord(character) > 0x7F]
    level_one = sum(CHINESE.match(character) is not None and _is_common(character) for character in foreign)
    return bool(foreign) and level_one / len(foreign) > 0.6 and COMMON.search(text) is not None


def _is_common(character: str) -> bool:
    """Say whether a character stands in GB2312, which holds the 6,763 in common use."""
    try:
        return len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def _unreadable(name: str) -> InvalidInput:
    return InvalidInput(
        N_("“%(name)s” is not text in UTF-8, UTF-16 or GB18030."),
        code="ENCODING_NOT_READ",
        field="file",
        remedy=N_("Save it as UTF-8 and try again."),
        name=name,
    )
