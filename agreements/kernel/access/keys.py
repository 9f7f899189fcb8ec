"""Gateway keys: issued once, shown once, revoked within one request.

A key reads `lyk_<public prefix>_<secret>`; it is found by the prefix and compared by hash in constant time.
"""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.models import GatewayKey, PersonalKey, Scope
from agreements.kernel.access.rules import Actor, ActorKind, Permission, require
from agreements.kernel.access.tokens import hash_of, new_token
from agreements.kernel.errors import N_, InvalidInput, NotFound, NotPermitted, NotSignedIn

MARK = "lyk"
LONGEST_KEY = 200
USE_STEP = timedelta(minutes=5)
_NOBODY = hash_of("no key has this secret")


def issue_key(
    session: Session, *, name: str, scopes: Iterable[Scope], actor: Actor, now: datetime, wall: datetime
) -> tuple[GatewayKey, str]:
    """Issue a key for one gateway; returns its row and the key itself, which can't be shown again."""
    require(actor, Permission.MANAGE_KEYS)
    chosen = sorted({scope.value for scope in scopes})
    if not name.strip() or len(name.strip()) > 80:
        raise InvalidInput(N_("Name the gateway in 1 to 80 characters."), field="name")
    if not chosen:
        raise InvalidInput(N_("A key needs at least one scope."), field="scopes")
    prefix, secret = secrets.token_hex(6), new_token()
    key = GatewayKey(
        name=name.strip(),
        prefix=prefix,
        secret_hash=hash_of(secret),
        scopes=chosen,
        issued_at=wall,
        issued_by_id=actor.id,
    )
    session.add(key)
    session.flush()  # the act names its id
    audit.record(
        session,
        actor=actor,
        act="gateway_key.issued",
        subject=f"gateway_key:{key.id}",
        now=now,
        details={"prefix": prefix, "scopes": chosen},
    )
    return key, f"{MARK}_{prefix}_{secret}"


def revoke_key(session: Session, prefix: str, *, reason: str, actor: Actor, now: datetime, wall: datetime) -> bool:
    """Revoke a key by its public prefix, from this transaction on; False where it was revoked before."""
    require(actor, Permission.MANAGE_KEYS)
    if not reason.strip():
        raise InvalidInput(N_("Say why."), field="reason")
    key = key_by_prefix(session, prefix, actor=actor)
    revoked = session.scalar(
        update(GatewayKey)
        .where(GatewayKey.id == key.id, GatewayKey.revoked_at.is_(None))
        .values(revoked_at=wall, revoke_reason=reason.strip()[:500])
        .returning(GatewayKey.id)
    )
    if revoked is None:
        return False
    audit.record(
        session,
        actor=actor,
        act="gateway_key.revoked",
        subject=f"gateway_key:{key.id}",
        now=now,
        reason=reason.strip(),
        details={"prefix": prefix},
    )
    return True


def list_keys(session: Session, *, actor: Actor) -> list[GatewayKey]:
    """Return every key, newest first."""
    require(actor, Permission.MANAGE_KEYS)
    return list(session.scalars(select(GatewayKey).order_by(GatewayKey.id.desc())))


def key_by_prefix(session: Session, prefix: str, *, actor: Actor) -> GatewayKey:
    """Return a key's row by its public prefix, or raise NotFound."""
    require(actor, Permission.MANAGE_KEYS)
    key = session.scalar(select(GatewayKey).where(GatewayKey.prefix == prefix))
    if key is None:
        raise NotFound(N_("There is no gateway key %(prefix)s."), field="prefix", prefix=prefix)
    return key


def parts_of(presented: str, mark: str) -> tuple[str, str]:
    """Return public prefix and secret of what was presented; two empty texts where it is no key of this mark."""
    own, _, rest = presented.partition("_")
    prefix, _, secret = rest.partition("_")
    well_formed = own == mark and presented.isascii() and presented.isprintable() and len(presented) <= LONGEST_KEY
    return (prefix, secret) if well_formed else ("", "")


def is_secret_of(key: GatewayKey | PersonalKey | None, secret: str) -> bool:
    """Compare in constant time; a key that does not exist takes as long as one that does."""
    return hmac.compare_digest(hash_of(secret), key.secret_hash if key else _NOBODY)


def key_of(session: Session, presented: str) -> GatewayKey:
    """Return the live key behind what was presented, or raise NotSignedIn; nothing says which part was wrong."""
    prefix, secret = parts_of(presented, MARK)
    key = session.scalar(select(GatewayKey).where(GatewayKey.prefix == prefix))
    same = is_secret_of(key, secret)
    if key is None or not same or key.revoked_at is not None:
        raise NotSignedIn(
            N_("The gateway key is not valid."),
            code="KEY_NOT_VALID",
            remedy=N_("Send “Authorization: Bearer lyk_…” with a key that was issued and not revoked."),
        )
    return key


def key_actor(session: Session, presented: str, scope: Scope) -> Actor:
    """Return the gateway behind a key. Raises NotSignedIn (unknown, revoked) or NotPermitted (scope)."""
    key = key_of(session, presented)
    if scope.value not in key.scopes:
        raise NotPermitted(
            N_("This gateway key does not carry the scope “%(scope)s”."),
            code="SCOPE_MISSING",
            remedy=N_("Issue a key with that scope."),
            scope=scope.value,
        )
    return Actor(ActorKind.GATEWAY, key.name, key.id)


def note_use(session: Session, key_id: int, *, wall: datetime) -> None:
    """Remember when a key was last used, in steps of five minutes."""
    session.execute(
        update(GatewayKey)
        .where(
            GatewayKey.id == key_id,
            GatewayKey.last_used_at.is_(None) | (GatewayKey.last_used_at < wall - USE_STEP),
        )
        .values(last_used_at=wall)
    )


def use_is_due(session: Session, key_id: int, *, wall: datetime) -> bool:
    """Say whether `note_use` would write; reading first spares a writing transaction."""
    last = session.scalar(select(GatewayKey.last_used_at).where(GatewayKey.id == key_id))
    return last is None or last < wall - USE_STEP
