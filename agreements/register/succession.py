"""Renewals and upgrades: orders of their own that follow another (clause 8.1, E-37)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput
from agreements.kernel.instants import legal_date
from agreements.register.models import Agreement
from agreements.register.rules import Succession

LAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Transition:
    """From one order's service to the next's: calendar days both run, or none runs; both zero is without a gap."""

    overlap_days: int
    gap_days: int
    charged_first: str


def transition(old: Agreement, new: Agreement) -> Transition:
    """E-37: two agreements and two quotas; the earliest end is charged first; at midnight there is no gap."""
    old_last, new_first = legal_date(old.over_from - LAST), legal_date(new.service_start_at)
    days = (new_first - old_last).days - 1
    first = min((old, new), key=lambda each: (each.over_from, each.id))
    return Transition(max(0, -days), max(0, days), first.order_no)


def link_predecessor(
    session: Session, agreement: Agreement, predecessor: Agreement, kind: Succession, *, actor: Actor, now: datetime
) -> None:
    """Say that an order renews or upgrades another of the same tenant. Neither's terms or quota change."""
    require(actor, Permission.DRAFT_SUPPLEMENT)
    if predecessor.tenant_id != agreement.tenant_id:
        raise InvalidInput(N_("That order is another tenant's."), field="predecessor", clause="8.1")
    seen, each = {agreement.id}, predecessor
    while True:
        if each.id in seen:
            raise InvalidInput(N_("An order can't follow itself."), field="predecessor", clause="8.1")
        seen.add(each.id)
        if each.predecessor_id is None:
            break
        each = session.get_one(Agreement, each.predecessor_id)
    linked = session.scalar(
        update(Agreement)
        .where(Agreement.id == agreement.id, Agreement.predecessor_id.is_(None))
        .values(predecessor_id=predecessor.id, follows_as=kind)
        .returning(Agreement.id)
    )
    if linked is None:
        raise Conflict(N_("This order follows another already."), code="FOLLOWS_ALREADY", clause="8.1")
    session.refresh(agreement)
    audit.record(
        session,
        actor=actor,
        act="agreement.follows",
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause="8.1",
        now=now,
        details={"predecessor": predecessor.order_no, "kind": kind.value},
    )


def predecessor_of(session: Session, agreement: Agreement) -> Agreement | None:
    return None if agreement.predecessor_id is None else session.get(Agreement, agreement.predecessor_id)


def successors_of(session: Session, agreement: Agreement) -> list[Agreement]:
    """Return the orders that follow an order, by the start of their service."""
    return list(
        session.scalars(
            select(Agreement)
            .where(Agreement.predecessor_id == agreement.id)
            .order_by(Agreement.service_start_at, Agreement.id)
        )
    )


def others_of_tenant(session: Session, agreement: Agreement) -> list[Agreement]:
    """Return the tenant's other orders, the latest end first."""
    return list(
        session.scalars(
            select(Agreement)
            .where(Agreement.tenant_id == agreement.tenant_id, Agreement.id != agreement.id)
            .order_by(Agreement.service_end_exclusive_at.desc(), Agreement.id.desc())
        )
    )
