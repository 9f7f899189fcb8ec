"""What REST takes and tells of terms, supplements and corrections."""

from marshmallow import Schema, fields, validate

from agreements.kernel.web.rest_fields import (
    Choice,
    FileSent,
    Flag,
    Moment,
    StrictSchema,
    Text,
    Whole,
    Word,
    absent,
)
from agreements.kernel.web.rest_lists import PageQuery, page_schema
from agreements.register.rules import AgreementEvent, AgreementState, InstrumentKind
from agreements.register.supplement_rules import SupplementState
from agreements.register.term_models import CorrectionState
from agreements.register.term_rules import Comparator, Side
from agreements.register.views_supplements import TABS

VALUE = {"description": "In the shape of the term: true or false, a word, or {value, unit, …}.", "example": True}


class TermsQuery(StrictSchema):
    at = Moment(load_default=None, metadata={"description": "The instant asked about; now where it is left out."})


class SaidShown(Schema):
    """What one document says of a term."""

    value = fields.Raw(required=True, allow_none=True)
    clause = fields.String(required=True, allow_none=True)
    instrument_id = fields.Integer(required=True)
    instrument = Word(InstrumentKind, required=True)
    effective_at = Moment(required=True, allow_none=True)
    sha256 = fields.String(required=True)


class TermInColumns(Schema):
    key = fields.String(required=True)
    annex = fields.Nested(SaidShown, required=True, allow_none=True)
    online = fields.Nested(SaidShown, required=True, allow_none=True)
    supplement = fields.Nested(SaidShown, required=True, allow_none=True)
    applied = fields.Nested(SaidShown, required=True)
    comparator = Word(Comparator, required=True, allow_none=True)
    decided = fields.Boolean(
        required=True, metadata={"description": "False: a person has to decide; meanwhile it is read against us."}
    )
    conflict_id = fields.Integer(required=True, allow_none=True)


class TermsShown(Schema):
    order_no = fields.String(required=True)
    at = Moment(required=True)
    terms = fields.List(fields.Nested(TermInColumns), required=True)


class ResolveBody(StrictSchema):
    side = Word(Side, required=True)
    reason = Text(required=True, lines=True)


class CorrectionBody(StrictSchema):
    key = Text(longest=60, required=True)
    value = fields.Raw(required=True, allow_none=True, metadata=VALUE)
    instrument_id = Whole(least=1, required=True)
    clause = Text(longest=40, load_default=None, allow_none=True)
    reason = Text(required=True, lines=True)


class CorrectionShown(Schema):
    id = fields.Integer(required=True)
    state = Word(CorrectionState, required=True)
    key = fields.String(required=True)
    old_value = fields.Raw(required=True, allow_none=True)
    value = fields.Raw(required=True, allow_none=True)
    proposed_by = fields.String(required=True)
    proposed_at = Moment(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = Moment(required=True, allow_none=True)


class NothingToAdd(StrictSchema):
    """The address says it all."""


class SupplementQuery(PageQuery):
    state = Choice(TABS, load_default="open", metadata={"description": "open: not in force and not cancelled."})
    order_no = Text(longest=60, load_default=absent)


class ChangedTerm(Schema):
    key = fields.String(required=True)
    old_value = fields.Raw(required=True, allow_none=True)
    value = fields.Raw(required=True, allow_none=True)
    clause = fields.String(required=True, allow_none=True)


class SupplementShown(Schema):
    number = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "An act names the version it saw."})
    order_no = fields.String(required=True)
    state = Word(SupplementState, required=True)
    changes = fields.List(fields.Nested(ChangedTerm), required=True)
    asked_for_at = Moment(required=True, allow_none=True)
    reaches_back = fields.Boolean(required=True)
    provider_signed_at = Moment(required=True, allow_none=True)
    tenant_signed_at = Moment(required=True, allow_none=True)
    in_force_at = Moment(required=True, allow_none=True)


SupplementPage = page_schema(SupplementShown, "SupplementPage")


class ChangeSent(StrictSchema):
    key = Text(longest=60, required=True, metadata={"example": "change_notification"})
    value = fields.Raw(required=True, allow_none=True, metadata=VALUE)
    clause = Text(longest=40, load_default=None, allow_none=True)


class SupplementBody(StrictSchema):
    order_no = Text(longest=60, required=True, metadata={"example": "200000000000001"})
    changes = fields.List(fields.Nested(ChangeSent), required=True, validate=validate.Length(1, 40))
    asked_for_at = Moment(load_default=None, allow_none=True)
    reaches_back = Flag(load_default=False)
    reason = Text(required=True, lines=True)
    file = fields.Nested(FileSent, load_default=None, allow_none=True)


class SignBody(StrictSchema):
    version = Whole(least=1, required=True)
    signed_at = Moment(load_default=None, allow_none=True)
    signer = Text(longest=120, load_default=None, allow_none=True)
    file = fields.Nested(FileSent, load_default=None, allow_none=True)


class CancelBody(StrictSchema):
    version = Whole(least=1, required=True)
    reason = Text(required=True, lines=True)


class GroundsBody(StrictSchema):
    reason = Text(required=True, lines=True)


class EndByAgreementBody(GroundsBody):
    ground = Choice(("both_signed", "full_refund"), required=True)
    ended_at = Moment(required=True)
    proof = fields.Nested(FileSent, required=True)


class DeclaredEndBody(GroundsBody):
    arrived_at = Moment(required=True, metadata={"description": "When our notice arrived."})
    proof = fields.Nested(FileSent, required=True)


class ClosingBody(GroundsBody):
    retention_scheduled = Flag(required=True)


class LifeShown(Schema):
    order_no = fields.String(required=True)
    state = Word(AgreementState, required=True)
    ended_at = Moment(required=True, allow_none=True)
    legal_now = fields.List(Word(AgreementEvent), required=True)
