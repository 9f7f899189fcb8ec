"""A trusted time for our documents: a document timestamp (RFC 3161) after our signature, where an authority is named.

It is asked for after a document was issued, outside of every transaction: an authority that does not answer delays no
act. Until then the document stands with its signature alone, its page says so, and the next run asks again.
"""

import io
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from asn1crypto import tsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, files
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.settings import Settings
from agreements.kernel.sweeps import always
from agreements.paper.models import OfficialDocument

log = logging.getLogger(__name__)

UnitOfWork = Callable[[], AbstractContextManager[Session]]
FIELD = "ProviderTimestamp"
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
SECONDS = 10
LONGEST_REPLY_BYTES = 64 * 1024
RESERVED_BYTES = 16 * 1024
MOST_PER_RUN = 50


class NotStamped(Exception):
    """The authority gave no timestamp; the words say why."""


class Authority(TimeStamper):
    """An authority at an http or https address."""

    def __init__(self, address: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        if urlsplit(address).scheme not in ("http", "https"):
            raise ValueError(f"signing_timestamp_url must be an http or https address, not {address!r}")
        self.address = address

    async def async_request_tsa_response(self, req: Any) -> Any:
        head = {"Content-Type": QUERY, "Accept": REPLY}
        asked = Request(self.address, data=req.dump(), headers=head)  # noqa: S310 - the scheme is checked
        try:
            with urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310, ASYNC210 - pyhanko's hook, in a job of its own
                content = answer.read(LONGEST_REPLY_BYTES + 1)
                is_reply = answer.headers.get_content_type() == REPLY
        except HTTPError as error:
            error.close()
            raise TimestampRequestError(f"the authority answered {error.code}") from error
        if not is_reply or len(content) > LONGEST_REPLY_BYTES:
            raise TimestampRequestError("the answer is no timestamp reply")
        return tsp.TimeStampResp.load(content)


@dataclass(frozen=True, slots=True)
class Stamped:
    """The file with its timestamp after it, and the time that the authority vouches for."""

    content: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class StampCounts:
    """What a run did; unanswered: 1 where the authority gave none, and the run ended there."""

    stamped: int = 0
    unanswered: int = 0


def stamp(content: bytes, address: str) -> Stamped:
    """Add a document timestamp to a signed file, whose bytes stay as they are before it; raises NotStamped."""
    target = io.BytesIO()
    try:
        PdfTimeStamper(Authority(address), field_name=FIELD).timestamp_pdf(
            IncrementalPdfFileWriter(io.BytesIO(content)), "sha256", bytes_reserved=RESERVED_BYTES, output=target
        )
    except (OSError, TimestampRequestError, ValueError) as error:
        raise NotStamped(f"{type(error).__name__}: {error}") from error
    [*_, token] = PdfFileReader(io.BytesIO(target.getvalue())).embedded_timestamp_signatures
    at: datetime = token.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    return Stamped(target.getvalue(), at)


def stamp_due(
    work: UnitOfWork, settings: Settings, *, now: datetime, go_on: Callable[[], bool] = always
) -> StampCounts:
    """Ask for the timestamps that are missing, oldest document first; without an authority there is nothing to do."""
    if not settings.signing_timestamp_url:
        return StampCounts()
    done = 0
    while done < MOST_PER_RUN and go_on():
        with work() as session:
            document = session.scalar(
                select(OfficialDocument)
                .where(OfficialDocument.stamped_file_id.is_(None))
                .order_by(OfficialDocument.id)
                .limit(1)
            )
            if document is None:
                break
            document_id, content = document.id, files.content_of(session, document.file)
        try:
            stamped = stamp(content, settings.signing_timestamp_url)
        except NotStamped as error:
            log.warning("the timestamp authority gave no timestamp for document %s: %s", document_id, error)
            return StampCounts(done, 1)
        with work() as session:
            _keep(session, document_id, stamped, now=now)
        done += 1
    return StampCounts(done)


def _keep(session: Session, document_id: int, stamped: Stamped, *, now: datetime) -> None:
    """Write the stamped file down, once: where another run was first, its file stays."""
    document = session.get_one(OfficialDocument, document_id)
    file = files.keep(
        session,
        stamped.content,
        name=f"{document.number}.pdf",
        media_type="application/pdf",
        now=now,
        is_made_here=True,
    )
    moved = session.scalar(
        update(OfficialDocument)
        .where(OfficialDocument.id == document_id, OfficialDocument.stamped_file_id.is_(None))
        .values(stamped_file_id=file.id, timestamped_at=stamped.at)
        .returning(OfficialDocument.id)
    )
    if moved is None:
        return
    audit.record(
        session,
        actor=SCHEDULER,
        act="paper.timestamped",
        subject=f"document:{document_id}",
        agreement_id=document.agreement_id,
        tenant_id=document.tenant_id,
        clause=document.clause,
        now=now,
        details={"timestamped_at": stamped.at.isoformat(), "sha256": file.sha256},
    )
