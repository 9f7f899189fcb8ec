"""What the forms about a tenant's record, documents and account send."""

from agreements.parties.identity import PartyKind
from agreements.parties.rules import ContactRole, DocumentType, NoticeChannel, Ownership, PlatformKind
from compliance.changes.rules import ChangeSource
from compliance.desk.schemas import Day, FormSchema, Line, Moment, OneOf, Tick
from compliance.service.account_rules import SealBasis


class IdentityForm(FormSchema):
    kind = OneOf(PartyKind)
    credit_code = Line(longest=30, may_be_empty=True)
    name_en = Line(longest=200, may_be_empty=True)


class IndustryForm(FormSchema):
    industry = Line(longest=40)
    reason = Line(longest=500)


class RenameForm(FormSchema):
    name = Line(longest=200)
    occurred_on = Day()
    source = OneOf(ChangeSource)


class ContactForm(FormSchema):
    role = OneOf(ContactRole)
    name = Line(longest=100)
    phone = Line(longest=40, may_be_empty=True)
    email = Line(longest=254, may_be_empty=True)
    address = Line(longest=300, may_be_empty=True)


class AddressForm(FormSchema):
    channel = OneOf(NoticeChannel)
    address = Line(longest=254)
    signed_on = Day()


class ReasonForm(FormSchema):
    reason = Line(longest=500)


class DocumentForm(FormSchema):
    type = OneOf(DocumentType)
    number = Line(longest=80, may_be_empty=True)
    issuer = Line(longest=120, may_be_empty=True)
    issued_on = Day(may_be_empty=True)
    expires_on = Day(may_be_empty=True)
    sealed = Tick()
    unchecked = Tick()


class PlatformForm(FormSchema):
    kind = OneOf(PlatformKind)
    identifier = Line(longest=200)
    ownership = OneOf(Ownership)
    proof_subject = Line(longest=200)
    proof_number = Line(longest=80, may_be_empty=True)
    extension = Line(longest=200, may_be_empty=True)
    valid_until = Day(may_be_empty=True)


class OwnershipForm(FormSchema):
    ownership = OneOf(Ownership)
    proof_subject = Line(longest=200)
    proof_number = Line(longest=80, may_be_empty=True)
    extension = Line(longest=200, may_be_empty=True)


class DoubtForm(FormSchema):
    found = Line(longest=500)


class FreezeForm(FormSchema):
    order_no = Line(longest=40, may_be_empty=True)
    caller = Line(longest=200)
    called_at = Moment()
    reason = Line(longest=500)


class AskedForm(FormSchema):
    """A request that changes nothing in our own lists."""

    asked = Line(longest=500)
    asked_on = Day()
    order_no = Line(longest=40, may_be_empty=True)


class LiftForm(AskedForm):
    freeze = Line(longest=10, may_be_empty=True)


class RemovalForm(AskedForm):
    platform = Line(longest=10)


class AdditionForm(PlatformForm):
    asked = Line(longest=500)
    asked_on = Day()
    order_no = Line(longest=40, may_be_empty=True)


class LetterForm(FormSchema):
    received_at = Moment()
    basis = OneOf(SealBasis)
    seal_record = Line(longest=500, may_be_empty=True)
    version = Line(longest=10)


class ExecutionForm(FormSchema):
    note = Line(longest=500, may_be_empty=True)
    version = Line(longest=10)


class RefusalForm(FormSchema):
    reason = Line(longest=500)
    version = Line(longest=10)
