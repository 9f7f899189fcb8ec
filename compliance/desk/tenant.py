"""The page of one tenant, and taking in what it shows us: documents, notice address, platforms (clauses 2.3, 3.3 a)."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.web.downloads import stored_file
from agreements.parties.actions import confirm_notice_address, keep_upload, tenant_of_key
from agreements.parties.documents import document_of_id, record_document
from agreements.parties.models import QualificationDocument, Tenant
from agreements.parties.platforms import Proof, add_platform
from agreements.parties.rules import DocumentType, NoticeChannel, Ownership, PlatformKind
from compliance.desk import tenant_reading
from compliance.desk.account_reading import account_of
from compliance.desk.actions import reveal
from compliance.desk.pages import render_desk
from compliance.desk.schemas import RevealForm, read_form, read_upload, require_upload
from compliance.desk.tenant_forms import TenantForm
from compliance.desk.tenant_schemas import AddressForm, DocumentForm, PlatformForm
from compliance.service.asking import require_onboarding

blueprint = Blueprint("tenant", __name__, url_prefix="/tenants")


@blueprint.get("/<tenant_key>")
def show(tenant_key: str) -> ResponseReturnValue:
    return _page(tenant_key)


def _page(tenant_key: str, *, subject: str = "", clear: dict[str, str | None] | None = None) -> str:
    """Render the page. subject, clear: the one contact to show in clear, once."""
    session = db.session()
    now = clock.now(session)
    tenant = tenant_of_key(session, tenant_key)
    return render_desk(
        "tenant.html",
        record=tenant_reading.record_of_tenant(session, tenant, now=now),
        account=account_of(session, tenant, now=now),
        is_expired=tenant_reading.is_expired,
        subject=subject,
        clear=clear,
        now=now,
    )


@blueprint.post("/<tenant_key>/reveal")
def show_contact(tenant_key: str) -> ResponseReturnValue:
    """Show one contact in clear in the answer itself; the page asked for again is masked again."""
    asked = read_form(RevealForm, request.form)
    with unit_of_work() as session:
        tenant = tenant_of_key(session, tenant_key)
        clear = reveal(session, tenant, **asked, actor=g.actor, now=clock.now(session))
    return _page(tenant_key, subject=asked["subject"], clear=clear)


@blueprint.get("/<tenant_key>/files/<int:file_id>")
def download(tenant_key: str, file_id: int) -> ResponseReturnValue:
    session = db.session()
    return stored_file(session, tenant_reading.file_of_tenant(session, tenant_of_key(session, tenant_key), file_id))


def _renewed(session: Session, tenant: Tenant) -> dict[str, Any]:
    """Return the version that the form renews, if the address names one."""
    return {"document_types": DocumentType, "renewed": _document_of_address(session, tenant)}


def _document_of_address(session: Session, tenant: Tenant) -> QualificationDocument | None:
    number = request.args.get("renews", "")
    return document_of_id(session, tenant, int(number)) if number.isascii() and number.isdigit() else None


_DOCUMENT = TenantForm("document_form.html", DocumentForm, about=_renewed)
_ADDRESS = TenantForm("address_form.html", AddressForm, about=lambda _s, _t: {"channels": NoticeChannel})
_PLATFORM = TenantForm(
    "platform_form.html",
    PlatformForm,
    about=lambda _s, _t: {"platform_kinds": PlatformKind, "ownerships": Ownership},
)


@blueprint.get("/<tenant_key>/documents/new")
def new_document(tenant_key: str) -> ResponseReturnValue:
    return _DOCUMENT.page(tenant_key)


@blueprint.post("/<tenant_key>/documents/new")
def take_document(tenant_key: str) -> ResponseReturnValue:
    def record(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        record_document(
            session,
            tenant,
            values.pop("type"),
            upload=require_upload(request.files.get("file")),
            replaces=_document_of_address(session, tenant),
            is_checked=not values.pop("unchecked"),
            **values,
        )

    return _DOCUMENT.take(tenant_key, record, said=gettext("The document is recorded."), shown_at="onboarding")


@blueprint.get("/<tenant_key>/notice-address")
def new_address(tenant_key: str) -> ResponseReturnValue:
    return _ADDRESS.page(tenant_key)


@blueprint.post("/<tenant_key>/notice-address")
def take_address(tenant_key: str) -> ResponseReturnValue:
    def confirm(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        confirm_notice_address(session, tenant, proof=require_upload(request.files.get("file")), **values)

    said = gettext("Notices go to this address from now on.")
    return _ADDRESS.take(tenant_key, confirm, said=said, shown_at="onboarding")


@blueprint.get("/<tenant_key>/platforms/new")
def new_platform(tenant_key: str) -> ResponseReturnValue:
    return _PLATFORM.page(tenant_key)


@blueprint.post("/<tenant_key>/platforms/new")
def take_platform(tenant_key: str) -> ResponseReturnValue:
    """Record a platform while the tenant is being onboarded; later it takes a sealed request (clause 3.4)."""

    def add(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        require_onboarding(session, tenant)
        upload = read_upload(request.files.get("file"))
        file_id = keep_upload(session, upload, now=values["now"]).id if upload else None
        proof = Proof(
            values.pop("ownership"),
            values.pop("proof_subject"),
            values.pop("proof_number"),
            file_id,
            values.pop("extension"),
        )
        add_platform(session, tenant, proof=proof, **values)

    said = gettext("The platform is allowed from now on.")
    return _PLATFORM.take(tenant_key, add, said=said, shown_at="platforms")
