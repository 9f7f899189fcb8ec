"""Signed-in people for tests of pages: a client with a session, and the same for a browser."""

import itertools

from agreements.kernel import clock
from agreements.kernel.access import actions, signing_in
from agreements.kernel.access.models import Locale
from agreements.kernel.access.rules import OPERATOR, Role
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.web import csrf, sessions

PASSWORD = "four quiet river stones"
_numbers = itertools.count(1)


def a_staff_member(session, *roles, name="张法务", login=None, locale=Locale.ZH, password=PASSWORD):
    """A person in the database with the given role names; a legal officer by default."""
    return actions.add_person(
        session,
        name=name,
        login=login or f"person{next(_numbers)}",
        password=password,
        roles=[Role(role) for role in roles or ("legal_officer",)],
        locale=locale,
        actor=OPERATOR,
        now=clock.now(session),
    )


def a_session_token(session, person):
    """Open a session for a person without the password; returns what the cookie carries."""
    return signing_in.open_session(
        session,
        person_id=person.id,
        checked_hash=person.password_hash,
        attempt_id=None,
        password=None,
        now=clock.now(session),
        wall=clock.wall(),
    )


def csrf_token_of(app, cookie, name=sessions.COOKIE):
    """The form token that belongs to a cookie."""
    with app.test_request_context(headers={"Cookie": f"{name}={cookie}"}):
        sessions.load_person()
        return csrf.token()


class SignedInClient:
    """A client with a session; `post` adds the form token by itself."""

    def __init__(self, app, person, token):
        self.app, self.person_id, self.actor, self.token = app, person.id, person.actor, token
        self.client = app.test_client()
        self.client.set_cookie(sessions.COOKIE, token)
        self.csrf_token = csrf_token_of(app, token)

    def get(self, path, **options):
        return self.client.get(path, **options)

    def post(self, path, data=None, **options):
        return self.client.post(path, data={"csrf_token": self.csrf_token, **(data or {})}, **options)


def signed_in_client(app, *roles, name="张法务", locale=Locale.ZH):
    """A client signed in as a new person with these roles; a legal officer by default. Not inside a transaction."""
    with unit_of_work() as session:
        person = a_staff_member(session, *roles, name=name, locale=locale)
        token = a_session_token(session, person)
    client = SignedInClient(app, person, token)
    db.session.remove()
    return client


def sign_in_browser(page, base_url, *roles, name="张法务", locale=Locale.ZH):
    """Sign a new person in through the page, as a person would; returns the actor. Not inside a transaction."""
    with unit_of_work() as session:
        person = a_staff_member(session, *roles, name=name, locale=locale)
        actor, login = person.actor, person.login
    db.session.remove()
    page.goto(f"{base_url}/sign-in?next=/account")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{base_url}/account")
    return actor
