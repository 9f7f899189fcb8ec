"""What REST takes and tells of notices."""

from marshmallow import Schema, fields

from agreements.kernel.web.rest_fields import Day, FileSent, Moment, QueryFlag, StrictSchema, Text, Word, absent
from agreements.kernel.web.rest_lists import PageQuery, page_schema
from compliance.notices.rules import ArrivalBasis, Channel, Language, NoticeKind, NoticeState, OutboxState, Outcome


class NoticeQuery(PageQuery):
    state = Word(NoticeState, load_default=absent)
    kind = Word(NoticeKind, load_default=absent)
    failing = QueryFlag(load_default=False, metadata={"description": "Only those that do not get through."})


class NoticeInList(Schema):
    id = fields.Integer(required=True)
    number = fields.String(required=True)
    kind = Word(NoticeKind, required=True)
    clause = fields.String(required=True)
    tenant_key = fields.String(required=True)
    order_no = fields.String(required=True)
    cause = fields.String(required=True, metadata={"example": "case:12"})
    state = Word(NoticeState, required=True)
    language = Word(Language, required=True)
    subject = fields.String(required=True)
    stated_due_on = Day(required=True, allow_none=True)
    is_failing = fields.Boolean(required=True)
    drafted_at = Moment(required=True)
    approved_at = Moment(required=True, allow_none=True)
    sent_at = Moment(
        required=True, allow_none=True, metadata={"description": "Taken by the remote system: not yet arrived."}
    )
    arrived_at = Moment(required=True, allow_none=True)
    acknowledged_at = Moment(required=True, allow_none=True)
    cancelled_at = Moment(required=True, allow_none=True)


class Attempt(Schema):
    started_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)
    outcome = Word(Outcome, required=True, allow_none=True)
    reply = fields.String(required=True, allow_none=True)
    host = fields.String(required=True, allow_none=True)


class SendingShown(Schema):
    channel = Word(Channel, required=True)
    address = fields.String(required=True, metadata={"description": "Masked."})
    state = Word(OutboxState, required=True)
    message_id = fields.String(required=True)
    message_sha256 = fields.String(required=True)
    attempts = fields.List(fields.Nested(Attempt), required=True, metadata={"description": "Oldest first."})


class ArrivalShown(Schema):
    basis = Word(ArrivalBasis, required=True)
    arrived_at = Moment(required=True)
    recorded_at = Moment(required=True)
    recorded_by = fields.String(required=True)
    has_proof = fields.Boolean(required=True)
    note = fields.String(required=True)


class NoticeShown(NoticeInList):
    body_sha256 = fields.String(required=True)
    approved_by = fields.String(required=True, allow_none=True)
    pre_approval = fields.String(required=True, allow_none=True)
    bases = fields.List(
        Word(ArrivalBasis), required=True, metadata={"description": "By what it can have arrived, as it stands now."}
    )
    arrival = fields.Nested(ArrivalShown, required=True, allow_none=True)
    sealed_document = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Of `/papers`: the letter as a sealed PDF."}
    )
    sendings = fields.List(fields.Nested(SendingShown), required=True)


class LetterText(Schema):
    subject = fields.String(required=True)
    text = fields.String(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the letter that was approved."})


class NoticeActBody(StrictSchema):
    """The address says it all."""


class ArrivalBody(StrictSchema):
    basis = Word(ArrivalBasis, required=True, metadata={"example": "personal"})
    arrived_at = Moment(required=True, metadata={"example": "2024-09-24T11:00:00+08:00"})
    note = Text(longest=1000, lines=True, load_default="", metadata={"example": "Handed over at the counter."})
    proof = fields.Nested(FileSent, required=True)


NoticePage = page_schema(NoticeInList, "NoticePage")
