"""`/api/v1/notices`: the notices with letters, attempts and arrivals; sealing, queueing, an arrival with its proof."""

from datetime import datetime
from typing import Any

from flask import Response, g
from sqlalchemy.orm import Session

from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.rest import A_FILE, RestRoom
from agreements.kernel.web.rest_fields import ID, content_of
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.parties.actions import Upload, address_in_clear, keep_upload, notice_address_in_force
from compliance.notices import reading
from compliance.notices.actions import body_text, notice_of_id
from compliance.notices.api_schemas import ArrivalBody, LetterText, NoticeActBody, NoticePage, NoticeQuery, NoticeShown
from compliance.notices.arrivals import arrival_of, record_arrival
from compliance.notices.dispatch import enqueue
from compliance.notices.models import Notice
from compliance.notices.reading import Sending
from compliance.notices.rules import ArrivalBasis, NoticeKind, NoticeState, arrival_event, legal_events
from compliance.notices.sealed_letters import seal_letter, sealed_letter_of

room = RestRoom(
    "notices",
    __name__,
    path="/notices",
    description="Our notices to tenants. *Sent*, *arrived* and *acknowledged* are different words.",
)
NOTICE = f"/<{ID}:notice_id>"


@room.reads("", answers=NoticePage, query=NoticeQuery)
def listed(
    *, state: NoticeState | None, kind: NoticeKind | None, failing: bool, page: int, size: int
) -> dict[str, Any]:
    """Notices, those that fail first, then the newest."""
    session = db.session()
    statement = reading.notices(state=state, kind=kind, only_failing=failing)
    found = page_of_rows(session, statement, page=page, size=size)
    failing_ids = reading.failing_among(session, [notice.id for notice in found["items"]])
    found["items"] = [_row(notice, is_failing=notice.id in failing_ids) for notice in found["items"]]
    return found


@room.reads(NOTICE, answers=NoticeShown)
def one(notice_id: int) -> dict[str, Any]:
    """One notice with its attempts and its arrival."""
    session = db.session()
    return _shown(session, notice_of_id(session, notice_id))


@room.reads(f"{NOTICE}/letter", answers=LetterText)
def letter(notice_id: int) -> dict[str, Any]:
    """The letter as it was approved."""
    session = db.session()
    notice = notice_of_id(session, notice_id)
    return {"subject": notice.subject, "text": body_text(session, notice), "sha256": notice.body_sha256}


@room.reads(f"{NOTICE}/proof", answers=A_FILE)
def proof(notice_id: int) -> Response:
    """The file that proves the arrival."""
    session = db.session()
    fact = arrival_of(session, notice_of_id(session, notice_id).id)
    if fact is None or fact.proof_file is None:
        raise NotFound(N_("There is no proof of this notice's arrival."), field="notice")
    return stored_file(session, fact.proof_file)


@room.acts(f"{NOTICE}/arrival", takes=ArrivalBody, answers=NoticeShown)
def arrive(
    session: Session,
    *,
    now: datetime,
    notice_id: int,
    basis: ArrivalBasis,
    arrived_at: datetime,
    note: str,
    proof: dict[str, Any],
) -> dict[str, Any]:
    """Record that a notice arrived, with its proof; one fact establishes it."""
    notice = notice_of_id(session, notice_id)
    upload = Upload(proof["name"], proof["media_type"], content_of(proof, "proof"))
    record_arrival(
        session,
        notice,
        basis=basis,
        arrived_at=arrived_at,
        proof=keep_upload(session, upload, now=now),
        note=note,
        actor=g.actor,
        now=now,
    )
    session.refresh(notice)
    return _shown(session, notice)


@room.acts(f"{NOTICE}/queue", takes=NoticeActBody, answers=NoticeShown)
def queue(session: Session, *, now: datetime, notice_id: int) -> dict[str, Any]:
    """Queue an approved or bounced notice to the address that the tenant's confirmation designates now."""
    notice = notice_of_id(session, notice_id)
    confirmed = notice_address_in_force(session, notice.tenant_id)
    address = address_in_clear(session, confirmed) if confirmed else None
    enqueue(session, notice, address, actor=g.actor, now=now)
    session.refresh(notice)
    return _shown(session, notice)


@room.acts(f"{NOTICE}/seal", takes=NoticeActBody, answers=NoticeShown)
def seal(session: Session, *, now: datetime, notice_id: int) -> dict[str, Any]:
    """Make the sealed PDF of an approved letter; a second time changes nothing."""
    notice = notice_of_id(session, notice_id)
    seal_letter(session, notice, actor=g.actor, now=now)
    return _shown(session, notice)


def _row(notice: Notice, *, is_failing: bool) -> dict[str, Any]:
    return {
        "id": notice.id,
        "number": notice.number,
        "kind": notice.kind,
        "clause": notice.clause,
        "tenant_key": notice.tenant.tenant_key,
        "order_no": notice.agreement.order_no,
        "cause": notice.cause,
        "state": notice.state,
        "language": notice.language,
        "subject": notice.subject,
        "stated_due_on": notice.stated_due_on,
        "is_failing": is_failing,
        "drafted_at": notice.drafted_at,
        "approved_at": notice.approved_at,
        "sent_at": notice.sent_at,
        "arrived_at": notice.arrived_at,
        "acknowledged_at": notice.acknowledged_at,
        "cancelled_at": notice.cancelled_at,
    }


def _shown(session: Session, notice: Notice) -> dict[str, Any]:
    legal = legal_events(notice.state)
    fact, sealed = arrival_of(session, notice.id), sealed_letter_of(session, notice)
    return {
        **_row(notice, is_failing=bool(reading.failing_among(session, [notice.id]))),
        "body_sha256": notice.body_sha256,
        "approved_by": notice.approved_by,
        "pre_approval": notice.pre_approval,
        "bases": [basis for basis in ArrivalBasis if arrival_event(basis) in legal],
        "arrival": None
        if fact is None
        else {
            "basis": fact.basis,
            "arrived_at": fact.arrived_at,
            "recorded_at": fact.recorded_at,
            "recorded_by": fact.recorded_by,
            "has_proof": fact.proof_file_id is not None,
            "note": fact.note,
        },
        "sealed_document": sealed.id if sealed else None,
        "sendings": [_sending(sending) for sending in reading.sendings(session, notice.id)],
    }


def _sending(sending: Sending) -> dict[str, Any]:
    outbox = sending.outbox
    return {
        "channel": outbox.channel,
        "address": sending.masked_address,
        "state": outbox.state,
        "message_id": outbox.message_id,
        "message_sha256": outbox.message_sha256,
        "attempts": sending.attempts,
    }
