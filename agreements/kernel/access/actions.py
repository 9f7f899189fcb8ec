"""People: adding, roles, disabling, passwords. What takes a right away ends the sessions in the same transaction."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.models import EndReason, Locale, Person, PersonRole
from agreements.kernel.access.passwords import check_new_password, hash_password, password_fits
from agreements.kernel.access.personal_keys import revoke_keys_of
from agreements.kernel.access.rules import Actor, Permission, Role, require
from agreements.kernel.access.signing_in import end_sessions
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound

LONGEST_NAME = 80


def normal_login(login: str) -> str:
    """Return a login in the one form it is stored and looked up in: NFKC, no outer spaces, case folded."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def person_of(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound(N_("There is no person %(id)s."), id=person_id)
    return person


def person_of_login(session: Session, login: str) -> Person:
    person = session.scalar(select(Person).where(Person.login == normal_login(login)))
    if person is None:
        raise NotFound(N_("There is no person with the login “%(login)s”."), field="person", login=login)
    return person


def by_pinyin(name: str) -> bytes:
    """Return a key that sorts common Chinese names as a dictionary does: GB 2312 orders its first level by pinyin."""
    return name.encode("gb18030")


def list_people(session: Session, *, actor: Actor) -> list[Person]:
    """Return everybody by name, the disabled last."""
    require(actor, Permission.MANAGE_PEOPLE)
    found = session.scalars(select(Person).order_by(Person.id)).all()
    return sorted(found, key=lambda person: (person.disabled_at is not None, by_pinyin(person.name), person.id))


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
    return write_person(
        session, name=name, login=login, password=password, roles=roles, locale=locale, link_id=None, by=actor, now=now
    )


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
    before, after = person.roles, some_roles(roles)
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
    revoke_keys_of(session, person.id, reason=reason.strip(), actor=actor, now=now, wall=wall)
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


def write_person(
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
    chosen = some_roles(roles)
    check_new_password(password, login=login)
    refuse_taken(session, login)
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


def some_roles(roles: Iterable[Role]) -> frozenset[Role]:
    chosen = frozenset(roles)
    if not chosen:
        raise InvalidInput(N_("A person needs at least one role."), field="roles")
    return chosen


def _refuse_bad_text(text: str, field: str) -> None:
    if not text or len(text) > LONGEST_NAME or any(unicodedata.category(character) == "Cc" for character in text):
        raise InvalidInput(
            N_("This must be 1 to %(longest)s characters on one line."), field=field, longest=LONGEST_NAME
        )


def refuse_taken(session: Session, login: str) -> None:
    if session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise Conflict(N_("The login “%(login)s” is taken."), code="LOGIN_TAKEN", field="login", login=login)


def enabled_administrators(session: Session) -> int:
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
    if person.disabled_at is None and enabled_administrators(session) == 1:
        raise Conflict(
            N_("%(name)s is the last administrator."),
            code="LAST_ADMINISTRATOR",
            remedy=N_("Make another person administrator first."),
            name=person.name,
        )
