"""Checking a PDF that somebody brought: its signatures, its text, and the numbers of ours that stand in it.

Runs in a process of its own (`checking_process`); everything in the file is taken for hostile. Nothing is fetched.
"""

import hashlib
import io
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pypdfium2
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from agreements.paper.rules import SignatureAnswer, worst

MOST_PAGES = 500
MOST_SIGNATURES = 20
MOST_TEXT = 2_000_000
MOST_REVISIONS = 40
OUR_NUMBER = re.compile(r"LY-[0-9]{4}-[0-9]{6}-[A-Z2-7]{6}")
SPACE = re.compile(r"\s+")
END_OF_REVISION = re.compile(rb"%%EOF\r?\n?")
HARMLESS = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)


class NotChecked(Exception):
    """The file can't be checked; `code` says why: NOT_A_PDF, ENCRYPTED, DAMAGED, TOO_LARGE."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class SignatureFound:
    """One signature.

    reason     why it is not valid: altered, drawn_over, revoked, expired, unknown_authority; empty where it is
    signed_at  as the signer says; timestamped_at as a trusted timestamp says, ISO 8601, None for none
    """

    answer: SignatureAnswer
    reason: str
    signer: str
    organisation: str
    issuer: str
    serial: str
    certificate_sha256: str
    signed_sha256: str
    signed_at: str | None
    timestamped_at: str | None
    is_visible: bool


@dataclass(frozen=True, slots=True)
class PdfCheck:
    """answer: of the worst signature; revisions: SHA-256 of the file as it stood at each of its ends, oldest first."""

    answer: SignatureAnswer
    sha256: str
    pages: int
    text_sha256: str
    numbers: tuple[str, ...]
    revisions: tuple[str, ...]
    signatures: tuple[SignatureFound, ...]


@dataclass(frozen=True, slots=True)
class _Trust:
    roots: list[asn1_x509.Certificate]
    revocations: list[bytes]


def check(content: bytes, *, trusted: bytes = b"", at: datetime) -> PdfCheck:
    """Check a file; raises NotChecked.

    trusted  certificates at which a trusted chain may end, and revocation lists at hand (PEM, in any order)
    at       the instant of the check; a signature with a trusted timestamp is judged at its own
    """
    if b"%PDF-" not in content[:1024]:
        raise NotChecked("NOT_A_PDF")
    pages, text = _pages_and_text(content)
    trust = _trust(trusted)
    try:
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        if reader.encrypted:
            raise NotChecked("ENCRYPTED")
        embedded = list(reader.embedded_regular_signatures)
        stamps = list(reader.embedded_timestamp_signatures)
    except NotChecked:
        raise
    except Exception as error:  # a foreign parser on a foreign file: any fault of it means the file is damaged
        raise NotChecked("DAMAGED") from error
    if len(embedded) + len(stamps) > MOST_SIGNATURES:
        raise NotChecked("TOO_LARGE")
    proven = [_proven_at(each, trust, at) for each in stamps]
    found = tuple(_judged(each, content, trust, at, _earliest(proven)) for each in embedded)
    if any(each is None for each in proven) or _has_a_tail(content):
        found = tuple(replace(each, answer=SignatureAnswer.ALTERED, reason="drawn_over") for each in found)
    return PdfCheck(
        answer=worst([each.answer for each in found]),
        sha256=hashlib.sha256(content).hexdigest(),
        pages=pages,
        text_sha256=hashlib.sha256(SPACE.sub("", text).encode()).hexdigest(),
        numbers=tuple(dict.fromkeys(OUR_NUMBER.findall(text)))[:5],
        revisions=_revisions(content),
        signatures=found,
    )


def _pages_and_text(content: bytes) -> tuple[int, str]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise NotChecked("ENCRYPTED" if "assword" in str(error) else "DAMAGED") from error
    try:
        if not 1 <= len(document) <= MOST_PAGES:
            raise NotChecked("TOO_LARGE" if len(document) else "DAMAGED")
        parts: list[str] = []
        for page in document:
            parts.append(page.get_textpage().get_text_range())
            if sum(map(len, parts)) > MOST_TEXT:
                raise NotChecked("TOO_LARGE")
        return len(document), "".join(parts)
    except pypdfium2.PdfiumError as error:
        raise NotChecked("DAMAGED") from error
    finally:
        document.close()


def _trust(bundle: bytes) -> _Trust:
    blocks = list(pem.unarmor(bundle, multiple=True)) if bundle.strip() else []
    return _Trust(
        roots=[asn1_x509.Certificate.load(der) for kind, _, der in blocks if kind == "CERTIFICATE"],
        revocations=[der for kind, _, der in blocks if kind == "X509 CRL"],
    )


def _has_a_tail(content: bytes) -> bool:
    """Say whether anything follows the last end of the file; readers differ on what they make of it."""
    _, _, tail = content.rpartition(b"%%EOF")
    return bool(tail.strip(b"\r\n\0 "))


def _revisions(content: bytes) -> tuple[str, ...]:
    """Hash the file up to each end of a revision, with and without the line end after it; one pass."""
    hashed, done, found = hashlib.sha256(), 0, []
    for end in list(END_OF_REVISION.finditer(content))[:MOST_REVISIONS]:
        for stop in sorted({end.start() + 5, end.end()}):
            hashed.update(content[done:stop])
            done = stop
            found.append(hashed.copy().hexdigest())
    return tuple(found)


def _proven_at(stamp: EmbeddedPdfSignature, trust: _Trust, at: datetime) -> datetime | bool | None:
    """Return the time a document timestamp vouches for; False where nobody trusts it, None where it is broken."""
    try:
        status = validate_pdf_timestamp(stamp, validation_context=_context(trust, at))
    except (SignatureValidationError, PdfError, ValueError):
        return None
    if not (status.intact and status.valid):
        return None
    return status.timestamp if status.trusted else False


def _earliest(proven: list[datetime | bool | None]) -> datetime | None:
    return min((each for each in proven if isinstance(each, datetime)), default=None)


def _judged(
    signature: EmbeddedPdfSignature,
    content: bytes,
    trust: _Trust,
    at: datetime,
    proven_at: datetime | None,
) -> SignatureFound:
    """Judge one signature. proven_at: when a trusted document timestamp shows that it existed; None for none."""
    certificate = signature.signer_cert
    try:
        status = _status(signature, trust, at)
        timestamp = status.timestamp_validity
        if timestamp is not None and timestamp.intact and timestamp.valid and timestamp.trusted and not status.trusted:
            status = _status(signature, trust, timestamp.timestamp)
        elif proven_at is not None and not status.trusted:
            status = _status(signature, trust, proven_at)
        answer, reason = _answer(status)
        vouched = timestamp.timestamp if timestamp is not None and timestamp.trusted else proven_at
        stamped = vouched.isoformat() if vouched is not None else None
    except (SignatureValidationError, PdfError, ValueError):
        answer, reason, stamped = SignatureAnswer.ALTERED, "altered", None
    return SignatureFound(
        answer=answer,
        reason=reason,
        signer=_part(certificate, "common_name"),
        organisation=_part(certificate, "organization_name"),
        issuer=str(certificate.issuer.native.get("common_name") or certificate.issuer.human_friendly)[:200],
        serial=f"{certificate.serial_number:X}",
        certificate_sha256=hashlib.sha256(certificate.dump()).hexdigest(),
        signed_sha256=_signed_bytes_hash(signature, content),
        signed_at=signature.self_reported_timestamp.isoformat() if signature.self_reported_timestamp else None,
        timestamped_at=stamped,
        is_visible=_is_visible(signature),
    )


def _status(signature: EmbeddedPdfSignature, trust: _Trust, at: datetime) -> PdfSignatureStatus:
    return validate_pdf_signature(signature, signer_validation_context=_context(trust, at))


def _context(trust: _Trust, at: datetime) -> ValidationContext:
    return ValidationContext(
        trust_roots=trust.roots,
        crls=trust.revocations,
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
    )


def _answer(status: PdfSignatureStatus) -> tuple[SignatureAnswer, str]:
    if not (status.intact and status.valid):
        return SignatureAnswer.ALTERED, "altered"
    covered = status.coverage in (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
    if not covered or status.modification_level not in HARMLESS or status.docmdp_ok is False:
        return SignatureAnswer.ALTERED, "drawn_over"
    if status.trusted:
        return SignatureAnswer.VALID, ""
    if status.revoked:
        return SignatureAnswer.UNTRUSTED, "revoked"
    expired = status.trust_problem_indic is not None and "EXPIRED" in str(status.trust_problem_indic)
    return SignatureAnswer.UNTRUSTED, "expired" if expired else "unknown_authority"


def _signed_bytes_hash(signature: EmbeddedPdfSignature, content: bytes) -> str:
    """Hash what the signature covers, which is the file without the signature's own bytes."""
    hashed = hashlib.sha256()
    numbers = [int(each) for each in signature.byte_range]
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        hashed.update(content[start : start + length])
    return hashed.hexdigest()


def _is_visible(signature: EmbeddedPdfSignature) -> bool:
    rectangle: Any = signature.sig_field.get("/Rect")
    if rectangle is None:
        return False
    left, low, right, high = (float(each) for each in rectangle)
    return abs(right - left) > 1 and abs(high - low) > 1


def _part(certificate: asn1_x509.Certificate, name: str) -> str:
    value = certificate.subject.native.get(name) or ""
    return str(value[0] if isinstance(value, list) else value)[:200]
