"""Clause 3.4: a freeze shuts at once and without a seal; what opens again, or changes an account, needs the letter."""

import pytest
from sqlalchemy import select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, NotPermitted, Stale
from agreements.kernel.revisions import latest
from agreements.parties.models import OwnPlatform
from agreements.parties.platforms import add_platform
from agreements.parties.rules import Ownership, PlatformKind
from compliance.gateway.actions import decide_call
from compliance.service import adjusting, asking
from compliance.service.account_rules import AdjustmentKind, AdjustmentState, SealBasis
from compliance.service.freezing import caller_in_clear, freeze, standing_freezes
from compliance.service.models_account import AdjustmentRequest
from compliance.service.moving import epoch_of
from tests.builders import at, day
from tests.builders_compliance import an_agreement_in_service
from tests.builders_register import APPROVER, FINANCE, OFFICER, OPS, an_upload

CALLED = at("Thu 2024-09-12 23:40")
NIGHT = at("Thu 2024-09-12 23:45")
MORNING = at("Fri 2024-09-13 10:00")
TENANT = "haitang"


def codes(session, now, product="id2-verify", **asked):
    return [reason.value for reason in decide_call(session, TENANT, product, now=now, **asked).reason_codes]


def a_freeze(session, tenant, agreement=None, *, now=NIGHT, actor=OPS):
    return freeze(
        session,
        tenant,
        agreement,
        caller="联系人甲，来电号码与备案一致",
        called_at=CALLED,
        reason="密钥疑似泄露",
        actor=actor,
        now=now,
    )


def a_draft(session, tenant, kind, *, now=MORNING, **about):
    return asking.draft_request(
        session, tenant, kind, asked="按来函办理", asked_on=day("Fri 2024-09-13"), actor=OFFICER, now=now, **about
    )


def seal(session, request, *, basis=SealBasis.COMPANY_SEAL, record=None, now=MORNING, actor=OFFICER):
    adjusting.receive_sealed_letter(
        session,
        request,
        letter=an_upload("盖章函.pdf"),
        received_at=now,
        basis=basis,
        seal_record=record,
        version=request.version,
        actor=actor,
        now=now,
    )


def execute(session, request, *, note=None, now=MORNING, actor=OPS):
    adjusting.execute(session, request, note=note, version=request.version, actor=actor, now=now)


def test_a_phone_call_freezes_at_once_and_only_a_sealed_letter_opens_again(session):
    agreement = an_agreement_in_service(session, tenant_key=TENANT)
    tenant = agreement.tenant
    before = latest(session)
    assert codes(session, NIGHT) == []

    row = a_freeze(session, tenant, agreement)
    assert codes(session, NIGHT) == ["KEY_FROZEN"]
    assert decide_call(session, TENANT, "id2-verify", now=NIGHT).clause == "3.4"
    assert codes(session, at("Thu 2024-09-12 23:44")) == []  # from now, never from the call
    assert (latest(session) > before, epoch_of(session, tenant.id)) == (True, 1)
    assert caller_in_clear(session, row).startswith("联系人甲")
    assert "联系人甲" not in row.caller_sealed

    request = a_draft(session, tenant, AdjustmentKind.UNFREEZE, hold=row.hold)
    with pytest.raises(IllegalMove, match="sealed request") as refused:
        execute(session, request)
    assert (refused.value.code, refused.value.clause) == ("SEAL_MISSING", "3.4")
    assert codes(session, MORNING) == ["KEY_FROZEN"]

    seal(session, request)
    assert codes(session, MORNING) == ["KEY_FROZEN"]
    execute(session, request)
    assert codes(session, MORNING) == []
    assert epoch_of(session, tenant.id) == 2
    assert standing_freezes(session, tenant) == []
    acts = session.scalars(select(AuditEvent.act).where(AuditEvent.clause == "3.4").order_by(AuditEvent.seq)).all()
    assert acts == [
        "key.frozen",
        "adjustment.drafted",
        "adjustment.sealed_received",
        "key.unfrozen",
        "adjustment.executed",
    ]


def test_a_freeze_of_the_tenant_reaches_every_order_and_one_of_an_order_no_other(session):
    first = an_agreement_in_service(session, tenant_key=TENANT)
    an_agreement_in_service(session, order_no="1002", product_code="bank4", tenant_key=TENANT)
    row = a_freeze(session, first.tenant, first)
    assert (codes(session, NIGHT), codes(session, NIGHT, "bank4")) == (["KEY_FROZEN"], [])
    with pytest.raises(Conflict, match="frozen already"):
        a_freeze(session, first.tenant, first)
    a_freeze(session, first.tenant)
    assert codes(session, NIGHT, "bank4") == ["KEY_FROZEN"]

    request = a_draft(session, first.tenant, AdjustmentKind.REISSUE, agreement=first, hold=row.hold)
    seal(session, request)
    with pytest.raises(InvalidInput, match="what was done"):
        execute(session, request)
    execute(session, request, note="新密钥已交付")
    assert codes(session, MORNING) == ["KEY_FROZEN"]  # the tenant's own freeze stands
    assert len(standing_freezes(session, first.tenant)) == 1


def test_a_freeze_needs_its_caller_and_reason_and_a_duty(session):
    tenant = an_agreement_in_service(session, tenant_key=TENANT).tenant
    with pytest.raises(NotPermitted):
        a_freeze(session, tenant, actor=FINANCE)
    for wrong, field in (
        ({"caller": " "}, "caller"),
        ({"reason": ""}, "reason"),
        ({"called_at": MORNING}, "called_at"),
    ):
        given = {"caller": "甲", "called_at": CALLED, "reason": "泄露"} | wrong
        with pytest.raises(InvalidInput) as refused:
            freeze(session, tenant, None, **given, actor=APPROVER, now=NIGHT)
        assert refused.value.field == field
    assert codes(session, NIGHT) == []


def wanted(subject="海棠企业管理(武汉)有限公司", **changed):
    values = {
        "kind": PlatformKind.DOMAIN,
        "identifier": "Shop.Example.com",
        "ownership": Ownership.ICP_FILING,
        "subject": subject,
        "number": "鄂ICP备00000001号",
    }
    return asking.WantedPlatform(**(values | changed))


def test_clause_2_3_the_list_of_platforms_changes_by_a_sealed_request_and_an_empty_one_allows_none(session):
    agreement = an_agreement_in_service(session, tenant_key=TENANT)
    tenant = agreement.tenant
    assert codes(session, MORNING, platform="shop.example.com") == ["PLATFORM_NOT_ALLOWED"]
    with pytest.raises(Conflict) as refused:
        asking.require_onboarding(session, tenant)
    assert refused.value.code == "SEAL_MISSING"

    request = a_draft(session, tenant, AdjustmentKind.ADD_PLATFORM, platform=wanted(valid_until=day("Mon 2024-09-30")))
    seal(session, request)
    execute(session, request)
    platform = request.own_platform
    assert (platform.identifier, platform.added_cause) == ("shop.example.com", f"adjustment:{request.id}")
    assert codes(session, MORNING, platform="shop.example.com") == []
    assert codes(session, at("Mon 2024-09-30 23:59"), platform="shop.example.com") == []
    assert codes(session, at("Tue 2024-10-01 00:00"), platform="shop.example.com") == ["PLATFORM_NOT_ALLOWED"]

    removal = a_draft(session, tenant, AdjustmentKind.REMOVE_PLATFORM, remove=platform)
    with pytest.raises(Conflict, match="open already"):
        a_draft(session, tenant, AdjustmentKind.REMOVE_PLATFORM, remove=platform)
    seal(session, removal)
    execute(session, removal)
    assert codes(session, MORNING, platform="shop.example.com") == ["PLATFORM_NOT_ALLOWED"]
    assert platform.removed_cause == f"adjustment:{removal.id}"


def test_an_affiliate_s_platform_is_not_own_unless_an_instrument_says_so(session):
    tenant = an_agreement_in_service(session, tenant_key=TENANT).tenant
    with pytest.raises(InvalidInput) as refused:
        a_draft(session, tenant, AdjustmentKind.ADD_PLATFORM, platform=wanted("海棠电子商务有限公司"))
    assert refused.value.field == "proof_subject"
    extended = wanted("海棠电子商务有限公司", extension="补充协议第1条")
    request = a_draft(session, tenant, AdjustmentKind.ADD_PLATFORM, platform=extended)
    seal(session, request)
    execute(session, request)
    assert request.own_platform.extension_clause == "补充协议第1条"
    with pytest.raises(Conflict, match="on the list"):
        add_platform(session, tenant, PlatformKind.DOMAIN, "SHOP.example.com", proof=None, actor=OFFICER, now=MORNING)


def test_an_e_seal_counts_only_with_the_record_of_its_verification(session):
    tenant = an_agreement_in_service(session, tenant_key=TENANT).tenant
    request = a_draft(session, tenant, AdjustmentKind.INTERFACE)
    with pytest.raises(InvalidInput) as refused:
        seal(session, request, basis=SealBasis.E_SEAL, record=" ")
    assert refused.value.field == "seal_record"
    with pytest.raises(NotPermitted):
        seal(session, request, actor=OPS)
    seal(session, request, basis=SealBasis.E_SEAL, record="CA 验证：有效")
    with pytest.raises(NotPermitted):
        execute(session, request, note="已调整", actor=OFFICER)
    execute(session, request, note="已调整")
    assert request.state is AdjustmentState.EXECUTED


def test_a_refused_request_stays_refused_and_two_people_can_t_act_at_once(session):
    tenant = an_agreement_in_service(session, tenant_key=TENANT).tenant
    request = a_draft(session, tenant, AdjustmentKind.ACCOUNT)
    seen = request.version
    adjusting.refuse(session, request, reason="公章与备案不符", version=seen, actor=OFFICER, now=MORNING)
    with pytest.raises(IllegalMove):
        seal(session, request)
    other = a_draft(session, tenant, AdjustmentKind.ACCOUNT)
    seal(session, other)
    with pytest.raises(Stale):
        adjusting.refuse(session, other, reason="迟到", version=1, actor=OFFICER, now=MORNING)
    assert session.query(AdjustmentRequest).count() == 2


def test_the_database_refuses_an_executed_request_without_its_letter(session):
    from sqlalchemy import update
    from sqlalchemy.exc import IntegrityError

    tenant = an_agreement_in_service(session, tenant_key=TENANT).tenant
    request = a_draft(session, tenant, AdjustmentKind.ACCOUNT)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            update(AdjustmentRequest)
            .where(AdjustmentRequest.id == request.id)
            .values(state=AdjustmentState.EXECUTED, executed_at=MORNING, executed_by="王运维")
        )
    assert session.query(OwnPlatform).count() == 0
