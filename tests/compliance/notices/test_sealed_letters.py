"""Letters on paper: the words of the approved letter, sealed once, linked, and no change to what is on the wire."""

import re

import pypdfium2
import pytest
from sqlalchemy import select

from agreements.kernel import files
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, NotPermitted
from agreements.paper.models import OfficialDocument, SealUse
from agreements.paper.rules import PaperKind, PaperLanguage
from compliance.notices.actions import approve, body_text, cancel
from compliance.notices.dispatch import message_of
from compliance.notices.models import Outbox
from compliance.notices.rules import Language, NoticeKind
from compliance.notices.sealed_letters import seal_letter, sealed_letter_of
from tests.builders import a_person, at
from tests.builders_access import signed_in_client
from tests.builders_desk import opened_at
from tests.builders_notices import DRAFTED_AT, a_draft, a_queued_notice, link_token
from tests.builders_register import OFFICER

PAGE = re.compile(r"第\d+页.+|Page \d+ of \d+")
LATER = at("Wed 2024-09-25 09:00")


BOTH = a_person("legal_officer", "legal_approver")


def an_approved_letter(session, **changed):
    notice = a_draft(session, **changed)
    approve(session, notice, actor=BOTH, now=DRAFTED_AT)
    return notice


def sealed(session, notice=None, *, actor=OFFICER, now=DRAFTED_AT, **changed):
    return seal_letter(session, notice or an_approved_letter(session, **changed), actor=actor, now=now)


def text_of(content):
    """The text without white space, and without what stands at the head and foot of every page."""
    pdf = pypdfium2.PdfDocument(content)
    pages = [page.get_textpage().get_text_range().splitlines() for page in pdf]
    pdf.close()
    running = set.intersection(*map(set, pages)) if len(pages) > 1 else set()
    lines = [line for page in pages for line in page if line not in running and not PAGE.fullmatch(line.strip())]
    return "".join("".join(lines).split())


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_the_document_says_every_word_of_the_approved_letter(session, kind, language):
    notice = an_approved_letter(session, kind=kind, language=language)

    document = sealed(session, notice)

    said = text_of(files.content_of(session, document.file))
    for line in body_text(session, notice).splitlines():
        assert "".join(line.split()) in said, line
    assert notice.body_sha256 in said
    assert document.language is PaperLanguage(language.value)


@pytest.mark.parametrize(
    ("kind", "paper"),
    [
        (NoticeKind.RECTIFICATION_DEMAND, PaperKind.RECTIFICATION_DEMAND),
        (NoticeKind.SUSPENSION_NOTICE, PaperKind.SUSPENSION_NOTICE),
        (NoticeKind.RESUME_NOTICE, PaperKind.RESUME_NOTICE),
        (NoticeKind.EXPIRY_WARNING, PaperKind.NOTICE),
    ],
)
def test_each_letter_is_its_kind_of_document(session, kind, paper):
    assert sealed(session, kind=kind).kind is paper


def test_a_letter_is_sealed_once_whatever_the_day(session):
    notice = an_approved_letter(session)
    first = sealed(session, notice)

    assert sealed(session, notice, actor=BOTH, now=LATER) is first
    assert sealed_letter_of(session, notice) is first
    assert len(session.scalars(select(SealUse)).all()) == 1


def test_a_draft_and_a_cancelled_notice_are_not_sealed(session):
    draft = a_draft(session)
    with pytest.raises(Conflict, match="approved"):
        sealed(session, draft)

    cancel(session, draft, reason="已改正", actor=OFFICER, now=DRAFTED_AT)

    with pytest.raises(Conflict, match="approved"):
        sealed(session, draft)


@pytest.mark.parametrize("actor", [SCHEDULER, a_person("finance"), a_person("auditor"), a_person("ops")])
def test_who_may_not_draft_it_does_not_seal_it(session, actor):
    with pytest.raises(NotPermitted):
        sealed(session, actor=actor)


def test_sealing_leaves_the_queued_message_as_it_is(session):
    notice = a_queued_notice(session)
    outbox = session.scalars(select(Outbox)).one()
    before = outbox.message_sha256, message_of(session, outbox).content

    sealed(session, notice)

    assert (outbox.message_sha256, message_of(session, outbox).content) == before


def test_the_page_seals_it_and_the_tenant_finds_it_behind_its_link(app):
    opened_at(app, DRAFTED_AT)
    with unit_of_work() as session:
        notice = a_queued_notice(session)
        notice_id = notice.id
        token = link_token(message_of(session, session.scalars(select(Outbox)).one()).content)
    db.session.remove()
    officer, tenant = signed_in_client(app, "legal_officer"), app.test_client()
    assert "生成盖章函" in officer.get(f"/notices/{notice_id}").text
    assert tenant.get(f"/n/{token}/letter").status_code == 404

    officer.post(f"/notices/{notice_id}/seal")

    document = db.session.scalars(select(OfficialDocument)).one()
    number, sha256 = document.number, document.signed_sha256
    db.session.remove()
    page = officer.get(f"/notices/{notice_id}").text
    assert number in page
    assert sha256 in page
    assert number in tenant.get(f"/n/{token}").text
    handed = tenant.get(f"/n/{token}/letter")
    assert handed.data.startswith(b"%PDF-")
    assert handed.headers["Cache-Control"] == "no-store"
    assert tenant.get("/n/unknown/letter").status_code == 404
    assert "生成盖章函" not in signed_in_client(app, "auditor").get(f"/notices/{notice_id}").text
