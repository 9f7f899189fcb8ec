"""Who is who, and whether a tenant has shown what clause 3.3 asks before activation."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DocumentType(StrEnum):
    """Documents of clause 3.3 (a)."""

    BUSINESS_LICENCE = "business_licence"
    BUSINESS_DESCRIPTION = "business_description"
    PRIOR_APPROVAL = "prior_approval"
    RELATION_PROOF = "relation_proof"
    INDUSTRY_LICENCE = "industry_licence"
    TELECOM_LICENCE = "telecom_licence"
    ICP_FILING = "icp_filing"
    CONSENT_TEXT = "consent_text"
    SECURITY_FILING = "security_filing"


class DocumentState(StrEnum):
    """Whether a person has checked a document; only a verified one counts."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    REJECTED = "rejected"


GENERAL = "general"
"""Code of the industry that a tenant has until it is given another."""


def checklist_policy(industry: str) -> str:
    """Return the key of the policy that holds an industry's checklist."""
    return "onboarding_documents" if industry == GENERAL else f"onboarding_documents_{industry}"


class PlatformKind(StrEnum):
    """What an own platform of clause 2.3 is known by."""

    DOMAIN = "domain"
    APP = "app"
    MINI_PROGRAM = "mini_program"
    SERVER_IP = "server_ip"
    APP_KEY = "app_key"


class Ownership(StrEnum):
    """By what a platform is shown to be the tenant's own; the subject it names must be the tenant."""

    ICP_FILING = "icp_filing"
    APP_STORE_RECORD = "app_store_record"
    MINI_PROGRAM_SUBJECT = "mini_program_subject"
    SERVER_CONTRACT = "server_contract"
    OTHER = "other"


class ContactRole(StrEnum):
    """What a natural person at the tenant is there for."""

    BUSINESS = "business"
    LEGAL = "legal"
    TECHNICAL = "technical"
    FINANCE = "finance"
    SECURITY = "security"


class NoticeChannel(StrEnum):
    """Channels a notice address confirmation can designate."""

    EMAIL = "email"
    COURIER = "courier"


COMPANY_WORDS = ("公司", "集团", "事务所", "合作社", "个体工商户", "中心", "商行", "工作室", "企业", "经营部")


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A verified document as onboarding sees it; `expires_on` is its last day of validity, None for no end."""

    type: DocumentType
    sealed: bool
    expires_on: date | None


def normalised_name(name: str) -> str:
    """Return the form by which two spellings of one name are equal: NFKC, no white space, case folded (E-50)."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def lacks_seal(kind: DocumentType, *, sealed: bool) -> bool:
    """Clause 3.3 (a): a prior approval counts only as a sealed copy; the contract asks no seal of the others."""
    return kind is DocumentType.PRIOR_APPROVAL and not sealed


def missing_documents(
    required: Iterable[DocumentType], held: Iterable[HeldDocument], *, today: date
) -> list[DocumentType]:
    """Clause 3.3 (a): what is still missing before activation, in the order required.

    A document counts through its last day of validity, and where it does not lack its seal.
    """
    valid = {
        document.type
        for document in held
        if (document.expires_on is None or today <= document.expires_on)
        and not lacks_seal(document.type, sealed=document.sealed)
    }
    return [wanted for wanted in required if wanted not in valid]


def is_company_name(contact: str | None, party: str) -> bool:
    """Domain 1: say whether a contact person is no person but a company, the party's own name first of all."""
    if not contact:
        return False
    plain = normalised_name(contact)
    return plain == normalised_name(party) or any(word in plain for word in COMPANY_WORDS)
