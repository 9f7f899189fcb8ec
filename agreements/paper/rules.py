"""Kinds, answers and words of the paper room; pure decisions on them (main 三 2; clauses 2.4, 3.3, 4.5, 4.6, 6.1)."""

from enum import StrEnum

from agreements.kernel.access.rules import Role


class PaperKind(StrEnum):
    """What a document of ours is."""

    SUPPLEMENT = "supplement"
    NOTICE = "notice"
    RECTIFICATION_DEMAND = "rectification_demand"
    SUSPENSION_NOTICE = "suspension_notice"
    RESUME_NOTICE = "resume_notice"
    SETTLEMENT_STATEMENT = "settlement_statement"
    EVIDENCE_COVER = "evidence_cover"
    DESTRUCTION_CERTIFICATE = "destruction_certificate"


class PaperLanguage(StrEnum):
    ZH = "zh"
    EN = "en"


class SealKind(StrEnum):
    """The company seal binds the company in every matter, the contract seal in contracts."""

    COMPANY = "company"
    CONTRACT = "contract"


class SignatureAnswer(StrEnum):
    """What a check says of a PDF, best first. Altered means: not what was signed, whoever signed it."""

    VALID = "valid"
    UNTRUSTED = "untrusted"
    ALTERED = "altered"
    NO_SIGNATURE = "no_signature"


class Sameness(StrEnum):
    """How two downloads of a copy compare, nearest first (main 三 2)."""

    SAME_FILE = "same_file"
    SAME_SIGNED_CONTENT = "same_signed_content"
    SAME_TEXT = "same_text"
    DIFFERENT = "different"


class Genuineness(StrEnum):
    """What the public verification says of a document."""

    GENUINE = "genuine"
    ALTERED = "altered"
    UNKNOWN = "unknown"


SEAL_OF_KIND = {
    PaperKind.SUPPLEMENT: SealKind.CONTRACT,
    PaperKind.SETTLEMENT_STATEMENT: SealKind.CONTRACT,
}
"""Every other kind carries the company seal."""

FIRST_ROLES = (Role.LEGAL_OFFICER, Role.LEGAL_APPROVER)
"""Who may use a seal until its list is changed."""

NUMBER_PREFIX = "LY"


def seal_kind_for(kind: PaperKind) -> SealKind:
    return SEAL_OF_KIND.get(kind, SealKind.COMPANY)


def document_number(year: int, sequence: int, mark: str) -> str:
    """Return LY-2026-000123-K7QF3M; `mark` is a keyed check, so that numbers can't be tried one after another."""
    return f"{NUMBER_PREFIX}-{year}-{sequence:06d}-{mark}"


def worst(answers: list[SignatureAnswer]) -> SignatureAnswer:
    """A file is as good as the worst of its signatures; without one it has none."""
    order = list(SignatureAnswer)
    return max(answers, key=order.index) if answers else SignatureAnswer.NO_SIGNATURE
