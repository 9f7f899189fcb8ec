"""Page: the list of industries, which is policy; adding, renaming, retiring."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock, policies
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.policies import DOCUMENT_TYPES
from agreements.parties.industries import (
    add_industry,
    industries,
    industry_of_code,
    rename_industry,
    restore_industry,
    retire_industry,
    tenants_by_industry,
)

industry_pages = Blueprint("industries", __name__, url_prefix="/admin/industries")


@industry_pages.get("")
def index() -> ResponseReturnValue:
    return _page()


def _page(*, at: str = "", error: LuyueError | None = None) -> ResponseReturnValue:
    """Show the list. at: the form that was refused, “add” or an industry's code."""
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    listed = industries(session)
    html = render_template(
        "parties/industries.html",
        industries=list(listed.values()),
        tenants=tenants_by_industry(session),
        checklists=policies.values_of(session, {each.policy for each in listed.values()}, at=now),
        events=_events(session),
        document_types=DOCUMENT_TYPES,
        form=request.form,
        at=at,
        error=error,
    )
    return html, error.status if error else 200


def _events(session: Session) -> list[AuditEvent]:
    """Return what was changed, newest first."""
    return list(
        session.scalars(select(AuditEvent).where(AuditEvent.act.like("industry.%")).order_by(AuditEvent.seq.desc()))
    )


@industry_pages.post("")
def add() -> ResponseReturnValue:
    form = request.form

    def put(session: Session, now: datetime) -> None:
        add_industry(
            session,
            form.get("code", ""),
            name_zh=form.get("name_zh", ""),
            name_en=form.get("name_en", ""),
            documents=form.getlist("documents"),
            reason=form.get("reason", ""),
            actor=g.actor,
            now=now,
        )

    return _do("add", put, gettext("The industry is added."))


@industry_pages.post("/<code>/rename")
def rename(code: str) -> ResponseReturnValue:
    form = request.form

    def put(session: Session, now: datetime) -> None:
        rename_industry(
            session,
            industry_of_code(session, code),
            name_zh=form.get("name_zh", ""),
            name_en=form.get("name_en", ""),
            reason=form.get("reason", ""),
            actor=g.actor,
            now=now,
        )

    return _do(code, put, gettext("The industry is renamed."))


@industry_pages.post("/<code>/retire")
def retire(code: str) -> ResponseReturnValue:
    def put(session: Session, now: datetime) -> None:
        reason = request.form.get("reason", "")
        retire_industry(session, industry_of_code(session, code), reason=reason, actor=g.actor, now=now)

    return _do(code, put, gettext("The industry is retired."))


@industry_pages.post("/<code>/restore")
def restore(code: str) -> ResponseReturnValue:
    def put(session: Session, now: datetime) -> None:
        reason = request.form.get("reason", "")
        restore_industry(session, industry_of_code(session, code), reason=reason, actor=g.actor, now=now)

    return _do(code, put, gettext("The industry is offered again."))


def _do(at: str, use_case: Callable[[Session, datetime], None], said: str) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            use_case(session, clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _page(at=at, error=error)
    flash(said, "success")
    return redirect(url_for(".index"))
