"""Whether a file can serve as proof: whole, readable, and not our own paper unsigned."""

import io
import zipfile

import pytest
from PIL import Image

from agreements.kernel import files
from agreements.kernel.errors import InvalidInput
from agreements.parties.actions import Upload
from agreements.parties.proofs import require_of_the_tenant, require_readable
from agreements.register.ending import end_by_agreement
from agreements.register.ending_rules import EndingGround
from agreements.register.supplement_rules import SigningParty
from agreements.register.supplements import sign
from tests.agreements.paper.test_supplement_paper import sealed
from tests.agreements.register.test_supplements import NOW
from tests.builders_files import a_small_pdf
from tests.builders_paper import Authority, signed_by
from tests.builders_register import APPROVER, OFFICER


def a_picture(kind):
    target = io.BytesIO()
    Image.new("L", (40, 30), 200).save(target, kind)
    return target.getvalue()


def an_office_file():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("回单.pdf", a_small_pdf()),
        ("回单", a_small_pdf()),
        ("来自邮件.PDF", b"\r\n\r\n" + a_small_pdf() + b"\r\n--end--\r\n"),
        ("照片.png", a_picture("PNG")),
        ("照片.jpg", a_picture("JPEG")),
        ("函.docx", an_office_file()),
        ("邮件.eml", b"Subject: =?utf-8?B?6YCa55+l?=\r\n\r\nhello\r\n"),
    ],
)
def test_a_whole_file_of_its_kind_is_taken(name, content):
    require_readable(name, content)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("空.pdf", b"", "empty"),
        ("空.txt", b" \n ", "empty"),
        ("改名.pdf", "这不是 PDF".encode(), "no PDF"),
        ("改名.pdf", a_picture("PNG"), "no PDF"),
        ("改名.png", a_small_pdf(), "no PNG"),
        ("改名.docx", b"PK", "no Office"),
        ("半截.pdf", a_small_pdf()[:-40], "damaged"),
        ("半截.png", a_picture("PNG")[:-20], "damaged"),
        ("半截.jpg", a_picture("JPEG")[:-2], "damaged"),
        ("加密.pdf", a_small_pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 9 0 R"), "password"),
    ],
)
def test_what_nobody_could_open_later_is_refused(name, content, fault):
    with pytest.raises(InvalidInput, match=fault) as refused:
        require_readable(name, content, field="proof")

    assert (refused.value.field, bool(refused.value.remedy)) == ("proof", True)


def test_our_own_paper_is_no_document_of_the_tenant_until_it_signed(session):
    supplement, document = sealed(session)
    ours = files.content_of(session, document.file)
    customer, _, _ = Authority().holder("海棠企业管理（武汉）有限公司")

    for content in (ours, ours + b"\n", ours + b"% saved again\n%%EOF\n"):
        with pytest.raises(InvalidInput, match=document.number):
            require_of_the_tenant(session, content, clause="8.1")
    require_of_the_tenant(session, signed_by(customer, ours, field="TenantSignature"), clause="8.1")
    require_of_the_tenant(session, a_small_pdf(), clause="8.1")
    with pytest.raises(InvalidInput, match=document.number):
        sign(
            session,
            supplement,
            SigningParty.TENANT,
            signed_at=NOW,
            signer="沈经理",
            upload=Upload("双方签署.pdf", "application/pdf", ours),
            version=supplement.version,
            actor=OFFICER,
            now=NOW,
        )
    with pytest.raises(InvalidInput, match=document.number):
        end_by_agreement(
            session,
            supplement.agreement,
            EndingGround.BOTH_SIGNED,
            ended_at=NOW,
            reason="双方协商一致",
            proof=Upload("终止协议.pdf", "application/pdf", ours),
            actor=APPROVER,
            now=NOW,
        )
