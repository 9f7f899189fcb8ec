"""English reading copies of our sealed documents, each from the room that wrote it."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.instants import legal_date
from agreements.kernel.web.downloads import PDF, file_response
from agreements.paper import supplements
from agreements.paper.content import PaperContent
from agreements.paper.issuing import provider_name
from agreements.paper.models import OfficialDocument
from agreements.paper.reading import document_of_id
from agreements.paper.reading_copies import reading_copy
from agreements.paper.rules import PaperKind, PaperLanguage
from agreements.register.models import Agreement
from agreements.register.supplement_models import Supplement
from compliance.breaches import evidence
from compliance.breaches.models import BreachCase
from compliance.settlement import statement
from compliance.settlement.models import Settlement

blueprint = Blueprint("translated_papers", __name__, url_prefix="/papers")


@blueprint.app_context_processor
def parts() -> dict[str, object]:
    return {"has_reading_copy": has_reading_copy}


def has_reading_copy(document: OfficialDocument) -> bool:
    """Say whether a reading copy of such a document is offered."""
    return document.kind in SAID_BY and document.language is PaperLanguage.ZH and document.content_sha256 is not None


@blueprint.get("/<int:document_id>/english")
def english(document_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    document = document_of_id(session, document_id)
    return file_response(english_of(session, document), f"{document.number}-en.pdf", PDF)


def english_of(session: Session, document: OfficialDocument) -> bytes:
    """Return the reading copy; NotFound where none is offered, Conflict where the document would say something else."""
    if not has_reading_copy(document):
        raise NotFound(N_("No reading copy of document %(number)s is offered."), number=document.number)
    said = SAID_BY[document.kind]
    return reading_copy(
        session,
        document,
        chinese=said(session, document, PaperLanguage.ZH),
        english=said(session, document, PaperLanguage.EN),
        provider=provider_name(session, document.agreement),
    )


def _supplement(session: Session, document: OfficialDocument, language: PaperLanguage) -> PaperContent:
    supplement = session.get_one(Supplement, _number_in(document))
    provider, on = provider_name(session, supplement.agreement), legal_date(document.issued_at)
    return supplements.content_of(supplement, provider=provider, on=on, language=language)


def _settlement(session: Session, document: OfficialDocument, language: PaperLanguage) -> PaperContent:
    settlement = session.scalars(select(Settlement).where(Settlement.id == _number_in(document))).one()
    return statement.statement_again(session, settlement, on=legal_date(document.issued_at), language=language)


def _evidence(session: Session, document: OfficialDocument, language: PaperLanguage) -> PaperContent:
    of, _, number = (document.subject or "").partition(":")
    subject = session.get_one(BreachCase, int(number)) if of == "case" else session.get_one(Agreement, int(number))
    return evidence.cover(session, subject, on=legal_date(document.issued_at), language=language)


def _number_in(document: OfficialDocument) -> int:
    """Return the number in what a document was made for, such as 12 of "supplement:12"."""
    return int((document.subject or "").partition(":")[2])


SAID_BY = {
    PaperKind.SUPPLEMENT: _supplement,
    PaperKind.SETTLEMENT_STATEMENT: _settlement,
    PaperKind.EVIDENCE_COVER: _evidence,
}
