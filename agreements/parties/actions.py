"""Knowing tenants, reaching them, and taking in what they must show before activation (clause 3.3 a)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, files, revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.crypto import Keyring, Place
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date
from agreements.parties.models import Contact, NoticeAddress, Party, PartyName, Tenant
from agreements.parties.proofs import require_readable
from agreements.parties.rules import ContactRole, NoticeChannel, is_company_name, normalised_name
from agreements.parties.searching import index_party

SHORTEST_POSTAL = 6
TENANT_KEY = re.compile(r"[a-z0-9][a-z0-9-]{2,59}")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+|[A-Za-z0-9._%+-]{1,64}@localhost")


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """A contact in clear; None where the agreement has no such line."""

    name: str | None
    phone: str | None
    address: str | None
    email: str | None = None


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
    """Return the tenant of this name, whatever the spelling (E-50) and however long ago (E-51), or make both.

    tenant_key  for a new tenant; None makes a random one. For a known tenant it must be its own or None.
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    party = party_of_name(session, name)
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


def party_of_name(session: Session, name: str) -> Party | None:
    """Return who has this name; else who had it, where it was one party's alone."""
    plain = normalised_name(name)
    party = session.scalar(select(Party).where(Party.normalised_name == plain))
    if party is not None:
        return party
    had = session.scalars(
        select(Party).where(Party.id.in_(select(PartyName.party_id).where(PartyName.normalised_name == plain)))
    ).all()
    return had[0] if len(had) == 1 else None


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


def add_contact(
    session: Session, tenant: Tenant, details: ContactDetails, *, now: datetime, role: ContactRole | None = None
) -> Contact:
    """Keep a contact, encrypted; without a role it is a header's block."""
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
        email_sealed=seal(details.email, "email_sealed"),
        role=role,
        is_company_name=is_company_name(details.name, tenant.party.name),
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
        clear(contact.email_sealed, "email_sealed"),
    )


def confirm_notice_address(
    session: Session,
    tenant: Tenant,
    address: str,
    *,
    signed_on: date,
    proof: Upload,
    channel: NoticeChannel = NoticeChannel.EMAIL,
    actor: Actor,
    now: datetime,
) -> NoticeAddress:
    """Domain 4.3: record the signed confirmation that designates where notices go; it ends the channel's one before.

    address  an e-mail address, or a postal one for the courier
    """
    require(actor, Permission.RECORD_DOCUMENTS)
    address = address.strip()
    if channel is NoticeChannel.COURIER and len(address) < SHORTEST_POSTAL:
        raise InvalidInput(
            N_("This is not a postal address."), field="address", remedy=N_("Write province, city, street and number.")
        )
    if channel is NoticeChannel.EMAIL and not EMAIL.fullmatch(address):
        raise InvalidInput(
            N_("This is not an e-mail address."),
            field="address",
            remedy=N_("Write one address, such as legal@example.com."),
        )
    if signed_on > legal_date(now):
        raise InvalidInput(N_("The confirmation can't be signed in the future."), field="signed_on")
    before = notice_address_in_force(session, tenant.id, channel)
    if before is not None:
        before.ended_at, before.ended_by = now, actor.name
        session.flush()  # the partial unique index allows one in force
    keyring: Keyring = session.info["keyring"]
    row_key = uuid4().hex
    row = NoticeAddress(
        row_key=row_key,
        tenant_id=tenant.id,
        channel=channel,
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


def notice_address_in_force(
    session: Session, tenant_id: int, channel: NoticeChannel = NoticeChannel.EMAIL
) -> NoticeAddress | None:
    """Return the confirmation that designates where notices go now by a channel, or None."""
    return session.scalar(
        select(NoticeAddress).where(
            NoticeAddress.tenant_id == tenant_id,
            NoticeAddress.channel == channel,
            NoticeAddress.ended_at.is_(None),
        )
    )


def end_notice_address(session: Session, row: NoticeAddress, *, reason: str, actor: Actor, now: datetime) -> None:
    """Domain 4.3: the tenant took the designation back, or the address is dead; the row stays as history."""
    require(actor, Permission.RECORD_DOCUMENTS)
    if not reason.strip():
        raise InvalidInput(N_("Write down why it ends."), field="reason")
    moved = session.scalar(
        update(NoticeAddress)
        .where(NoticeAddress.id == row.id, NoticeAddress.ended_at.is_(None))
        .values(ended_at=now, ended_by=actor.name, end_reason=reason.strip())
        .returning(NoticeAddress.id)
    )
    if moved is None:
        raise Stale(N_("This confirmation was ended meanwhile."))
    session.refresh(row)
    audit.record(
        session,
        actor=actor,
        act="notice_address.ended",
        subject=f"notice_address:{row.id}",
        tenant_id=row.tenant_id,
        reason=reason.strip(),
        now=now,
    )


def end_contact(session: Session, contact: Contact, *, actor: Actor, now: datetime) -> None:
    """The person is no contact any more; the row stays, for notices went to it."""
    require(actor, Permission.RECORD_DOCUMENTS)
    moved = session.scalar(
        update(Contact)
        .where(Contact.id == contact.id, Contact.ended_at.is_(None))
        .values(ended_at=now, ended_by=actor.name)
        .returning(Contact.id)
    )
    if moved is None:
        raise Stale(N_("This contact was ended meanwhile."))
    session.refresh(contact)
    _audit_contact(session, contact, "contact.ended", actor=actor, now=now)


def record_contact(
    session: Session, tenant: Tenant, role: ContactRole, details: ContactDetails, *, actor: Actor, now: datetime
) -> Contact:
    """Record a natural person at the tenant and what they are there for."""
    require(actor, Permission.RECORD_DOCUMENTS)
    if not details.name:
        raise InvalidInput(N_("A contact needs a name."), field="name")
    if not (details.phone or details.email):
        raise InvalidInput(N_("A contact needs a telephone number or an e-mail address."), field="phone")
    if details.email and not EMAIL.fullmatch(details.email):
        raise InvalidInput(N_("This is not an e-mail address."), field="email")
    contact = add_contact(session, tenant, details, now=now, role=role)
    session.flush()  # the audit row names its id
    _audit_contact(session, contact, "contact.recorded", actor=actor, now=now)
    return contact


def _audit_contact(session: Session, contact: Contact, act: str, *, actor: Actor, now: datetime) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"contact:{contact.id}",
        tenant_id=contact.tenant_id,
        clause="5.1",
        now=now,
    )


def address_in_clear(session: Session, confirmed: NoticeAddress) -> str:
    keyring: Keyring = session.info["keyring"]
    return keyring.decrypt(confirmed.address_sealed, Place("notice_address", "address_sealed", confirmed.row_key))


def keep_upload(session: Session, upload: Upload, *, now: datetime) -> StoredFile:
    """Store an uploaded file; one that nobody could open is refused."""
    require_readable(upload.name, upload.content)
    return files.keep(session, upload.content, name=upload.name, media_type=upload.media_type, now=now)
