"""What REST takes and tells of tenants' changes."""

from marshmallow import Schema, fields, validate

from agreements.kernel.web.rest_fields import Choice, Day, FileSent, Moment, StrictSchema, Text, Whole, Word, absent
from agreements.kernel.web.rest_lists import PageQuery, page_schema
from compliance.changes import reading
from compliance.changes.rules import AnnouncedState, ChangeKind, ChangeSource, NoticeVia
from compliance.obligations.rules import FormLevel, ObligationState

TABS = tuple(tab for tab in reading.TABS if tab != reading.ANNOUNCED)
SORTS = (*reading.SORTS, *(f"-{key}" for key in reading.SORTS))
MOST_CHANGES = 20
EXAMPLE = {"kind": "licence", "description": "Scope of business", "occurred_on": "2024-09-12"}
TENANT = {"description": "The tenant's key at the gateway.", "example": "t-haitang"}


class ChangeQuery(PageQuery):
    state = Choice(TABS, load_default=reading.ALL)
    q = Text(
        longest=reading.LONGEST_SEARCH,
        load_default=absent,
        metadata={"description": "Part of a tenant's name, key or order number."},
    )
    sort = Choice(SORTS, load_default=reading.NEWEST_FIRST)


class ClockShown(Schema):
    """The duty to notify under one agreement."""

    obligation_id = fields.Integer(required=True)
    order_no = fields.String(required=True)
    state = Word(ObligationState, required=True)
    due_on = Day(required=True)
    overdue_from = Moment(required=True)
    performed_at = Moment(required=True, allow_none=True)
    provisional = fields.Boolean(required=True)


class ChangeNoticeShown(Schema):
    """A tenant's notice of its changes."""

    id = fields.Integer(required=True)
    arrived_at = Moment(required=True)
    form = Word(FormLevel, required=True)
    via = Word(NoticeVia, required=True)
    corrects_id = fields.Integer(required=True, allow_none=True)
    recorded_at = Moment(required=True)
    recorded_by = fields.String(required=True)


class ChangeShown(Schema):
    id = fields.Integer(required=True)
    tenant_key = fields.String(required=True)
    kind = Word(ChangeKind, required=True)
    description = fields.String(required=True)
    occurred_on = Day(required=True)
    source = Word(ChangeSource, required=True)
    discovered_on = Day(required=True, allow_none=True)
    recorded_at = Moment(required=True)
    recorded_by = fields.String(required=True)
    clocks = fields.List(fields.Nested(ClockShown), required=True)
    without_clock = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Order numbers whose period can't be counted: a person decides."},
    )
    notices = fields.List(fields.Nested(ChangeNoticeShown), required=True, metadata={"description": "By arrival."})


ChangePage = page_schema(ChangeShown, "ChangePage")


class ReportedBody(StrictSchema):
    kind = Word(ChangeKind, required=True)
    description = Text(longest=500, required=True)
    occurred_on = Day(required=True, metadata={"description": "The day it took effect."})


class ChangesBody(StrictSchema):
    tenant_key = Text(longest=60, required=True, metadata=TENANT)
    source = Choice(
        (ChangeSource.OWN_DISCOVERY.value, ChangeSource.PUBLIC_REGISTER.value),
        required=True,
        metadata={"description": "How we came to know; what a tenant tells is taken in as its notice."},
    )
    discovered_on = Day(load_default=None, metadata={"description": "Null for today."})
    changes = fields.List(
        fields.Nested(ReportedBody),
        required=True,
        validate=validate.Length(1, MOST_CHANGES),
        metadata={"example": [EXAMPLE]},
    )
    proof = fields.Nested(FileSent, load_default=None, allow_none=True)


class ChangesMade(Schema):
    changes = fields.List(fields.Nested(ChangeShown), required=True)


class MissingBody(StrictSchema):
    """What the notice lacks, and until when the tenant has time for it."""

    needed = Text(longest=500, required=True)
    due_on = Day(required=True)


class NoticeBody(StrictSchema):
    tenant_key = Text(longest=60, required=True, metadata=TENANT)
    arrived_at = Moment(
        required=True,
        metadata={
            "description": "Its earliest entry into any channel of ours.",
            "example": "2024-09-18T09:30:00+08:00",
        },
    )
    form = Word(FormLevel, required=True)
    via = Word(NoticeVia, required=True)
    reports = fields.List(
        fields.Nested(ReportedBody),
        load_default=list,
        validate=validate.Length(0, MOST_CHANGES),
        metadata={"description": "Changes that are not on record; one of a day to come is kept as announced."},
    )
    known = fields.List(
        Whole(least=1),
        load_default=list,
        validate=validate.Length(0, MOST_CHANGES),
        metadata={"description": "Ids of changes on record that it reports.", "example": [1]},
    )
    file = fields.Nested(FileSent, load_default=None, allow_none=True, metadata={"description": "Unless it is oral."})
    missing = fields.Nested(MissingBody, load_default=None, allow_none=True)


class Judgement(Schema):
    obligation_id = fields.Integer(required=True)
    order_no = fields.String(required=True)
    state = Word(
        ObligationState,
        required=True,
        allow_none=True,
        metadata={"description": "Null where the form was too weak to perform anything."},
    )


class Announced(Schema):
    id = fields.Integer(required=True)
    kind = Word(ChangeKind, required=True)
    description = fields.String(required=True)
    expected_on = Day(required=True)


class NoticeTakenIn(Schema):
    notice = fields.Nested(ChangeNoticeShown, required=True)
    changes = fields.List(fields.Nested(ChangeShown), required=True)
    announced = fields.List(fields.Nested(Announced), required=True)
    judged = fields.List(fields.Nested(Judgement), required=True)


class NoticeCorrectionBody(StrictSchema):
    """A tenant's corrected notice; the first one is kept."""

    correction = Text(longest=2000, required=True, lines=True, metadata={"description": "What it corrects."})
    arrived_at = Moment(required=True)
    form = Word(FormLevel, required=True)
    via = Word(NoticeVia, required=True)
    file = fields.Nested(FileSent, load_default=None, allow_none=True, metadata={"description": "Unless it is oral."})


class ProcedureDutyShown(Schema):
    obligation_id = fields.Integer(required=True)
    order_no = fields.String(required=True)
    state = Word(ObligationState, required=True)
    overdue_from = Moment(required=True)


class ProcedureShown(Schema):
    """What was still missing after a notice, until the date that we set."""

    change = fields.Integer(required=True)
    needed = fields.String(required=True)
    due_on = Day(required=True)
    opened_at = Moment(required=True)
    opened_by = fields.String(required=True)
    completed_at = Moment(required=True, allow_none=True)
    completion_note = fields.String(required=True, allow_none=True)
    completed_by = fields.String(required=True, allow_none=True)
    duties = fields.List(fields.Nested(ProcedureDutyShown), required=True)


class OpenProcedureBody(StrictSchema):
    needed = Text(longest=2000, required=True, lines=True, metadata={"description": "What is still missing."})
    due_on = Day(required=True, metadata={"description": "Last day, after today; ours, and to be told to the tenant."})


class CompleteProcedureBody(StrictSchema):
    completed_at = Moment(required=True, metadata={"description": "When the last of what was missing arrived."})
    note = Text(longest=2000, required=True, lines=True, metadata={"description": "What came."})
    file = fields.Nested(FileSent, load_default=None, allow_none=True)


class AnnouncedQuery(PageQuery):
    q = Text(
        longest=reading.LONGEST_SEARCH,
        load_default=absent,
        metadata={"description": "Part of a tenant's name, key or order number."},
    )


class AnnouncedShown(Announced):
    """A change that the tenant reported before it took effect."""

    tenant_key = fields.String(required=True)
    state = Word(AnnouncedState, required=True)
    notice = fields.Nested(ChangeNoticeShown, required=True)
    change = fields.Integer(required=True, allow_none=True, metadata={"description": "What it became."})
    drop_reason = fields.String(required=True, allow_none=True)
    settled_at = Moment(required=True, allow_none=True)
    settled_by = fields.String(required=True, allow_none=True)


AnnouncedPage = page_schema(AnnouncedShown, "AnnouncedPage")


class ConfirmAnnouncedBody(StrictSchema):
    occurred_on = Day(required=True, metadata={"description": "The day it took effect, which may differ."})
    proof = fields.Nested(FileSent, load_default=None, allow_none=True)


class AnnouncedConfirmed(Schema):
    change = fields.Nested(ChangeShown, required=True)
    judged = fields.List(fields.Nested(Judgement), required=True)


class DropAnnouncedBody(StrictSchema):
    reason = Text(longest=2000, required=True, lines=True)
