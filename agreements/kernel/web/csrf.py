"""No state changes for a page of somebody else's: origin headers and a token, on every unsafe method."""

import base64
import hashlib
import hmac

from flask import request
from markupsafe import Markup

from agreements.kernel.errors import N_, NotPermitted
from agreements.kernel.web import sessions

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf_token"
HEADER = "X-CSRF-Token"


def token() -> str:
    """Return the token of this browser's forms; it dies with its session."""
    digest = hmac.new(sessions.secret_of_browser().encode(), b"luyue csrf", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def field() -> Markup:
    """Return the hidden input that every POST form holds."""
    return Markup(f'<input type="hidden" name="{FIELD}" value="{token()}">')  # noqa: S704 - base64 of a digest


def check() -> None:
    """Raise NotPermitted for an unsafe request that did not come from a page of ours."""
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site not in (None, "same-origin", "none") or (origin is not None and not _is_ours(origin))
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if foreign or not hmac.compare_digest(given.encode(), token().encode()):
        raise NotPermitted(
            N_("This form did not come from a page of this session."),
            code="CSRF",
            remedy=N_("Open the page again and send the form once more."),
        )


def _is_ours(origin: str) -> bool:
    return origin in (f"http://{request.host}", f"https://{request.host}")
