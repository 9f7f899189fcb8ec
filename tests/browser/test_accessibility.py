"""Every page by axe-core: WCAG 2.2 AA and its good practices, zh and en, light and dark, without a violation."""

import itertools
from collections import defaultdict

import pytest

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
