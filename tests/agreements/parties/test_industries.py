"""Clause 3.3 (a): the list of industries is policy; staff add, rename and retire, and what is in use stays valid."""

import pytest
from sqlalchemy import select

from agreements.kernel import audit, policies
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from agreements.parties.documents import required_documents, set_industry
from agreements.parties.industries import (
    SHIPPED,
    add_industry,
    choosable,
    industries,
    industry_of_code,
    rename_industry,
    restore_industry,
    retire_industry,
    tenants_by_industry,
    versions_of,
)
from agreements.parties.models import Tenant
from agreements.parties.rules import DocumentType
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_desk import opened_at, read, text_of
from tests.builders_register import APPROVER, OFFICER, a_registered_agreement
from tests.builders_rest import a_program

NOW = at("Mon 2024-07-29 10:00")
TOURISM = {
    "name_zh": "文化旅游",
    "name_en": "Culture and tourism",
    "documents": ["business_licence", "icp_filing"],
    "reason": "新增客户行业",
}


def tourism(session, **changed):
    values = TOURISM | {"code": "culture_tourism", "actor": APPROVER, "now": NOW} | changed
    return add_industry(session, values.pop("code"), **values)


def test_the_shipped_nine_stand_as_they_are(session):
    assert list(industries(session)) == list(SHIPPED)
    assert len(SHIPPED) == 9


def test_an_added_industry_has_a_checklist_of_its_own(session):
    tenant = a_registered_agreement(session).tenant

    tourism(session)
    set_industry(session, tenant, "culture_tourism", reason="经营范围", actor=OFFICER, now=NOW)

    assert required_documents(session, "culture_tourism", now=NOW) == [
        DocumentType.BUSINESS_LICENCE,
        DocumentType.ICP_FILING,
    ]
    key = "onboarding_documents_culture_tourism"
    policies.change(session, key, ["business_licence"], effective_at=NOW, reason="从简", actor=APPROVER, now=NOW)
    assert required_documents(session, "culture_tourism", now=NOW) == [DocumentType.BUSINESS_LICENCE]
    assert key in {each.key for each in policies.all_policies(session)}
    assert policies.policy_of(session, "onboarding_documents_nothing") is None
    assert tenants_by_industry(session) == {"culture_tourism": 1}


def test_each_change_is_a_version_with_an_audit_row(session):
    tourism(session)
    for now, zh in ((NOW, "文旅"), (NOW, "文旅服务")):
        rename_industry(
            session,
            industry_of_code(session, "culture_tourism"),
            name_zh=zh,
            name_en="Tourism",
            reason="简称",
            actor=APPROVER,
            now=now,
        )

    assert [each.name_zh for each in versions_of(session, "culture_tourism")] == ["文旅服务", "文旅", "文化旅游"]
    acts = session.scalars(select(AuditEvent.act).where(AuditEvent.act.like("industry.%"))).all()
    assert acts == ["industry.added", "industry.renamed", "industry.renamed"]
    assert audit.verify(session)


def test_a_retired_industry_is_offered_to_nobody_and_stays_with_whoever_has_it(session):
    tenant = a_registered_agreement(session).tenant
    set_industry(session, tenant, "games", reason="游戏", actor=OFFICER, now=NOW)

    retire_industry(session, SHIPPED["games"], reason="不再承接", actor=APPROVER, now=NOW)

    assert "games" not in {each.code for each in choosable(session)}
    assert "games" in {each.code for each in choosable(session, also=tenant.industry)}
    assert DocumentType.TELECOM_LICENCE in required_documents(session, tenant.industry, now=NOW)
    set_industry(session, tenant, "general", reason="转型", actor=OFFICER, now=NOW)
    with pytest.raises(InvalidInput):
        set_industry(session, tenant, "games", reason="游戏", actor=OFFICER, now=NOW)
    retired = industry_of_code(session, "games")
    with pytest.raises(Conflict):
        retire_industry(session, retired, reason="再停", actor=APPROVER, now=NOW)
    restore_industry(session, retired, reason="恢复承接", actor=APPROVER, now=NOW)
    set_industry(session, tenant, "games", reason="游戏", actor=OFFICER, now=NOW)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code": "x"}, InvalidInput),
        ({"code": "Tourism"}, InvalidInput),
        ({"code": "games"}, Conflict),
        ({"name_zh": " "}, InvalidInput),
        ({"name_zh": "保险"}, InvalidInput),
        ({"name_en": "insurance"}, InvalidInput),
        ({"documents": ["passport"]}, InvalidInput),
        ({"reason": ""}, InvalidInput),
        ({"actor": OFFICER}, NotPermitted),
    ],
)
def test_what_does_not_fit_is_refused(session, changed, error):
    with pytest.raises(error):
        tourism(session, **changed)

    assert list(industries(session)) == list(SHIPPED)


def test_the_general_industry_can_t_be_retired_and_an_unknown_one_is_not_found(session):
    with pytest.raises(Conflict):
        retire_industry(session, SHIPPED["general"], reason="停用", actor=APPROVER, now=NOW)
    with pytest.raises(NotFound):
        industry_of_code(session, "nothing")


def test_staff_change_the_list_on_its_page_and_tenants_get_the_new_one(app):
    approver = opened_at(app, NOW, "legal_approver", "legal_officer", set_up=a_registered_agreement)
    key = read(lambda session: session.scalars(select(Tenant.tenant_key)).one())

    sent = TOURISM | {"code": "culture_tourism"}
    assert approver.post("/admin/industries", sent | {"name_zh": ""}).status_code == 422
    assert approver.post("/admin/industries", sent).status_code == 302
    assert "文化旅游" in text_of(approver.get(f"/tenants/{key}/industry"))
    chosen = {"industry": "culture_tourism", "reason": "经营范围"}
    assert approver.post(f"/tenants/{key}/industry", chosen).status_code == 302
    assert "文化旅游" in text_of(approver.get(f"/tenants/{key}"))
    renamed = {"name_zh": "文旅", "name_en": "Tourism", "reason": "简称"}
    assert approver.post("/admin/industries/culture_tourism/rename", renamed).status_code == 302
    assert "文旅" in text_of(approver.get(f"/tenants/{key}"))
    assert approver.post("/admin/industries/culture_tourism/retire", {"reason": ""}).status_code == 422
    assert approver.post("/admin/industries/culture_tourism/retire", {"reason": "停办"}).status_code == 302
    assert "已停用" in text_of(approver.get("/admin/industries"))
    assert approver.get("/admin/policies/onboarding_documents_culture_tourism").status_code == 200
    assert approver.get("/admin/policies/onboarding_documents_nothing").status_code == 404
    officer = signed_in_client(app, "ops", name="王运维")
    assert officer.post("/admin/industries/culture_tourism/restore", {"reason": "恢复"}).status_code == 403


def test_programs_read_and_change_the_list(app):
    opened_at(app, NOW, set_up=a_registered_agreement)
    program = a_program(app, "legal_approver")

    added = program.post("/industries", TOURISM | {"code": "culture_tourism"})
    assert (added.status_code, added.json["version"], added.json["documents"]) == (201, 1, TOURISM["documents"])
    names = {"name_zh": "文旅", "name_en": "Tourism", "reason": "简称"}
    assert program.post("/industries/culture_tourism/rename", names).json["name_zh"] == "文旅"
    assert program.post("/industries/culture_tourism/retire", {"reason": "停办"}).json["is_retired"] is True
    assert program.post("/industries/culture_tourism/restore", {"reason": "恢复"}).json["is_retired"] is False
    assert program.post("/industries/nothing/retire", {"reason": "停办"}).status_code == 404
    listed = program.get("/industries").json["items"]
    assert [each["code"] for each in listed] == [*SHIPPED, "culture_tourism"]
