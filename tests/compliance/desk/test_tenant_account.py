"""Pages of a tenant's record and account: freeze, sealed requests, a change of name, documents (2.3, 3.3, 3.4)."""

import io

from sqlalchemy import select

from agreements.parties.documents import record_document
from agreements.parties.models import NoticeAddress, OwnPlatform, Party, QualificationDocument, Tenant
from agreements.parties.rules import DocumentState, DocumentType
from compliance.changes.models import ChangeEvent
from compliance.gateway.actions import decide_call
from compliance.obligations.models import Obligation
from compliance.service.models_account import AdjustmentRequest
from tests.builders import at, day
from tests.builders_access import signed_in_client
from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_files import A_PDF
from tests.builders_register import OFFICER, a_paid_agreement, an_upload

PAGE = "/tenants/haitang"
NOW = at("Thu 2024-09-12 15:00")
LOCAL = "2024-09-12T14:30"


def in_service(session):
    an_agreement_in_service(session, tenant_key="haitang")


def a_pdf(name="文件.pdf", content=A_PDF):
    return (io.BytesIO(content), name)


def codes(platform=None):
    def decide(session):
        return decide_call(session, "haitang", "id2-verify", platform=platform, now=NOW).reason_codes

    return [reason.value for reason in read(decide)]


def test_a_freeze_and_its_lifting_letter_in_the_pages(app):
    officer = opened_at(app, NOW, set_up=in_service)
    ops = signed_in_client(app, "ops")
    call = {"order_no": "", "caller": "联系人甲，回拨核实", "called_at": LOCAL, "reason": "密钥疑似泄露"}
    wrong = ops.post(f"{PAGE}/freeze", call | {"caller": " "})
    assert (wrong.status_code, 'id="caller-error"' in wrong.text, "密钥疑似泄露" in wrong.text) == (422, True, True)
    assert codes() == []
    ops.post(f"{PAGE}/freeze", call)
    assert codes() == ["KEY_FROZEN"]
    page = officer.get(PAGE)
    assert zh("Protective freeze") in text_of(page)
    assert "回拨核实" not in page.text  # who called is masked

    asked = {"freeze": "1", "asked": "解除冻结", "asked_on": "2024-09-12", "order_no": ""}
    officer.post(f"{PAGE}/adjustments/new?kind=unfreeze", asked)
    request = f"{PAGE}/adjustments/1"
    assert ops.post(f"{request}/execute", {"note": "", "version": "1"}).status_code == 409
    letter = {"basis": "e_seal", "seal_record": "", "received_at": LOCAL, "version": "1", "file": a_pdf()}
    assert 'id="seal_record-error"' in officer.post(f"{request}/letter", letter).text
    taken = officer.post(f"{request}/letter", letter | {"basis": "company_seal", "file": a_pdf("函.pdf")})
    assert taken.location.endswith(request)
    assert codes() == ["KEY_FROZEN"]
    assert zh("waits:") in text_of(officer.get(request))  # operations execute it
    ops.post(f"{request}/execute", {"note": "", "version": "2"})
    assert codes() == []
    assert officer.get(f"{PAGE}/files/{read(lambda s: s.scalars(select(AdjustmentRequest)).one().letter_file_id)}").data


def test_once_the_service_is_open_a_platform_takes_a_sealed_request(app):
    officer = opened_at(app, NOW, "legal_officer", "ops", set_up=in_service)
    platform = {
        "kind": "domain",
        "identifier": "shop.example.com",
        "ownership": "icp_filing",
        "proof_subject": "海棠企业管理(武汉)有限公司",
        "proof_number": "",
        "extension": "",
        "valid_until": "",
    }
    refused = officer.post(f"{PAGE}/platforms/new", platform)
    assert refused.status_code == 409
    asked = {"asked": "新增自有平台", "asked_on": "2024-09-12", "order_no": ""}
    stranger = officer.post(f"{PAGE}/adjustments/new?kind=add_platform", platform | asked | {"proof_subject": "他人"})
    assert 'id="proof_subject-error"' in stranger.text
    officer.post(f"{PAGE}/adjustments/new?kind=add_platform", platform | asked | {"file": a_pdf()})
    letter = {"basis": "company_seal", "seal_record": "", "received_at": LOCAL, "version": "1", "file": a_pdf()}
    officer.post(f"{PAGE}/adjustments/1/letter", letter)
    assert codes("shop.example.com") == ["PLATFORM_NOT_ALLOWED"]
    officer.post(f"{PAGE}/adjustments/1/execute", {"note": "", "version": "2"})
    assert codes("shop.example.com") == []

    found = {"found": "工信部备案查询：主体为他人"}
    officer.post(f"{PAGE}/platforms/1/doubt", found)
    assert codes("shop.example.com") == []  # E-46: no silent removal
    page = text_of(officer.get(PAGE))
    assert zh("ownership in doubt") in page
    assert "主体为他人" in page
    again = {"ownership": "icp_filing", "proof_subject": "海棠企业管理（武汉）有限公司"}
    officer.post(f"{PAGE}/platforms/1/ownership", again | {"proof_number": "鄂ICP备1号", "extension": ""})
    platform = read(lambda session: session.scalars(select(OwnPlatform)).one())
    assert (platform.doubted_at, platform.recheck_on) == (None, day("Tue 2025-03-11"))


def test_e_51_a_change_of_name_starts_the_clock_and_the_old_name_finds_the_tenant(app):
    officer = opened_at(app, NOW, set_up=in_service)
    form = {"name": "海棠数科集团有限公司", "occurred_on": "2024-09-10", "source": "public_register"}
    assert officer.post(f"{PAGE}/name", form).location == f"{PAGE}#changes"
    change = read(lambda session: session.scalars(select(ChangeEvent)).one())
    assert (change.kind.value, change.occurred_on) == ("information", day("Tue 2024-09-10"))
    assert read(lambda session: session.scalars(select(Obligation)).one().cause) == f"change:{change.id}"
    page = text_of(officer.get(PAGE))
    assert f"{zh('Former name')} 海棠企业管理（武汉）有限公司" in page
    assert "海棠数科集团有限公司" in text_of(officer.get("/agreements?q=海棠企业管理"))
    assert "海棠数科集团有限公司" in text_of(officer.get("/documents?q=海棠企业管理"))
    party = read(lambda session: session.scalars(select(Party)).one())
    assert party.name == "海棠数科集团有限公司"


def test_who_the_party_is_its_industry_and_its_contacts_are_kept(app):
    officer = opened_at(app, NOW, set_up=lambda session: a_paid_agreement(session, tenant_key="haitang"))
    bad = {"kind": "legal_person", "credit_code": "91350100M000100Y44", "name_en": ""}
    assert 'id="credit_code-error"' in officer.post(f"{PAGE}/identity", bad).text
    officer.post(f"{PAGE}/identity", bad | {"credit_code": "91350100m000100y43"})
    assert "91350100M000100Y43" in text_of(officer.get(PAGE))

    assert zh("obstacle.document_prior_approval") not in text_of(officer.get(PAGE))
    officer.post(f"{PAGE}/industry", {"industry": "lending_guarantee", "reason": "经营范围含小额贷款"})
    page = text_of(officer.get(PAGE))
    assert "小额贷款与融资担保" in page
    assert zh("obstacle.document_prior_approval") in page

    contact = {"role": "legal", "name": "顾某某", "phone": "13900000001", "email": "gu@tenant.example", "address": ""}
    officer.post(f"{PAGE}/contacts/new", contact)
    page = text_of(officer.get(PAGE))
    assert ("139****0001" in page, "13900000001" in page, zh("contact_role.legal") in page) == (True, False, True)
    officer.post(f"{PAGE}/contacts/2/end")
    assert zh("ended") in text_of(officer.get(PAGE))
    assert officer.post(f"{PAGE}/contacts/9/end").status_code == 404


def test_an_ended_notice_address_stays_as_history_and_activation_lacks_it(app):
    officer = opened_at(app, NOW, set_up=in_service)
    number = read(lambda session: session.scalars(select(NoticeAddress.id)).one())
    assert officer.get(f"{PAGE}/notice-address/{number}/end").status_code == 200
    officer.post(f"{PAGE}/notice-address/{number}/end", {"reason": "邮箱停用"})
    page = text_of(officer.get(PAGE))
    assert "邮箱停用" in page
    assert zh("Ended confirmations: %(count)s", count=1) in page
    good = {"channel": "courier", "address": "湖北省武汉市示例路1号", "signed_on": "2024-09-01", "file": a_pdf()}
    assert officer.post(f"{PAGE}/notice-address", good).status_code == 302
    assert zh("notice_channel.courier") in text_of(officer.get(PAGE))


def test_an_unchecked_document_waits_is_rejected_with_a_reason_or_verified_and_renewed(app):
    def set_up(session):
        tenant = a_paid_agreement(session, tenant_key="haitang").tenant
        for number in ("A1", "A2"):
            record_document(
                session,
                tenant,
                DocumentType.BUSINESS_LICENCE,
                upload=an_upload(),
                sealed=False,
                number=number,
                expires_on=day("Thu 2024-10-31"),
                is_checked=False,
                actor=OFFICER,
                now=at("Mon 2024-09-02 10:00"),
            )

    officer = opened_at(app, NOW, set_up=set_up)
    lacks = f"{zh('obstacle.document_business_licence')} {zh('record it')}"
    assert lacks in text_of(officer.get(PAGE))
    waiting = text_of(officer.get("/documents?shown=unverified"))
    assert ("A1" in waiting, "A2" in waiting) == (True, True)
    assert 'id="reason-error"' in officer.post("/documents/1/reject", {"reason": " "}).text
    officer.post("/documents/1/reject", {"reason": "照片不清"})
    officer.post("/documents/2/verify")
    assert officer.post("/documents/2/verify").status_code == 409
    assert lacks not in text_of(officer.get(PAGE))
    assert "照片不清" in text_of(officer.get("/documents/1"))
    assert "A2" in text_of(officer.get("/documents?shown=expiring&kind=business_licence&q=海棠"))

    renewal = {"type": "business_licence", "number": "A3", "issuer": "", "issued_on": "", "expires_on": "2034-10-31"}
    address = f"{PAGE}/documents/new?renews=2"
    assert zh("Record a renewal") in text_of(officer.get(address))
    officer.post(address, renewal | {"file": a_pdf()})
    assert officer.post(address, renewal | {"file": a_pdf()}).status_code == 409  # renewed already
    documents = read(lambda session: session.scalars(select(QualificationDocument)).all())
    assert [each.replaces_id for each in documents] == [None, None, 2]
    assert documents[0].state is DocumentState.REJECTED
    assert zh("replaced") in text_of(officer.get("/documents/3"))
    assert "A2" not in text_of(officer.get("/documents"))
    assert officer.get("/documents/9").status_code == 404
    assert read(lambda session: session.scalars(select(Tenant)).one().industry) == "general"
