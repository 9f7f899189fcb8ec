"""The vault: copies with what their seals said, one formal copy an agreement, downloads compared."""

import pytest
from sqlalchemy import select

from agreements.kernel import clock, files
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, NotPermitted
from agreements.paper.checking import check
from agreements.paper.models import VaultCopy
from agreements.paper.rules import Genuineness, Sameness, SignatureAnswer
from agreements.paper.vault import bears_name, compare, keep_copy, make_formal
from agreements.paper.verifying import by_file, by_number
from tests.builders import a_person
from tests.builders_paper import NOW, PROVIDER, Authority, a_document, a_plain_pdf, signed_by
from tests.builders_register import OFFICER, a_paid_agreement, an_upload

AUTHORITY = Authority()
MARKET, _, _ = AUTHORITY.holder(PROVIDER)
CUSTOMER, _, _ = AUTHORITY.holder("海棠企业管理（武汉）有限公司")
SEALED = signed_by(MARKET, a_plain_pdf("Formal contract"))


def found_in(content):
    return check(content, trusted=AUTHORITY.pem, at=clock.wall())


def a_copy(session, content=SEALED, *, agreement=None, actor=OFFICER):
    return keep_copy(
        session, an_upload("合同.pdf", content), found_in(content), agreement=agreement, actor=actor, now=NOW
    )


def test_a_copy_is_kept_with_hash_pages_and_the_check_of_its_seal(session):
    copy = a_copy(session, agreement=a_paid_agreement(session))

    assert (copy.answer, copy.pages, copy.name) == (SignatureAnswer.VALID, 1, "合同.pdf")
    assert copy.file.sha256 == found_in(SEALED).sha256
    assert bears_name(copy, PROVIDER)
    assert not bears_name(copy, "海棠企业管理（武汉）有限公司")


def test_the_same_file_is_kept_once_for_an_agreement(session):
    agreement = a_paid_agreement(session)

    assert a_copy(session, agreement=agreement) is a_copy(session, agreement=agreement)
    assert len(session.scalars(select(AuditEvent).where(AuditEvent.act == "paper.copy_kept")).all()) == 1


def test_clause_3_2_one_copy_is_the_formal_one_and_a_later_takes_its_place(session):
    agreement = a_paid_agreement(session)
    first = a_copy(session, agreement=agreement)
    second = a_copy(session, signed_by(MARKET, a_plain_pdf("Formal contract")), agreement=agreement)

    make_formal(session, first, actor=OFFICER, now=NOW)
    make_formal(session, second, actor=OFFICER, now=NOW)

    formal = session.scalars(select(VaultCopy).where(VaultCopy.is_formal)).all()
    assert formal == [second]


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (a_plain_pdf(), SignatureAnswer.NO_SIGNATURE),
        (SEALED.replace(b"/Creator (anonymous)", b"/Creator (anonymouz)"), SignatureAnswer.ALTERED),
    ],
)
def test_clause_3_2_a_working_copy_is_never_the_formal_one(session, content, answer):
    copy = a_copy(session, content, agreement=a_paid_agreement(session))

    assert copy.answer is answer
    with pytest.raises(Conflict, match="unaltered"):
        make_formal(session, copy, actor=OFFICER, now=NOW)


def test_finance_keeps_no_copy(session):
    with pytest.raises(NotPermitted):
        a_copy(session, actor=a_person("finance"))


@pytest.mark.parametrize(
    ("second", "sameness"),
    [
        (SEALED, Sameness.SAME_FILE),
        (signed_by(CUSTOMER, SEALED, "Customer"), Sameness.SAME_SIGNED_CONTENT),
        (signed_by(MARKET, a_plain_pdf("Formal contract")), Sameness.SAME_TEXT),
        (signed_by(MARKET, a_plain_pdf("Formal contract!")), Sameness.DIFFERENT),
    ],
)
def test_two_downloads_are_compared_by_what_was_signed(second, sameness):
    assert compare(found_in(SEALED), found_in(second)) is sameness


def test_a_number_of_ours_is_known_and_any_other_is_not(session):
    document = a_document(session)

    assert by_number(session, document.number.lower()).answer is Genuineness.GENUINE
    mistyped = document.number[:-1] + ("7" if document.number[-1] != "7" else "6")
    assert by_number(session, mistyped).answer is Genuineness.UNKNOWN
    assert by_number(session, "x" * 5000).answer is Genuineness.UNKNOWN


def test_our_file_is_genuine_altered_or_unknown(session):
    document = a_document(session)
    ours = files.content_of(session, document.file)
    place = ours.index(b"/CreationDate (D:2024") + 16

    assert by_file(session, found_in(ours)).answer is Genuineness.GENUINE
    countersigned = by_file(session, found_in(signed_by(CUSTOMER, ours, "Customer")))
    assert (countersigned.answer, countersigned.has_more) == (Genuineness.GENUINE, True)
    altered = by_file(session, found_in(ours[:place] + b"9" + ours[place + 1 :]))
    assert (altered.answer, altered.number) == (Genuineness.ALTERED, document.number)
    assert by_file(session, found_in(SEALED)).answer is Genuineness.UNKNOWN


def test_words_typed_after_the_signed_end_make_it_altered(session):
    ours = files.content_of(session, a_document(session).file)

    assert by_file(session, found_in(ours + b"\n% more\n")).answer is Genuineness.ALTERED
