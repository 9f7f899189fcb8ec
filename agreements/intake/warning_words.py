"""What a warning is about: the words that explain it, the fields it speaks of, and how loud it is.

The catalogues hold `import_warning.<family>` (title) and `import_warning_meaning.<family>` (what it means, what to do).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agreements.intake.fields import KNOWN
from agreements.intake.term_kinds import TERMS

UNKNOWN = "unknown"

INFORMATION = frozenset(
    {
        "signed_on_non_working_day",
        "signing_dates_differ",
        "signing_day_not_checked",
        "signing_date_party_unclear",
        "sign_date_missing",
        "several_phones",
        "clause_numbering_shifted",
        "decoded_as",
    }
)
"""Families that change nothing by themselves: they are read and acknowledged."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "purchaser_account_mismatch": ("marketplace.purchaser_account", "parties.party_a.name"),
    "seller_account_mismatch": ("marketplace.seller_account", "parties.party_b.name"),
    "party_a_contact_is_company_name": ("parties.party_a.contact",),
    "party_a_signature_name_differs": ("signing.party_a_signature_name", "parties.party_a.name"),
    "service_end_given_as_timestamp": ("order.service_end",),
    "service_period_reversed": ("order.service_start", "order.service_end"),
    "price_check_mismatch": ("order.spec_text", "order.quantity", "order.list_price"),
    "paid_more_than_list_price": ("order.list_price", "order.paid_amount"),
    "paid_amount_zero": ("order.paid_amount",),
    "unpaid_not_effective": ("order.paid_amount",),
    "effectiveness_needs_review": ("terms.effective_on", "order.payment_mode"),
    "currency_not_cny": ("order.currency", "order.list_price", "order.paid_amount"),
    "signed_on_non_working_day": ("signing.party_a_date", "signing.party_b_date"),
    "signing_dates_differ": ("signing.party_a_date", "signing.party_b_date"),
    "signing_day_not_checked": ("signing.party_a_date", "signing.party_b_date"),
    "spec_not_understood": ("order.spec_text", "spec.kind"),
    "spec_fair_use_cap": ("order.spec_text",),
    "spec_rate_limit": ("order.spec_text",),
    "spec_bonus_calls": ("order.spec_text", "spec.pack_calls"),
    "spec_period_not_understood": ("order.spec_text",),
    "spec_price_without_currency": ("order.spec_text", "spec.pack_price"),
    "suspension_right_excluded": ("terms.suspension",),
    "party_roles_reversed": ("parties.party_a.name", "parties.party_b.name"),
    "text_not_read_to_its_end": (),
    "read_from_scan": (),
    "text_layer_of_scan": (),
    "page_not_read": (),
    "tracked_changes": (),
    "hidden_text": (),
}

BY_TERM = frozenset(
    {
        "term_differs_from_standard",
        "term_not_understood",
        "term_not_stated",
        "term_contradicted",
        "period_missing",
        "period_unclear",
        "period_start_unclear",
        "notice_addressee_unclear",
    }
)
"""Families whose detail is the key of a term."""

ALONE = frozenset(
    {*FIELDS, *BY_TERM, *INFORMATION, "extra_term", "clause_amended_elsewhere", "amount_in_words_differs"}
)
ENDINGS = {"_missing": "field_missing", "_unclear": "field_unclear", "_has_several_phones": "several_phones"}
PARTIES = ("party_a", "party_b")


@dataclass(frozen=True, slots=True)
class Meaning:
    """family names its words; `fields` are dotted names, those with evidence can be shown in the text."""

    family: str
    fields: tuple[str, ...]

    @property
    def is_information(self) -> bool:
        return self.family in INFORMATION


def meaning_of(code: str, detail: str) -> Meaning:
    """Return what a warning of the reading side is about; an unknown code has its own cautious words."""
    if code in BY_TERM:
        return Meaning(code, (f"terms.{detail}",) if detail in TERMS else ())
    if code == "read_unsurely":
        return Meaning(code, (detail,))
    if code == "extra_term":
        return Meaning(code, (f"extra_terms.{detail}",))
    if code in {"amount_unclear", "amount_in_words_differs"}:
        family = "field_unclear" if code == "amount_unclear" else code
        return Meaning(family, (f"order.{detail}",))
    if code in ALONE:
        return Meaning(code, FIELDS.get(code, ()))
    for ending, family in ENDINGS.items():
        if code.endswith(ending):
            fields = _fields_of(code.removesuffix(ending), family)
            return Meaning(_family(family, fields), fields)
    return Meaning(UNKNOWN, ())


def _family(family: str, fields: tuple[str, ...]) -> str:
    """A missing signing date is information only; a field that we do not know has the cautious words."""
    if not fields:
        return UNKNOWN
    return "sign_date_missing" if family == "field_missing" and fields[0].startswith("signing.") else family


def _fields_of(name: str, family: str) -> tuple[str, ...]:
    if name == "service_period":
        return ("order.service_start", "order.service_end")
    for party in PARTIES:
        if family == "several_phones" and name == party:
            return (f"parties.{party}.phone",)
        if name == f"{party}_sign_date":
            return (f"signing.{party}_date",)
        if name.startswith(f"{party}_"):
            return _known(f"parties.{party}.{name.removeprefix(f'{party}_')}")
    if name == "marketplace_host":
        return ("marketplace.host",)
    return _known(f"order.{name}") or _known(f"marketplace.{name}")


def _known(name: str) -> tuple[str, ...]:
    return (name,) if name in KNOWN else ()
