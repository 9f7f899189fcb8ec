"""Answers kept for requests that may come twice: a key and its answer are one row of the act's own transaction.

A program that lost our answer sends its request again under the same key and gets the very same answer; the act is not
done twice. A kill leaves both act and row, or neither. An act that was refused left nothing, so it may be tried again.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel.db import Base, UTCDateTime
from agreements.kernel.errors import N_, Conflict, InvalidInput

KEPT = timedelta(days=30)
LONGEST_KEY = 200
FIELD = "Idempotency-Key"


class KeptAnswer(Base):
    """What one principal was answered under one key. `kept_at` is the machine's time."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        UniqueConstraint("principal", "key"),
        CheckConstraint("length(request_sha256) = 64", name="request_sha256"),
        CheckConstraint("status >= 200 AND status < 300", name="only_what_was_done"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    principal: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    request_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[str]
    location: Mapped[str | None]
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


_running: set[tuple[str, str]] = set()
_lock = Lock()


@contextmanager
def one_at_a_time(principal: str, key: str) -> Iterator[None]:
    """Raise Conflict where this process is just answering the same key.

    Two processes are kept apart by `kept_answer` on PostgreSQL; on SQLite the second one waits for the first one's
    transaction and then finds its answer.
    """
    with _lock:
        if (principal, key) in _running:
            raise _in_progress()
        _running.add((principal, key))
    try:
        yield
    finally:
        with _lock:
            _running.discard((principal, key))


def request_hash(method: str, path: str, content: dict[str, Any]) -> str:
    """Return what tells two requests apart: method, address and content, whatever the order and spacing of its JSON."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{method}\n{path}\n{canonical}".encode()).hexdigest()


def kept_answer(session: Session, principal: str, key: str, *, request_sha256: str) -> KeptAnswer | None:
    """Return the answer that this key had, or None; call it first in the writing transaction.

    Raises InvalidInput where the key came with another request, Conflict where that request is still being answered.
    """
    if session.get_bind().dialect.name == "postgresql":
        name = int.from_bytes(hashlib.sha256(f"{principal}\n{key}".encode()).digest()[:8], "big", signed=True)
        if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:name)"), {"name": name}):
            raise _in_progress()
    found = session.scalar(select(KeptAnswer).where(KeptAnswer.principal == principal, KeptAnswer.key == key))
    if found is not None and found.request_sha256 != request_sha256:
        raise InvalidInput(
            N_("This key was used for another request."),
            code="IDEMPOTENCY_KEY_REUSED",
            field=FIELD,
            remedy=N_("Take a new key for a new request."),
        )
    return found


def forget_answers(session: Session, *, wall: datetime) -> int:
    """Remove what was kept for thirty days; returns how many answers that were."""
    gone = session.scalars(delete(KeptAnswer).where(KeptAnswer.kept_at < wall - KEPT).returning(KeptAnswer.id))
    return len(gone.all())


def _in_progress() -> Conflict:
    return Conflict(
        N_("The request with this key is still being answered."),
        code="IDEMPOTENCY_IN_PROGRESS",
        field=FIELD,
        remedy=N_("Wait a moment, then send it again with the same key."),
    )
