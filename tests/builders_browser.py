"""A real Chromium and the application served to it on loopback."""

import contextlib
import os
import subprocess
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

PATIENCE_MS = 120_000  # a busy machine is no fault
expect.set_options(timeout=PATIENCE_MS)
FIND_CHROMIUM = Path(__file__).parent.parent / "deploy" / "find_chromium"
QUIET = (  # what a Chromium does of its own accord: graphics, and asking its maker for this and that
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path():
    """Where Chromium is; without one the test is skipped, or fails where LUYUE_REQUIRE_BROWSER says that it must run."""
    found = subprocess.run([FIND_CHROMIUM], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        without = pytest.fail if os.environ.get("LUYUE_REQUIRE_BROWSER") == "1" else pytest.skip
        without("no Chromium on this machine: apt-get install chromium fonts-noto-cjk")
    return found.stdout.strip()


@contextlib.contextmanager
def serving(app):
    """Serve the application on a free port of 127.0.0.1; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def a_browser():
    """A headless Chromium."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET])
        try:
            yield browser
        finally:
            browser.close()


def a_page(browser, *, complaints, width=1440, scheme="light", language="zh-CN"):
    """A page in a context of its own; what the browser complains about is appended to `complaints`."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language, timezone_id="Europe/London"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page
