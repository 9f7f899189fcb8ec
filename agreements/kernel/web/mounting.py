"""Who may reach a blueprint, written where it is registered; what is not written is refused.

Use `mount(app, blueprint, access=PEOPLE)` instead of `app.register_blueprint`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from flask import Blueprint, Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access import keys, personal_keys
from agreements.kernel.access.models import Scope
from agreements.kernel.db import appending, db
from agreements.kernel.engines import is_passing
from agreements.kernel.errors import N_, NotPermitted, NotSignedIn
from agreements.kernel.web import csrf, sessions


class Audience(StrEnum):
    PUBLIC = "public"
    PEOPLE = "people"
    GATEWAY_KEYS = "gateway_keys"
    STAFF_KEYS = "staff_keys"


@dataclass(frozen=True, slots=True)
class Access:
    """Whom a blueprint answers; `scope` is what a gateway key must carry."""

    audience: Audience
    scope: Scope | None = None


PUBLIC = Access(Audience.PUBLIC)
PEOPLE = Access(Audience.PEOPLE)
STAFF_KEYS = Access(Audience.STAFF_KEYS)


def gateway_keys(scope: Scope) -> Access:
    """Return the access of machines that send `Authorization: Bearer lyk_…` with this scope."""
    return Access(Audience.GATEWAY_KEYS, scope)


def mount(app: Flask, blueprint: Blueprint, *, access: Access, url_prefix: str | None = None) -> None:
    """Register a blueprint and say who may reach it.

    PUBLIC        anybody; forms still need their token
    PEOPLE        signed-in staff; `g.actor` is the person; what they may do is asked inside each use case
    gateway_keys  machines; `g.actor` is the gateway; no cookies, no forms
    STAFF_KEYS    programs of our staff; `g.actor` is the person whose key it is; no cookies, no forms
    """
    access_of(app)[blueprint.name] = access
    app.register_blueprint(blueprint, url_prefix=url_prefix)


def access_of(app: Flask) -> dict[str, Access]:
    """Return the access of every mounted blueprint by name."""
    table: dict[str, Access] = app.extensions.setdefault("luyue_access", {})
    return table


def access_of_endpoint(app: Flask, endpoint: str) -> Access | None:
    """Return who may reach an endpoint; None where nobody wrote it down (then nobody may)."""
    if endpoint == "static":
        return PUBLIC
    return access_of(app).get(endpoint.rpartition(".")[0])


def guard() -> ResponseReturnValue | None:
    """Before each request: know who asks, refuse who may not reach the endpoint, check forms."""
    g.actor = None
    if request.endpoint is None:
        sessions.load_person()  # an error page in the person's language and frame
        return None
    access = access_of_endpoint(current_app, request.endpoint)
    if access is None:
        raise NotPermitted(N_("Nobody was given access to this address."), code="NO_ACCESS_WRITTEN")
    if access.audience is Audience.GATEWAY_KEYS:
        _admit_gateway(access)
        return None
    if access.audience is Audience.STAFF_KEYS:
        _admit_program()
        return None
    if request.endpoint == "static":
        return None
    sessions.require_a_safe_connection()
    sessions.load_person()
    if access.audience is Audience.PEOPLE and g.actor is None:
        return _ask_to_sign_in()
    csrf.check()
    return None


def _presented() -> str:
    """Return what the request carries as a bearer key, or an empty text."""
    kind, _, presented = request.headers.get("Authorization", "").partition(" ")
    return presented.strip() if kind.lower() == "bearer" else ""


def _admit_program() -> None:
    """Let a person's program in by its key alone; a cookie opens nothing here, so no page can borrow it."""
    sessions.require_a_safe_connection()
    key, actor = personal_keys.admitted(db.session(), _presented())
    if key.read_only and request.method not in csrf.SAFE_METHODS:
        raise NotPermitted(
            N_("This key may only read."),
            code="KEY_READ_ONLY",
            remedy=N_("Issue a key that may write, or ask its person."),
        )
    g.actor = actor
    wall = clock.wall()
    if personal_keys.use_is_due(key, wall=wall):
        key_id = key.id
        _note_use(lambda writing: personal_keys.note_use(writing, key_id, wall=wall))


def _admit_gateway(access: Access) -> None:
    assert access.scope is not None
    session = db.session()
    actor = keys.key_actor(session, _presented(), access.scope)
    g.actor = actor
    wall = clock.wall()
    key_id = actor.id
    if key_id is not None and keys.use_is_due(session, key_id, wall=wall):
        _note_use(lambda writing: keys.note_use(writing, key_id, wall=wall))


def _note_use(note: Callable[[Session], None]) -> None:
    """Remember that a key was used; where that can't be written at this moment, the answer matters more."""
    try:
        with appending() as writing:
            note(writing)
    except DBAPIError as error:
        if not is_passing(error):
            raise


def _ask_to_sign_in() -> ResponseReturnValue:
    """Lead a reader of pages to the sign-in page and back; anything else is told by the error registry."""
    if request.method == "GET" and not request.path.startswith("/api/") and "HX-Request" not in request.headers:
        here = request.full_path.rstrip("?")
        return redirect(url_for("access.sign_in", next=None if here == "/" else here))
    raise NotSignedIn(N_("Nobody is signed in."), remedy=N_("Sign in, then try again."))
