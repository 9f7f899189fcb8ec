"""What `/api/v1/settlements` takes and answers."""

from marshmallow import Schema, fields

from agreements.kernel.web.rest_fields import (
    Choice,
    Day,
    FileSent,
    Flag,
    Moment,
    QueryWhole,
    StrictSchema,
    Text,
    Whole,
    Word,
    absent,
)
from agreements.kernel.web.rest_lists import PageQuery, page_schema
from compliance.settlement import reading
from compliance.settlement.rules import Basis, Measure, NoSettlement, SettlementState, UsageState
from compliance.settlement.usage import LONGEST_SOURCE, MOST_CALLS

AMOUNT = {"pattern": r"^[0-9]+\.[0-9]{2}$", "example": "533.33"}


class SettlementQuery(PageQuery):
    state = Choice(
        reading.TABS, load_default=reading.OPEN, metadata={"description": "“open” is all that is not settled."}
    )
    q = Text(
        longest=100, load_default=absent, metadata={"description": "Part of a tenant's name or of an order number."}
    )
    sort = Choice(tuple(reading.SORTS), load_default="ended", metadata={"description": "By the day of the end."})


class CalculationShown(Schema):
    """One basis worked out; amounts in yuan."""

    basis = Word(Basis, required=True)
    measure = Word(Measure, required=True)
    used = fields.Integer(required=True)
    total = fields.Integer(required=True, allow_none=True)
    beyond_quota = fields.Integer(required=True, metadata={"description": "Calls over the quota; not charged."})
    paid = fields.String(required=True, metadata=AMOUNT)
    earlier_refunds = fields.String(required=True, metadata=AMOUNT)
    consumed = fields.String(required=True, metadata=AMOUNT)
    refund = fields.String(required=True, metadata=AMOUNT)
    due = fields.String(required=True, metadata={**AMOUNT, "description": "Owed to us where calls are billed."})


class UsageShown(Schema):
    id = fields.Integer(required=True)
    state = Word(UsageState, required=True)
    used = fields.Integer(required=True)
    used_through_on = Day(required=True)
    source = fields.String(required=True)
    recorded_by = fields.String(required=True)
    recorded_at = Moment(required=True)
    signed_off_by = fields.String(required=True, allow_none=True)
    signed_off_at = Moment(required=True, allow_none=True)


class SettlementInList(Schema):
    id = fields.Integer(required=True)
    version = fields.Integer(required=True, metadata={"description": "An act names the version it saw."})
    state = Word(SettlementState, required=True)
    order_no = fields.String(required=True)
    tenant_key = fields.String(required=True)
    ended_on = Day(required=True)
    statement_due_on = Day(required=True)
    basis = Word(Basis, required=True, allow_none=True)
    refund = fields.String(required=True, allow_none=True, metadata=AMOUNT)
    confirmed_at = Moment(required=True, allow_none=True)
    settled_on = Day(required=True, allow_none=True)


class SettlementShown(SettlementInList):
    calculations = fields.List(
        fields.Nested(CalculationShown),
        required=True,
        metadata={"description": "Both bases; empty while the usage is missing."},
    )
    usage = fields.List(fields.Nested(UsageShown), required=True, metadata={"description": "Newest first."})
    document_number = fields.String(required=True, allow_none=True)


class WorkedOutQuery(StrictSchema):
    used = QueryWhole(
        least=0,
        most=999_999_999,
        load_default=absent,
        metadata={"description": "Billable calls; those of the signed-off usage statement where it is left out."},
    )
    ended_on = Day(load_default=absent, metadata={"description": "Last day of the cooperation; today without it."})
    earlier_refunds = Text(longest=20, load_default="0.00", metadata={"description": "In yuan."})


class WorkedOutShown(Schema):
    calculations = fields.List(fields.Nested(CalculationShown), required=True, metadata={"description": "Both bases."})
    refused = Word(
        NoSettlement,
        required=True,
        allow_none=True,
        metadata={"description": "Why this order is not settled by 4.6; null where it is."},
    )


SettlementPage = page_schema(SettlementInList, "SettlementPage")
VERSION = {"description": "Of the settlement that was seen.", "example": 1}


class OpenBody(StrictSchema):
    order_no = Text(longest=60, required=True, metadata={"example": "200000000000001"})


class UsageBody(StrictSchema):
    used = Whole(least=0, most=MOST_CALLS, required=True, metadata={"description": "Billable calls.", "example": 10000})
    used_through_on = Day(required=True, metadata={"description": "The last day it covers."})
    source = Text(longest=LONGEST_SOURCE, required=True)
    knows_beyond_quota = Flag(
        load_default=False, metadata={"description": "A number over the quota was checked and is right."}
    )
    file = fields.Nested(FileSent, required=True)


class NothingMore(StrictSchema):
    """The address says it all."""


class VersionedReason(StrictSchema):
    version = Whole(least=1, required=True, metadata=VERSION)
    reason = Text(required=True, lines=True)


class RejectUsageBody(StrictSchema):
    reason = Text(required=True, lines=True)


class EarlierRefundsBody(StrictSchema):
    version = Whole(least=1, required=True, metadata=VERSION)
    amount = Text(longest=20, required=True, metadata={**AMOUNT, "description": "In yuan."})
    note = Text(required=True, lines=True)


class ConfirmSettlementBody(VersionedReason):
    basis = Word(Basis, required=True)
    refund = Text(longest=20, required=True, metadata={**AMOUNT, "description": "What the approver saw, in yuan."})


class PayBody(StrictSchema):
    version = Whole(least=1, required=True, metadata=VERSION)
    paid_on = Day(required=True)
    reference = Text(
        longest=120,
        load_default=None,
        allow_none=True,
        metadata={"description": "Needed unless nothing is to be paid."},
    )
