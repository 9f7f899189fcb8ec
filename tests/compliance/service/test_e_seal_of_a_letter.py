"""Clause 3.4: the e-seal of a letter that asks for an adjustment is checked here; the answer is kept and shown."""

import io

import pytest
from sqlalchemy import select

from agreements.paper.rules import SignatureAnswer
from agreements.parties.models import Tenant
from compliance.service.models_account import AdjustmentRequest
from tests.builders import at
from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import opened_at, read
from tests.builders_paper import Authority, a_plain_pdf, signed_by

NOW = at("Thu 2024-09-12 15:00")
CUSTOMER, _, _ = Authority().holder("海棠企业管理（武汉）有限公司")
SEALED = signed_by(CUSTOMER, a_plain_pdf("Please reissue the key"))


def sends(app, content, *, basis="e_seal", name="letter.pdf"):
    """A letter handed in for a request; returns the answer and what became of the request."""
    officer = opened_at(app, NOW, "legal_officer", set_up=an_agreement_in_service)
    key = read(lambda session: session.scalars(select(Tenant.tenant_key)).one())
    asked = {"asked": "变更账号", "asked_on": "2024-09-12", "order_no": "200000000000001"}
    officer.post(f"/tenants/{key}/adjustments/new?kind=account", asked)
    one = f"/tenants/{key}/adjustments/1"
    letter = {"basis": basis, "seal_record": "经签发机构验证，有效", "received_at": "2024-09-12T14:55", "version": "1"}
    answer = officer.post(f"{one}/letter", letter | {"file": (io.BytesIO(content), name)})
    return answer, officer.get(one).text, read(lambda s: s.scalars(select(AdjustmentRequest)).one())


def test_clause_3_4_an_unaltered_e_seal_is_taken_and_its_answer_shown(app):
    answer, page, request = sends(app, SEALED)

    assert answer.status_code == 302
    assert request.seal_answer is SignatureAnswer.UNTRUSTED
    assert "证书链不受信任" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (a_plain_pdf(), "没有电子印章"),
        (SEALED.replace(b"/Creator (anonymous)", b"/Creator (anonymouz)"), "已被改动"),
        (b"%PDF-1.7\n" + b"\0" * 300, "损坏"),
    ],
)
def test_clause_3_4_a_letter_without_a_whole_e_seal_is_refused(app, content, said):
    answer, _, request = sends(app, content)

    assert (answer.status_code, said in answer.text) == (422, True)
    assert request.letter_file_id is None


@pytest.mark.parametrize(("basis", "name"), [("company_seal", "scan.pdf"), ("e_seal", "letter.ofd")])
def test_clause_3_4_a_seal_on_paper_and_another_format_are_not_checked_here(app, basis, name):
    content = a_plain_pdf() if name.endswith(".pdf") else b"PK\x03\x04 another format"

    answer, _, request = sends(app, content, basis=basis, name=name)

    assert (answer.status_code, request.seal_answer) == (302, None)
