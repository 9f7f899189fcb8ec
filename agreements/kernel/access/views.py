"""Pages: signing in and out, joining by link, one's own account, the language."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access import actions, links, signing_in
from agreements.kernel.access.models import LinkKind, Locale
from agreements.kernel.access.schemas import local_path, read_join, read_locale, read_new_password
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import InvalidInput, LuyueError, NotSignedIn
from agreements.kernel.web import language, navigation, sessions

access = Blueprint("access", __name__)
account = Blueprint("account", __name__, url_prefix="/account")


@access.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if g.actor is not None:
        return redirect(local_path(request.args.get("next")) or _home())
    return render_template("access/sign_in.html")


@access.post("/sign-in")
def sign_in_submit() -> ResponseReturnValue:
    login, password = actions.normal_login(request.form.get("login", "")), request.form.get("password", "")
    try:
        token = _sign_in(login, password)
    except (NotSignedIn, signing_in.TooManyAttempts) as error:
        headers = {"Retry-After": "60"} if error.status == 429 else {}
        return render_template("access/sign_in.html", error=error), error.status, headers
    return _into(token, local_path(request.args.get("next")))


def _sign_in(login: str, password: str) -> str:
    """Take the three steps of signing in; a session of this browser's ends."""
    wall = clock.wall()
    with unit_of_work() as session:
        attempt_id = signing_in.admit_attempt(session, login=login, source=request.remote_addr or "", wall=wall)
    person = signing_in.check_password(db.session(), login=login, password=password)
    person_id, checked_hash = person.id, person.password_hash
    with unit_of_work() as session:
        now = clock.now(session)
        if g.signed_in is not None:
            signing_in.sign_out(session, g.signed_in.session_id, actor=g.actor, now=now, wall=wall)
        return signing_in.open_session(
            session,
            person_id=person_id,
            checked_hash=checked_hash,
            attempt_id=attempt_id,
            password=password,
            now=now,
            wall=wall,
        )


@account.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    wall = clock.wall()
    with unit_of_work() as session:
        signing_in.sign_out(session, g.signed_in.session_id, actor=g.actor, now=clock.now(session), wall=wall)
    response = redirect(url_for("access.sign_in"))
    sessions.stop(response)  # type: ignore[arg-type]  # flask's redirect gives werkzeug's base class
    return response


@access.get("/join/<token>")
def join(token: str) -> ResponseReturnValue:
    link = links.open_link(db.session(), token, wall=clock.wall())
    return render_template(_link_page(link.kind), link=link, form={"name": link.name, "login": link.login})


@access.post("/join/<token>")
def join_submit(token: str) -> ResponseReturnValue:
    wall = clock.wall()
    link = links.open_link(db.session(), token, wall=wall)
    try:
        with unit_of_work() as session:
            now = clock.now(session)
            if link.kind is LinkKind.JOIN:
                form = read_join(request.form)
                person = links.join(
                    session,
                    token,
                    name=form.name,
                    login=form.login,
                    password=form.password,
                    locale=form.locale,
                    now=now,
                    wall=wall,
                )
            else:
                password = read_new_password(request.form)
                person = links.set_new_password(session, token, password=password, now=now, wall=wall)
            opened = signing_in.open_session(
                session,
                person_id=person.id,
                checked_hash=person.password_hash,
                attempt_id=None,
                password=None,
                now=now,
                wall=wall,
            )
    except LuyueError as error:
        if error.field is None:
            raise
        link = links.open_link(db.session(), token, wall=wall)
        return render_template(_link_page(link.kind), link=link, form=request.form, error=error), error.status
    return _into(opened, None)


def _link_page(kind: LinkKind) -> str:
    return "access/join.html" if kind is LinkKind.JOIN else "access/new_password.html"


@access.post("/language")
def choose_language() -> ResponseReturnValue:
    chosen = read_locale(request.form.get("locale", ""))
    came_from = urlsplit(request.headers.get("Referer", ""))
    back = f"{came_from.path}?{came_from.query}".rstrip("?") if came_from.netloc == request.host else None
    response = redirect(local_path(back) or _home())
    if g.actor is None:
        language.remember(response, chosen)
        return response
    with unit_of_work() as session:
        actions.choose_locale(session, g.actor.id, chosen, actor=g.actor, now=clock.now(session))
    return response


@account.get("")
def show() -> ResponseReturnValue:
    return render_template("access/account.html", person=actions.person_of(db.session(), g.actor.id), locales=Locale)


@account.post("/password")
def change_password() -> ResponseReturnValue:
    wall, person_id = clock.wall(), g.actor.id
    try:
        new = read_new_password(request.form)
        with unit_of_work() as session:
            now = clock.now(session)
            actions.change_password(
                session,
                person_id,
                current=request.form.get("current", ""),
                new=new,
                actor=g.actor,
                now=now,
                wall=wall,
            )
            person = actions.person_of(session, person_id)
            token = signing_in.open_session(
                session,
                person_id=person.id,
                checked_hash=person.password_hash,
                attempt_id=None,
                password=None,
                now=now,
                wall=wall,
            )
    except InvalidInput as error:
        person = actions.person_of(db.session(), person_id)
        return render_template("access/account.html", person=person, locales=Locale, error=error), error.status
    flash(gettext("The password was changed; every other session has ended."), "success")
    return _into(token, url_for("account.show"))


def _into(token: str, path: str | None) -> ResponseReturnValue:
    response = redirect(path or _home())
    sessions.start(response, token)  # type: ignore[arg-type]  # flask's redirect gives werkzeug's base class
    return response


def _home() -> str:
    return "/" if navigation.exists("/") else url_for("account.show")
