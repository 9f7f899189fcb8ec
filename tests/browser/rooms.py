"""Every page of the populated register with the role it is looked at by, and people who are signed in to look."""

from contextlib import contextmanager
from dataclasses import dataclass

from flask_migrate import upgrade

from agreements.kernel.db import db
from app import create_app
from tests.browser.contract_story import statement_of
from tests.browser.parties import (
    BAIHUA,
    DANFENG,
    DONGQING,
    HAITANG,
    HUAISHU,
    JINGUI,
    MUJIN,
    QINGSONG,
    SHUISHAN,
    YUNSHAN,
    ZIJING,
)
from tests.browser.populated import populate
from tests.browser.story import Story
from tests.browser.watching import a_window
from tests.builders_access import PASSWORD
from tests.builders_browser import serving
from tests.builders_notices import MailServer, a_mail_server, link_token

PAGES = (
    ("today", "legal_officer", "/"),
    ("today-filtered", "legal_officer", "/?side=ours&when=overdue"),
    ("register", "legal_officer", "/agreements"),
    ("register-search", "legal_officer", "/agreements?q=集团"),
    ("import", "legal_officer", "/import"),
    ("import-review", "legal_officer", "/import/15"),
    ("import-registered", "legal_officer", "/import/1"),
    ("agreement-suspended", "legal_officer", f"/agreements/{HAITANG.order_no}"),
    ("agreement-unpaid", "finance", f"/agreements/{MUJIN.order_no}"),
    ("agreement-not-open", "ops", f"/agreements/{SHUISHAN.order_no}"),
    ("tenant", "legal_officer", f"/tenants/{HAITANG.key}"),
    ("tenant-document", "legal_officer", f"/tenants/{SHUISHAN.key}/documents/new"),
    ("tenant-address", "legal_officer", f"/tenants/{SHUISHAN.key}/notice-address"),
    ("tenant-platform", "legal_officer", f"/tenants/{SHUISHAN.key}/platforms/new"),
    ("tenant-identity", "legal_officer", f"/tenants/{SHUISHAN.key}/identity"),
    ("tenant-industry", "legal_officer", f"/tenants/{SHUISHAN.key}/industry"),
    ("tenant-name", "legal_officer", f"/tenants/{SHUISHAN.key}/name"),
    ("tenant-contact", "legal_officer", f"/tenants/{SHUISHAN.key}/contacts/new"),
    ("tenant-freeze", "legal_officer", f"/tenants/{HAITANG.key}/freeze"),
    ("tenant-adjustments", "legal_officer", f"/tenants/{HAITANG.key}/adjustments/new"),
    ("tenant-adjustment", "legal_officer", f"/tenants/{HAITANG.key}/adjustments/new?kind=add_platform"),
    ("tenant-ownership", "legal_officer", f"/tenants/{HAITANG.key}/platforms/1/ownership"),
    ("documents", "legal_officer", "/documents"),
    ("document", "legal_officer", "/documents/1"),
    ("documents-own", "legal_officer", "/documents/own"),
    ("documents-own-new", "legal_officer", "/documents/own/new"),
    ("changes", "legal_officer", "/changes"),
    ("changes-announced", "legal_officer", "/changes?state=announced"),
    ("change", "legal_officer", "/changes/1"),
    ("change-notices", "legal_officer", "/changes/notices"),
    ("change-notice", "legal_officer", "/changes/notices/1"),
    ("change-correction", "legal_officer", "/changes/notices/1/correction"),
    ("change-choose", "legal_officer", "/changes/new?q=公司"),
    ("change-found", "legal_officer", f"/changes/new?tenant={YUNSHAN.key}&by=discovery"),
    ("change-told", "legal_officer", f"/changes/new?tenant={YUNSHAN.key}&by=notice"),
    ("upstream", "legal_officer", "/upstream"),
    ("upstream-new", "legal_officer", "/upstream/new"),
    ("upstream-campaign", "legal_officer", "/upstream/1"),
    ("upstream-letters", "legal_officer", "/upstream/1/letters"),
    ("upstream-agreement", "legal_officer", "/upstream/agreements/1"),
    ("upstream-amend", "legal_officer", "/upstream/1/amend"),
    ("upstream-withdraw", "legal_officer", "/upstream/1/withdraw"),
    ("upstream-answer", "legal_officer", "/upstream/agreements/1/answer"),
    ("cases", "legal_officer", "/cases"),
    ("cases-all", "legal_officer", "/cases?state=all"),
    ("case-suspended", "legal_officer", "/cases/2"),
    ("case-closed", "legal_approver", "/cases/1"),
    ("case-decided", "legal_approver", "/cases/3"),
    ("case-suspected", "legal_officer", "/cases/8"),
    ("case-confirm", "legal_officer", "/cases/8/confirm"),
    ("case-dismiss", "legal_officer", "/cases/8/dismiss"),
    ("case-demand", "legal_officer", "/cases/7/demand"),
    ("case-demand-letter", "legal_officer", "/cases/7/demand/letter?due_on=2026-11-26&language=zh"),
    ("case-suspend", "legal_approver", "/cases/7/suspend"),
    ("case-suspend-letter", "legal_approver", "/cases/7/suspend/letter?language=en"),
    ("case-accept", "legal_officer", "/cases/2/accept"),
    ("notices", "legal_officer", "/notices"),
    ("notice-sent", "legal_officer", "/notices/7"),
    ("notice-acknowledged", "legal_officer", "/notices/1"),
    ("notice-arrival", "legal_officer", "/notices/7/arrival"),
    ("calendar", "legal_officer", "/calendar"),
    ("calendar-list", "legal_officer", "/calendar/list"),
    ("calendar-years", "legal_officer", "/calendar/years"),
    ("calendar-year", "legal_officer", "/calendar/years/2026"),
    ("calendar-load", "admin", "/calendar/years/load"),
    ("calendar-subscription", "legal_officer", "/calendar/subscription"),
    ("alarms", "legal_officer", "/alarms"),
    ("audit", "auditor", "/audit"),
    ("audit-act", "auditor", "/audit/40"),
    ("tenant-of-a-source", "auditor", f"/tenants/{ZIJING.key}"),
    ("agreement-ending", "auditor", f"/agreements/{DONGQING.order_no}"),
    ("channels", "admin", "/admin/channels"),
    ("personal-keys", "legal_officer", "/account/keys"),
    ("people", "admin", "/admin/people"),
    ("person", "admin", "/admin/people/2"),
    ("invite", "admin", "/admin/people/invite"),
    ("keys", "admin", "/admin/keys"),
    ("key-issue", "admin", "/admin/keys/issue"),
    ("jobs", "admin", "/admin/jobs"),
    ("job", "admin", "/admin/jobs/obligation_sweep"),
    ("policies", "admin", "/admin/policies"),
    ("policy", "admin", "/admin/policies/suspension_cap_tenants"),
    ("account", "legal_officer", "/account"),
    ("import-departing", "legal_officer", "/import/16"),
    ("import-batches", "legal_officer", "/import/batches"),
    ("import-list", "legal_officer", "/import/batches/1"),
    ("import-files", "legal_officer", "/import/batches/2"),
    ("orders", "legal_officer", "/import/orders"),
    ("orders-paid", "finance", "/import/orders?state=payment"),
    ("standard-forms", "legal_officer", "/standard-forms"),
    ("standard-form", "legal_officer", "/standard-forms/1"),
    ("standard-form-draft", "legal_approver", "/standard-forms/2"),
    ("agreement-ended", "legal_officer", f"/agreements/{HUAISHU.order_no}"),
    ("terms", "legal_officer", f"/agreements/{YUNSHAN.order_no}/terms"),
    ("terms-conflict", "legal_approver", f"/agreements/{YUNSHAN.order_no}/terms"),
    ("terms-corrected", "legal_approver", f"/agreements/{DANFENG.order_no}/terms"),
    ("terms-earlier", "legal_officer", f"/agreements/{YUNSHAN.order_no}/terms?at=2026-01-15T10:00"),
    (
        "term-correction",
        "legal_officer",
        f"/agreements/{HAITANG.order_no}/corrections/new?key=change_notification&instrument=1",
    ),
    ("online-terms", "legal_officer", f"/agreements/{HAITANG.order_no}/online-terms/new?key=upstream_notice"),
    ("ending", "legal_approver", f"/agreements/{QINGSONG.order_no}/ending"),
    ("ending-unpaid", "ops", f"/agreements/{MUJIN.order_no}/ending"),
    ("ended", "legal_officer", f"/agreements/{HUAISHU.order_no}/ending"),
    ("supplements", "legal_officer", "/supplements"),
    ("supplement-pick", "legal_officer", f"/supplements/new?order_no={HAITANG.order_no}"),
    (
        "supplement-new",
        "legal_officer",
        f"/supplements/new?order_no={HAITANG.order_no}&key=change_notification&key=service_end&key=quota_total",
    ),
    ("supplement-draft", "legal_approver", "/supplements/900000000000009-S1"),
    ("supplement-one", "legal_officer", f"/supplements/{DONGQING.order_no}-S1"),
    ("supplement-waiting", "legal_officer", f"/supplements/{DANFENG.order_no}-S1"),
    ("supplement-in-force", "legal_officer", f"/supplements/{YUNSHAN.order_no}-S1"),
    ("settlements", "legal_officer", "/settlements"),
    ("settlement-issued", "finance", "/settlements/1"),
    ("settlement-usage", "finance", "/settlements/2"),
    ("settlement-calculator", "legal_officer", "/settlements/calculator"),
    (
        "settlement-calculated",
        "legal_officer",
        f"/settlements/calculator?order_no={HAITANG.order_no}&used=10000&ended_on=2026-11-20",
    ),
    ("papers", "legal_officer", "/papers"),
    ("paper", "legal_officer", "/papers/1"),
    ("copies", "legal_officer", "/papers/copies"),
    ("copy", "legal_officer", "/papers/copies/1"),
    ("copy-altered", "legal_officer", "/papers/copies/2"),
    ("copy-unsigned", "legal_officer", "/papers/copies/3"),
    ("paper-check", "legal_officer", "/papers/check"),
    ("seals", "admin", "/papers/seals"),
    ("seal-uses", "legal_officer", "/papers/uses"),
    ("tenant-expired", "legal_officer", f"/tenants/{BAIHUA.key}"),
    ("documents-expired", "legal_officer", "/documents?state=expired"),
    ("retention", "legal_officer", "/retention"),
    ("retention-held", "legal_approver", f"/retention/agreements/{HAITANG.order_no}"),
    ("retention-destroyed", "legal_officer", f"/retention/agreements/{JINGUI.order_no}"),
    ("agreement-destroyed", "legal_officer", f"/agreements/{JINGUI.order_no}"),
    ("due", "legal_officer", "/retention/due"),
    ("due-proposed", "legal_approver", "/retention/due?stage=proposed"),
    ("destruction-preview", "legal_approver", "/retention/preview?proposal=3&proposal=4"),
    ("destruction-preview-read", "legal_officer", "/retention/preview?proposal=4"),
    ("certificates", "auditor", "/retention/certificates"),
    ("certificate", "auditor", "/retention/certificates/XH-2026-0005"),
    ("access-log", "auditor", "/access-log"),
    ("industries", "admin", "/admin/industries"),
    ("import-concealed", "ops", "/import/15"),
    ("import-concealed-closed", "auditor", "/import/1"),
    ("standard-form-adopted", "legal_officer", "/standard-forms/3"),
)
VISITOR_PAGES = (
    ("sign-in", "/sign-in"),
    ("verify", "/verify"),
    ("verify-unknown", "/verify?number=LY-2026-000123-K7QF3M"),
)


@dataclass(frozen=True)
class Site:
    """A served register: its address, the team's logins by role, the tenants' mail server, and what goes on in it."""

    address: str
    logins: dict[str, str]
    mail_server: MailServer
    story: Story

    def visitor_pages(self):
        """Return the pages that anybody can see, with what the links in the mails and on our papers lead to."""
        number, _ = statement_of(self.story)
        return (
            *VISITOR_PAGES,
            ("receipt", f"/n/{link_token(self.mail_server.wire[-1][1])}"),
            ("verify-genuine", f"/verify?number={number}"),
        )


@contextmanager
def a_populated_site(folder):
    """Serve the populated register."""
    with a_mail_server() as mail_server:
        app = create_app(
            {
                "smtp_port": mail_server.port,
                "smtp_from": "notices@qingrong.example",
                "public_url": "https://luyue.qingrong.example",
            },
            instance_path=str(folder / "instance"),
        )
        with app.app_context():
            upgrade()
        logins = populate(app, mail_server)
        with serving(app) as address:
            yield Site(address, logins, mail_server, Story(app, mail_server))
        with app.app_context():
            db.engine.dispose()


def sign_in(browser, site, role, complaints, **look):
    """Sign the person of a role in through the page; returns the page."""
    page = a_window(browser, site.address, complaints, **look)
    page.goto("/sign-in?next=/account")
    page.fill("#login", site.logins[role])
    page.fill("#password", PASSWORD)
    with page.expect_navigation(url=f"{site.address}/account"):
        page.click("main button[type=submit]")
    return page
