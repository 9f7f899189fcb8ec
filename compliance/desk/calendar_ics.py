"""The calendar as iCalendar (RFC 5545): whole days, each with a UID that stays and a SEQUENCE that rises."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask_babel import gettext
from icalendar import Calendar, Event

from agreements.calendar.rules import ONE_DAY
from agreements.kernel.web.formats import instant, until
from agreements.kernel.web.language import label
from compliance.desk.calendar_pages import entry_title
from compliance.desk.calendar_reading import Entry, EntryKind, EntryState

REFRESH = timedelta(hours=1)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""From which the sequence of warnings counts: RFC 5545 allows it to 2**31, which is 2088."""


def calendar_of(entries: Sequence[Entry], *, base_url: str) -> bytes:
    """Return the feed; the same entries in the same language give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//luyue//calendar//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", gettext("Lüyue: dates of both sides"))
    calendar.add("x-wr-timezone", "Asia/Shanghai")
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    host = urlsplit(base_url).hostname or "localhost"
    for entry in entries:
        calendar.add_component(_event(entry, base_url=base_url.rstrip("/"), host=host))
    return bytes(calendar.to_ical())


def _event(entry: Entry, *, base_url: str, host: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.kind.value}-{entry.id}@{host}")
    event.add("sequence", _sequence(entry))
    event.add("dtstamp", _stamp(entry))
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + ONE_DAY)
    event.add("summary", _summary(entry))
    event.add("description", _description(entry))
    event.add("categories", [label("calendar_side", entry.side), label("calendar_entry", entry.kind)])
    event.add("status", "TENTATIVE" if entry.state is EntryState.PROVISIONAL else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "CONFIDENTIAL")
    if entry.whose.order_no:
        event.add("url", f"{base_url}/agreements/{entry.whose.order_no}")
    return event


def _sequence(entry: Entry) -> int:
    """Return a number that rises whenever the line moves: a duty's moves, a warning's last planning in seconds."""
    if entry.obligation is not None:
        return entry.obligation.generation - 1
    return max(0, int((entry.warning.planned_at - EPOCH).total_seconds())) if entry.warning is not None else 0


def _stamp(entry: Entry) -> datetime:
    """Return when the line was written: a stamp of now would make every answer a new one."""
    if entry.obligation is not None:
        return entry.obligation.opened_at
    return entry.warning.planned_at if entry.warning is not None else entry.bound_at


def _summary(entry: Entry) -> str:
    marks = {
        EntryState.LATE: f"[{label('calendar_state', EntryState.LATE)}] ",
        EntryState.PROVISIONAL: f"[{label('calendar_state', EntryState.PROVISIONAL)}] ",
        EntryState.DONE: "✓ ",
    }
    return f"{marks.get(entry.state, '')}{entry_title(entry)} · {entry.whose.tenant}"


def _description(entry: Entry) -> str:
    lines = [
        f"{gettext('Side')}: {label('calendar_side', entry.side)}",
        f"{gettext('Clause')}: {entry.clause}",
        f"{gettext('Order number')}: {entry.whose.order_no or '–'}",
        f"{gettext('State')}: {label('calendar_state', entry.state)}",
    ]
    if entry.kind is EntryKind.WARNING:
        lines.append(f"{gettext('To go out')}: {instant(entry.bound_at)}")
    else:
        lines.append(f"{gettext('Last day')}: {until(entry.bound_at)}")
    if entry.obligation is not None and entry.obligation.target_at is not None:
        lines.append(f"{gettext('Our own target')}: {instant(entry.obligation.target_at)}")
    return "\n".join(lines)
