"""Who saw what is confidential (clause 5.1, PIPL 51): contact data, contract texts, files. Append-only.

A row names ids only. What a person saw is a fact of its own, beside the audit trail of what people did.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel.access.rules import Actor, ActorKind
from agreements.kernel.db import Base, UTCDateTime, enum_type


class SensitiveKind(StrEnum):
    CONTACT_DATA = "contact_data"
    CONTRACT_TEXT = "contract_text"
    FILE = "file"
    NOTICE_TEXT = "notice_text"


class SensitiveAccess(Base):
    """One look. `reason` is what the person gave where contact data were unmasked.

    subject  what was seen, such as "contact:3" or "file:7"
    """

    __tablename__ = "sensitive_access"
    __table_args__ = (
        CheckConstraint("kind <> 'contact_data' OR reason IS NOT NULL", name="unmasking_has_a_reason"),
        CheckConstraint("length(subject) > 0", name="subject"),
        Index(None, "tenant_id", "seen_at"),
        Index(None, "actor_id", "seen_at"),
        Index(None, "seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_kind: Mapped[ActorKind] = mapped_column(enum_type(ActorKind))
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(120))
    via_key: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[SensitiveKind] = mapped_column(enum_type(SensitiveKind))
    subject: Mapped[str] = mapped_column(String(80))
    tenant_id: Mapped[int | None]
    agreement_id: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(500))


def note(
    session: Session,
    *,
    actor: Actor,
    kind: SensitiveKind,
    subject: str,
    tenant_id: int | None,
    agreement_id: int | None = None,
    reason: str | None = None,
    now: datetime,
) -> SensitiveAccess:
    """Add one look in the caller's transaction; the row is never changed."""
    row = SensitiveAccess(
        seen_at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        via_key=actor.via_key,
        kind=kind,
        subject=subject[:80],
        tenant_id=tenant_id,
        agreement_id=agreement_id,
        reason=reason,
    )
    session.add(row)
    return row


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None for any. person: part of a name; from_at inclusive, to_at exclusive."""

    person: str = ""
    tenant_ids: tuple[int, ...] | None = None
    kind: SensitiveKind | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


def looks(search: Search) -> Select[Any]:
    """Return the statement of the looks searched for, newest first."""
    statement = select(SensitiveAccess)
    if search.person:
        statement = statement.where(SensitiveAccess.actor_name.contains(search.person, autoescape=True))
    if search.tenant_ids is not None:
        statement = statement.where(SensitiveAccess.tenant_id.in_(search.tenant_ids))
    if search.kind is not None:
        statement = statement.where(SensitiveAccess.kind == search.kind)
    if search.from_at is not None:
        statement = statement.where(SensitiveAccess.seen_at >= search.from_at)
    if search.to_at is not None:
        statement = statement.where(SensitiveAccess.seen_at < search.to_at)
    return statement.order_by(SensitiveAccess.seen_at.desc(), SensitiveAccess.id.desc())
