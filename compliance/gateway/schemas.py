"""What a gateway may ask, strictly: nothing is converted, unknown fields are refused."""

from collections.abc import Callable

from marshmallow import RAISE, Schema, ValidationError, fields, validate

LONGEST_KEY = 60
LONGEST_PLATFORM = 200


def _is_printable(text: str) -> None:
    """Refuse control characters and halves of characters, which no database takes."""
    if not text.isprintable():
        raise ValidationError("Must be printable text.")


Checks = list[Callable[[str], object]]

KEY: Checks = [validate.Length(1, LONGEST_KEY), _is_printable]
CODE: Checks = [
    validate.Length(1, LONGEST_KEY),
    validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z", error="Must be a code such as id2-verify."),
]
PLATFORM: Checks = [validate.Length(1, LONGEST_PLATFORM), _is_printable]


class QuestionSchema(Schema):
    """What every question may name; null and absent both mean that a platform or purpose is not named."""

    class Meta:
        unknown = RAISE

    tenant_key = fields.String(required=True, validate=KEY)
    platform = fields.String(load_default=None, allow_none=True, validate=PLATFORM)
    purpose = fields.String(load_default=None, allow_none=True, validate=CODE)


class DecideSchema(QuestionSchema):
    """Body of a decision request."""

    product = fields.String(required=True, validate=CODE)


class StatusSchema(QuestionSchema):
    """Path and query of the status endpoint; without a product, the standing for every product is asked."""

    product = fields.String(load_default=None, allow_none=True, validate=CODE)
