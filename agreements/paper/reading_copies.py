"""An English reading copy of a sealed Chinese document: a translation for convenience, without seal or signature.

It is drawn when it is asked for and never kept; the sealed document stays what it is. It is given only where what the
document is made of still says, in Chinese, exactly what was sealed.
"""

from sqlalchemy.orm import Session

from agreements.kernel.errors import N_, Conflict
from agreements.paper.content import PaperContent
from agreements.paper.issuing import verification_address
from agreements.paper.models import OfficialDocument
from agreements.paper.rendering import Frame, render
from agreements.paper.words import words_of_translation


def reading_copy(
    session: Session, document: OfficialDocument, *, chinese: PaperContent, english: PaperContent, provider: str
) -> bytes:
    """Return the PDF of a document's translation; the same bytes each time.

    chinese  what the document would say if it were made now; raises Conflict where that is not what was sealed
    english  the same in English
    """
    if document.content_sha256 is None or chinese.fingerprint() != document.content_sha256:
        raise Conflict(
            N_("What document %(number)s was made of has changed since; no reading copy of it can be made."),
            code="SAID_OTHERWISE",
            remedy=N_("Only the sealed Chinese document says what was sealed."),
            number=document.number,
        )
    address = verification_address(session, document.number)
    frame = Frame(document.number, provider, address, document.issued_at, document.is_trial)
    return render(english, frame, None, words_of_translation(document.signed_sha256)).content
