"""`/api/v1/own-documents`: our own licences and certificates, with their validity (clause 4.1)."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import Response, g, url_for
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from agreements.kernel.db import db
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.rest import A_FILE, RestRoom
from agreements.kernel.web.rest_fields import ID, Day, FileSent, Moment, StrictSchema, Text, Whole, Word, content_of
from agreements.kernel.web.rest_once import Created
from agreements.parties.actions import Upload
from agreements.parties.own_documents import (
    OwnDocument,
    OwnDocumentType,
    is_replaced,
    own_document_of_id,
    own_documents,
    record_own_document,
)

room = RestRoom(
    "own_documents",
    __name__,
    path="/own-documents",
    description="Our own licences and certificates: what we warrant, with its validity (clause 4.1).",
)
ONE = f"/<{ID}:document_id>"


class OwnDocumentShown(Schema):
    id = fields.Integer(required=True)
    type = Word(OwnDocumentType, required=True)
    number = fields.String(required=True, allow_none=True)
    issuer = fields.String(required=True, allow_none=True)
    issued_on = Day(required=True, allow_none=True)
    expires_on = Day(required=True, allow_none=True, metadata={"description": "Its last day of validity."})
    replaces_id = fields.Integer(required=True, allow_none=True)
    is_replaced = fields.Boolean(required=True, metadata={"description": "A renewal took its place."})
    recorded_at = Moment(required=True)
    recorded_by = fields.String(required=True)
    file = fields.String(required=True, metadata={"description": "Where the file is."})


class OwnDocumentList(Schema):
    items = fields.List(fields.Nested(OwnDocumentShown), required=True)


class OwnDocumentBody(StrictSchema):
    type = Word(OwnDocumentType, required=True, metadata={"example": "business_licence"})
    number = Text(longest=80, load_default=None, allow_none=True)
    issuer = Text(longest=120, load_default=None, allow_none=True)
    issued_on = Day(load_default=None, allow_none=True)
    expires_on = Day(load_default=None, allow_none=True)
    renews = Whole(least=1, load_default=None, allow_none=True, metadata={"description": "The version it renews."})
    file = fields.Nested(FileSent, required=True)


@room.reads("", answers=OwnDocumentList)
def listed() -> dict[str, Any]:
    """Current ones, the earliest end first, then what was replaced."""
    session = db.session()
    return {"items": [_shown(session, each) for each in own_documents(session)]}


@room.reads(ONE, answers=OwnDocumentShown)
def one(document_id: int) -> dict[str, Any]:
    """One document of ours."""
    session = db.session()
    return _shown(session, own_document_of_id(session, document_id))


@room.reads(f"{ONE}/file", answers=A_FILE)
def file(document_id: int) -> Response:
    """Its file."""
    session = db.session()
    return stored_file(session, own_document_of_id(session, document_id).file)


@room.acts("", takes=OwnDocumentBody, answers=OwnDocumentShown, status=HTTPStatus.CREATED)
def record(
    session: Session,
    *,
    now: datetime,
    type: OwnDocumentType,  # noqa: A002 - the field's name
    number: str | None,
    issuer: str | None,
    issued_on: date | None,
    expires_on: date | None,
    renews: int | None,
    file: dict[str, Any],
) -> Created:
    """Keep a document of ours, or the renewal of one; the scheduler warns us before it ends."""
    row = record_own_document(
        session,
        type,
        upload=Upload(file["name"], file["media_type"], content_of(file, "file")),
        number=number,
        issuer=issuer,
        issued_on=issued_on,
        expires_on=expires_on,
        replaces=own_document_of_id(session, renews) if renews else None,
        actor=g.actor,
        now=now,
    )
    return Created(_shown(session, row), url_for(f"{room.name}.one", document_id=row.id))


def _shown(session: Session, row: OwnDocument) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in OwnDocumentShown().fields if name not in ("file", "is_replaced")}
    return told | {
        "is_replaced": is_replaced(session, row),
        "file": url_for(f"{room.name}.file", document_id=row.id),
    }
