"""`/api/v1/…/evidence`: what there is to show about a case or an agreement, and its sealed cover."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from agreements.kernel.db import db
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, Day, StrictSchema
from agreements.kernel.web.rest_once import Created
from agreements.paper.api import HASH, PaperShown, papers, shown_paper
from agreements.register.actions import agreement_of_order
from agreements.register.models import Agreement
from compliance.breaches import evidence
from compliance.breaches.actions import case_of_id
from compliance.breaches.models import BreachCase

room = RestRoom(
    "evidence",
    __name__,
    path="",
    description="Lists of evidence: what there is about a case or an agreement, each with its hash, and covers sealed.",
)
OF_CASE, OF_AGREEMENT = f"/cases/<{ID}:case_id>/evidence", "/agreements/<order_no>/evidence"


class ExhibitShown(Schema):
    name = fields.String(required=True)
    on = Day(required=True, metadata={"description": "When it came into being."})
    shows = fields.String(required=True, metadata={"description": "What it is to prove."})
    sha256 = fields.String(required=True, metadata=HASH)
    pages = fields.Integer(required=True, allow_none=True)


class EvidenceShown(Schema):
    exhibits = fields.List(fields.Nested(ExhibitShown), required=True, metadata={"description": "As of now."})
    covers = fields.List(fields.Nested(PaperShown), required=True, metadata={"description": "Newest first."})


class CoverBody(StrictSchema):
    """The address says it all."""


@room.reads(OF_CASE, answers=EvidenceShown)
def of_case(case_id: int) -> dict[str, Any]:
    """What a cover of the case would list now, and the covers made before."""
    session = db.session()
    case = case_of_id(session, case_id)
    return _shown(session, case, evidence.exhibits_of_case(session, case))


@room.reads(OF_AGREEMENT, answers=EvidenceShown)
def of_agreement(order_no: str) -> dict[str, Any]:
    """What a cover of the agreement would list now, and the covers made before."""
    session = db.session()
    agreement = _agreement(session, order_no)
    return _shown(session, agreement, evidence.exhibits_of_agreement(session, agreement))


@room.acts(f"{OF_CASE}/cover", takes=CoverBody, answers=PaperShown, status=HTTPStatus.CREATED)
def cover_case(session: Session, *, now: datetime, case_id: int) -> Created:
    """Seal the list of evidence of a case; its bytes are fixed by it."""
    return _issued(session, case_of_id(session, case_id), now=now)


@room.acts(f"{OF_AGREEMENT}/cover", takes=CoverBody, answers=PaperShown, status=HTTPStatus.CREATED)
def cover_agreement(session: Session, *, now: datetime, order_no: str) -> Created:
    """Seal the list of evidence of an agreement; its bytes are fixed by it."""
    return _issued(session, _agreement(session, order_no), now=now)


def _agreement(session: Session, order_no: str) -> Agreement:
    return agreement_of_order(session, require_shown_text(order_no, "order_no"))


def _shown(session: Session, subject: BreachCase | Agreement, exhibits: list[evidence.Exhibit]) -> dict[str, Any]:
    covers = evidence.covers_for(session, subject)
    return {"exhibits": exhibits, "covers": [shown_paper(each) for each in covers]}


def _issued(session: Session, subject: BreachCase | Agreement, *, now: datetime) -> Created:
    document = evidence.issue_cover(session, subject, actor=g.actor, now=now)
    return Created(shown_paper(document), url_for(f"{papers.name}.one", document_id=document.id))
