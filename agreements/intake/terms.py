"""All terms of an agreement, read clause by clause and compared with the standard form."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from agreements.intake import ending_terms, main_terms, notice_terms, use_terms
from agreements.intake.clauses import Sentence
from agreements.intake.document import Document
from agreements.intake.draft import ExtraPeriod, NoticePeriod, Settlement, Suspension, Term, TermValue
from agreements.intake.extra_terms import extra_periods
from agreements.intake.meaning import TermReading
from agreements.intake.standard_form import STANDARD_FORM

READERS: Mapping[str, Callable[[Sentence], TermReading | None]] = {
    "change_notification": notice_terms.change_notification,
    "upstream_notice": notice_terms.upstream_notice,
    "tenant_refusal_of_upstream_change": notice_terms.tenant_refusal_of_upstream_change,
    "upstream_change_is_provider_breach": notice_terms.upstream_change_is_provider_breach,
    "supplementary_agreement_required": ending_terms.supplementary_agreement_required,
    "own_platform_only": use_terms.own_platform_only,
    "authorization_written_required": use_terms.authorization_written_required,
    "authorization_demand_any_time": use_terms.authorization_demand_any_time,
    "preapproval_copy_company_seal": use_terms.preapproval_copy_company_seal,
    "interface_adjustment_form": notice_terms.interface_adjustment_form,
    "maintenance_notice": notice_terms.maintenance_notice,
    "immediate_rectification_on_breach": use_terms.immediate_rectification_on_breach,
    "terminate_service_any_time_on_breach": use_terms.terminate_service_any_time_on_breach,
    "suspension": use_terms.suspension,
    "settlement": ending_terms.settlement,
    "confidentiality_survives_termination": ending_terms.confidentiality_survives_termination,
    "no_waiver": ending_terms.no_waiver,
    "force_majeure_evidence": ending_terms.force_majeure_evidence,
    "effective_on": main_terms.effective_on,
    "ends_on": main_terms.ends_on,
    "formal_copy": main_terms.formal_copy,
    "spec_precedence": main_terms.spec_precedence,
    "annex_vs_online_conflict": main_terms.annex_vs_online_conflict,
}

AMENDS = re.compile(
    r"第?(?P<clause>\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)[条款项]?[^。;]{0,30}"
    r"(?:调整为|修改为|变更为|改为|不适用|不再适用|删除|作废|以本[条款]为准)"
)
OWN_NUMBER = re.compile(r"[#第\s]*[\d.]*[条款、.]?")


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """Terms by key, those that differ from the standard form, added periods, and warnings."""

    terms: Mapping[str, Term]
    changed: tuple[str, ...]
    extra: Mapping[str, ExtraPeriod]
    warnings: tuple[str, ...]


def read_terms(document: Document, sentences: Sequence[Sentence]) -> AgreementTerms:
    """Read every term by the meaning of its clause; what differs from the standard form or is unclear is a warning."""
    readings = {key: _surest(key, sentences) for key in READERS}
    terms = {key: _term(document, reading) for key, reading in readings.items()}
    changed = tuple(key for key, standard in STANDARD_FORM.items() if terms[key].value != standard.value)
    taken = [(read.sentence, read.period) for read in readings.values() if read.sentence and read.period]
    extra = {}
    for name, (sentence, period) in extra_periods(sentences, taken).items():
        end = min(period.end, len(sentence.text))
        evidence = document.evidence(*sentence.span(period.start, end), 0.8)
        extra[name] = ExtraPeriod(period.value, period.unit, sentence.clause, evidence)
    warnings = [f"term_differs_from_standard:{key}" for key in changed]
    warnings += [f"term_not_stated:{key}" for key, term in terms.items() if not term.is_stated and key not in changed]
    warnings += [warning for term in terms.values() for warning in term.warnings]
    warnings += _shifted(terms)
    warnings += [f"clause_amended_elsewhere:{clause}" for clause in _amended(sentences)]
    return AgreementTerms(terms, changed, extra, tuple(dict.fromkeys(warnings)))


ABSENT: Mapping[str, TermValue] = {
    "change_notification": NoticePeriod(),
    "upstream_notice": NoticePeriod(),
    "suspension": Suspension(notice_required=False, consent_required=False),
    "settlement": Settlement("none", ()),
}
"""What a term is where the agreement has no such clause; for the others False or "none", after the standard's type.

A dropped upstream exemption (2.4) so reads False, as the standard does: no clause makes such a change a breach. Its
value does not differ, so it is no changed term; that the exemption is gone, and the law decides, is a warning.
"""


def _surest(key: str, sentences: Sequence[Sentence]) -> TermReading:
    """Take the reading we are surest of; another clause that says otherwise about as surely is a warning."""
    readings = [reading for sentence in sentences if (reading := READERS[key](sentence)) is not None]
    if not readings:
        standard = STANDARD_FORM[key].value
        return TermReading(ABSENT.get(key, False if isinstance(standard, bool) else "none"))
    best = max(readings, key=lambda reading: reading.sure)
    contradicted = any(reading.value != best.value and reading.sure > best.sure - 0.15 for reading in readings)
    return replace(best, warnings=(*best.warnings, f"term_contradicted:{key}")) if contradicted else best


def _term(document: Document, reading: TermReading) -> Term:
    if reading.sentence is None:
        return Term(reading.value, is_stated=False)
    evidence = document.evidence(*reading.sentence.span(*reading.span), reading.sure)
    return Term(reading.value, reading.sentence.clause, evidence, warnings=reading.warnings)


def _shifted(terms: Mapping[str, Term]) -> list[str]:
    """Name the clauses that cite their number and stand elsewhere than in the standard form."""
    return [
        f"clause_numbering_shifted:{term.clause}"
        for key, term in terms.items()
        if STANDARD_FORM[key].cites_clause and term.clause not in (None, STANDARD_FORM[key].clause)
    ]


def _amended(sentences: Sequence[Sentence]) -> list[str]:
    """Name the clauses that another clause sets aside or rewords."""
    return [
        match["clause"]
        for sentence in sentences
        for match in AMENDS.finditer(OWN_NUMBER.sub("", sentence.text, count=1))
    ]
