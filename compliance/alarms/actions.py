"""Raising and settling alarms, and a person's own address for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session, joinedload

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.crypto import Place
from agreements.kernel.errors import N_, InvalidInput
from agreements.parties.actions import EMAIL
from compliance.alarms.models import Alarm, AlarmAddress
from compliance.alarms.rules import SPECS, AlarmKind, Severity, number_in


def raise_alarm(
    session: Session,
    kind: AlarmKind,
    *,
    cause: str,
    stage: str,
    as_of: datetime,
    now: datetime,
    tenant_id: int | None = None,
    agreement_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> Alarm | None:
    """Call a person, once for a kind, cause and stage; None where that was done before.

    as_of    when it fell due, not after `now`
    details  fills the kind's text: ids, numbers, codes, ISO dates; no personal data
    """
    known = select(Alarm.id).where(Alarm.kind == kind, Alarm.cause == cause, Alarm.stage == stage)
    if session.scalar(known) is not None:
        return None
    alarm = Alarm(
        kind=kind,
        cause=cause,
        stage=stage,
        as_of=as_of,
        raised_at=now,
        tenant_id=tenant_id,
        agreement_id=agreement_id,
        details=details or {},
    )
    session.add(alarm)
    session.flush()  # a second scheduler fails here on the unique key, not at the end of its transaction
    return alarm


def settle_alarms(
    session: Session,
    *,
    cause: str,
    now: datetime,
    actor: Actor,
    kinds: tuple[AlarmKind, ...] | None = None,
    ladder: str | None = None,
) -> int:
    """End the open alarms of a cause, all or of some kinds, because the matter is dealt with. Returns how many.

    ladder  only the rungs of this ladder, that is the stages that begin with it
    """
    wanted = [Alarm.cause == cause, Alarm.settled_at.is_(None)]
    if ladder is not None:
        wanted.append(Alarm.stage.startswith(ladder, autoescape=True))
    if kinds is not None:
        wanted.append(Alarm.kind.in_(kinds))
    settled = update(Alarm).where(*wanted).values(settled_at=now, settled_by=actor.name).returning(Alarm.id)
    return len(session.scalars(settled).all())


def open_alarms(session: Session, *, limit: int | None = None) -> list[Alarm]:
    """Return what calls somebody now: the dangers first, each in the order in which it fell due."""
    dangers = [kind for kind, spec in SPECS.items() if spec.severity is Severity.DANGER]
    return list(
        session.scalars(
            select(Alarm)
            .where(Alarm.settled_at.is_(None))
            .options(joinedload(Alarm.tenant), joinedload(Alarm.agreement))
            .order_by(case((Alarm.kind.in_(dangers), 0), else_=1), Alarm.as_of, Alarm.id)
            .limit(limit)
        )
    )


def page_of_alarm(alarm: Alarm) -> str:
    """Return the address where the matter is dealt with."""
    order_no = alarm.agreement.order_no if alarm.agreement else ""
    tenant_key = alarm.tenant.tenant_key if alarm.tenant else ""
    values = {"order_no": order_no, "tenant_key": tenant_key, **alarm.details, "id": number_in(alarm.cause)}
    return SPECS[alarm.kind].page.format_map(values)


def settle_by_hand(session: Session, alarm: Alarm, *, reason: str, actor: Actor, now: datetime) -> None:
    """End one alarm because a person says that it needs nothing more; the reason is kept in the trail."""
    require(actor, Permission.SETTLE_ALARMS)
    if not reason.strip():
        raise InvalidInput(N_("Say why nothing more is needed."), field="reason")
    ended = session.scalar(
        update(Alarm)
        .where(Alarm.id == alarm.id, Alarm.settled_at.is_(None))
        .values(settled_at=now, settled_by=actor.name)
        .returning(Alarm.id)
    )
    if ended is None:
        return
    audit.record(
        session,
        actor=actor,
        act="alarm.settled",
        subject=f"alarm:{alarm.id}",
        tenant_id=alarm.tenant_id,
        agreement_id=alarm.agreement_id,
        now=now,
        as_of=alarm.as_of,
        reason=reason.strip(),
        details={"kind": alarm.kind.value, "cause": alarm.cause, "stage": alarm.stage},
    )


def address_of(session: Session, person_id: int) -> str | None:
    """Return where a person wants alarms; None where nowhere."""
    row = session.get(AlarmAddress, person_id)
    if row is None:
        return None
    opened: str = session.info["keyring"].decrypt(row.address_sealed, _place(person_id))
    return opened


def set_address(session: Session, *, address: str, actor: Actor, now: datetime) -> None:
    """Let a person say where alarms go to; an empty address ends the mails. Only one's own."""
    if actor.id is None:
        raise InvalidInput(N_("Only a person has an address for alarms."), field="address")
    row = session.get(AlarmAddress, actor.id)
    if not address.strip():
        if row is not None:
            session.delete(row)
    elif not EMAIL.fullmatch(address.strip()):
        raise InvalidInput(
            N_("This is not an e-mail address."),
            field="address",
            remedy=N_("Write one address, such as legal@example.com."),
        )
    else:
        row = row or AlarmAddress(person_id=actor.id)
        row.address_sealed = session.info["keyring"].encrypt(address.strip(), _place(actor.id))
        row.set_at = now
        session.add(row)
    audit.record(
        session,
        actor=actor,
        act="alarm.address_set" if address.strip() else "alarm.address_removed",
        subject=f"person:{actor.id}",
        now=now,
    )


def _place(person_id: int) -> Place:
    return Place("alarm_address", "address_sealed", str(person_id))
