"""Keeping a tenant's record: who it is, its names, its contacts, its platforms' ownership (2.3, 3.3, 5.1)."""

from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission
from agreements.kernel.db import unit_of_work
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.language import current_locale
from agreements.parties.actions import (
    ContactDetails,
    end_contact,
    end_notice_address,
    keep_upload,
    record_contact,
    tenant_of_key,
)
from agreements.parties.documents import set_industry
from agreements.parties.identity import PartyKind
from agreements.parties.industries import choosable
from agreements.parties.models import Contact, NoticeAddress, OwnPlatform, Tenant
from agreements.parties.naming import set_identity
from agreements.parties.platforms import Proof, confirm_ownership, doubt_ownership, platform_of_id
from agreements.parties.rules import ContactRole, Ownership
from compliance.changes.renaming import rename_tenant
from compliance.changes.rules import ChangeSource
from compliance.desk.schemas import read_upload
from compliance.desk.tenant_forms import TenantForm
from compliance.desk.tenant_schemas import (
    ContactForm,
    DoubtForm,
    IdentityForm,
    IndustryForm,
    OwnershipForm,
    ReasonForm,
    RenameForm,
)

tenant_records = Blueprint("tenant_records", __name__, url_prefix="/tenants/<tenant_key>")

_IDENTITY = TenantForm("identity_form.html", IdentityForm, about=lambda _s, _t: {"kinds": PartyKind})


def _industries(session: Session, tenant: Tenant) -> dict[str, Any]:
    offered = choosable(session, also=tenant.industry)
    return {"industries": [(each.code, each.name(current_locale())) for each in offered]}


_INDUSTRY = TenantForm("industry_form.html", IndustryForm, about=_industries)
_RENAME = TenantForm(
    "rename_form.html",
    RenameForm,
    permission=Permission.RECORD_CHANGE,
    about=lambda _s, _t: {"sources": (ChangeSource.OWN_DISCOVERY, ChangeSource.PUBLIC_REGISTER)},
)
_CONTACT = TenantForm("contact_form.html", ContactForm, about=lambda _s, _t: {"roles": ContactRole})


@tenant_records.get("/identity")
def identity(tenant_key: str) -> ResponseReturnValue:
    return _IDENTITY.page(tenant_key)


@tenant_records.post("/identity")
def take_identity(tenant_key: str) -> ResponseReturnValue:
    def record(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        set_identity(session, tenant, **values)

    return _IDENTITY.take(tenant_key, record, said=gettext("The party's record is kept."))


@tenant_records.get("/industry")
def industry(tenant_key: str) -> ResponseReturnValue:
    return _INDUSTRY.page(tenant_key)


@tenant_records.post("/industry")
def take_industry(tenant_key: str) -> ResponseReturnValue:
    def record(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        set_industry(session, tenant, values.pop("industry"), **values)

    said = gettext("The checklist of this industry applies from now on.")
    return _INDUSTRY.take(tenant_key, record, said=said, shown_at="onboarding")


@tenant_records.get("/name")
def rename(tenant_key: str) -> ResponseReturnValue:
    return _RENAME.page(tenant_key)


@tenant_records.post("/name")
def take_name(tenant_key: str) -> ResponseReturnValue:
    """Record the new name and the change that the tenant owes us a notice of (E-51)."""

    def record(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        name = values.pop("name")
        rename_tenant(
            session,
            tenant,
            name,
            proof=read_upload(request.files.get("file")),
            description=gettext("Name changed from “%(old)s” to “%(new)s”", old=tenant.party.name, new=name),
            **values,
        )

    said = gettext("The new name is recorded; agreements stay as they are, and the change is to be notified.")
    return _RENAME.take(tenant_key, record, said=said, shown_at="changes")


@tenant_records.get("/contacts/new")
def new_contact(tenant_key: str) -> ResponseReturnValue:
    return _CONTACT.page(tenant_key)


@tenant_records.post("/contacts/new")
def take_contact(tenant_key: str) -> ResponseReturnValue:
    def record(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        details = ContactDetails(values.pop("name"), values.pop("phone"), values.pop("address"), values.pop("email"))
        record_contact(session, tenant, values.pop("role"), details, **values)

    return _CONTACT.take(tenant_key, record, said=gettext("The contact is recorded."), shown_at="contacts")


@tenant_records.post("/contacts/<int:contact_id>/end")
def end_one_contact(tenant_key: str, contact_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        tenant = tenant_of_key(session, tenant_key)
        contact = session.get(Contact, contact_id)
        if contact is None or contact.tenant_id != tenant.id:
            raise NotFound(N_("This tenant has no such contact."), field="contact")
        end_contact(session, contact, actor=g.actor, now=clock.now(session))
    flash(gettext("The contact is ended; it stays on record."), "success")
    return redirect(url_for("tenant.show", tenant_key=tenant_key, _anchor="contacts"))


def _address(session: Session, tenant: Tenant, address_id: int) -> NoticeAddress:
    row = session.get(NoticeAddress, address_id)
    if row is None or row.tenant_id != tenant.id:
        raise NotFound(N_("This tenant has no such contact."), field="address")
    return row


_END_ADDRESS = TenantForm("address_end_form.html", ReasonForm)


@tenant_records.get("/notice-address/<int:address_id>/end")
def end_address(tenant_key: str, address_id: int) -> ResponseReturnValue:
    return _END_ADDRESS.page(tenant_key, about=lambda s, t: {"address": _address(s, t, address_id)})


@tenant_records.post("/notice-address/<int:address_id>/end")
def take_end_of_address(tenant_key: str, address_id: int) -> ResponseReturnValue:
    def end(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        end_notice_address(session, _address(session, tenant, address_id), **values)

    return _END_ADDRESS.take(
        tenant_key,
        end,
        said=gettext("The confirmation is ended; notices no longer go there."),
        shown_at="address",
        about=lambda s, t: {"address": _address(s, t, address_id)},
    )


_OWNERSHIP = TenantForm("ownership_form.html", OwnershipForm)
_DOUBT = TenantForm("ownership_form.html", DoubtForm)


def _about_platform(session: Session, tenant: Tenant) -> dict[str, Any]:
    platform: OwnPlatform = platform_of_id(session, tenant, int((request.view_args or {})["platform_id"]))
    return {"platform": platform, "ownerships": Ownership}


@tenant_records.get("/platforms/<int:platform_id>/ownership")
def ownership(tenant_key: str, platform_id: int) -> ResponseReturnValue:  # noqa: ARG001 - read from the address
    return _OWNERSHIP.page(tenant_key, about=_about_platform)


@tenant_records.post("/platforms/<int:platform_id>/ownership")
def take_ownership(tenant_key: str, platform_id: int) -> ResponseReturnValue:
    def confirm(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        upload = read_upload(request.files.get("file"))
        proof = Proof(
            values.pop("ownership"),
            values.pop("proof_subject"),
            values.pop("proof_number"),
            keep_upload(session, upload, now=values["now"]).id if upload else None,
            values.pop("extension"),
        )
        confirm_ownership(session, platform_of_id(session, tenant, platform_id), proof, **values)

    said = gettext("The ownership is confirmed; the next look is planned.")
    return _OWNERSHIP.take(tenant_key, confirm, said=said, shown_at="platforms", about=_about_platform)


@tenant_records.post("/platforms/<int:platform_id>/doubt")
def take_doubt(tenant_key: str, platform_id: int) -> ResponseReturnValue:
    def doubt(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        doubt_ownership(session, platform_of_id(session, tenant, platform_id), **values)

    said = gettext("The doubt is on record. The platform stays allowed until it is settled.")
    return _DOUBT.take(tenant_key, doubt, said=said, shown_at="platforms", about=_about_platform)
