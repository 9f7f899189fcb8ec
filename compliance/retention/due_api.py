"""`/api/v1/retention/…`: what may be destroyed and when, approving with what was seen, certificates."""

from datetime import datetime
from typing import Any

from flask import g
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, Choice, Day, Moment, StrictSchema, Text, Word, absent
from agreements.kernel.web.rest_lists import PageQuery, page_of_rows, page_schema
from agreements.paper.api import PaperShown, shown_paper
from compliance.retention import due_reading
from compliance.retention.certificate_paper import paper_of, seal_certificate
from compliance.retention.due_reading import Stage
from compliance.retention.models import DestructionCertificate, RetentionClock
from compliance.retention.purging import LONGEST_REASON, approvals_needed, approve, proposal_of_id
from compliance.retention.rules import (
    OF_AGREEMENTS,
    CountedFrom,
    ItemKind,
    ProposalState,
    RestsOn,
    RetentionClass,
    WhyKept,
)

room = RestRoom(
    "destruction",
    __name__,
    path="/retention",
    description="Classes of papers by the day from which they may be destroyed, proposals with what they would destroy,"
    " approvals by several people, and certificates of destruction (clause 5.2).",
)


class DueQuery(PageQuery):
    stage = Choice(tuple(each.value for each in Stage), load_default=absent)
    retention_class = Choice(tuple(each.value for each in OF_AGREEMENTS), load_default=absent)
    q = Text(longest=100, load_default=absent, metadata={"description": "Part of a name or of an order number."})


class DueClassShown(Schema):
    order_no = fields.String(required=True)
    retention_class = Word(RetentionClass, required=True)
    counted_from = Word(CountedFrom, required=True)
    counted_on = Day(required=True)
    months = fields.Integer(required=True)
    floor_months = fields.Integer(required=True)
    rests_on = Word(RestsOn, required=True)
    kept_through = Day(required=True)
    may_go_from = Moment(required=True)
    stage = Word(Stage, required=True)
    blocked_by = Word(WhyKept, required=True, allow_none=True)
    proposal = fields.Integer(required=True, allow_none=True)
    certificate = fields.String(required=True, allow_none=True)


class DestroyedItemShown(Schema):
    kind = Word(ItemKind, required=True)
    source = fields.String(required=True, metadata={"description": "Table and column."})
    row = fields.String(required=True)
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)


class DestructionApprovalShown(Schema):
    name = fields.String(required=True)
    approved_at = Moment(required=True)
    reason = fields.String(required=True)


class ProposalShown(Schema):
    id = fields.Integer(required=True)
    order_no = fields.String(required=True)
    retention_class = Word(RetentionClass, required=True)
    state = Word(ProposalState, required=True)
    blocked_by = Word(WhyKept, required=True, allow_none=True)
    mark = fields.String(required=True, metadata={"description": "Of exactly this plan; an approval sends it back."})
    items = fields.List(fields.Nested(DestroyedItemShown), required=True, metadata={"description": "What would go."})
    shared_files = fields.Integer(required=True, metadata={"description": "Stay, for something else keeps them."})
    approvals = fields.List(fields.Nested(DestructionApprovalShown), required=True)
    approvals_needed = fields.Integer(required=True)


class ApproveDestructionBody(StrictSchema):
    mark = Text(longest=64, required=True, metadata={"description": "The plan's mark as it was read."})
    reason = Text(longest=LONGEST_REASON, required=True, lines=True)


class CertificateShown(Schema):
    number = fields.String(required=True)
    order_no = fields.String(required=True)
    retention_class = Word(RetentionClass, required=True)
    issued_at = Moment(required=True)
    counted_from = Word(CountedFrom, required=True)
    counted_on = Day(required=True)
    months = fields.Integer(required=True)
    floor_months = fields.Integer(required=True)
    rests_on = Word(RestsOn, required=True)
    kept_through = Day(required=True)
    files = fields.Integer(required=True)
    values = fields.Integer(required=True)
    shared_files = fields.Integer(required=True)
    sha256 = fields.String(required=True)


class WholeCertificateShown(CertificateShown):
    approvals = fields.List(fields.Nested(DestructionApprovalShown), required=True)
    items = fields.List(fields.Nested(DestroyedItemShown), required=True)
    unaltered = fields.Boolean(required=True)
    paper = fields.Nested(
        PaperShown, required=True, allow_none=True, metadata={"description": "Its sealed document; null before."}
    )


class SealCertificateBody(StrictSchema):
    """The address says it all."""


DuePage = page_schema(DueClassShown, "DueClassPage")
CertificatePage = page_schema(CertificateShown, "CertificatePage")


@room.reads("/due", answers=DuePage, query=DueQuery)
def due(*, stage: str | None, retention_class: str | None, q: str | None, page: int, size: int) -> dict[str, Any]:
    """Scheduled classes, the one due first on top."""
    session = db.session()
    now = clock.now(session)
    found = page_of_rows(
        session,
        due_reading.scheduled_classes(
            stage=Stage(stage) if stage else None,
            retention_class=RetentionClass(retention_class) if retention_class else None,
            text=q or "",
            now=now,
        ),
        page=page,
        size=size,
    )
    clocks: list[RetentionClock] = list(found["items"])
    return found | {"items": [_due_shown(row) for row in due_reading.due_rows(session, clocks, now=now)]}


@room.reads(f"/proposals/<{ID}:proposal_id>", answers=ProposalShown)
def one_proposal(proposal_id: int) -> dict[str, Any]:
    """A proposal with everything that it would destroy now."""
    session = db.session()
    return _proposal(session, proposal_id, now=clock.now(session))


@room.acts(f"/proposals/<{ID}:proposal_id>/approve", takes=ApproveDestructionBody, answers=ProposalShown)
def approve_proposal(session: Session, *, now: datetime, proposal_id: int, mark: str, reason: str) -> dict[str, Any]:
    """Approve destroying exactly what was read; the last approval needed lets the scheduler carry it out."""
    approve(session, proposal_of_id(session, proposal_id), seen=mark, reason=reason, actor=g.actor, now=now)
    return _proposal(session, proposal_id, now=now)


@room.reads("/certificates", answers=CertificatePage, query=PageQuery)
def certificates(*, page: int, size: int) -> dict[str, Any]:
    """Certificates of destruction, newest first."""
    found = page_of_rows(db.session(), due_reading.certificates(), page=page, size=size)
    return found | {"items": [_certificate(each) for each in found["items"]]}


@room.reads("/certificates/<number>", answers=WholeCertificateShown)
def one_certificate(number: str) -> dict[str, Any]:
    """A certificate with each thing that was destroyed, and whether it says what the audit trail recorded."""
    session = db.session()
    return _whole_certificate(session, due_reading.certificate_of_number(session, require_shown_text(number, "number")))


@room.acts("/certificates/<number>/seal", takes=SealCertificateBody, answers=WholeCertificateShown)
def seal_one_certificate(session: Session, *, now: datetime, number: str) -> dict[str, Any]:
    """Make the sealed and signed PDF of a certificate; a second time changes nothing."""
    found = due_reading.certificate_of_number(session, require_shown_text(number, "number"))
    seal_certificate(session, found, actor=g.actor, now=now)
    return _whole_certificate(session, found)


def _whole_certificate(session: Session, found: DestructionCertificate) -> dict[str, Any]:
    paper = paper_of(session, found)
    return _certificate(found) | {
        "approvals": [
            {"name": name, "approved_at": at, "reason": reason}
            for name, at, reason in due_reading.approvals_shown(found)
        ],
        "items": found.items,
        "unaltered": due_reading.is_unaltered(session, found),
        "paper": shown_paper(paper) if paper else None,
    }


def _due_shown(row: due_reading.DueRow) -> dict[str, Any]:
    clock_row = row.clock
    return {
        "order_no": clock_row.agreement.order_no,
        "retention_class": clock_row.retention_class,
        "counted_from": clock_row.counted_from,
        "counted_on": clock_row.counted_on,
        "months": clock_row.months,
        "floor_months": clock_row.floor_months,
        "rests_on": clock_row.rests_on,
        "kept_through": clock_row.through_on,
        "may_go_from": clock_row.due_at,
        "stage": row.stage,
        "blocked_by": row.kept.why if row.kept and not row.kept.is_over else None,
        "proposal": row.proposal.id if row.proposal else None,
        "certificate": row.certificate.number if row.certificate else None,
    }


def _proposal(session: Session, proposal_id: int, *, now: datetime) -> dict[str, Any]:
    [shown] = due_reading.previews_of(session, [proposal_id], person_id=g.actor.id, now=now)
    proposal = shown.proposal
    return {
        "id": proposal.id,
        "order_no": proposal.agreement.order_no,
        "retention_class": proposal.retention_class,
        "state": proposal.state,
        "blocked_by": None if shown.kept.is_over else shown.kept.why,
        "mark": shown.plan.sha256,
        "items": shown.plan.items,
        "shared_files": len(shown.plan.shared),
        "approvals": shown.approvals,
        "approvals_needed": approvals_needed(session, now=now),
    }


def _certificate(found: DestructionCertificate) -> dict[str, Any]:
    return {
        "number": found.number,
        "order_no": found.agreement.order_no,
        "retention_class": found.retention_class,
        "issued_at": found.issued_at,
        "counted_from": found.counted_from,
        "counted_on": found.counted_on,
        "months": found.months,
        "floor_months": found.floor_months,
        "rests_on": found.rests_on,
        "kept_through": found.through_on,
        "files": found.files,
        "values": found.erased,
        "shared_files": found.shared,
        "sha256": found.sha256,
    }
