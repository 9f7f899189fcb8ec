"""What REST takes and tells of agreements and tenants."""

from marshmallow import Schema, fields, validate

from agreements.calendar.deadline_table import Debtor
from agreements.kernel.web.rest_fields import Choice, Day, Moment, QueryWhole, StrictSchema, Text, Word, absent
from agreements.kernel.web.rest_lists import PageQuery, page_schema
from agreements.register.rules import AgreementState, InstrumentKind, SpecKind
from compliance.breaches.rules import CaseState
from compliance.desk.arranging_models import LONGEST_LABEL
from compliance.desk.rules import NextAct, ServiceState, Standing
from compliance.desk.searching import LONGEST_HORIZON, LONGEST_QUERY, NEWEST_FIRST, SORTS
from compliance.desk.tenant_api_schemas import DocumentShown, PartyShown, PlatformShown
from compliance.obligations.rules import ObligationCode, ObligationState
from compliance.service.rules import HoldGround, HoldScope, HoldState

AGREEMENT_SORTS = (*SORTS, *(f"-{key}" for key in SORTS))
TENANT_SORTS = ("name", "-name", "recorded", "-recorded")
INSTANT, DATE = {"format": "date-time"}, {"format": "date"}


class RegisterExportQuery(StrictSchema):
    """What the register is narrowed to, and in what order."""

    q = Text(
        longest=LONGEST_QUERY,
        load_default=absent,
        metadata={"description": "Part of an order number, a party or a product, in any spelling, in pinyin too."},
    )
    state = Word(AgreementState, load_default=absent)
    service = Word(ServiceState, load_default=absent)
    product = Text(longest=LONGEST_QUERY, load_default=absent, metadata={"description": "Product code."})
    ending_days = QueryWhole(
        least=0,
        most=LONGEST_HORIZON,
        load_default=absent,
        metadata={"description": "Service ends within so many calendar days."},
    )
    label = Text(longest=LONGEST_LABEL, load_default=absent, metadata={"description": "A label put on it."})
    owner = fields.String(
        load_default=absent,
        validate=validate.Regexp(r"^(me|nobody|[1-9][0-9]{0,8})\Z", error="me, nobody, or a person's id."),
        metadata={"description": "In whose care it is: me, nobody, or a person's id."},
    )
    sort = Choice(AGREEMENT_SORTS, load_default=NEWEST_FIRST)


class AgreementQuery(PageQuery, RegisterExportQuery):
    """A page of what the register finds."""


class AtQuery(StrictSchema):
    at = Moment(load_default=absent, metadata={"description": "As it was at another instant; now by default."})


class GatewayAnswer(Schema):
    decision = fields.String(required=True, metadata={"enum": ["allow", "deny"]})
    reason_codes = fields.List(fields.String(), required=True)
    clause = fields.String(required=True, allow_none=True)


class AgreementInList(Schema):
    order_no = fields.String(required=True)
    tenant = fields.String(required=True)
    tenant_key = fields.String(required=True)
    product_code = fields.String(required=True)
    product_name = fields.String(required=True)
    spec_text = fields.String(required=True)
    quantity = fields.Integer(required=True)
    list_price = fields.String(required=True, metadata={"example": "1200.00"})
    paid_amount = fields.String(required=True, metadata={"example": "800.00"})
    quota_total = fields.Integer(required=True, allow_none=True)
    quota_unlimited = fields.Boolean(required=True)
    service_start = Day(required=True)
    service_end = Day(required=True, metadata={"description": "Last day of service, through 24:00."})
    state = Word(AgreementState, required=True)
    service = Word(ServiceState, required=True)
    gateway = fields.Nested(
        GatewayAnswer, required=True, metadata={"description": "What is answered because of this order alone."}
    )
    next_act = Word(NextAct, required=True, allow_none=True)
    owner = fields.String(required=True, allow_none=True, metadata={"description": "Who of ours looks after it."})
    labels = fields.List(fields.String(), required=True)


AgreementPage = page_schema(AgreementInList, "AgreementPage")


class AgreementFactsShown(Schema):
    order_no = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(AgreementState)})
    service = fields.String(required=True, metadata={"enum": list(ServiceState)})
    tenant = fields.String(required=True)
    tenant_key = fields.String(required=True)
    provider = fields.String(required=True, allow_none=True)
    product_code = fields.String(required=True)
    product_name = fields.String(required=True)
    spec_text = fields.String(required=True)
    spec_kind = fields.String(required=True, metadata={"enum": list(SpecKind)})
    quantity = fields.Integer(required=True)
    payment_mode = fields.String(required=True, allow_none=True)
    list_price = fields.String(required=True)
    paid_amount = fields.String(required=True)
    quota_total = fields.Integer(required=True, allow_none=True)
    quota_unlimited = fields.Boolean(required=True)
    service_start = fields.String(required=True, metadata=DATE)
    service_end = fields.String(required=True, metadata=DATE)
    service_start_at = fields.String(required=True, metadata=INSTANT)
    service_end_exclusive_at = fields.String(required=True, metadata=INSTANT)
    effective_at = fields.String(required=True, allow_none=True, metadata=INSTANT)
    activated_at = fields.String(required=True, allow_none=True, metadata=INSTANT)


class GatewayTold(Schema):
    """The same members as the gateway's own answers."""

    product = fields.String(required=True)
    decision = fields.String(required=True, metadata={"enum": ["allow", "deny"]})
    reason_codes = fields.List(fields.String(), required=True)
    clause = fields.String(required=True, allow_none=True)
    agreement_id = fields.Raw(required=True, allow_none=True)
    remaining_quota = fields.Integer(required=True, allow_none=True)
    valid_until = fields.String(required=True, allow_none=True, metadata=INSTANT)
    epoch = fields.Integer(required=True, allow_none=True)
    revision = fields.Integer(required=True, allow_none=True)
    terms_version = fields.Integer(required=True, allow_none=True)
    hints = fields.List(fields.String(), required=True)
    unchecked = fields.List(fields.String(), required=True)
    decided_at = fields.String(required=True, metadata=INSTANT)


class InstrumentShown(Schema):
    id = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": list(InstrumentKind)})
    effective_at = fields.String(required=True, allow_none=True, metadata=INSTANT)
    file = fields.String(required=True)
    sha256 = fields.String(required=True)


class TermShown(Schema):
    key = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)
    clause = fields.String(required=True, allow_none=True)
    span = fields.List(
        fields.Integer(), required=True, allow_none=True, metadata={"description": "Start inclusive, end exclusive."}
    )
    instrument = fields.Nested(InstrumentShown, required=True, metadata={"description": "What set the value."})


class HoldShown(Schema):
    state = fields.String(required=True, metadata={"enum": list(HoldState)})
    ground = fields.String(required=True, metadata={"enum": list(HoldGround)})
    scope = fields.String(required=True, metadata={"enum": list(HoldScope)})
    clause = fields.String(required=True, allow_none=True)
    notice = fields.String(required=True, allow_none=True)
    decided_at = fields.String(required=True, metadata=INSTANT)
    notice_arrived_at = fields.String(required=True, allow_none=True, metadata=INSTANT)
    effective_at = fields.String(required=True, allow_none=True, metadata=INSTANT)
    lifted_at = fields.String(required=True, allow_none=True, metadata=INSTANT)
    cancelled_at = fields.String(required=True, allow_none=True, metadata=INSTANT)


class DutyShown(Schema):
    code = fields.String(required=True, metadata={"enum": list(ObligationCode)})
    debtor = fields.String(required=True, metadata={"enum": list(Debtor)})
    clause = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(ObligationState)})
    triggered_at = fields.String(required=True, metadata=INSTANT)
    due_on = fields.String(required=True, metadata=DATE)
    overdue_from = fields.String(required=True, metadata=INSTANT)
    target_at = fields.String(required=True, allow_none=True, metadata=INSTANT)
    performed_at = fields.String(required=True, allow_none=True, metadata=INSTANT)
    counted_days = fields.List(fields.String(metadata=DATE), required=True)
    provisional = fields.Boolean(required=True)
    calendar_version = fields.String(required=True)


class AgreementShown(Schema):
    at = fields.String(required=True, metadata=INSTANT)
    agreement = fields.Nested(AgreementFactsShown, required=True)
    gateway = fields.Nested(GatewayTold, required=True)
    terms = fields.List(fields.Nested(TermShown), required=True, metadata={"description": "In force, by clause."})
    holds = fields.List(fields.Nested(HoldShown), required=True, metadata={"description": "Newest first."})
    obligations = fields.List(
        fields.Nested(DutyShown), required=True, metadata={"description": "Earliest bound first."}
    )


class TenantQuery(PageQuery):
    q = Text(longest=LONGEST_QUERY, load_default=absent, metadata={"description": "Part of a name or key."})
    sort = Choice(TENANT_SORTS, load_default="name")


class TenantInList(Schema):
    tenant_key = fields.String(required=True)
    name = fields.String(required=True)
    recorded_at = Moment(required=True)


TenantPage = page_schema(TenantInList, "TenantPage")


class CaseOfTenant(Schema):
    id = fields.Integer(required=True)
    state = Word(CaseState, required=True)
    order_no = fields.String(required=True)


class TenantShown(TenantInList):
    industry = fields.String(required=True, metadata={"description": "Code, as in `/industries`."})
    party = fields.Nested(PartyShown, required=True)
    is_frozen = fields.Boolean(required=True, metadata={"description": "A protective freeze of any order stands."})
    standing = Word(Standing, required=True)
    lacking = fields.List(fields.String(), required=True, metadata={"description": "Missing before activation."})
    notice_address = fields.String(required=True, allow_none=True, metadata={"description": "Designated; masked."})
    agreements = fields.List(
        fields.String(), required=True, metadata={"description": "Order numbers, latest end first."}
    )
    open_cases = fields.List(fields.Nested(CaseOfTenant), required=True)
    documents = fields.List(fields.Nested(DocumentShown), required=True)
    platforms = fields.List(fields.Nested(PlatformShown), required=True)
    change_ids = fields.List(fields.Integer(), required=True, metadata={"description": "Newest first."})
