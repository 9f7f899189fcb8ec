"""English reading copies: translations for convenience of what was sealed in Chinese, and of nothing else."""

import hashlib
import inspect
import re

import pypdfium2
import pytest
from sqlalchemy import select

from agreements.kernel import files
from agreements.kernel.access_log import SensitiveAccess
from agreements.kernel.errors import Conflict, NotFound
from agreements.paper import supplement_words, supplements
from agreements.paper.content import Facts, Grid, Paragraph
from agreements.paper.models import OfficialDocument
from agreements.paper.rules import PaperKind, PaperLanguage
from agreements.register.ending_models import AgreementEnding
from agreements.register.ending_rules import EndingGround
from agreements.register.rules import AgreementState
from agreements.register.supplement_models import SupplementTerm
from compliance.breaches import evidence, evidence_words
from compliance.desk.reading_copies import SAID_BY, english_of, has_reading_copy
from compliance.settlement import statement, statement_words
from compliance.settlement.rules import Basis
from tests.agreements.paper.test_every_kind import make
from tests.agreements.paper.test_supplement_paper import sealed as a_sealed_supplement
from tests.builders import at
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_rest import a_program
from tests.builders_settlement import a_confirmed_settlement

MARK = "TRANSLATION FOR CONVENIENCE ONLY – THE CHINESE TEXT PREVAILS"


def pages_of(content):
    document = pypdfium2.PdfDocument(content)
    pages = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return pages


def the_document(session):
    return session.scalars(select(OfficialDocument)).one()


@pytest.mark.parametrize("kind", SAID_BY)
def test_a_reading_copy_is_marked_on_every_page_and_names_the_original(session, kind):
    document = make(session, kind)
    official = files.content_of(session, document.file)

    content = english_of(session, document)

    pages = pages_of(content)
    assert all(MARK in page for page in pages)
    assert all(f"Translation of document No. {document.number}" in page for page in pages)
    assert "It bears neither seal nor signature and has no legal effect." in pages[-1]
    assert document.signed_sha256 in pages[-1].replace(" ", "")
    assert "sealed in the original" in pages[-1]
    assert b"/Sig" not in content
    assert english_of(session, document) == content
    assert files.content_of(session, document.file) == official  # the sealed bytes are as they were


@pytest.mark.parametrize("kind", SAID_BY)
def test_the_translation_has_every_part_of_the_original(session, kind):
    document = make(session, kind)
    chinese, english = (SAID_BY[kind](session, document, language) for language in PaperLanguage)

    assert chinese.fingerprint() == document.content_sha256
    assert [type(each) for each in english.blocks] == [type(each) for each in chinese.blocks]
    for one, other in zip(chinese.blocks, english.blocks, strict=True):
        if isinstance(one, Grid | Facts):
            assert len(one.rows) == len(other.rows)
        elif isinstance(one, Paragraph):
            assert (bool(one.text), one.weight) == (bool(other.text), other.weight)
    assert len(english.signatures) == len(chinese.signatures)


@pytest.mark.parametrize(
    ("room", "words"), [(supplements, supplement_words), (statement, statement_words), (evidence, evidence_words)]
)
def test_every_text_has_its_english_with_the_same_places(room, words):
    asked = set(re.findall(r'say\(\s*"([^"]+)"', inspect.getsource(room)))

    assert asked <= set(words.ENGLISH)
    for chinese, english in words.ENGLISH.items():
        assert sorted(re.findall(r"{\w+}", chinese)) == sorted(re.findall(r"{\w+}", english)), chinese
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef“”]", english), english


def test_a_supplement_says_its_terms_in_english(session):
    supplement, document = a_sealed_supplement(session)

    said = " ".join(pages_of(english_of(session, document)))

    for words in ("Supplementary Agreement", supplement.number, "5 working days", "10 working days", "Party A"):
        assert words in said
    assert "apply from 1 November 2024, 00:00 (Beijing time); where both have signed only after that time" in said


@pytest.mark.parametrize("used", [0, 10000, 25000])
@pytest.mark.parametrize("basis", list(Basis))
def test_clause_4_6_every_statement_can_be_read_in_english(session, used, basis):
    settlement = a_confirmed_settlement(session, used=used, basis=basis)

    said = " ".join(pages_of(english_of(session, the_document(session))))

    assert f"{settlement.refund_fen / 100:,.2f}" in said
    assert "ended early by mutual agreement" in said
    assert ("Neither party owes" in said) == (settlement.refund_fen == 0)


def test_a_statement_is_read_in_english_also_when_its_agreement_is_closed(session):
    settlement = a_confirmed_settlement(session)
    agreement = settlement.agreement
    agreement.state = AgreementState.CLOSED
    session.add(
        AgreementEnding(
            agreement_id=agreement.id,
            ground=EndingGround.BOTH_SIGNED,
            ended_at=agreement.ended_at,
            reason="双方协商",
            file_id=agreement.document_id,
            recorded_at=agreement.ended_at,
            recorded_by="张法务",
        )
    )
    session.flush()

    assert "ended early by mutual agreement" in pages_of(english_of(session, the_document(session)))[0]


def test_what_says_something_else_than_was_sealed_has_no_reading_copy(session):
    supplement, document = a_sealed_supplement(session)
    term = session.scalars(select(SupplementTerm).where(SupplementTerm.supplement_id == supplement.id)).first()
    term.value = {**term.value, "value": 11}
    session.flush()

    with pytest.raises(Conflict):
        english_of(session, document)


def test_other_documents_offer_none(session):
    document = make(session, PaperKind.RECTIFICATION_DEMAND)

    assert not has_reading_copy(document)
    with pytest.raises(NotFound):
        english_of(session, document)


def test_it_is_offered_on_the_documents_page_and_who_read_it_is_written_down(app):
    client = opened_at(app, at("Mon 2024-10-14 10:00"), "auditor", set_up=a_sealed_supplement)
    document = read(the_document)

    page = text_of(client.get(f"/papers/{document.id}"))
    answer = client.get(f"/papers/{document.id}/english")

    assert zh("English reading copy") in page
    assert zh("The reading copy is a translation for convenience, without seal or signature; the Chinese text prevails.") in page  # fmt: skip
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert f"{document.number}-en.pdf" in answer.headers["Content-Disposition"]
    [look] = read(lambda session: session.scalars(select(SensitiveAccess)).all())
    assert (look.subject, look.tenant_id) == (f"translated_papers.english:{document.id}", document.tenant_id)
    assert hashlib.sha256(answer.data).hexdigest() != document.signed_sha256
    assert client.get("/papers/99/english").status_code == 404


def test_a_program_reads_it_too(app):
    opened_at(app, at("Mon 2024-10-14 10:00"), set_up=a_sealed_supplement)
    number, tenant_id = read(lambda session: (the_document(session).id, the_document(session).tenant_id))
    program = a_program(app, "legal_officer")

    answer = program.get(f"/papers/{number}/english")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert MARK in pages_of(answer.data)[0]
    assert program.get("/papers/99/english").status_code == 404
    [look] = read(lambda session: session.scalars(select(SensitiveAccess)).all())
    assert (look.subject, look.tenant_id) == (f"rest_translated_papers.english:{number}", tenant_id)
