"""Sessions in the browser: new at sign-in, dead within one request."""

import re

import pytest
from sqlalchemy import select, update

from agreements.kernel import clock
from agreements.kernel.access import actions, links
from agreements.kernel.access.models import Locale, SignInAttempt, WebSession
from agreements.kernel.access.rules import OPERATOR, Role
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.web import sessions
from app import create_app
from tests.builders import at
from tests.builders_access import PASSWORD, a_staff_member, signed_in_client

NOW = at("Thu 2024-09-12 16:40")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def person(app):
    with unit_of_work() as session:
        person_id = a_staff_member(session, "admin", "legal_officer", login="li").id
    db.session.remove()
    return person_id


def sign_in(client, login="li", password=PASSWORD, path="/sign-in"):
    form = TOKEN.search(client.get("/sign-in").text)
    return client.post(path, data={"csrf_token": form[1], "login": login, "password": password})


def test_a_person_signs_in_and_out(app, person):
    client = app.test_client()

    answer = sign_in(client)
    cookie = client.get_cookie(sessions.COOKIE).value
    page = client.get("/account")
    client.post("/account/sign-out", data={"csrf_token": TOKEN.search(page.text)[1]})

    assert answer.status_code == 302
    assert page.status_code == 200
    client.set_cookie(sessions.COOKIE, cookie)  # the old id again
    assert client.get("/account").status_code == 302


def test_the_cookie_is_secure_http_only_and_of_this_host(app, person):
    answer = sign_in(app.test_client())
    [cookie] = [header for header in answer.headers.getlist("Set-Cookie") if header.startswith("__Host-luyue=")]

    assert cookie.partition(";")[0].removeprefix("__Host-luyue=").__len__() == 43
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} == {part.strip() for part in cookie.split(";")[1:]}


def test_an_id_planted_before_sign_in_is_not_the_one_after(app, person):
    client = app.test_client()
    client.set_cookie(sessions.COOKIE, "planted-by-somebody-else")

    sign_in(client)

    assert client.get_cookie(sessions.COOKIE).value != "planted-by-somebody-else"
    stranger = app.test_client()
    stranger.set_cookie(sessions.COOKIE, "planted-by-somebody-else")
    assert stranger.get("/account").status_code == 302


def test_signing_in_again_ends_the_session_of_this_browser(app, person):
    client = signed_in_client(app, "ops")

    form = {"csrf_token": client.csrf_token, "login": "li", "password": PASSWORD}
    client.client.post("/sign-in", data=form)

    ended = db.session.scalars(select(WebSession.end_reason).order_by(WebSession.id)).all()
    assert ended == ["signed_out", None]


def test_a_tampered_cookie_is_nobody(app, person):
    client = signed_in_client(app)
    client.client.set_cookie(sessions.COOKIE, client.token[:-1] + ("A" if client.token[-1] != "A" else "B"))

    assert client.get("/account").status_code == 302


@pytest.mark.parametrize("change", ["disable", "roles", "password"])
def test_a_session_dies_within_one_request_of_what_changes_the_person(app, person, change):
    client = signed_in_client(app, "ops")
    assert client.get("/account").status_code == 200

    with unit_of_work() as session:
        if change == "disable":
            actions.disable(session, client.person_id, reason="left", actor=OPERATOR, now=NOW, wall=NOW)
        elif change == "roles":
            actions.change_roles(session, client.person_id, [Role.AUDITOR], actor=OPERATOR, now=NOW, wall=NOW)
        else:
            token = links.offer_new_password(session, client.person_id, actor=OPERATOR, now=NOW, wall=clock.wall())
            links.set_new_password(session, token, password="six other loud pebbles", now=NOW, wall=clock.wall())

    assert client.get("/account").status_code == 302


def test_changing_ones_password_keeps_this_browser_in_under_a_new_id(app, person):
    client, elsewhere = app.test_client(), app.test_client()
    sign_in(client)
    sign_in(elsewhere)
    before = client.get_cookie(sessions.COOKIE).value

    form = TOKEN.search(client.get("/account").text)[1]
    new = {"password": "six other loud pebbles", "password_again": "six other loud pebbles"}
    client.post("/account/password", data={"csrf_token": form, "current": PASSWORD, **new})

    assert client.get_cookie(sessions.COOKIE).value != before
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


def test_an_idle_session_leads_back_to_the_page_that_was_wanted(app, person):
    client = signed_in_client(app, "admin")
    with unit_of_work() as session:
        session.execute(update(WebSession).values(seen_at=NOW))

    answer = client.get("/admin/people?page=2")

    assert answer.location == "/sign-in?next=/admin/people?page%3D2"
    assert sign_in(app.test_client(), path=answer.location).location == "/admin/people?page=2"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"])
def test_sign_in_leads_nowhere_else(app, person, target):
    answer = sign_in(app.test_client(), path=f"/sign-in?next={target}")

    assert "evil" not in answer.location
    assert answer.location.startswith("/")


def test_the_sixth_wrong_try_is_told_to_wait_in_every_process(app, person):
    other = create_app(instance_path=app.instance_path)
    answers = [sign_in((app if number % 2 else other).test_client(), password="wrong") for number in range(6)]
    with other.app_context():
        db.engine.dispose()

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "60"


def test_wrong_password_unknown_login_and_disabled_person_read_alike(app, person):
    with unit_of_work() as session:
        gone = a_staff_member(session, login="gone")
        actions.disable(session, gone.id, reason="left", actor=OPERATOR, now=NOW, wall=NOW)

    def told(login, password):
        answer = sign_in(app.test_client(), login=login, password=password)
        text = re.sub(r'value="[^"]*"', "", re.sub(r"X-CSRF-Token[^}]*", "", answer.text))
        with unit_of_work() as session:
            session.query(SignInAttempt).delete()
        return answer.status_code, text

    assert told("li", "wrong") == told("nobody", "wrong") == told("gone", PASSWORD)


def test_joining_by_link_signs_in_and_the_link_is_spent(app):
    with unit_of_work() as session:
        token = links.invite(
            session, name="李", login="li", roles=[Role.OPS], actor=OPERATOR, now=NOW, wall=clock.wall()
        )
    client = app.test_client()
    form = {"name": "李", "login": "li", "password": PASSWORD, "password_again": PASSWORD, "locale": "en"}

    page = client.get(f"/join/{token}")
    form["csrf_token"] = TOKEN.search(page.text)[1]
    short = client.post(f"/join/{token}", data={**form, "password": "short", "password_again": "short"})
    joined = client.post(f"/join/{token}", data=form)

    assert short.status_code == 422
    assert 'id="password-error"' in short.text
    assert joined.status_code == 302
    assert 'lang="en"' in client.get("/account").text
    assert app.test_client().get(f"/join/{token}").status_code == 404


def test_a_used_session_is_written_down_once_a_minute(app, person):
    client = signed_in_client(app)
    with unit_of_work() as session:
        session.execute(update(WebSession).values(seen_at=clock.wall() - 2 * sessions.signing_in.SEEN_STEP))
    client.get("/account")

    seen = db.session.scalar(select(WebSession.seen_at))

    assert clock.wall() - seen < sessions.signing_in.SEEN_STEP


def test_an_address_without_https_is_refused_instead_of_looping(app, tmp_path):
    outside = create_app({"public_url": "https://luyue.example"}, instance_path=app.instance_path)
    client = outside.test_client()

    plain = client.get("/sign-in", base_url="http://127.0.0.2")
    named = client.get("/sign-in", base_url="https://luyue.example")
    with outside.app_context():
        db.engine.dispose()

    assert plain.status_code == 400  # not a host of ours at all
    assert named.status_code == 200
    assert named.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_public_name_over_plain_http_is_refused_with_the_remedy(app):
    outside = create_app({"public_url": "http://luyue.example"}, instance_path=app.instance_path)

    answer = outside.test_client().get("/sign-in", base_url="http://luyue.example")
    with outside.app_context():
        db.engine.dispose()

    assert answer.status_code == 403
    assert "HTTPS_REQUIRED" in answer.text


def test_a_session_lasts_as_long_as_its_language(app):
    client = signed_in_client(app, locale=Locale.EN)

    assert "My account" in client.get("/account").text
