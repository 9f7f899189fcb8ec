"""Versions of the calendar over the published data: append-only, the latest wins (rule T-14)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import Base, UTCDateTime, enum_type


class VersionScope(StrEnum):
    """YEAR: the whole arrangement of a year, which replaces what was known of it. DAY: one day ruled by itself."""

    YEAR = "year"
    DAY = "day"


class CalendarVersion(Base):
    """What one notice of the State Council changed, loaded by the actor of its audit row.

    year         the arranged year; None for a single day
    notice       the notice's number, or its title where it has none
    source_url   where it was read; `file_sha256` the file it was loaded from
    name         stable name of the days in force from then on, as obligations carry it
    """

    __tablename__ = "calendar_version"
    __table_args__ = (
        CheckConstraint("(scope = 'year') = (year IS NOT NULL)", name="year_of_scope"),
        CheckConstraint("year BETWEEN 1992 AND 2499", name="year"),
        CheckConstraint("length(notice) > 0", name="notice"),
        CheckConstraint(
            "scope <> 'year' OR (length(title) > 0 AND published_on IS NOT NULL"
            " AND (source_url IS NOT NULL OR file_sha256 IS NOT NULL))",
            name="year_has_its_source",
        ),
        CheckConstraint("file_sha256 IS NULL OR length(file_sha256) = 64", name="file_sha256"),
        Index(None, "year", "id"),
        Index(None, "recorded_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[VersionScope] = mapped_column(enum_type(VersionScope))
    year: Mapped[int | None]
    notice: Mapped[str] = mapped_column(String(200))
    title: Mapped[str | None] = mapped_column(String(300))
    published_on: Mapped[date | None]
    source_url: Mapped[str | None] = mapped_column(String(500))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    audit_seq: Mapped[int] = mapped_column(ForeignKey("audit_event.seq"))

    event: Mapped[AuditEvent] = relationship()
    days: Mapped[list["CalendarDay"]] = relationship(
        back_populates="version", order_by="CalendarDay.day", lazy="selectin"
    )


class CalendarDay(Base):
    """One day as a version arranges it; `name` of the holiday it is off, or worked, for."""

    __tablename__ = "calendar_day"
    __table_args__ = (CheckConstraint("length(name) > 0", name="name"), Index(None, "day"))

    version_id: Mapped[int] = mapped_column(ForeignKey("calendar_version.id"), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_working"))
    name: Mapped[str] = mapped_column(String(60))

    version: Mapped[CalendarVersion] = relationship(back_populates="days")
