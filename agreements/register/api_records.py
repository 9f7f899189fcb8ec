"""`/api/v1/agreements/…`: the online terms an order was made under, the page of its spec, renewals and upgrades."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from agreements.kernel.db import db
from agreements.kernel.errors import N_, InvalidInput, NotFound
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import FileSent, Moment, StrictSchema, Text, Whole, Word, content_of
from agreements.parties.actions import Upload
from agreements.register.actions import agreement_of_order
from agreements.register.api_schemas import VALUE
from agreements.register.ledger import ledger_of
from agreements.register.models import Agreement
from agreements.register.online_terms import record_online_terms, versions_of
from agreements.register.rules import Succession, TermFact
from agreements.register.snapshots import record_snapshot, snapshot_of
from agreements.register.succession import link_predecessor, predecessor_of, successors_of, transition
from agreements.register.term_models import OnlineTerms, SpecSnapshot
from agreements.register.term_values import checked_value

MOST_CALLS = 999_999_999_999
MOST_TERMS = 60

records = RestRoom(
    "order_records",
    __name__,
    path="/agreements/<order_no>",
    description="Online terms of its product, the product page as it was displayed (main 二 1), and which order renews"
    " or upgrades which (8.1).",
)


class OnlineTermsShown(Schema):
    id = fields.Integer(required=True)
    label = fields.String(required=True)
    effective_from_at = Moment(required=True)
    recorded_at = Moment(required=True)
    recorded_by = fields.String(required=True)


class OnlineTermsList(Schema):
    items = fields.List(fields.Nested(OnlineTermsShown), required=True)


class OnlineTermSent(StrictSchema):
    key = Text(longest=60, required=True, metadata={"example": "change_notification"})
    value = fields.Raw(required=True, allow_none=True, metadata=VALUE)
    clause = Text(longest=40, load_default=None, allow_none=True)


class OnlineTermsBody(StrictSchema):
    label = Text(longest=80, required=True)
    effective_from_at = Moment(required=True)
    terms = fields.List(fields.Nested(OnlineTermSent), required=True, validate=validate.Length(1, MOST_TERMS))
    file = fields.Nested(FileSent, required=True)


class SnapshotShown(Schema):
    order_no = fields.String(required=True)
    url = fields.String(required=True)
    displayed_at = Moment(required=True)
    calls_each = fields.Integer(required=True, allow_none=True)
    bonus_each = fields.Integer(required=True)
    quota_of_form = fields.Integer(required=True, allow_none=True)
    sha256 = fields.String(required=True)
    recorded_at = Moment(required=True)
    recorded_by = fields.String(required=True)


class SnapshotBody(StrictSchema):
    url = Text(longest=500, required=True)
    displayed_at = Moment(required=True, metadata={"description": "The time of ordering."})
    calls_each = Whole(least=1, most=MOST_CALLS, load_default=None, allow_none=True)
    bonus_each = Whole(most=MOST_CALLS, load_default=0)
    file = fields.Nested(FileSent, required=True, metadata={"description": "The page as it was displayed."})


class LinkedOrder(Schema):
    order_no = fields.String(required=True)
    overlap_days = fields.Integer(required=True, metadata={"description": "Days on which both run."})
    gap_days = fields.Integer(required=True, metadata={"description": "Days on which neither runs."})
    charged_first = fields.String(required=True, metadata={"description": "Whose quota is charged first."})


class SuccessionShown(Schema):
    order_no = fields.String(required=True)
    kind = Word(Succession, required=True, allow_none=True)
    predecessor = fields.Nested(LinkedOrder, required=True, allow_none=True)
    successors = fields.List(fields.Nested(LinkedOrder), required=True)


class SuccessionBody(StrictSchema):
    predecessor = Text(longest=60, required=True, metadata={"description": "Order number of the same tenant's."})
    kind = Word(Succession, required=True)


@records.reads("/online-terms", answers=OnlineTermsList)
def online_terms(order_no: str) -> dict[str, Any]:
    """Versions of its product's online terms, the latest first."""
    session = db.session()
    return {"items": versions_of(session, _agreement(session, order_no).product_id)}


@records.acts("/online-terms", takes=OnlineTermsBody, answers=OnlineTermsShown, status=HTTPStatus.CREATED)
def record_online(
    session: Session,
    *,
    now: datetime,
    order_no: str,
    label: str,
    effective_from_at: datetime,
    terms: Sequence[dict[str, Any]],
    file: dict[str, Any],
) -> OnlineTerms:
    """Record a version with its text, in the shape of this order's terms; orders made under it are compared at once."""
    agreement = _agreement(session, order_no)
    if len({term["key"] for term in terms}) < len(terms):
        raise InvalidInput(N_("Name each term once."), field="terms")
    current = {key: row.applied.value for key, row in ledger_of(session, agreement.id, at=now).items()}
    return record_online_terms(
        session,
        agreement.product,
        label=label,
        effective_from_at=effective_from_at,
        terms=[_fact(term, current) for term in terms],
        upload=_upload(file),
        actor=g.actor,
        now=now,
    )


def _fact(term: dict[str, Any], current: dict[str, Any]) -> TermFact:
    if term["key"] not in current:
        raise InvalidInput(N_("This order has no term “%(key)s”."), field="terms", key=term["key"])
    return TermFact(term["key"], checked_value(term["key"], term["value"], current[term["key"]]), term["clause"])


@records.reads("/spec-snapshot", answers=SnapshotShown)
def snapshot(order_no: str) -> dict[str, Any]:
    """The page that governs what was bought."""
    session = db.session()
    agreement = _agreement(session, order_no)
    found = snapshot_of(session, agreement.id)
    if found is None:
        raise NotFound(N_("No page of the spec is kept for this order."), field="order_no")
    return _snapshot(agreement, found)


@records.acts("/spec-snapshot", takes=SnapshotBody, answers=SnapshotShown, status=HTTPStatus.CREATED)
def keep_page(session: Session, *, now: datetime, order_no: str, file: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Keep the page with its hash; where it gives more or fewer calls than the form, it governs."""
    agreement = _agreement(session, order_no)
    kept = record_snapshot(session, agreement, **said, upload=_upload(file), actor=g.actor, now=now)
    session.flush()  # its file is told
    return _snapshot(agreement, kept)


@records.reads("/succession", answers=SuccessionShown)
def succession(order_no: str) -> dict[str, Any]:
    """Which order it renews or upgrades, and which follow it."""
    session = db.session()
    return _succession(session, _agreement(session, order_no))


@records.acts("/succession", takes=SuccessionBody, answers=SuccessionShown)
def follow(session: Session, *, now: datetime, order_no: str, predecessor: str, kind: Succession) -> dict[str, Any]:
    """Say that it renews or upgrades another order of the tenant; neither's terms or quota change."""
    agreement = _agreement(session, order_no)
    link_predecessor(session, agreement, agreement_of_order(session, predecessor), kind, actor=g.actor, now=now)
    session.flush()  # what is told is read again
    return _succession(session, agreement)


def _agreement(session: Session, order_no: str) -> Agreement:
    return agreement_of_order(session, require_shown_text(order_no, "order_no"))


def _upload(file: dict[str, Any]) -> Upload:
    return Upload(file["name"], file["media_type"], content_of(file, "file"))


def _snapshot(agreement: Agreement, kept: SpecSnapshot) -> dict[str, Any]:
    named = ("url", "displayed_at", "calls_each", "bonus_each", "quota_of_form", "recorded_at", "recorded_by")
    return {name: getattr(kept, name) for name in named} | {
        "order_no": agreement.order_no,
        "sha256": kept.file.sha256,
    }


def _succession(session: Session, agreement: Agreement) -> dict[str, Any]:
    before = predecessor_of(session, agreement)
    return {
        "order_no": agreement.order_no,
        "kind": agreement.follows_as,
        "predecessor": _linked(before, before, agreement) if before else None,
        "successors": [_linked(each, agreement, each) for each in successors_of(session, agreement)],
    }


def _linked(shown: Agreement, old: Agreement, new: Agreement) -> dict[str, Any]:
    both = transition(old, new)
    return {
        "order_no": shown.order_no,
        "overlap_days": both.overlap_days,
        "gap_days": both.gap_days,
        "charged_first": both.charged_first,
    }
