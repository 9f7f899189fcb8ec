"""Issuing a document of ours: numbered, drawn, sealed, signed and kept in one transaction.

What issues a document asks for its own permission; here only the seal is asked for (who may use which). No network is
used.
"""

import base64
import hashlib
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agreements.kernel import audit, files
from agreements.kernel.access.rules import Actor
from agreements.kernel.crypto import Keyring
from agreements.kernel.errors import N_, MissingData, NotFound
from agreements.kernel.instants import legal_date
from agreements.kernel.settings import Settings
from agreements.paper import certificates, sealing, signing
from agreements.paper.content import Facts, Grid, PaperContent, Paragraph, PartyBlock, Signature, Weight
from agreements.paper.models import OfficialDocument, Seal, SealUse
from agreements.paper.rendering import Frame, SealFace, render
from agreements.paper.rules import PaperKind, PaperLanguage, SealKind, document_number, seal_kind_for
from agreements.parties.models import Tenant
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement

__all__ = [
    "Facts",
    "Grid",
    "OfficialDocument",
    "PaperContent",
    "PaperKind",
    "PaperLanguage",
    "Paragraph",
    "PartyBlock",
    "Signature",
    "Weight",
    "document_of_number",
    "documents_for",
    "issue",
    "provider_name",
]

MARK_LENGTH = 6


def issue(
    session: Session,
    kind: PaperKind,
    *,
    content: PaperContent,
    agreement_id: int | None,
    tenant_id: int,
    clause: str,
    actor: Actor,
    now: datetime,
    seal: Seal | None = None,
    subject: str | None = None,
) -> OfficialDocument:
    """Make one document and return its row; each call makes a new one under a new number.

    clause   what the document rests on, such as "3.3"
    seal     None for the one in use of the kind that this document takes
    subject  what it is made for, such as "notice:12": a document that says the same of it is returned as it is, and
             no seal is used again
    Raises InvalidInput for a character that the font lacks, NotPermitted where the actor may not use the seal.
    """
    tenant = session.get(Tenant, tenant_id)
    agreement = session.get(Agreement, agreement_id) if agreement_id is not None else None
    if tenant is None or (agreement_id is not None and (agreement is None or agreement.tenant_id != tenant_id)):
        raise NotFound(N_("There is no such agreement of this tenant."), field="agreement_id")
    said = content.fingerprint() if subject is not None else None
    if subject is not None:
        known = _said_before(session, subject, said)
        if known is not None:
            return known
    provider = provider_name(session, agreement)
    seal = seal or first_seal_of(session, seal_kind_for(kind), name=provider, actor=actor, now=now)
    sealing.require_use(seal, actor)
    holder = signing_identity(session)
    year = legal_date(now).year
    sequence = 1 + (
        session.scalar(select(func.max(OfficialDocument.sequence)).where(OfficialDocument.year == year)) or 0
    )
    number = document_number(year, sequence, _mark(session, year, sequence))
    frame = Frame(number, provider, verification_address(session, number), now, holder.is_trial)
    drawn = render(content, frame, SealFace(seal.name, seal.line))
    signed = signing.sign(drawn.content, holder, provider=provider, number=number)
    file = files.keep(session, signed, name=f"{number}.pdf", media_type="application/pdf", now=now, is_made_here=True)
    document = OfficialDocument(
        number=number,
        year=year,
        sequence=sequence,
        kind=kind,
        language=content.language,
        title=content.title[:200],
        clause=clause,
        agreement_id=agreement_id,
        tenant_id=tenant_id,
        file_id=file.id,
        subject=subject,
        content_sha256=said,
        unsigned_sha256=hashlib.sha256(drawn.content).hexdigest(),
        signed_sha256=file.sha256,
        pages=drawn.pages,
        certificate_sha256=holder.sha256,
        is_trial=holder.is_trial,
        issued_at=now,
        issued_by=actor.name,
    )
    document.use = SealUse(
        seal_id=seal.id, used_at=now, actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name
    )
    session.add(document)
    session.flush()  # callers need the id
    audit.record(
        session,
        actor=actor,
        act="paper.issued",
        subject=f"document:{document.id}",
        agreement_id=agreement_id,
        tenant_id=tenant_id,
        clause=clause,
        now=now,
        details={"number": number, "kind": kind.value, "seal": seal.id, "sha256": file.sha256},
    )
    return document


def _said_before(session: Session, subject: str, said: str | None) -> OfficialDocument | None:
    return session.scalar(
        select(OfficialDocument).where(OfficialDocument.subject == subject, OfficialDocument.content_sha256 == said)
    )


def documents_for(session: Session, subject: str) -> list[OfficialDocument]:
    """Return what was made for something, newest first."""
    statement = select(OfficialDocument).where(OfficialDocument.subject == subject)
    return list(session.scalars(statement.order_by(OfficialDocument.id.desc())))


def document_of_number(session: Session, number: str) -> OfficialDocument | None:
    """Return the document of a number, however its letters are written; None for no such document."""
    return session.scalar(select(OfficialDocument).where(OfficialDocument.number == number.strip().upper()))


def provider_name(session: Session, agreement: Agreement | None) -> str:
    """Return our company's name as documents bear it; MissingData where neither setting nor agreement has one."""
    settings: Settings = session.info["settings"]
    name = settings.provider_name or (agreement.provider_name if agreement is not None else None)
    if not name:
        raise MissingData(
            N_("The provider's name is not known."),
            code="PROVIDER_NAME",
            remedy=N_("Set provider_name in the configuration."),
        )
    return name


def first_seal_of(session: Session, kind: SealKind, *, name: str, actor: Actor, now: datetime) -> Seal:
    """Return the seal of a kind in use; the first is made in our name, where it is known who we are.

    MissingData where no setting says our name and the agreements name several companies as party B: nobody seals for
    whoever a file happens to name.
    """
    settings: Settings = session.info["settings"]
    is_new = sealing.seal_in_use(session, kind) is None
    if is_new and not settings.provider_name and len(_provider_names(session)) > 1:
        raise MissingData(
            N_("The agreements name more than one company as party B; which of them we are is not known."),
            code="PROVIDER_NAME",
            remedy=N_("Set provider_name in the configuration, or make the seal under Sealed papers."),
        )
    return sealing.first_seal(session, kind, name=name, actor=actor, now=now)


def _provider_names(session: Session) -> set[str]:
    found = session.scalars(select(Agreement.provider_name).where(Agreement.provider_name.is_not(None)).distinct())
    return {normalised_name(name) for name in found if name}


def verification_address(session: Session, number: str) -> str:
    settings: Settings = session.info["settings"]
    return f"{settings.public_url}/verify?number={quote(number)}"


def signing_identity(session: Session) -> certificates.SigningIdentity:
    """Return what this installation signs with."""
    store: files.FileStore = session.info["files"]
    folder: Path = store.root.parent / "signing"
    return certificates.identity(session.info["settings"], folder)


def _mark(session: Session, year: int, sequence: int) -> str:
    """Return six letters and digits that only we can work out."""
    keyring: Keyring = session.info["keyring"]
    digest = bytes.fromhex(keyring.lookup_hash(f"paper:{year}:{sequence}"))
    return base64.b32encode(digest).decode()[:MARK_LENGTH]
