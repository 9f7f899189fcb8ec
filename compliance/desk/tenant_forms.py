"""What every form about a tenant shares: the page with what was typed, and handing it to a use case."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.kernel.web.language import label
from agreements.parties.actions import tenant_of_key
from agreements.parties.models import Tenant
from compliance.desk.pages import render_desk
from compliance.desk.schemas import FormSchema, read_form

UseCase = Callable[[Session, Tenant, dict[str, Any]], None]
Reader = Callable[[Session, Tenant], dict[str, Any]]


def words_of(kind: str, values: Any) -> list[tuple[str, str]]:
    """Return an enumeration as the options of a field."""
    return [(value.value, label(kind, value)) for value in values]


class TenantForm:
    """One form about a tenant. `about` reads what the page shows besides; `given` is what its fields show first."""

    def __init__(
        self,
        template: str,
        schema: type[FormSchema],
        *,
        permission: Permission = Permission.RECORD_DOCUMENTS,
        about: Reader | None = None,
    ) -> None:
        self.template, self.schema, self.permission, self.about = template, schema, permission, about

    def page(
        self,
        tenant_key: str,
        *,
        given: Any = None,
        error: LuyueError | None = None,
        about: Reader | None = None,
    ) -> str:
        require(g.actor, self.permission)
        session = db.session()
        now = clock.now(session)
        tenant = tenant_of_key(session, tenant_key)
        reader = about or self.about
        return render_desk(
            self.template,
            tenant=tenant,
            form=given if given is not None else request.args,
            error=error,
            words_of=words_of,
            today=legal_date(now).isoformat(),
            latest=now.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M"),
            now=now,
            **(reader(session, tenant) if reader else {}),
        )

    def take(
        self,
        tenant_key: str,
        use_case: UseCase,
        *,
        said: str,
        shown_at: str | None = None,
        about: Reader | None = None,
        to: str | None = None,
    ) -> ResponseReturnValue:
        """Hand what was sent, with who and when, to a use case; show the page again where it is refused."""
        try:
            values = read_form(self.schema, request.form)
            with unit_of_work() as session:
                tenant = tenant_of_key(session, tenant_key)
                use_case(session, tenant, {**values, "actor": g.actor, "now": clock.now(session)})
        except (InvalidInput, Conflict) as error:
            return self.page(tenant_key, given=request.form, error=error, about=about), error.status
        flash(said, "success")
        return redirect(to or url_for("tenant.show", tenant_key=tenant_key, _anchor=shown_at))
