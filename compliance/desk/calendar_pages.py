"""The calendar: a month of all dates, the same as a list, and as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.calendar.published import chinese_name
from agreements.calendar.rules import ONE_DAY, DayKind, WorkingCalendar, add_months
from agreements.kernel import clock
from agreements.kernel.access.models import Locale
from agreements.kernel.db import db
from agreements.kernel.instants import legal_date
from agreements.kernel.web.formats import day as day_words
from agreements.kernel.web.formats import short_day
from agreements.kernel.web.language import current_locale, label
from agreements.kernel.web.paging import PAGE_SIZE, Page
from agreements.kernel.web.spreadsheets import BYTE_ORDER_MARK, csv_line
from compliance.desk.calendar_reading import (
    CLAUSES,
    Entry,
    EntryKind,
    EntryState,
    Side,
    Wanted,
    count_entries,
    entries,
    read_wanted,
)
from compliance.desk.pages import trace_lines
from compliance.expiry.rules import Subject

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")

SHOWN_A_DAY = 4
CHUNK = 500
FIRST_MONTH, LAST_MONTH = date(1992, 1, 1), date(2499, 12, 1)


@dataclass(frozen=True, slots=True)
class Cell:
    """One day on the page of a month; `more` counts the entries that are not shown."""

    day: date
    kind: DayKind
    name: str
    notice: str
    is_outside: bool
    shown: list[Entry]
    more: int


@blueprint.get("")
def month() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    today = legal_date(now)
    first = _month(request.args.get("month", ""), today)
    calendar = working_calendar(session)
    before, after = add_months(first, -1), add_months(first, 1)
    return render_template(
        "calendar/month.html",
        weeks=_weeks(session, calendar, first, now=now),
        first=first,
        before=before if before >= FIRST_MONTH else None,
        after=after if after <= LAST_MONTH else None,
        last=after - ONE_DAY,
        title=month_title(first),
        title_of=entry_title,
        missing_year=missing_year(calendar, today),
        unpublished=first.year if first.year not in calendar.published_years else None,
        trace_lines=trace_lines,
        today=today,
        now=now,
    )


def _month(text: str, today: date) -> date:
    """Read 2026-11; anything else is the present month."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return first if FIRST_MONTH <= first <= LAST_MONTH else today.replace(day=1)


def month_title(first: date) -> str:
    if current_locale() is Locale.ZH:
        return f"{first.year}年{first.month}月"
    return f"{first:%B} {first.year}"


def _weeks(session: Session, calendar: WorkingCalendar, first: date, *, now: datetime) -> list[list[Cell]]:
    """Return the weeks that hold the month, Monday first; each day with its entries, our own first."""
    start = first - first.weekday() * ONE_DAY
    end = add_months(first, 1) - ONE_DAY
    end += (6 - end.weekday()) * ONE_DAY
    by_day: dict[date, list[Entry]] = {}
    for entry in sorted(entries(session, Wanted(first=start, last=end), now=now), key=_urgency):
        by_day.setdefault(entry.day, []).append(entry)
    days = [start + offset * ONE_DAY for offset in range((end - start).days + 1)]
    cells = [_cell(calendar, day, by_day.get(day, []), is_outside=day.month != first.month) for day in days]
    return [cells[index : index + 7] for index in range(0, len(cells), 7)]


def _urgency(entry: Entry) -> int:
    """Our own duties first, then what both sides owe, our warnings, the tenants' duties, and ends."""
    if entry.kind is EntryKind.DUTY:
        return {Side.PROVIDER: 0, Side.BOTH: 1}.get(entry.side, 3)
    return 2 if entry.kind is EntryKind.WARNING else 4


def _cell(calendar: WorkingCalendar, day: date, listed: list[Entry], *, is_outside: bool) -> Cell:
    shown = listed if len(listed) <= SHOWN_A_DAY + 1 else listed[:SHOWN_A_DAY]
    return Cell(
        day=day,
        kind=calendar.kind_of(day),
        name=holiday_name(calendar.name_of(day)),
        notice=calendar.notice_of(day),
        is_outside=is_outside,
        shown=shown,
        more=len(listed) - len(shown),
    )


def holiday_name(name: str) -> str:
    """Return a holiday's name in the person's language."""
    return chinese_name(name) if current_locale() is Locale.ZH else name


def missing_year(calendar: WorkingCalendar, today: date) -> int | None:
    """Return the year that should be known by now and is not: this one, or from 1 November the next."""
    due = [today.year] + [today.year + 1] * (today >= date(today.year, 11, 1))
    return next((year for year in due if year not in calendar.published_years), None)


def entry_title(entry: Entry) -> str:
    """Say in words what falls on the day."""
    if entry.obligation is not None:
        return label("obligation", entry.obligation.code)
    if entry.warning is None:
        return label("calendar_entry", EntryKind.SERVICE_END)
    left = entry.warning.threshold
    if entry.warning.subject is Subject.DOCUMENT:
        return str(gettext("Warning: a document expires in %(count)s days", count=left))
    return str(gettext("Warning: service ends in %(count)s days", count=left))


@blueprint.get("/list")
def listed() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    wanted = read_wanted(request.args, now=now)
    total = count_entries(session, wanted, now=now)
    number = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-total // PAGE_SIZE)))
    rows = entries(session, wanted, now=now, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    return render_template(
        "calendar/list.html",
        page=Page(rows=rows, number=number, size=PAGE_SIZE, total=total),
        wanted=wanted,
        kinds=EntryKind,
        sides=Side,
        states=EntryState,
        clauses=CLAUSES,
        title_of=entry_title,
        trace_lines=trace_lines,
        missing_year=missing_year(working_calendar(session), legal_date(now)),
        now=now,
    )


@blueprint.get("/export.csv")
def export() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    wanted = read_wanted(request.args, now=now)
    response = Response(stream_with_context(_csv(session, wanted, now=now)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=calendar-{legal_date(now):%Y%m%d}.csv"
    return response


def _csv(session: Session, wanted: Wanted, *, now: datetime) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_line(_heads())
    offset = 0
    while rows := entries(session, wanted, now=now, limit=CHUNK, offset=offset):
        yield "".join(csv_line(_cells(entry)) for entry in rows)
        session.expunge_all()  # a long export does not gather every duty in memory
        offset += CHUNK


def _heads() -> list[str]:
    return [
        gettext("Day"),
        gettext("Weekday"),
        gettext("What"),
        gettext("Side"),
        gettext("Clause"),
        gettext("Tenant"),
        gettext("Tenant key"),
        gettext("Order number"),
        gettext("State"),
        gettext("Calendar"),
    ]


def _cells(entry: Entry) -> list[str]:
    dated = entry.obligation or entry.warning
    return [
        short_day(entry.day),
        day_words(entry.day).split()[-1 if current_locale() is Locale.ZH else 0],
        entry_title(entry),
        label("calendar_side", entry.side),
        entry.clause,
        entry.whose.tenant,
        entry.whose.tenant_key,
        entry.whose.order_no,
        label("calendar_state", entry.state),
        dated.calendar_version if dated else "",
    ]
