"""Security headers of every answer, and which host names we answer to (ASVS 3.3 to 3.5)."""

import hmac
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from agreements.kernel.settings import Settings
from agreements.kernel.web.sessions import LOOPBACK, is_https

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
FOR_GOOD = "public, max-age=31536000, immutable"  # of a static file whose address changes with its content
HSTS = "max-age=31536000; includeSubDomains"
FORM_MEMORY_BYTES = 2 * 1024 * 1024  # a pasted agreement fits; files have the larger limit of their own


def harden(app: Flask, settings: Settings) -> None:
    """Set what Flask leaves open: host names, body limits, headers, the client's address behind known proxies."""
    public_host = urlsplit(settings.public_url).hostname
    app.config.update(
        TRUSTED_HOSTS=[*LOOPBACK, *([public_host] if public_host else [])],
        MAX_FORM_MEMORY_SIZE=FORM_MEMORY_BYTES,
        SESSION_COOKIE_NAME="__Host-luyue-flash",  # Flask's own session carries flash messages and nothing else
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    index_key: bytes = app.extensions["luyue"]["keyring"].index_key
    app.secret_key = hmac.digest(index_key, b"flash messages", "sha256")
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Set the headers; an answer that set a stricter policy of its own (a file's) keeps it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif "v" in request.args and response.status_code == HTTPStatus.OK:
        response.headers["Cache-Control"] = FOR_GOOD
    if is_https():
        response.headers["Strict-Transport-Security"] = HSTS
    return response
