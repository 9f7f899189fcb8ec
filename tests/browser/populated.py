"""A register in the middle of its life: fictional tenants, one at every stage, as of Fri 2026-11-20 10:20.

Made in a rehearsal through the real use cases, in the order in which things happened; the scheduler's jobs run between
them, and notices go through a real mail server. For pictures, and for tests that look at every page.
"""

from collections import deque

from agreements.kernel import clock
from agreements.kernel.access.keys import issue_key
from agreements.kernel.access.models import Scope
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.db import unit_of_work
from compliance.changes.rules import ChangeKind
from compliance.upstream.rules import ChangeKind as UpstreamKind
from tests.browser.contract_story import the_contract_side
from tests.browser.late_story import what_is_left
from tests.browser.parties import (
    BAIHUA,
    BANK4,
    DANFENG,
    DONGQING,
    HAITANG,
    IN_SERVICE,
    LANMEI,
    MOBILE3,
    MUJIN,
    QINGSONG,
    SHILIU,
    SHINAN,
    SHUISHAN,
    YINXING,
    YUNSHAN,
    ZIJING,
)
from tests.browser.story import Story
from tests.builders import at
from tests.builders_access import a_staff_member

BEGINS, NOW = "Mon 2025-12-01 09:00", "Fri 2026-11-20 10:20"
TEAM = {
    "admin": "钱管理",
    "legal_officer": "陈法务",
    "legal_approver": "李审批",
    "ops": "王运维",
    "finance": "赵财务",
    "auditor": "孙审计",
}


def populate(app, mail_server):
    """Tell the story in a new, migrated database; returns the logins of the team by role."""
    mail_server.answers[ZIJING.address] = deque(["550 5.1.1 no such mailbox"] * 9)
    logins = team(app)
    story = Story(app, mail_server)
    service_begins(story)
    a_case_is_closed(story)
    cases_of_autumn(story)
    this_week(story)
    the_contract_side(story)
    what_is_left(story)
    story.go_to(NOW)
    return logins


def team(app):
    """Mark the database as a rehearsal; add the people and one gateway's key."""
    with app.app_context(), unit_of_work() as session:
        clock.install(session, rehearsal_at=at(BEGINS))
        people = {
            role: a_staff_member(session, role, name=name, login=role.replace("_", ".")) for role, name in TEAM.items()
        }
        logins = {role: person.login for role, person in people.items()}
        issue_key(
            session,
            name="杭州网关一",
            scopes=[Scope.STATUS, Scope.DECIDE],
            actor=OPERATOR,
            now=clock.now(session),
            wall=clock.wall(),
        )
    return logins


def service_begins(story):
    for party in IN_SERVICE:
        story.register(party)
        story.pay(party)
        story.onboard(party)


def a_case_is_closed(story):
    """Suspended by the scheduler's list, rectified, reinstated."""
    story.go_to("Mon 2026-08-03 15:00")
    story.change(SHILIU, "Mon 2026-08-03", "法定代表人变更")
    story.go_to("Tue 2026-08-11 10:00")
    story.confirm(SHILIU)
    story.demand(SHILIU, "Fri 2026-08-14")
    story.go_to("Tue 2026-08-11 15:40")
    story.tenant_acknowledges(SHILIU)
    story.go_to("Mon 2026-08-17 09:00")
    story.go_to("Tue 2026-08-18 09:00")
    story.suspension_arrives(SHILIU, "Mon 2026-08-17 16:00")
    story.go_to("Thu 2026-08-20 11:00")
    story.change_notice(SHILIU, "Thu 2026-08-20 10:12")
    story.accept(SHILIU)
    story.reinstate_and_close(SHILIU)


def cases_of_autumn(story):
    story.go_to("Mon 2026-10-12 15:00")
    story.change(HAITANG, "Mon 2026-10-12")
    story.go_to("Tue 2026-10-20 10:00")
    story.confirm(HAITANG)
    story.demand(HAITANG, "Tue 2026-10-27")
    story.go_to("Wed 2026-10-21 09:30")
    story.tenant_acknowledges(HAITANG)
    story.go_to("Wed 2026-10-28 09:00")
    story.go_to("Fri 2026-10-30 11:00")
    story.suspension_arrives(HAITANG, "Fri 2026-10-30 09:40")
    story.go_to("Tue 2026-11-03 15:00")
    story.change(BAIHUA, "Mon 2026-11-02", "注册地址变更")
    story.change(LANMEI, "Tue 2026-11-03", "增值电信业务经营许可证续展", ChangeKind.DOCUMENT)
    story.go_to("Thu 2026-11-05 15:00")
    story.change(ZIJING, "Wed 2026-11-04", "法定代表人变更")
    story.change(YINXING, "Thu 2026-11-05")
    story.go_to("Tue 2026-11-10 10:00")
    story.confirm(BAIHUA)
    story.demand(BAIHUA, "Mon 2026-11-16")


def this_week(story):
    story.go_to("Wed 2026-11-11 14:20")
    story.tenant_acknowledges(BAIHUA)
    story.change(YUNSHAN, "Wed 2026-11-11", "业务由企业招聘核验调整为网络借贷核验", ChangeKind.BUSINESS_CONDITION)
    story.go_to("Fri 2026-11-13 16:00")
    story.change(QINGSONG, "Fri 2026-11-13", "注册资本变更")
    story.change(DONGQING, "Fri 2026-11-06", "注册地址变更")
    story.go_to("Tue 2026-11-17 10:00")
    story.confirm(DONGQING)
    story.confirm(LANMEI)
    story.demand(LANMEI, "Tue 2026-11-24")
    story.go_to("Wed 2026-11-18 09:10")
    story.tenant_acknowledges(LANMEI)
    story.change(DANFENG, "Wed 2026-11-18", "法定代表人变更")
    story.confirm(ZIJING)
    story.demand(ZIJING, "Tue 2026-11-24")
    story.register(SHUISHAN)
    story.pay(SHUISHAN)
    story.onboard(SHUISHAN, open_service=False)
    story.go_to("Thu 2026-11-19 15:30")
    story.confirm(YINXING)
    story.demand(YINXING, "Wed 2026-11-25")
    story.change_notice(HAITANG, "Thu 2026-11-19 14:05")
    sources_announce(story)
    story.register(MUJIN)
    story.upload(SHINAN)


def sources_announce(story):
    """One notice of a source recorded two days late, so that we are late with it; one of yesterday evening."""
    story.source_announces(
        "示例移动号码核验平台",
        MOBILE3,
        "Tue 2026-11-17 10:05",
        "三要素核验结果新增“号码状态”字段",
        [UpstreamKind.RESULT_CONTENT],
        effective="Tue 2026-12-15",
    )
    story.go_to("Thu 2026-11-19 16:50")
    story.tenant_acknowledges(YUNSHAN)
    story.source_announces(
        "示例银行卡核验服务中心",
        BANK4,
        "Thu 2026-11-19 16:40",
        "四要素核验单价上调",
        [UpstreamKind.PRICE],
        effective="Fri 2027-01-01",
    )
