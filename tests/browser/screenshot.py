"""Take the README's picture of the Today page, or pictures of every page.

.venv/bin/python -m tests.browser.screenshot                   docs/today.png
.venv/bin/python -m tests.browser.screenshot --all FOLDER      every page: zh and en, 1440 and 360 wide, light and dark
"""

import argparse
import itertools
import logging
import sys
import tempfile
from pathlib import Path

from tests.browser.rooms import PAGES, a_populated_site, sign_in
from tests.browser.watching import a_window
from tests.builders_browser import a_browser
from tests.walk import ROOT

README_PICTURE = ROOT / "docs" / "today.png"
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}


def take_readme_picture(browser, site, complaints):
    page = sign_in(browser, site, "legal_officer", complaints)
    site.story.run_jobs()  # else the page says, rightly, that no scheduler runs
    page.goto("/", wait_until="networkidle")
    README_PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=README_PICTURE)
    print(f"{README_PICTURE}: {README_PICTURE.stat().st_size // 1024} KB")


def take_all(browser, site, folder, complaints):
    folder.mkdir(parents=True, exist_ok=True)
    for language, width, scheme in itertools.product(LANGUAGES, (1440, 360), ("light", "dark")):
        look = {"language": LANGUAGES[language], "width": width, "scheme": scheme}
        visitor = a_window(browser, site.address, complaints, **look)
        people = {}
        for name, path in site.visitor_pages():
            take(visitor, path, folder / f"{name}_{language}_{width}_{scheme}.png", complaints)
        for name, role, path in PAGES:
            if role not in people:
                people[role] = sign_in(browser, site, role, complaints, **look)
                choose_language(people[role], language)
            take(people[role], path, folder / f"{name}_{language}_{width}_{scheme}.png", complaints)
        for page in (visitor, *people.values()):
            page.context.close()


def choose_language(page, language):
    page.goto("/account")
    button = page.locator(f".language-switch button[value={language}]")
    if button.count():
        with page.expect_navigation():
            button.click()


def take(page, path, file, complaints):
    page.goto(path)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        complaints.append(f"{file.stem}: {wide} pixels too wide")
    page.screenshot(path=file, full_page=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--all", type=Path, metavar="FOLDER")
    chosen = options.parse_args()
    complaints = []
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with (
        tempfile.TemporaryDirectory() as folder,
        a_populated_site(Path(folder)) as site,
        a_browser() as browser,
    ):
        if chosen.all:
            take_all(browser, site, chosen.all, complaints)
        else:
            take_readme_picture(browser, site, complaints)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
