"""Signing in: the throttle, the check, and the session it opens (domain-free; ASVS 6.3 and 7).

An edge takes three steps: `admit_attempt` in a transaction of its own, `check_password` outside any (it is slow on
purpose and must not hold the database), `open_session` in a second one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.models import EndReason, Locale, Person, PersonRole, SignInAttempt, WebSession
from agreements.kernel.access.passwords import hash_password, needs_new_hash, password_fits
from agreements.kernel.access.rules import Actor, ActorKind
from agreements.kernel.access.tokens import hash_of, new_token
from agreements.kernel.crypto import Keyring
from agreements.kernel.db import rows_of
from agreements.kernel.errors import N_, NotPermitted, NotSignedIn

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=10)
TRIES_PER_MINUTE = 5
WINDOW = timedelta(minutes=1)
ATTEMPTS_KEPT = timedelta(hours=1)
SEEN_STEP = timedelta(minutes=1)


class TooManyAttempts(NotPermitted):
    """The throttle of sign-in; the same for accounts that exist and those that don't."""

    status = 429
    default_code = "TOO_MANY_ATTEMPTS"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom a session's token stands for."""

    session_id: int
    actor: Actor
    login: str
    locale: Locale
    seen_at: datetime


def admit_attempt(session: Session, *, login: str, source: str, wall: datetime) -> int:
    """Count one more try against account and source, or raise TooManyAttempts; returns the try's id.

    At most five tries a minute for each, over all processes: the count and the entry are one unit of work.
    Refused tries are not counted, so that knocking cannot keep an account shut; a success takes its own try back.
    """
    keyring: Keyring = session.info["keyring"]
    account_hash, source_hash = keyring.lookup_hash(f"account:{login}"), keyring.lookup_hash(f"source:{source}")
    session.execute(delete(SignInAttempt).where(SignInAttempt.made_at < wall - ATTEMPTS_KEPT))
    for column, value in ((SignInAttempt.account_hash, account_hash), (SignInAttempt.source_hash, source_hash)):
        tries = session.scalar(
            select(func.count())
            .select_from(SignInAttempt)
            .where(column == value, SignInAttempt.made_at > wall - WINDOW)
        )
        if (tries or 0) >= TRIES_PER_MINUTE:
            raise TooManyAttempts(N_("Too many attempts to sign in."), remedy=N_("Wait a minute, then try again."))
    attempt = SignInAttempt(account_hash=account_hash, source_hash=source_hash, made_at=wall)
    session.add(attempt)
    session.flush()  # the caller takes it back by id
    return attempt.id


def check_password(session: Session, *, login: str, password: str) -> Person:
    """Return the person, or raise NotSignedIn: same words, same work, whatever was wrong.

    login  in its normal form
    """
    person = session.scalar(select(Person).where(Person.login == login))
    fits = password_fits(password, person.password_hash if person else None)
    if person is None or not fits or person.disabled_at is not None:
        raise NotSignedIn(N_("Login or password is not right."), code="SIGN_IN_FAILED", field="password")
    return person


def open_session(
    session: Session,
    *,
    person_id: int,
    checked_hash: str,
    attempt_id: int | None,
    password: str | None,
    now: datetime,
    wall: datetime,
) -> str:
    """Open a session with a new random token and return it; only its hash is stored.

    checked_hash  the password hash that was checked; if it changed meanwhile, or the person was disabled, NotSignedIn
    attempt_id    the throttle's entry to take back
    password      given where the hash may be renewed with today's parameters
    """
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None or person.password_hash != checked_hash:
        raise NotSignedIn(N_("Login or password is not right."), code="SIGN_IN_FAILED", field="password")
    if attempt_id is not None:
        session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt_id))
    if password is not None and needs_new_hash(person.password_hash):
        person.password_hash = hash_password(password)
    token = new_token()
    opened = WebSession(token_hash=hash_of(token), person_id=person.id, created_at=wall, seen_at=wall)
    session.add(opened)
    session.flush()  # the act names its id
    audit.record(
        session,
        actor=person.actor,
        act="person.signed_in",
        subject=f"person:{person.id}",
        now=now,
        details={"web_session": opened.id},
    )
    return token


_SIGNED_IN = (  # one row a role; every request asks it, so it is built once
    select(
        WebSession.id,
        WebSession.seen_at,
        WebSession.person_id,
        Person.name,
        Person.login,
        Person.locale,
        PersonRole.role,
    )
    .join(Person, Person.id == WebSession.person_id)
    .outerjoin(PersonRole, PersonRole.person_id == Person.id)
    .where(
        WebSession.token_hash == bindparam("token_hash"),
        WebSession.ended_at.is_(None),
        WebSession.seen_at > bindparam("seen_after"),
        WebSession.created_at > bindparam("created_after"),
        Person.disabled_at.is_(None),
    )
)


def signed_in(session: Session, token: str, *, wall: datetime) -> SignedIn | None:
    """Return whom a token stands for, or None: ended, idle for 30 minutes, older than 10 hours, person disabled."""
    rows = rows_of(
        session,
        _SIGNED_IN,
        token_hash=hash_of(token),
        seen_after=wall - IDLE_LIMIT,
        created_after=wall - ABSOLUTE_LIMIT,
    )
    if not rows:
        return None
    first = rows[0]
    roles = frozenset(row.role for row in rows if row.role is not None)
    actor = Actor(ActorKind.PERSON, first.name, first.person_id, roles)
    return SignedIn(first.id, actor, first.login, first.locale, first.seen_at)


def note_seen(session: Session, session_id: int, *, wall: datetime) -> None:
    """Remember that a session is in use; edges call it once a minute at most (`SEEN_STEP`)."""
    session.execute(
        update(WebSession).where(WebSession.id == session_id, WebSession.ended_at.is_(None)).values(seen_at=wall)
    )


def sign_out(session: Session, session_id: int, *, actor: Actor, now: datetime, wall: datetime) -> bool:
    """End one session; False where it had ended."""
    ended = session.scalar(
        update(WebSession)
        .where(WebSession.id == session_id, WebSession.ended_at.is_(None))
        .values(ended_at=wall, end_reason=EndReason.SIGNED_OUT)
        .returning(WebSession.id)
    )
    if ended is None:
        return False
    audit.record(
        session,
        actor=actor,
        act="person.signed_out",
        subject=f"person:{actor.id}",
        now=now,
        details={"web_session": session_id},
    )
    return True


def end_sessions(session: Session, person_id: int, reason: EndReason, *, wall: datetime) -> None:
    """End every session of a person."""
    session.execute(
        update(WebSession)
        .where(WebSession.person_id == person_id, WebSession.ended_at.is_(None))
        .values(ended_at=wall, end_reason=reason)
    )
