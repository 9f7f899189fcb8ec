"""Documents of ours: numbered, sealed, signed, kept, and each use of a seal logged."""

import hashlib
import subprocess

import pytest
from sqlalchemy import select

from agreements.kernel import files
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import InvalidInput, MissingData, NotFound, NotPermitted
from agreements.paper import issuing
from agreements.paper.issuing import document_of_number
from agreements.paper.models import SealUse
from agreements.paper.rules import PaperKind, SealKind
from tests.builders import a_person
from tests.builders_paper import NOW, a_document, a_long_content, some_content
from tests.builders_register import APPROVER, a_paid_agreement


def test_a_document_is_kept_with_its_hashes_before_and_after_signing(session):
    document = a_document(session)

    content = files.content_of(session, document.file)
    assert hashlib.sha256(content).hexdigest() == document.signed_sha256 == document.file.sha256
    assert document.unsigned_sha256 != document.signed_sha256
    assert (document.pages, document.kind, document.clause) == (1, PaperKind.RECTIFICATION_DEMAND, "3.3")
    assert document_of_number(session, f" {document.number.lower()} ") is document


def test_numbers_run_on_within_a_year_and_carry_a_mark_that_can_t_be_guessed(session):
    agreement = a_paid_agreement(session)

    first, second = (a_document(session, agreement=agreement) for _ in range(2))

    assert (first.sequence, second.sequence) == (1, 2)
    assert first.number.startswith("LY-2024-000001-")
    assert first.number[-6:] != second.number[-6:]


def test_every_use_of_a_seal_is_logged_with_its_document(session):
    document = a_document(session)

    [use] = session.scalars(select(SealUse))
    assert (use.document_id, use.actor_name, use.used_at) == (document.id, APPROVER.name, NOW)
    assert use.seal.kind is SealKind.COMPANY
    event = session.scalars(select(AuditEvent).where(AuditEvent.act == "paper.issued")).one()
    assert event.details["sha256"] == document.signed_sha256


def test_nobody_seals_for_whoever_a_file_names_where_agreements_name_two_providers(session):
    a_paid_agreement(session)
    other = a_paid_agreement(session, order_no="200000000000009", provider_name="另一数据有限公司")

    with pytest.raises(MissingData) as refused:
        a_document(session, agreement=other)

    assert refused.value.code == "PROVIDER_NAME"


def test_a_supplement_takes_the_contract_seal(session):
    document = a_document(session, PaperKind.SUPPLEMENT)

    assert (document.use.seal.kind, document.use.seal.line) == (SealKind.CONTRACT, "合同专用章")


@pytest.mark.parametrize("actor", [SCHEDULER, a_person("finance"), a_person("auditor")])
def test_who_is_not_on_the_seal_s_list_issues_nothing(session, actor):
    with pytest.raises(NotPermitted) as refused:
        a_document(session, actor=actor)

    assert refused.value.code == "SEAL_NOT_YOURS"


def test_a_character_outside_the_font_is_refused_and_never_dropped(session):
    with pytest.raises(InvalidInput) as refused:
        a_document(session, title="通知书🙂")

    assert refused.value.code == "CHARACTER_NOT_IN_FONT"
    assert "U+1F642" in str(refused.value)


def test_an_agreement_of_another_tenant_takes_no_document(session):
    agreement = a_paid_agreement(session)

    with pytest.raises(NotFound):
        issuing.issue(
            session,
            PaperKind.NOTICE,
            content=some_content(),
            agreement_id=agreement.id,
            tenant_id=agreement.tenant_id + 1,
            clause="3.3",
            actor=APPROVER,
            now=NOW,
        )


def test_without_a_name_of_ours_nothing_is_issued(session):
    agreement = a_paid_agreement(session, provider_name=None)

    with pytest.raises(MissingData, match="provider"):
        a_document(session, agreement=agreement)


def test_an_independent_validator_finds_the_signature_valid(session, tmp_path):
    agreement = a_paid_agreement(session)
    document = issuing.issue(
        session,
        PaperKind.NOTICE,
        content=a_long_content(),
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause="2.4",
        actor=APPROVER,
        now=NOW,
    )
    path = tmp_path / "signed.pdf"
    path.write_bytes(files.content_of(session, document.file))

    said = pdfsig(path)

    assert document.pages > 1
    assert "Signature Validation: Signature is Valid." in said
    assert "ETSI.CAdES.detached" in said
    assert "Total document signed" in said


def pdfsig(path):
    try:
        return subprocess.run(
            ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, timeout=120, check=False
        ).stdout
    except FileNotFoundError:
        pytest.skip("pdfsig is not installed: apt-get install poppler-utils")
