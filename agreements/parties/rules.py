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


class PlatformKind(StrEnum):
    """What an own platform of clause 2.3 is known by."""

    DOMAIN = "domain"
    APP = "app"
    MINI_PROGRAM = "mini_program"
    SERVER_IP = "server_ip"


class NoticeChannel(StrEnum):
    """Channels a notice address confirmation can designate."""

    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A verified document as onboarding sees it; `expires_on` is its last day of validity, None for no end."""

    type: DocumentType
    sealed: bool
    expires_on: date | None


def normalised_name(name: str) -> str:
    """Return the form by which two spellings of one name are equal: NFKC, no white space, case folded (E-50)."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def missing_documents(
    required: Iterable[DocumentType], held: Iterable[HeldDocument], *, today: date
) -> list[DocumentType]:
    """Clause 3.3 (a): what is still missing before activation, in the order required.

    A document counts through its last day of validity. A prior approval counts only as a sealed copy; the contract asks
    no seal of the others.
    """
    valid = {
        document.type
        for document in held
        if (document.expires_on is None or today <= document.expires_on)
        and (document.sealed or document.type is not DocumentType.PRIOR_APPROVAL)
    }
    return [wanted for wanted in required if wanted not in valid]
