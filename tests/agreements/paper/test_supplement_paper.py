"""Clause 8.1: a supplement's own document, sealed as our signature, countersigned, and kept in the vault."""

import io

import pypdfium2
import pytest
from sqlalchemy import select

from agreements.kernel import clock, files
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, NotPermitted, Stale
from agreements.paper import supplements as papers
from agreements.paper.checking import check
from agreements.paper.issuing import documents_for
from agreements.paper.models import SealUse, VaultCopy
from agreements.paper.rules import PaperKind, SealKind
from agreements.paper.vault import keep_copy
from agreements.parties.actions import Upload
from agreements.register.models import Agreement
from agreements.register.supplement_models import Supplement
from agreements.register.supplement_rules import SigningParty, SupplementState
from agreements.register.supplements import sign
from tests.agreements.register.test_supplements import NOW, SWITCH, TEN, a_draft, signs
from tests.builders import a_person
from tests.builders_access import signed_in_client
from tests.builders_desk import opened_at, read
from tests.builders_paper import Authority, signed_by
from tests.builders_register import APPROVER, OFFICER, a_paid_agreement

CUSTOMER, _, _ = Authority().holder("海棠企业管理（武汉）有限公司")
ORDER = "200000000000001"


def sealed(session, supplement=None, *, actor=APPROVER, version=None):
    supplement = supplement or a_draft(session, a_paid_agreement(session))
    document = papers.seal_and_sign(session, supplement, version=version or supplement.version, actor=actor, now=NOW)
    return supplement, document


def text_of(content):
    pdf = pypdfium2.PdfDocument(content)
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    pdf.close()
    return "".join(text.split())


def test_clause_8_1_the_document_says_the_terms_and_from_when_they_apply(session):
    supplement, document = sealed(session)

    said = text_of(files.content_of(session, document.file))
    assert (document.kind, document.use.seal.kind) == (PaperKind.SUPPLEMENT, SealKind.CONTRACT)
    for words in ("补充协议", supplement.number, "变更通知", "5个工作日", "10个工作日", "起算：变更之日", "形式：书面"):
        assert words in said
    assert "上述变更自2024年11月1日00:00（北京时间）起适用；双方于该时之后方均签署的" in said


@pytest.mark.parametrize(
    ("asked_for_at", "reaches_back", "words"),
    [
        (None, False, "上述变更自该时起适用"),
        (SWITCH, True, "自2024年11月1日00:00（北京时间）起适用，该时早于双方签署的，追溯适用"),
    ],
)
def test_clause_8_1_the_document_says_each_way_of_taking_effect(session, asked_for_at, reaches_back, words):
    draft = a_draft(session, a_paid_agreement(session), asked_for_at=asked_for_at, reaches_back=reaches_back)

    _, document = sealed(session, draft)

    assert words in text_of(files.content_of(session, document.file))


def test_every_shape_of_term_is_said_in_words(session):
    changes = {
        "own_platform_only": False,
        "service_end": "2025-12-31",
        "quota_total": 90000,
        "suspension": {"notice_required": True, "consent_required": True},
        "change_notification": TEN,
    }

    _, document = sealed(session, a_draft(session, a_paid_agreement(session), changes))

    said = text_of(files.content_of(session, document.file))
    for words in ("否", "2025年12月31日24:00", "90,000次", "须同意：是"):
        assert words in said
    assert "term" not in said


def test_clause_8_1_sealing_is_our_signature_and_the_document_the_supplement_s_text(session):
    supplement, document = sealed(session)

    assert (supplement.state, supplement.provider_signed_at) == (SupplementState.SIGNED_BY_ONE, NOW)
    assert supplement.file_id == document.file_id
    assert papers.document_of(session, supplement) is document


def test_a_supplement_is_sealed_once_and_not_on_an_older_version(session):
    supplement, _ = sealed(session)

    with pytest.raises(Conflict, match="signed already"):
        sealed(session, supplement)
    draft = a_draft(session, supplement.agreement, {"own_platform_only": False})
    with pytest.raises(Stale):
        sealed(session, draft, version=9)


def test_a_changed_draft_needs_a_new_document(session):
    supplement, first = sealed(session)
    provider = "青榕数据科技（杭州）有限公司"
    before = papers.content_of(supplement, provider=provider, on=NOW.date()).fingerprint()

    supplement.terms[0].value = {**TEN, "value": 12}

    assert papers.content_of(supplement, provider=provider, on=NOW.date()).fingerprint() != before
    other = a_draft(session, supplement.agreement, {"change_notification": {**TEN, "value": 12}})
    _, second = sealed(session, other)
    assert (second.number, second.content_sha256) != (first.number, first.content_sha256)


@pytest.mark.parametrize("actor", [OFFICER, a_person("finance"), a_person("auditor")])
def test_only_an_approver_seals_it(session, actor):
    with pytest.raises(NotPermitted):
        sealed(session, actor=actor)


def test_who_drafted_it_does_not_seal_it(session):
    both = a_person("legal_officer", "legal_approver", person_id=7)
    draft = a_draft(session, a_paid_agreement(session), actor=both)

    with pytest.raises(Conflict, match="drafted"):
        sealed(session, draft, actor=both)


def test_what_the_tenant_signed_first_stays_the_supplement_s_document(session):
    draft = a_draft(session, a_paid_agreement(session))
    signs(session, draft, SigningParty.TENANT)
    theirs = draft.file_id

    supplement, document = sealed(session, draft)

    assert supplement.state is SupplementState.SIGNED_BY_BOTH
    assert supplement.file_id == theirs != document.file_id


def test_the_countersigned_document_holds_ours_and_another_does_not(session):
    supplement, document = sealed(session)
    both = signed_by(CUSTOMER, files.content_of(session, document.file), "Customer")
    sign(
        session,
        supplement,
        SigningParty.TENANT,
        signed_at=NOW,
        signer="沈经理",
        upload=Upload("signed.pdf", "application/pdf", both),
        version=supplement.version,
        actor=OFFICER,
        now=NOW,
    )

    upload = papers.signed_file(session, supplement)
    copy = keep_copy(
        session, upload, check(both, at=clock.wall()), agreement=supplement.agreement, actor=OFFICER, now=NOW
    )

    assert papers.copy_of(session, supplement) is copy
    assert papers.holds_ours(session, copy, document)
    assert len(copy.signatures) == 2


def test_the_page_seals_it_shows_it_and_keeps_the_signed_one(app):
    opened_at(app, NOW, set_up=a_paid_agreement)
    with unit_of_work() as session:
        number = a_draft(session, session.scalars(select(Agreement)).one()).number
    db.session.remove()
    approver, officer = signed_in_client(app, "legal_approver"), signed_in_client(app, "legal_officer")
    page = f"/supplements/{number}"
    assert "盖章并签署" in approver.get(page).text
    assert "盖章并签署</" not in officer.get(page).text

    approver.post(f"/papers/supplements/{number}", {"version": "1"})

    document = read(
        lambda session: documents_for(session, f"supplement:{session.scalars(select(Supplement.id)).one()}")
    )
    content = officer.get(f"/papers/{document[0].id}/file").data
    both = signed_by(CUSTOMER, content, "Customer")
    given = {
        "version": "2",
        "signer": "沈经理",
        "signed_at": "2024-10-08T12:00",
        "file": (io.BytesIO(both), "signed.pdf"),
    }
    officer.post(f"{page}/sign/tenant", given)
    assert "检验并收存" in officer.get(page).text
    officer.post(f"/papers/supplements/{number}/copy")

    shown = officer.get(page).text
    assert "完整包含我方盖章文本" in shown
    assert "证书链不受信任" in shown
    assert document[0].number in officer.get(f"/agreements/{ORDER}").text
    assert read(lambda session: session.scalars(select(VaultCopy)).one().agreement.order_no) == ORDER
    assert read(lambda session: len(session.scalars(select(SealUse)).all())) == 1


def test_a_signed_scan_is_not_taken_for_an_official_copy(app):
    opened_at(app, NOW, set_up=a_paid_agreement)
    with unit_of_work() as session:
        draft = a_draft(session, session.scalars(select(Agreement)).one())
        upload = Upload("scan.jpg", "image/jpeg", b"\xff\xd8\xff scan \xff\xd9")
        signs(session, draft, SigningParty.TENANT, upload=upload)
        number = draft.number
    db.session.remove()

    answer = signed_in_client(app, "legal_officer").post(f"/papers/supplements/{number}/copy")

    assert (answer.status_code, "工作副本" in answer.text) == (422, True)
