"""What we rule on days ourselves, over the published data: append-only, the latest row of a day wins."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from agreements.kernel.db import Base, UTCDateTime


class CalendarOverride(Base):
    """One day as a notice arranges it, recorded by the actor of its audit row (rule T-14)."""

    __tablename__ = "calendar_override"
    __table_args__ = (
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint("length(source_notice) > 0", name="source_notice"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    is_working: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_working"))
    name: Mapped[str] = mapped_column(String(60))
    source_notice: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    audit_seq: Mapped[int] = mapped_column(ForeignKey("audit_event.seq"))


class CalendarYear(Base):
    """A year whose whole arrangement was entered by us, because the package does not know it yet."""

    __tablename__ = "calendar_year"
    __table_args__ = (
        CheckConstraint("year BETWEEN 1992 AND 2499", name="year"),
        CheckConstraint("length(source_notice) > 0", name="source_notice"),
    )

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source_notice: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    audit_seq: Mapped[int] = mapped_column(ForeignKey("audit_event.seq"))
