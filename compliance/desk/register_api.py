"""`/api/v1/register`: views under a name, labels, whose care orders are in, and taking the register out."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, g
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.downloads import CSV
from agreements.kernel.web.rest import FileTold, RestRoom
from agreements.kernel.web.rest_fields import ID, Flag, Moment, StrictSchema, Text, Whole
from agreements.kernel.web.spreadsheets import XLSX
from agreements.register.assigning import assign_owner, possible_owners
from agreements.register.models import Agreement
from compliance.desk import arranging
from compliance.desk.api_schemas import RegisterExportQuery
from compliance.desk.arranging import MOST_AT_ONCE, MOST_THAT_FIT
from compliance.desk.arranging_models import LONGEST_LABEL, LONGEST_NAME, SavedView
from compliance.desk.register_export import csv_answer, xlsx_answer
from compliance.desk.searching import ids_found, query_of, search_of

room = RestRoom(
    "register",
    __name__,
    path="/register",
    description="Arranging the register: saved views, labels, whose care orders are in; none of it changes an"
    " agreement. The search itself is `/agreements`.",
)


class ViewShown(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    query = fields.String(required=True, metadata={"description": "Of the register page's address."})
    shared = fields.Boolean(required=True, attribute="is_shared")
    mine = fields.Boolean(required=True)
    saved_at = Moment(required=True)


class ViewList(Schema):
    items = fields.List(fields.Nested(ViewShown), required=True)


class SearchSent(RegisterExportQuery):
    """The filters of `/agreements`."""


class ViewBody(StrictSchema):
    name = Text(longest=LONGEST_NAME, required=True)
    search = fields.Nested(SearchSent, load_default=dict)
    shared = Flag(load_default=False)


class DeleteBody(StrictSchema):
    """The address says it all."""


class LabelList(Schema):
    items = fields.List(fields.String(), required=True)


class OrdersBody(StrictSchema):
    orders = fields.List(Text(longest=60), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class LabelBody(OrdersBody):
    label = Text(longest=LONGEST_LABEL, required=True)


class OwnerBody(OrdersBody):
    person_id = Whole(least=1, required=True, allow_none=True, metadata={"description": "Null: into nobody's care."})


class FittingBody(StrictSchema):
    search = fields.Nested(SearchSent, load_default=dict)
    mark = Text(longest=64, required=True, metadata={"description": "Of `/register/fitting`, for the same search."})


class FittingLabelBody(FittingBody):
    label = Text(longest=LONGEST_LABEL, required=True)


class FittingOwnerBody(FittingBody):
    person_id = Whole(least=1, required=True, allow_none=True, metadata={"description": "Null: into nobody's care."})


class FittingShown(Schema):
    count = fields.Integer(required=True, metadata={"description": f"An act takes at most {MOST_THAT_FIT:,}."})
    mark = fields.String(required=True, metadata={"description": "Names this very set of orders."})


class Changed(Schema):
    changed = fields.Integer(required=True, metadata={"description": "Orders that were not so before."})


class OwnerShown(Schema):
    person_id = fields.Integer(required=True)
    name = fields.String(required=True)


class OwnerList(Schema):
    items = fields.List(fields.Nested(OwnerShown), required=True)


@room.reads("/views", answers=ViewList)
def views() -> dict[str, Any]:
    """One's own views and those that others share."""
    return _views(db.session())


@room.acts("/views", takes=ViewBody, answers=ViewList, status=HTTPStatus.CREATED)
def save_view(session: Session, *, now: datetime, name: str, search: dict[str, Any], shared: bool) -> dict[str, Any]:
    """Keep a search under a name; one's own view of that name is replaced."""
    asked = dict(parse_qsl(query_of(search_of(**SearchSent().load({}) | search))))
    arranging.save_view(session, name, asked, is_shared=shared, actor=g.actor, now=now)
    return _views(session)


@room.acts(f"/views/<{ID}:view_id>/delete", takes=DeleteBody, answers=ViewList)
def delete_view(session: Session, *, now: datetime, view_id: int) -> dict[str, Any]:  # noqa: ARG001 - nothing is dated
    """Delete a view of one's own; a shared one also as who manages people."""
    arranging.delete_view(session, view_id, actor=g.actor)
    session.flush()  # it is not in what is told
    return _views(session)


@room.reads("/labels", answers=LabelList)
def labels() -> dict[str, Any]:
    """Labels in use."""
    return {"items": arranging.all_labels(db.session())}


@room.acts("/labels/put", takes=LabelBody, answers=Changed)
def put_label(session: Session, *, now: datetime, orders: Sequence[str], label: str) -> dict[str, int]:
    """Put a label on orders."""
    ids = _ids(session, orders)
    return {"changed": arranging.put_label(session, ids, label, actor=g.actor, now=now)}


@room.acts("/labels/take-off", takes=LabelBody, answers=Changed)
def take_label_off(session: Session, *, now: datetime, orders: Sequence[str], label: str) -> dict[str, int]:
    """Take a label off orders."""
    ids = _ids(session, orders)
    return {"changed": arranging.take_label_off(session, ids, label, actor=g.actor, now=now)}


@room.reads("/owners", answers=OwnerList)
def owners() -> dict[str, Any]:
    """Who may look after orders."""
    return {"items": [{"person_id": number, "name": name} for number, name in possible_owners(db.session())]}


@room.acts("/owners/assign", takes=OwnerBody, answers=Changed)
def assign(session: Session, *, now: datetime, orders: Sequence[str], person_id: int | None) -> dict[str, int]:
    """Put orders into one person's care, or into nobody's."""
    return {"changed": assign_owner(session, _ids(session, orders), person_id, actor=g.actor, now=now)}


@room.reads("/fitting", answers=FittingShown, query=RegisterExportQuery)
def fitting(**search: Any) -> dict[str, Any]:
    """How many orders a search finds, and the mark of that set: an act on all that fit names it."""
    session = db.session()
    ids = _found(session, clock.now(session), **search)
    return {"count": len(ids), "mark": arranging.mark_of(ids)}


@room.acts("/fitting/labels/put", takes=FittingLabelBody, answers=Changed)
def put_label_on_fitting(session: Session, *, now: datetime, label: str, **which: Any) -> dict[str, int]:
    """Put a label on all orders that a search finds, if they are those that were seen."""
    return {"changed": arranging.put_label(session, _fitting(session, now, **which), label, actor=g.actor, now=now)}


@room.acts("/fitting/labels/take-off", takes=FittingLabelBody, answers=Changed)
def take_label_off_fitting(session: Session, *, now: datetime, label: str, **which: Any) -> dict[str, int]:
    """Take a label off all orders that a search finds, if they are those that were seen."""
    ids = _fitting(session, now, **which)
    return {"changed": arranging.take_label_off(session, ids, label, actor=g.actor, now=now)}


@room.acts("/fitting/owners/assign", takes=FittingOwnerBody, answers=Changed)
def assign_fitting(session: Session, *, now: datetime, person_id: int | None, **which: Any) -> dict[str, int]:
    """Put all orders that a search finds into one person's care, if they are those that were seen."""
    return {"changed": assign_owner(session, _fitting(session, now, **which), person_id, actor=g.actor, now=now)}


@room.reads("/export.csv", answers=FileTold((CSV,)), query=RegisterExportQuery)
def export_csv(**search: Any) -> Response:
    """All orders that a search finds, as CSV."""
    session = db.session()
    now = clock.now(session)
    return _whole(csv_answer(session, _found(session, now, **search), now=now))


@room.reads("/export.xlsx", answers=FileTold((XLSX,)), query=RegisterExportQuery)
def export_xlsx(**search: Any) -> Response:
    """All orders that a search finds, as a spreadsheet."""
    session = db.session()
    now = clock.now(session)
    return _whole(xlsx_answer(session, _found(session, now, **search), now=now))


def _whole(streamed: Response) -> Response:
    """Put an answer together before it is sent: a program gets all of it or a problem document."""
    streamed.make_sequence()
    return streamed


def _fitting(session: Session, now: datetime, *, search: dict[str, Any], mark: str) -> list[int]:
    require(g.actor, Permission.ARRANGE_REGISTER)
    ids = _found(session, now, **SearchSent().load({}) | search)
    arranging.require_the_same(ids, mark)
    arranging.require_few_enough(ids)
    return ids


def _found(session: Session, now: datetime, **asked: Any) -> list[int]:
    return list(session.scalars(ids_found(session, search_of(**asked), now=now, person_id=g.actor.id)))


def _ids(session: Session, orders: Sequence[str]) -> list[int]:
    """Return the ids of orders by their numbers; one that is not known raises NotFound."""
    rows = session.execute(select(Agreement.order_no, Agreement.id).where(Agreement.order_no.in_(orders)))
    known = {order_no: number for order_no, number in rows}  # noqa: C416 - rows are not tuples to the type checker
    missing = next((number for number in orders if number not in known), None)
    if missing is not None:
        raise NotFound(N_("There is no order “%(order_no)s”."), field="orders", order_no=missing)
    return sorted(known.values())


def _views(session: Session) -> dict[str, Any]:
    return {"items": [_view(each) for each in arranging.views_of(session, g.actor)]}


def _view(view: SavedView | arranging.ViewListed) -> dict[str, Any]:
    named = ("id", "name", "query", "is_shared", "saved_at")
    return {name: getattr(view, name) for name in named} | {"mine": view.person_id == g.actor.id}
