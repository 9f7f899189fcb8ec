"""The only place that reads the wall clock.

`now` is read once per request, command or sweep at the edge and passed down. A database marked as a rehearsal when it
was created carries a clock row that says what time it is for every process; a normal database has none and can't get
one.
"""

import time
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Boolean, CheckConstraint, ForeignKeyConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel.db import Base, UTCDateTime, rows_of
from agreements.kernel.errors import N_, Conflict
from agreements.kernel.instants import require_aware


class Installation(Base):
    """One row: what this database is. `is_rehearsal` is decided at creation and never changes."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="single"), UniqueConstraint("id", "is_rehearsal"))

    id: Mapped[int] = mapped_column(primary_key=True)
    incarnation: Mapped[str]
    is_rehearsal: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_rehearsal"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RehearsalClock(Base):
    """The clock row; its foreign key and CHECK let it exist in a rehearsal database only."""

    __tablename__ = "rehearsal_clock"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint("is_rehearsal", name="only_in_a_rehearsal"),
        ForeignKeyConstraint(["id", "is_rehearsal"], ["installation.id", "installation.is_rehearsal"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    is_rehearsal: Mapped[bool]
    now_at: Mapped[datetime] = mapped_column(UTCDateTime)


_SET_AT = select(RehearsalClock.now_at)


def wall() -> datetime:
    """Return the machine's time. For leases, sessions and keys; legal facts use `now`."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds that never jump: for measuring how long something took. They mean nothing outside a process."""
    return time.monotonic()


def now(session: Session) -> datetime:
    """Return the time by which this database lives: the wall clock, or a rehearsal's own clock."""
    rows = rows_of(session, _SET_AT)
    return rows[0].now_at if rows else wall()


def is_rehearsal(session: Session) -> bool:
    return bool(session.scalar(select(Installation.is_rehearsal)))


def install(session: Session, *, rehearsal_at: datetime | None = None) -> bool:
    """Mark a new database as normal, or as a rehearsal whose clock stands at the given instant.

    Returns False, changing nothing, when the database was marked before.
    """
    if session.scalar(select(Installation.id)) is not None:
        return False
    session.add(Installation(id=1, incarnation=uuid4().hex, is_rehearsal=rehearsal_at is not None, created_at=wall()))
    session.flush()  # the clock row's foreign key needs it
    if rehearsal_at is not None:
        session.add(RehearsalClock(id=1, is_rehearsal=True, now_at=require_aware(rehearsal_at)))
    return True


def set_rehearsal_clock(session: Session, instant: datetime) -> None:
    """Move a rehearsal's clock, forward only; a normal database raises Conflict."""
    row = session.get(RehearsalClock, 1)
    if row is None:
        raise Conflict(
            N_("This database is not a rehearsal; its time can't be moved."),
            code="NOT_A_REHEARSAL",
            remedy=N_("Create a rehearsal database first: see “Rehearsal” in the README."),
        )
    if instant < row.now_at:
        raise Conflict(N_("A rehearsal's clock only goes forward; it stands at %(at)s."), at=row.now_at.isoformat())
    row.now_at = require_aware(instant)
