"""Agreements for tests: registered through the real use cases, valid by default."""

from agreements.kernel import files
from agreements.kernel.instants import start_of
from agreements.kernel.money import Money
from agreements.parties.actions import ContactDetails, Upload, confirm_notice_address
from agreements.parties.documents import record_document
from agreements.parties.rules import DocumentType
from agreements.register.actions import confirm_payment, register_agreement
from agreements.register.rules import AgreementFacts, SpecKind, TermFact
from agreements.register.supplement_rules import SigningParty
from agreements.register.supplements import Change, draft_supplement, sign
from tests.builders import a_person, at, day
from tests.builders_files import A_PDF

OFFICER = a_person("legal_officer")
APPROVER = a_person("legal_approver", name="李审批")
OPS = a_person("ops", name="王运维")
FINANCE = a_person("finance", name="赵财务")

STANDARD_TERMS = (
    TermFact("change_notification", {"value": 5, "unit": "working_day", "starts": "change", "form": "written"}, "3.3"),
    TermFact("own_platform_only", value=True, clause="2.3"),
    TermFact("suspension", {"notice_required": True, "consent_required": False}, "6.1"),
)


def facts(**changed):
    """Facts of one standard order: 1200元/3万次, paid 800.00, 2024-07-28 to 2025-07-29 inclusive."""
    values = {
        "order_no": "200000000000001",
        "tenant_name": "海棠企业管理（武汉）有限公司",
        "product_name": "身份二要素核验-【示例】",
        "spec_text": "1200元/3万次",
        "spec_kind": SpecKind.PACK,
        "quantity": 1,
        "payment_mode": "按次购买",
        "service_start_at": start_of(day("Sun 2024-07-28")),
        "service_end_exclusive_at": start_of(day("Wed 2025-07-30")),
        "list_price": Money(120000),
        "paid_amount": Money(80000),
        "quota_total": 30000,
        "quota_unlimited": False,
        "provider_name": "青榕数据科技（杭州）有限公司",
        "terms": STANDARD_TERMS,
    }
    return AgreementFacts(**(values | changed))


def an_upload(name="证明.pdf", content=A_PDF):
    return Upload(name, "application/pdf", content)


def a_registered_agreement(session, *, now=None, product_code="id2-verify", tenant_key=None, **changed):
    """An agreement that awaits payment."""
    now = now or at("Mon 2024-07-29 09:00")
    document = files.keep(session, b"agreement text", name="agreement.md", media_type="text/markdown", now=now)
    return register_agreement(
        session,
        facts(**changed),
        product_code=product_code,
        tenant_key=tenant_key,
        contact=ContactDetails("联系人甲", "13000000000", "武汉市示例路1号"),
        document=document,
        actor=OFFICER,
        now=now,
    ).agreement


def a_paid_agreement(session, *, now=None, paid_at=None, **changed):
    """An agreement in force, paid on its start date at 10:00."""
    now = now or at("Mon 2024-07-29 09:30")
    agreement = a_registered_agreement(session, now=now, **changed)
    confirm_payment(
        session,
        agreement,
        amount=Money(agreement.paid_amount_fen),
        paid_at=paid_at or at("Sun 2024-07-28 10:00"),
        reference="PAY-1",
        actor=FINANCE,
        now=now,
    )
    return agreement


def an_onboarded_agreement(session, *, now=None, address="legal@tenant.example", **changed):
    """A paid agreement whose tenant designated an e-mail system and supplied its documents."""
    now = now or at("Mon 2024-07-29 10:00")
    agreement = a_paid_agreement(session, now=now, **changed)
    tenant = agreement.tenant
    confirm_notice_address(
        session, tenant, address, signed_on=day("Mon 2024-07-29"), proof=an_upload(), actor=OFFICER, now=now
    )
    for document_type in (DocumentType.BUSINESS_LICENCE, DocumentType.BUSINESS_DESCRIPTION):
        record_document(session, tenant, document_type, upload=an_upload(), sealed=True, actor=OFFICER, now=now)
    return agreement


def a_signed_supplement(session, agreement, changes, *, now, asked_for_at=None, reaches_back=False):
    """A supplement that both sides have signed; `changes` are values by term."""
    supplement = draft_supplement(
        session,
        agreement,
        {key: Change(value) for key, value in changes.items()},
        asked_for_at=asked_for_at,
        reaches_back=reaches_back,
        reason="双方另行约定",
        upload=an_upload(),
        actor=OFFICER,
        now=now,
    )
    for party, actor in ((SigningParty.TENANT, OFFICER), (SigningParty.PROVIDER, APPROVER)):
        sign(
            session,
            supplement,
            party,
            signed_at=now,
            signer="沈经理",
            upload=an_upload(),
            version=supplement.version,
            actor=actor,
            now=now,
        )
    return supplement
