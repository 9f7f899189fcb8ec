"""The calendar in force, and loading what a notice changes of it (rule T-14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.arrangements import Arrangement, Recorded, check_arrangement, rulings_in_force
from agreements.calendar.deadline_rules import Counting
from agreements.calendar.deadline_table import RULES, DeadlineRule
from agreements.calendar.models import CalendarDay, CalendarVersion, VersionScope
from agreements.calendar.published import published_calendar
from agreements.calendar.rules import DayRuling, WorkingCalendar, with_rulings
from agreements.kernel import audit, policies
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, Stale


def working_calendar(session: Session, *, at: datetime | None = None) -> WorkingCalendar:
    """Return the days as now known, or as known at an instant: the published data under the versions recorded by then.

    Of the same day the latest version wins.
    """
    return _over_published(_recorded(versions(session, at=at)))


def versions(session: Session, *, at: datetime | None = None, year: int | None = None) -> list[CalendarVersion]:
    """Return what was recorded, oldest first: all of it, up to an instant (included), or the arrangements of a year."""
    statement = select(CalendarVersion).order_by(CalendarVersion.id)
    if at is not None:
        statement = statement.where(CalendarVersion.recorded_at <= at)
    if year is not None:
        statement = statement.where(CalendarVersion.year == year)
    return list(session.scalars(statement))


def calendar_with(session: Session, arrangement: Arrangement) -> WorkingCalendar:
    """Return the calendar as it would be with a year's arrangement loaded; writes nothing."""
    notice = arrangement.notice.number
    added = Recorded(arrangement.year, notice, tuple(replace(day, source_notice=notice) for day in arrangement.days))
    return _over_published([*_recorded(versions(session)), added])


def _recorded(rows: Sequence[CalendarVersion]) -> list[Recorded]:
    return [
        Recorded(
            row.year,
            row.notice,
            tuple(DayRuling(day.day, day.is_working, day.name, row.notice) for day in row.days),
        )
        for row in rows
    ]


def _over_published(recorded: Sequence[Recorded]) -> WorkingCalendar:
    return with_rulings(published_calendar(), *rulings_in_force(recorded))


def counting_in_force(session: Session, *, now: datetime) -> Counting:
    """Return the calendar, the counts by policy and our target hour as they apply at `now`."""
    return counting_with(session, working_calendar(session), now=now)


def counting_with(session: Session, calendar: WorkingCalendar, *, now: datetime) -> Counting:
    """Return the same over a given calendar."""
    counts = {
        rule.name: policies.value_of(session, rule.policy, at=now) for rule in RULES.values() if rule.policy is not None
    }
    warnings = warning_thresholds(session, now=now)
    if warnings:
        counts[DeadlineRule.EXPIRY_WARNING] = warnings[0]
    else:
        del counts[DeadlineRule.EXPIRY_WARNING]  # the standard form's
    return Counting(calendar, counts, target_hour=policies.value_of(session, "provider_target_hour", at=now))


def warning_thresholds(session: Session, *, now: datetime) -> tuple[int, ...]:
    """Return how many calendar days before an end we warn, by the policy in force, the longest first; maybe none."""
    days = policies.value_of(session, "expiry_warnings_calendar_days", at=now)
    return tuple(sorted(map(int, days), reverse=True))


def record_override(session: Session, ruling: DayRuling, *, actor: Actor, now: datetime) -> CalendarVersion:
    """Rule one day differently from the data, with the notice that says so.

    The same ruling a second time changes nothing and returns the version in force.
    """
    require(actor, Permission.MANAGE_CALENDAR)
    if not ruling.name.strip() or not ruling.source_notice.strip():
        raise InvalidInput(
            N_("A day is ruled by a notice, for a holiday: both must be named."),
            field="source_notice",
            remedy=N_("Give the notice's number and the holiday's name."),
        )
    before = working_calendar(session)
    known = [row for row in versions(session) if any(day.day == ruling.day for day in row.days)]
    if known and _ruling_of(known[-1], ruling) == ruling:
        return known[-1]
    event = audit.record(
        session,
        actor=actor,
        act="calendar.day_ruled",
        subject=f"day:{ruling.day}",
        now=now,
        reason=ruling.source_notice,
        details={
            "is_working": ruling.is_working,
            "was": before.kind_of(ruling.day).value,
            "name": ruling.name,
            "before": before.version,
        },
    )
    row = CalendarVersion(
        scope=VersionScope.DAY,
        year=None,
        notice=ruling.source_notice,
        name=_over_published([*_recorded(versions(session)), Recorded(None, ruling.source_notice, (ruling,))]).version,
        recorded_at=now,
        audit_seq=event.seq,
        days=[CalendarDay(day=ruling.day, is_working=ruling.is_working, name=ruling.name)],
    )
    session.add(row)
    session.flush()  # whoever counts next sees it
    return row


def _ruling_of(version: CalendarVersion, ruling: DayRuling) -> DayRuling:
    day = next(day for day in version.days if day.day == ruling.day)
    return DayRuling(day.day, day.is_working, day.name, version.notice)


def load_year(
    session: Session, arrangement: Arrangement, *, actor: Actor, now: datetime, seen: str | None = None
) -> CalendarVersion:
    """Load a year's whole arrangement: of a year nobody knew, or instead of what was known of it.

    seen  name of the calendar that the person compared it with; raises Stale where that is no longer in force
    Raises Conflict where it is in force already. Deadlines are counted again by the scheduler's next tick.
    """
    require(actor, Permission.MANAGE_CALENDAR)
    _require_source(arrangement)
    check_arrangement(arrangement.year, arrangement.days)
    before, after = working_calendar(session), calendar_with(session, arrangement)
    if seen is not None and seen != before.version:
        raise Stale(
            N_("The calendar was changed since you compared it."),
            remedy=N_("Look again at what would change."),
        )
    if before.version == after.version:
        raise Conflict(
            N_("This arrangement of %(year)s is in force already."), code="ARRANGEMENT_IN_FORCE", year=arrangement.year
        )
    event = audit.record(
        session,
        actor=actor,
        act="calendar.year_loaded",
        subject=f"year:{arrangement.year}",
        now=now,
        reason=arrangement.notice.number,
        details={
            "before": before.version,
            "after": after.version,
            "file": arrangement.sha256,
            "off": sorted(day.day.isoformat() for day in arrangement.days if not day.is_working),
            "worked": sorted(day.day.isoformat() for day in arrangement.days if day.is_working),
        },
    )
    row = CalendarVersion(
        scope=VersionScope.YEAR,
        year=arrangement.year,
        notice=arrangement.notice.number,
        title=arrangement.notice.title,
        published_on=arrangement.notice.published_on,
        source_url=arrangement.notice.url,
        file_sha256=arrangement.sha256,
        name=after.version,
        recorded_at=now,
        audit_seq=event.seq,
        days=[CalendarDay(day=day.day, is_working=day.is_working, name=day.name) for day in arrangement.days],
    )
    session.add(row)
    session.flush()  # whoever counts next sees it
    return row


def _require_source(arrangement: Arrangement) -> None:
    notice = arrangement.notice
    if not notice.number.strip() or not notice.title.strip() or not (notice.url or arrangement.sha256):
        raise InvalidInput(
            N_("An arrangement comes from a notice: its number, its title and where it was read must be named."),
            field="notice",
        )
