"""People: joining by one-time link, roles, disabling, passwords. Ending sessions belongs to what caused it."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.models import EndReason, LinkKind, Locale, OneTimeLink, Person, PersonRole
from agreements.kernel.access.passwords import check_new_password, hash_password, password_fits
from agreements.kernel.access.rules import Actor, Permission, Role, require
from agreements.kernel.access.signing_in import end_sessions
from agreements.kernel.access.tokens import hash_of, new_token
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound

LINK_LIFE = timedelta(hours=72)
LONGEST_NAME = 80


def normal_login(login: str) -> str:
    """Return a login in the one form it is stored and looked up in: NFKC, no outer spaces, case folded."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def person_of(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound(N_("There is no person %(id)s."), id=person_id)
    return person


def add_person(
    session: Session,
    *,
    name: str,
    login: str,
    password: str,
    roles: Iterable[Role],
    locale: Locale,
    actor: Actor,
    now: datetime,
) -> Person:
    """Add somebody who can sign in at once. Raises InvalidInput, or Conflict where the login is taken."""
    require(actor, Permission.MANAGE_PEOPLE)
    return _add(
        session, name=name, login=login, password=password, roles=roles, locale=locale, link_id=None, by=actor, now=now
    )


def invite(
    session: Session, *, name: str, login: str, roles: Iterable[Role], actor: Actor, now: datetime, wall: datetime
) -> str:
    """Issue a link by which one person joins with these roles; return its token, which is not stored.

    name, login  may be empty: the person fills them in
    """
    require(actor, Permission.MANAGE_PEOPLE)
    _refuse_taken(session, normal_login(login))
    chosen = _some_roles(roles)
    token = new_token()
    link = OneTimeLink(
        kind=LinkKind.JOIN,
        token_hash=hash_of(token),
        name=name.strip(),
        login=normal_login(login),
        roles=sorted(role.value for role in chosen),
        issued_at=wall,
        expires_at=wall + LINK_LIFE,
    )
    session.add(link)
    session.flush()  # the act names its id
    audit.record(
        session,
        actor=actor,
        act="person.invited",
        subject=f"one_time_link:{link.id}",
        now=now,
        details={"roles": link.roles},
    )
    return token


def invite_first_administrator(
    session: Session, *, roles: Iterable[Role], actor: Actor, now: datetime, wall: datetime
) -> str | None:
    """Issue the link for the first administrator; None once there is one. An unused earlier link stops working."""
    if _enabled_administrators(session):
        return None
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.kind == LinkKind.JOIN, OneTimeLink.used_at.is_(None), OneTimeLink.withdrawn_at.is_(None))
        .values(withdrawn_at=wall)
    )
    return invite(session, name="", login="", roles={Role.ADMIN, *roles}, actor=actor, now=now, wall=wall)


def offer_new_password(session: Session, person_id: int, *, actor: Actor, now: datetime, wall: datetime) -> str:
    """Issue a link by which a person who forgot the password sets a new one; return its token."""
    require(actor, Permission.MANAGE_PEOPLE)
    person = person_of(session, person_id)
    token = new_token()
    session.add(
        OneTimeLink(
            kind=LinkKind.NEW_PASSWORD,
            token_hash=hash_of(token),
            name=person.name,
            login=person.login,
            roles=[],
            person_id=person.id,
            issued_at=wall,
            expires_at=wall + LINK_LIFE,
        )
    )
    audit.record(session, actor=actor, act="person.new_password_offered", subject=f"person:{person.id}", now=now)
    return token


def open_link(session: Session, token: str, *, wall: datetime) -> OneTimeLink:
    """Return the link of a token; used, withdrawn, expired and unknown ones are one and the same NotFound."""
    link = session.scalar(
        select(OneTimeLink).where(
            OneTimeLink.token_hash == hash_of(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.withdrawn_at.is_(None),
            OneTimeLink.expires_at > wall,
        )
    )
    if link is None:
        raise NotFound(
            N_("This link does not work (any more)."),
            code="LINK_SPENT",
            remedy=N_("Each link works once, for 72 hours. Ask an administrator for a new one."),
        )
    return link


def join(
    session: Session,
    token: str,
    *,
    name: str,
    login: str,
    password: str,
    locale: Locale,
    now: datetime,
    wall: datetime,
) -> Person:
    """Use a join link: make the person it is for."""
    link = open_link(session, token, wall=wall)
    if link.kind is not LinkKind.JOIN:
        raise NotFound(N_("This link does not work (any more)."), code="LINK_SPENT")
    person = _add(
        session,
        name=name,
        login=login,
        password=password,
        roles=[Role(role) for role in link.roles],
        locale=locale,
        link_id=link.id,
        by=None,
        now=now,
    )
    link.person_id = person.id
    link.used_at = wall
    return person


def set_new_password(session: Session, token: str, *, password: str, now: datetime, wall: datetime) -> Person:
    """Use a new-password link; every session of the person ends."""
    link = open_link(session, token, wall=wall)
    if link.kind is not LinkKind.NEW_PASSWORD or link.person_id is None:
        raise NotFound(N_("This link does not work (any more)."), code="LINK_SPENT")
    person = person_of(session, link.person_id)
    check_new_password(password, login=person.login)
    person.password_hash = hash_password(password)
    link.used_at = wall
    end_sessions(session, person.id, EndReason.PASSWORD_CHANGED, wall=wall)
    audit.record(
        session,
        actor=person.actor,
        act="person.password_changed",
        subject=f"person:{person.id}",
        now=now,
        details={"one_time_link": link.id},
    )
    return person


def change_password(
    session: Session, person_id: int, *, current: str, new: str, actor: Actor, now: datetime, wall: datetime
) -> None:
    """Change one's own password; every session ends, also the one in use."""
    person = person_of(session, person_id)
    if actor.id != person.id:
        raise InvalidInput(N_("A password is changed by its owner only."), field="current")
    if not password_fits(current, person.password_hash):
        raise InvalidInput(N_("The current password is not right."), field="current")
    check_new_password(new, login=person.login)
    person.password_hash = hash_password(new)
    end_sessions(session, person.id, EndReason.PASSWORD_CHANGED, wall=wall)
    audit.record(session, actor=actor, act="person.password_changed", subject=f"person:{person.id}", now=now)


def change_roles(
    session: Session, person_id: int, roles: Iterable[Role], *, actor: Actor, now: datetime, wall: datetime
) -> bool:
    """Give a person exactly these roles; their sessions end. Returns False where nothing changes."""
    require(actor, Permission.MANAGE_PEOPLE)
    person = person_of(session, person_id)
    before, after = person.roles, _some_roles(roles)
    if before == after:
        return False
    if Role.ADMIN in before - after:
        _refuse_last_administrator(session, person)
    person.role_rows = [row for row in person.role_rows if row.role in after]
    person.role_rows += [PersonRole(role=role) for role in sorted(after - before)]
    end_sessions(session, person.id, EndReason.ROLES_CHANGED, wall=wall)
    audit.record(
        session,
        actor=actor,
        act="person.roles_changed",
        subject=f"person:{person.id}",
        now=now,
        details={"before": sorted(role.value for role in before), "after": sorted(role.value for role in after)},
    )
    return True


def disable(session: Session, person_id: int, *, reason: str, actor: Actor, now: datetime, wall: datetime) -> bool:
    """Shut a person out within one request; False where they were out already."""
    require(actor, Permission.MANAGE_PEOPLE)
    person = person_of(session, person_id)
    if person.disabled_at is not None:
        return False
    if not reason.strip():
        raise InvalidInput(N_("Say why."), field="reason")
    if Role.ADMIN in person.roles:
        _refuse_last_administrator(session, person)
    person.disabled_at = wall
    end_sessions(session, person.id, EndReason.DISABLED, wall=wall)
    audit.record(
        session, actor=actor, act="person.disabled", subject=f"person:{person.id}", now=now, reason=reason.strip()
    )
    return True


def enable(session: Session, person_id: int, *, actor: Actor, now: datetime) -> bool:
    """Let a disabled person sign in again; False where they could."""
    require(actor, Permission.MANAGE_PEOPLE)
    person = person_of(session, person_id)
    if person.disabled_at is None:
        return False
    person.disabled_at = None
    audit.record(session, actor=actor, act="person.enabled", subject=f"person:{person.id}", now=now)
    return True


def choose_locale(session: Session, person_id: int, locale: Locale, *, actor: Actor, now: datetime) -> None:
    """Set one's own language."""
    person = person_of(session, person_id)
    if person.locale is locale:
        return
    person.locale = locale
    audit.record(
        session,
        actor=actor,
        act="person.locale_chosen",
        subject=f"person:{person.id}",
        now=now,
        details={"locale": locale.value},
    )


def _add(
    session: Session,
    *,
    name: str,
    login: str,
    password: str,
    roles: Iterable[Role],
    locale: Locale,
    link_id: int | None,
    by: Actor | None,
    now: datetime,
) -> Person:
    """Write a person and the act; `by` is None where the person came by a link and acts for themselves."""
    name, login = name.strip(), normal_login(login)
    _refuse_bad_text(name, "name")
    _refuse_bad_text(login, "login")
    if any(character.isspace() for character in login):
        raise InvalidInput(N_("A login has no spaces."), field="login")
    chosen = _some_roles(roles)
    check_new_password(password, login=login)
    _refuse_taken(session, login)
    person = Person(name=name, login=login, password_hash=hash_password(password), locale=locale, created_at=now)
    person.role_rows = [PersonRole(role=role) for role in sorted(chosen)]
    session.add(person)
    session.flush()  # the act names its id
    audit.record(
        session,
        actor=by or person.actor,
        act="person.added" if by else "person.joined",
        subject=f"person:{person.id}",
        now=now,
        details={"roles": sorted(role.value for role in chosen)} | ({"one_time_link": link_id} if link_id else {}),
    )
    return person


def _some_roles(roles: Iterable[Role]) -> frozenset[Role]:
    chosen = frozenset(roles)
    if not chosen:
        raise InvalidInput(N_("A person needs at least one role."), field="roles")
    return chosen


def _refuse_bad_text(text: str, field: str) -> None:
    if not text or len(text) > LONGEST_NAME or any(unicodedata.category(character) == "Cc" for character in text):
        raise InvalidInput(
            N_("This must be 1 to %(longest)s characters on one line."), field=field, longest=LONGEST_NAME
        )


def _refuse_taken(session: Session, login: str) -> None:
    if session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise Conflict(N_("The login “%(login)s” is taken."), code="LOGIN_TAKEN", field="login", login=login)


def _enabled_administrators(session: Session) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Person)
            .join(PersonRole)
            .where(PersonRole.role == Role.ADMIN, Person.disabled_at.is_(None))
        )
        or 0
    )


def _refuse_last_administrator(session: Session, person: Person) -> None:
    if person.disabled_at is None and _enabled_administrators(session) == 1:
        raise Conflict(
            N_("%(name)s is the last administrator."),
            code="LAST_ADMINISTRATOR",
            remedy=N_("Make another person administrator first."),
            name=person.name,
        )
