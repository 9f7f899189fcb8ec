"""`/api/v1/upstream/…`: legal's acts on a source's change, and on each agreement's part in it (clause 2.4)."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Response, g, url_for
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.files import StoredFile
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.rest import A_FILE, RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, require_printable
from agreements.kernel.web.rest_lists import PageQuery, page_of_items
from agreements.kernel.web.rest_once import Created
from compliance.upstream import reading
from compliance.upstream.actions import Receipt, restate
from compliance.upstream.aftermath import fail_aftermath, sign_aftermath
from compliance.upstream.answers import record_answer
from compliance.upstream.api import announced_content, impact_shown, shown, upload_of
from compliance.upstream.api import room as changes
from compliance.upstream.api_schemas import (
    CloseUpstreamBody,
    ImpactShown,
    SignAftermathBody,
    UpstreamAmendBody,
    UpstreamAnswerBody,
    UpstreamLetterPage,
    UpstreamMapBody,
    UpstreamReasonBody,
    UpstreamReplyBody,
    UpstreamRestateBody,
    UpstreamShown,
    UpstreamWithdrawalBody,
)
from compliance.upstream.correcting import Withdrawal, amend, withdraw
from compliance.upstream.deciding import close, exempt, restore_product
from compliance.upstream.mapping import map_change
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.moving import change_of_id, impact_of_id
from compliance.upstream.previews import LetterPreview, preview
from compliance.upstream.replying import answer_of_id, reply_to_all_asked
from compliance.upstream.rules import AnswerKind, ReceivedVia

room = RestRoom(
    "upstream_acts",
    __name__,
    path="/upstream",
    description="Correcting, withdrawing and closing a source's change; exemptions, answers and their aftermath (2.4).",
)
CHANGE = f"/<{ID}:upstream_id>"
IMPACT = f"/impacts/<{ID}:impact_id>"
ANSWER = f"/answers/<{ID}:answer_id>"


@room.acts(f"{CHANGE}/restatement", takes=UpstreamRestateBody, answers=UpstreamShown)
def correct_record(
    session: Session, *, now: datetime, upstream_id: int, version: int, **announced: Any
) -> dict[str, Any]:
    """Correct what was mistyped, as long as no letter says it; the receipt and its clock stay."""
    change = change_of_id(session, upstream_id)
    restate(session, change, announced_content(session, **announced), version=version, actor=g.actor, now=now)
    return _change(session, change, now=now)


@room.acts(f"{CHANGE}/amendment", takes=UpstreamAmendBody, answers=UpstreamShown, status=HTTPStatus.CREATED)
def amend_change(
    session: Session,
    *,
    now: datetime,
    upstream_id: int,
    version: int,
    received_at: datetime,
    received_via: ReceivedVia,
    file: dict[str, Any] | None,
    **announced: Any,
) -> Created:
    """Record the source's own correction: a receipt of its own with its own day; the old one is kept."""
    receipt = Receipt(received_at, received_via, upload_of(file))
    change = change_of_id(session, upstream_id)
    content = announced_content(session, **announced)
    fresh = amend(session, change, content, receipt, version=version, actor=g.actor, now=now)
    return Created(_change(session, fresh, now=now), url_for(f"{changes.name}.one", upstream_id=fresh.id))


@room.acts(f"{CHANGE}/withdrawal", takes=UpstreamWithdrawalBody, answers=UpstreamShown)
def withdraw_change(
    session: Session,
    *,
    now: datetime,
    upstream_id: int,
    version: int,
    received_at: datetime,
    reason: str,
    without_notice: bool,
    file: dict[str, Any] | None,
) -> dict[str, Any]:
    """The source takes its change back: whoever may have heard of it is told."""
    change = change_of_id(session, upstream_id)
    given = Withdrawal(received_at=received_at, reason=reason, upload=upload_of(file))
    withdraw(session, change, given, without_notice=without_notice, version=version, actor=g.actor, now=now)
    return _change(session, change, now=now)


@room.acts(f"{CHANGE}/closing", takes=CloseUpstreamBody, answers=UpstreamShown)
def close_change(session: Session, *, now: datetime, upstream_id: int, version: int, note: str) -> dict[str, Any]:
    """Be done with a change; everything stays on record."""
    change = change_of_id(session, upstream_id)
    close(session, change, note=note, version=version, actor=g.actor, now=now)
    return _change(session, change, now=now)


@room.acts(f"{CHANGE}/mapping", takes=UpstreamMapBody, answers=UpstreamShown)
def map_now(session: Session, *, now: datetime, upstream_id: int) -> dict[str, Any]:
    """Find the agreements concerned now rather than at the scheduler's next minute."""
    change = change_of_id(session, upstream_id)
    map_change(session, change, actor=g.actor, now=now)
    return _change(session, change, now=now)


@room.acts(f"{CHANGE}/products/<code>/restoration", takes=UpstreamReasonBody, answers=UpstreamShown)
def restore(session: Session, *, now: datetime, upstream_id: int, code: str, reason: str) -> dict[str, Any]:
    """Put a product that was cancelled on offer again."""
    change, code = change_of_id(session, upstream_id), require_shown_text(code, "product")
    row = next((each for each in change.products if each.product.code == code), None)
    if row is None:
        raise NotFound(N_("This notice names no such product."), field="product")
    restore_product(session, change, row.product_id, reason=reason, actor=g.actor, now=now)
    return _change(session, change, now=now)


@room.reads(f"{CHANGE}/letters", answers=UpstreamLetterPage, query=PageQuery)
def letters(upstream_id: int, *, page: int, size: int) -> dict[str, Any]:
    """Who gets what, letter by letter, before and after it goes out."""
    session = db.session()
    found = preview(session, change_of_id(session, upstream_id), now=clock.now(session))
    part = found[(page - 1) * size : page * size]
    return page_of_items([_letter(each) for each in part], len(found), page=page, size=size)


@room.reads(f"{CHANGE}/withdrawal/file", answers=A_FILE)
def withdrawal_file(upstream_id: int) -> Response:
    """The source's own words of the withdrawal."""
    return _file(change_of_id(db.session(), upstream_id).withdrawn_file)


@room.reads(IMPACT, answers=ImpactShown)
def one_impact(impact_id: int) -> dict[str, Any]:
    """One agreement's part in a change, with what its tenant answered."""
    session = db.session()
    return _impact(session, impact_of_id(session, impact_id), now=clock.now(session))


@room.acts(f"{IMPACT}/exemption", takes=UpstreamReasonBody, answers=ImpactShown)
def exempt_one(session: Session, *, now: datetime, impact_id: int, reason: str) -> dict[str, Any]:
    """Say as an approver that the change does not touch this agreement; our duty to it falls away."""
    impact = impact_of_id(session, impact_id)
    exempt(session, impact, reason=reason, actor=g.actor, now=now)
    return _impact(session, impact, now=now)


@room.acts(f"{IMPACT}/answers", takes=UpstreamAnswerBody, answers=ImpactShown, status=HTTPStatus.CREATED)
def answer(
    session: Session,
    *,
    now: datetime,
    impact_id: int,
    kind: AnswerKind,
    text: str,
    said_by: str,
    answered_at: datetime,
    file: dict[str, Any],
) -> dict[str, Any]:
    """Record an answer that did not come through the tenant's link, with what proves it."""
    require_printable(text.translate({10: None, 13: None, 9: None}) + said_by, "text")
    impact = impact_of_id(session, impact_id)
    record_answer(
        session,
        impact,
        kind,
        text=text,
        said_by=said_by,
        answered_at=answered_at,
        upload=upload_of(file),
        actor=g.actor,
        now=now,
    )
    return _impact(session, impact, now=now)


@room.acts(f"{IMPACT}/aftermath/signature", takes=SignAftermathBody, answers=ImpactShown)
def sign(
    session: Session, *, now: datetime, impact_id: int, signed_at: datetime, note: str, file: dict[str, Any]
) -> dict[str, Any]:
    """Both have signed the separate agreement on the aftermath of a refusal."""
    require_printable(note.translate({10: None, 13: None, 9: None}), "note")
    impact = impact_of_id(session, impact_id)
    sign_aftermath(session, impact, signed_at=signed_at, upload=upload_of(file), note=note, actor=g.actor, now=now)
    return _impact(session, impact, now=now)


@room.acts(f"{IMPACT}/aftermath/failure", takes=UpstreamReasonBody, answers=ImpactShown)
def fail(session: Session, *, now: datetime, impact_id: int, reason: str) -> dict[str, Any]:
    """The talks broke down: a dispute, nobody's breach."""
    impact = impact_of_id(session, impact_id)
    fail_aftermath(session, impact, reason=reason, actor=g.actor, now=now)
    return _impact(session, impact, now=now)


@room.reads(f"{IMPACT}/aftermath/file", answers=A_FILE)
def aftermath_file(impact_id: int) -> Response:
    """The agreement that both signed."""
    return _file(impact_of_id(db.session(), impact_id).aftermath_file)


@room.reads(f"{ANSWER}/file", answers=A_FILE)
def answer_file(answer_id: int) -> Response:
    """What proves an answer that an officer recorded."""
    return _file(answer_of_id(db.session(), answer_id).file)


@room.acts(f"{ANSWER}/reply", takes=UpstreamReplyBody, answers=ImpactShown)
def reply(session: Session, *, now: datetime, answer_id: int, reply: str) -> dict[str, Any]:
    """Reply to a question, for all orders that it was asked for; it stands behind the tenant's link."""
    asked = answer_of_id(session, answer_id)
    reply_to_all_asked(session, asked, text=reply, actor=g.actor, now=now)
    return _impact(session, asked.impact, now=now)


def _change(session: Session, change: UpstreamChange, *, now: datetime) -> dict[str, Any]:
    session.flush()
    session.refresh(change)
    return shown(session, change.id, now=now)


def _impact(session: Session, impact: UpstreamImpact, *, now: datetime) -> dict[str, Any]:
    campaign = reading.campaign(session, impact.change, now=now)
    return impact_shown(next(row for row in campaign.rows if row.impact.id == impact.id))


def _letter(letter: LetterPreview) -> dict[str, Any]:
    return {
        "tenant_key": letter.tenant.tenant_key,
        "orders": [agreement.order_no for agreement in letter.agreements],
        "subject": letter.subject,
        "text": letter.text,
        "address": letter.masked_address,
        "notice_id": letter.notice.id if letter.notice else None,
    }


def _file(stored: StoredFile | None) -> Response:
    if stored is None:
        raise NotFound(N_("There is no such file here."), field="file")
    return stored_file(db.session(), stored)
