"""Every page of a populated register, in English: nothing untranslated, nothing too wide, no link into nowhere."""

import re
from collections import defaultdict

import pytest
from babel.messages.pofile import read_po

from tests.browser.rooms import PAGES, a_populated_site, sign_in
from tests.browser.watching import a_window
from tests.builders_browser import a_browser
from tests.walk import ROOT

pytestmark = pytest.mark.browser

NARROW, WIDE = {"width": 360, "height": 900}, {"width": 1440, "height": 900}


def test_every_page_in_english_is_whole_wide_and_narrow(tmp_path):
    complaints, faults = [], []
    with a_populated_site(tmp_path) as site, a_browser() as browser:
        look = {"language": "en-GB"}
        visitor = a_window(browser, site.address, complaints, **look)
        for name, path in site.visitor_pages():
            faults += faults_of(visitor, name, path)
        rounds = defaultdict(list)
        tried = set()
        for name, role, path in PAGES:
            rounds[role].append((name, path))
        for role, pages in rounds.items():
            page = sign_in(browser, site, role, complaints, **look)
            with page.expect_navigation():
                page.click(".language-switch button[value=en]")
            for name, path in pages:
                faults += faults_of(page, name, path)
                faults += dead_links(page, name, tried)
            page.context.close()

    assert faults == []
    assert complaints == []


def faults_of(page, name, path):
    """Return what is wrong with a page that anybody would see."""
    page.goto(path)
    faults = [f"{name}: untranslated {word}" for word in sorted(set(KEYS.findall(page.inner_text("body"))))]
    if page.get_attribute("html", "lang") != "en":
        faults.append(f"{name}: not in English")
    if page.locator("h1").count() != 1:
        faults.append(f"{name}: {page.locator('h1').count()} main headings")
    page.set_viewport_size(NARROW)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        faults.append(f"{name}: {wide} pixels wider than a telephone")
    page.set_viewport_size(WIDE)
    return faults


def dead_links(page, name, tried):
    """Return the links of a page that lead nowhere; of each kind of address one is tried."""
    links = page.locator("a[href^='/']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    dead = []
    for link in dict.fromkeys(link.partition("#")[0] for link in links):
        kind = re.sub(r"[0-9]+", "1", link)
        if kind not in tried:
            tried.add(kind)
            status = page.request.get(link).status
            dead += [f"{name}: {link} answers {status}"] if status >= 400 else []
    return dead


def _keys():
    """Match what the catalogue must not leave as it is: `case_state.suspected` and its like."""
    with (ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        names = [message.id for message in read_po(file) if isinstance(message.id, str)]
    kinds = {name.partition(".")[0] for name in names if re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", name)}
    return re.compile(rf"\b(?:{'|'.join(sorted(kinds))})\.[a-z_]+\b")


KEYS = _keys()
