"""What REST takes and tells when a tenant is taken in: contacts, notice addresses, industry, platforms."""

from marshmallow import Schema, fields

from agreements.kernel.web.rest_fields import Day, FileSent, Moment, StrictSchema, Text, Word
from agreements.parties.rules import ContactRole, NoticeChannel, Ownership
from compliance.desk.tenant_api_schemas import PlatformBody


class OnboardingShown(Schema):
    tenant_key = fields.String(required=True)
    industry = fields.String(required=True, metadata={"description": "Code, as in `/industries`."})
    lacking = fields.List(fields.String(), required=True, metadata={"description": "What keeps activation refused."})


class ContactShown(Schema):
    """Values are masked: `/reveal` shows one in clear to whoever may and says why."""

    id = fields.Integer(required=True)
    role = Word(ContactRole, required=True, allow_none=True)
    order_no = fields.String(required=True, allow_none=True, metadata={"description": "Of whose header it stands."})
    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    recorded_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)


class ContactList(Schema):
    items = fields.List(fields.Nested(ContactShown), required=True)


class ContactBody(StrictSchema):
    role = Word(ContactRole, required=True)
    name = Text(longest=100, required=True)
    phone = Text(longest=40, load_default=None, allow_none=True)
    email = Text(longest=254, load_default=None, allow_none=True)
    address = Text(longest=300, load_default=None, allow_none=True)


class AddressShown(Schema):
    id = fields.Integer(required=True)
    channel = Word(NoticeChannel, required=True)
    signed_on = Day(required=True)
    proof_file_id = fields.Integer(required=True)
    confirmed_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)
    end_reason = fields.String(required=True, allow_none=True)


class AddressList(Schema):
    items = fields.List(fields.Nested(AddressShown), required=True)


class AddressBody(StrictSchema):
    channel = Word(NoticeChannel, required=True)
    address = Text(longest=254, required=True, metadata={"description": "E-mail, or postal for the courier."})
    signed_on = Day(required=True)
    proof = fields.Nested(FileSent, required=True, metadata={"description": "The signed confirmation."})


class IndustryBody(StrictSchema):
    industry = Text(longest=40, required=True, metadata={"description": "Code, as in `/industries`."})
    reason = Text(longest=500, required=True)


class WhyBody(StrictSchema):
    reason = Text(longest=500, required=True)


class EndContactBody(StrictSchema):
    """The address says it all."""


class NewPlatformBody(PlatformBody):
    proof = fields.Nested(FileSent, load_default=None, allow_none=True)


class OwnershipBody(StrictSchema):
    ownership = Word(Ownership, required=True)
    subject = Text(longest=200, required=True, metadata={"description": "Whom the proof names: the tenant."})
    number = Text(longest=80, load_default=None, allow_none=True)
    extension = Text(longest=200, load_default=None, allow_none=True)
    proof = fields.Nested(FileSent, load_default=None, allow_none=True)


class DoubtBody(StrictSchema):
    found = Text(longest=500, required=True, metadata={"description": "What was found and where."})


class RevealBody(WhyBody):
    subject = Text(longest=80, required=True, metadata={"example": "contact:3", "description": "Or notice_address:2."})


class RevealedShown(Schema):
    subject = fields.String(required=True)
    values = fields.Dict(
        keys=fields.String(),
        values=fields.String(allow_none=True),
        required=True,
        metadata={"description": "In clear."},
    )
