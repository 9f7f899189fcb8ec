"""Pages: taking in a change or a tenant's notice of changes, with what it will mean shown before anything is saved.

The form works without scripts: its buttons “add a row” and “show what it means” send it here and change nothing. With
scripts rows are added in place and the preview follows what is typed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, may, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.kernel.web.language import label
from agreements.parties.actions import tenant_of_key
from agreements.parties.models import Tenant
from compliance.changes import reading, schemas
from compliance.changes.actions import agreements_without_clock, record_change
from compliance.changes.foreseeing import Foreseen, Given, foresee_known, foresee_new, is_ahead
from compliance.changes.models import ChangeEvent
from compliance.changes.reading import ChangeRow, rows_of, state_of
from compliance.changes.rules import ChangeKind, NoticeVia
from compliance.changes.schemas import Form
from compliance.changes.taking_in import TakenIn, take_in_notice
from compliance.obligations.rules import OPEN_STATES, FormLevel, ObligationState

change_intake = Blueprint("change_intake", __name__, url_prefix="/changes/new")

NOTICE, DISCOVERY = "notice", "discovery"
SAVE, ROW = "save", "row"
BLANK_ROWS = 1


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One change as far as it is typed in, and what it means under each agreement.

    title     of a change on record; empty for a new one, which is known by its row
    is_ahead  it lies in the future: kept as announced, verified on its day
    """

    number: int | None
    title: str
    occurred_on: date
    is_ahead: bool
    foreseen: list[Foreseen]


@change_intake.get("")
def form() -> ResponseReturnValue:
    """Choose the tenant; with one, show the form."""
    require(g.actor, Permission.RECORD_CHANGE)
    key = request.args.get("tenant", "")
    if key:
        return _page(MultiDict(request.args))
    session = db.session()
    text = request.args.get("q", "").strip()[: reading.LONGEST_SEARCH]
    offered = reading.tenants_offered(session, text) if text else []
    if len(offered) == 1:
        return redirect(url_for("change_intake.form", tenant=offered[0].tenant.tenant_key, by=request.args.get("by")))
    return render_template(
        "changes/choose.html", text=text, offered=offered, by=_by(request.args), most=reading.TENANTS_OFFERED
    )


@change_intake.get("/preview")
def preview() -> ResponseReturnValue:
    """The part of the page that says what will be recorded. Nothing is written."""
    require(g.actor, Permission.RECORD_CHANGE)
    session = db.session()
    now = clock.now(session)
    given = MultiDict(request.args)
    tenant = tenant_of_key(session, given.get("tenant", ""))
    return render_template(
        "changes/_preview.html", by=_by(given), preview=_previewed(session, tenant, given, now=now), now=now
    )


@change_intake.post("")
def take() -> ResponseReturnValue:
    require(g.actor, Permission.RECORD_CHANGE)
    given = request.form
    step = given.get("step", SAVE)
    if step != SAVE:
        more = MultiDict(given)
        if step == ROW:
            more["rows"] = str(min(schemas.rows_shown(given) + 1, schemas.MOST_ROWS))
        return _page(more, asked=step)
    try:
        address = _take_discovery(given) if _by(given) == DISCOVERY else _take_notice(given)
    except (InvalidInput, Conflict) as error:
        return _page(given, error=error), error.status
    return redirect(address)


def _take_discovery(given: Form) -> str:
    read = schemas.read_discovery(given)
    proof = schemas.read_upload(request.files.get("file"))
    with unit_of_work() as session:
        now = clock.now(session)
        tenant = tenant_of_key(session, given.get("tenant", ""))
        found = [
            record_change(
                session,
                tenant,
                kind=each.kind,
                description=each.description,
                occurred_on=each.occurred_on,
                source=read.source,
                discovered_on=read.discovered_on,
                proof=proof,
                actor=g.actor,
                now=now,
            )
            for each in read.reported
        ]
        ids = [change.id for change in found]
        _tell_without_clock(session, found)
    flash(gettext("The change is recorded and its clock runs."), "success")
    return url_for("changes.show", change_id=ids[0]) if len(ids) == 1 else url_for("changes.index")


def _take_notice(given: Form) -> str:
    read = schemas.read_notice(given)
    upload = schemas.read_upload(request.files.get("file"))
    with unit_of_work() as session:
        now = clock.now(session)
        tenant = tenant_of_key(session, given.get("tenant", ""))
        known = session.scalars(
            select(ChangeEvent)
            .where(ChangeEvent.id.in_(read.known), ChangeEvent.tenant_id == tenant.id)
            .order_by(ChangeEvent.id)
        )
        taken = take_in_notice(
            session,
            tenant,
            read.reported,
            list(known),
            arrived_at=read.arrived_at,
            form=read.form,
            via=read.via,
            upload=upload,
            missing=read.missing,
            actor=g.actor,
            now=now,
        )
        notice_id = taken.notice.id
        told = told_of(taken)
        _tell_without_clock(session, taken.changes)
    flash(*told)
    return url_for("changes.notice", notice_id=notice_id)


def told_of(taken: TakenIn) -> tuple[str, str]:
    """Say how a notice was judged; its kind of message beside."""
    states = [each.state for each in taken.judged]
    if taken.announced and not taken.changes:
        return gettext("The early notice is kept. On the day of the change, verify that it took effect."), "success"
    if not states:
        return gettext("The notice is kept; it performs nothing more of what it reports."), "info"
    if None in states:
        return gettext("The notice is kept, but its form is too weak: the written notice is still owed."), "warning"
    if ObligationState.PERFORMED_LATE in states:
        if ObligationState.PERFORMED_ON_TIME in states:
            return gettext("The notice is recorded; it is on time for some of it and late for the rest."), "warning"
        return gettext("The notice is recorded; it arrived late, and that stays on record."), "warning"
    return gettext("The notice is recorded; it arrived in time."), "success"


def _tell_without_clock(session: Session, found: list[ChangeEvent]) -> None:
    orders = {agreement.order_no for change in found for agreement in agreements_without_clock(session, change)}
    if orders:
        flash(
            gettext(
                "No clock runs under %(orders)s: the period agreed there can't be counted, so a person decides.",
                orders=", ".join(sorted(orders)),
            ),
            "warning",
        )


def _page(given: Form, *, asked: str = "", error: LuyueError | None = None) -> str:
    session = db.session()
    now = clock.now(session)
    tenant = tenant_of_key(session, given.get("tenant", ""))
    by = _by(given)
    require(g.actor, Permission.RECORD_PERFORMANCE if by == NOTICE else Permission.RECORD_CHANGE)
    filled = _with_defaults(given, by, now)
    return render_template(
        "changes/intake.html",
        tenant=tenant,
        by=by,
        given=filled,
        rows=schemas.rows_shown(given),
        most_rows=schemas.MOST_ROWS,
        known=_open_changes(session, tenant, now=now) if by == NOTICE else [],
        chosen=given.getlist("changes"),
        preview=_previewed(session, tenant, filled, now=now),
        kind_options=[(each.value, label("change_kind", each)) for each in ChangeKind],
        source_options=[(each.value, label("change_source", each)) for each in schemas.DISCOVERIES],
        form_options=[(each.value, label("form_level", each)) for each in FormLevel],
        via_options=[(each.value, label("notice_via", each)) for each in NoticeVia],
        may_notify=may(g.actor, Permission.RECORD_PERFORMANCE),
        asked=asked,
        error=error,
        today=legal_date(now),
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )


def _by(given: Any) -> str:
    """Say whether a notice came or we found the change; who records no notices starts with what was found."""
    asked: str = given.get("by", "")
    if asked in (NOTICE, DISCOVERY):
        return asked
    return NOTICE if may(g.actor, Permission.RECORD_PERFORMANCE) else DISCOVERY


def _with_defaults(given: Form, by: str, now: datetime) -> Form:
    filled = MultiDict(given)
    filled.setdefault("form", FormLevel.WRITTEN.value)
    filled.setdefault("via", NoticeVia.EMAIL.value)
    if by == DISCOVERY:
        filled.setdefault("source", schemas.DISCOVERIES[0].value)
        filled.setdefault("discovered_on", legal_date(now).isoformat())
    return filled


def _open_changes(session: Session, tenant: Tenant, *, now: datetime) -> list[ChangeRow]:
    """Return the tenant's changes that still wait for a notice, latest first."""
    found = session.scalars(
        select(ChangeEvent)
        .where(ChangeEvent.tenant_id == tenant.id)
        .order_by(ChangeEvent.occurred_on.desc(), ChangeEvent.id.desc())
    ).all()
    return [row for row in rows_of(session, found) if any(state_of(duty, now) in OPEN_STATES for duty in row.clocks)]


def _previewed(session: Session, tenant: Tenant, given: Form, *, now: datetime) -> list[PreviewRow]:
    """Return what will be recorded, row by row, for the rows whose day is understood."""
    is_notice = _by(given) == NOTICE
    notice = Given(
        arrived_at=schemas.given_or_none(given, "arrived_at") if is_notice else None,
        form=schemas.word_or_none(FormLevel, given, "form") if is_notice else None,
    )
    found = []
    for text in given.getlist("changes") if is_notice else ():
        change = session.get(ChangeEvent, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None
        if change is not None and change.tenant_id == tenant.id:
            title = f"{label('change_kind', change.kind)}: {change.description}"
            known = foresee_known(session, change, given=notice, now=now)
            found.append(PreviewRow(None, title, change.occurred_on, is_ahead=False, foreseen=known))
    for number in range(1, schemas.rows_shown(given) + 1):
        occurred_on = schemas.day_or_none(given, f"occurred_on_{number}")
        if occurred_on is not None:
            new = foresee_new(session, tenant, occurred_on=occurred_on, given=notice, now=now)
            found.append(PreviewRow(number, "", occurred_on, is_ahead=is_ahead(occurred_on, now), foreseen=new))
    return found
