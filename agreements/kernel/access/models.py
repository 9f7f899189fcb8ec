"""People, their roles and sessions, one-time links, sign-in attempts, keys of gateways and of people's programs.

Secrets are never stored: a password as argon2id, every token and key as SHA-256 of at least 128 random bits.
Instants of links, sessions, attempts and keys are the machine's (`clock.wall()`), also in a rehearsal.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.access.rules import Actor, ActorKind, Role
from agreements.kernel.db import Base, UTCDateTime, enum_type


class Locale(StrEnum):
    ZH = "zh"
    EN = "en"


class LinkKind(StrEnum):
    JOIN = "join"
    NEW_PASSWORD = "new_password"  # noqa: S105 - the name of a kind, not a password


class EndReason(StrEnum):
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a reason, not a password
    ROLES_CHANGED = "roles_changed"
    DISABLED = "disabled"


class Scope(StrEnum):
    """What a gateway key opens."""

    DECIDE = "decide"
    STATUS = "status"
    METRICS = "metrics"


OF_A_GATEWAY = (Scope.DECIDE, Scope.STATUS)


class Person(Base):
    """Somebody of ours who signs in. `login` is kept in its normal form (see `actions.normal_login`)."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("length(login) > 0 AND length(name) > 0", name="named"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    login: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[Locale] = mapped_column(enum_type(Locale))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    role_rows: Mapped[list["PersonRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(row.role for row in self.role_rows)

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.PERSON, self.name, self.id, self.roles)


class PersonRole(Base):
    __tablename__ = "person_role"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_type(Role), primary_key=True)


class OneTimeLink(Base):
    """A link that lets one person join with the roles written here, or lets an existing person set a new password."""

    __tablename__ = "one_time_link"
    __table_args__ = (
        CheckConstraint("kind = 'join' OR person_id IS NOT NULL", name="new_password_is_for_somebody"),
        CheckConstraint("used_at IS NULL OR person_id IS NOT NULL", name="used_by_somebody"),
        CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="used_or_withdrawn"),
        CheckConstraint("length(token_hash) = 64", name="hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LinkKind] = mapped_column(enum_type(LinkKind))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    login: Mapped[str] = mapped_column(String(80))
    roles: Mapped[list[Any]]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class WebSession(Base):
    """One sign-in in one browser; the cookie's token is only here as a hash."""

    __tablename__ = "web_session"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_for_a_reason"),
        CheckConstraint("length(token_hash) = 64", name="hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    end_reason: Mapped[EndReason | None] = mapped_column(enum_type(EndReason))


class SignInAttempt(Base):
    """A try that did not succeed (yet): keyed hashes of account and source, kept for an hour at most."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "account_hash", "made_at"), Index(None, "source_hash", "made_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_hash: Mapped[str] = mapped_column(String(64))
    source_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class GatewayKey(Base):
    """The secret of one gateway, found by its public prefix; the secret itself was shown once and only hashed here."""

    __tablename__ = "gateway_key"
    __table_args__ = (
        CheckConstraint("(revoked_at IS NULL) = (revoke_reason IS NULL)", name="revoked_for_a_reason"),
        CheckConstraint("length(secret_hash) = 64", name="hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[Any]]
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoke_reason: Mapped[str | None] = mapped_column(String(500))


class PersonalKey(Base):
    """A key of a person's own for programs: it acts as that person, with the roles the person has at that moment."""

    __tablename__ = "personal_key"
    __table_args__ = (
        CheckConstraint("(revoked_at IS NULL) = (revoke_reason IS NULL)", name="revoked_for_a_reason"),
        CheckConstraint("length(secret_hash) = 64", name="hash"),
        CheckConstraint("length(name) > 0", name="named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    read_only: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="read_only"))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoke_reason: Mapped[str | None] = mapped_column(String(500))

    person: Mapped[Person] = relationship()
