"""Pages: the list of changes and of the tenants' notices, one change with its reasons, one notice, and the exports.

Taking in is in `views_intake`, what is done about one change afterwards in `views_acts`.
"""

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, g, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.formats import clock_time, short_day
from agreements.kernel.web.language import label
from agreements.kernel.web.paging import page_of
from agreements.kernel.web.spreadsheets import BYTE_ORDER_MARK, csv_line
from compliance.changes import reading
from compliance.changes.foreseeing import dossier_of, file_of_change
from compliance.changes.models import AnnouncedChange, ChangeEvent, ChangeNotice
from compliance.changes.reading import ANNOUNCED, ChangeRow, Search, read_search, rows_of, state_of
from compliance.changes.taking_in import announced_by, changes_of_notice, notice_of_id
from compliance.obligations.models import Obligation

changes = Blueprint("changes", __name__, url_prefix="/changes")

CHUNK = 500


@changes.app_context_processor
def parts() -> dict[str, object]:
    """Give what the room's macros need."""
    return {"change_counted_days": reading.counted_days, "change_state_of": state_of}


def change_of_id(session: Session, change_id: int) -> ChangeEvent:
    """Return the change, or raise NotFound."""
    change = session.get(ChangeEvent, change_id)
    if change is None:
        raise NotFound(N_("There is no change %(number)s."), field="change", number=change_id)
    return change


@changes.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    search = read_search(request.args)
    if search.tab == ANNOUNCED:
        page = page_of(session, reading.announced(search))
    else:
        page = page_of(session, reading.changes(search, now=now))
    return render_template(
        "changes/list.html",
        page=page,
        rows=[] if search.tab == ANNOUNCED else rows_of(session, page.rows),
        counts=reading.counts(session, search, now=now),
        tabs=reading.TABS,
        search=search,
        today=legal_date(now),
        now=now,
    )


@changes.get("/notices")
def notices() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    text = request.args.get("q", "").strip()[: reading.LONGEST_SEARCH]
    page = page_of(session, reading.notices(text))
    return render_template(
        "changes/notices.html",
        page=page,
        reported={notice.id: changes_of_notice(session, notice) for notice in page.rows},
        announced={notice.id: announced_by(session, notice) for notice in page.rows},
        text=text,
        now=clock.now(session),
    )


@changes.get("/<int:change_id>")
def show(change_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    found = dossier_of(session, change_of_id(session, change_id), now=now)
    return render_template("changes/change.html", d=found, change=found.change, now=now)


@changes.get("/<int:change_id>/files/<int:file_id>")
def file(change_id: int, file_id: int) -> ResponseReturnValue:
    session = db.session()
    [row] = rows_of(session, [change_of_id(session, change_id)])
    return attachment(session, file_of_change(row, file_id, session))


@changes.get("/notices/<int:notice_id>")
def notice(notice_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    found = notice_of_id(session, notice_id)
    return render_template(
        "changes/notice.html",
        notice=found,
        rows=rows_of(session, changes_of_notice(session, found)),
        announced=announced_by(session, found),
        corrections=reading.corrections_of(session, found),
        now=clock.now(session),
    )


@changes.get("/notices/<int:notice_id>/file")
def notice_file(notice_id: int) -> ResponseReturnValue:
    session = db.session()
    return attachment(session, notice_of_id(session, notice_id).file)


def attachment(session: Session, stored: StoredFile | None) -> ResponseReturnValue:
    """Hand out a stored file to be saved, never to be opened by the browser in our origin."""
    require(g.actor, Permission.READ)
    if stored is None:
        raise NotFound(N_("There is no such file here."), field="file")
    return stored_file(session, stored)


@changes.get("/export.csv")
def export() -> ResponseReturnValue:
    """Hand out what the list shows, one line a change and agreement."""
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    search = read_search(request.args)
    lines = _announced_lines(session, search) if search.tab == ANNOUNCED else _lines(session, search)
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=changes-{legal_date(now):%Y%m%d}.csv"
    return response


def _lines(session: Session, search: Search) -> Iterator[str]:
    now = clock.now(session)
    yield BYTE_ORDER_MARK + csv_line(
        [
            gettext("Change no."),
            gettext("Tenant"),
            gettext("Tenant key"),
            gettext("What changed"),
            gettext("In words"),
            gettext("Took effect on"),
            gettext("How we know"),
            gettext("Found on"),
            gettext("Order number"),
            gettext("Due"),
            gettext("State"),
            gettext("Notice that counted"),
            gettext("First notice arrived"),
            gettext("Form"),
            gettext("Channel"),
            gettext("Procedure until"),
            gettext("Procedure"),
        ]
    )
    ids = session.scalars(reading.changes(search, now=now).with_only_columns(ChangeEvent.id)).all()
    for first in range(0, len(ids), CHUNK):
        found = {
            change.id: change
            for change in session.scalars(
                reading.changes(Search(), now=now).where(ChangeEvent.id.in_(ids[first : first + CHUNK]))
            )
        }
        for row in rows_of(session, [found[each] for each in ids[first : first + CHUNK] if each in found]):
            duties: list[Obligation | None] = [*row.clocks] or [None]
            yield "".join(csv_line(_cells(row, duty, now=now)) for duty in duties)
        session.expunge_all()  # a long export does not gather everything in memory


def _cells(row: ChangeRow, duty: Obligation | None, *, now: datetime) -> list[str]:
    change, first = row.change, row.notices[0] if row.notices else None
    procedure = next((each for each in row.procedure_duties if duty and each.agreement_id == duty.agreement_id), None)
    return [
        str(change.id),
        change.tenant.party.name,
        change.tenant.tenant_key,
        label("change_kind", change.kind),
        change.description,
        short_day(change.occurred_on),
        label("change_source", change.source),
        short_day(change.discovered_on) if change.discovered_on else "",
        duty.agreement.order_no if duty else "",
        short_day(duty.due_on) if duty else "",
        label("obligation_state", state_of(duty, now)) if duty else gettext("no clock"),
        _moment(duty.performed_at) if duty else "",
        _moment(first.arrived_at) if first else "",
        label("form_level", first.form) if first else "",
        label("notice_via", first.via) if first else "",
        short_day(procedure.due_on) if procedure else "",
        label("obligation_state", state_of(procedure, now)) if procedure else "",
    ]


def _announced_lines(session: Session, search: Search) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_line(
        [
            gettext("Tenant"),
            gettext("Tenant key"),
            gettext("What changed"),
            gettext("In words"),
            gettext("Announced for"),
            gettext("Notice arrived"),
        ]
    )
    for each in session.scalars(reading.announced(search)):
        yield csv_line(_announced_cells(each))


def _announced_cells(each: AnnouncedChange) -> list[str]:
    told: ChangeNotice = each.change_notice
    return [
        each.tenant.party.name,
        each.tenant.tenant_key,
        label("change_kind", each.kind),
        each.description,
        short_day(each.expected_on),
        _moment(told.arrived_at),
    ]


def _moment(at: datetime | None) -> str:
    return f"{short_day(at)} {clock_time(at)}" if at else ""
