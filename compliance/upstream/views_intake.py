"""Pages: taking in a source's notice in under a minute, what was mistyped in it, and its correction by the source."""

import json
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, may, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import SHANGHAI
from agreements.kernel.web.language import label
from agreements.products.models import DataSource, Product
from agreements.products.sources import ensure_source, link_source, products_of_source, source_of_id, sources
from compliance.changes.schemas import read_moment, read_upload
from compliance.upstream import presenting, schemas
from compliance.upstream.actions import Content, record_receipt, restate
from compliance.upstream.correcting import amend
from compliance.upstream.models import UpstreamChange
from compliance.upstream.moving import change_of_id
from compliance.upstream.previews import LetterPreview, mark_of, preview_of_correction
from compliance.upstream.rules import CANCELLATIONS, ChangeKind, ReceivedVia, Triage
from compliance.upstream.schemas import ContentForm, Form

upstream_intake = Blueprint("upstream_intake", __name__, url_prefix="/upstream")

STEPS = "<any(amend, restate):step>"
ROOM = {"new": Permission.RECORD_UPSTREAM, "amend": Permission.HANDLE_UPSTREAM, "restate": Permission.HANDLE_UPSTREAM}


@upstream_intake.get("/new")
def new() -> ResponseReturnValue:
    session = db.session()
    form = MultiDict({"received_at": _minute(clock.now(session)), "received_via": ReceivedVia.EMAIL.value})
    return _page("new", None, form)


@upstream_intake.post("/new")
def take() -> ResponseReturnValue:
    require(g.actor, Permission.RECORD_UPSTREAM)
    try:
        wanted, content = schemas.read_source(request.form), schemas.read_content(request.form)
        receipt = schemas.read_receipt(request.form, read_upload(request.files.get("file")))
        at_once = request.form.get("at_once") == "yes"
        with unit_of_work() as session:
            now = clock.now(session)
            source = _source(session, wanted, content, now=now)
            change = record_receipt(
                session,
                source,
                _content(session, content),
                receipt,
                triage=Triage.UPSTREAM_CHANGE if at_once else None,
                actor=g.actor,
                now=now,
            )
            change_id = change.id
    except (InvalidInput, Conflict) as error:
        return _page("new", None, request.form, error), error.status
    if at_once:
        flash(gettext("The source's notice is recorded. The letters go out within a minute."), "success")
    else:
        flash(
            gettext("The source's notice is recorded and our day runs. Look at the letters, then let them go."), "info"
        )
    return redirect(url_for("upstream.show", change_id=change_id))


@upstream_intake.get(f"/<int:change_id>/{STEPS}")
def correct(change_id: int, step: str) -> ResponseReturnValue:
    session = db.session()
    change = change_of_id(session, change_id)
    return _page(step, change, _form_of(change, clock.now(session)))


@upstream_intake.post(f"/<int:change_id>/{STEPS}")
def set_correction(change_id: int, step: str) -> ResponseReturnValue:
    """Correct the record. The source's own correction sends letters: it is recorded once these were looked at."""
    require(g.actor, ROOM[step])
    letters: list[LetterPreview] | None = None
    try:
        if step == "amend":
            letters = _letters_to_come(change_id)
            if mark_of(letters) != request.form.get("seen"):
                return _page(step, change_of_id(db.session(), change_id), request.form, letters=letters)
        address = SET[step](change_id)
    except (InvalidInput, Conflict) as error:
        return _page(step, change_of_id(db.session(), change_id), request.form, error, letters), error.status
    return redirect(address)


def _letters_to_come(change_id: int) -> list[LetterPreview]:
    content, version = schemas.read_content(request.form), schemas.read_version(request.form)
    received_at = read_moment(request.form, "received_at")
    with unit_of_work() as session:
        return preview_of_correction(
            session,
            change_of_id(session, change_id),
            _content(session, content),
            received_at=received_at,
            version=version,
            actor=g.actor,
            now=clock.now(session),
        )


def _restate(change_id: int) -> str:
    content, version = schemas.read_content(request.form), schemas.read_version(request.form)
    with unit_of_work() as session:
        change = change_of_id(session, change_id)
        read = _content(session, content)
        restate(session, change, read, version=version, actor=g.actor, now=clock.now(session))
    flash(gettext("The record is corrected; the receipt and its clock stay."), "success")
    return url_for("upstream.show", change_id=change_id)


def _amend(change_id: int) -> str:
    content, version = schemas.read_content(request.form), schemas.read_version(request.form)
    receipt = schemas.read_receipt(request.form, read_upload(request.files.get("file")))
    with unit_of_work() as session:
        change = change_of_id(session, change_id)
        read = _content(session, content)
        correction = amend(session, change, read, receipt, version=version, actor=g.actor, now=clock.now(session))
        correction_id = correction.id
    flash(gettext("The source's correction is a notice of its own with its own day; the old one is kept."), "success")
    return url_for("upstream.show", change_id=correction_id)


SET: dict[str, Callable[[int], str]] = {"restate": _restate, "amend": _amend}


def _source(session: Session, wanted: int | str, content: ContentForm, *, now: datetime) -> DataSource:
    """Return the source; a new one stands behind the products that were named with it."""
    if isinstance(wanted, int):
        return source_of_id(session, wanted)
    if not content.products:
        raise InvalidInput(N_("Of a new source, say which products it serves."), field="products", clause="2.4")
    source = ensure_source(session, wanted, actor=g.actor, now=now)
    for product in _products(session, content.products):
        link_source(session, source, product, actor=g.actor, now=now)
    return source


def _content(session: Session, read: ContentForm) -> Content:
    return Content(
        kinds=read.kinds,
        subject=read.subject,
        summary=read.summary,
        effective_on=read.effective_on,
        products=tuple(_products(session, read.products)) if read.products else None,
        cancelled=read.cancelled,
    )


def _products(session: Session, ids: frozenset[int]) -> list[Product]:
    return list(session.scalars(select(Product).where(Product.id.in_(ids)).order_by(Product.code)))


def _form_of(change: UpstreamChange, now: datetime) -> Form:
    """Return what is on record as the form shows it."""
    form: Form = MultiDict(
        {
            "version": str(change.version),
            "subject": change.subject,
            "summary": change.summary if change.summary != change.subject else "",
            "effective_on": change.effective_on.isoformat() if change.effective_on else "",
            "received_at": _minute(now),
            "received_via": change.received_via.value,
        }
    )
    form.setlist("kinds", [kind.value for kind in ChangeKind if kind in change.kinds])
    form.setlist("products", [str(row.product_id) for row in change.products])
    form.setlist("cancelled", [str(row.product_id) for row in change.products if row.is_cancelled])
    return form


def _page(
    step: str,
    change: UpstreamChange | None,
    form: Form,
    error: LuyueError | None = None,
    letters: list[LetterPreview] | None = None,
) -> str:
    require(g.actor, ROOM[step])
    session = db.session()
    now = clock.now(session)
    known = sources(session)
    return render_template(
        "upstream/intake.html",
        step=step,
        change=change,
        form=form,
        is_open=change is None or step in presenting.acts_of(change),
        sources=known,
        served=json.dumps(
            {source.id: [each.id for each in products_of_source(session, source.id)] for source in known}
        ),
        products=list(session.scalars(select(Product).order_by(Product.code))),
        kind_options=[(each.value, label("upstream_kind", each)) for each in ChangeKind],
        cancellations=[kind.value for kind in CANCELLATIONS],
        via_options=[(each.value, label("received_via", each)) for each in ReceivedVia],
        may_name_source=may(g.actor, Permission.MANAGE_SOURCES),
        may_send=may(g.actor, Permission.HANDLE_UPSTREAM),
        error=error,
        letters=letters,
        seen=mark_of(letters) if letters is not None else None,
        latest=_minute(now),
        now=now,
    )


def _minute(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
