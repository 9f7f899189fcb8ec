"""The comparison and the standard forms in a real Chromium, wide and narrow, light and dark, in both languages."""

import pytest

from agreements.intake import form_actions
from agreements.kernel.access.models import Locale
from agreements.kernel.db import unit_of_work
from tests.builders_access import sign_in_browser
from tests.builders_browser import a_browser, a_page, serving
from tests.builders_imports import TAKEN_IN, agreement_text, an_import
from tests.builders_register import OFFICER

pytestmark = pytest.mark.browser
PASSAGES = {
    "五个工作日": "十个工作日",
    "甲方应守法经营，": "甲方应当守法经营，",
    "4.1 乙方是依照": "4.1 乙方系依照",
    "4.5 乙方提供服务，并不向甲方授予任何知识产权或者对外许可的权利。\n\n": "",
}


@pytest.mark.parametrize(
    ("width", "scheme", "locale"),
    [
        pytest.param(1440, "light", Locale.ZH, id="wide"),
        pytest.param(360, "dark", Locale.EN, id="narrow", marks=pytest.mark.soak),
    ],
)
def test_departing_clauses_are_acknowledged_in_the_page(app, width, scheme, locale):
    complaints, too_wide = [], []
    with unit_of_work() as session:
        import_id = an_import(session, text=agreement_text(passages=PASSAGES)).id
        drafted = form_actions.draft_form(
            session, key="house", name="本公司范本", text=agreement_text(), source="t", actor=OFFICER, now=TAKEN_IN
        ).id
    with a_browser() as browser, serving(app) as address:
        page = a_page(browser, complaints=complaints, width=width, scheme=scheme)
        sign_in_browser(page, address, "legal_officer", locale=locale)
        for path in ("/standard-forms", f"/standard-forms/{drafted}", f"/import/{import_id}"):
            page.goto(address + path)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append(path)
        marked = page.locator("#deviations ins").all_inner_texts()
        page.locator("#deviations .is-same summary").click()
        while (left := page.locator("#deviations .deviation .acknowledge button")).count():
            left.first.click()
        shown = page.locator("#deviations .deviation-done").count()
        page.context.close()

    assert "十" in marked
    assert shown == 2
    assert (too_wide, complaints) == ([], [])
