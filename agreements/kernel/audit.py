"""The audit trail: one row per act, chained by hashes.

Each row's hash covers its canonical content and the hash of the row before. `prev_hash` is unique, so the chain cannot
fork whatever the code does; units of work queue (see `db`), so that none tries. Rows hold ids and values, no personal
data.
"""

import hashlib
import json
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, ScalarResult, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel.access.rules import Actor, ActorKind
from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.errors import N_, IntegrityBroken
from agreements.kernel.instants import require_aware

GENESIS = "0" * 64


class AuditEvent(Base):
    """One act. `seq` has no gaps; `as_of` is when it became true, `recorded_at` when we wrote it."""

    __tablename__ = "audit_event"
    __table_args__ = (
        CheckConstraint("length(hash) = 64 AND length(prev_hash) = 64", name="hashes"),
        Index(None, "agreement_id", "seq"),
        Index(None, "subject", "seq"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_kind: Mapped[ActorKind] = mapped_column(enum_type(ActorKind))
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    act: Mapped[str] = mapped_column(String(80), index=True)
    subject: Mapped[str] = mapped_column(String(80))
    agreement_id: Mapped[int | None]
    tenant_id: Mapped[int | None] = mapped_column(index=True)
    clause: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None]
    details: Mapped[dict[str, Any]]
    prev_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)


def record(
    session: Session,
    *,
    actor: Actor,
    act: str,
    subject: str,
    now: datetime,
    as_of: datetime | None = None,
    clause: str | None = None,
    reason: str | None = None,
    agreement_id: int | None = None,
    tenant_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one act to the chain, in the caller's transaction.

    act      dotted word, such as "agreement.registered"
    subject  what it happened to, such as "agreement:12"
    details  JSON values; ids, dates as ISO text and amounts as text; never names, addresses or telephone numbers;
             where a program acted for a person, `via_key` names its key
    """
    last = session.execute(select(AuditEvent.seq, AuditEvent.hash).order_by(AuditEvent.seq.desc()).limit(1)).first()
    event = AuditEvent(
        seq=last.seq + 1 if last else 1,
        recorded_at=now,
        as_of=as_of or now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        act=act,
        subject=subject,
        agreement_id=agreement_id,
        tenant_id=tenant_id,
        clause=clause,
        reason=reason,
        details=(details or {}) | ({"via_key": actor.via_key} if actor.via_key else {}),
        prev_hash=last.hash if last else GENESIS,
    )
    event.hash = _hash_of(event)
    session.add(event)
    session.flush()  # the next act of this transaction chains to it
    return event


def _hash_of(event: AuditEvent) -> str:
    """Hash the canonical content: sorted keys, no spaces, UTF-8, instants as ISO text in UTC with microseconds."""
    content = {
        column.key: _canonical(getattr(event, column.key))
        for column in AuditEvent.__table__.columns
        if column.key != "hash"
    }
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def canonical_json(content: object) -> str:
    """Return the one way in which a content is written: sorted keys, no spaces, Chinese as it is."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _canonical(value: object) -> object:
    if isinstance(value, datetime):
        return require_aware(value).isoformat(timespec="microseconds")
    return value


def _events(session: Session) -> "closing[ScalarResult[AuditEvent]]":
    """Return the whole trail, read a thousand rows at a time."""
    return closing(session.scalars(select(AuditEvent).order_by(AuditEvent.seq).execution_options(yield_per=1000)))


def verify(session: Session) -> tuple[int, str]:
    """Walk the whole chain; return how many acts it holds and the last hash (compare it with a copy kept elsewhere).

    Raises IntegrityBroken naming the first row that does not fit.
    """
    count, prev_hash = 0, GENESIS
    with _events(session) as events:
        for event in events:
            count += 1
            if event.seq != count or event.prev_hash != prev_hash or event.hash != _hash_of(event):
                raise IntegrityBroken(
                    N_("The audit trail is broken at row %(seq)s."),
                    code="AUDIT_CHAIN_BROKEN",
                    remedy=N_("Keep the database as it is and restore a copy elsewhere to compare."),
                    seq=event.seq,
                )
            prev_hash = event.hash
    return count, prev_hash
