"""A window in a real browser, with everything that a page must not do written down."""

from urllib.parse import urlsplit


def a_window(browser, address, complaints, *, language="zh-CN", width=1440, scheme="light"):
    """Open a window with cookies of its own.

    Appended to `complaints`: what a page writes to the console (a hurt content security policy is reported there), its
    uncaught errors, its requests to another host than ours, and answers that refuse.
    """
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale=language,
        timezone_id="Europe/London",
        reduced_motion="reduce",
    )
    ours = urlsplit(address).netloc

    def note(page, words):
        complaints.append(f"{urlsplit(page.url).path if page else '?'}: {words}")

    def on_request(request):
        target = urlsplit(request.url)
        if target.scheme in ("http", "https") and target.netloc != ours:
            complaints.append(f"asked another host: {request.url}")

    def on_response(response):
        if response.status >= 400:
            complaints.append(f"{response.status} {response.request.method} {response.url}")

    context.on(
        "console", lambda message: note(message.page, message.text) if message.type in ("error", "warning") else None
    )
    context.on("weberror", lambda error: note(error.page, str(error.error)))
    context.on("request", on_request)
    context.on("response", on_response)
    return context.new_page()


def press(page, selector):
    """Press what leads to another page, and wait until that is there."""
    with page.expect_navigation():
        page.click(selector)
