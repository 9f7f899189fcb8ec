"""The page of one tenant, and taking in what it shows us: documents, notice address, platforms (clauses 2.3, 3.3 a)."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import legal_date
from agreements.parties.actions import confirm_notice_address, tenant_of_key
from agreements.parties.documents import record_document
from agreements.parties.models import Tenant
from agreements.parties.platforms import add_platform
from agreements.parties.rules import DocumentType, PlatformKind
from compliance.desk import tenant_reading
from compliance.desk.actions import reveal
from compliance.desk.pages import attachment, render_desk
from compliance.desk.schemas import (
    AddressForm,
    DocumentForm,
    FormSchema,
    PlatformForm,
    RevealForm,
    read_form,
    read_upload,
    require_upload,
)

UseCase = Callable[[Session, Tenant, dict[str, Any]], None]

blueprint = Blueprint("tenant", __name__, url_prefix="/tenants")


@blueprint.get("/<tenant_key>")
def show(tenant_key: str) -> ResponseReturnValue:
    return _page(tenant_key)


def _page(tenant_key: str, *, subject: str = "", clear: dict[str, str | None] | None = None) -> str:
    """Render the page. subject, clear: the one contact to show in clear, once."""
    session = db.session()
    now = clock.now(session)
    return render_desk(
        "tenant.html",
        record=tenant_reading.record_of_tenant(session, tenant_of_key(session, tenant_key), now=now),
        is_expired=tenant_reading.is_expired,
        subject=subject,
        clear=clear,
        now=now,
    )


@blueprint.post("/<tenant_key>/reveal")
def show_contact(tenant_key: str) -> ResponseReturnValue:
    """Show one contact in clear in the answer itself; the page asked for again is masked again."""
    subject = read_form(RevealForm, request.form)["subject"]
    with unit_of_work() as session:
        tenant = tenant_of_key(session, tenant_key)
        clear = reveal(session, tenant, subject, actor=g.actor, now=clock.now(session))
    return _page(tenant_key, subject=subject, clear=clear)


@blueprint.get("/<tenant_key>/files/<int:file_id>")
def download(tenant_key: str, file_id: int) -> ResponseReturnValue:
    session = db.session()
    return attachment(session, tenant_reading.file_of_tenant(session, tenant_of_key(session, tenant_key), file_id))


def _form_page(template: str, tenant_key: str, *, form: Any = None, error: LuyueError | None = None) -> str:
    require(g.actor, Permission.RECORD_DOCUMENTS)
    session = db.session()
    now = clock.now(session)
    tenant = tenant_of_key(session, tenant_key)
    return render_desk(
        template,
        tenant=tenant,
        form=form or {"type": request.args.get("type", "")},
        error=error,
        document_types=DocumentType,
        platform_kinds=PlatformKind,
        today=legal_date(now).isoformat(),
        now=now,
    )


def _take(
    template: str, tenant_key: str, schema: type[FormSchema], use_case: UseCase, *, said: str, shown_at: str
) -> ResponseReturnValue:
    """Hand what a form sent, with who and when, to a use case; show the page again where it is refused."""
    try:
        values = read_form(schema, request.form)
        with unit_of_work() as session:
            tenant = tenant_of_key(session, tenant_key)
            use_case(session, tenant, {**values, "actor": g.actor, "now": clock.now(session)})
    except (InvalidInput, Conflict) as error:
        return _form_page(template, tenant_key, form=request.form, error=error), error.status
    flash(said, "success")
    return redirect(url_for("tenant.show", tenant_key=tenant_key, _anchor=shown_at))


@blueprint.get("/<tenant_key>/documents/new")
def new_document(tenant_key: str) -> ResponseReturnValue:
    return _form_page("document_form.html", tenant_key)


@blueprint.post("/<tenant_key>/documents/new")
def take_document(tenant_key: str) -> ResponseReturnValue:
    def record(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        record_document(session, tenant, values.pop("type"), upload=require_upload(request.files.get("file")), **values)

    said = gettext("The document is recorded.")
    return _take("document_form.html", tenant_key, DocumentForm, record, said=said, shown_at="onboarding")


@blueprint.get("/<tenant_key>/notice-address")
def new_address(tenant_key: str) -> ResponseReturnValue:
    return _form_page("address_form.html", tenant_key)


@blueprint.post("/<tenant_key>/notice-address")
def take_address(tenant_key: str) -> ResponseReturnValue:
    def confirm(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        confirm_notice_address(session, tenant, proof=require_upload(request.files.get("file")), **values)

    said = gettext("Notices go to this address from now on.")
    return _take("address_form.html", tenant_key, AddressForm, confirm, said=said, shown_at="onboarding")


@blueprint.get("/<tenant_key>/platforms/new")
def new_platform(tenant_key: str) -> ResponseReturnValue:
    return _form_page("platform_form.html", tenant_key)


@blueprint.post("/<tenant_key>/platforms/new")
def take_platform(tenant_key: str) -> ResponseReturnValue:
    def add(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        add_platform(session, tenant, proof=read_upload(request.files.get("file")), **values)

    said = gettext("The platform is allowed from now on.")
    return _take("platform_form.html", tenant_key, PlatformForm, add, said=said, shown_at="platforms")
