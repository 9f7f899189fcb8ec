"""What `/api/v1/imports` and `/api/v1/standard-forms` take and answer."""

from marshmallow import Schema, fields, validate

from agreements.intake.deviations import DeviationKind
from agreements.intake.form_actions import LONGEST_FORM, LONGEST_NAME, LONGEST_WORDING, MOST_MARKS
from agreements.intake.form_models import FormState
from agreements.intake.models import Amount, ImportState
from agreements.intake.reviewing import LONGEST_NOTE
from agreements.intake.standard_form import Part
from agreements.kernel.web.rest_fields import Choice, FileSent, Moment, StrictSchema, Text, Whole, Word
from agreements.kernel.web.rest_lists import PageQuery, page_schema

MOST_AT_ONCE = 500


class FormActBody(StrictSchema):
    """The address says it all."""


class ImportFileBody(StrictSchema):
    file = fields.Nested(
        FileSent,
        required=True,
        metadata={"description": "Text, Markdown, HTML, docx, PDF, scan; read by its bytes."},
    )


class ImportDiscardBody(StrictSchema):
    version = Whole(least=1, required=True)


class ImportQuery(PageQuery):
    state = Choice(tuple(state.value for state in ImportState), load_default=ImportState.UNDER_REVIEW.value)


class ImportInList(Schema):
    id = fields.Integer(required=True)
    version = fields.Integer(required=True, metadata={"description": "An act that changes it names the one it saw."})
    state = Word(ImportState, required=True)
    source_name = fields.String(required=True)
    order_no = fields.String(required=True, allow_none=True)
    party_a = fields.String(required=True, allow_none=True)
    agreement = fields.String(
        required=True, allow_none=True, metadata={"description": "Order number it was registered as."}
    )
    created_by = fields.String(required=True)
    created_at = Moment(required=True)


class ImportWarningShown(Schema):
    id = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    acknowledged_by = fields.String(required=True, allow_none=True)
    acknowledged_at = Moment(required=True, allow_none=True)


class ImportDeviationShown(Schema):
    """A clause that departs from the standard form; both wordings, null where there is none."""

    id = fields.Integer(required=True)
    kind = Word(DeviationKind, required=True)
    clause = fields.String(required=True, allow_none=True, metadata={"description": "Number in the standard form."})
    number = fields.String(required=True, allow_none=True, metadata={"description": "Number in the agreement."})
    terms = fields.List(fields.String(), required=True)
    here = fields.String(required=True, allow_none=True)
    standard = fields.String(required=True, allow_none=True)
    acknowledged_by = fields.String(required=True, allow_none=True)
    acknowledged_at = Moment(required=True, allow_none=True)


class ImportEvidence(Schema):
    """Where a field was read: half-open span of the text in characters, and how sure the reader was (0 to 1)."""

    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    page = fields.Integer(load_default=None, allow_none=True)
    confidence = fields.Float(required=True)


class ImportAmountShown(Schema):
    amount = Word(Amount, required=True)
    value = fields.String(required=True, allow_none=True)
    is_confirmed = fields.Boolean(required=True)


class ImportShown(ImportInList):
    form_version_id = fields.Integer(required=True, allow_none=True)
    form = fields.String(required=True, allow_none=True, metadata={"description": "Key of the standard form."})
    fields_read = fields.Dict(
        required=True, metadata={"description": "Order, accounts and terms as they would be registered, by field."}
    )
    evidence = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(ImportEvidence),
        required=True,
        metadata={"description": "Span, page and confidence, by field or term."},
    )
    missing = fields.List(fields.String(), required=True)
    duplicate_of = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The order number, where it is registered already with another file."},
    )
    amounts = fields.List(fields.Nested(ImportAmountShown), required=True)
    warnings = fields.List(fields.Nested(ImportWarningShown), required=True)
    deviations = fields.List(fields.Nested(ImportDeviationShown), required=True)


ImportPage = page_schema(ImportInList, "ImportPage")


class ImportNoteBody(StrictSchema):
    note = Text(longest=LONGEST_NOTE, load_default="")


class ImportDeviationsBody(ImportNoteBody):
    deviations = fields.List(
        Whole(least=1),
        required=True,
        validate=validate.Length(1, MOST_AT_ONCE),
        metadata={"description": "Several at once only where each is merely worded otherwise."},
    )


class ImportAmountBody(StrictSchema):
    amount = Word(Amount, required=True)
    value = Text(longest=40, required=True, metadata={"description": "The amount as it was seen."})


class ImportCorrectionBody(StrictSchema):
    version = Whole(least=1, required=True)
    field = Text(longest=80, required=True, metadata={"example": "order.paid_amount"})
    value = fields.String(
        required=True, validate=validate.Length(0, 300), metadata={"description": "Empty: the text has no such field."}
    )
    reason = Text(longest=LONGEST_NOTE, required=True)


class FormChoiceBody(StrictSchema):
    version = Whole(least=1, required=True)
    form_version_id = Whole(least=1, required=True)


class ImportRegisterBody(StrictSchema):
    product_code = Text(
        longest=60,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "As the gateway names it. Needed unless the contract joins an order that a list registered.",
            "example": "id2-verify",
        },
    )
    tenant_key = Text(longest=60, load_default=None, allow_none=True, metadata={"example": "haitang"})


class FormClauseShown(Schema):
    """A clause of a standard form; `terms` is what each term that it holds says."""

    id = fields.Integer(required=True)
    key = fields.String(required=True)
    part = Word(Part, required=True)
    number = fields.String(required=True)
    wording = fields.String(required=True)
    terms = fields.Dict(required=True)
    marks = fields.List(fields.String(), required=True)


class FormInList(Schema):
    id = fields.Integer(required=True)
    key = fields.String(required=True)
    name = fields.String(required=True)
    version = fields.Integer(required=True)
    state = Word(FormState, required=True)
    source = fields.String(required=True)
    approved_by = fields.String(required=True, allow_none=True)
    in_force_at = Moment(required=True, allow_none=True)


class FormShown(FormInList):
    clauses = fields.List(fields.Nested(FormClauseShown), required=True)


FormPage = page_schema(FormInList, "StandardFormPage")


class FormDraftBody(StrictSchema):
    key = Text(longest=60, required=True, metadata={"example": "marketplace-2026"})
    name = Text(longest=LONGEST_NAME, required=True)
    text = Text(
        longest=LONGEST_FORM,
        lines=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "The form's full text; or name an import whose text it is."},
    )
    import_id = Whole(least=1, load_default=None, allow_none=True)


class FormClauseBody(StrictSchema):
    """A clause of a draft as it shall be."""

    number = fields.String(
        required=True,
        validate=validate.Length(0, 20),
        metadata={"description": "As cited; empty for a preamble.", "example": "3.3"},
    )
    wording = Text(longest=LONGEST_WORDING, lines=True, required=True)
    marks = fields.List(
        Text(longest=60),
        load_default=list,
        validate=validate.Length(0, MOST_MARKS),
        metadata={"description": "Words by which a clause of this meaning is known, alternatives parted by |."},
    )
