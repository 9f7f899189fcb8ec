"""Knowing tenants, reaching them, and taking in what they must show before activation (clause 3.3 a)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit, files, policies, revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.crypto import Keyring, Place
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date
from agreements.parties.models import Contact, NoticeAddress, OwnPlatform, Party, QualificationDocument, Tenant
from agreements.parties.rules import (
    DocumentType,
    HeldDocument,
    NoticeChannel,
    PlatformKind,
    missing_documents,
    normalised_name,
)
from agreements.parties.searching import index_party

TENANT_KEY = re.compile(r"[a-z0-9][a-z0-9-]{2,59}")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+|[A-Za-z0-9._%+-]{1,64}@localhost")


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """A contact block in clear; None where the agreement has no such line."""

    name: str | None
    phone: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in."""

    name: str
    media_type: str
    content: bytes


def tenant_of_key(session: Session, tenant_key: str) -> Tenant:
    """Return the tenant, or raise NotFound naming the field."""
    tenant = session.scalar(select(Tenant).where(Tenant.tenant_key == tenant_key))
    if tenant is None:
        raise NotFound(
            N_("There is no tenant “%(key)s”."),
            code="UNKNOWN_TENANT",
            field="tenant_key",
            remedy=N_("Take the key from the tenant's page."),
            key=tenant_key,
        )
    return tenant


def ensure_tenant(session: Session, name: str, *, tenant_key: str | None, actor: Actor, now: datetime) -> Tenant:
    """Return the tenant of this name, whatever the spelling (E-50), or make party and tenant.

    tenant_key  for a new tenant; None makes a random one. For a known tenant it must be its own or None.
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    party = session.scalar(select(Party).where(Party.normalised_name == normalised_name(name)))
    if party is None:
        party = Party(name=name, normalised_name=normalised_name(name), recorded_at=now)
        session.add(party)
        session.flush()  # the tenant names its id
    tenant = session.scalar(select(Tenant).where(Tenant.party_id == party.id))
    if tenant is None:
        key = tenant_key or f"t-{uuid4().hex[:10]}"
        _check_free_key(session, key)
        tenant = Tenant(party_id=party.id, tenant_key=key, recorded_at=now)
        session.add(tenant)
        session.flush()  # the audit row names its id
        audit.record(
            session, actor=actor, act="tenant.added", subject=f"tenant:{tenant.id}", tenant_id=tenant.id, now=now
        )
        revisions.raise_revision(session, tenant_id=tenant.id, cause="tenant.added", now=now)
        index_party(session, party)
    elif tenant_key not in (None, tenant.tenant_key):
        raise Conflict(
            N_("This tenant is known to the gateway as “%(key)s”; its key is never changed."),
            field="tenant_key",
            key=tenant.tenant_key,
        )
    return tenant


def _check_free_key(session: Session, key: str) -> None:
    if not TENANT_KEY.fullmatch(key):
        raise InvalidInput(
            N_("“%(key)s” is not a tenant key."),
            field="tenant_key",
            remedy=N_("Use 3 to 60 lower-case letters, digits and hyphens."),
            key=key,
        )
    if session.scalar(select(Tenant.id).where(Tenant.tenant_key == key)) is not None:
        raise Conflict(N_("Tenant key “%(key)s” is taken."), field="tenant_key", key=key)


def add_contact(session: Session, tenant: Tenant, details: ContactDetails, *, now: datetime) -> Contact:
    """Keep a header's contact block, encrypted."""
    keyring: Keyring = session.info["keyring"]
    row_key = uuid4().hex

    def seal(text: str | None, column: str) -> str | None:
        return None if text is None else keyring.encrypt(text, Place("contact", column, row_key))

    contact = Contact(
        row_key=row_key,
        tenant_id=tenant.id,
        name_sealed=seal(details.name, "name_sealed"),
        phone_sealed=seal(details.phone, "phone_sealed"),
        address_sealed=seal(details.address, "address_sealed"),
        recorded_at=now,
    )
    session.add(contact)
    return contact


def contact_details(session: Session, contact: Contact) -> ContactDetails:
    """Return a contact block in clear."""
    keyring: Keyring = session.info["keyring"]

    def clear(sealed: str | None, column: str) -> str | None:
        return None if sealed is None else keyring.decrypt(sealed, Place("contact", column, contact.row_key))

    return ContactDetails(
        clear(contact.name_sealed, "name_sealed"),
        clear(contact.phone_sealed, "phone_sealed"),
        clear(contact.address_sealed, "address_sealed"),
    )


def confirm_notice_address(
    session: Session,
    tenant: Tenant,
    address: str,
    *,
    signed_on: date,
    proof: Upload,
    actor: Actor,
    now: datetime,
) -> NoticeAddress:
    """Domain 4.3: record the signed confirmation that designates an e-mail system; it ends the one before."""
    require(actor, Permission.RECORD_DOCUMENTS)
    address = address.strip()
    if not EMAIL.fullmatch(address):
        raise InvalidInput(
            N_("This is not an e-mail address."),
            field="address",
            remedy=N_("Write one address, such as legal@example.com."),
        )
    if signed_on > legal_date(now):
        raise InvalidInput(N_("The confirmation can't be signed in the future."), field="signed_on")
    before = notice_address_in_force(session, tenant.id)
    if before is not None:
        before.ended_at = now
        session.flush()  # the partial unique index allows one in force
    keyring: Keyring = session.info["keyring"]
    row_key = uuid4().hex
    row = NoticeAddress(
        row_key=row_key,
        tenant_id=tenant.id,
        channel=NoticeChannel.EMAIL,
        address_sealed=keyring.encrypt(address, Place("notice_address", "address_sealed", row_key)),
        signed_on=signed_on,
        proof_file_id=keep_upload(session, proof, now=now).id,
        confirmed_at=now,
    )
    session.add(row)
    session.flush()  # the audit row names its id
    audit.record(
        session,
        actor=actor,
        act="notice_address.confirmed",
        subject=f"notice_address:{row.id}",
        tenant_id=tenant.id,
        now=now,
        details={"signed_on": signed_on.isoformat(), "file_id": row.proof_file_id},
    )
    return row


def notice_address_in_force(session: Session, tenant_id: int) -> NoticeAddress | None:
    """Return the confirmation that designates where notices go now, or None."""
    return session.scalar(
        select(NoticeAddress).where(NoticeAddress.tenant_id == tenant_id, NoticeAddress.ended_at.is_(None))
    )


def address_in_clear(session: Session, confirmed: NoticeAddress) -> str:
    keyring: Keyring = session.info["keyring"]
    return keyring.decrypt(confirmed.address_sealed, Place("notice_address", "address_sealed", confirmed.row_key))


def record_document(
    session: Session,
    tenant: Tenant,
    document_type: DocumentType,
    *,
    upload: Upload,
    sealed: bool,
    number: str | None = None,
    issuer: str | None = None,
    issued_on: date | None = None,
    expires_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> QualificationDocument:
    """Clause 3.3 (a): take in a document that the actor has checked. `expires_on` is its last day of validity."""
    require(actor, Permission.RECORD_DOCUMENTS)
    if issued_on is not None and issued_on > legal_date(now):
        raise InvalidInput(N_("A document can't be issued in the future."), field="issued_on")
    if issued_on is not None and expires_on is not None and expires_on < issued_on:
        raise InvalidInput(N_("The document would expire before it was issued."), field="expires_on")
    row = QualificationDocument(
        tenant_id=tenant.id,
        type=document_type,
        number=number,
        issuer=issuer,
        issued_on=issued_on,
        expires_on=expires_on,
        sealed=sealed,
        file_id=keep_upload(session, upload, now=now).id,
        verified_by=actor.name,
        verified_at=now,
    )
    session.add(row)
    session.flush()  # the audit row names its id
    audit.record(
        session,
        actor=actor,
        act="document.recorded",
        subject=f"document:{row.id}",
        tenant_id=tenant.id,
        clause="3.3",
        now=now,
        details={"type": document_type.value, "sealed": sealed, "file_id": row.file_id},
    )
    return row


def missing_onboarding_documents(session: Session, tenant_id: int, *, now: datetime) -> list[DocumentType]:
    """Clause 3.3 (a): what this tenant still owes before activation, by the policy in force."""
    required = [DocumentType(name) for name in policies.value_of(session, "onboarding_documents", at=now)]
    held = [
        HeldDocument(row.type, row.sealed, row.expires_on)
        for row in session.scalars(select(QualificationDocument).where(QualificationDocument.tenant_id == tenant_id))
    ]
    return missing_documents(required, held, today=legal_date(now))


def add_platform(
    session: Session,
    tenant: Tenant,
    kind: PlatformKind,
    identifier: str,
    *,
    proof: Upload | None,
    actor: Actor,
    now: datetime,
) -> OwnPlatform:
    """Clause 2.3: record a platform of the tenant's own, in force from now."""
    require(actor, Permission.RECORD_DOCUMENTS)
    identifier = identifier.strip().lower()
    if not identifier or len(identifier) > 200:
        raise InvalidInput(N_("A platform needs a name of at most 200 characters."), field="identifier")
    row = OwnPlatform(
        tenant_id=tenant.id,
        kind=kind,
        identifier=identifier,
        proof_file_id=keep_upload(session, proof, now=now).id if proof else None,
        valid_from_at=now,
    )
    session.add(row)
    session.flush()  # the audit row names its id
    audit.record(
        session,
        actor=actor,
        act="platform.added",
        subject=f"platform:{row.id}",
        tenant_id=tenant.id,
        clause="2.3",
        now=now,
        details={"kind": kind.value},
    )
    revisions.raise_revision(session, tenant_id=tenant.id, cause="platform.added", now=now)
    return row


def keep_upload(session: Session, upload: Upload, *, now: datetime) -> StoredFile:
    """Store an uploaded file; an empty one is refused."""
    if not upload.content:
        raise InvalidInput(N_("The file is empty."), field="file", remedy=N_("Choose the file again."))
    return files.keep(session, upload.content, name=upload.name, media_type=upload.media_type, now=now)
