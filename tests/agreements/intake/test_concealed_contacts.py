"""Who sees the contact data of a review: those who may register while it is open, later nobody unless they say why."""

import pytest
from sqlalchemy import select

from agreements.intake.concealing import concealed_text
from agreements.intake.import_record import review_of, text_of
from agreements.kernel.access_log import SensitiveAccess
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from tests.builders_access import signed_in_client
from tests.builders_imports import accepted, an_import, registered

CONTACT_DATA = ["13900000001", "13900000002", "示例员"]


@pytest.fixture
def open_id(app):
    with unit_of_work() as session:
        return an_import(session).id


@pytest.fixture
def closed_id(app):
    with unit_of_work() as session:
        imported = an_import(session)
        registered(session, accepted(session, imported))
        return imported.id


def seen(app, role, import_id):
    page = signed_in_client(app, role).get(f"/import/{import_id}").text
    assert "云市场商品销售协议" in page
    return [value for value in CONTACT_DATA if value in page]


@pytest.mark.parametrize("role", ["auditor", "finance", "legal_officer", "legal_approver", "ops", "admin"])
def test_a_registered_contract_shows_contacts_to_nobody_unasked_nor_does_its_text(app, closed_id, role):
    assert seen(app, role, closed_id) == []


@pytest.mark.parametrize(
    ("role", "shown"), [("legal_officer", CONTACT_DATA), ("ops", []), ("auditor", []), ("finance", [])]
)
def test_an_open_review_shows_contacts_to_those_who_may_register_it(app, open_id, role, shown):
    assert seen(app, role, open_id) == shown


def test_contacts_are_shown_once_for_a_reason_that_is_kept(app, closed_id):
    client = signed_in_client(app, "legal_officer")
    page = client.post(f"/import/{closed_id}/contacts", data={"reason": "核对送达对象"}).text

    assert [value for value in CONTACT_DATA if value in page] == CONTACT_DATA
    assert seen(app, "legal_officer", closed_id) == []
    [look] = db.session.scalars(select(SensitiveAccess).where(SensitiveAccess.subject == f"import:{closed_id}"))
    assert (look.reason, look.tenant_id is not None) == ("核对送达对象", True)
    assert (
        db.session.scalar(select(AuditEvent.reason).where(AuditEvent.act == "import.contacts_revealed")) == look.reason
    )


def test_contacts_are_not_shown_without_a_reason_or_to_who_may_not_see_them(app, closed_id):
    refused = signed_in_client(app, "legal_officer").post(f"/import/{closed_id}/contacts", data={"reason": " "})
    assert (refused.status_code, "13900000001" in refused.text) == (422, False)
    for role in ("auditor", "finance"):
        answer = signed_in_client(app, role).post(f"/import/{closed_id}/contacts", data={"reason": "想看"})
        assert (answer.status_code, "13900000001" in answer.text) == (403, False)


def test_a_masked_text_stays_as_long_as_it_was(session):
    imported = an_import(session)
    text = text_of(session, imported)
    masked = concealed_text(text, review_of(session, imported))

    assert len(masked) == len(text)
    assert "139****0001" in masked
    assert [value for value in CONTACT_DATA if value in masked] == []
