"""Chinese and English: the person's own choice, else the visitor's, else what the browser asks for."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache

from flask import Flask, current_app, g, request
from flask_babel import Babel, get_locale, gettext, ngettext
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.wrappers import Response

from agreements.kernel.access.models import Locale
from agreements.kernel.access.rules import OPERATOR, SCHEDULER

MOST_TEXTS = 8192  # kept ready: more than the catalogues of both languages have
FOR_PROGRAMS = ("/api/", "/gateway/", "/metrics", "/healthz", "/readyz")
COOKIE = "__Host-luyue-language"
HTML_LANGUAGE = {Locale.ZH: "zh-CN", Locale.EN: "en"}
OWN_NAMES = {Locale.ZH: "中文", Locale.EN: "English"}


def prepare_language(app: Flask) -> None:
    Babel(app, locale_selector=chosen_locale, default_locale="zh", default_timezone="Asia/Shanghai")
    app.jinja_env.globals["_"] = text_of_template
    app.jinja_env.globals["period_words"] = period_words
    app.context_processor(lambda: _words_in(_language()))


def chosen_locale() -> str:
    """Return zh or en for this request."""
    signed_in = g.get("signed_in")
    if signed_in is not None:
        return str(signed_in.locale.value)
    known = [locale.value for locale in Locale]
    cookie = request.cookies.get(COOKIE)
    if cookie in known:
        return cookie
    if request.path.startswith(FOR_PROGRAMS):
        return Locale.EN.value  # programs compare texts and log them; one language, whoever runs them
    default: str = current_app.extensions["luyue"]["settings"].default_locale
    return request.accept_languages.best_match(known, default) if request.accept_languages else default


def remember(response: Response, chosen: Locale) -> None:
    """Keep a visitor's choice in the browser for a year."""
    response.set_cookie(COOKIE, chosen.value, path="/", secure=True, httponly=True, samesite="Lax", max_age=31536000)


def current_locale() -> Locale:
    """Return the language in use; Chinese outside a request."""
    locale = get_locale()
    return Locale(locale.language) if locale is not None else Locale.ZH


def in_words(value: object) -> object:
    """Return a member of an enumeration as its word, a tuple of them as a list of words; any other value as it is."""
    if isinstance(value, tuple):
        return gettext(", ").join(str(in_words(item)) for item in value) or "–"
    if isinstance(value, StrEnum):
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(value).__name__).lower()
        word = label(kind, value)
        return str(value) if word == f"{kind}.{value}" else word
    return value


def label(kind: str, value: object) -> str:
    """Return the word for a value of an enumeration: the catalogue's entry `kind.value`."""
    return _text(_language(), f"{kind}.{value}")


def period_words(count: int, unit: str) -> str:
    """Return a period in words, such as 1 working day or 5 working days; an unknown unit as it is."""
    match unit:
        case "working_day":
            return str(ngettext("%(num)d working day", "%(num)d working days", count))
        case "calendar_day":
            return str(ngettext("%(num)d calendar day", "%(num)d calendar days", count))
        case "hour":
            return str(ngettext("%(num)d hour", "%(num)d hours", count))
        case "month":
            return str(ngettext("%(num)d month", "%(num)d months", count))
        case "year":
            return str(ngettext("%(num)d year", "%(num)d years", count))
    return f"{count} {unit}"


def text(msgid: str) -> str:
    """Return a text of the catalogue, kept ready: lists ask for the same one many times."""
    return _text(_language(), msgid)


@pass_eval_context
def text_of_template(context: EvalContext, msgid: str, /, **variables: object) -> str:
    """`_` of the templates, as Jinja's own: a text with variables is filled in, and what is filled in is escaped.

    A page asks for a hundred texts and more, so they are made once a language; what a person wrote never is.
    """
    return _text_in(_language(), context, msgid, variables)


def _text_in(language: str, context: EvalContext, msgid: str, variables: Mapping[str, object]) -> str:
    if not variables:
        filled = _filled(language, msgid)
        return filled if context.autoescape else str(filled)
    unfilled = _text(language, msgid)
    if not context.autoescape:
        return unfilled % variables
    return Markup(unfilled) % variables  # noqa: S704 - a text of the catalogue; what is filled in is escaped


@lru_cache
def _words_in(language: str) -> dict[str, Callable[..., str]]:
    """Return `_` and `label` as a page has them, which asks once, and not for each word, what language it is in."""

    @pass_eval_context
    def words(context: EvalContext, msgid: str, /, **variables: object) -> str:
        return _text_in(language, context, msgid, variables)

    def word(kind: str, value: object) -> str:
        return _text(language, f"{kind}.{value}")

    return {"_": words, "label": word}


def _language() -> str:
    locale = get_locale()
    return locale.language if locale is not None else ""


@lru_cache(maxsize=MOST_TEXTS)
def _text(language: str, msgid: str) -> str:  # noqa: ARG001 - the language in use, by which it is kept
    return str(gettext(msgid))


@lru_cache(maxsize=MOST_TEXTS)
def _filled(language: str, msgid: str) -> Markup:
    return Markup(_text(language, msgid)) % {}  # noqa: S704 - a text of the catalogue; %% becomes %


def actor_name(name: str) -> str:
    """Return who acted in words: a person's name as it is, the scheduler and the command line by the catalogue."""
    kind = next((actor.kind for actor in (SCHEDULER, OPERATOR) if actor.name == name), None)
    return label("actor", kind) if kind else name
