"""What in a PDF file can act on its own: looked for in its objects, whatever they are packed or spelled like."""

import re
import zlib
from collections.abc import Iterator

from agreements.intake.formats.limits import LARGEST_PART_BYTES, LARGEST_UNPACKED_BYTES
from agreements.intake.formats.refusals import Refused

NAMES = {
    b"JavaScript": "script",
    b"Launch": "launch",
    b"ImportData": "launch",
    b"EmbeddedFiles": "embedded_file",
    b"EmbeddedFile": "embedded_file",
    b"RichMedia": "embedded_file",
    b"XFA": "form",
    b"SubmitForm": "form",
}
ACTIVE = re.compile(rb"/(" + b"|".join(NAMES) + rb")(?=[\s/<>\[\](){}%]|$)")
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
OBJECT_STREAM = re.compile(rb"/ObjStm(?=[\s/<>\[\](){}%])")
STREAM = re.compile(rb"stream\r?\n")
PREDICTED = re.compile(rb"/(?:DecodeParms|DP|ASCIIHexDecode|ASCII85Decode|LZWDecode|RunLengthDecode|AHx|A85|LZW|RL)\b")


def refuse_active_content(content: bytes) -> None:
    """Refuse a file with scripts, launch actions, embedded files or forms that send what is typed into them."""
    unpacked = 0
    whole = _unescaped(content)
    for piece in (whole, *(_unescaped(stream) for stream in _object_streams(whole))):
        unpacked += len(piece)
        if unpacked > LARGEST_UNPACKED_BYTES:
            raise Refused("UNPACKS_TOO_LARGE")
        active = ACTIVE.search(piece)
        if active is not None:
            raise Refused("ACTIVE_CONTENT", what=NAMES[active[1]])


def _unescaped(content: bytes) -> bytes:
    """Write the names in clear that are spelled with #41 and the like."""
    return ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content) if b"#" in content else content


def _object_streams(plain: bytes) -> Iterator[bytes]:
    """Yield the streams that hold objects, unpacked; one that is packed in an unusual way is no plain agreement's."""
    seen = 0
    for found in OBJECT_STREAM.finditer(plain):
        start = STREAM.search(plain, found.end(), found.end() + 2000)
        if start is None or start.end() <= seen:
            continue
        seen = start.end()
        head = plain[max(0, found.start() - 500) : start.start()]
        head = head[head.rfind(b" obj") :] if b" obj" in head else head
        if PREDICTED.search(head):
            raise Refused("FILE_DAMAGED", format="PDF")
        inflater = zlib.decompressobj()
        try:
            unpacked = inflater.decompress(plain[start.end() :], LARGEST_PART_BYTES)
        except zlib.error:
            unpacked = plain[start.end() : plain.find(b"endstream", start.end())]
        if inflater.unconsumed_tail:
            raise Refused("UNPACKS_TOO_LARGE")
        yield unpacked
