"""Instants and legal dates.

An instant is an aware datetime, kept in UTC. A legal date is the date at the parties' seat, Asia/Shanghai, whatever
zone the machine is set to (domain rule T-1).
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agreements.kernel.errors import N_, InvalidInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
WRITTEN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def require_aware(instant: datetime) -> datetime:
    """Return the instant in UTC; a naive datetime is a fault of the caller and raises ValueError."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} carries no time zone")
    return instant.astimezone(UTC)


def legal_date(instant: datetime) -> date:
    """Return the Shanghai date on which an instant falls."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} carries no time zone")
    return instant.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """Return the first instant of a Shanghai date, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the exclusive end of a Shanghai date: 24:00, which is 00:00 of the next (rule T-5)."""
    return start_of(day + timedelta(days=1))


def parse_date(text: str, field: str) -> date:
    """Read YYYY-MM-DD, or raise InvalidInput naming the field."""
    try:
        if not WRITTEN_DATE.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            N_("“%(text)s” is not a date."),
            field=field,
            remedy=N_("Write it as 2024-09-12."),
            text=text,
        ) from None


def parse_instant(text: str, field: str) -> datetime:
    """Read an ISO 8601 instant; a bare date or a time without zone is taken as Shanghai time, as people write it."""
    try:
        parsed = datetime.fromisoformat(text)
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=SHANGHAI)
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            N_("“%(text)s” is not a point in time."),
            field=field,
            remedy=N_("Write it as 2024-09-12T16:40 or 2024-09-12T16:40+08:00."),
            text=text,
        ) from None
