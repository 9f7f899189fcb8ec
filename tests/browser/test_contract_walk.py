"""The contract side in the pages, in Chinese: from files to a register, terms, a supplement, an end and its settlement.

As in the other walk, everything is done in a real browser against the real web server; no page may write to the console,
hurt the content security policy or ask another host.
"""

import re
from functools import partial
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from agreements.kernel.db import unit_of_work
from tests.browser.parties import YUNSHAN
from tests.browser.rehearsal import a_rehearsal
from tests.browser.rooms import sign_in
from tests.browser.watching import a_window, press
from tests.builders_access import a_staff_member
from tests.builders_browser import a_browser
from tests.builders_files import a_small_pdf
from tests.builders_formats import as_docx, as_reportlab_pdf
from tests.builders_notices import a_mail_server
from tests.builders_orders import a_csv, an_order
from tests.walk import DESIGNATED_ADDRESS, ORDER_NO, PRODUCT, TENANT_KEY, example_agreement

pytestmark = pytest.mark.browser

TEAM = {"legal_officer": "陈法务", "legal_approver": "李审批", "ops": "王运维", "finance": "赵财务"}
AGREEMENT, TERMS = f"/agreements/{ORDER_NO}", f"/agreements/{ORDER_NO}/terms"
PROOF = {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": a_small_pdf("rehearsal")}
MAIN_BUTTON = "main button[type=submit]"
LISTED = "300000000000001"
FIVE_DAYS, THREE_DAYS = "变更之日起五个工作日内", "变更之日起三个工作日内"


@pytest.fixture
def mail_server():
    with a_mail_server() as server:
        yield server


@pytest.fixture
def rehearsal(tmp_path, mail_server):
    with a_rehearsal(tmp_path, mail_server, begins="2024-07-28T09:00") as rehearsal:
        yield rehearsal


def test_files_become_terms_and_terms_become_a_settlement_in_the_pages(rehearsal, tmp_path):
    complaints = []
    with a_browser() as browser:
        walk = ContractWalk(rehearsal, browser, complaints, tmp_path)

        walk.a_word_file_is_reviewed_beside_the_standard_form()
        walk.a_pdf_and_a_list_of_orders_come_in()
        walk.the_register_finds_keeps_labels_and_exports()
        walk.the_service_opens_only_when_everything_is_there()
        walk.a_supplement_binds_from_the_second_signature()
        walk.a_misread_term_is_corrected_by_two_people()
        walk.the_agreement_ends_by_agreement()
        walk.the_settlement_shows_both_bases_and_is_confirmed()
        walk.anybody_verifies_the_statement()

    assert complaints == []


class ContractWalk:
    """The steps, in order; each fails where the pages do not keep their promise."""

    def __init__(self, rehearsal, browser, complaints, folder):
        self.rehearsal, self.folder = rehearsal, folder
        with rehearsal.app.app_context(), unit_of_work() as session:
            logins = {role: a_staff_member(session, role, name=name).login for role, name in TEAM.items()}
        site = SimpleNamespace(address=rehearsal.address, logins=logins)
        enter = partial(sign_in, browser, site, complaints=complaints)
        self.officer, self.approver = enter(role="legal_officer"), enter(role="legal_approver")
        self.ops, self.finance = enter(role="ops"), enter(role="finance")
        self.visitor = a_window(browser, rehearsal.address, complaints)
        self.number = self.statement = ""

    def at(self, path):
        """Return the address as a pattern, whatever follows it."""
        return re.compile(re.escape(self.rehearsal.address + path))

    def upload(self, name, content):
        self.officer.goto("/import")
        self.officer.set_input_files(
            "#files", {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        press(self.officer, MAIN_BUTTON)

    def confirm_all(self):
        """Acknowledge each warning and each departing clause, and confirm each amount, one by one."""
        for forms in (
            "#warnings form.acknowledge",
            "#deviations form.acknowledge:not(.acknowledge-all)",
            ".amounts form",
        ):
            for left in range(self.officer.locator(forms).count(), 0, -1):
                press(self.officer, f"{forms} >> nth=0 >> button")
                expect(self.officer.locator(forms)).to_have_count(left - 1)

    # Steps

    def a_word_file_is_reviewed_beside_the_standard_form(self):
        """Three days instead of five: the clause stands beside the form's, and nothing is registered unread."""
        text = example_agreement(self.folder).read_text(encoding="utf-8")
        assert FIVE_DAYS in text
        self.upload("销售协议-海棠.docx", as_docx(text.replace(FIVE_DAYS, THREE_DAYS)))
        officer = self.officer
        officer.click("#field-order\\.order_no [data-shows]")
        expect(officer.locator(".evidence.is-lit")).to_contain_text(ORDER_NO)

        departing = officer.locator(".deviation", has=officer.locator(".clause", has_text="3.3"))
        expect(departing.locator(".beside-here ins")).to_contain_text("三")
        expect(departing.locator(".beside-standard del")).to_contain_text("五")
        expect(officer.locator("#register button[type=submit]")).to_be_disabled()
        self.confirm_all()
        officer.fill("#product_code", PRODUCT)
        officer.fill("#tenant_key", TENANT_KEY)
        press(officer, "#register button[type=submit]")
        expect(officer).to_have_url(self.at(AGREEMENT))

    def a_pdf_and_a_list_of_orders_come_in(self):
        """A PDF says on which page it was read; of a list each row is confirmed, and a bad one is named."""
        officer = self.officer
        self.upload("销售协议-云杉.pdf", as_reportlab_pdf(YUNSHAN.contract().content.decode()))
        expect(officer.locator("#field-order\\.order_no .place")).to_have_text("第 1 页")
        self.confirm_all()
        officer.fill("#product_code", YUNSHAN.product[0])
        press(officer, "#register button[type=submit]")

        orders = a_csv(an_order(LISTED), an_order("300000000000002", 数量="若干"))
        officer.goto("/import/batches")
        officer.set_input_files("#list", {"name": "订单.csv", "mimeType": "text/csv", "buffer": orders})
        press(officer, "[aria-labelledby=list-title] button[type=submit]")
        refused = officer.locator("tbody tr", has_text="300000000000002")
        expect(refused).to_contain_text("数量")
        press(officer, "main a[href*='/import/orders']")
        officer.fill("#product_code", PRODUCT)
        officer.check("input[name=rows]")
        press(officer, "button[value=register]")
        expect(officer.locator("input[name=rows]")).to_have_count(0)

    def the_register_finds_keeps_labels_and_exports(self):
        """Pinyin and another spelling find; a search is kept; several rows get a label and leave as a file."""
        officer = self.officer
        officer.goto("/agreements")
        rows = officer.locator(".register-table tbody tr")
        expect(rows).to_have_count(3)
        for said in ("haitang", "海棠商務服務(武漢)"):
            officer.goto(f"/agreements?q={said}")
            expect(rows).to_have_count(1)
            expect(rows).to_contain_text(ORDER_NO)
        officer.click(".view-new summary")
        officer.fill("#view-name", "海棠")
        press(officer, ".view-new button[type=submit]")
        officer.goto("/agreements")
        press(officer, ".views .view a >> nth=0")
        expect(rows).to_have_count(1)

        officer.goto("/agreements")
        officer.check(f"input[aria-label$='{ORDER_NO}']")
        officer.check(f"input[aria-label$='{LISTED}']")
        expect(officer.locator(".bulk-count")).to_contain_text("2")
        officer.fill("#bulk-label", "年底复核")
        press(officer, "button[value=label]")
        expect(officer.locator(".row-label")).to_have_text(["年底复核", "年底复核"])
        officer.check(f"input[aria-label$='{LISTED}']")
        with officer.expect_download() as export:
            officer.click("button[value=csv]")
        exported = export.value.path().read_text(encoding="utf-8-sig")
        assert LISTED in exported
        assert ORDER_NO not in exported
        with officer.expect_download() as export:
            officer.click(".page-header a[href$='.xlsx']")
        assert export.value.path().read_bytes().startswith(b"PK")

    def the_service_opens_only_when_everything_is_there(self):
        officer, ops, finance = self.officer, self.ops, self.finance
        finance.goto(AGREEMENT)
        finance.fill("#paid_at", "2024-07-28T09:00")
        finance.fill("#reference", "PAY-0001")
        press(finance, "#next button[type=submit]")
        ops.goto(AGREEMENT)
        expect(ops.locator("#next button", has_text="开通服务")).to_be_disabled()

        officer.goto(AGREEMENT)
        for left in range(officer.locator("#next .is-open").count(), 0, -1):
            expect(officer.locator("#next .is-open")).to_have_count(left)
            press(officer, "#next .is-open a >> nth=0")
            if officer.locator("#address").count():
                officer.fill("#address", DESIGNATED_ADDRESS)
                officer.fill("#signed_on", "2024-07-28")
            officer.set_input_files("#file", PROOF)
            press(officer, MAIN_BUTTON)
            officer.goto(AGREEMENT)
        officer.goto(f"/tenants/{TENANT_KEY}/platforms/new")
        officer.fill("#identifier", "app.haitang.example")
        officer.set_input_files("#file", PROOF)
        press(officer, MAIN_BUTTON)
        expect(officer.locator("main")).to_contain_text("app.haitang.example")

        ops.goto(AGREEMENT)
        press(ops, "#next button[type=submit]")
        expect(ops.locator(".headline")).to_contain_text("ALLOW")

    def a_supplement_binds_from_the_second_signature(self):
        """Drafted, signed by one, by both: the term is the old one until then, and the new one from then on."""
        officer, approver = self.officer, self.approver
        self.rehearsal.set_clock("Mon 2024-09-02 10:00")
        officer.goto(f"/supplements/new?order_no={ORDER_NO}")
        officer.check("input[name=key][value=change_notification]")
        press(officer, MAIN_BUTTON)
        officer.fill("#value_change_notification", "7")
        officer.fill("#reason", "双方协商延长变更通知期限")
        press(officer, MAIN_BUTTON)
        here = officer.url
        expect(officer.locator(".headline")).to_contain_text("草稿")

        approver.goto(here)
        press(approver, "[aria-labelledby=paper-title] button[type=submit]")
        approver.goto(here)
        expect(approver.locator(".headline")).to_contain_text("一方已签")
        expect(approver.locator("[aria-labelledby=paper-title]")).to_contain_text("LY-2024-")
        officer.goto(TERMS)
        row = officer.locator(".term-table tbody tr", has=officer.locator("[href*='key=change_notification']")).first
        expect(row).not_to_contain_text("7 个工作日")

        self.rehearsal.set_clock("Tue 2024-09-03 15:00")
        officer.goto(here)
        officer.fill("#tenant-signer", "周明远")
        officer.set_input_files("#tenant-file", PROOF)
        press(officer, "form[action$='/sign/tenant'] button[type=submit]")
        expect(officer.locator(".headline")).to_contain_text("已生效")
        expect(officer.locator(".headline")).to_contain_text("2024年9月3日 周二 15:00")
        officer.goto(TERMS)
        expect(row.locator(".is-applied")).to_contain_text("7 个工作日")
        officer.fill("#at", "2024-09-03T14:59")
        press(officer, "form:has(#at) button[type=submit]")
        expect(row.locator(".is-applied")).to_have_count(0)
        expect(row).to_contain_text("3 个工作日")

    def a_misread_term_is_corrected_by_two_people(self):
        officer, approver = self.officer, self.approver
        officer.goto(TERMS)
        press(officer, "a[href*='corrections/new'][href*='key=upstream_notice'] >> nth=0")
        officer.fill("#value_upstream_notice", "2")
        officer.fill("#reason", "识别时误读，原文为二")
        press(officer, MAIN_BUTTON)
        expect(officer.locator("#corrections")).to_contain_text("误读")
        expect(officer.locator("#corrections button")).to_have_count(0)
        approver.goto(f"{TERMS}#corrections")
        press(approver, "#corrections form[action$='/approve'] button")
        expect(approver.locator("#corrections")).to_contain_text("已更正")

    def the_agreement_ends_by_agreement(self):
        """Only what is legal now is offered; the end opens its settlement by the scheduler."""
        approver = self.approver
        self.rehearsal.set_clock("Fri 2024-11-08 18:00")
        approver.goto(f"{AGREEMENT}/ending")
        approver.click("summary:has-text('协商终止')")
        approver.fill("#agreed-ended_at", "2024-11-08T18:00")
        approver.set_input_files("#agreed-proof", PROOF)
        approver.fill("#agreed-reason", "双方签署终止协议")
        press(approver, "form[action$='/by-agreement'] button[type=submit]")
        self.rehearsal.tick("Mon 2024-11-11 10:00")
        approver.goto(AGREEMENT)
        expect(approver.locator(".headline")).to_contain_text("TERMINATED")

    def the_settlement_shows_both_bases_and_is_confirmed(self):
        """10,000 of 30,000 calls used, listed 1,200.00, paid 800.00: 533.33 and 400.00; a second person signs off."""
        officer, approver, finance = self.officer, self.approver, self.finance
        officer.goto("/settlements")
        press(officer, "tbody th a")
        officer.click("summary:has-text('登记使用量')")
        officer.fill("#used", "10000")
        officer.fill("#source", "平台计费明细")
        officer.set_input_files("#file", PROOF)
        press(officer, "form[action$='/usage'] button[type=submit]")
        expect(officer.locator(".basis-card")).to_have_count(0)
        finance.goto(officer.url)
        press(finance, "form[action$='/sign-off'] button")

        approver.goto(officer.url)
        press(approver, "main a[href$='/confirm']")
        results = approver.locator(".basis-card .is-result")
        expect(results).to_contain_text(["533.33", "400.00"])
        approver.fill("#reason", "格式条款有两种解释，按不利于我方的解释")
        press(approver, MAIN_BUTTON)
        expect(approver.locator(".headline")).to_contain_text("533.33")
        with approver.expect_download() as statement:
            approver.click(".page-header a:has-text('PDF')")
        self.statement = statement.value.path().read_bytes()
        self.number = approver.locator("dd.font-monospace").last.inner_text()
        assert self.statement.startswith(b"%PDF")

    def anybody_verifies_the_statement(self):
        """By its number and by the file; an altered file is told apart, and no content is shown."""
        visitor = self.visitor
        visitor.goto("/verify")
        visitor.fill("#number", self.number)
        press(visitor, "main form[method=get] button")
        expect(visitor.locator(".alert-success")).to_be_visible()
        altered = self.statement[:3000] + b"X" + self.statement[3001:]
        for content, tone in (
            (self.statement, "success"),
            (altered, "danger"),
            (as_reportlab_pdf("无关文件"), "warning"),
        ):
            visitor.goto("/verify")
            visitor.set_input_files("#file", {"name": "结算单.pdf", "mimeType": "application/pdf", "buffer": content})
            press(visitor, "main form[enctype] button")
            expect(visitor.locator(f".verify-page .alert-{tone}")).to_be_visible()
            expect(visitor.locator("main")).not_to_contain_text("533.33")
