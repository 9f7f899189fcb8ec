"""Clause 3.3: a prior approval without the company seal is kept, says what it lacks and never counts."""

import io

from agreements.parties.documents import record_document, set_industry
from agreements.parties.rules import DocumentType
from tests.builders import at
from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import opened_at, text_of, zh
from tests.builders_register import OFFICER, an_upload

PAGE = "/tenants/haitang"
NOW = at("Thu 2024-09-12 15:00")
PDF = an_upload().content


def test_clause_3_3_an_unsealed_prior_approval_says_what_it_lacks_and_takes_no_sealed_ones_place(app):
    def two_copies(session):
        tenant = an_agreement_in_service(session, tenant_key="haitang").tenant
        set_industry(session, tenant, "lending_guarantee", reason="经营范围含小额贷款", actor=OFFICER, now=NOW)
        given = {"upload": an_upload(), "actor": OFFICER, "now": NOW}
        unsealed = record_document(session, tenant, DocumentType.PRIOR_APPROVAL, sealed=False, **given)
        assert unsealed.lacks_seal

    officer = opened_at(app, NOW, set_up=two_copies)
    page = text_of(officer.get(PAGE))
    assert zh("lacks the company seal") in page
    assert zh("obstacle.document_prior_approval") in page
    one = text_of(officer.get("/documents/3"))
    assert (zh("lacks the company seal") in one, zh("document_state.verified") in one) == (True, False)
    form = {"type": "prior_approval", "number": "", "issuer": "", "issued_on": "", "expires_on": ""}
    officer.post(f"{PAGE}/documents/new?renews=3", form | {"sealed": "yes", "file": (io.BytesIO(PDF), "批文.pdf")})
    page = text_of(officer.get(PAGE))
    assert zh("lacks the company seal") not in page
    assert zh("obstacle.document_prior_approval") not in page

    officer.post(f"{PAGE}/documents/new?renews=4", form | {"file": (io.BytesIO(PDF), "前置审批.pdf")})
    page = text_of(officer.get(PAGE))
    assert zh("lacks the company seal") in page
    assert zh("obstacle.document_prior_approval") not in page  # the sealed one still counts
