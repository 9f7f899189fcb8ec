"""Keys of people's own programs: a program with such a key acts as its person, as long as the person may.

A key reads `lyp_<public prefix>_<secret>`. What it may do is asked of its person at every request: roles taken away are
gone at once, and a person who is disabled loses the keys for good.
"""

import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from agreements.kernel import audit
from agreements.kernel.access.keys import USE_STEP, is_secret_of, parts_of
from agreements.kernel.access.models import Person, PersonalKey
from agreements.kernel.access.rules import Actor, ActorKind, Permission, may
from agreements.kernel.access.tokens import hash_of, new_token
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, NotSignedIn

MARK = "lyp"
MOST_KEYS = 20
"""Live keys one person may hold."""


def issue_personal_key(
    session: Session, person: Person, *, name: str, read_only: bool, actor: Actor, now: datetime, wall: datetime
) -> tuple[PersonalKey, str]:
    """Issue a key for a program of a person; returns its row and the key itself, which can't be shown again.

    Only the person, or the operator at the command line, may; a key never issues another.
    """
    if not _is_own(actor, person.id):
        raise InvalidInput(N_("A key is issued by the person it acts for."), field="person")
    if not name.strip() or len(name.strip()) > 80 or not name.isprintable():
        raise InvalidInput(N_("Name the program in 1 to 80 characters."), field="name")
    if person.disabled_at is not None:
        raise Conflict(N_("%(name)s is disabled."), field="person", name=person.name)
    if len([key for key in keys_of(session, person.id) if key.revoked_at is None]) >= MOST_KEYS:
        raise Conflict(N_("A person holds at most %(most)s keys."), remedy=N_("Revoke one first."), most=MOST_KEYS)
    prefix, secret = secrets.token_hex(6), new_token()
    key = PersonalKey(
        person_id=person.id,
        name=name.strip(),
        prefix=prefix,
        secret_hash=hash_of(secret),
        read_only=read_only,
        issued_at=wall,
    )
    session.add(key)
    session.flush()  # the act names its id
    audit.record(
        session,
        actor=actor,
        act="personal_key.issued",
        subject=f"personal_key:{key.id}",
        now=now,
        details={"prefix": prefix, "person": person.id, "read_only": read_only},
    )
    return key, f"{MARK}_{prefix}_{secret}"


def revoke_personal_key(
    session: Session, prefix: str, *, reason: str, actor: Actor, now: datetime, wall: datetime
) -> bool:
    """Revoke a key by its public prefix, from this transaction on; False where it was revoked before.

    Its person may, and who manages keys. Anybody else gets NotFound.
    """
    key = session.scalar(select(PersonalKey).where(PersonalKey.prefix == prefix))
    if key is None or not (_is_own(actor, key.person_id) or may(actor, Permission.MANAGE_KEYS)):
        raise NotFound(N_("There is no key %(prefix)s."), field="prefix", prefix=prefix)
    if not reason.strip():
        raise InvalidInput(N_("Say why."), field="reason")
    return _revoke(session, key.id, prefix, reason=reason.strip(), actor=actor, now=now, wall=wall)


def revoke_keys_of(
    session: Session, person_id: int, *, reason: str, actor: Actor, now: datetime, wall: datetime
) -> int:
    """Revoke every live key of a person; returns how many there were."""
    live = [key for key in keys_of(session, person_id) if key.revoked_at is None]
    return sum(_revoke(session, key.id, key.prefix, reason=reason, actor=actor, now=now, wall=wall) for key in live)


def _revoke(
    session: Session, key_id: int, prefix: str, *, reason: str, actor: Actor, now: datetime, wall: datetime
) -> bool:
    revoked = session.scalar(
        update(PersonalKey)
        .where(PersonalKey.id == key_id, PersonalKey.revoked_at.is_(None))
        .values(revoked_at=wall, revoke_reason=reason[:500])
        .returning(PersonalKey.id)
    )
    if revoked is None:
        return False
    audit.record(
        session,
        actor=actor,
        act="personal_key.revoked",
        subject=f"personal_key:{key_id}",
        now=now,
        reason=reason,
        details={"prefix": prefix},
    )
    return True


def keys_of(session: Session, person_id: int) -> list[PersonalKey]:
    """Return a person's keys, newest first."""
    return list(
        session.scalars(select(PersonalKey).where(PersonalKey.person_id == person_id).order_by(PersonalKey.id.desc()))
    )


def every_personal_key(session: Session) -> list[PersonalKey]:
    """Return everybody's keys, newest first, for the operator."""
    return list(
        session.scalars(select(PersonalKey).options(joinedload(PersonalKey.person)).order_by(PersonalKey.id.desc()))
    )


def admitted(session: Session, presented: str) -> tuple[PersonalKey, Actor]:
    """Return the live key behind what was presented and the person it acts as, or raise NotSignedIn."""
    prefix, secret = parts_of(presented, MARK)
    key = session.scalar(
        select(PersonalKey).where(PersonalKey.prefix == prefix).options(joinedload(PersonalKey.person))
    )
    same = is_secret_of(key, secret)
    if key is None or not same or key.revoked_at is not None or key.person.disabled_at is not None:
        raise NotSignedIn(
            N_("The key is not valid."),
            code="KEY_NOT_VALID",
            remedy=N_("Send “Authorization: Bearer lyp_…” with a key from your account page that is not revoked."),
        )
    person = key.person
    return key, Actor(ActorKind.PERSON, person.name, person.id, person.roles, via_key=key.prefix)


def note_use(session: Session, key_id: int, *, wall: datetime) -> None:
    """Remember when a key was last used, in steps of five minutes."""
    session.execute(
        update(PersonalKey)
        .where(
            PersonalKey.id == key_id,
            PersonalKey.last_used_at.is_(None) | (PersonalKey.last_used_at < wall - USE_STEP),
        )
        .values(last_used_at=wall)
    )


def use_is_due(key: PersonalKey, *, wall: datetime) -> bool:
    """Say whether `note_use` would write; reading first spares a writing transaction."""
    return key.last_used_at is None or key.last_used_at < wall - USE_STEP


def _is_own(actor: Actor, person_id: int) -> bool:
    if actor.kind is ActorKind.OPERATOR:
        return True
    return actor.kind is ActorKind.PERSON and actor.id == person_id and actor.via_key is None
