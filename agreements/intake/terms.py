"""All terms of an agreement, read clause by clause and compared with the standard form."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from agreements.intake import ending_terms, main_terms, notice_terms, use_terms
from agreements.intake.clauses import Sentence
from agreements.intake.document import Document
from agreements.intake.draft import ExtraPeriod, Term
from agreements.intake.extra_terms import extra_periods
from agreements.intake.meaning import TermReading
from agreements.intake.standard_form import StandardForm, built_in_form
from agreements.intake.term_kinds import TERMS

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


def read_terms(document: Document, sentences: Sequence[Sentence], form: StandardForm | None = None) -> AgreementTerms:
    """Read every term by the meaning of its clause; what differs from the standard form or is unclear is a warning.

    form  the one to compare with; the built-in one unless given
    """
    form = form or built_in_form()
    readings = {key: _surest(key, sentences) for key in READERS}
    terms = {key: _term(document, reading) for key, reading in readings.items()}
    changed = differing_terms({key: term.value for key, term in terms.items()}, form)
    taken = [(read.sentence, read.period) for read in readings.values() if read.sentence and read.period]
    extra = {}
    for name, (sentence, period) in extra_periods(sentences, taken).items():
        end = min(period.end, len(sentence.text))
        evidence = document.evidence(*sentence.span(period.start, end), 0.8)
        extra[name] = ExtraPeriod(period.value, period.unit, sentence.clause, evidence)
    stated = {key for key, term in terms.items() if term.is_stated}
    warnings = [
        *(f"term_differs_from_standard:{key}" for key in changed),
        *dropped_clauses(form, stated, changed),
        *(warning for term in terms.values() for warning in term.warnings),
        *shifted_clauses(form, {key: term.clause for key, term in terms.items()}),
        *(f"clause_amended_elsewhere:{clause}" for clause in _amended(sentences)),
        *(f"extra_term:{name}" for name in extra if name in TELLING),
    ]
    return AgreementTerms(terms, changed, extra, tuple(dict.fromkeys(warnings)))


TELLING = ("confidentiality_survival", "renewal", "renewal_objection")
"""Periods of other agreements that change what our own duties are or when it ends: a person acknowledges them."""


def differing_terms(values: Mapping[str, object], form: StandardForm) -> tuple[str, ...]:
    """Return the keys of the terms that do not say what the form says, in the order of drafts."""
    return tuple(key for key in TERMS if values[key] != form.value_of(key))


def dropped_clauses(form: StandardForm, stated: Collection[str], changed: Collection[str]) -> list[str]:
    """Warn of terms that the form states and the agreement does not, where that alone gives no other value."""
    return [
        f"term_not_stated:{key}"
        for key in TERMS
        if key not in stated and key not in changed and form.clause_of(key) is not None
    ]


def shifted_clauses(form: StandardForm, clauses: Mapping[str, str | None]) -> list[str]:
    """Name the clauses that cite their number and stand elsewhere than in the form."""
    return [
        f"clause_numbering_shifted:{clauses[key]}"
        for key, kind in TERMS.items()
        if kind.cites_clause and clauses[key] not in (None, form.number_of(key))
    ]


def _surest(key: str, sentences: Sequence[Sentence]) -> TermReading:
    """Take the reading we are surest of; another clause that says otherwise about as surely is a warning."""
    readings = [reading for sentence in sentences if (reading := READERS[key](sentence)) is not None]
    if not readings:
        return TermReading(TERMS[key].absent)
    best = max(readings, key=lambda reading: reading.sure)
    contradicted = any(reading.value != best.value and reading.sure > best.sure - 0.15 for reading in readings)
    return replace(best, warnings=(*best.warnings, f"term_contradicted:{key}")) if contradicted else best


def _term(document: Document, reading: TermReading) -> Term:
    if reading.sentence is None:
        return Term(reading.value, is_stated=False)
    evidence = document.evidence(*reading.sentence.span(*reading.span), reading.sure)
    return Term(reading.value, reading.sentence.clause, evidence, warnings=reading.warnings)


def _amended(sentences: Sequence[Sentence]) -> list[str]:
    """Name the clauses that another clause sets aside or rewords."""
    return [
        match["clause"]
        for sentence in sentences
        for match in AMENDS.finditer(OWN_NUMBER.sub("", sentence.text, count=1))
    ]
