"""What REST takes and tells of duties."""

from marshmallow import Schema, fields

from agreements.calendar.deadline_table import Debtor
from agreements.calendar.rules import DayKind
from agreements.kernel.web.rest_fields import Choice, Day, Moment, Text, Word, absent
from agreements.kernel.web.rest_lists import PageQuery, page_schema
from compliance.obligations.rules import ObligationCode, ObligationState


class ObligationQuery(PageQuery):
    debtor = Word(Debtor, load_default=absent, metadata={"description": "Whose duty."})
    state = Word(ObligationState, load_default=absent, metadata={"description": "As it stands now (T-15)."})
    clause = Text(longest=40, load_default=absent, metadata={"example": "3.3"})
    due_from = Day(load_default=absent, metadata={"description": "First day due, inclusive."})
    due_to = Day(load_default=absent, metadata={"description": "Last day due, inclusive."})
    order_no = Text(longest=80, load_default=absent)
    tenant_key = Text(longest=60, load_default=absent)
    sort = Choice(("due", "-due"), load_default="due")


class CountedDay(Schema):
    day = Day(required=True)
    kind = fields.String(required=True, metadata={"enum": list(DayKind)})
    name = fields.String(required=True, metadata={"description": "Of the holiday or the adjusted working day."})
    counted = fields.Boolean(required=True)


class ObligationInList(Schema):
    id = fields.Integer(required=True)
    code = Word(ObligationCode, required=True)
    debtor = Word(Debtor, required=True)
    clause = fields.String(required=True)
    order_no = fields.String(required=True)
    tenant_key = fields.String(required=True)
    cause = fields.String(required=True, metadata={"description": "What triggered it.", "example": "change:5"})
    state = Word(ObligationState, required=True)
    triggered_at = Moment(required=True)
    due_on = Day(required=True, metadata={"description": "Last day in time."})
    overdue_from = Moment(required=True, metadata={"description": "Exclusive bound: 24:00 of the last day."})
    target_at = Moment(required=True, allow_none=True, metadata={"description": "Our own internal target."})
    performed_at = Moment(required=True, allow_none=True)
    provisional = fields.Boolean(
        required=True, metadata={"description": "Counted into a year without an arrangement: never late by itself."}
    )
    void_reason = fields.String(required=True, allow_none=True)


class ObligationShown(ObligationInList):
    calendar_version = fields.String(required=True)
    opened_at = Moment(required=True)
    overdue_recorded_at = Moment(required=True, allow_none=True)
    event_on = Day(required=True, allow_none=True, metadata={"description": "The day counted from."})
    count = fields.Integer(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True)
    counted_days = fields.List(
        fields.Nested(CountedDay), required=True, metadata={"description": "Each day passed, in the order of counting."}
    )


ObligationPage = page_schema(ObligationInList, "ObligationPage")
