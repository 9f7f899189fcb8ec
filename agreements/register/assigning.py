"""Who of ours looks after an agreement. It helps people to divide their work and binds nobody."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.models import Person, PersonRole
from agreements.kernel.access.rules import Actor, Permission, Role, require
from agreements.kernel.db import rows_of
from agreements.kernel.errors import N_, InvalidInput
from agreements.register.models import Agreement

LOOKS_AFTER = frozenset({Role.LEGAL_OFFICER, Role.LEGAL_APPROVER, Role.OPS})


_POSSIBLE_OWNERS = (
    select(Person.id, Person.name)
    .where(
        Person.disabled_at.is_(None),
        Person.id.in_(select(PersonRole.person_id).where(PersonRole.role.in_(sorted(LOOKS_AFTER)))),
    )
    .order_by(Person.name, Person.id)
)


def possible_owners(session: Session) -> list[tuple[int, str]]:
    """Return those who may look after agreements as (person id, name), by name."""
    return [(person_id, name) for person_id, name in rows_of(session, _POSSIBLE_OWNERS)]


def assign_owner(
    session: Session, agreement_ids: Collection[int], person_id: int | None, *, actor: Actor, now: datetime
) -> int:
    """Put agreements into one person's care, or with None into nobody's.

    Returns how many changed hands; those that are in the person's care already are left alone.
    """
    require(actor, Permission.ARRANGE_REGISTER)
    if person_id is not None and person_id not in dict(possible_owners(session)):
        raise InvalidInput(
            N_("This person can't look after agreements."),
            field="owner",
            remedy=N_("Choose a legal officer, an approver or somebody of operations who signs in here."),
        )
    changed = session.execute(
        update(Agreement)
        .where(Agreement.id.in_(agreement_ids), Agreement.owner_id.is_distinct_from(person_id))
        .values(owner_id=person_id)
        .returning(Agreement.id, Agreement.tenant_id)
    ).all()
    for agreement_id, tenant_id in sorted(changed):
        audit.record(
            session,
            actor=actor,
            act="agreement.assigned",
            subject=f"agreement:{agreement_id}",
            agreement_id=agreement_id,
            tenant_id=tenant_id,
            now=now,
            details={"person_id": person_id},
        )
    return len(changed)
