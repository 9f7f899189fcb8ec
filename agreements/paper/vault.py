"""The vault of official copies: what was brought, what its signatures said, which one is the formal copy (main 三 2).

The formal contract is the version with the provider's electronic seal that the tenant downloads itself. A scan or a
Word file is a working copy only and has no place here.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, clock, files
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, MissingData, NotFound
from agreements.kernel.settings import Settings
from agreements.paper.checking import PdfCheck
from agreements.paper.checking_process import checked
from agreements.paper.models import VaultCopy
from agreements.paper.rules import Sameness, SignatureAnswer
from agreements.parties.actions import Upload
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement

Check = Callable[[bytes], PdfCheck]
CLAUSE = "main 三 2"
LONGEST_NAME = 200


def checker(settings: Settings) -> Check:
    """Return how a file is checked here: in a confined process, by the trust that the configuration names.

    Certificates are judged by the machine's time, also in a rehearsal. Call it before a unit of work begins.
    """
    trusted = b""
    if settings.signing_trust:
        try:
            trusted = Path(settings.signing_trust).read_bytes()
        except OSError as error:
            raise MissingData(
                N_("The list of trusted certificates can't be read."),
                code="SIGNING_TRUST",
                remedy=N_("Check signing_trust in the configuration."),
            ) from error
    return partial(checked, trusted=trusted, at=clock.wall())


def check_signed_file(settings: Settings, content: bytes) -> SignatureAnswer | None:
    """Say what the e-seals of a file are worth; None where it is no PDF. Call it before a unit of work begins.

    A PDF that can't be opened raises InvalidInput.
    """
    return checker(settings)(content).answer if b"%PDF-" in content[:1024] else None


def keep_copy(
    session: Session,
    upload: Upload,
    found: PdfCheck,
    *,
    agreement: Agreement | None,
    actor: Actor,
    now: datetime,
) -> VaultCopy:
    """Keep a checked file; the same file for the same agreement is kept once and returned as it is.

    found  what `checker` said of the very same bytes
    """
    require(actor, Permission.KEEP_COPY)
    file = files.keep(session, upload.content, name=upload.name, media_type="application/pdf", now=now)
    assert file.sha256 == found.sha256, "the check is another file's"
    kept = session.scalar(
        select(VaultCopy).where(
            VaultCopy.file_id == file.id, VaultCopy.agreement_id == (agreement.id if agreement else None)
        )
    )
    if kept is not None:
        return kept
    copy = VaultCopy(
        agreement_id=agreement.id if agreement else None,
        file_id=file.id,
        name=(upload.name.strip() or "copy.pdf")[:LONGEST_NAME],
        pages=found.pages,
        answer=found.answer,
        signed_sha256=found.signatures[0].signed_sha256 if found.signatures else None,
        text_sha256=found.text_sha256,
        signatures=[{**asdict(each), "answer": each.answer.value} for each in found.signatures],
        is_formal=False,
        kept_at=now,
        kept_by=actor.name,
    )
    session.add(copy)
    session.flush()  # the audit row names its id
    _record(session, copy, "paper.copy_kept", actor=actor, now=now, answer=copy.answer.value, sha256=file.sha256)
    return copy


def make_formal(session: Session, copy: VaultCopy, *, actor: Actor, now: datetime) -> None:
    """Main 三 2: this copy is the agreement's formal one from now on; the one before stays kept.

    An altered file and one without a signature never are: Conflict. An untrusted chain may be, and stays shown.
    """
    require(actor, Permission.KEEP_COPY)
    if copy.agreement_id is None:
        raise Conflict(N_("This copy belongs to no agreement."), clause=CLAUSE)
    if copy.answer in (SignatureAnswer.ALTERED, SignatureAnswer.NO_SIGNATURE):
        raise Conflict(
            N_("Only a copy whose electronic seal is unaltered is the formal one."),
            code="NOT_A_FORMAL_COPY",
            clause=CLAUSE,
            remedy=N_("Have the tenant download the sealed version again and take that in."),
        )
    if copy.is_formal:
        return
    session.execute(
        update(VaultCopy)
        .where(VaultCopy.agreement_id == copy.agreement_id, VaultCopy.is_formal)
        .values(is_formal=False)
    )
    copy.is_formal = True
    session.flush()  # the audit row follows the fact
    _record(session, copy, "paper.copy_made_formal", actor=actor, now=now, answer=copy.answer.value)


def compare(first: PdfCheck | VaultCopy, second: PdfCheck | VaultCopy) -> Sameness:
    """Main 三 2: two downloads differ in bytes and still are one contract where what was signed is the same."""
    if _sha256(first) == _sha256(second):
        return Sameness.SAME_FILE
    signed = _signed_sha256(first)
    if signed is not None and signed == _signed_sha256(second):
        return Sameness.SAME_SIGNED_CONTENT
    same_text = (first.pages, first.text_sha256) == (second.pages, second.text_sha256)
    return Sameness.SAME_TEXT if same_text else Sameness.DIFFERENT


def bears_name(copy: VaultCopy, name: str | None) -> bool:
    """Say whether a signature's certificate names this company, whatever the spelling."""
    if not name:
        return False
    wanted = normalised_name(name)
    return any(
        wanted == normalised_name(each[part])
        for each in copy.signatures
        for part in ("signer", "organisation")
        if each[part]
    )


def copy_of_id(session: Session, copy_id: int) -> VaultCopy:
    copy = session.get(VaultCopy, copy_id)
    if copy is None:
        raise NotFound(N_("There is no copy %(id)s."), field="copy", id=copy_id)
    return copy


def require_pdf(upload: Upload | None) -> Upload:
    """Return an upload that holds something; none or an empty one raises InvalidInput."""
    if upload is None or not upload.content:
        raise InvalidInput(N_("Choose a PDF."), field="file")
    return upload


def _sha256(copy: PdfCheck | VaultCopy) -> str:
    return copy.file.sha256 if isinstance(copy, VaultCopy) else copy.sha256


def _signed_sha256(copy: PdfCheck | VaultCopy) -> str | None:
    if isinstance(copy, VaultCopy):
        return copy.signed_sha256
    return copy.signatures[0].signed_sha256 if copy.signatures else None


def _record(session: Session, copy: VaultCopy, act: str, *, actor: Actor, now: datetime, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"copy:{copy.id}",
        agreement_id=copy.agreement_id,
        tenant_id=copy.agreement.tenant_id if copy.agreement else None,
        clause=CLAUSE,
        now=now,
        details=details,
    )
