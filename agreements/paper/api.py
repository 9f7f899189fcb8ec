"""`/api/v1/papers` and `/api/v1/copies`: documents of ours with their files, and the vault of official copies."""

from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields

from agreements.kernel import files
from agreements.kernel.db import db
from agreements.kernel.web.downloads import PDF, file_response
from agreements.kernel.web.rest import A_PDF, RestRoom
from agreements.kernel.web.rest_fields import ID, Moment, Text, Word, absent
from agreements.kernel.web.rest_lists import PageQuery, page_of_rows, page_schema
from agreements.paper import reading, vault
from agreements.paper.models import OfficialDocument, VaultCopy
from agreements.paper.rules import PaperKind, PaperLanguage, SealKind, SignatureAnswer

papers = RestRoom(
    "papers", __name__, path="/papers", description="Documents of ours, each sealed, signed and kept as it went out."
)
copies = RestRoom(
    "copies", __name__, path="/copies", description="Official copies, with what their seals said (main 三 2)."
)
HASH = {"description": "SHA-256, hexadecimal."}


class PapersQuery(PageQuery):
    q = Text(
        longest=100,
        load_default=absent,
        metadata={"description": "Part of a number, a title, an order number or a tenant's name."},
    )
    kind = Word(PaperKind, load_default=absent)


class CopiesQuery(PageQuery):
    q = Text(
        longest=100,
        load_default=absent,
        metadata={"description": "Part of a file's name, an order number or a tenant's name."},
    )


class PaperShown(Schema):
    id = fields.Integer(required=True)
    number = fields.String(required=True)
    kind = Word(PaperKind, required=True)
    language = Word(PaperLanguage, required=True)
    title = fields.String(required=True)
    clause = fields.String(required=True)
    order_no = fields.String(required=True, allow_none=True)
    tenant_key = fields.String(required=True)
    pages = fields.Integer(required=True)
    seal = Word(SealKind, required=True)
    unsigned_sha256 = fields.String(required=True, metadata=HASH)
    signed_sha256 = fields.String(required=True, metadata=HASH)
    is_trial = fields.Boolean(required=True, metadata={"description": "Signed with a development certificate."})
    issued_at = Moment(required=True)
    issued_by = fields.String(required=True)
    timestamped_at = Moment(
        required=True, allow_none=True, metadata={"description": "As the timestamp authority says; null without one."}
    )
    file = fields.String(required=True, metadata={"description": "Where the PDF is."})


class CopyShown(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    order_no = fields.String(required=True, allow_none=True)
    pages = fields.Integer(required=True)
    answer = Word(SignatureAnswer, required=True)
    is_formal = fields.Boolean(required=True)
    sha256 = fields.String(required=True, metadata=HASH)
    signed_sha256 = fields.String(required=True, allow_none=True, metadata=HASH)
    kept_at = Moment(required=True)
    kept_by = fields.String(required=True)
    file = fields.String(required=True, metadata={"description": "Where the PDF is."})


PaperPage = page_schema(PaperShown, "PaperPage")
CopyPage = page_schema(CopyShown, "CopyPage")


@papers.reads("", answers=PaperPage, query=PapersQuery)
def listed(*, q: str | None, kind: PaperKind | None, page: int, size: int) -> dict[str, Any]:
    """Documents, newest first."""
    found = page_of_rows(db.session(), reading.documents(text=(q or "").strip(), kind=kind), page=page, size=size)
    found["items"] = [shown_paper(each) for each in found["items"]]
    return found


@papers.reads(f"/<{ID}:document_id>", answers=PaperShown)
def one(document_id: int) -> dict[str, Any]:
    """One document."""
    return shown_paper(reading.document_of_id(db.session(), document_id))


@papers.reads(f"/<{ID}:document_id>/file", answers=A_PDF)
def file(document_id: int) -> Response:
    """The signed PDF, as it was issued."""
    session = db.session()
    document = reading.document_of_id(session, document_id)
    return file_response(files.content_of(session, document.latest_file), f"{document.number}.pdf", PDF)


@copies.reads("", answers=CopyPage, query=CopiesQuery)
def listed_copies(*, q: str | None, page: int, size: int) -> dict[str, Any]:
    """Official copies, newest first."""
    found = page_of_rows(db.session(), reading.copies(text=(q or "").strip()), page=page, size=size)
    found["items"] = [shown_copy(each) for each in found["items"]]
    return found


@copies.reads(f"/<{ID}:copy_id>", answers=CopyShown)
def one_copy(copy_id: int) -> dict[str, Any]:
    """One official copy."""
    return shown_copy(vault.copy_of_id(db.session(), copy_id))


@copies.reads(f"/<{ID}:copy_id>/file", answers=A_PDF)
def copy_file(copy_id: int) -> Response:
    """The PDF as it was taken in."""
    session = db.session()
    found = vault.copy_of_id(session, copy_id)
    return file_response(files.content_of(session, found.file), found.name, PDF)


def shown_paper(row: OfficialDocument) -> dict[str, Any]:
    """Return what is told of a document of ours."""
    return {
        **{name: getattr(row, name) for name in PaperShown._declared_fields if hasattr(row, name)},  # noqa: SLF001
        "order_no": row.agreement.order_no if row.agreement else None,
        "tenant_key": row.tenant.tenant_key,
        "seal": row.use.seal.kind,
        "file": url_for(f"{papers.name}.file", document_id=row.id),
    }


def shown_copy(row: VaultCopy) -> dict[str, Any]:
    """Return what is told of an official copy."""
    return {
        **{name: getattr(row, name) for name in CopyShown._declared_fields if hasattr(row, name)},  # noqa: SLF001
        "order_no": row.agreement.order_no if row.agreement else None,
        "sha256": row.file.sha256,
        "file": url_for(f"{copies.name}.copy_file", copy_id=row.id),
    }
