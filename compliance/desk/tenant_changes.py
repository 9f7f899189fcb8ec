"""Taking in a tenant's change and its notice of it (clause 3.3 b), with the due date shown before anything is saved."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from agreements.calendar.actions import working_calendar
from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import SHANGHAI, legal_date, parse_date
from agreements.parties.actions import tenant_of_key
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.changes.actions import agreements_without_clock, record_change
from compliance.changes.models import ChangeEvent
from compliance.changes.notifying import Judged, record_change_notice
from compliance.changes.rules import ChangeKind, ChangeSource, NoticeVia
from compliance.desk.duties import duties
from compliance.desk.pages import render_desk
from compliance.desk.schemas import ChangeForm, ChangeNoticeForm, read_form, read_upload
from compliance.desk.tenant_reading import DuePreview, changes_of, due_preview
from compliance.obligations.models import Obligation
from compliance.obligations.rules import FormLevel, ObligationState

blueprint = Blueprint("tenant_changes", __name__, url_prefix="/tenants")


@blueprint.get("/<tenant_key>/changes/new")
def new(tenant_key: str) -> ResponseReturnValue:
    return _change_page(tenant_key)


def _change_page(tenant_key: str, *, form: Any = None, error: LuyueError | None = None) -> str:
    require(g.actor, Permission.RECORD_CHANGE)
    session = db.session()
    now = clock.now(session)
    tenant = tenant_of_key(session, tenant_key)
    known = form if form is not None else MultiDict()
    return render_desk(
        "change_form.html",
        tenant=tenant,
        form=known,
        error=error,
        kinds=ChangeKind,
        sources=ChangeSource,
        preview=_previewed(session, tenant, known.get("occurred_on", ""), now=now),
        occurred_on=known.get("occurred_on", ""),
        today=legal_date(now).isoformat(),
        now=now,
    )


@blueprint.get("/<tenant_key>/changes/preview")
def preview(tenant_key: str) -> ResponseReturnValue:
    """The part of the page below the date: which clocks a change of that day starts. Nothing is written."""
    session = db.session()
    now = clock.now(session)
    occurred_on = request.args.get("occurred_on", "")
    found = _previewed(session, tenant_of_key(session, tenant_key), occurred_on, now=now)
    return render_desk("_due_preview.html", preview=found, occurred_on=occurred_on, now=now)


def _previewed(session: Session, tenant: Tenant, text: str, *, now: Any) -> list[DuePreview] | None:
    """Return the clocks of a day, or None where no day or a day to come is given."""
    occurred_on = _day(text)
    if occurred_on is None or occurred_on > legal_date(now):
        return None
    return due_preview(session, tenant, occurred_on=occurred_on, now=now)


def _day(text: str) -> date | None:
    try:
        day = parse_date(text, "occurred_on")
    except InvalidInput:
        return None
    return day if day.year >= 1992 else None


@blueprint.post("/<tenant_key>/changes/new")
def take(tenant_key: str) -> ResponseReturnValue:
    try:
        values = read_form(ChangeForm, request.form)
        proof = read_upload(request.files.get("file"))
        with unit_of_work() as session:
            change = record_change(
                session,
                tenant_of_key(session, tenant_key),
                **values,
                proof=proof,
                actor=g.actor,
                now=clock.now(session),
            )
            without_clock = [agreement.order_no for agreement in agreements_without_clock(session, change)]
    except (InvalidInput, Conflict) as error:
        return _change_page(tenant_key, form=request.form, error=error), error.status
    if without_clock:
        flash(
            gettext(
                "The change is recorded. No clock runs under %(orders)s: the period agreed there can't be counted, so a"
                " person decides.",
                orders=", ".join(without_clock),
            ),
            "warning",
        )
    else:
        flash(gettext("The change is recorded and its clock runs."), "success")
    return redirect(url_for("tenant.show", tenant_key=tenant_key, _anchor="changes"))


@blueprint.get("/<tenant_key>/changes/notice")
def notice(tenant_key: str) -> ResponseReturnValue:
    return _notice_page(tenant_key)


def _notice_page(tenant_key: str, *, form: Any = None, error: LuyueError | None = None) -> str:
    require(g.actor, Permission.RECORD_PERFORMANCE)
    session = db.session()
    now = clock.now(session)
    tenant = tenant_of_key(session, tenant_key)
    owed = duties(
        session,
        Obligation.agreement_id.in_(select(Agreement.id).where(Agreement.tenant_id == tenant.id)),
        calendar=working_calendar(session),
        now=now,
    )
    open_changes = [row for row in changes_of(session, tenant, owed) if row.is_open]
    chosen = form.getlist("changes") if form is not None else [str(row.change.id) for row in open_changes]
    return render_desk(
        "change_notice_form.html",
        tenant=tenant,
        form=form if form is not None else MultiDict({"form": FormLevel.WRITTEN, "via": NoticeVia.EMAIL}),
        chosen=chosen,
        changes=open_changes,
        error=error,
        forms=FormLevel,
        channels=NoticeVia,
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )


@blueprint.post("/<tenant_key>/changes/notice")
def take_notice(tenant_key: str) -> ResponseReturnValue:
    try:
        values = read_form(ChangeNoticeForm, request.form)
        upload = read_upload(request.files.get("file"))
        with unit_of_work() as session:
            ids = values.pop("changes")
            judged = record_change_notice(
                session,
                tenant_of_key(session, tenant_key),
                list(session.scalars(select(ChangeEvent).where(ChangeEvent.id.in_(ids)).order_by(ChangeEvent.id))),
                **values,
                upload=upload,
                actor=g.actor,
                now=clock.now(session),
            )
            told = _told(judged)
    except (InvalidInput, Conflict) as error:
        return _notice_page(tenant_key, form=request.form, error=error), error.status
    flash(*told)
    return redirect(url_for("tenant.show", tenant_key=tenant_key, _anchor="changes"))


def _told(judged: list[Judged]) -> tuple[str, str]:
    """Say how the notice was judged; its kind of message beside."""
    states = [each.state for each in judged]
    if not states:
        return gettext("The notice is kept; these changes had been notified before."), "info"
    if None in states:
        return gettext("The notice is kept, but its form is too weak: the written notice is still owed."), "warning"
    if ObligationState.PERFORMED_LATE in states:
        return gettext("The notice is recorded; it arrived late, and that stays on record."), "warning"
    return gettext("The notice is recorded; it arrived in time."), "success"
