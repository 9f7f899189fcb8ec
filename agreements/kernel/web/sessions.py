"""The session cookie, and the person behind it as `g.actor`.

The cookie is `__Host-luyue`: Secure, HttpOnly, SameSite=Lax, no domain, ends with the browser. Chromium keeps it on
http://127.0.0.1 as well; on any other address without https we refuse instead of looping at the sign-in page.
Visitors carry a second cookie of the same kind, which only binds the tokens of public forms to their browser.
"""

from datetime import datetime
from urllib.parse import urlsplit

from flask import Response, current_app, g, request

from agreements.kernel import clock
from agreements.kernel.access import signing_in
from agreements.kernel.access.tokens import new_token
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, NotPermitted

COOKIE = "__Host-luyue"
VISITOR_COOKIE = "__Host-luyue-visitor"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def load_person() -> None:
    """Set `g.actor` (an Actor or None), `g.signed_in` (with locale and session id, or None) once a request."""
    g.actor, g.signed_in = None, None
    token = request.cookies.get(COOKIE)
    if not token:
        return
    wall = clock.wall()
    found = signing_in.signed_in(db.session(), token, wall=wall)
    if found is None:
        return
    g.actor, g.signed_in = found.actor, found
    if _is_stale(found.seen_at, wall):
        with unit_of_work() as session:
            signing_in.note_seen(session, found.session_id, wall=wall)


def _is_stale(seen_at: datetime, wall: datetime) -> bool:
    return seen_at + signing_in.SEEN_STEP < wall


def secret_of_browser() -> str:
    """Return what ties forms to this browser: its session's token, else its visitor cookie (made on first need)."""
    if g.get("signed_in") is not None:
        return request.cookies[COOKIE]
    visitor = request.cookies.get(VISITOR_COOKIE) or g.get("new_visitor")
    if not visitor:
        visitor = g.new_visitor = new_token()
    return str(visitor)


def start(response: Response, token: str) -> None:
    """Hand the browser a new session."""
    _set(response, COOKIE, token)
    response.delete_cookie(VISITOR_COOKIE, path="/", secure=True, httponly=True, samesite="Lax")


def stop(response: Response) -> None:
    """Take the session away from the browser, with what it may have kept of our pages."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'


def keep_visitor(response: Response) -> Response:
    """After each request: hand out the visitor cookie where a page needed one."""
    if "new_visitor" in g:
        _set(response, VISITOR_COOKIE, g.new_visitor)
    return response


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax")


def is_https() -> bool:
    """Say whether the person's browser speaks https to us, directly or through the proxy that `public_url` names."""
    if request.is_secure:
        return True
    public = urlsplit(str(current_app.extensions["luyue"]["settings"].public_url))
    return public.scheme == "https" and request.headers.get("Host") == public.netloc


def require_a_safe_connection() -> None:
    host = request.host if request.host.endswith("]") else request.host.rsplit(":", 1)[0]
    if is_https() or host in LOOPBACK:
        return
    raise NotPermitted(
        N_("This address is not encrypted; signing in would expose the password and the session."),
        code="HTTPS_REQUIRED",
        remedy=N_("Open the https address of this installation, or http://127.0.0.1 on the machine itself."),
    )
