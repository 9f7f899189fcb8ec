"""Clause 3.3 (a): what a tenant shows before activation follows its industry, and each missing item is named."""

import pytest

from agreements.kernel import policies
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.errors import Conflict
from agreements.kernel.policies import POLICIES
from agreements.parties.documents import record_document, reject_document, set_industry, verify_document
from agreements.parties.industries import SHIPPED
from agreements.parties.rules import DocumentType
from compliance.service.actions import activate_service, activation_obstacles
from compliance.service.rules import Obstacle
from tests.builders import at, day
from tests.builders_register import OFFICER, OPS, a_registered_agreement, an_onboarded_agreement, an_upload

NOW = at("Tue 2024-07-30 10:00")


def show(session, tenant, kind, **changed):
    given = {"upload": an_upload(), "sealed": True, "actor": OFFICER, "now": NOW} | changed
    return record_document(session, tenant, kind, **given)


def test_every_document_has_its_obstacle_and_every_industry_its_checklist():
    assert {f"document_{kind.value}" for kind in DocumentType} | {"not_in_service", "notice_address"} == set(Obstacle)
    for industry in SHIPPED.values():
        assert set(POLICIES[industry.policy].choices) == set(DocumentType)


def test_activation_is_refused_with_each_missing_item_of_the_industry_named(session):
    agreement = an_onboarded_agreement(session)
    tenant = agreement.tenant
    assert activation_obstacles(session, agreement, now=NOW) == []
    set_industry(session, tenant, "banking_payment", reason="支付业务许可证", actor=OFFICER, now=NOW)
    with pytest.raises(Conflict) as refused:
        activate_service(session, agreement, actor=OPS, now=NOW)
    assert refused.value.code == "ONBOARDING_INCOMPLETE"
    assert refused.value.values["missing"] == (Obstacle.DOCUMENT_PRIOR_APPROVAL, Obstacle.DOCUMENT_INDUSTRY_LICENCE)

    show(session, tenant, DocumentType.PRIOR_APPROVAL, sealed=False)  # a prior approval counts only sealed
    waiting = show(session, tenant, DocumentType.INDUSTRY_LICENCE, is_checked=False)
    assert len(activation_obstacles(session, agreement, now=NOW)) == 2
    verify_document(session, waiting, actor=OFFICER, now=NOW)
    show(session, tenant, DocumentType.PRIOR_APPROVAL)
    assert activation_obstacles(session, agreement, now=NOW) == []
    activate_service(session, agreement, actor=OPS, now=NOW)


def test_main_3_1_an_unpaid_order_is_told_that_it_is_not_paid_and_nothing_else(session):
    agreement = a_registered_agreement(session)

    with pytest.raises(Conflict) as refused:
        activate_service(session, agreement, actor=OPS, now=NOW)

    assert (refused.value.code, refused.value.clause) == ("AGREEMENT_NOT_EFFECTIVE", "三 1")


def test_the_checklist_is_policy_with_an_effective_date(session):
    agreement = an_onboarded_agreement(session)
    tomorrow = at("Wed 2024-07-31 00:00")
    policies.change(
        session,
        "onboarding_documents",
        ["business_licence", "business_description", "consent_text"],
        effective_at=tomorrow,
        reason="法务要求",
        actor=OPERATOR,
        now=NOW,
    )
    assert activation_obstacles(session, agreement, now=NOW) == []
    assert activation_obstacles(session, agreement, now=tomorrow) == ["document_consent_text"]


def test_e_05_an_order_through_another_company_s_account_needs_a_proof_of_relation(session):
    agreement = an_onboarded_agreement(session, purchaser_account="武汉某某科技有限公司")
    assert activation_obstacles(session, agreement, now=NOW) == ["document_relation_proof"]
    assert agreement.tenant.party.name == "海棠企业管理（武汉）有限公司"  # the party is never replaced by the account
    show(session, agreement.tenant, DocumentType.RELATION_PROOF)
    assert activation_obstacles(session, agreement, now=NOW) == []


def test_e_50_an_account_spelt_another_way_is_the_same_company(session):
    agreement = an_onboarded_agreement(session, purchaser_account="海棠企业管理(武汉) 有限公司")
    assert activation_obstacles(session, agreement, now=NOW) == []


def test_a_renewal_that_is_rejected_leaves_the_version_before_in_place(session):
    agreement = an_onboarded_agreement(session)
    tenant = agreement.tenant
    set_industry(session, tenant, "insurance", reason="保险代理", actor=OFFICER, now=NOW)
    first = show(session, tenant, DocumentType.INDUSTRY_LICENCE, expires_on=day("Tue 2024-12-31"))
    renewal = show(session, tenant, DocumentType.INDUSTRY_LICENCE, replaces=first, is_checked=False)
    reject_document(session, renewal, reason="名称不符", actor=OFFICER, now=NOW)
    assert activation_obstacles(session, agreement, now=NOW) == []
    show(session, tenant, DocumentType.INDUSTRY_LICENCE, replaces=first, expires_on=day("Tue 2030-12-31"))
