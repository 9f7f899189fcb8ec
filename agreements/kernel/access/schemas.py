"""What the forms of this room send."""

from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from agreements.kernel.access.models import Locale, Scope
from agreements.kernel.access.rules import Role
from agreements.kernel.errors import N_, InvalidInput


@dataclass(frozen=True, slots=True)
class JoinForm:
    """name, login, password and language of somebody who joins; `password` was typed twice alike."""

    name: str
    login: str
    password: str
    locale: Locale


def read_join(form: MultiDict[str, str]) -> JoinForm:
    return JoinForm(
        name=form.get("name", ""),
        login=form.get("login", ""),
        password=read_new_password(form),
        locale=read_locale(form.get("locale", "")),
    )


def read_new_password(form: MultiDict[str, str]) -> str:
    """Return the new password, or raise InvalidInput where the two differ."""
    password = form.get("password", "")
    if password != form.get("password_again", ""):
        raise InvalidInput(N_("The two passwords differ."), field="password_again", remedy=N_("Type it again."))
    return password


def read_locale(text: str) -> Locale:
    try:
        return Locale(text)
    except ValueError:
        raise InvalidInput(N_("There is no language “%(text)s”."), field="locale", text=text) from None


def read_roles(names: Iterable[str]) -> frozenset[Role]:
    """Read role names; an unknown one raises InvalidInput on field `roles`."""
    try:
        return frozenset(Role(name) for name in names)
    except ValueError:
        raise InvalidInput(
            N_("There is no such role among %(given)s."),
            field="roles",
            remedy=N_("Roles are: %(roles)s."),
            given=", ".join(names),
            roles=", ".join(Role),
        ) from None


def read_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Read scope names; an unknown one raises InvalidInput on field `scopes`."""
    try:
        return frozenset(Scope(name) for name in names)
    except ValueError:
        raise InvalidInput(
            N_("There is no such scope among %(given)s."),
            field="scopes",
            remedy=N_("Scopes are: %(scopes)s."),
            given=", ".join(names),
            scopes=", ".join(Scope),
        ) from None


def local_path(text: str | None) -> str | None:
    """Return where to go next if it is a path of ours, never another site's address."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or "\n" in text or "\r" in text:
        return None
    return text
