"""Public verification: is this document ours, and is it as we issued it? Nothing of its content is told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.paper.checking import PdfCheck
from agreements.paper.issuing import document_of_number
from agreements.paper.models import OfficialDocument
from agreements.paper.rules import Genuineness, SignatureAnswer

LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Verified:
    """What anybody may know. The rest is None where the answer is unknown.

    has_more  further signatures were added after ours; ours still holds
    """

    answer: Genuineness
    number: str | None = None
    issued_at: datetime | None = None
    pages: int | None = None
    sha256: str | None = None
    is_trial: bool = False
    has_more: bool = False


def by_number(session: Session, number: str) -> Verified:
    """Say whether a number is one of ours; whether a copy of it is genuine, only the file can tell."""
    document = document_of_number(session, number) if len(number) <= LONGEST_NUMBER else None
    return _told(document, Genuineness.GENUINE) if document is not None else Verified(Genuineness.UNKNOWN)


def by_file(session: Session, found: PdfCheck) -> Verified:
    """Judge a checked file: the bytes as issued are genuine, also with our timestamp or harmless signatures after.

    A file that bears one of our numbers or our signature and is neither is altered.
    """
    hashes = (found.sha256, *found.revisions)
    document = session.scalar(select(OfficialDocument).where(OfficialDocument.signed_sha256.in_(hashes)))
    if document is not None:
        if found.sha256 in (document.signed_sha256, document.latest_file.sha256):
            return _told(document, Genuineness.GENUINE)
        holds = found.answer in (SignatureAnswer.VALID, SignatureAnswer.UNTRUSTED)
        return _told(document, Genuineness.GENUINE if holds else Genuineness.ALTERED, has_more=holds)
    for number in found.numbers:
        document = document_of_number(session, number)
        if document is not None:
            return _told(document, Genuineness.ALTERED)
    ours = session.scalar(
        select(OfficialDocument.id)
        .where(OfficialDocument.certificate_sha256.in_([each.certificate_sha256 for each in found.signatures]))
        .limit(1)
    )
    return Verified(Genuineness.UNKNOWN if ours is None else Genuineness.ALTERED)


def _told(document: OfficialDocument, answer: Genuineness, *, has_more: bool = False) -> Verified:
    return Verified(
        answer,
        number=document.number,
        issued_at=document.issued_at,
        pages=document.pages,
        sha256=document.signed_sha256,
        is_trial=document.is_trial,
        has_more=has_more,
    )
