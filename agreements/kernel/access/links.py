"""One-time links: by which a person joins, or sets a new password. The token is shown once and only hashed here."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.actions import (
    enabled_administrators,
    normal_login,
    person_of,
    refuse_taken,
    some_roles,
    write_person,
)
from agreements.kernel.access.models import EndReason, LinkKind, Locale, OneTimeLink, Person
from agreements.kernel.access.passwords import check_new_password, hash_password
from agreements.kernel.access.rules import Actor, Permission, Role, require
from agreements.kernel.access.signing_in import end_sessions
from agreements.kernel.access.tokens import hash_of, new_token
from agreements.kernel.errors import N_, NotFound

LINK_LIFE = timedelta(hours=72)


def open_invitations(session: Session, *, actor: Actor, wall: datetime) -> list[OneTimeLink]:
    """Return the join links that still work, newest first."""
    require(actor, Permission.MANAGE_PEOPLE)
    return list(
        session.scalars(
            select(OneTimeLink)
            .where(
                OneTimeLink.kind == LinkKind.JOIN,
                OneTimeLink.used_at.is_(None),
                OneTimeLink.withdrawn_at.is_(None),
                OneTimeLink.expires_at > wall,
            )
            .order_by(OneTimeLink.id.desc())
        )
    )


def withdraw_invitation(session: Session, link_id: int, *, actor: Actor, now: datetime, wall: datetime) -> bool:
    """Make an unused join link stop working; False where it was used or withdrawn."""
    require(actor, Permission.MANAGE_PEOPLE)
    withdrawn = session.scalar(
        update(OneTimeLink)
        .where(OneTimeLink.id == link_id, OneTimeLink.used_at.is_(None), OneTimeLink.withdrawn_at.is_(None))
        .values(withdrawn_at=wall)
        .returning(OneTimeLink.id)
    )
    if withdrawn is None:
        return False
    audit.record(session, actor=actor, act="person.invitation_withdrawn", subject=f"one_time_link:{link_id}", now=now)
    return True


def invite(
    session: Session, *, name: str, login: str, roles: Iterable[Role], actor: Actor, now: datetime, wall: datetime
) -> str:
    """Issue a link by which one person joins with these roles; return its token, which is not stored.

    name, login  may be empty: the person fills them in
    """
    require(actor, Permission.MANAGE_PEOPLE)
    refuse_taken(session, normal_login(login))
    chosen = some_roles(roles)
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
    if enabled_administrators(session):
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
    person = write_person(
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
