"""Every page of one populated register, in a browser.

By axe-core: WCAG 2.2 AA and its good practices, zh and en, light and dark, without a violation. In English: nothing
untranslated, nothing too wide, no link into nowhere.
"""

import itertools
import re
from collections import defaultdict

import pytest
from babel.messages.pofile import read_po

from tests.browser.rooms import PAGES, a_populated_site, sign_in
from tests.browser.watching import a_window
from tests.builders_browser import a_browser
from tests.walk import ROOT

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
ASK = """(tags) => axe.run(document, {resultTypes: ["violations"], runOnly: {type: "tag", values: tags}})
    .then(found => found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)}`)))"""
TURN = "(scheme) => { document.documentElement.dataset.bsTheme = scheme }"


NARROW, WIDE = {"width": 360, "height": 900}, {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_populated_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.mark.parametrize(
    ("language", "in_turn"),
    [
        ("zh", ("light", "dark")),
        *(
            pytest.param(language, (scheme,), marks=pytest.mark.soak, id=f"{language}-{scheme}")
            for language in LANGUAGES
            for scheme in ("light", "dark")
        ),
    ],
)
def test_axe_finds_nothing_on_any_page(language, in_turn, site):
    complaints, faults, schemes = [], [], itertools.cycle(in_turn)
    with a_browser() as browser:
        look = {"language": LANGUAGES[language]}
        visitor = a_window(browser, site.address, complaints, **look)
        for name, path in site.visitor_pages():
            faults += faults_of(visitor, name, path, next(schemes))
        rounds = defaultdict(list)
        for name, role, path in PAGES:
            rounds[role].append((name, path))
        for role, pages in rounds.items():
            page = sign_in(browser, site, role, complaints, **look)
            other = page.locator(f".language-switch button[value={language}]")
            if other.count():
                with page.expect_navigation():
                    other.click()
            for name, path in pages:
                faults += faults_of(page, name, path, next(schemes))
            page.context.close()

    assert faults == []
    assert complaints == []


def faults_of(page, name, path, scheme):
    """Return what axe finds on a page; the browser lets a test add a script that the content policy refuses a page."""
    page.goto(path)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate(TURN, scheme)
    return [f"{name} {scheme}: {words}" for words in page.evaluate(ASK, list(RULES))]


def test_the_keys_search_go_to_rooms_and_list_themselves(site):
    complaints = []
    with a_browser() as browser:
        page = sign_in(browser, site, "admin", complaints)
        page.goto("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip-link"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"

        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "search"
        page.evaluate("document.activeElement.blur()")

        rooms = page.locator("[data-goes]").evaluate_all(
            "links => links.map(link => [link.dataset.goes, link.pathname])"
        )
        letters = [letter for letter, _ in rooms]
        assert len(letters) == len(set(letters))
        page.keyboard.press("?")
        listed = page.locator("#shortcuts kbd").all_inner_texts()
        assert set(letters) <= set(listed)
        page.keyboard.press("Escape")
        for letter, path in rooms:
            page.keyboard.press("g")
            with page.expect_navigation(url=f"{site.address}{path}"):
                page.keyboard.press(letter)
    assert complaints == []


def test_every_page_in_english_is_whole_wide_and_narrow(site):
    complaints, faults = [], []
    with a_browser() as browser:
        look = {"language": "en-GB"}
        visitor = a_window(browser, site.address, complaints, **look)
        for name, path in site.visitor_pages():
            faults += plain_faults_of(visitor, name, path)
        rounds = defaultdict(list)
        tried = set()
        for name, role, path in PAGES:
            rounds[role].append((name, path))
        for role, pages in rounds.items():
            page = sign_in(browser, site, role, complaints, **look)
            with page.expect_navigation():
                page.click(".language-switch button[value=en]")
            for name, path in pages:
                faults += plain_faults_of(page, name, path)
                faults += dead_links(page, name, tried)
            page.context.close()

    assert faults == []
    assert complaints == []


def plain_faults_of(page, name, path):
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
