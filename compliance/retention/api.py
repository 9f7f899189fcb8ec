"""`/api/v1/retention` and `/api/v1/access-log`: what is kept until when and why, holds, and who saw what."""

from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import access_log, clock
from agreements.kernel.access.rules import ActorKind, Permission, require
from agreements.kernel.access_log import Search, SensitiveKind
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.instants import start_of
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, Choice, Day, Flag, Moment, StrictSchema, Text, Word, absent
from agreements.kernel.web.rest_lists import PageQuery, page_of_rows, page_schema
from agreements.kernel.web.rest_once import Created
from agreements.parties.models import Tenant
from agreements.register.actions import agreement_of_order
from compliance.retention import reading
from compliance.retention.holding import LONGEST_REFERENCE, hold_of_id, lift_hold, place_hold
from compliance.retention.rules import (
    FLOOR_MONTHS,
    CountedFrom,
    HoldGround,
    RestsOn,
    RetentionClass,
    SurvivingDuty,
    WhyKept,
)

room = RestRoom(
    "retention",
    __name__,
    path="/retention",
    description="How long papers of an agreement are kept and why, holds on them, and duties that outlive it"
    " (clauses 5.1, 5.2).",
)
accesses = RestRoom(
    "access_log",
    __name__,
    path="/access-log",
    description="Who saw contact data in full, contract texts, letters and files (clause 5.1). Append-only.",
)
ONE_DAY = timedelta(days=1)


class KeptClassShown(Schema):
    retention_class = Word(RetentionClass, required=True)
    months = fields.Integer(required=True)
    files = fields.Integer(required=True)
    sealed_values = fields.Integer(required=True)
    why = Word(WhyKept, required=True)
    kept_through = Day(required=True, allow_none=True, metadata={"description": "Included; null for no end yet."})
    counted_from = Word(CountedFrom, required=True, allow_none=True)
    counted_on = Day(required=True, allow_none=True, metadata={"description": "Day of the event, itself not counted."})
    floor_months = fields.Integer(required=True, metadata={"description": "The least that the law asks."})
    rests_on = Word(RestsOn, required=True, allow_none=True)
    scheduled_at = Moment(required=True, allow_none=True)
    certificate = fields.String(required=True, allow_none=True, metadata={"description": "Of its destruction."})


class RetentionHoldShown(Schema):
    id = fields.Integer(required=True)
    ground = Word(HoldGround, required=True)
    whole_tenant = fields.Boolean(required=True)
    reference = fields.String(required=True)
    reason = fields.String(required=True)
    placed_at = Moment(required=True)
    placed_by = fields.String(required=True)


class SurvivalShown(Schema):
    duty = Word(SurvivingDuty, required=True)
    clause = fields.String(required=True)
    debtor = fields.String(required=True)
    agreed_through_on = Day(
        required=True,
        allow_none=True,
        metadata={"description": "Last day where the agreement limits it and is over; what the law asks goes on."},
    )


class RetentionShown(Schema):
    order_no = fields.String(required=True)
    ended_on = Day(required=True, allow_none=True)
    classes = fields.List(fields.Nested(KeptClassShown), required=True)
    holds = fields.List(fields.Nested(RetentionHoldShown), required=True, metadata={"description": "That stand."})
    surviving = fields.List(fields.Nested(SurvivalShown), required=True)


class RetentionHoldBody(StrictSchema):
    ground = Word(HoldGround, required=True)
    whole_tenant = Flag(load_default=False)
    reference = Text(longest=LONGEST_REFERENCE, required=True)
    reason = Text(required=True, lines=True)


class LiftHoldBody(StrictSchema):
    reason = Text(required=True, lines=True)


@room.reads("/agreements/<order_no>", answers=RetentionShown)
def of_agreement(order_no: str) -> dict[str, Any]:
    """What is kept of one agreement, until when and why."""
    session = db.session()
    return _sheet(session, require_shown_text(order_no, "order_no"), now=clock.now(session))


@room.acts("/agreements/<order_no>/holds", takes=RetentionHoldBody, answers=RetentionShown, status=HTTPStatus.CREATED)
def place(
    session: Session,
    *,
    now: datetime,
    order_no: str,
    ground: HoldGround,
    whole_tenant: bool,
    reference: str,
    reason: str,
) -> Created:
    """Place a dispute's or an authority's hold: nothing it covers is deleted."""
    agreement = agreement_of_order(session, require_shown_text(order_no, "order_no"))
    place_hold(
        session,
        agreement.tenant,
        None if whole_tenant else agreement,
        ground=ground,
        reference=reference,
        reason=reason,
        actor=g.actor,
        now=now,
    )
    return Created(_sheet(session, order_no, now=now), url_for(f"{room.name}.of_agreement", order_no=order_no))


@room.acts(f"/agreements/<order_no>/holds/<{ID}:hold_id>/lift", takes=LiftHoldBody, answers=RetentionShown)
def lift(session: Session, *, now: datetime, order_no: str, hold_id: int, reason: str) -> dict[str, Any]:
    """Lift a hold."""
    agreement = agreement_of_order(session, require_shown_text(order_no, "order_no"))
    hold = hold_of_id(session, hold_id)
    if hold.tenant_id != agreement.tenant_id:
        raise NotFound(N_("There is no hold %(number)s."), field="hold", number=hold_id)
    lift_hold(session, hold, reason=reason, actor=g.actor, now=now)
    return _sheet(session, order_no, now=now)


def _sheet(session: Session, order_no: str, *, now: datetime) -> dict[str, Any]:
    sheet = reading.sheet_of(session, agreement_of_order(session, order_no), now=now)
    return {
        "order_no": order_no,
        "ended_on": sheet.position.ended_on,
        "classes": [
            {
                "retention_class": row.retention_class,
                "months": row.months,
                "files": row.files,
                "sealed_values": row.values,
                "why": row.kept.why,
                "kept_through": row.kept.through_on,
                "counted_from": row.clock.counted_from if row.clock else None,
                "counted_on": row.clock.counted_on if row.clock else None,
                "floor_months": FLOOR_MONTHS[row.retention_class],
                "rests_on": row.clock.rests_on if row.clock else None,
                "scheduled_at": row.scheduled.scheduled_at if row.scheduled else None,
                "certificate": row.certificate.number if row.certificate else None,
            }
            for row in sheet.classes
        ],
        "holds": [
            {
                "id": hold.id,
                "ground": hold.ground,
                "whole_tenant": hold.agreement_id is None,
                "reference": hold.reference,
                "reason": hold.reason,
                "placed_at": hold.placed_at,
                "placed_by": hold.placed_by,
            }
            for hold in sheet.holds
        ],
        "surviving": sheet.surviving,
    }


class AccessQuery(PageQuery):
    person = Text(longest=100, load_default=absent, metadata={"description": "Part of a name."})
    tenant_key = Text(longest=60, load_default=absent)
    kind = Choice(tuple(kind.value for kind in SensitiveKind), load_default=absent)
    since = Day(load_default=absent, metadata={"description": "First day."})
    until = Day(load_default=absent, metadata={"description": "Last day."})


class AccessShown(Schema):
    id = fields.Integer(required=True)
    seen_at = Moment(required=True)
    actor_kind = Word(ActorKind, required=True)
    actor_name = fields.String(required=True)
    via_key = fields.String(required=True, allow_none=True)
    kind = Word(SensitiveKind, required=True)
    subject = fields.String(required=True)
    tenant_id = fields.Integer(required=True, allow_none=True)
    agreement_id = fields.Integer(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


AccessPage = page_schema(AccessShown, "AccessPage")


@accesses.reads("", answers=AccessPage, query=AccessQuery)
def listed(
    *,
    person: str | None,
    tenant_key: str | None,
    kind: str | None,
    since: date | None,
    until: date | None,
    page: int,
    size: int,
) -> dict[str, Any]:
    """Looks at what is confidential, newest first."""
    require(g.actor, Permission.READ_ACCESS_LOG)
    session = db.session()
    search = Search(
        person=(person or "").strip(),
        tenant_ids=_ids_of(session, tenant_key) if tenant_key else None,
        kind=SensitiveKind(kind) if kind else None,
        from_at=start_of(since) if since else None,
        to_at=start_of(until + ONE_DAY) if until else None,
    )
    return page_of_rows(session, access_log.looks(search), page=page, size=size)


def _ids_of(session: Session, tenant_key: str) -> tuple[int, ...]:
    """Return the tenant with this key; a list narrowed to one that there is not has no row."""
    return tuple(session.scalars(select(Tenant.id).where(Tenant.tenant_key == tenant_key)))
