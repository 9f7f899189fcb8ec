"""`/api/v1/paper-checks`, and acts on `/copies` and `/supplements`: what a PDF's seals say, and keeping it."""

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, FileSent, Moment, StrictSchema, Text, Whole, Word, content_of
from agreements.kernel.web.rest_once import Created
from agreements.paper import supplements as supplement_papers
from agreements.paper import vault, verifying
from agreements.paper.api import HASH, CopyShown, PaperShown, copies, shown_copy, shown_paper
from agreements.paper.checking import PdfCheck
from agreements.paper.rules import Genuineness, Sameness, SignatureAnswer
from agreements.paper.verifying import LONGEST_NUMBER
from agreements.parties.actions import Upload
from agreements.register.actions import agreement_of_order
from agreements.register.supplements import supplement_of_number

checks = RestRoom(
    "paper_checks",
    __name__,
    path="/paper-checks",
    description="Checking a PDF without keeping it: valid, chain not trusted, or altered; comparing two downloads; and"
    " whether a document is ours (main 三 2).",
)
kept = RestRoom("kept_copies", __name__, path="/copies", description="Taking an official copy into the vault.")
sealed = RestRoom(
    "supplement_papers",
    __name__,
    path="/supplements/<number>",
    description="Our sealed document of a supplement, and the vault's copy of the one that the tenant signed.",
)


class SignatureShown(Schema):
    answer = Word(SignatureAnswer, required=True)
    reason = fields.String(
        required=True,
        metadata={"description": "altered, drawn_over, revoked, expired, unknown_authority; empty where valid."},
    )
    signer = fields.String(required=True)
    organisation = fields.String(required=True)
    issuer = fields.String(required=True)
    serial = fields.String(required=True)
    certificate_sha256 = fields.String(required=True, metadata=HASH)
    signed_sha256 = fields.String(required=True, metadata=HASH)
    signed_at = fields.String(required=True, allow_none=True, metadata={"description": "As the signer says."})
    timestamped_at = fields.String(required=True, allow_none=True, metadata={"description": "As an authority says."})
    is_visible = fields.Boolean(required=True)


class CheckShown(Schema):
    answer = Word(SignatureAnswer, required=True, metadata={"description": "Of the worst signature."})
    sha256 = fields.String(required=True, metadata=HASH)
    pages = fields.Integer(required=True)
    text_sha256 = fields.String(required=True, metadata=HASH)
    numbers = fields.List(fields.String(), required=True, metadata={"description": "Numbers of ours that it bears."})
    signatures = fields.List(fields.Nested(SignatureShown), required=True)


class VerifiedShown(Schema):
    answer = Word(Genuineness, required=True)
    number = fields.String(required=True, allow_none=True)
    issued_at = Moment(required=True, allow_none=True)
    pages = fields.Integer(required=True, allow_none=True)
    sha256 = fields.String(required=True, allow_none=True, metadata=HASH)
    is_trial = fields.Boolean(required=True)
    has_more = fields.Boolean(required=True, metadata={"description": "Signatures were added after ours."})


class CheckedShown(Schema):
    check = fields.Nested(CheckShown, required=True)
    verified = fields.Nested(VerifiedShown, required=True, metadata={"description": "Whether it is one of ours."})


class ComparedShown(Schema):
    sameness = Word(Sameness, required=True)
    first = fields.Nested(CheckShown, required=True)
    second = fields.Nested(CheckShown, required=True)


class CheckBody(StrictSchema):
    file = fields.Nested(FileSent, required=True)


class CompareBody(StrictSchema):
    first = fields.Nested(FileSent, required=True)
    second = fields.Nested(FileSent, required=True)


class VerifyQuery(StrictSchema):
    number = Text(longest=LONGEST_NUMBER, required=True, metadata={"description": "As printed on the document."})


class KeepBody(CheckBody):
    order_no = Text(longest=60, load_default=None, allow_none=True, metadata={"example": "200000000000001"})


class FormalBody(StrictSchema):
    """The address says it all."""


class SealSupplementBody(StrictSchema):
    version = Whole(least=1, required=True)


def _pdf(file: dict[str, Any], field: str) -> Upload:
    upload = vault.require_pdf(Upload(file["name"], file["media_type"], content_of(file, field)))
    assert upload is not None
    return upload


def _checked(*uploads: Upload) -> list[PdfCheck]:
    look = vault.checker(db.session().info["settings"])
    db.session.remove()  # no transaction stays open while a foreign file is looked at
    return [look(upload.content) for upload in uploads]


def _looked_at(*, file: dict[str, Any]) -> dict[str, Any]:
    [found] = _checked(_pdf(file, "file"))
    return {"found": found}


@checks.acts("", takes=CheckBody, answers=CheckedShown, prepares=_looked_at)
def check(session: Session, *, now: datetime, found: PdfCheck) -> dict[str, Any]:  # noqa: ARG001 - nothing is dated
    """Check a PDF's signatures and seals; nothing of it is kept."""
    return {"check": asdict(found), "verified": verifying.by_file(session, found)}


def _both(*, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    one, other = _checked(_pdf(first, "first"), _pdf(second, "second"))
    return {"first": one, "second": other}


@checks.acts("/comparison", takes=CompareBody, answers=ComparedShown, prepares=_both)
def compare(session: Session, *, now: datetime, first: PdfCheck, second: PdfCheck) -> dict[str, Any]:  # noqa: ARG001 - nothing is read
    """Compare two downloads by what was signed; nothing of them is kept."""
    return {"sameness": vault.compare(first, second), "first": asdict(first), "second": asdict(second)}


@checks.reads("/verification", answers=VerifiedShown, query=VerifyQuery)
def verify(*, number: str) -> verifying.Verified:
    """Say whether a number is one of ours; whether a copy of it is genuine, only the file can tell."""
    return verifying.by_number(db.session(), number.strip())


def _to_keep(*, file: dict[str, Any], order_no: str | None) -> dict[str, Any]:
    require(g.actor, Permission.KEEP_COPY)
    upload = _pdf(file, "file")
    [found] = _checked(upload)
    return {"upload": upload, "found": found, "order_no": order_no}


@kept.acts("", takes=KeepBody, answers=CopyShown, status=HTTPStatus.CREATED, prepares=_to_keep)
def keep(session: Session, *, now: datetime, upload: Upload, found: PdfCheck, order_no: str | None) -> Created:
    """Keep a copy with what its check said; the same file of the same agreement is kept once."""
    agreement = agreement_of_order(session, order_no) if order_no else None
    copy = vault.keep_copy(session, upload, found, agreement=agreement, actor=g.actor, now=now)
    return Created(shown_copy(copy), url_for(f"{copies.name}.one_copy", copy_id=copy.id))


@kept.acts(f"/<{ID}:copy_id>/formal", takes=FormalBody, answers=CopyShown)
def make_formal(session: Session, *, now: datetime, copy_id: int) -> dict[str, Any]:
    """Make it the agreement's formal copy; an altered or unsigned file never is."""
    copy = vault.copy_of_id(session, copy_id)
    vault.make_formal(session, copy, actor=g.actor, now=now)
    return shown_copy(copy)


@sealed.acts("/seal", takes=SealSupplementBody, answers=PaperShown, status=HTTPStatus.CREATED)
def seal(session: Session, *, now: datetime, number: str, version: int) -> dict[str, Any]:
    """Make our sealed document of it, as an approver; with it our side has signed (8.1)."""
    supplement = supplement_of_number(session, require_shown_text(number, "number"))
    document = supplement_papers.seal_and_sign(session, supplement, version=version, actor=g.actor, now=now)
    return shown_paper(document)


def _signed(*, number: str) -> dict[str, Any]:
    require(g.actor, Permission.KEEP_COPY)
    session = db.session()
    supplement = supplement_of_number(session, require_shown_text(number, "number"))
    upload = supplement_papers.signed_file(session, supplement)
    [found] = _checked(upload)
    return {"number": number, "upload": upload, "found": found}


@sealed.acts("/copy", takes=FormalBody, answers=CopyShown, status=HTTPStatus.CREATED, prepares=_signed)
def keep_signed(session: Session, *, now: datetime, number: str, upload: Upload, found: PdfCheck) -> dict[str, Any]:
    """Check the document that the tenant signed, and keep it in the vault."""
    agreement = supplement_of_number(session, number).agreement
    return shown_copy(vault.keep_copy(session, upload, found, agreement=agreement, actor=g.actor, now=now))
