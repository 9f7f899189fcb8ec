"""The tenant's page: contacts masked until somebody looks on record, documents, changes with their clocks."""

import io

from sqlalchemy import select

from agreements.kernel.audit import AuditEvent
from agreements.parties.actions import tenant_of_key
from agreements.parties.models import Contact, NoticeAddress, OwnPlatform, QualificationDocument
from compliance.obligations.models import Obligation
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_compliance import a_suspected_case, an_agreement_in_service
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_files import A_PDF, a_small_pdf
from tests.builders_register import a_paid_agreement, an_onboarded_agreement

PAGE = "/tenants/haitang"
NOW = at("Thu 2024-09-12 15:00")


def a_pdf(name="文件.pdf", content=A_PDF):
    return (io.BytesIO(content), name)


def in_service(session):
    an_agreement_in_service(session, tenant_key="haitang")


def paid(session):
    a_paid_agreement(session, tenant_key="haitang", now=at("Mon 2024-07-29 09:30"))


def test_clause_5_1_contacts_are_masked_and_who_looks_is_recorded(app):
    client = opened_at(app, NOW, set_up=in_service)
    page = text_of(client.get(PAGE))
    assert "130****0000" in page
    assert "13000000000" not in page
    assert "l***@tenant.example" in page

    contact = read(lambda session: session.scalars(select(Contact)).one().id)
    assert "13000000000" in text_of(
        client.post(f"{PAGE}/reveal", {"subject": f"contact:{contact}", "reason": "核对签收人"})
    )
    [looked] = read(
        lambda session: session.scalars(select(AuditEvent).where(AuditEvent.act == "contact.revealed")).all()
    )
    assert (looked.subject, looked.actor_name, looked.details) == (f"contact:{contact}", "张法务", {})
    assert "13000000000" not in text_of(client.get(PAGE))

    address = read(lambda session: session.scalars(select(NoticeAddress)).one().id)
    assert "legal@tenant.example" in text_of(
        client.post(f"{PAGE}/reveal", {"subject": f"notice_address:{address}", "reason": "核对送达地址"})
    )


def test_nobody_looks_without_the_duty_or_at_another_tenant_s_contact(app):
    def set_up(session):
        in_service(session)
        an_onboarded_agreement(session, order_no="1002", tenant_name="乙公司", tenant_key="other")

    client = opened_at(app, NOW, set_up=set_up)
    others = read(
        lambda session: session.scalars(
            select(Contact.id).where(Contact.tenant_id == tenant_of_key(session, "other").id)
        ).one()
    )
    assert client.post(f"{PAGE}/reveal", {"subject": f"contact:{others}", "reason": "核对"}).status_code == 404
    for subject in ("contact:x", "contact:9999", "person:1", "contact:" + "9" * 30):
        assert client.post(f"{PAGE}/reveal", {"subject": subject, "reason": "核对"}).status_code == 404
    auditor = signed_in_client(app, "auditor")
    assert 'name="subject"' not in auditor.get(PAGE).get_data(as_text=True)
    assert auditor.post(f"{PAGE}/reveal", {"subject": "contact:1", "reason": "核对"}).status_code == 403


def test_clause_3_3_a_document_is_taken_in_with_its_file(app):
    client = opened_at(app, NOW, set_up=paid)
    assert zh("obstacle.document_business_licence") in text_of(client.get(PAGE))
    form = {"type": "business_licence", "number": "9142", "issuer": "", "issued_on": "2021-03-08", "expires_on": ""}
    response = client.post(f"{PAGE}/documents/new", form | {"sealed": "yes", "file": a_pdf("../../执照.pdf")})
    assert response.location == f"{PAGE}#onboarding"
    document = read(lambda session: session.scalars(select(QualificationDocument)).one())
    assert (document.number, document.issuer, document.sealed, document.file.name) == ("9142", None, True, "执照.pdf")
    assert zh("no end of validity") in text_of(client.get(PAGE))
    assert client.get(f"{PAGE}/files/{document.file_id}").data == a_small_pdf()
    assert client.get(f"/tenants/nobody/files/{document.file_id}").status_code == 404


def test_a_document_at_fault_is_told_beside_its_field_and_nothing_is_kept(app):
    client = opened_at(app, NOW, set_up=paid)
    form = {"type": "business_licence", "number": "9142", "issuer": "", "issued_on": "", "expires_on": ""}
    for wrong, field in (
        ({"file": None}, "file"),
        ({"file": a_pdf(content=b"")}, "file"),
        ({"type": "poem"}, "type"),
        ({"issued_on": "2024-09-13"}, "issued_on"),
        ({"issued_on": "2024-09-01", "expires_on": "2024-08-01"}, "expires_on"),
        ({"expires_on": "31.12.2024"}, "expires_on"),
        ({"number": "9" * 81}, "number"),
        ({"sealed": "maybe"}, "sealed"),
    ):
        sent = {name: value for name, value in (form | {"file": a_pdf()} | wrong).items() if value is not None}
        response = client.post(f"{PAGE}/documents/new", sent)
        assert response.status_code == 422, wrong
        assert f'id="{field}-error"' in response.get_data(as_text=True), wrong
        assert "9142" in response.get_data(as_text=True) or field == "number"
    assert read(lambda session: session.query(QualificationDocument).count()) == 0


def test_a_notice_address_and_a_platform_are_recorded(app):
    client = opened_at(app, NOW, "ops", set_up=paid)
    response = client.post(
        f"{PAGE}/notice-address",
        {"channel": "email", "address": "not an address", "signed_on": "2024-09-01", "file": a_pdf()},
    )
    assert 'id="address-error"' in response.get_data(as_text=True)
    good = {"channel": "email", "address": "legal@tenant.example", "signed_on": "2024-09-01", "file": a_pdf()}
    assert client.post(f"{PAGE}/notice-address", good).status_code == 302
    platform = {"kind": "domain", "identifier": " Shop.Example.com ", "ownership": "icp_filing", "valid_until": ""}
    proof = {"proof_subject": "海棠企业管理(武汉)有限公司", "proof_number": "", "extension": ""}
    client.post(f"{PAGE}/platforms/new", platform | proof)
    assert read(lambda session: session.scalars(select(OwnPlatform)).one().identifier) == "shop.example.com"
    assert "/changes/new?tenant=haitang&amp;by=notice" not in client.get(PAGE).text  # ops records no performance


def test_standing_names_its_reason(app):
    def set_up(session):
        a_suspected_case(session)

    client = opened_at(app, at("Mon 2024-09-23 09:00"), set_up=set_up)
    key = read(lambda session: session.scalars(select(Obligation)).one().agreement.tenant.tenant_key)
    page = text_of(client.get(f"/tenants/{key}"))
    assert f"{zh('Standing')} {zh('standing.watch')}" in page
    assert f"{zh('case_ground.change_notification_overdue')} {zh('case_state.suspected')}" in page
    assert client.get("/tenants/nobody").status_code == 404
