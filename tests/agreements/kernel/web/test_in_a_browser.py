"""The shell in a real Chromium: it keeps the cookie on loopback, and the policy stops nothing of ours."""

import pytest

from agreements.kernel.web import sessions
from tests.builders_access import sign_in_browser
from tests.builders_browser import a_browser, a_page, serving

pytestmark = pytest.mark.browser
PAGES = ["/account", "/admin/people", "/admin/people/invite", "/admin/people/1", "/admin/keys", "/admin/keys/issue"]


@pytest.fixture
def browser():
    with a_browser() as browser:
        yield browser


def test_a_person_signs_in_moves_by_keys_and_signs_out(app, browser):
    complaints = []
    with serving(app) as address:
        page = a_page(browser, complaints=complaints)
        sign_in_browser(page, address, "admin")
        [cookie] = [cookie for cookie in page.context.cookies() if cookie["name"] == sessions.COOKIE]

        page.keyboard.press("?")
        assert page.is_visible("#shortcuts")
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("k")
        page.wait_for_url(f"{address}/admin/keys")
        page.click("[data-theme-switch]")
        page.reload()
        theme = page.get_attribute("html", "data-bs-theme")
        page.click(".person-button")
        page.click("form[action='/account/sign-out'] button")
        page.wait_for_url(f"{address}/sign-in")
        page.context.close()

    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    assert theme == "dark"
    assert complaints == []


@pytest.mark.parametrize(("width", "scheme", "language"), [(1440, "light", "zh-CN"), (360, "dark", "en-GB")])
def test_no_page_is_wider_than_the_window_and_no_policy_is_hurt(app, browser, width, scheme, language):
    complaints, too_wide = [], []
    with serving(app) as address:
        page = a_page(browser, complaints=complaints, width=width, scheme=scheme, language=language)
        sign_in_browser(page, address, "admin")
        for path in PAGES:
            page.goto(address + path)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append(path)
        page.context.close()

    assert too_wide == []
    assert complaints == []


def test_a_form_is_sent_once_however_often_its_button_is_pressed(app, browser):
    complaints = []
    with serving(app) as address:
        page = a_page(browser, complaints=complaints)
        sign_in_browser(page, address, "admin")
        page.goto(f"{address}/admin/keys/issue")
        page.fill("#name", "gateway 1")
        page.evaluate(
            "() => { const b = document.querySelector('main form button'); b.click(); b.click(); b.click(); }"
        )
        page.wait_for_selector("#key")
        page.goto(f"{address}/admin/keys")
        rows = page.locator("tbody tr").count()
        page.context.close()

    assert rows == 1
