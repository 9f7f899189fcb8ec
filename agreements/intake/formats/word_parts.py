"""What a Word file is packed of: checked before anything of it is understood."""

import io
import re
import zipfile

from lxml import etree

from agreements.intake.formats.limits import LARGEST_PART_BYTES, LARGEST_UNPACKED_BYTES, MOST_PARTS
from agreements.intake.formats.refusals import Refused

ENCRYPTED = 0x1
MACROS = re.compile(r"vbaProject|vbaData|/macrosheets/|activeX", re.IGNORECASE)
DECLARATION = re.compile(rb"<\s*!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
FOLLOWED_BY_PEOPLE = "/hyperlink"
"""The one kind of outside reference that no program follows by itself."""


def refuse_unsafe_parts(content: bytes) -> None:
    """Refuse bombs, passwords, macros, XML declarations and references to the outside; real sizes are measured."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            _check_package(package)
    except (
        zipfile.BadZipFile,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
        etree.XMLSyntaxError,
    ) as error:
        raise Refused("FILE_DAMAGED", format="DOCX") from error


def _check_package(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED_BYTES:
        raise Refused("UNPACKS_TOO_LARGE")
    names = {part.filename for part in parts}
    if len(names) < len(parts):
        raise Refused("FILE_DAMAGED", format="DOCX")
    if any(part.flag_bits & ENCRYPTED for part in parts):
        raise Refused("FILE_ENCRYPTED")
    if "word/document.xml" not in names:
        raise Refused("FORMAT_NOT_READ", format="XLSX" if "xl/workbook.xml" in names else "ZIP")
    if any(MACROS.search(name) for name in names):
        raise Refused("ACTIVE_CONTENT", what="macro")
    unpacked = 0
    for part in parts:
        is_xml = part.filename.lower().endswith((".xml", ".rels"))
        content, size = _unpacked(package, part, keep=is_xml)
        unpacked += size
        if unpacked > LARGEST_UNPACKED_BYTES:
            raise Refused("UNPACKS_TOO_LARGE")
        if is_xml:
            _check_xml(part.filename, content)


def _unpacked(package: zipfile.ZipFile, part: zipfile.ZipInfo, *, keep: bool) -> tuple[bytes, int]:
    """Unpack a part within bounds; returns its content, where it is to be kept, and its real size."""
    kept, size = [], 0
    with package.open(part) as file:
        while piece := file.read(1 << 16):
            size += len(piece)
            if size > LARGEST_PART_BYTES:
                raise Refused("UNPACKS_TOO_LARGE")
            if keep:
                kept.append(piece)
    return b"".join(kept), size


def _check_xml(name: str, content: bytes) -> None:
    plain = content.replace(b"\0", b"")  # UTF-16 too
    if DECLARATION.search(plain):
        raise Refused("ACTIVE_CONTENT", what="xml_declaration")
    if b"macroEnabled" in plain:
        raise Refused("ACTIVE_CONTENT", what="macro")
    if not name.lower().endswith(".rels"):
        return
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    for reference in root.iter(RELATIONSHIP):
        if reference.get("TargetMode", "").lower() == "external" and not reference.get("Type", "").endswith(
            FOLLOWED_BY_PEOPLE
        ):
            raise Refused("ACTIVE_CONTENT", what="outside_reference")
