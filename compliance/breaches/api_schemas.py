"""What REST takes and tells of cases."""

from marshmallow import Schema, fields, validate

from agreements.kernel.web.rest_fields import Choice, Day, Moment, StrictSchema, Text, Whole, Word, absent
from agreements.kernel.web.rest_lists import PageQuery, page_schema
from compliance.breaches import board
from compliance.breaches.rules import CaseGround, CaseState, GroundClass
from compliance.breaches.schemas import LONGEST_TEXT
from compliance.breaches.waiting import CaseAct, Waits
from compliance.notices.rules import Language, NoticeKind, NoticeState

LETTERS = (CaseAct.DEMAND, CaseAct.SUSPEND, CaseAct.REINSTATE, CaseAct.TERMINATE, CaseAct.ACCEPT)
FINGERPRINT = {
    "description": "Of the letter as it was read (GET …/letters/…): nothing is sent that nobody has read.",
    "example": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


class CaseQuery(PageQuery):
    state = Choice(board.TABS, load_default=board.OPEN, metadata={"description": "“open” is all that is not settled."})
    q = Text(
        longest=100,
        load_default=absent,
        metadata={"description": "Part of a tenant's name or order number, or a number."},
    )
    sort = Choice(tuple(board.SORTS), load_default="since", metadata={"description": "By when the breach began."})


class CaseNotice(Schema):
    id = fields.Integer(required=True)
    number = fields.String(required=True)
    kind = Word(NoticeKind, required=True)
    state = Word(NoticeState, required=True)
    arrived_at = Moment(required=True, allow_none=True)


class CaseInList(Schema):
    id = fields.Integer(required=True)
    version = fields.Integer(required=True, metadata={"description": "An act names the version it saw."})
    state = Word(CaseState, required=True)
    waits_for = Word(Waits, required=True)
    order_no = fields.String(required=True)
    tenant_key = fields.String(required=True)
    ground = Word(CaseGround, required=True)
    ground_class = Word(GroundClass, required=True, allow_none=True)
    clause = fields.String(required=True)
    suspected_as_of = Moment(required=True, metadata={"description": "When the facts became so."})
    opened_at = Moment(required=True, metadata={"description": "When it was written down."})
    obligation_id = fields.Integer(required=True)


class TimelineEntry(Schema):
    as_of = Moment(required=True, metadata={"description": "When it became true."})
    recorded_at = Moment(required=True)
    act = fields.String(required=True)
    subject = fields.String(required=True)
    actor = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)


class CaseShown(CaseInList):
    acts = fields.List(Word(CaseAct), required=True, metadata={"description": "Open to people now."})
    known_at = Moment(required=True, allow_none=True)
    confirmed_by = fields.String(required=True, allow_none=True)
    rescission_until = Day(
        required=True, allow_none=True, metadata={"description": "民法典 564: one year from knowing."}
    )
    demand_due_on = Day(required=True, allow_none=True)
    rectification_obligation_id = fields.Integer(required=True, allow_none=True)
    cure_accepted_at = Moment(required=True, allow_none=True)
    cure_accepted_by = fields.String(required=True, allow_none=True)
    cure_note = fields.String(required=True, allow_none=True)
    dismissed_reason = fields.String(required=True, allow_none=True)
    reservation = fields.String(required=True, allow_none=True)
    change_id = fields.Integer(required=True, allow_none=True)
    notices = fields.List(fields.Nested(CaseNotice), required=True, metadata={"description": "Oldest first."})
    timeline = fields.List(fields.Nested(TimelineEntry), required=True, metadata={"description": "Oldest first."})


CasePage = page_schema(CaseInList, "CasePage")


class LetterQuery(StrictSchema):
    language = Word(Language, load_default=Language.ZH)
    due_on = Day(load_default=absent, metadata={"description": "Last day to act; a demand needs it."})


class LetterShown(Schema):
    kind = Word(NoticeKind, required=True)
    language = Word(Language, required=True)
    subject = fields.String(required=True)
    text = fields.String(required=True)
    recipient = fields.String(required=True)
    address = fields.String(required=True, metadata={"description": "Masked."})
    fingerprint = fields.String(required=True)


class ActBody(StrictSchema):
    version = Whole(least=1, required=True, metadata={"description": "Of the case as it was seen.", "example": 1})


class ReasonedBody(ActBody):
    reason = Text(
        longest=LONGEST_TEXT, lines=True, required=True, metadata={"example": "Checked against the register."}
    )


class ConfirmBody(ReasonedBody):
    ground_class = Word(GroundClass, required=True, metadata={"example": "other"})
    known_on = Day(
        load_default=None, allow_none=True, metadata={"description": "When we knew of the breach; null for now."}
    )


class LetterBody(ReasonedBody):
    language = Word(Language, required=True, metadata={"example": "zh"})
    fingerprint = fields.String(required=True, validate=validate.Length(equal=64), metadata=FINGERPRINT)


class DemandBody(LetterBody):
    due_on = Day(required=True, metadata={"description": "Last day to act.", "example": "2024-09-27"})


class AcceptBody(ActBody):
    note = Text(longest=LONGEST_TEXT, lines=True, required=True, metadata={"example": "The new licence was checked."})
    fingerprint = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "Of the withdrawal letter, where accepting sends one."},
    )


class CloseBody(ActBody):
    reservation = Text(
        longest=LONGEST_TEXT,
        lines=True,
        required=True,
        metadata={"description": "Clause 6.2: our rights are reserved.", "example": "We reserve all rights."},
    )
