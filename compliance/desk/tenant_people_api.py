"""`/api/v1/tenants/…`: taking a tenant in: contacts, notice addresses, industry, platforms; contacts in clear."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, content_of
from agreements.parties.actions import (
    ContactDetails,
    Upload,
    confirm_notice_address,
    end_contact,
    end_notice_address,
    keep_upload,
    record_contact,
    tenant_of_key,
)
from agreements.parties.documents import set_industry
from agreements.parties.models import Contact, NoticeAddress, OwnPlatform, Tenant
from agreements.parties.platforms import Proof, add_platform, confirm_ownership, doubt_ownership, platform_of_id
from agreements.parties.rules import ContactRole, NoticeChannel, Ownership, PlatformKind
from compliance.desk.actions import reveal
from compliance.desk.tenant_api_schemas import PlatformShown
from compliance.desk.tenant_people_schemas import (
    AddressBody,
    AddressList,
    ContactBody,
    ContactList,
    DoubtBody,
    EndContactBody,
    IndustryBody,
    NewPlatformBody,
    OnboardingShown,
    OwnershipBody,
    RevealBody,
    RevealedShown,
    WhyBody,
)
from compliance.desk.tenant_reading import record_of_tenant
from compliance.service.asking import require_onboarding

people = RestRoom(
    "tenant_people",
    __name__,
    path="/tenants/<tenant_key>",
    description="Taking a tenant in: contacts, signed notice addresses, its industry's checklist, its own platforms"
    " (clauses 2.3, 3.3 a, 5.1).",
)
NO_CONTACT = N_("This tenant has no such contact.")


def _tenant(session: Session, tenant_key: str) -> Tenant:
    return tenant_of_key(session, require_shown_text(tenant_key, "tenant_key"))


@people.reads("/onboarding", answers=OnboardingShown)
def onboarding(tenant_key: str) -> dict[str, Any]:
    """What is still missing before the service may be opened."""
    session = db.session()
    return _onboarding(session, _tenant(session, tenant_key), clock.now(session))


@people.acts("/industry", takes=IndustryBody, answers=OnboardingShown)
def choose_industry(session: Session, *, now: datetime, tenant_key: str, industry: str, reason: str) -> dict[str, Any]:
    """Say what its business is; the checklist of that industry applies from now on."""
    tenant = _tenant(session, tenant_key)
    set_industry(session, tenant, industry, reason=reason, actor=g.actor, now=now)
    return _onboarding(session, tenant, now)


@people.reads("/contacts", answers=ContactList)
def contacts(tenant_key: str) -> dict[str, Any]:
    """Contacts, masked."""
    session = db.session()
    return _contacts(session, tenant_key, clock.now(session))


def _contacts(session: Session, tenant_key: str, now: datetime) -> dict[str, Any]:
    record = record_of_tenant(session, _tenant(session, tenant_key), now=now)
    return {
        "items": [
            {
                "id": row.contact.id,
                "role": row.contact.role,
                "order_no": row.order_no,
                "name": row.name,
                "phone": row.phone,
                "email": row.email,
                "address": row.address,
                "recorded_at": row.contact.recorded_at,
                "ended_at": row.contact.ended_at,
            }
            for row in record.contacts
        ]
    }


@people.acts("/contacts", takes=ContactBody, answers=ContactList, status=HTTPStatus.CREATED)
def take_contact(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    role: ContactRole,
    name: str,
    phone: str | None,
    email: str | None,
    address: str | None,
) -> dict[str, Any]:
    """Record a contact; answers all of them, masked."""
    details = ContactDetails(name, phone, address, email)
    record_contact(session, _tenant(session, tenant_key), role, details, actor=g.actor, now=now)
    session.flush()  # it is in what is told
    return _contacts(session, tenant_key, now)


@people.acts(f"/contacts/<{ID}:contact_id>/end", takes=EndContactBody, answers=ContactList)
def end_one_contact(session: Session, *, now: datetime, tenant_key: str, contact_id: int) -> dict[str, Any]:
    """End a contact; it stays on record."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.tenant_id != _tenant(session, tenant_key).id:
        raise NotFound(NO_CONTACT, field="contact")
    end_contact(session, contact, actor=g.actor, now=now)
    return _contacts(session, tenant_key, now)


@people.reads("/notice-addresses", answers=AddressList)
def addresses(tenant_key: str) -> dict[str, Any]:
    """Signed notice address confirmations, the latest first; the addresses themselves are not told."""
    session = db.session()
    return _addresses(session, _tenant(session, tenant_key))


@people.acts("/notice-addresses", takes=AddressBody, answers=AddressList, status=HTTPStatus.CREATED)
def confirm_address(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    channel: NoticeChannel,
    address: str,
    signed_on: date,
    proof: dict[str, Any],
) -> dict[str, Any]:
    """Record the signed confirmation: notices go there from now on, and the one before of that channel ends."""
    tenant = _tenant(session, tenant_key)
    upload = _upload(proof)
    assert upload is not None
    confirm_notice_address(
        session, tenant, address, channel=channel, signed_on=signed_on, proof=upload, actor=g.actor, now=now
    )
    return _addresses(session, tenant)


@people.acts(f"/notice-addresses/<{ID}:address_id>/end", takes=WhyBody, answers=AddressList)
def end_address(session: Session, *, now: datetime, tenant_key: str, address_id: int, reason: str) -> dict[str, Any]:
    """End a confirmation: notices no longer go there."""
    tenant, row = _tenant(session, tenant_key), session.get(NoticeAddress, address_id)
    if row is None or row.tenant_id != tenant.id:
        raise NotFound(NO_CONTACT, field="address")
    end_notice_address(session, row, reason=reason, actor=g.actor, now=now)
    return _addresses(session, tenant)


@people.acts("/platforms", takes=NewPlatformBody, answers=PlatformShown, status=HTTPStatus.CREATED)
def take_platform(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    kind: PlatformKind,
    identifier: str,
    valid_until: date | None,
    **proof: Any,
) -> OwnPlatform:
    """Allow a platform while the tenant is being onboarded; later it takes a sealed request (3.4)."""
    tenant = _tenant(session, tenant_key)
    require_onboarding(session, tenant)
    shown = _proof(session, now=now, **proof)
    return add_platform(session, tenant, kind, identifier, proof=shown, valid_until=valid_until, actor=g.actor, now=now)


@people.acts(f"/platforms/<{ID}:platform_id>/ownership", takes=OwnershipBody, answers=PlatformShown)
def own(session: Session, *, now: datetime, tenant_key: str, platform_id: int, **proof: Any) -> OwnPlatform:
    """Confirm by a proof that it is the tenant's own; the next look is planned."""
    platform = platform_of_id(session, _tenant(session, tenant_key), platform_id)
    confirm_ownership(session, platform, _proof(session, now=now, **proof), actor=g.actor, now=now)
    return platform


@people.acts(f"/platforms/<{ID}:platform_id>/doubt", takes=DoubtBody, answers=PlatformShown)
def doubt(session: Session, *, now: datetime, tenant_key: str, platform_id: int, found: str) -> OwnPlatform:
    """Put a doubt on record; the platform stays allowed until it is settled."""
    platform = platform_of_id(session, _tenant(session, tenant_key), platform_id)
    doubt_ownership(session, platform, found=found, actor=g.actor, now=now)
    return platform


@people.acts("/reveal", takes=RevealBody, answers=RevealedShown, keeps_answer=False)
def show_in_clear(session: Session, *, now: datetime, tenant_key: str, subject: str, reason: str) -> dict[str, Any]:
    """Show one contact or notice address in clear; who looked and why is on record each time (5.1)."""
    values = reveal(session, _tenant(session, tenant_key), subject, reason=reason, actor=g.actor, now=now)
    return {"subject": subject, "values": values}


def _upload(sent: dict[str, Any] | None) -> Upload | None:
    return Upload(sent["name"], sent["media_type"], content_of(sent, "proof")) if sent else None


def _proof(
    session: Session,
    *,
    now: datetime,
    ownership: Ownership,
    subject: str,
    number: str | None,
    extension: str | None,
    proof: dict[str, Any] | None,
) -> Proof:
    upload = _upload(proof)
    file_id = keep_upload(session, upload, now=now).id if upload else None
    return Proof(ownership, subject, number, file_id, extension)


def _onboarding(session: Session, tenant: Tenant, now: datetime) -> dict[str, Any]:
    record = record_of_tenant(session, tenant, now=now)
    return {"tenant_key": tenant.tenant_key, "industry": tenant.industry, "lacking": record.lacking}


def _addresses(session: Session, tenant: Tenant) -> dict[str, Any]:
    rows = select(NoticeAddress).where(NoticeAddress.tenant_id == tenant.id).order_by(NoticeAddress.id.desc())
    return {"items": session.scalars(rows).all()}
