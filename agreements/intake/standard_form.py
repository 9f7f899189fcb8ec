"""The standard form: what each term says in the marketplace's own text, and the clause it stands in. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass

from agreements.intake.draft import NoticePeriod, Settlement, Suspension, TermValue
from agreements.intake.periods import Unit


@dataclass(frozen=True, slots=True)
class StandardTerm:
    """A term of the standard form.

    clause          number in the standard form; 一, 二, 三 are sections of the main agreement
    cites_clause    whether the draft reports the clause number it was found at
    """

    value: TermValue
    clause: str
    cites_clause: bool = False


STANDARD_FORM: Mapping[str, StandardTerm] = {
    "change_notification": StandardTerm(
        NoticePeriod(5, Unit.WORKING_DAY, "change", "written"), "3.3", cites_clause=True
    ),
    "upstream_notice": StandardTerm(
        NoticePeriod(1, Unit.WORKING_DAY, "provider_receipt_of_source_notice"), "2.4", cites_clause=True
    ),
    "tenant_refusal_of_upstream_change": StandardTerm("separate_agreement", "2.4"),
    "upstream_change_is_provider_breach": StandardTerm(False, "2.4"),
    "supplementary_agreement_required": StandardTerm(True, "8.1"),
    "own_platform_only": StandardTerm(True, "2.3"),
    "authorization_written_required": StandardTerm(True, "2.1"),
    "authorization_demand_any_time": StandardTerm(True, "2.1"),
    "preapproval_copy_company_seal": StandardTerm(True, "3.3"),
    "interface_adjustment_form": StandardTerm("written_company_sealed", "3.4"),
    "maintenance_notice": StandardTerm("advance_within_reasonable_time", "4.3"),
    "immediate_rectification_on_breach": StandardTerm(True, "4.4"),
    "terminate_service_any_time_on_breach": StandardTerm(True, "4.4"),
    "suspension": StandardTerm(Suspension(notice_required=True, consent_required=False), "6.1", cites_clause=True),
    "settlement": StandardTerm(
        Settlement("price_standard_x_actual_usage", ("mutual_agreement", "provider_cause")), "4.6", cites_clause=True
    ),
    "confidentiality_survives_termination": StandardTerm(True, "5.2"),
    "no_waiver": StandardTerm(True, "6.2"),
    "force_majeure_evidence": StandardTerm("notarial_statement", "7.1.1"),
    "effective_on": StandardTerm("online_purchase_and_payment_completed", "三"),
    "ends_on": StandardTerm("service_period_end", "三"),
    "formal_copy": StandardTerm("user_downloaded_provider_eseal_version", "三"),
    "spec_precedence": StandardTerm("page_display_at_order_time", "二"),
    "annex_vs_online_conflict": StandardTerm("less_favourable_to_provider", "二"),
}
"""By key, in the order in which drafts print them."""
