"""Working days: years with their notices, loading a year after a comparison, ruling a day, what a change moved."""

import base64
import binascii
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from agreements.calendar.actions import record_override, versions, working_calendar
from agreements.calendar.arrangement_file import LARGEST_BYTES
from agreements.calendar.arrangements import FIRST_YEAR, LAST_YEAR
from agreements.calendar.models import CalendarVersion
from agreements.calendar.published import english_name
from agreements.calendar.rules import ONE_DAY, WORKED, DayKind, DayRuling, WorkingCalendar
from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput, LuyueError, NotFound
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date, parse_date
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.paging import page_of
from compliance.alarms.calendar_watch import resolve_recount
from compliance.desk.calendar_loading import Comparison, compare, load
from compliance.desk.calendar_pages import holiday_name, missing_year
from compliance.desk.pages import trace_lines
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import RecountReason, RecountResolution
from compliance.obligations.recounting import undecided
from compliance.obligations.rules import ObligationState
from compliance.obligations.terms_counting import MARK

blueprint = Blueprint("calendar_years", __name__, url_prefix="/calendar")

SHOWN_MOVES = 100
EXAMPLE_LINES = """year = 2027
notice_number = "国办发明电〔2026〕…号"
title = "国务院办公厅关于2027年部分节假日安排的通知"
published_on = 2026-11-24
source_url = "https://www.gov.cn/…"

[[holiday]]
name = "元旦"
from = 2027-01-01
to = 2027-01-03
worked = []"""


@dataclass(frozen=True, slots=True)
class Year:
    """A year as it is in force; `worked` is None where nobody published it."""

    year: int
    notice: str
    worked: int | None
    off: int
    adjusted: int
    version: CalendarVersion | None


@blueprint.get("/years")
def index() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    today = legal_date(now)
    calendar = working_calendar(session)
    recorded = versions(session)
    last = max(today.year + 1, *calendar.published_years)
    return render_template(
        "calendar/years.html",
        years=[_year(calendar, recorded, year) for year in range(last, today.year - 3, -1)],
        versions=recorded[::-1],
        calendar=calendar,
        ahead_days=(calendar.known_through - today).days if calendar.known_through else 0,
        provisional=_provisional(session),
        undecided=undecided(session),
        missing_year=missing_year(calendar, today),
        today=today,
        now=now,
    )


def _year(calendar: WorkingCalendar, recorded: list[CalendarVersion], year: int) -> Year:
    kinds = [calendar.kind_of(day) for day in _days_of(year)]
    is_known = year in calendar.published_years
    return Year(
        year=year,
        notice=calendar.year_notices.get(year, ""),
        worked=sum(kind in WORKED for kind in kinds) if is_known else None,
        off=kinds.count(DayKind.HOLIDAY),
        adjusted=kinds.count(DayKind.ADJUSTED_WORKING_DAY),
        version=next((row for row in reversed(recorded) if row.year == year), None),
    )


def _days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + offset * ONE_DAY for offset in range((date(year + 1, 1, 1) - first).days)]


def _provisional(session: Session) -> int:
    open_ones = select(func.count(Obligation.id)).where(
        Obligation.state == ObligationState.OPEN, Obligation.provisional.is_(True)
    )
    return session.scalar(open_ones) or 0


@blueprint.get("/years/<int:year>")
def show(year: int) -> ResponseReturnValue:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(N_("“%(given)s” is not a year we count in."), given=year)
    session = db.session()
    calendar = working_calendar(session)
    recorded = versions(session)
    return render_template(
        "calendar/year.html",
        year=_year(calendar, recorded, year),
        days=[
            (day, calendar.kind_of(day), holiday_name(calendar.name_of(day)), calendar.notice_of(day))
            for day in _days_of(year)
            if calendar.kind_of(day) in (DayKind.HOLIDAY, DayKind.ADJUSTED_WORKING_DAY)
        ],
        versions=[
            row for row in reversed(recorded) if row.year == year or any(day.day.year == year for day in row.days)
        ],
        calendar=calendar,
        now=clock.now(session),
    )


@blueprint.get("/years/load")
def choose() -> ResponseReturnValue:
    require(g.actor, Permission.MANAGE_CALENDAR)
    return _choose_page()


def _choose_page(error: LuyueError | None = None) -> ResponseReturnValue:
    page = render_template("calendar/load.html", error=error, example=EXAMPLE_LINES, now=clock.now(db.session()))
    return page, error.status if error else 200


@blueprint.post("/years/load")
def compare_file() -> ResponseReturnValue:
    require(g.actor, Permission.MANAGE_CALENDAR)
    given = request.files.get("file")
    session = db.session()
    now = clock.now(session)
    try:
        if given is None or not given.filename:
            raise InvalidInput(N_("Choose the file with the arrangement."), field="file")
        content = given.stream.read(LARGEST_BYTES + 1)
        compared = compare(session, content, now=now)
    except InvalidInput as error:
        return _choose_page(error)
    return _comparison_page(compared, content, now=now)


def _comparison_page(compared: Comparison, content: bytes, *, now: datetime) -> ResponseReturnValue:
    return render_template(
        "calendar/comparison.html",
        compared=compared,
        shown=compared.moves[:SHOWN_MOVES],
        content=base64.b64encode(content).decode(),
        holiday_name=holiday_name,
        now=now,
    )


@blueprint.post("/years/confirm")
def confirm() -> ResponseReturnValue:
    try:
        content = base64.b64decode(request.form.get("content", ""), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(N_("Choose the file with the arrangement."), field="file") from None
    with unit_of_work() as session:
        version = load(session, content, seen=request.form.get("seen", ""), actor=g.actor, now=clock.now(session))
        version_id = version.id
    flash(gettext("The arrangement is loaded. The scheduler's next tick counts the open dates again."), "success")
    return redirect(url_for("calendar_years.version", version_id=version_id))


@blueprint.get("/years/day")
def day_form() -> ResponseReturnValue:
    require(g.actor, Permission.MANAGE_CALENDAR)
    return _day_page()


def _day_page(error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "calendar/day.html",
        error=error,
        form=request.form,
        now=clock.now(session),
        today=legal_date(clock.now(session)),
    )
    return page, error.status if error else 200


@blueprint.post("/years/day")
def rule_day() -> ResponseReturnValue:
    form = request.form
    try:
        if form.get("is_working") not in ("yes", "no"):
            raise InvalidInput(N_("Say whether the day is worked."), field="is_working")
        ruling = DayRuling(
            parse_date(form.get("day", ""), "day"),
            is_working=form.get("is_working") == "yes",
            name=_named(form.get("name", ""), "name", 60),
            source_notice=_named(form.get("source_notice", ""), "source_notice", 200),
        )
        with unit_of_work() as session:
            version = record_override(session, ruling, actor=g.actor, now=clock.now(session))
            version_id = version.id
    except InvalidInput as error:
        return _day_page(error)
    flash(gettext("The day is ruled. The scheduler's next tick counts the open dates again."), "success")
    return redirect(url_for("calendar_years.version", version_id=version_id))


def _named(text: str, field: str, longest: int) -> str:
    text = text.strip()
    if not text:
        raise InvalidInput(
            N_("A day is ruled by a notice, for a holiday: both must be named."),
            field=field,
            remedy=N_("Give the notice's number and the holiday's name."),
        )
    if len(text) > longest or not text.isprintable():
        raise InvalidInput(
            N_("The text is longer than %(longest)s characters, or has signs in it."), field=field, longest=longest
        )
    return english_name(text) if field == "name" else text


@blueprint.get("/versions/<int:version_id>")
def version(version_id: int) -> ResponseReturnValue:
    session = db.session()
    row = _version(session, version_id)
    recounts = page_of(
        session,
        select(ObligationRecount)
        .where(ObligationRecount.to_version == row.name)
        .options(joinedload(ObligationRecount.obligation).joinedload(Obligation.agreement))
        .order_by(ObligationRecount.id),
    )
    return render_template(
        "calendar/version.html",
        version=row,
        recounts=recounts,
        holiday_name=holiday_name,
        is_in_force=working_calendar(session).version == row.name,
        now=clock.now(session),
    )


@blueprint.get("/versions/<int:version_id>/file")
def version_file(version_id: int) -> ResponseReturnValue:
    session = db.session()
    row = _version(session, version_id)
    file = session.scalar(select(StoredFile).where(StoredFile.sha256 == row.file_sha256))
    if file is None:
        raise NotFound(N_("No file was kept for this version."))
    return stored_file(session, file)


def _version(session: Session, version_id: int) -> CalendarVersion:
    row = session.get(CalendarVersion, version_id)
    if row is None:
        raise NotFound(N_("There is no calendar version %(id)s."), id=version_id)
    return row


@blueprint.get("/recounts/<int:recount_id>")
def recount(recount_id: int) -> ResponseReturnValue:
    return _recount_page(recount_id)


def _recount_page(recount_id: int, error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    row = session.get(ObligationRecount, recount_id)
    if row is None:
        raise NotFound(N_("There is no recount %(id)s."), id=recount_id)
    page = render_template(
        "calendar/recount.html",
        by_terms=row.to_version.startswith(MARK),
        has_other_date=row.reason is not RecountReason.NOT_COUNTABLE,
        row=row,
        is_open=row in undecided(session),
        trace_lines=trace_lines,
        error=error,
        form=request.form,
        now=clock.now(session),
    )
    return page, error.status if error else 200


@blueprint.post("/recounts/<int:recount_id>")
def decide(recount_id: int) -> ResponseReturnValue:
    chosen = next((each for each in RecountResolution if each.value == request.form.get("resolution")), None)
    try:
        if chosen is None:
            raise InvalidInput(N_("Say whether the date moves or stays."), field="resolution")
        with unit_of_work() as session:
            reason = request.form.get("reason", "")
            resolve_recount(session, recount_id, chosen, reason=reason, actor=g.actor, now=clock.now(session))
    except InvalidInput as error:
        return _recount_page(recount_id, error)
    flash(gettext("Decided; the reason is in the trail."), "success")
    return redirect(url_for("calendar_years.recount", recount_id=recount_id))
