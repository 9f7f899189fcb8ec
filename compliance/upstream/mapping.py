"""Whom a source's change touches: products to agreements, each with its own duty of ours (E-23 to E-27)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_rules import Deadline
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel.access.rules import SCHEDULER, Actor, ActorKind, Permission, require
from agreements.kernel.errors import N_, Conflict
from agreements.register.actions import terms_in_force
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.alarms.actions import settle_alarms
from compliance.alarms.rules import AlarmKind
from compliance.obligations.actions import open_obligation
from compliance.obligations.rules import ObligationCode
from compliance.upstream.models import UpstreamChange, UpstreamImpact, UpstreamProduct
from compliance.upstream.moving import cause_of, locked, move_change
from compliance.upstream.rules import (
    CHANGE_MOVES,
    RELEVANT,
    RUNNING,
    ChangeEvent,
    ImpactState,
    Triage,
    agreed_period,
    is_owed,
)


def map_change(session: Session, change: UpstreamChange, *, actor: Actor, now: datetime) -> int:
    """Clause 2.4: open one impact and one duty for each agreement that is owed the notice; returns how many are new.

    Run again it adds who became a tenant since, until the notices have gone out (E-25). The scheduler may do it for
    products that are known; it is a matter of record and sends nothing.
    """
    if actor.kind is not ActorKind.SCHEDULER:
        require(actor, Permission.HANDLE_UPSTREAM)
    change = locked(session, change.id)
    if not change.products:
        raise Conflict(
            N_("Nobody knows which products this source serves."),
            code="PRODUCTS_UNKNOWN",
            clause="2.4",
            remedy=N_("Link the source's products, or name the products of this notice."),
        )
    new = open_missing_impacts(session, change, actor=actor, now=now)
    if change.state in CHANGE_MOVES[ChangeEvent.MAP].sources:
        move_change(
            session,
            change,
            ChangeEvent.MAP,
            actor=actor,
            now=now,
            values={"mapped_at": now},
            details={"agreements": [agreement.id for agreement in new]},
        )
        settle_alarms(session, cause=cause_of(change.id), kinds=(AlarmKind.UPSTREAM_UNMAPPED,), actor=actor, now=now)
    return len(new)


def open_missing_impacts(session: Session, change: UpstreamChange, *, actor: Actor, now: datetime) -> list[Agreement]:
    """Open the impacts that an announcement still lacks, and return the agreements; moves no state.

    Owed are those whom its products touch and, of a correction, whom it no longer touches: they must hear that too.
    """
    new = owed_unmapped(session, change, until=change.dispatched_at or now)
    known = {agreement.id for agreement in new}
    new += [agreement for agreement in _owed_from_corrected(session, change) if agreement.id not in known]
    for agreement in new:
        _open_impact(session, change, agreement, actor=actor, now=now)
    return new


def _open_impact(
    session: Session, change: UpstreamChange, agreement: Agreement, *, actor: Actor, now: datetime
) -> UpstreamImpact:
    obligation = open_obligation(
        session,
        agreement,
        ObligationCode.PROVIDER_UPSTREAM_NOTICE,
        cause=cause_of(change.id),
        triggered_at=change.received_at,
        deadline=notice_deadline(session, change, agreement, now=now),
        actor=actor,
        now=now,
    )
    impact = UpstreamImpact(
        change_id=change.id,
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        state=ImpactState.PENDING,
        mapped_at=now,
        obligation_id=obligation.id,
    )
    session.add(impact)
    session.flush()  # a second mapper fails here on the unique key, not at the end of its transaction
    return impact


def notice_deadline(
    session: Session, change: UpstreamChange, agreement: Agreement | None, *, now: datetime
) -> Deadline:
    """Clause 2.4: until when a tenant must have the notice, counted from our receipt; by the standard form for None."""
    term = None
    if agreement is not None:
        term = terms_in_force(session, agreement.id, at=change.received_at).get("upstream_notice")
    period = agreed_period(term.value if term else None)
    return counting_in_force(session, now=now).due(
        DeadlineRule.UPSTREAM_NOTICE, change.received_at, count=period.count, unit=period.unit
    )


def owed_unmapped(session: Session, change: UpstreamChange, *, until: datetime) -> list[Agreement]:
    candidates = session.scalars(
        select(Agreement)
        .join(UpstreamProduct, UpstreamProduct.product_id == Agreement.product_id)
        .where(
            UpstreamProduct.change_id == change.id,
            Agreement.effective_at.is_not(None),
            Agreement.state != AgreementState.CANCELLED,
            ~exists().where(UpstreamImpact.change_id == change.id, UpstreamImpact.agreement_id == Agreement.id),
        )
        .order_by(Agreement.id)
    )
    return [
        agreement
        for agreement in candidates
        if is_owed(
            effective_at=agreement.effective_at,
            service_end_exclusive_at=agreement.over_from,
            received_at=change.received_at,
            until=until,
        )
    ]


def _owed_from_corrected(session: Session, change: UpstreamChange) -> list[Agreement]:
    """E-32: whom the corrected announcement concerns still, but for those that had their letter and ended since."""
    if change.amends_id is None:
        return []
    own = aliased(UpstreamImpact)
    return list(
        session.scalars(
            select(Agreement)
            .join(UpstreamImpact, UpstreamImpact.agreement_id == Agreement.id)
            .where(
                UpstreamImpact.change_id == change.amends_id,
                UpstreamImpact.state.not_in((ImpactState.NOT_APPLICABLE, ImpactState.WITHDRAWN)),
                or_(
                    UpstreamImpact.state == ImpactState.PENDING,
                    and_(
                        Agreement.state != AgreementState.CANCELLED,
                        func.coalesce(Agreement.ended_at, Agreement.service_end_exclusive_at) > change.received_at,
                    ),
                ),
                ~exists().where(own.change_id == change.id, own.agreement_id == Agreement.id),
            )
            .order_by(Agreement.id)
        )
    )


def left_out(session: Session, change: UpstreamChange, agreements: Iterable[Agreement]) -> set[int]:
    """Return the ids of those that the corrected announcement touched and its correction no longer does (E-32)."""
    if change.amends_id is None:
        return set()
    named = {row.product_id for row in change.products}
    gone = {agreement.id for agreement in agreements if agreement.product_id not in named}
    return set(
        session.scalars(
            select(UpstreamImpact.agreement_id).where(
                UpstreamImpact.change_id == change.amends_id, UpstreamImpact.agreement_id.in_(gone)
            )
        )
    )


def matters() -> ColumnElement[bool]:
    """The condition that a running change is, or may turn out to be, a matter of 2.4."""
    return and_(
        UpstreamChange.state.in_(RUNNING),
        or_(UpstreamChange.triage.is_(None), UpstreamChange.triage.in_(sorted(RELEVANT))),
    )


def changes_to_map(session: Session, *, due_by: datetime) -> list[int]:
    """Return changes whose products are known and that were not mapped, or that somebody joined since; oldest first."""
    joined = exists().where(
        UpstreamProduct.change_id == UpstreamChange.id,
        Agreement.product_id == UpstreamProduct.product_id,
        Agreement.state != AgreementState.CANCELLED,
        Agreement.effective_at <= func.coalesce(UpstreamChange.dispatched_at, due_by),
        func.coalesce(Agreement.ended_at, Agreement.service_end_exclusive_at) > UpstreamChange.received_at,
        ~exists()
        .where(UpstreamImpact.change_id == UpstreamChange.id, UpstreamImpact.agreement_id == Agreement.id)
        .correlate(UpstreamChange, Agreement),
    )
    has_products = exists().where(UpstreamProduct.change_id == UpstreamChange.id)
    return list(
        session.scalars(
            select(UpstreamChange.id)
            .where(
                matters(),
                UpstreamChange.received_at <= due_by,
                or_(joined, and_(has_products, UpstreamChange.mapped_at.is_(None))),
            )
            .order_by(UpstreamChange.received_at, UpstreamChange.id)
        )
    )


def map_by_rule(session: Session, change_id: int, *, now: datetime) -> bool:
    """Map one change as the scheduler; False where another was first."""
    change = locked(session, change_id)
    was_mapped = change.mapped_at is not None
    if change.state not in RUNNING or change.triage in (Triage.IRRELEVANT, Triage.MAINTENANCE):
        return False
    return map_change(session, change, actor=SCHEDULER, now=now) > 0 or not was_mapped
