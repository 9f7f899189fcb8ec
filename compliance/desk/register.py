"""The register: search, filter, sort, page, keep a view of it, arrange several rows at once."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, rows_of, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError
from agreements.kernel.web.paging import PAGE_SIZE, Page
from agreements.products.models import Product
from agreements.register.assigning import assign_owner, possible_owners
from agreements.register.rules import AgreementState
from compliance.desk import arranging
from compliance.desk.pages import render_desk
from compliance.desk.reading import positions_of
from compliance.desk.register_export import csv_answer, xlsx_answer
from compliance.desk.register_rows import kinds_of, listed_of_ids, shown_rows
from compliance.desk.rules import ServiceState
from compliance.desk.searching import NOBODY, OWN, ids_found, page_of_ids, query_of, read_search

MOST_NAMED = 5
"""Agreements named where an act on all that fit is confirmed."""

blueprint = Blueprint("register", __name__)

_PRODUCTS = select(Product.code).order_by(Product.code)


@blueprint.get("/agreements")
def index() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    search = read_search(request.args)
    found = page_of_ids(
        session,
        search,
        number=request.args.get("page", 1, type=int),
        size=PAGE_SIZE,
        now=now,
        person_id=g.actor.id,
    )
    agreements = listed_of_ids(session, found.ids)
    positions = positions_of(session, agreements, now=now)
    rows = shown_rows(agreements, positions, arranging.labels_of(session, found.ids), now=now)
    query = query_of(search)
    return render_desk(
        "register.html",
        page=Page(rows=rows, number=found.number, size=PAGE_SIZE, total=found.total),
        search=search,
        query=query,
        kinds=kinds_of(rows),
        views=arranging.views_of(session, g.actor),
        products=tuple(row[0] for row in rows_of(session, _PRODUCTS)),
        states=tuple(AgreementState),
        services=tuple(ServiceState),
        owners=tuple(_owners(session)),
        labels=tuple(arranging.all_labels(session)),
        now=now,
    )


def _owners(session: Session) -> list[tuple[str, str]]:
    """Return whom the register can be narrowed to, as (value, words)."""
    people = [(str(person_id), name) for person_id, name in possible_owners(session)]
    return [(OWN, gettext("mine")), (NOBODY, gettext("nobody yet")), *people]


@blueprint.get("/register")
def old_address() -> ResponseReturnValue:
    """The top bar's search and the side bar come here; the register lives above its agreements."""
    query = urlencode(list(request.args.items(multi=True)))
    return redirect(url_for("register.index") + (f"?{query}" if query else ""))


@blueprint.get("/agreements/export.csv")
def export() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    return csv_answer(session, _ids(session, request.args), now=now)


@blueprint.get("/agreements/export.xlsx")
def export_xlsx() -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    return xlsx_answer(session, _ids(session, request.args), now=now)


def _ids(session: Session, address: Mapping[str, str]) -> list[int]:
    search = read_search(address)
    return list(session.scalars(ids_found(session, search, now=clock.now(session), person_id=g.actor.id)))


@blueprint.post("/register/views")
def save_view() -> ResponseReturnValue:
    """Keep what the register shows under a name."""
    address = _address_of(request.form.get("query", ""))
    with unit_of_work() as session:
        view = arranging.save_view(
            session,
            request.form.get("name", ""),
            address,
            is_shared=request.form.get("shared") == "yes",
            actor=g.actor,
            now=clock.now(session),
        )
        query = view.query
    flash(gettext("The view is kept."), "success")
    return _back(query)


@blueprint.post("/register/views/<int:view_id>/delete")
def delete_view(view_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        arranging.delete_view(session, view_id, actor=g.actor)
    flash(gettext("The view is deleted; no agreement changed."), "success")
    return _back(query_of(read_search(_address_of(request.form.get("query", "")))))


@blueprint.post("/register/rows")
def arrange() -> ResponseReturnValue:
    """Do one harmless act to the ticked rows: take them out, label them, put them into somebody's care.

    With `scope=all` it is meant for all that fit the search, and asked about first.
    """
    form = request.form
    act = form.get("act", "")
    if form.get("scope") == "all":
        return _asked_about(act)
    ids = arranging.chosen_ids(form.getlist("ids"))
    if act in ("csv", "xlsx"):
        return _taken_out(ids, act)
    with unit_of_work() as session:
        told = _arrange(session, act, ids, form)
    flash(told, "success")
    return _back(query_of(read_search(_address_of(form.get("query", "")))))


def _asked_about(act: str, error: LuyueError | None = None) -> ResponseReturnValue:
    """Ask whether an act is meant for all that fit; the lists that change nothing are handed out at once."""
    session, form = db.session(), request.form
    now = clock.now(session)
    address = _address_of(form.get("query", ""))
    ids = _ids(session, address)
    if act in ("csv", "xlsx"):
        return _taken_out(ids, act)
    require(g.actor, Permission.ARRANGE_REGISTER)
    arranging.require_few_enough(ids)
    page = render_desk(
        "register_all.html",
        act=act,
        meant=_meant(session, act, form),
        to=form.get("to", ""),
        label_name=form.get("label", ""),
        search=read_search(address),
        query=query_of(read_search(address)),
        owners=dict(_owners(session)),
        count=len(ids),
        first=listed_of_ids(session, ids[:MOST_NAMED]),
        mark=arranging.mark_of(ids),
        error=error,
        now=now,
    )
    return page, error.status if error else 200


def _meant(session: Session, act: str, form: Mapping[str, str]) -> str:
    """Return to whom or which label an act gives, so that it is read before it is confirmed; refuse what can't be."""
    if act == "assign":
        person_id = _person(form.get("to", ""))
        return dict(_owners(session)).get(NOBODY if person_id is None else str(person_id), "–")
    if act in ("label", "unlabel"):
        return arranging.read_label(form.get("label", ""))
    raise _no_such_act()


@blueprint.post("/register/all")
def arrange_all() -> ResponseReturnValue:
    """Do an act to all that fit a search, if they are those that were confirmed."""
    form = request.form
    query = query_of(read_search(_address_of(form.get("query", ""))))
    try:
        with unit_of_work() as session:
            ids = _ids(session, _address_of(query))
            arranging.require_the_same(ids, form.get("mark", ""))
            arranging.require_few_enough(ids)
            told = _arrange(session, form.get("act", ""), ids, form)
    except Conflict as error:
        return _asked_about(form.get("act", ""), error)
    flash(told, "success")
    return _back(query)


def _taken_out(ids: list[int], act: str) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    answer = csv_answer if act == "csv" else xlsx_answer
    return answer(session, ids, now=clock.now(session))


def _arrange(session: Session, act: str, ids: Iterable[int], form: Mapping[str, Any]) -> str:
    chosen, now = list(ids), clock.now(session)
    if act == "assign":
        changed = assign_owner(session, chosen, _person(form.get("to", "")), actor=g.actor, now=now)
        return str(ngettext("%(num)d agreement changed hands.", "%(num)d agreements changed hands.", changed))
    if act == "label":
        changed = arranging.put_label(session, chosen, form.get("label", ""), actor=g.actor, now=now)
        return str(ngettext("%(num)d agreement was labelled.", "%(num)d agreements were labelled.", changed))
    if act == "unlabel":
        changed = arranging.take_label_off(session, chosen, form.get("label", ""), actor=g.actor, now=now)
        return str(ngettext("The label is off %(num)d agreement.", "The label is off %(num)d agreements.", changed))
    raise _no_such_act()


def _no_such_act() -> InvalidInput:
    return InvalidInput(N_("There is no such act."), field="act", remedy=N_("Open the register again."))


def _person(text: str) -> int | None:
    """Read whom agreements are given to; NOBODY takes them out of everybody's care."""
    if text == NOBODY:
        return None
    if text == OWN and g.actor.id is not None:
        return int(g.actor.id)
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise InvalidInput(N_("It is not said who looks after them."), field="to", remedy=N_("Choose a person."))


def _address_of(query: str) -> Mapping[str, str]:
    return dict(parse_qsl(query[:2000]))


def _back(query: str) -> ResponseReturnValue:
    return redirect(url_for("register.index") + (f"?{query}" if query else ""))
