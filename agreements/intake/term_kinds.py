"""The terms that clauses are read for: of what shape each is, and the words it can say. Recognisers are code (`terms`).

What a term is *expected* to say is not here: a standard form says that, as data (`standard_form`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agreements.intake.draft import NoticePeriod, Settlement, Suspension, TermValue
from agreements.intake.periods import Unit


class Shape(StrEnum):
    NOTICE = "notice"
    SUSPENSION = "suspension"
    SETTLEMENT = "settlement"
    YES_NO = "yes_no"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class TermKind:
    """A term.

    has_form      its notice asks for a form (written, sealed)
    cites_clause  the draft reports the clause number it was found at
    in_main       it belongs to the main agreement, whose clauses are cited with their section (三 1)
    words         what a WORD may say besides "none"
    """

    shape: Shape
    has_form: bool = False
    cites_clause: bool = False
    in_main: bool = False
    words: tuple[str, ...] = ()

    @property
    def absent(self) -> TermValue:
        """Return what the term is where an agreement has no such clause.

        A dropped upstream exemption (2.4) so reads False, as the standard does: no clause makes such a change a breach.
        Its value does not differ, so it is no changed term; that the exemption is gone, and the law decides, is a
        warning.
        """
        return ABSENT[self.shape]


ABSENT: Mapping[Shape, TermValue] = {
    Shape.NOTICE: NoticePeriod(),
    Shape.SUSPENSION: Suspension(notice_required=False, consent_required=False),
    Shape.SETTLEMENT: Settlement("none", ()),
    Shape.YES_NO: False,
    Shape.WORD: "none",
}


def _word(words: str, *, in_main: bool = False) -> TermKind:
    return TermKind(Shape.WORD, in_main=in_main, words=tuple(words.split()))


YES_NO = TermKind(Shape.YES_NO)
TERMS: Mapping[str, TermKind] = {
    "change_notification": TermKind(Shape.NOTICE, has_form=True, cites_clause=True),
    "upstream_notice": TermKind(Shape.NOTICE, cites_clause=True),
    "tenant_refusal_of_upstream_change": _word(
        "separate_agreement separate_agreement_or_termination termination refund negotiation must_accept"
    ),
    "upstream_change_is_provider_breach": YES_NO,
    "supplementary_agreement_required": YES_NO,
    "own_platform_only": YES_NO,
    "authorization_written_required": YES_NO,
    "authorization_demand_any_time": YES_NO,
    "preapproval_copy_company_seal": YES_NO,
    "interface_adjustment_form": _word("written_company_sealed written any not_required"),
    "maintenance_notice": _word(
        "advance_within_reasonable_time within_reasonable_time advance_by_fixed_period within_fixed_period in_advance "
        "promptly afterwards not_required"
    ),
    "immediate_rectification_on_breach": YES_NO,
    "terminate_service_any_time_on_breach": YES_NO,
    "suspension": TermKind(Shape.SUSPENSION, cites_clause=True),
    "settlement": TermKind(Shape.SETTLEMENT, cites_clause=True),
    "confidentiality_survives_termination": YES_NO,
    "no_waiver": YES_NO,
    "force_majeure_evidence": _word(
        "notarial_statement notarial_or_other_statement authority_statement written_statement any_proof not_required"
    ),
    "effective_on": _word(
        "online_purchase_and_payment_completed payment_completed online_purchase signature signature_and_payment "
        "fixed_date",
        in_main=True,
    ),
    "ends_on": _word(
        "service_period_end quota_exhausted service_period_end_or_quota_exhausted automatic_renewal fixed_date no_end",
        in_main=True,
    ),
    "formal_copy": _word(
        "user_downloaded_provider_eseal_version user_downloaded_version provider_sealed_version "
        "both_sealed_paper_version downloaded_version_not_formal",
        in_main=True,
    ),
    "spec_precedence": _word(
        "page_display_at_order_time page_display current_page_display agreement_text provider_decision", in_main=True
    ),
    "annex_vs_online_conflict": _word(
        "less_favourable_to_provider less_favourable_to_tenant more_favourable_to_provider more_favourable_to_tenant "
        "provider_decides annex_prevails online_terms_prevail",
        in_main=True,
    ),
}
"""By key, in the order in which drafts print them."""


def term_as_data(value: TermValue) -> Any:
    """Return a term's value as a standard form stores it."""
    if isinstance(value, NoticePeriod):
        return {
            "value": value.value,
            "unit": value.unit.value if value.unit else None,
            "starts": value.starts,
            "form": value.form,
        }
    if isinstance(value, Suspension):
        return {"notice_required": value.notice_required, "consent_required": value.consent_required}
    if isinstance(value, Settlement):
        return {"basis": value.basis, "triggers": list(value.triggers)}
    return value


def term_from_data(key: str, data: Any) -> TermValue:
    """Read a term's value as `term_as_data` gives it; a shape that is not the term's raises ValueError."""
    shape = TERMS[key].shape
    if shape is Shape.NOTICE and isinstance(data, Mapping):
        unit = data.get("unit")
        return NoticePeriod(data.get("value"), Unit(unit) if unit else None, data.get("starts"), data.get("form"))
    if shape is Shape.SUSPENSION and isinstance(data, Mapping):
        return Suspension(notice_required=data["notice_required"], consent_required=data["consent_required"])
    if shape is Shape.SETTLEMENT and isinstance(data, Mapping):
        return Settlement(data["basis"], tuple(data["triggers"]))
    if (shape is Shape.YES_NO and isinstance(data, bool)) or (shape is Shape.WORD and isinstance(data, str)):
        return data
    raise ValueError(f"{key} can't be {data!r}")
