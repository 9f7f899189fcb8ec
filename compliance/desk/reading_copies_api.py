"""`/api/v1/papers/…/english`: the English reading copy of a document of ours."""

from flask import Response

from agreements.kernel.db import db
from agreements.kernel.web.downloads import PDF, file_response
from agreements.kernel.web.rest import A_PDF, RestRoom
from agreements.kernel.web.rest_fields import ID
from agreements.paper.reading import document_of_id
from compliance.desk.reading_copies import english_of

room = RestRoom(
    "translated_papers",
    __name__,
    path="/papers",
    description="English reading copies of our sealed documents: translations for convenience; the Chinese prevails.",
)


@room.reads(f"/<{ID}:document_id>/english", answers=A_PDF)
def english(document_id: int) -> Response:
    """The translation of a supplement, a settlement statement or a list of evidence, without seal or signature."""
    session = db.session()
    document = document_of_id(session, document_id)
    return file_response(english_of(session, document), f"{document.number}-en.pdf", PDF)
