"""What REST takes and tells of tenants' documents, platforms, sealed requests and freezes."""

from marshmallow import Schema, fields

from agreements.kernel.web.rest_fields import (
    Choice,
    Day,
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
from agreements.paper.rules import SignatureAnswer
from agreements.parties.identity import PartyKind
from agreements.parties.rules import DocumentState, DocumentType, Ownership, PlatformKind
from compliance.changes.rules import ChangeSource
from compliance.desk.documents_reading import LONGEST_QUERY, Filter
from compliance.service.account_rules import AdjustmentEvent, AdjustmentKind, AdjustmentState, SealBasis
from compliance.service.rules import HoldScope

VERSION = {"description": "The version that was seen; an act on another one is a conflict.", "example": 1}
ORDER = {"description": "The order it is about; null for the account as a whole."}


class DocumentShown(Schema):
    id = fields.Integer(required=True)
    type = Word(DocumentType, required=True)
    number = fields.String(required=True, allow_none=True)
    issuer = fields.String(required=True, allow_none=True)
    issued_on = Day(required=True, allow_none=True)
    expires_on = Day(required=True, allow_none=True, metadata={"description": "Last day of validity."})
    sealed = fields.Boolean(required=True)
    lacks_seal = fields.Boolean(
        required=True, metadata={"description": "A prior approval that does not count for want of the company seal."}
    )
    state = Word(DocumentState, required=True)
    replaces_id = fields.Integer(required=True, allow_none=True, metadata={"description": "The version it renews."})
    file_id = fields.Integer(required=True)
    verified_at = Moment(required=True, allow_none=True)
    verified_by = fields.String(required=True, allow_none=True)
    rejected_at = Moment(required=True, allow_none=True)
    rejected_by = fields.String(required=True, allow_none=True)
    rejected_reason = fields.String(required=True, allow_none=True)


class DocumentOfTenant(DocumentShown):
    tenant_key = fields.String(required=True)


class DocumentQuery(PageQuery):
    shown = Word(Filter, load_default=Filter.CURRENT)
    kind = Word(DocumentType, load_default=absent)
    q = Text(longest=LONGEST_QUERY, load_default=absent, metadata={"description": "Part of a name or number."})


DocumentPage = page_schema(DocumentOfTenant, "DocumentPage")


class DocumentBody(StrictSchema):
    type = Word(DocumentType, required=True)
    number = Text(longest=80, load_default=None, allow_none=True)
    issuer = Text(longest=120, load_default=None, allow_none=True)
    issued_on = Day(load_default=None, allow_none=True)
    expires_on = Day(load_default=None, allow_none=True, metadata={"description": "Last day of validity."})
    sealed = Flag(load_default=False)
    checked = Flag(required=True, metadata={"description": "Compared with the original or the public register."})
    renews = Whole(least=1, load_default=None, allow_none=True, metadata={"description": "Id of the version before."})
    file = fields.Nested(FileSent, required=True)


class NothingBody(StrictSchema):
    """An act that needs no words."""


class ReasonBody(StrictSchema):
    reason = Text(longest=500, required=True)


class PlatformShown(Schema):
    id = fields.Integer(required=True)
    kind = Word(PlatformKind, required=True)
    identifier = fields.String(required=True)
    ownership = Word(Ownership, required=True, allow_none=True)
    proof_subject = fields.String(required=True, allow_none=True)
    proof_number = fields.String(required=True, allow_none=True)
    extension_clause = fields.String(required=True, allow_none=True)
    valid_from_at = Moment(required=True)
    valid_until_at = Moment(required=True, allow_none=True, metadata={"description": "Exclusive."})
    removed_at = Moment(required=True, allow_none=True)
    recheck_on = Day(required=True, allow_none=True)
    doubt = fields.String(
        required=True, allow_none=True, metadata={"description": "The last look found another owner."}
    )


class PlatformList(Schema):
    items = fields.List(fields.Nested(PlatformShown), required=True)


class PlatformBody(StrictSchema):
    kind = Word(PlatformKind, required=True)
    identifier = Text(longest=200, required=True)
    ownership = Word(Ownership, required=True)
    subject = Text(longest=200, required=True, metadata={"description": "Whom the proof names: the tenant."})
    number = Text(longest=80, load_default=None, allow_none=True)
    extension = Text(longest=200, load_default=None, allow_none=True)
    valid_until = Day(load_default=None, allow_none=True)


class AdjustmentShown(Schema):
    id = fields.Integer(required=True)
    kind = Word(AdjustmentKind, required=True)
    state = Word(AdjustmentState, required=True)
    version = fields.Integer(required=True)
    legal_now = fields.List(Word(AdjustmentEvent), required=True)
    asked = fields.String(required=True)
    asked_on = Day(required=True)
    order_no = fields.String(required=True, allow_none=True)
    platform_id = fields.Integer(required=True, allow_none=True)
    freeze = fields.Integer(required=True, allow_none=True)
    letter_file_id = fields.Integer(required=True, allow_none=True)
    letter_received_at = Moment(required=True, allow_none=True)
    seal_basis = Word(SealBasis, required=True, allow_none=True)
    seal_answer = Word(
        SignatureAnswer, required=True, allow_none=True, metadata={"description": "What our check said of an e-seal."}
    )
    seal_checked_by = fields.String(required=True, allow_none=True)
    executed_at = Moment(required=True, allow_none=True)
    executed_by = fields.String(required=True, allow_none=True)
    refused_reason = fields.String(required=True, allow_none=True)


class AdjustmentList(Schema):
    items = fields.List(fields.Nested(AdjustmentShown), required=True)


class AdjustmentBody(StrictSchema):
    kind = Word(AdjustmentKind, required=True)
    asked = Text(longest=500, required=True)
    asked_on = Day(required=True)
    order_no = Text(longest=40, load_default=None, allow_none=True, metadata=ORDER)
    platform = fields.Nested(PlatformBody, load_default=None, allow_none=True, metadata={"description": "To add."})
    proof = fields.Nested(FileSent, load_default=None, allow_none=True)
    platform_id = Whole(least=1, load_default=None, allow_none=True, metadata={"description": "To remove."})
    freeze = Whole(least=1, load_default=None, allow_none=True, metadata={"description": "To lift."})


class SealedLetterBody(StrictSchema):
    received_at = Moment(required=True)
    basis = Word(SealBasis, required=True)
    seal_record = Text(longest=500, load_default=None, allow_none=True, metadata={"description": "Of an e-seal."})
    letter = fields.Nested(FileSent, required=True)
    version = Whole(least=1, required=True, metadata=VERSION)


class ExecutionBody(StrictSchema):
    note = Text(longest=500, load_default=None, allow_none=True, metadata={"description": "What was done outside."})
    version = Whole(least=1, required=True, metadata=VERSION)


class RefusalBody(StrictSchema):
    reason = Text(longest=500, required=True)
    version = Whole(least=1, required=True, metadata=VERSION)


class FreezeShown(Schema):
    freeze = fields.Integer(required=True)
    scope = Word(HoldScope, required=True)
    order_no = fields.String(required=True)
    reason = fields.String(required=True)
    called_at = Moment(required=True)
    frozen_at = Moment(required=True)
    recorded_by = fields.String(required=True)
    lifted_at = Moment(required=True, allow_none=True)


class FreezeList(Schema):
    items = fields.List(fields.Nested(FreezeShown), required=True)


class FreezeBody(StrictSchema):
    order_no = Text(longest=40, load_default=None, allow_none=True, metadata={"description": "Null: every order."})
    caller = Text(longest=200, required=True, metadata={"description": "Kept encrypted, never told again."})
    called_at = Moment(required=True)
    reason = Text(longest=500, required=True)


class FormerName(Schema):
    name = fields.String(required=True)
    until_on = Day(required=True)
    cause = fields.String(required=True, allow_none=True)


class PartyShown(Schema):
    name = fields.String(required=True)
    name_en = fields.String(required=True, allow_none=True)
    kind = Word(PartyKind, required=True)
    credit_code = fields.String(required=True, allow_none=True)
    former_names = fields.List(fields.Nested(FormerName), required=True)


class IdentityBody(StrictSchema):
    kind = Word(PartyKind, required=True)
    credit_code = Text(longest=30, load_default=None, allow_none=True)
    name_en = Text(longest=200, load_default=None, allow_none=True)


class NameBody(StrictSchema):
    name = Text(longest=200, required=True)
    occurred_on = Day(required=True, metadata={"description": "Registration of the new name."})
    source = Choice((ChangeSource.OWN_DISCOVERY.value, ChangeSource.PUBLIC_REGISTER.value), required=True)
    proof = fields.Nested(FileSent, load_default=None, allow_none=True)
