"""What waits about tenants stands on the first page: sealed requests (3.4), papers missing or expired (3.3)."""

from sqlalchemy import select

from agreements.kernel.db import unit_of_work
from agreements.parties.documents import record_document
from agreements.parties.models import QualificationDocument, Tenant
from agreements.parties.rules import DocumentType
from compliance.desk.tenant_tasks import tenant_tasks
from compliance.service import adjusting
from compliance.service.account_rules import AdjustmentKind, SealBasis
from compliance.service.asking import draft_request
from compliance.service.models_account import AdjustmentRequest
from tests.builders import at, day
from tests.builders_access import signed_in_client
from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import move_clock, opened_at, text_of, zh
from tests.builders_register import OFFICER, a_paid_agreement, an_upload

NOW = at("Thu 2024-09-12 15:00")
OPEN = "Requests about interface and account"
EXPIRED = "Documents expired, not renewed"
PREPARING = "Paid, papers missing"


def a_request(session):
    tenant = an_agreement_in_service(session).tenant
    return draft_request(
        session,
        tenant,
        AdjustmentKind.REISSUE,
        asked="重发接口密钥",
        asked_on=day("Wed 2024-09-11"),
        actor=OFFICER,
        now=NOW,
    )


def test_clause_3_4_an_open_request_waits_on_the_first_page_until_it_is_carried_out(app):
    client = opened_at(app, NOW, set_up=a_request)
    page = text_of(client.get("/"))
    assert f"{zh(OPEN)} 1" in page
    assert zh("adjustment_state.draft") in page

    with unit_of_work() as session:
        adjusting.receive_sealed_letter(
            session,
            session.scalars(select(AdjustmentRequest)).one(),
            letter=an_upload(),
            received_at=NOW,
            basis=SealBasis.COMPANY_SEAL,
            seal_record=None,
            version=1,
            actor=OFFICER,
            now=NOW,
        )
    move_clock(at("Fri 2024-09-13 09:00"))
    ops = signed_in_client(app, "ops")
    assert f"{zh('Carry it out')}<" in ops.get("/").text
    assert zh("adjustment_state.sealed_received") in text_of(client.get("/"))

    ops.post("/tenants/" + key_of() + "/adjustments/1/execute", data={"note": "新密钥已交付", "version": "2"})
    assert zh(OPEN) not in text_of(client.get("/"))


def key_of():
    with unit_of_work() as session:
        return session.scalars(select(Tenant.tenant_key)).one()


def a_licence(session, tenant, *, expires_on, now=NOW, kind=DocumentType.ICP_FILING, replaces=None):
    return record_document(
        session,
        tenant,
        kind,
        upload=an_upload(),
        sealed=False,
        number="鄂ICP备0000号",
        issued_on=day("Mon 2024-01-01"),
        expires_on=expires_on,
        replaces=replaces,
        actor=OFFICER,
        now=now,
    )


def test_clause_3_3_an_expired_paper_is_listed_from_the_day_after_its_last_until_a_valid_one_is_here(session):
    tenant = an_agreement_in_service(session).tenant
    old = a_licence(session, tenant, expires_on=day("Thu 2024-09-12"))

    assert tenant_tasks(session, now=at("Thu 2024-09-12 23:59")).expired_total == 0
    later = at("Fri 2024-09-13 00:00")
    assert tenant_tasks(session, now=later).expired == [old]

    a_licence(session, tenant, expires_on=day("Fri 2025-09-12"), now=later, replaces=old)
    assert tenant_tasks(session, now=later).expired == []


def test_clause_3_3_a_valid_paper_of_the_kind_covers_an_expired_one_that_it_does_not_name(session):
    tenant = an_agreement_in_service(session).tenant
    a_licence(session, tenant, expires_on=day("Thu 2024-09-12"))
    a_licence(session, tenant, expires_on=None)
    assert tenant_tasks(session, now=at("Mon 2024-10-07 09:00")).expired == []


def test_nothing_is_asked_of_a_tenant_whose_last_agreement_is_over(session):
    tenant = an_agreement_in_service(session).tenant
    a_licence(session, tenant, expires_on=day("Thu 2024-09-12"))
    assert tenant_tasks(session, now=at("Wed 2025-07-30 00:00")).expired == []


def test_the_first_page_leads_from_an_expired_paper_to_its_renewal(app):
    client = opened_at(
        app,
        at("Fri 2024-09-13 09:00"),
        set_up=lambda session: a_licence(
            session, an_agreement_in_service(session).tenant, expires_on=day("Thu 2024-09-12")
        ),
    )
    page = client.get("/")
    assert f"{zh(EXPIRED)} 1" in text_of(page)
    with unit_of_work() as session:
        number = session.scalars(
            select(QualificationDocument.id).where(QualificationDocument.type == DocumentType.ICP_FILING)
        ).one()
    assert f"/tenants/{key_of()}/documents/new?renews={number}" in page.text
    assert client.get(f"/tenants/{key_of()}/documents/new?renews={number}").status_code == 200


def test_clause_3_3_a_paid_order_that_begins_later_shows_what_is_missing(app):
    friday = at("Fri 2024-07-26 15:00")
    client = opened_at(
        app,
        at("Sat 2024-07-27 10:00"),
        set_up=lambda session: a_paid_agreement(session, now=friday, paid_at=friday),
    )
    assert f"{zh(PREPARING)} 1" in text_of(client.get("/"))
    move_clock(at("Sun 2024-07-28 00:00"))
    page = text_of(client.get("/"))
    assert zh(PREPARING) not in page  # begun: it waits to be opened
    assert f"{zh('Waiting to be opened')} 1" in page
