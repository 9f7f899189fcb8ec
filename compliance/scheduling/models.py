"""Heartbeats: one row per run of a job."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from agreements.kernel.db import Base, UTCDateTime, enum_type
from compliance.scheduling.rules import Cause


class JobRun(Base):
    """One run that came to its end; a run that was killed leaves no row, only its absence.

    `started_at` and `finished_at` are wall-clock times, also in a rehearsal; `due_by` is in the database's own time.
    `error` is what broke the run as a whole (class or code and place); items that failed are counted in
    `failed`, those that the outside world did not take in `postponed`.
    `runner` is host:pid. `clock_step_seconds` is by how much the wall clock was found to have jumped.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        CheckConstraint("done >= 0 AND failed >= 0 AND postponed >= 0", name="counts"),
        CheckConstraint("oldest_due_lag_seconds IS NULL OR oldest_due_lag_seconds >= 0", name="lag"),
        Index(None, "job", "id"),
        Index(None, "finished_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(40))
    cause: Mapped[Cause] = mapped_column(enum_type(Cause))
    runner: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_by: Mapped[datetime] = mapped_column(UTCDateTime)
    done: Mapped[int]
    failed: Mapped[int]
    postponed: Mapped[int]
    oldest_due_lag_seconds: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(200))
    clock_step_seconds: Mapped[int | None]
