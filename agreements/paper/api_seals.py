"""`/api/v1/seals`: the seals, who may use them, making and retiring them, and the log of their uses."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import ActorKind, Role
from agreements.kernel.db import db
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID, Moment, StrictSchema, Text, Whole, Word
from agreements.kernel.web.rest_lists import PageQuery, page_of_rows, page_schema
from agreements.paper import reading, sealing
from agreements.paper.models import Seal, SealUse
from agreements.paper.rules import SealKind
from agreements.paper.seal_drawing import LONGEST_NAME
from agreements.paper.sealing import LONGEST_LINE

room = RestRoom("seals", __name__, path="/seals", description="Seals of ours; every use is logged with its document.")
SEAL = f"/<{ID}:seal_id>"
MOST_PEOPLE = 200


class SealShown(Schema):
    id = fields.Integer(required=True)
    kind = Word(SealKind, required=True)
    name = fields.String(required=True)
    line = fields.String(required=True, metadata={"description": "Under the star; may be empty."})
    roles = fields.List(Word(Role), required=True, metadata={"description": "Who may use it."})
    people = fields.List(fields.Integer(), required=True, metadata={"description": "Who may, by person's id."})
    made_at = Moment(required=True)
    made_by = fields.String(required=True)
    retired_at = Moment(required=True, allow_none=True)
    retired_by = fields.String(required=True, allow_none=True)
    retired_reason = fields.String(required=True, allow_none=True)


class UseShown(Schema):
    id = fields.Integer(required=True)
    seal_id = fields.Integer(required=True)
    document_id = fields.Integer(required=True)
    number = fields.String(required=True)
    used_at = Moment(required=True)
    actor_kind = Word(ActorKind, required=True)
    actor_name = fields.String(required=True)


SealPage = page_schema(SealShown, "SealPage")
UsePage = page_schema(UseShown, "SealUsePage")


class HoldersBody(StrictSchema):
    roles = fields.List(Word(Role), required=True, validate=validate.Length(0, len(Role)))
    people = fields.List(Whole(least=1), load_default=list, validate=validate.Length(0, MOST_PEOPLE))


class SealBody(HoldersBody):
    kind = Word(SealKind, required=True)
    name = Text(longest=LONGEST_NAME, required=True, metadata={"example": "岭云数据科技（杭州）有限公司"})
    line = Text(longest=LONGEST_LINE, load_default=None, allow_none=True)


class RetireBody(StrictSchema):
    reason = Text(longest=400, required=True)


@room.reads("", answers=SealPage, query=PageQuery)
def listed(*, page: int, size: int) -> dict[str, Any]:
    """Seals, those in use first."""
    found = page_of_rows(db.session(), reading.seals(), page=page, size=size)
    found["items"] = [_shown(each) for each in found["items"]]
    return found


@room.reads("/uses", answers=UsePage, query=PageQuery)
def uses(*, page: int, size: int) -> dict[str, Any]:
    """The log of uses, newest first."""
    found = page_of_rows(db.session(), reading.uses(), page=page, size=size)
    found["items"] = [_use(each) for each in found["items"]]
    return found


@room.acts("", takes=SealBody, answers=SealShown, status=HTTPStatus.CREATED)
def make(
    session: Session,
    *,
    now: datetime,
    kind: SealKind,
    name: str,
    line: str | None,
    roles: list[Role],
    people: list[int],
) -> dict[str, Any]:
    """Make a seal of a kind; the one in use has to be retired first."""
    seal = sealing.make_seal(
        session, kind, name=name, line=line or "", roles=roles, person_ids=people, actor=g.actor, now=now
    )
    return _shown(seal)


@room.acts(f"{SEAL}/holders", takes=HoldersBody, answers=SealShown)
def give(session: Session, *, now: datetime, seal_id: int, roles: list[Role], people: list[int]) -> dict[str, Any]:
    """Say anew who may use it; whoever is not named no longer may."""
    seal = sealing.seal_of_id(session, seal_id)
    sealing.give_to(session, seal, roles=roles, person_ids=people, actor=g.actor, now=now)
    return _shown(seal)


@room.acts(f"{SEAL}/retire", takes=RetireBody, answers=SealShown)
def retire(session: Session, *, now: datetime, seal_id: int, reason: str) -> dict[str, Any]:
    """Take it out of use for good; documents that bear it stay as they are."""
    seal = sealing.seal_of_id(session, seal_id)
    sealing.retire(session, seal, reason=reason, actor=g.actor, now=now)
    return _shown(seal)


def _shown(seal: Seal) -> dict[str, Any]:
    named = ("id", "kind", "name", "line", "made_at", "made_by", "retired_at", "retired_by", "retired_reason")
    return {name: getattr(seal, name) for name in named} | {
        "roles": [each.role for each in seal.holders if each.role is not None],
        "people": [each.person_id for each in seal.holders if each.person_id is not None],
    }


def _use(use: SealUse) -> dict[str, Any]:
    named = ("id", "seal_id", "document_id", "used_at", "actor_kind", "actor_name")
    return {name: getattr(use, name) for name in named} | {"number": use.document.number}
