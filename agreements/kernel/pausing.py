"""Sending stands still after a restore until a person releases it: what a copy calls unsent may have been sent since.

While a pause is open the scheduler sends nothing and suspends nobody; people can do everything else. The pages say so.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.db import Base, UTCDateTime, rows_of
from agreements.kernel.errors import N_, InvalidInput


class SendingPause(Base):
    """One pause. `cause` is "restore", or "journal" where the send journal is ahead of the database.

    copy_made_at  when the database now in use was copied; None where nobody knows
    """

    __tablename__ = "sending_pause"
    __table_args__ = (
        CheckConstraint("cause IN ('restore', 'journal')", name="cause"),
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="released_by_somebody"),
        CheckConstraint("(released_at IS NULL) = (release_reason IS NULL)", name="released_for_a_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(String(20))
    paused_at: Mapped[datetime] = mapped_column(UTCDateTime)
    copy_made_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    released_by: Mapped[str | None] = mapped_column(String(120))
    release_reason: Mapped[str | None] = mapped_column(String(500))


_OPEN_ID = select(SendingPause.id).where(SendingPause.released_at.is_(None)).limit(1)
_OPEN = select(SendingPause).where(SendingPause.released_at.is_(None)).order_by(SendingPause.id).limit(1)


def open_pause(session: Session) -> SendingPause | None:
    """Return the pause that nobody released yet, the first if there are several; None where we may send."""
    return session.scalars(_OPEN).first()


def is_paused(session: Session) -> bool:
    """Say whether sending is paused, for the banner of every page."""
    return bool(rows_of(session, _OPEN_ID))


def pause_sending(
    session: Session, cause: str, *, copy_made_at: datetime | None = None, actor: Actor, now: datetime
) -> SendingPause:
    """Stop sending from this transaction on; a pause that is open already is returned as it is."""
    known = open_pause(session)
    if known is not None:
        return known
    pause = SendingPause(cause=cause, paused_at=now, copy_made_at=copy_made_at)
    session.add(pause)
    session.flush()  # the act names its id
    audit.record(
        session,
        actor=actor,
        act="sending.paused",
        subject=f"sending_pause:{pause.id}",
        now=now,
        details={"cause": cause, "copy_made_at": copy_made_at.isoformat() if copy_made_at else None},
    )
    return pause


def release_sending(session: Session, *, reason: str, actor: Actor, now: datetime) -> bool:
    """Let the scheduler send again; False where nothing was paused. The reason goes to the trail."""
    require(actor, Permission.RELEASE_SENDING)
    if not reason.strip():
        raise InvalidInput(N_("Say why."), field="reason")
    released = session.scalars(
        update(SendingPause)
        .where(SendingPause.released_at.is_(None))
        .values(released_at=now, released_by=actor.name, release_reason=reason.strip()[:500])
        .returning(SendingPause.id)
    ).all()
    for pause_id in sorted(released):
        audit.record(
            session,
            actor=actor,
            act="sending.released",
            subject=f"sending_pause:{pause_id}",
            now=now,
            reason=reason.strip(),
        )
    return bool(released)
