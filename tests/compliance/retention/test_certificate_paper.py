"""Clause 5.2: the certificate of destruction as a sealed document that anybody can verify."""

import io

import pypdfium2
import pytest
from sqlalchemy import select, update

from agreements.kernel import files
from agreements.kernel.errors import Conflict, IntegrityBroken, NotPermitted
from agreements.kernel.files import StoredFile
from agreements.paper.rules import PaperKind
from agreements.paper.verifying import by_number
from compliance.retention.certificate_paper import seal_certificate
from compliance.retention.holdings import owners_of
from compliance.retention.models import DestructionCertificate
from compliance.retention.rules import RetentionClass
from tests.builders import at
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_register import APPROVER, OPS
from tests.builders_rest import a_program
from tests.compliance.retention.test_purging import AFTER, an_expired_agreement, destroy_all

OF_CONTRACTS = DestructionCertificate.retention_class == RetentionClass.CONTRACTS
SEALED_AT = at("Tue 2030-07-30 10:00")


def a_certificate(session):
    an_expired_agreement(session)
    destroy_all(session, only=(RetentionClass.CONTRACTS,))
    return session.scalars(select(DestructionCertificate).where(OF_CONTRACTS)).one()


def sealed(session):
    return seal_certificate(session, a_certificate(session), actor=APPROVER, now=SEALED_AT)


def words_of(content):
    with pypdfium2.PdfDocument(io.BytesIO(content)) as document:
        return "".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "")


def test_the_document_says_what_the_certificate_says(session):
    certificate = a_certificate(session)

    document = seal_certificate(session, certificate, actor=APPROVER, now=SEALED_AT)

    words = words_of(files.content_of(session, document.file))
    assert (document.kind, document.title, document.clause) == (PaperKind.DESTRUCTION_CERTIFICATE, "销毁证明", "5.2")
    assert certificate.sha256 in words
    for said in (
        certificate.number,
        "李审批",
        "钱审批",
        "保存期限已满",
        "2030年7月29日24:00",
        "《民法典》第188条",
        "2030年7月30日",
    ):
        assert said in words
    assert all(item.sha256 in words for item in certificate.items)


def test_sealed_again_on_another_day_it_is_the_same_document(session):
    certificate = a_certificate(session)
    first = seal_certificate(session, certificate, actor=APPROVER, now=SEALED_AT)
    content = files.content_of(session, first.file)

    again = seal_certificate(session, certificate, actor=APPROVER, now=at("Thu 2030-08-01 10:00"))

    assert again.id == first.id
    assert files.content_of(session, again.file) == content
    assert by_number(session, first.number).answer == "genuine"


def test_the_document_outlives_every_class_and_is_nobody_s_to_destroy(session):
    document = sealed(session)

    assert owners_of(session, document.file_id) == []


def test_an_altered_certificate_is_not_sealed(session):
    certificate = a_certificate(session)
    certificate.approvers = [{**certificate.approvers[0], "name": "孙某"}]
    session.flush()

    with pytest.raises(IntegrityBroken):
        seal_certificate(session, certificate, actor=APPROVER, now=SEALED_AT)


def test_it_is_sealed_once_its_files_are_off_the_disk_and_by_who_may_use_the_seal(session):
    certificate = a_certificate(session)
    file_id = int(next(each.row for each in certificate.items if each.source == "stored_file"))
    session.execute(update(StoredFile).where(StoredFile.id == file_id).values(removed_at=None))
    session.expire_all()

    with pytest.raises(Conflict):
        seal_certificate(session, certificate, actor=APPROVER, now=SEALED_AT)
    session.execute(update(StoredFile).where(StoredFile.id == file_id).values(removed_at=AFTER))
    session.expire_all()
    with pytest.raises(NotPermitted):
        seal_certificate(session, certificate, actor=OPS, now=SEALED_AT)


def test_a_certificate_of_nothing_says_so(session):
    a_certificate(session)
    empty = session.scalars(select(DestructionCertificate).where(~OF_CONTRACTS)).first()

    words = words_of(files.content_of(session, seal_certificate(session, empty, actor=APPROVER, now=SEALED_AT).file))

    assert "该类别项下无留存内容，未发生销毁" in words
    assert "对其予以销毁" not in words


def test_people_seal_it_on_its_page_and_anybody_verifies_it(app):
    client = opened_at(app, SEALED_AT, "legal_approver", set_up=a_certificate)
    number = read(lambda session: session.scalars(select(DestructionCertificate.number).where(OF_CONTRACTS)).one())
    path = f"/retention/certificates/{number}"

    assert zh("Seal the certificate") in text_of(client.get(path))
    answer = client.post(f"{path}/seal", {}, follow_redirects=True)
    assert zh("The certificate of destruction is sealed and kept.") in text_of(answer)
    page = client.get(path)
    assert zh("Download PDF") in text_of(page)
    assert zh("Seal the certificate") not in text_of(page)
    told = a_program(app, "legal_officer").get(path).json["paper"]
    stranger = app.test_client()
    assert told["signed_sha256"] in stranger.get(f"/verify?number={told['number']}").text


def test_a_program_seals_it_too_and_ops_may_not(app):
    opened_at(app, SEALED_AT, set_up=a_certificate)
    number = read(lambda session: session.scalars(select(DestructionCertificate.number).where(OF_CONTRACTS)).one())
    path = f"/retention/certificates/{number}"
    officer, ops = a_program(app, "legal_officer"), a_program(app, "ops")

    assert officer.get(path).json["paper"] is None
    assert ops.post(f"{path}/seal", {}).status_code == 403
    first = officer.post(f"{path}/seal", {}).json["paper"]
    assert (first["kind"], first["title"]) == ("destruction_certificate", "销毁证明")
    assert officer.post(f"{path}/seal", {}).json["paper"] == first
