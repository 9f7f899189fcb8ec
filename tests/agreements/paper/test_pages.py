"""Pages of seals and documents, and the public verification."""

import io

import pytest
from sqlalchemy import select

from agreements.kernel import clock, files
from agreements.kernel.db import db, unit_of_work
from agreements.paper import verify_views
from agreements.paper.bounding import Bound, TooManyQuestions
from agreements.paper.models import Seal, VaultCopy
from tests.builders_access import signed_in_client
from tests.builders_paper import PROVIDER, Authority, a_document, a_plain_pdf, signed_by
from tests.builders_register import a_paid_agreement


@pytest.fixture(autouse=True)
def fresh_bounds(monkeypatch):
    monkeypatch.setattr(verify_views, "NUMBERS", Bound(30, 60))
    monkeypatch.setattr(verify_views, "FILES", Bound(6, 60))


def issued(app):
    """A document; returns its id, number and bytes, with no session left open."""
    with unit_of_work() as session:
        document = a_document(session)
        found = document.id, document.number, files.content_of(session, document.file)
    db.session.remove()
    return found


def a_file(content, name="copy.pdf"):
    return (io.BytesIO(content), name)


def test_the_list_and_a_document_show_what_was_issued(app):
    document_id, number, content = issued(app)
    client = signed_in_client(app)

    page = client.get("/papers").text
    assert number in page
    assert "测试证书" in page  # the development certificate is marked as such
    shown = client.get(f"/papers/{document_id}").text
    assert "不是甲方的签名" in shown
    assert client.get(f"/papers/{document_id}/file").data == content
    assert number in client.get("/papers/uses").text


def test_a_copy_is_checked_kept_and_made_the_formal_one(app):
    holder, _, _ = Authority().holder(PROVIDER)
    with unit_of_work() as session:
        order_no = a_paid_agreement(session).order_no
    db.session.remove()
    client = signed_in_client(app)
    sealed = signed_by(holder, a_plain_pdf())

    kept = client.post("/papers/check", {"file": a_file(sealed), "order_no": order_no, "keep": "1"})
    assert kept.status_code == 302
    client.post(f"{kept.location}/formal")

    page = client.get(kept.location).text
    assert "正式合同版本" in page
    assert "证书链不受信任" in page
    copy = db.session.scalars(select(VaultCopy)).one()
    assert (copy.is_formal, copy.agreement.order_no) == (True, order_no)


def test_two_downloads_are_compared_without_keeping_either(app):
    holder, _, _ = Authority().holder(PROVIDER)
    client = signed_in_client(app)
    sealed = signed_by(holder, a_plain_pdf())

    page = client.post(
        "/papers/check", {"file": a_file(sealed), "second": a_file(signed_by(holder, a_plain_pdf()), "second.pdf")}
    ).text

    assert "文字相同，签名不同" in page
    assert db.session.scalars(select(VaultCopy)).all() == []


def test_a_foreign_file_is_refused_with_the_reason(app):
    answer = signed_in_client(app).post("/papers/check", {"file": a_file(b"<html>", "evil.pdf")})

    assert (answer.status_code, "这不是 PDF 文件" in answer.text) == (422, True)


def test_seals_are_made_given_and_retired_by_those_who_manage_them(app):
    client = signed_in_client(app, "legal_approver")
    client.post("/papers/seals", {"kind": "company", "name": PROVIDER, "line": "", "roles": ["legal_approver"]})
    seal_id = db.session.scalars(select(Seal.id)).one()
    db.session.remove()

    client.post(f"/papers/seals/{seal_id}/holders", {"roles": ["legal_officer"], "people": [str(client.person_id)]})
    assert client.get(f"/papers/seals/{seal_id}/picture").data.startswith(b"\x89PNG")
    assert client.post(f"/papers/seals/{seal_id}/retire", {"reason": " "}).status_code == 422
    client.post(f"/papers/seals/{seal_id}/retire", {"reason": "公司更名"})

    seal = db.session.scalars(select(Seal)).one()
    assert (seal.retired_reason, len(seal.holders)) == ("公司更名", 2)
    assert "公司更名" in client.get("/papers/seals").text
    assert signed_in_client(app, "ops").post("/papers/seals", {"kind": "company", "name": PROVIDER}).status_code == 403


def test_anybody_verifies_a_number_and_learns_nothing_of_the_content(app):
    _, number, _ = issued(app)

    page = app.test_client().get(f"/verify?number={number}").text

    assert "编号真实" in page
    for secret in ("海棠", "限期改正", "200000000000001"):
        assert secret not in page
    assert "未知" in app.test_client().get("/verify?number=LY-2024-000001-AAAAAA").text


def test_anybody_verifies_a_file(app):
    _, number, content = issued(app)
    stranger = signed_in_client(app, "auditor")  # any session's form token will do; no role is asked for
    place = content.index(b"/CreationDate (D:2024") + 16

    assert "真实" in stranger.post("/verify", {"file": a_file(content)}).text
    altered = stranger.post("/verify", {"file": a_file(content[:place] + b"9" + content[place + 1 :])}).text
    assert "已被改动" in altered
    assert number in altered
    assert "海棠" not in altered


def test_a_client_s_questions_are_bounded():
    bound = Bound(2, 60)
    at = clock.monotonic()

    bound.admit("192.0.2.1", at=at)
    bound.admit("192.0.2.1", at=at)
    with pytest.raises(TooManyQuestions):
        bound.admit("192.0.2.1", at=at)
    bound.admit("192.0.2.2", at=at)
    bound.admit("192.0.2.1", at=at + 61)


def test_the_public_page_answers_429_beyond_its_bound(app):
    client = app.test_client()

    answers = [client.get("/verify?number=LY-2024-000001-AAAAAA").status_code for _ in range(31)]

    assert (set(answers[:30]), answers[30]) == ({200}, 429)
