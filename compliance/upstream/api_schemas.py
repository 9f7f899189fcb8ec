"""What REST takes and tells of sources' changes."""

from marshmallow import Schema, fields, validate

from agreements.kernel.web.rest_fields import (
    Day,
    FileSent,
    Flag,
    Moment,
    QueryFlag,
    StrictSchema,
    Text,
    Whole,
    Word,
    absent,
)
from agreements.kernel.web.rest_lists import PageQuery, page_schema
from compliance.obligations.rules import ObligationState
from compliance.upstream.actions import LONGEST_SUBJECT, LONGEST_SUMMARY
from compliance.upstream.rules import AnswerKind, AnswerVia, ChangeKind, ChangeState, ImpactState, ReceivedVia, Triage


class UpstreamQuery(PageQuery):
    state = Word(ChangeState, load_default=absent)
    running = QueryFlag(load_default=False, metadata={"description": "Only those that are not done with."})


class UpstreamInList(Schema):
    id = fields.Integer(required=True)
    version = fields.Integer(required=True, metadata={"description": "An act names the version it saw."})
    source_id = fields.Integer(required=True)
    source = fields.String(required=True)
    kinds = fields.List(Word(ChangeKind), required=True)
    subject = fields.String(required=True)
    effective_on = Day(required=True, allow_none=True)
    received_at = Moment(required=True, metadata={"description": "When it reached us; the clock runs from here."})
    received_via = Word(ReceivedVia, required=True)
    recorded_at = Moment(required=True)
    state = Word(ChangeState, required=True)
    triage = Word(Triage, required=True, allow_none=True)
    amends_id = fields.Integer(required=True, allow_none=True)
    on_time = fields.Integer(required=True, metadata={"description": "Agreements told in time."})
    late = fields.Integer(required=True, metadata={"description": "Agreements told late."})
    waiting = fields.Integer(required=True, metadata={"description": "Agreements still to be told."})
    overdue = fields.Integer(required=True, metadata={"description": "Of those, how many are late by now."})
    exempt = fields.Integer(required=True)
    due_on = Day(required=True, allow_none=True, metadata={"description": "Of the earliest duty still open."})
    target_at = Moment(required=True, allow_none=True)
    overdue_from = Moment(required=True, allow_none=True)


class AnswerOfTenant(Schema):
    id = fields.Integer(required=True)
    kind = Word(AnswerKind, required=True)
    text = fields.String(required=True)
    via = Word(AnswerVia, required=True)
    answered_at = Moment(required=True)
    reply = fields.String(required=True, allow_none=True)
    replied_at = Moment(required=True, allow_none=True)


class ImpactShown(Schema):
    id = fields.Integer(required=True)
    order_no = fields.String(required=True)
    tenant_key = fields.String(required=True)
    state = Word(ImpactState, required=True)
    obligation_id = fields.Integer(required=True)
    obligation_state = Word(ObligationState, required=True)
    due_on = Day(required=True)
    is_overdue = fields.Boolean(required=True)
    notice_id = fields.Integer(required=True, allow_none=True)
    notified_at = Moment(required=True, allow_none=True)
    answer_due_on = Day(required=True, allow_none=True)
    answers = fields.List(fields.Nested(AnswerOfTenant), required=True, metadata={"description": "Oldest first."})


class UpstreamShown(UpstreamInList):
    summary = fields.String(required=True)
    has_file = fields.Boolean(required=True)
    products = fields.List(fields.String(), required=True, metadata={"description": "Codes of what it touches."})
    cancelled = fields.List(fields.String(), required=True, metadata={"description": "Codes of what stops as a whole."})
    triage_reason = fields.String(required=True, allow_none=True)
    impacts = fields.List(fields.Nested(ImpactShown), required=True, metadata={"description": "One an agreement."})


UpstreamPage = page_schema(UpstreamInList, "UpstreamPage")


class SourceShown(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    products = fields.List(fields.String(), required=True, metadata={"description": "Codes of what it serves."})


class SourceList(Schema):
    items = fields.List(fields.Nested(SourceShown), required=True)


class UpstreamContentBody(StrictSchema):
    """What a source announces."""

    kinds = fields.List(
        Word(ChangeKind),
        required=True,
        validate=validate.Length(1, len(ChangeKind)),
        metadata={"example": ["price"]},
    )
    subject = Text(
        longest=LONGEST_SUBJECT,
        required=True,
        metadata={
            "description": "One line: what changes. It goes into the letters: no tenant and no source is named.",
            "example": "核验单价调整",
        },
    )
    summary = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_SUMMARY),
        metadata={"description": "What the source said, for the letters; empty takes the subject."},
    )
    effective_on = Day(load_default=None, metadata={"example": "2024-12-01"})
    products = fields.List(
        Text(longest=60),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={"description": "Codes of what it touches; null for all that the source serves."},
    )
    cancelled = fields.List(
        Text(longest=60),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={"description": "Codes of what stops as a whole; null leaves it to the kinds."},
    )


class UpstreamReceivedBody(UpstreamContentBody):
    """What a source announces, and how it reached us."""

    received_at = Moment(required=True, metadata={"example": "2024-10-08T10:00:00+08:00"})
    received_via = Word(ReceivedVia, required=True, metadata={"example": "phone"})
    file = fields.Nested(
        FileSent, load_default=None, allow_none=True, metadata={"description": "Unless it was said by telephone."}
    )


class ReceiptBody(UpstreamReceivedBody):
    source_id = Whole(least=1, required=True, metadata={"description": "Of GET /upstream/sources.", "example": 1})
    triage = Word(
        Triage,
        load_default=None,
        allow_none=True,
        metadata={"description": "What a legal officer reads in it at once; null leaves it to legal."},
    )


class TriageBody(StrictSchema):
    version = Whole(least=1, required=True, metadata={"example": 1})
    triage = Word(Triage, required=True, metadata={"example": "upstream_change"})
    reason = fields.String(
        load_default="",
        validate=validate.Length(max=2000),
        metadata={"description": "Needed where it is no matter of clause 2.4."},
    )


VERSION = {"description": "As it was seen.", "example": 1}


class UpstreamRestateBody(UpstreamContentBody):
    version = Whole(least=1, required=True, metadata=VERSION)


class UpstreamAmendBody(UpstreamReceivedBody):
    version = Whole(least=1, required=True, metadata=VERSION)


class UpstreamWithdrawalBody(StrictSchema):
    version = Whole(least=1, required=True, metadata=VERSION)
    received_at = Moment(required=True, metadata={"example": "2024-10-08T10:00:00+08:00"})
    reason = Text(lines=True, required=True)
    without_notice = Flag(
        load_default=False, metadata={"description": "An approver's: only while nobody can have heard of it."}
    )
    file = fields.Nested(FileSent, load_default=None, allow_none=True)


class CloseUpstreamBody(StrictSchema):
    version = Whole(least=1, required=True, metadata=VERSION)
    note = Text(lines=True, required=True)


class UpstreamReasonBody(StrictSchema):
    reason = Text(lines=True, required=True)


class UpstreamMapBody(StrictSchema):
    """The address says it all."""


class UpstreamAnswerBody(StrictSchema):
    kind = Word(AnswerKind, required=True, metadata={"example": "accept"})
    text = fields.String(load_default="", validate=validate.Length(max=2000))
    said_by = fields.String(load_default="", validate=validate.Length(max=80))
    answered_at = Moment(required=True, metadata={"example": "2024-10-08T14:00:00+08:00"})
    file = fields.Nested(FileSent, required=True, metadata={"description": "The paper or message that proves it."})


class SignAftermathBody(StrictSchema):
    signed_at = Moment(required=True, metadata={"example": "2024-10-08T14:00:00+08:00"})
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    file = fields.Nested(FileSent, required=True, metadata={"description": "It bears both signatures."})


class UpstreamReplyBody(StrictSchema):
    reply = Text(lines=True, required=True)


class UpstreamLetter(Schema):
    tenant_key = fields.String(required=True)
    orders = fields.List(fields.String(), required=True)
    subject = fields.String(required=True)
    text = fields.String(required=True)
    address = fields.String(
        required=True, allow_none=True, metadata={"description": "Masked; null where the tenant designated none."}
    )
    notice_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null where it is still to go out."}
    )


UpstreamLetterPage = page_schema(UpstreamLetter, "UpstreamLetterPage")
