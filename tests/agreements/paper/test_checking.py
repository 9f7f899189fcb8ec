"""Checking PDFs: valid, chain not trusted, altered, no signature; whatever a stranger hands in."""

import io
import zlib

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.stamp import TextStampStyle

from agreements.kernel import clock
from agreements.kernel.errors import InvalidInput
from agreements.paper.checking import NotChecked, check
from agreements.paper.checking_process import checked
from agreements.paper.rules import SignatureAnswer
from agreements.paper.signing import sign
from tests.builders_paper import PROVIDER, Authority, a_plain_pdf, drawn, signed_by

AUTHORITY = Authority()
HOLDER, CERTIFICATE, _ = AUTHORITY.holder()
OTHER, _, _ = AUTHORITY.holder("海棠企业管理（武汉）有限公司")
OURS = sign(drawn().content, HOLDER, provider=PROVIDER, number="LY-2024-000001-ABC234")


def judged(content, **options):
    return check(content, **{"trusted": AUTHORITY.pem, "at": clock.wall()} | options)


def test_an_untouched_file_with_a_trusted_chain_is_valid():
    found = judged(OURS)

    assert (found.answer, found.pages, found.numbers) == (SignatureAnswer.VALID, 1, ("LY-2024-000001-ABC234",))
    [signature] = found.signatures
    assert (signature.signer, signature.organisation, signature.reason) == (PROVIDER, PROVIDER, "")


def test_without_its_authority_the_chain_is_not_trusted():
    found = judged(OURS, trusted=Authority("别的根证书").pem)

    assert found.answer is SignatureAnswer.UNTRUSTED
    assert found.signatures[0].reason == "unknown_authority"
    assert judged(OURS, trusted=b"").answer is SignatureAnswer.UNTRUSTED


def test_a_revoked_certificate_is_not_trusted():
    found = judged(OURS, trusted=AUTHORITY.pem + AUTHORITY.revoked(CERTIFICATE))

    assert (found.answer, found.signatures[0].reason) == (SignatureAnswer.UNTRUSTED, "revoked")


def test_a_flipped_byte_is_an_alteration():
    place = OURS.index(b"/CreationDate (D:2024") + 16
    found = judged(OURS[:place] + b"9" + OURS[place + 1 :])

    assert (found.answer, found.signatures[0].reason) == (SignatureAnswer.ALTERED, "altered")


def test_a_stamp_drawn_after_the_signature_is_an_alteration():
    writer = IncrementalPdfFileWriter(io.BytesIO(OURS))
    TextStampStyle(stamp_text="PAID").create_stamp(writer, None, {}).apply(0, 100, 100)
    target = io.BytesIO()
    writer.write(target)

    found = judged(target.getvalue())

    assert (found.answer, found.signatures[0].reason) == (SignatureAnswer.ALTERED, "drawn_over")


def test_a_second_signature_leaves_the_first_valid():
    both = signed_by(OTHER, OURS, "Customer")

    found = judged(both)

    assert [each.answer for each in found.signatures] == [SignatureAnswer.VALID] * 2
    assert found.signatures[0].signed_sha256 == judged(OURS).signatures[0].signed_sha256
    assert judged(OURS).sha256 in found.revisions


def test_a_file_without_a_signature_says_so():
    assert judged(a_plain_pdf()).answer is SignatureAnswer.NO_SIGNATURE


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "NOT_A_PDF"),
        (b"<html><script>alert(1)</script>", "NOT_A_PDF"),
        (b"%PDF-1.7\n" + b"\0" * 500, "DAMAGED"),
        (a_plain_pdf()[:400], "DAMAGED"),
        (a_plain_pdf(pages=501), "TOO_LARGE"),
    ],
)
def test_what_can_t_be_checked_is_refused_with_the_reason(content, code):
    with pytest.raises(NotChecked) as refused:
        judged(content)

    assert refused.value.code == code


def test_a_foreign_file_is_opened_in_a_confined_process_of_its_own():
    found = checked(OURS, trusted=AUTHORITY.pem, at=clock.wall())

    assert found == judged(OURS, at=clock.wall())
    bomb = b"%PDF-1.7\n" + zlib.compress(b"0" * 1_000_000)
    with pytest.raises(InvalidInput, match="damaged"):
        checked(bomb, at=clock.wall())
