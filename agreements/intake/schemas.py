"""What the forms of this room send."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from agreements.intake.models import Amount, ImportState
from agreements.kernel.errors import N_, InvalidInput


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """A field's value as typed, why, and the version of the import on the person's page."""

    field: str
    value: str
    reason: str
    version: int


@dataclass(frozen=True, slots=True)
class RegisterForm:
    """tenant_key None leaves the choice to us."""

    product_code: str | None
    tenant_key: str | None


def read_correction(form: MultiDict[str, str]) -> CorrectionForm:
    return CorrectionForm(
        field=form.get("field", ""),
        value=form.get("value", ""),
        reason=form.get("reason", ""),
        version=read_version(form),
    )


def read_version(form: MultiDict[str, str]) -> int:
    text = form.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput(
            N_("The form does not say which version it was made for."),
            field="version",
            remedy=N_("Open the page again and send the form once more."),
        )
    return int(text)


def read_amount(form: MultiDict[str, str]) -> Amount:
    try:
        return Amount(form.get("amount", ""))
    except ValueError:
        raise InvalidInput(
            N_("There is no such amount."), field="amount", remedy=N_("Open the review again.")
        ) from None


def read_registration(form: MultiDict[str, str]) -> RegisterForm:
    product_code, tenant_key = (form.get(name, "").strip() or None for name in ("product_code", "tenant_key"))
    return RegisterForm(product_code, tenant_key)


def read_state(text: str | None) -> ImportState:
    """Return the state that a list is narrowed to; what awaits review by default."""
    try:
        return ImportState(text or ImportState.UNDER_REVIEW)
    except ValueError:
        return ImportState.UNDER_REVIEW
