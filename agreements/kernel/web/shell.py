"""Puts the web shell on an application: guard, headers, errors, language, and what templates can use."""

import hashlib
from collections.abc import Hashable
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote, urlencode

from flask import Flask, current_app, g, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from agreements.kernel.access.models import Locale
from agreements.kernel.access.rules import Permission, may
from agreements.kernel.db import db
from agreements.kernel.pausing import is_paused
from agreements.kernel.settings import Settings
from agreements.kernel.sweeps import attempt
from agreements.kernel.web import (
    csrf,
    formats,
    language,
    mounting,
    navigation,
    problems,
    readable,
    sessions,
    states,
    tracing,
)
from agreements.kernel.web.headers import harden

THEME_COOKIE = "luyue-theme"
SAFE_IN_PATH = "/:@!$&'()*+,;="  # RFC 3986, section 3.3


def prepare_web(app: Flask, settings: Settings) -> None:
    """Make the application refuse what nobody allowed and answer in the person's language."""
    tracing.prepare_tracing(app)
    harden(app, settings)
    language.prepare_language(app)
    problems.register_errors(app)
    readable.prepare_addresses(app)
    app.before_request(mounting.guard)
    app.before_request(readable.require_readable)
    app.after_request(sessions.keep_visitor)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update({function.__name__: formats.as_filter(function) for function in formats.FILTERS})
    app.jinja_env.globals.update(
        label=language.label,
        look_of=states.look_of,
        asset=asset,
        icon_sprite=icon_sprite,
        csrf_field=csrf.field,
        csrf_token=csrf.token,
        may=i_may,
        page_address=page_address,
        kept_part=kept_part,
        rooms_of_frame=rooms_of_frame,
        search_address=navigation.SEARCH,
        page_exists=navigation.exists,
        theme=theme,
        is_sending_paused=is_sending_paused,
        next_id=next_id,
        language_of_page=lambda: language.HTML_LANGUAGE[language.current_locale()],
        languages=lambda: list(language.OWN_NAMES.items()),
        current_locale=language.current_locale,
        error_message=problems.message_of,
        error_remedy=problems.remedy_of,
        error_facts=problems.facts_of,
    )


def kept_part(template: str, **values: Hashable) -> Markup:
    """Return a part of a page that is made of nothing but its values, the language and where the icons are.

    It is kept by all of them, so whoever is given one would have had the same made anew.
    """
    return _kept_part(template, language.current_locale(), icon_sprite(), tuple(values.items()))


@lru_cache(maxsize=512)
def _kept_part(
    template: str,
    locale: Locale,  # noqa: ARG001 - the words are in the language in use, by which they are kept
    sprite: str,
    values: tuple[tuple[str, Hashable], ...],
) -> Markup:
    part = current_app.jinja_env.get_template(template)
    return Markup(part.render(sprite=sprite, **dict(values)))  # noqa: S704 - a template


def rooms_of_frame() -> dict[str, Hashable]:
    """Return what the side bar and the list of keys are made of: the rooms a person may use, and where the page is."""
    return {
        "rooms": navigation.visible(navigation.ROOMS),
        "for_admin": navigation.visible(navigation.ADMIN),
        "here": navigation.here(request.path),
    }


def i_may(permission: str) -> bool:
    """Say whether the signed-in person may; templates use it to leave out buttons, never to protect."""
    actor = g.get("actor")
    return actor is not None and may(actor, Permission(permission))


def is_sending_paused() -> bool:
    """Say whether the banner of every page of ours tells of a pause; an error page must not fail for it."""
    return g.get("actor") is not None and attempt(lambda: is_paused(db.session())) is True


def next_id(word: str) -> str:
    """Return an id that no other element of this answer has; parts fetched later differ too."""
    return f"{word}-{token_hex(4)}"


def asset(name: str) -> str:
    """Return the address of a file under static/, changed whenever its content changes."""
    return _asset(current_app.static_folder or "", request.script_root, name)


@lru_cache(maxsize=256)
def _asset(folder: str, root: str, name: str) -> str:  # noqa: ARG001 - the root is part of the address
    path = Path(folder) / name
    mark = hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.exists() else "missing"
    return url_for("static", filename=name, v=mark)


def icon_sprite() -> str:
    """Return the address of the icons; a long list asks for it hundreds of times."""
    if "icon_sprite" not in g:
        g.icon_sprite = asset("vendor/icons.svg")
    return str(g.icon_sprite)


def theme() -> str:
    """Return light, dark, or auto (as the system is set); chosen in the top bar, kept in a cookie."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in ("light", "dark") else "auto"


def page_address(**changes: object) -> str:
    """Return this page's address with some query values changed (None takes one out): for paging, sorting, filters."""
    query = MultiDict(request.args)
    for name, value in changes.items():
        query.poplist(name)
        if value is not None:
            query[name] = str(value)
    path = request.script_root + quote(request.path, safe=SAFE_IN_PATH)
    return f"{path}?{urlencode(list(query.items(multi=True)))}" if query else path
