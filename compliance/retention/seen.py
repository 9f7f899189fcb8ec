"""What an entry of the access log names, in words: the log itself keeps the address that was asked for."""

from collections.abc import Mapping
from types import MappingProxyType

_ENDPOINTS = {
    "contact": ("contact",),
    "paper": ("papers.download", "rest_papers.file", "translated_papers.english", "rest_translated_papers.english"),
    "copy": ("papers.download_copy", "rest_copies.copy_file"),
    "agreement_file": ("agreement.download", "rest_agreements.file_of_order"),
    "tenant_file": ("tenant.download", "rest_tenants.file_of_a_tenant"),
    "own_document": ("own_documents.download", "rest_own_documents.file"),
    "supplement": ("supplements.download", "rest_supplements.file"),
    "import": ("intake.review",),
    "batch_problems": ("batches.problems",),
    "order_template": ("batches.template",),
    "settlement_statement": ("settlements.statement", "rest_settlements.statement_file"),
    "usage_statement": ("settlements.usage_file", "rest_settlements.usage_file"),
    "notice": ("notices.show", "rest_notices.one", "rest_notices.letter"),
    "arrival_proof": ("notices.proof", "rest_notices.proof"),
    "change_file": ("changes.file",),
    "change_notice": ("changes.notice_file",),
    "changes_export": ("changes.export",),
    "register_export": (
        "register.export",
        "register.export_xlsx",
        "register.arrange",
        "rest_register.export_csv",
        "rest_register.export_xlsx",
    ),
    "upstream_notice": ("upstream.file", "rest_upstream.original"),
    "upstream_withdrawal": ("upstream.withdrawal_file", "rest_upstream_acts.withdrawal_file"),
    "aftermath": ("upstream.aftermath_file", "rest_upstream_acts.aftermath_file"),
    "tenant_answer": ("upstream.answer_file", "rest_upstream_acts.answer_file"),
}
WORDS: Mapping[str, str] = MappingProxyType({name: word for word, names in _ENDPOINTS.items() for name in names})
"""By what a subject begins with, the catalogue's word for it."""
OTHER = "other"


def seen(subject: str) -> tuple[str, str]:
    """Return the word for what was seen and by what number or name; an address not known here is OTHER, told whole."""
    name, _, which = subject.partition(":")
    return (WORDS[name], which.replace("/", " · ")) if name in WORDS else (OTHER, subject)
