"""One agreement through its whole life in the pages, as people, the tenant and the gateway meet it.

The same life as `tests/walk` takes by commands; here everything that a person does is done in a real browser against
the real web server. No page may write to the console, hurt the content security policy or ask another host.
"""

import re
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import expect

from tests.browser.rehearsal import a_rehearsal
from tests.browser.watching import a_window, press
from tests.builders_browser import a_browser
from tests.builders_files import a_small_pdf
from tests.builders_notices import a_mail_server
from tests.walk import DESIGNATED_ADDRESS, ORDER_NO, PRODUCT, TENANT_KEY, example_agreement

pytestmark = pytest.mark.browser

PASSWORD = "four quiet river stones"
TEAM = {"legal_officer": "陈法务", "legal_approver": "李审批", "ops": "王运维", "finance": "赵财务"}
AGREEMENT = f"/agreements/{ORDER_NO}"
TENANT = f"/tenants/{TENANT_KEY}"
PROOF = {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": a_small_pdf("rehearsal")}
MAIN_BUTTON = "main button[type=submit]"
PROOFS = "[aria-labelledby=proofs] .card-header"


@pytest.fixture
def mail_server():
    with a_mail_server() as server:
        yield server


@pytest.fixture
def rehearsal(tmp_path, mail_server):
    with a_rehearsal(tmp_path, mail_server, begins="2024-07-28T09:00") as rehearsal:
        yield rehearsal


@pytest.fixture
def browser():
    with a_browser() as browser:
        yield browser


def test_one_agreement_goes_through_its_whole_life_in_the_pages(browser, rehearsal, mail_server, tmp_path):
    complaints = []
    walk = Walk(rehearsal, mail_server, browser, complaints)

    walk.people_join_by_their_links()
    walk.the_administrator_issues_a_gateway_key()
    walk.the_officer_reads_and_registers_the_agreement(tmp_path)
    walk.the_same_order_changes_nothing(tmp_path)
    walk.the_service_is_opened_when_everything_is_there()
    walk.a_change_starts_a_clock_that_explains_itself()
    walk.from_the_bound_on_it_is_overdue_and_suspected_once()
    walk.the_officer_confirms_and_demands()
    walk.the_tenant_acknowledges_by_the_link_of_the_mail()
    walk.the_approver_decides_and_only_the_arrival_suspends()
    walk.the_tenant_delivers_and_the_approver_reinstates()
    walk.a_source_notice_is_taken_in_and_its_letter_read_before_it_goes_out()
    walk.the_tenant_refuses_on_its_own_page()
    walk.our_own_lateness_stands_on_today()
    walk.the_end_comes_near_and_is_told_once()
    walk.the_service_ends_with_its_last_day()

    assert complaints == []


class Walk:
    """The steps, in order; each fails where the pages do not keep their promise."""

    def __init__(self, rehearsal, mail_server, browser, complaints):
        self.rehearsal, self.mail_server, self.browser, self.complaints = rehearsal, mail_server, browser, complaints
        self.pages = {}
        self.key = ""

    @property
    def officer(self):
        return self.pages["legal_officer"]

    @property
    def approver(self):
        return self.pages["legal_approver"]

    def window(self):
        """A person's own browser."""
        return a_window(self.browser, self.rehearsal.address, self.complaints)

    def expect_gateway(self, decision, reason=None, clause=None):
        """Ask over HTTP what a gateway gets."""
        told = self.rehearsal.status(self.key, TENANT_KEY, PRODUCT)
        assert told["decision"] == decision, told
        assert next(iter(told["reason_codes"]), None) == reason, told
        if clause:
            assert clause in told["clause"], told

    # Steps

    def people_join_by_their_links(self):
        """The first administrator joins by the printed link and invites the others, who join by theirs."""
        admin = self.pages["admin"] = self.window()
        self.join(admin, self.rehearsal.join_link, login="qian", name="钱管理")
        expect(admin.locator(".person-name")).to_have_text("钱管理")
        for role, name in TEAM.items():
            admin.goto("/admin/people/invite")
            admin.fill("#name", name)
            admin.check(f"input[name=roles][value={role}]")
            press(admin, MAIN_BUTTON)
            page = self.pages[role] = self.window()
            self.join(page, admin.input_value("#link"), login=role, name=name)
        admin.goto("/admin/people")
        expect(admin.locator("tbody tr")).to_have_count(1 + len(TEAM))

    def join(self, page, link, *, login, name):
        page.goto(link)
        page.fill("#name", name)
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.fill("#password_again", PASSWORD)
        press(page, MAIN_BUTTON)
        assert page.url == f"{self.rehearsal.address}/", page.inner_text("main")

    def the_administrator_issues_a_gateway_key(self):
        admin = self.pages["admin"]
        admin.goto("/admin/keys/issue")
        admin.fill("#name", "杭州网关一")
        press(admin, MAIN_BUTTON)
        self.key = admin.input_value("#key")

    def upload(self, path):
        self.officer.goto("/import")
        self.officer.set_input_files("#files", path)
        press(self.officer, MAIN_BUTTON)

    def the_officer_reads_and_registers_the_agreement(self, folder):
        """Text beside fields with their evidence; three warnings one by one; amounts; product code; registered."""
        officer = self.officer
        self.upload(example_agreement(folder))
        expect(officer.locator(".contract")).to_contain_text("云市场商品销售协议")
        expect(officer.locator("#field-order\\.order_no dd")).to_contain_text(ORDER_NO)
        officer.click("#field-order\\.order_no [data-shows]")
        expect(officer.locator(".evidence.is-lit")).to_contain_text(ORDER_NO)

        warnings = officer.locator(".warning-title").all_inner_texts()
        assert {warning.split("\n")[0].strip() for warning in warnings} == {
            "购买方账号与甲方不一致",
            "联系人为公司名称",
            "在非工作日签署",
        }
        expect(officer.locator("#register button[type=submit]")).to_be_disabled()
        for left in range(officer.locator("form.acknowledge").count(), 0, -1):
            expect(officer.locator("form.acknowledge")).to_have_count(left)
            press(officer, "form.acknowledge >> nth=0 >> button")
        for left in (3, 2, 1):
            expect(officer.locator(".amounts form")).to_have_count(left)
            press(officer, ".amounts form >> nth=0 >> button")

        officer.fill("#product_code", PRODUCT)
        officer.fill("#tenant_key", TENANT_KEY)
        press(officer, "#register button[type=submit]")
        expect(officer).to_have_url(self.rehearsal.address + AGREEMENT)
        expect(officer.locator(".headline")).to_contain_text("AGREEMENT_NOT_EFFECTIVE")
        self.expect_gateway("deny", "AGREEMENT_NOT_EFFECTIVE", clause="三")

    def the_same_order_changes_nothing(self, folder):
        """The same file leads to its review; another file of the same order says that it is registered already."""
        officer = self.officer
        original = example_agreement(folder)
        self.upload(original)
        expect(officer).to_have_url(re.compile(r"/import/1$"))
        expect(officer.locator("main")).to_contain_text("已登记为协议")

        copy = folder / "copy.md"
        copy.write_text(original.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
        self.upload(copy)
        expect(officer).to_have_url(re.compile(r"/import/2$"))
        expect(officer.locator(".alert-info")).to_contain_text(ORDER_NO)
        expect(officer.locator("#register")).to_have_count(0)

        officer.goto("/register")
        expect(officer.locator("tbody tr")).to_have_count(1)
        self.expect_gateway("deny", "AGREEMENT_NOT_EFFECTIVE")

    def the_service_is_opened_when_everything_is_there(self):
        """Finance confirms the payment, the officer records what 3.3 asks, operations open; only then it allows."""
        finance, officer, ops = self.pages["finance"], self.officer, self.pages["ops"]
        finance.goto("/")
        press(finance, f"main a[href^='{AGREEMENT}#']")
        finance.fill("#paid_at", "2024-07-28T09:00")
        finance.fill("#reference", "PAY-0001")
        press(finance, "#next button[type=submit]")
        self.expect_gateway("deny", "ONBOARDING_INCOMPLETE")

        for left in (4, 3, 2, 1):
            officer.goto(AGREEMENT)
            expect(officer.locator("#next .is-open")).to_have_count(left)
            press(officer, "#next .is-open a >> nth=0")
            if officer.locator("#address").count():
                officer.fill("#address", DESIGNATED_ADDRESS)
                officer.fill("#signed_on", "2024-07-28")
            officer.set_input_files("#file", PROOF)
            press(officer, MAIN_BUTTON)
        expect(officer.locator("main")).not_to_contain_text(DESIGNATED_ADDRESS)  # masked once it is kept
        self.expect_gateway("deny", "ONBOARDING_INCOMPLETE")

        ops.goto(AGREEMENT)
        press(ops, "#next button[type=submit]")
        expect(ops.locator(".headline")).to_contain_text("ALLOW")
        self.expect_gateway("allow")

    def a_change_starts_a_clock_that_explains_itself(self):
        """The licence changed on Thu 2024-09-12: five working days from the change, one of them an adjusted Saturday."""
        officer = self.officer
        self.rehearsal.tick("Thu 2024-09-12 15:00")
        officer.goto(TENANT)
        press(officer, "#changes a[href*='by=discovery'] >> nth=0")
        officer.select_option("#kind_1", "licence")
        officer.fill("#description_1", "营业执照经营范围变更")
        officer.fill("#occurred_on_1", "2024-09-12")
        officer.locator("#occurred_on_1").dispatch_event("change")
        expect(officer.locator("#preview")).to_contain_text("2024年9月20日 周五 24:00")
        officer.select_option("#source", "own_discovery")
        officer.fill("#discovered_on", "2024-09-12")
        press(officer, "#intake .btn-primary")

        officer.goto(TENANT)
        due = officer.locator("#changes .explained")
        expect(due).to_contain_text("2024年9月20日 周五 24:00")
        due.click()
        explanation = officer.locator("#changes .explanation:popover-open")
        expect(explanation).to_contain_text("3.3")
        expect(explanation.locator(".is-counted .trace-day")).to_have_text(
            [
                "2024年9月13日 周五",
                "2024年9月14日 周六",
                "2024年9月18日 周三",
                "2024年9月19日 周四",
                "2024年9月20日 周五",
            ]
        )
        expect(explanation.locator(".is-counted", has_text="9月14日")).to_contain_text("调休上班日")

    def from_the_bound_on_it_is_overdue_and_suspected_once(self):
        """At 2024-09-20 24:00 and no second earlier; however often the sweep runs, one case with clause 3.3."""
        officer = self.officer
        self.rehearsal.tick("Fri 2024-09-20 23:59:59")
        officer.goto("/cases")
        expect(officer.locator("tbody tr")).to_have_count(0)
        for instant in ("Sat 2024-09-21 00:00", "Sat 2024-09-21 00:00", "Mon 2024-09-23 10:00"):
            self.rehearsal.tick(instant)
        officer.goto("/")
        expect(officer.locator(".duty-table tr", has_text="逾期")).not_to_have_count(0)
        officer.goto("/cases")
        expect(officer.locator("tbody tr")).to_have_count(1)
        expect(officer.locator("tbody tr")).to_contain_text("3.3")
        expect(officer.locator("tbody tr")).to_contain_text("疑似")
        self.expect_gateway("allow")

    def the_officer_confirms_and_demands(self):
        """Each act is read before it binds; the letter that was read is the letter that goes out: sent, not arrived."""
        officer = self.officer
        press(officer, "tbody tr a.btn")
        expect(officer).to_have_url(re.compile(r"/cases/1/confirm$"))
        officer.fill("#reason", "登记机关公示信息显示经营范围已变更，各收件渠道均无甲方通知")
        press(officer, MAIN_BUTTON)
        press(officer, "main a[href='/cases/1/demand']")
        officer.fill("#due_on", "2024-09-27")
        press(officer, MAIN_BUTTON)
        expect(officer.locator(".letter")).to_contain_text("2024年9月27日")
        officer.fill("#reason", "逾期未通知，先要求改正")
        press(officer, MAIN_BUTTON)
        self.rehearsal.tick("Mon 2024-09-23 10:01")

        assert len(self.mail_server.wire) == 1
        officer.goto("/notices/1")
        expect(officer.locator(PROOFS)).to_contain_text("已发送")

    def the_tenant_acknowledges_by_the_link_of_the_mail(self):
        """Looking changes nothing, for mail scanners look; the button makes it arrive."""
        officer, tenant = self.officer, self.window()
        self.rehearsal.tick("Tue 2024-09-24 09:30")
        tenant.goto(re.search(r"https?://\S+/n/\S+", self.last_letter()).group())
        expect(tenant.locator(".letter")).to_contain_text("2024年9月27日")
        officer.reload()
        expect(officer.locator(PROOFS)).to_contain_text("已发送")

        press(tenant, MAIN_BUTTON)
        expect(tenant.locator(".alert-success")).to_contain_text("2024年9月24日 周二 09:30")
        officer.reload()
        expect(officer.locator(PROOFS)).to_contain_text("已确认收到")

    def the_approver_decides_and_only_the_arrival_suspends(self):
        """The stated date passes, suspension is decided and its notice sent; the gateway shuts when it has arrived."""
        officer, approver = self.officer, self.approver
        self.rehearsal.tick("Fri 2024-09-27 23:59:59")
        self.expect_gateway("allow")
        self.rehearsal.tick("Sat 2024-09-28 00:00", "--job", "rectification_sweep")
        approver.goto("/cases/1")
        expect(approver.locator(".case-now")).to_contain_text("逾期未改正")
        press(approver, "main a[href='/cases/1/suspend']")
        press(approver, MAIN_BUTTON)
        expect(approver.locator(".letter")).to_contain_text("暂停")
        approver.fill("#reason", "改正期限届满，甲方仍未提交变更通知")
        press(approver, MAIN_BUTTON)
        expect(approver.locator(".case-now")).to_contain_text("已决定暂停")
        self.expect_gateway("allow")

        self.rehearsal.tick("Sun 2024-09-29 10:00")
        assert len(self.mail_server.wire) == 2
        self.expect_gateway("allow")
        officer.goto("/cases/1")
        expect(officer.locator("[aria-labelledby=notices] li")).to_have_count(2)
        press(officer, ".case-now a.btn-primary")
        press(officer, "main a[href='/notices/2/arrival']")
        officer.check("input[name=basis][value=courier_receipt]")
        officer.fill("#arrived_at", "2024-09-29T09:40")
        officer.set_input_files("#proof", PROOF)
        press(officer, MAIN_BUTTON)
        self.rehearsal.tick("Sun 2024-09-29 10:00")
        self.expect_gateway("deny", "SUSPENDED", clause="4.4")
        officer.goto(TENANT)
        expect(officer.locator(".headline")).to_contain_text("SUSPENDED")

    def the_tenant_delivers_and_the_approver_reinstates(self):
        """The tenant's notice comes, the officer accepts, still shut; the approver's decision opens."""
        officer, approver = self.officer, self.approver
        self.rehearsal.tick("Tue 2024-10-08 10:00")
        officer.goto("/cases/1")
        press(officer, "main a[href*='by=notice'] >> nth=0")
        officer.fill("#arrived_at", "2024-10-08T09:20")
        officer.set_input_files("#file", PROOF)
        press(officer, "#intake .btn-primary")
        officer.goto(TENANT)
        expect(officer.locator("#changes")).to_contain_text("逾期履行")
        officer.goto("/cases/1")
        press(officer, "main a[href='/cases/1/accept']")
        officer.fill("#note", "变更后的营业执照已核验")
        press(officer, MAIN_BUTTON)
        self.expect_gateway("deny", "SUSPENDED")

        approver.goto("/cases/1")
        press(approver, "main a[href='/cases/1/reinstate']")
        press(approver, MAIN_BUTTON)
        expect(approver.locator(".letter")).to_contain_text("恢复")
        approver.fill("#reason", "改正已由法务接受")
        press(approver, MAIN_BUTTON)
        self.expect_gateway("allow")
        self.rehearsal.tick("Tue 2024-10-08 10:01")
        assert len(self.mail_server.wire) == 3
        approver.goto("/notices")
        expect(approver.locator("tbody tr")).to_have_count(3)

    def a_source_notice_is_taken_in_and_its_letter_read_before_it_goes_out(self):
        """Received Fri 2024-11-08 16:40: due Mon 24:00, target 18:00; the letter that is read is the one that goes out."""
        officer = self.officer
        self.rehearsal.tick("Fri 2024-11-08 16:45")
        officer.goto("/upstream/new")
        officer.fill("#new_source", "晨星数据")
        officer.check("input[name=kinds][value=price]")
        officer.fill("#subject", "核验单价上调")
        officer.fill("#received_at", "2024-11-08T16:40")
        officer.fill("#effective_on", "2025-01-01")
        officer.set_input_files("#file", PROOF)
        officer.check("input[name=products] >> nth=0")
        press(officer, "#upstream-intake .btn-primary")
        expect(officer).to_have_url(re.compile(r"/upstream/1$"))
        expect(officer.locator(".campaign-now")).to_contain_text("2024年11月11日 周一 24:00")
        expect(officer.locator(".campaign-now")).to_contain_text("18:00")

        press(officer, "main a[href='/upstream/1/letters'] >> nth=0")
        expect(officer.locator(".letter")).to_contain_text(ORDER_NO)
        read = officer.locator(".letter").inner_text()
        press(officer, "main a[href='/upstream/1/triage']")
        officer.check("input[value=upstream_change]")
        press(officer, MAIN_BUTTON)
        self.rehearsal.tick("Fri 2024-11-08 16:46")
        assert len(self.mail_server.wire) == 4
        sent = self.last_letter().splitlines()
        assert [line for line in read.splitlines() if "········" not in line and line not in sent] == []
        officer.goto("/upstream/1")
        expect(officer.locator("tbody")).to_contain_text("已发送")

    def the_tenant_refuses_on_its_own_page(self):
        """Looking changes nothing; a refusal takes two presses, is no breach, and opens the aftermath."""
        officer, tenant = self.officer, self.window()
        self.rehearsal.tick("Mon 2024-11-11 09:30")
        tenant.goto(re.search(r"https?://\S+/a/\S+", self.last_letter()).group())
        officer.goto("/upstream/1")
        expect(officer.locator("tbody")).to_contain_text("已发送")
        tenant.check("input[name=kind][value=refuse]")
        tenant.fill("#text", "无法接受新价格，请协商善后")
        tenant.fill("#said_by", "周经理")
        press(tenant, "main button[value=review]")
        press(tenant, "main button[value=send]")
        expect(tenant.locator("#said")).to_contain_text("无法接受新价格")
        self.rehearsal.tick("Mon 2024-11-11 09:31")
        officer.goto("/upstream/1")
        expect(officer.locator("tbody")).to_contain_text("善后协商")
        officer.goto("/cases")
        expect(officer.locator("tbody tr")).to_have_count(1)  # the tenant's old one; a refusal opens none
        self.expect_gateway("allow")

    def our_own_lateness_stands_on_today(self):
        """A second notice while no scheduler runs: two days later it goes out once, and Today says that we were late."""
        officer = self.officer
        self.rehearsal.tick("Fri 2024-11-15 16:45")
        officer.goto("/upstream/new")
        officer.select_option("#source", label="晨星数据")
        officer.check("input[name=kinds][value=result_content]")
        officer.fill("#subject", "返回结果增加字段")
        officer.fill("#received_at", "2024-11-15T16:40")
        officer.set_input_files("#file", PROOF)
        officer.check("input[name=at_once]")
        press(officer, "#upstream-intake .btn-primary")
        self.rehearsal.tick("Wed 2024-11-20 10:00")
        self.rehearsal.tick("Wed 2024-11-20 10:01")
        assert len(self.mail_server.wire) == 5
        officer.goto("/")
        expect(officer.locator("main")).to_contain_text("返回结果增加字段")
        officer.goto("/upstream/2")
        expect(officer.locator(".our-lateness")).to_be_visible()
        expect(officer.locator(".is-late")).to_have_count(1)

    def the_end_comes_near_and_is_told_once(self):
        """30 days before 2025-07-29 is a Sunday, so Friday the 27th at 09:00; what a missed week left is one letter."""
        officer = self.officer
        for instant, letters in (
            ("Fri 2025-06-27 08:59:59", 5),
            ("Fri 2025-06-27 09:00", 6),
            ("Fri 2025-06-27 09:00", 6),
            ("Mon 2025-07-28 10:00", 7),
        ):
            self.rehearsal.tick(instant)
            assert len(self.mail_server.wire) == letters, instant
        assert "2025年7月29日" in self.last_letter()
        officer.goto(AGREEMENT)
        expect(officer.locator("main")).to_contain_text("2025年7月29日")

    def last_letter(self):
        _, content = self.mail_server.wire[-1]
        return message_from_bytes(content, policy=policy.default).get_body(("plain",)).get_content()

    def the_service_ends_with_its_last_day(self):
        """2025-07-29 24:00, whether or not a job runs."""
        self.rehearsal.set_clock("Tue 2025-07-29 23:59:59")
        self.expect_gateway("allow")
        self.rehearsal.set_clock("Wed 2025-07-30 00:00")
        self.expect_gateway("deny", "SERVICE_PERIOD_ENDED")
        self.officer.goto(AGREEMENT)
        expect(self.officer.locator(".headline")).to_contain_text("SERVICE_PERIOD_ENDED")
