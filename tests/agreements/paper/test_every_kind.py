"""Each kind of our documents, as its own room writes it: the same bytes again, valid signatures, no line out of rule."""

import hashlib

import pypdfium2
import pytest
from sqlalchemy import select

from agreements.kernel import files
from agreements.paper import issuing
from agreements.paper.line_breaking import HANGING, OPENING
from agreements.paper.models import OfficialDocument
from agreements.paper.rendering import Frame, SealFace, render
from agreements.paper.rules import PaperKind
from compliance.breaches.evidence import issue_cover
from compliance.notices.rules import NoticeKind
from tests.agreements.paper.test_issuing import pdfsig
from tests.agreements.paper.test_supplement_paper import sealed as a_sealed_supplement
from tests.builders import at
from tests.builders_compliance import a_demanded_case
from tests.builders_register import APPROVER
from tests.builders_settlement import a_confirmed_settlement
from tests.compliance.notices.test_sealed_letters import sealed as a_sealed_letter
from tests.compliance.retention.test_certificate_paper import sealed as a_sealed_certificate


def make(session, kind):
    """One document of a kind through the room that issues it."""
    letters = {
        PaperKind.NOTICE: NoticeKind.UPSTREAM_CHANGE_NOTICE,
        PaperKind.RECTIFICATION_DEMAND: NoticeKind.RECTIFICATION_DEMAND,
        PaperKind.SUSPENSION_NOTICE: NoticeKind.SUSPENSION_NOTICE,
        PaperKind.RESUME_NOTICE: NoticeKind.RESUME_NOTICE,
    }
    if kind in letters:
        return a_sealed_letter(session, kind=letters[kind])
    if kind is PaperKind.SUPPLEMENT:
        return a_sealed_supplement(session)[1]
    if kind is PaperKind.SETTLEMENT_STATEMENT:
        a_confirmed_settlement(session)
        return session.scalars(select(OfficialDocument)).one()
    if kind is PaperKind.DESTRUCTION_CERTIFICATE:
        return a_sealed_certificate(session)
    return issue_cover(session, a_demanded_case(session), actor=APPROVER, now=at("Tue 2024-09-24 10:00"))


@pytest.fixture
def drawings(monkeypatch):
    """What was handed to the drawing, for drawing it again."""
    given = []

    def drawing(*values):
        given.append(values)
        return render(*values)

    monkeypatch.setattr(issuing, "render", drawing)
    return given


def lines_of(content):
    """Yield the visible lines of each page, from top to bottom."""
    document = pypdfium2.PdfDocument(content)
    for page in document:
        yield [line for line in page.get_textpage().get_text_range().splitlines() if line.strip()]
    document.close()


@pytest.mark.parametrize("kind", list(PaperKind))
def test_a_document_drawn_again_has_the_same_bytes_and_its_signature_is_valid(session, kind, drawings, tmp_path):
    document = make(session, kind)

    [(content, frame, seal)] = drawings
    assert (document.kind, type(frame), type(seal)) == (kind, Frame, SealFace)
    again = render(content, frame, seal)
    assert hashlib.sha256(again.content).hexdigest() == document.unsigned_sha256
    signed = files.content_of(session, document.file)
    assert signed.startswith(again.content)  # drawn wholly before signing
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    said = pdfsig(path)
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said


@pytest.mark.parametrize("kind", list(PaperKind))
def test_each_page_is_numbered_and_no_line_starts_or_ends_against_the_rules(session, kind):
    document = make(session, kind)

    pages = list(lines_of(files.content_of(session, document.file)))

    assert len(pages) == document.pages
    for number, lines in enumerate(pages, 1):
        assert f"第{number}页　共{len(pages)}页" in lines
        assert any(document.number in line for line in lines)
        for line in lines:
            assert line.strip()[0] not in HANGING, line
            assert line.strip()[-1] not in OPENING, line
    assert "核验本文件真伪" in "".join(pages[-1])
