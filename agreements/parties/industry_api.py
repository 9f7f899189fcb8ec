"""`/api/v1/industries`: the list of industries with their checklists; adding, renaming, retiring (clause 3.3 a)."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from agreements.kernel import clock, policies
from agreements.kernel.db import db
from agreements.kernel.policies import DOCUMENT_TYPES
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import Choice, StrictSchema, Text
from agreements.kernel.web.rest_once import Created
from agreements.parties import industries as acts
from agreements.parties.industries import LONGEST_NAME, Industry, industry_of_code, tenants_by_industry

room = RestRoom(
    "industries",
    __name__,
    path="/industries",
    description="Industries: our policy, each with the checklist of documents that it asks for before activation"
    " (clause 3.3 a).",
)
ONE = "/<code>"


class IndustryShown(Schema):
    code = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    is_retired = fields.Boolean(required=True)
    version = fields.Integer(required=True, metadata={"description": "0 as shipped."})
    documents = fields.List(fields.String(), required=True, metadata={"description": "Its checklist in force."})
    tenants = fields.Integer(required=True)


class IndustryList(Schema):
    items = fields.List(fields.Nested(IndustryShown), required=True)


class NewIndustryBody(StrictSchema):
    code = Text(longest=30, required=True, metadata={"example": "culture_tourism"})
    name_zh = Text(longest=LONGEST_NAME, required=True)
    name_en = Text(longest=LONGEST_NAME, required=True)
    documents = fields.List(Choice(DOCUMENT_TYPES), required=True)
    reason = Text(required=True, lines=True)


class IndustryNamesBody(StrictSchema):
    name_zh = Text(longest=LONGEST_NAME, required=True)
    name_en = Text(longest=LONGEST_NAME, required=True)
    reason = Text(required=True, lines=True)


class IndustryReasonBody(StrictSchema):
    reason = Text(required=True, lines=True)


@room.reads("", answers=IndustryList)
def listed() -> dict[str, Any]:
    """Every industry, retired ones too."""
    session = db.session()
    now = clock.now(session)
    return {"items": [_shown(session, each, now=now) for each in acts.industries(session).values()]}


@room.acts("", takes=NewIndustryBody, answers=IndustryShown, status=HTTPStatus.CREATED)
def add(
    session: Session, *, now: datetime, code: str, name_zh: str, name_en: str, documents: list[str], reason: str
) -> Created:
    """Add an industry with its checklist."""
    added = acts.add_industry(
        session, code, name_zh=name_zh, name_en=name_en, documents=documents, reason=reason, actor=g.actor, now=now
    )
    return Created(_shown(session, added, now=now), url_for(f"{room.name}.listed"))


@room.acts(f"{ONE}/rename", takes=IndustryNamesBody, answers=IndustryShown)
def rename(session: Session, *, now: datetime, code: str, name_zh: str, name_en: str, reason: str) -> dict[str, Any]:
    """Give it other names; code, tenants and checklist stay."""
    industry = _industry(session, code)
    renamed = acts.rename_industry(
        session, industry, name_zh=name_zh, name_en=name_en, reason=reason, actor=g.actor, now=now
    )
    return _shown(session, renamed, now=now)


@room.acts(f"{ONE}/retire", takes=IndustryReasonBody, answers=IndustryShown)
def retire(session: Session, *, now: datetime, code: str, reason: str) -> dict[str, Any]:
    """Offer it no more; tenants of it stay of it."""
    industry = _industry(session, code)
    return _shown(session, acts.retire_industry(session, industry, reason=reason, actor=g.actor, now=now), now=now)


@room.acts(f"{ONE}/restore", takes=IndustryReasonBody, answers=IndustryShown)
def restore(session: Session, *, now: datetime, code: str, reason: str) -> dict[str, Any]:
    """Offer a retired one again."""
    industry = _industry(session, code)
    return _shown(session, acts.restore_industry(session, industry, reason=reason, actor=g.actor, now=now), now=now)


def _industry(session: Session, code: str) -> Industry:
    return industry_of_code(session, require_shown_text(code, "code"))


def _shown(session: Session, industry: Industry, *, now: datetime) -> dict[str, Any]:
    return {
        "code": industry.code,
        "name_zh": industry.name_zh,
        "name_en": industry.name_en,
        "is_retired": industry.is_retired,
        "version": industry.version,
        "documents": policies.value_of(session, industry.policy, at=now),
        "tenants": tenants_by_industry(session).get(industry.code, 0),
    }
