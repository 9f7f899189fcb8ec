"""The revision log: one row in the same transaction as anything that can alter a gateway answer."""

from datetime import datetime

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel.db import Base, UTCDateTime


class Revision(Base):
    """`seq` rises with every row; `tenant_id` is None where a revision concerns everybody."""

    __tablename__ = "revision"
    __table_args__ = {"sqlite_autoincrement": True}

    seq: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(index=True)
    cause: Mapped[str] = mapped_column(String(80))
    raised_at: Mapped[datetime] = mapped_column(UTCDateTime)


def raise_revision(session: Session, *, tenant_id: int | None, cause: str, now: datetime) -> None:
    """Say that gateway answers about a tenant (or everybody) may differ from now on."""
    session.add(Revision(tenant_id=tenant_id, cause=cause, raised_at=now))


def latest(session: Session) -> int:
    """Return the last revision, 0 before the first."""
    return session.scalar(select(func.max(Revision.seq))) or 0
