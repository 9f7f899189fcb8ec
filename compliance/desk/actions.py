"""Showing a contact in clear: the one act of the desk's own, recorded because somebody looked (clause 5.1, PIPL)."""

from datetime import datetime

from sqlalchemy.orm import Session

from agreements.kernel import access_log, audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.access_log import SensitiveKind
from agreements.kernel.errors import N_, NotFound
from agreements.parties.actions import address_in_clear, contact_details
from agreements.parties.models import Contact, NoticeAddress, Tenant


def reveal(
    session: Session, tenant: Tenant, subject: str, *, reason: str, actor: Actor, now: datetime
) -> dict[str, str | None]:
    """Return a contact or the notice address of a tenant in clear, by the field's name, and record who looked and why.

    subject  "contact:3" or "notice_address:2"; one of another tenant raises NotFound
    """
    require(actor, Permission.SEE_CONTACTS)
    kind, _, row_id = subject.partition(":")
    number = int(row_id) if row_id.isascii() and row_id.isdigit() and len(row_id) < 10 else 0
    row: Contact | NoticeAddress | None = None
    if kind == "contact":
        row = session.get(Contact, number)
    elif kind == "notice_address":
        row = session.get(NoticeAddress, number)
    if row is None or row.tenant_id != tenant.id:
        raise NotFound(N_("This tenant has no such contact."), field="subject")
    audit.record(
        session,
        actor=actor,
        act="contact.revealed",
        subject=subject,
        tenant_id=tenant.id,
        clause="5.1",
        reason=reason,
        now=now,
    )
    access_log.note(
        session,
        actor=actor,
        kind=SensitiveKind.CONTACT_DATA,
        subject=subject,
        tenant_id=tenant.id,
        reason=reason,
        now=now,
    )
    if isinstance(row, NoticeAddress):
        return {"address": address_in_clear(session, row)}
    details = contact_details(session, row)
    return {"name": details.name, "phone": details.phone, "email": details.email, "address": details.address}
