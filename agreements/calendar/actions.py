"""The calendar in force, and ruling on days when a notice says so (rule T-14)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.deadline_rules import Counting
from agreements.calendar.deadline_table import RULES, DeadlineRule
from agreements.calendar.models import CalendarOverride, CalendarYear
from agreements.calendar.published import published_calendar
from agreements.calendar.rules import DayRuling, WorkingCalendar, check_arrangement, with_rulings
from agreements.kernel import audit, policies
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput


def working_calendar(session: Session) -> WorkingCalendar:
    """Return the days as now known: the published data with our own rulings over it, the latest of a day winning."""
    rulings = [
        DayRuling(row.day, row.is_working, row.name, row.source_notice)
        for row in session.scalars(select(CalendarOverride).order_by(CalendarOverride.id))
    ]
    years = {row.year: row.source_notice for row in session.scalars(select(CalendarYear))}
    return with_rulings(published_calendar(), rulings, years)


def counting_in_force(session: Session, *, now: datetime) -> Counting:
    """Return the calendar, the counts by policy and our target hour as they apply at `now`."""
    counts = {
        rule.name: policies.value_of(session, rule.policy, at=now) for rule in RULES.values() if rule.policy is not None
    }
    first_warning = max(warning_thresholds(session, now=now), default=None)
    if first_warning is None:
        del counts[DeadlineRule.EXPIRY_WARNING]
    else:
        counts[DeadlineRule.EXPIRY_WARNING] = first_warning
    return Counting(
        working_calendar(session), counts, target_hour=policies.value_of(session, "provider_target_hour", at=now)
    )


def warning_thresholds(session: Session, *, now: datetime) -> tuple[int, ...]:
    """Return how many calendar days before an end we warn, by the policy in force, the longest first; maybe none."""
    days = policies.value_of(session, "expiry_warnings_calendar_days", at=now)
    return tuple(sorted(map(int, days), reverse=True))


def record_override(session: Session, ruling: DayRuling, *, actor: Actor, now: datetime) -> CalendarOverride:
    """Rule one day differently from the data, with the notice that says so.

    The same ruling a second time changes nothing and returns the row in force.
    """
    require(actor, Permission.MANAGE_POLICIES)
    _require_source(ruling.name, ruling.source_notice)
    in_force = session.scalars(
        select(CalendarOverride).where(CalendarOverride.day == ruling.day).order_by(CalendarOverride.id.desc()).limit(1)
    ).first()
    if in_force is not None and ruling == DayRuling(
        in_force.day, in_force.is_working, in_force.name, in_force.source_notice
    ):
        return in_force
    event = audit.record(
        session,
        actor=actor,
        act="calendar.day_ruled",
        subject=f"day:{ruling.day}",
        now=now,
        reason=ruling.source_notice,
        details={
            "is_working": ruling.is_working,
            "was": working_calendar(session).kind_of(ruling.day).value,
            "name": ruling.name,
        },
    )
    row = _row(ruling, event.seq, now)
    session.add(row)
    return row


def publish_year(
    session: Session, year: int, days: Sequence[DayRuling], *, source_notice: str, actor: Actor, now: datetime
) -> CalendarYear:
    """Enter the whole arrangement of a year the data does not know; deadlines reaching into it can then be settled.

    days  every day off and every adjusted working day of the notice, in any order
    Raises Conflict when the year is known already: single days of a known year are ruled one by one.
    """
    require(actor, Permission.MANAGE_POLICIES)
    _require_source(*(day.name for day in days), source_notice)
    if year in working_calendar(session).published_years:
        raise Conflict(
            N_("The arrangement of %(year)s is known already."),
            code="YEAR_PUBLISHED",
            remedy=N_("Rule the days that changed one by one."),
            year=year,
        )
    check_arrangement(year, days)
    event = audit.record(
        session,
        actor=actor,
        act="calendar.year_published",
        subject=f"year:{year}",
        now=now,
        reason=source_notice,
        details={
            "off": sorted(day.day.isoformat() for day in days if not day.is_working),
            "worked": sorted(day.day.isoformat() for day in days if day.is_working),
        },
    )
    published = CalendarYear(year=year, source_notice=source_notice, recorded_at=now, audit_seq=event.seq)
    session.add(published)
    session.add_all(_row(day, event.seq, now) for day in days)
    return published


def _row(ruling: DayRuling, audit_seq: int, now: datetime) -> CalendarOverride:
    return CalendarOverride(
        day=ruling.day,
        is_working=ruling.is_working,
        name=ruling.name,
        source_notice=ruling.source_notice,
        recorded_at=now,
        audit_seq=audit_seq,
    )


def _require_source(*texts: str) -> None:
    if not all(text.strip() for text in texts):
        raise InvalidInput(
            N_("A day is ruled by a notice, for a holiday: both must be named."),
            field="source_notice",
            remedy=N_("Give the notice's number and the holiday's name."),
        )
