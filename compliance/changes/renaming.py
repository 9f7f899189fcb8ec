"""A tenant with a new name (E-51): a change to be notified (clause 3.3 b) and a record that follows; no supplement."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput
from agreements.parties.actions import Upload
from agreements.parties.models import PartyName, Tenant
from agreements.parties.naming import rename_party
from compliance.changes.actions import agreements_in_force_on, cause_of, record_change
from compliance.changes.models import ChangeEvent
from compliance.changes.rules import ChangeKind, ChangeSource


def rename_tenant(
    session: Session,
    tenant: Tenant,
    name: str,
    *,
    occurred_on: date,
    source: ChangeSource,
    proof: Upload | None,
    description: str,
    known: ChangeEvent | None = None,
    actor: Actor,
    now: datetime,
) -> PartyName:
    """E-51, 民法典 532: let the record follow a tenant's new name; its agreements stay as they are.

    known        the change, where it is on record already: its day counts. None records it now, so that its clock runs
                 under every agreement in force that day; where none was, only the record follows
    description  what the change is called on record, in the language of our records
    """
    require(actor, Permission.RECORD_CHANGE)
    if known is not None and known.tenant_id != tenant.id:
        raise InvalidInput(N_("This is no change of this tenant."), field="change", clause="3.3")
    if known is None and agreements_in_force_on(session, tenant, occurred_on):
        known = record_change(
            session,
            tenant,
            kind=ChangeKind.INFORMATION,
            description=description,
            occurred_on=occurred_on,
            source=source,
            proof=proof,
            actor=actor,
            now=now,
        )
    cause = cause_of(known.id) if known else "before_agreement"
    day = known.occurred_on if known else occurred_on
    return rename_party(session, tenant, name, took_effect_on=day, cause=cause, actor=actor, now=now)
