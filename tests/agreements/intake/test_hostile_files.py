"""Files that would hurt are refused with the reason, within seconds and bounded memory, and hurt nothing else."""

import io
import os
import resource
import threading
import time
import zipfile
import zlib

import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption

from agreements.intake.formats.confined import READING, read_confined
from agreements.intake.formats.limits import LARGEST_FILE_BYTES, READING_SECONDS
from agreements.intake.formats.recognising import _opened
from agreements.intake.formats.refusals import Refused
from agreements.intake.loading import source_of
from agreements.kernel.errors import InvalidInput
from tests.builders_formats import as_docx, as_reportlab_pdf
from tests.builders_intake import example_text

AT_ONCE_SECONDS = 30  # on a busy machine; without its bound it takes minutes
TEXT = "# 云市场商品销售协议\n\n甲方：海棠商务服务有限公司\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>'


def refusal_of(content, name="agreement.pdf"):
    with pytest.raises(InvalidInput) as refused:
        source_of(name, content)
    assert refused.value.field == "file"
    assert refused.value.remedy
    return refused.value


def a_pdf(*objects, stream_of=None):
    """Write a PDF of one empty page; `objects` are further ones, the first of them (number 4) is the open action."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        *objects,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + b"".join(
        b"%010d 00000 n \n" % at for at in places
    )
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, xref)


def packed(*objects):
    """Return an object stream that hides objects from whoever looks at the bytes only."""
    heads = " ".join(f"{10 + at} {sum(len(one) + 1 for one in objects[:at])}" for at in range(len(objects))).encode()
    data = zlib.compress(heads + b"\n" + b"\n".join(objects))
    head = b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>" % (
        len(objects),
        len(heads) + 1,
        len(data),
    )
    return head + b"\nstream\n" + data + b"\nendstream"


def a_docx(parts=(), text=TEXT, replace=()):
    """Write a Word file with further parts, given as name and bytes; `replace` changes bytes of parts that it has."""
    file, whole = io.BytesIO(), zipfile.ZipFile(io.BytesIO(as_docx(text)))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for part in whole.infolist():
            content = whole.read(part)
            for name, old, new in replace:
                if part.filename == name:
                    assert old in content
                    content = content.replace(old, new, 1)
            package.writestr(part.filename, content)
        for name, content in parts:
            package.writestr(name, content)
    return file.getvalue()


def outside(kind, target="http://203.0.113.7/a"):
    new = f'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    return [("word/_rels/document.xml.rels", b"</Relationships>", new.encode())]


@pytest.mark.parametrize(
    ("action", "what"),
    [
        (b"<< /S /JavaScript /JS (app.alert(1)) >>", "script"),
        (b"<< /S /J#61vaScript /JS (app.alert(1)) >>", "script"),
        (b"<< /S /Launch /F (cmd.exe) >>", "launch"),
        (
            b"<< /Type /Filespec /F (a.exe) /EF << /F 5 0 R >> >>\nendobj\n5 0 obj\n<< /Type /EmbeddedFile >>",
            "embedded_file",
        ),
        (b"<< /S /SubmitForm /F (http://203.0.113.7) >>", "form"),
    ],
)
def test_a_pdf_that_can_act_is_refused(action, what):
    for content in (a_pdf(action), a_pdf(b"null", packed(action))):
        refused = refusal_of(content)
        assert (refused.code, refused.values["what"].value) == ("ACTIVE_CONTENT", what)


def test_a_plain_pdf_with_such_words_in_its_text_is_read():
    assert "JavaScript" in source_of("a.pdf", as_reportlab_pdf(TEXT + "\n接口示例使用 /JavaScript 编写。\n")).text


@pytest.mark.parametrize("password", ["secret", ""])
def test_an_encrypted_pdf_is_refused_even_where_it_opens_without_a_password(password):
    lock = StandardEncryption(password, ownerPassword="owner", canPrint=0)
    assert refusal_of(as_reportlab_pdf(TEXT, encrypt=lock)).code == "FILE_ENCRYPTED"


@pytest.mark.parametrize("cut", [20, 600, -400])
def test_a_cut_pdf_is_refused_or_read_whole(cut):
    assert read_or_refused(as_reportlab_pdf(TEXT)[:cut]) in {"FILE_DAMAGED", "NO_TEXT", "SCAN_READING_MISSING", "read"}


def test_noise_in_every_place_of_a_pdf_never_hurts():
    whole = as_reportlab_pdf(TEXT)
    for at in range(0, len(whole), len(whole) // 12):
        read_or_refused(whole[:at] + os.urandom(24) + whole[at + 24 :])
    assert "海棠" in source_of("a.pdf", whole).text


def read_or_refused(content):
    try:
        source_of("a.pdf", content)
    except InvalidInput as refused:
        return refused.code
    return "read"


def test_a_pdf_of_a_thousand_pages_is_refused_at_once():
    document = pypdfium2.PdfDocument.new()
    for _ in range(1000):
        document.new_page(200, 200).close()
    file = io.BytesIO()
    document.save(file)
    document.close()

    started = time.monotonic()
    refused = refusal_of(file.getvalue())

    assert (refused.code, refused.values["pages"]) == ("TOO_MANY_PAGES", 1000)
    assert time.monotonic() - started < AT_ONCE_SECONDS


def test_a_page_that_unpacks_without_end_is_stopped():
    bomb = zlib.compress(b"BT (" + b"A" * 40_000_000 + b") Tj ET", 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 5 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
    content = a_pdf(b"null", b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(bomb) + bomb + b"\nendstream")
    content = content.replace(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>", page)

    started = time.monotonic()
    refused = refusal_of(content)

    assert refused.code in {"READING_EXHAUSTED", "TOO_LARGE", "NO_TEXT", "FILE_DAMAGED", "SCAN_READING_MISSING"}
    assert time.monotonic() - started < READING_SECONDS + AT_ONCE_SECONDS


@pytest.mark.parametrize("size", [64 * 1024 * 1024, 150 * 1024 * 1024])
def test_a_zip_bomb_is_refused_by_its_real_size(size):
    content = a_docx([("word/media/image1.png", b"\0" * size)])
    assert len(content) < LARGEST_FILE_BYTES / 50
    assert refusal_of(content, "a.docx").code == "UNPACKS_TOO_LARGE"


def test_a_zip_bomb_that_lies_about_its_size_is_refused():
    content = bytearray(a_docx([("word/media/image1.png", b"\0" * 64 * 1024 * 1024)]))
    real, said = (64 * 1024 * 1024).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert refusal_of(bytes(content.replace(real, said)), "a.docx").code in {"UNPACKS_TOO_LARGE", "FILE_DAMAGED"}


def test_a_word_file_of_thousands_of_parts_is_refused():
    assert refusal_of(a_docx([(f"word/x{at}.xml", b"") for at in range(2100)]), "a.docx").code == "UNPACKS_TOO_LARGE"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_entity_bomb_is_refused_in_any_encoding(encoding):
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'.encode(encoding)
    refused = refusal_of(a_docx([("word/custom.xml", bomb)]), "a.docx")
    assert (refused.code, refused.values["what"].value) == ("ACTIVE_CONTENT", "xml_declaration")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (lambda: a_docx([("word/vbaProject.bin", b"x")]), "macro"),
        (
            lambda: a_docx(
                replace=[
                    (
                        "[Content_Types].xml",
                        b"wordprocessingml.document.main+xml",
                        b"wordprocessingml.document.macroEnabled.main+xml",
                    )
                ]
            ),
            "macro",
        ),
        (lambda: a_docx([("word/activeX/activeX1.xml", b"<a/>")]), "macro"),
        (lambda: a_docx(replace=outside("attachedTemplate")), "outside_reference"),
        (lambda: a_docx(replace=outside("image")), "outside_reference"),
        (lambda: a_docx(replace=outside("oleObject")), "outside_reference"),
    ],
)
def test_a_word_file_that_can_act_is_refused(content, what):
    refused = refusal_of(content(), "a.docx")
    assert (refused.code, refused.values["what"].value) == ("ACTIVE_CONTENT", what)


def test_a_link_that_a_person_may_click_is_no_reason_to_refuse():
    assert "海棠" in source_of("a.docx", a_docx(replace=outside("hyperlink", "https://market.example.com"))).text


def test_a_word_file_with_a_password_is_refused():
    package = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500
    assert refusal_of(package, "a.docx").code == "FILE_ENCRYPTED"


def test_a_damaged_word_file_and_other_packages_are_told_apart():
    whole = a_docx()
    assert refusal_of(whole[: len(whole) // 2], "a.docx").code == "FILE_DAMAGED"
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as package:
        package.writestr("xl/workbook.xml", "<a/>")
    assert refusal_of(sheet.getvalue(), "a.docx").values["format"] == "XLSX"


def test_a_deeply_nested_word_file_hurts_nobody():
    deep = "<w:p><w:r><w:t>甲方</w:t></w:r></w:p>"
    for _ in range(3000):
        deep = f"<w:tbl><w:tr><w:tc>{deep}</w:tc></w:tr></w:tbl>"
    content = a_docx(replace=[("word/document.xml", b"<w:sectPr", deep.encode() + b"<w:sectPr")])
    assert refusal_of(content, "a.docx").code in {"FILE_DAMAGED", "READING_EXHAUSTED"}
    assert "海棠" in source_of("a.docx", a_docx()).text


@pytest.mark.parametrize(("size", "code"), [((9000, 9000), "PICTURE_TOO_LARGE"), ((30, 30), None)])
def test_a_picture_is_measured_before_it_is_unpacked(size, code):
    file = io.BytesIO()
    Image.new("1", size).save(file, "PNG")
    if code is None:
        assert _opened(file.getvalue()).size == size
    else:
        with pytest.raises(Refused, match=code):
            _opened(file.getvalue())


def test_a_picture_that_is_none_is_damaged():
    with pytest.raises(Refused, match="FILE_DAMAGED"):
        _opened(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)


def test_reading_goes_on_after_the_reading_process_was_killed():
    content = as_reportlab_pdf(TEXT)
    read_confined("PDF", "a.pdf", content)
    READING._process.kill()
    READING._process.wait()

    assert "海棠" in read_confined("PDF", "a.pdf", content).text


def test_files_are_read_side_by_side():
    content, found = as_reportlab_pdf(example_text()), []
    threads = [
        threading.Thread(target=lambda: found.append(read_confined("PDF", "a.pdf", content).text)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert len(set(found)) == 1


def test_a_hostile_file_takes_no_memory_of_ours():
    content = a_docx([("word/media/image1.png", b"\0" * 64 * 1024 * 1024)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refusal_of(content, "a.docx")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes
