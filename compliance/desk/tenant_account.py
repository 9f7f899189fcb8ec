"""Freezing a tenant's access and taking its sealed requests through (clause 3.4)."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission
from agreements.kernel.db import db
from agreements.kernel.errors import N_, InvalidInput, LuyueError, NotFound
from agreements.kernel.instants import SHANGHAI
from agreements.kernel.web.language import label
from agreements.paper.rules import SignatureAnswer
from agreements.paper.vault import check_signed_file
from agreements.parties.actions import tenant_of_key
from agreements.parties.models import OwnPlatform, Tenant
from agreements.parties.platforms import platform_of_id
from agreements.parties.rules import Ownership, PlatformKind
from agreements.register.models import Agreement
from compliance.desk.account_reading import account_of
from compliance.desk.pages import render_desk
from compliance.desk.schemas import FormSchema, read_upload, require_upload
from compliance.desk.tenant_forms import TenantForm, words_of
from compliance.desk.tenant_schemas import (
    AdditionForm,
    AskedForm,
    ExecutionForm,
    FreezeForm,
    LetterForm,
    LiftForm,
    RefusalForm,
    RemovalForm,
)
from compliance.service import adjusting, asking, freezing
from compliance.service.account_rules import AdjustmentEvent, AdjustmentKind, SealBasis, legal_adjustments
from compliance.service.models import Hold

tenant_account = Blueprint("tenant_account", __name__, url_prefix="/tenants/<tenant_key>")


def order_of_tenant(session: Session, tenant: Tenant, order_no: str | None) -> Agreement | None:
    """Return the tenant's order; None where none is named, and any other's raises NotFound."""
    if not order_no:
        return None
    found = session.scalar(select(Agreement).where(Agreement.tenant_id == tenant.id, Agreement.order_no == order_no))
    if found is None:
        raise NotFound(N_("This tenant has no such agreement."), field="order_no")
    return found


def _about_access(session: Session, tenant: Tenant) -> dict[str, Any]:
    orders = session.scalars(
        select(Agreement.order_no)
        .where(Agreement.tenant_id == tenant.id)
        .order_by(Agreement.service_end_exclusive_at.desc())
        .limit(50)
    )
    platforms = session.scalars(
        select(OwnPlatform).where(OwnPlatform.tenant_id == tenant.id, OwnPlatform.removed_at.is_(None))
    )
    return {
        "orders": [(order_no, order_no) for order_no in orders],
        "platforms": [(str(row.id), f"{row.identifier} · {label('platform_kind', row.kind)}") for row in platforms],
        "freezes": [(str(hold.id), _in_words(hold)) for hold in freezing.standing_freezes(session, tenant)],
        "kinds": AdjustmentKind,
        "platform_kinds": PlatformKind,
        "ownerships": Ownership,
        "kind": _kind(),
    }


def _in_words(hold: Hold) -> str:
    since = hold.decided_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return f"{since} · {label('hold_scope', hold.scope)} · {hold.agreement.order_no}"


_FREEZE = TenantForm("freeze_form.html", FreezeForm, permission=Permission.FREEZE_KEYS, about=_about_access)


@tenant_account.get("/freeze")
def new_freeze(tenant_key: str) -> ResponseReturnValue:
    return _FREEZE.page(tenant_key)


@tenant_account.post("/freeze")
def take_freeze(tenant_key: str) -> ResponseReturnValue:
    def freeze(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        freezing.freeze(session, tenant, order_of_tenant(session, tenant, values.pop("order_no")), **values)

    said = gettext("Frozen: the gateway answers KEY_FROZEN from now on. Lifting it takes the sealed letter.")
    return _FREEZE.take(tenant_key, freeze, said=said, shown_at="account")


FORMS: dict[AdjustmentKind, type[FormSchema]] = {
    AdjustmentKind.ADD_PLATFORM: AdditionForm,
    AdjustmentKind.REMOVE_PLATFORM: RemovalForm,
    AdjustmentKind.UNFREEZE: LiftForm,
    AdjustmentKind.REISSUE: LiftForm,
    AdjustmentKind.ACCOUNT: AskedForm,
    AdjustmentKind.INTERFACE: AskedForm,
}


def _kind() -> AdjustmentKind | None:
    """Return the kind that the address names."""
    given = request.args.get("kind", "")
    return next((kind for kind in AdjustmentKind if kind.value == given), None)


def _adjustment_form(kind: AdjustmentKind | None) -> TenantForm:
    return TenantForm(
        "adjustment_form.html",
        FORMS[kind] if kind else AskedForm,
        permission=Permission.RECORD_ADJUSTMENT,
        about=_about_access,
    )


@tenant_account.get("/adjustments/new")
def new_adjustment(tenant_key: str) -> ResponseReturnValue:
    return _adjustment_form(_kind()).page(tenant_key)


@tenant_account.post("/adjustments/new")
def take_adjustment(tenant_key: str) -> ResponseReturnValue:
    kind = _kind()

    def draft(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
        if kind is None:
            raise InvalidInput(N_("Choose what is asked for."), field="kind")
        about: dict[str, Any] = {"agreement": order_of_tenant(session, tenant, values.pop("order_no"))}
        if kind is AdjustmentKind.ADD_PLATFORM:
            about["platform"] = asking.WantedPlatform(
                kind=values.pop("kind"),
                identifier=values.pop("identifier"),
                ownership=values.pop("ownership"),
                subject=values.pop("proof_subject"),
                number=values.pop("proof_number"),
                extension=values.pop("extension"),
                valid_until=values.pop("valid_until"),
            )
            about["proof"] = read_upload(request.files.get("file"))
        if kind is AdjustmentKind.REMOVE_PLATFORM:
            about["remove"] = platform_of_id(session, tenant, _number(values.pop("platform")))
        if "freeze" in values:
            about["hold"] = _freeze(session, tenant, values.pop("freeze"))
        asking.draft_request(session, tenant, kind, **about, **values)

    said = gettext("The request is recorded; it waits for the sealed letter.")
    return _adjustment_form(kind).take(tenant_key, draft, said=said, shown_at="account")


def _freeze(session: Session, tenant: Tenant, given: str | None) -> Hold | None:
    if not given:
        return None
    number = _number(given)
    return next((hold for hold in freezing.standing_freezes(session, tenant) if hold.id == number), None)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


@tenant_account.get("/adjustments/<int:request_id>")
def adjustment(tenant_key: str, request_id: int) -> ResponseReturnValue:
    return _page(tenant_key, request_id)


def _page(tenant_key: str, request_id: int, *, form: Any = None, error: LuyueError | None = None, act: str = "") -> str:
    session = db.session()
    now = clock.now(session)
    tenant = tenant_of_key(session, tenant_key)
    asked = adjusting.request_of_id(session, tenant, request_id)
    return render_desk(
        "adjustment.html",
        tenant=tenant,
        asked=asked,
        wanted=asking.wanted_platform(asked) if asked.kind is AdjustmentKind.ADD_PLATFORM else None,
        account=account_of(session, tenant, now=now),
        legal=set(legal_adjustments(asked.state)),
        events=AdjustmentEvent,
        bases=words_of("seal_basis", SealBasis),
        latest=now.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M"),
        form=form or {},
        error=error,
        act=act,
        now=now,
    )


class _Act(TenantForm):
    """A form on the page of one request; where it is refused, that page is shown again."""

    def __init__(self, act: str, schema: type[FormSchema], permission: Permission) -> None:
        super().__init__("adjustment.html", schema, permission=permission)
        self.act = act

    def page(self, tenant_key: str, *, given: Any = None, error: LuyueError | None = None, about: Any = None) -> str:  # noqa: ARG002 - as its parent's
        return _page(tenant_key, (request.view_args or {})["request_id"], form=given, error=error, act=self.act)

    def do(self, tenant_key: str, request_id: int, use_case: Any, *, said: str) -> ResponseReturnValue:
        def act(session: Session, tenant: Tenant, values: dict[str, Any]) -> None:
            values["version"] = _number(values["version"])
            use_case(session, adjusting.request_of_id(session, tenant, request_id), **values)

        to = url_for("tenant_account.adjustment", tenant_key=tenant_key, request_id=request_id)
        return self.take(tenant_key, act, said=said, to=to)


_LETTER = _Act("letter", LetterForm, Permission.CHECK_SEAL)
_EXECUTE = _Act("execute", ExecutionForm, Permission.EXECUTE_ADJUSTMENT)
_REFUSE = _Act("refuse", RefusalForm, Permission.CHECK_SEAL)


@tenant_account.post("/adjustments/<int:request_id>/letter")
def take_letter(tenant_key: str, request_id: int) -> ResponseReturnValue:
    sent = request.files.get("file")
    content = b"" if sent is None or request.form.get("basis") != SealBasis.E_SEAL else sent.read()
    answer, refused = e_seal_of(content)
    if sent is not None:
        sent.seek(0)

    def receive(session: Session, asked: Any, **values: Any) -> None:
        adjusting.receive_sealed_letter(session, asked, letter=require_upload(sent), answer=answer, **values)
        if refused is not None:
            raise refused

    return _LETTER.do(tenant_key, request_id, receive, said=gettext("The sealed letter is recorded."))


def e_seal_of(content: bytes) -> tuple[SignatureAnswer | None, InvalidInput | None]:
    """Check a letter whose e-seal is to count, before any transaction begins; or say why it can't be checked."""
    try:
        return check_signed_file(db.session().info["settings"], content), None
    except InvalidInput as error:
        return None, error


@tenant_account.post("/adjustments/<int:request_id>/execute")
def execute(tenant_key: str, request_id: int) -> ResponseReturnValue:
    return _EXECUTE.do(tenant_key, request_id, adjusting.execute, said=gettext("The request is executed."))


@tenant_account.post("/adjustments/<int:request_id>/refuse")
def refuse(tenant_key: str, request_id: int) -> ResponseReturnValue:
    return _REFUSE.do(tenant_key, request_id, adjusting.refuse, said=gettext("The request is refused."))
