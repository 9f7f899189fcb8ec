"""Holds as they stand at an instant: a decided suspension counts from its notice's arrival, recorded or not (T-15)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from agreements.kernel.among import among
from agreements.kernel.db import rows_of
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import BREACHED, is_breach
from compliance.desk.rules import HoldFact
from compliance.notices.models import Arrival
from compliance.obligations.models import Obligation
from compliance.obligations.rules import ObligationState
from compliance.service.models import Hold
from compliance.service.rules import HoldScope, HoldState, hold_state, suspension_effective_at


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold with the instant from which it counts; None while its notice has not arrived."""

    hold: Hold
    effective_at: datetime | None

    @property
    def state(self) -> HoldState:
        return hold_state(
            effective_at=self.effective_at, cancelled_at=self.hold.cancelled_at, lifted_at=self.hold.lifted_at
        )

    @property
    def fact(self) -> HoldFact:
        return HoldFact(self.hold.ground, self.state)

    def state_at(self, at: datetime) -> HoldState:
        """Read the state from what had happened by an instant."""

        def by_then(fact: datetime | None) -> datetime | None:
            return fact if fact is not None and fact <= at else None

        return hold_state(
            effective_at=by_then(self.effective_at),
            cancelled_at=by_then(self.hold.cancelled_at),
            lifted_at=by_then(self.hold.lifted_at),
        )


def hold_rows(session: Session, *conditions: ColumnElement[bool]) -> list[HoldRow]:
    """Return the holds that fit, newest first."""
    rows = session.execute(
        select(Hold, Arrival.arrived_at, Obligation.state)
        .outerjoin(Arrival, Arrival.notice_id == Hold.notice_id)
        .outerjoin(BreachCase, BreachCase.hold_id == Hold.id)
        .outerjoin(Obligation, Obligation.id == BreachCase.obligation_id)
        .where(*conditions)
        .options(joinedload(Hold.agreement), joinedload(Hold.notice))
        .order_by(Hold.id.desc())
    )
    return [_row(hold, arrived_at, missed) for hold, arrived_at, missed in rows]


def standing_holds(session: Session, agreement_ids: Collection[int], tenant_ids: Collection[int]) -> list[HoldRow]:
    """Return the standing holds that reach one of some agreements, newest first."""
    found = rows_of(session, _STANDING, agreement_ids=list(agreement_ids), tenant_ids=list(tenant_ids))
    return hold_rows(session, Hold.id.in_([row[0] for row in found])) if found else []


def _row(hold: Hold, arrived_at: datetime | None, missed: ObligationState | None) -> HoldRow:
    effective_at, is_grounded = hold.effective_at, missed is None or is_breach(missed)
    if effective_at is None and arrived_at is not None and hold.cancelled_at is None and is_grounded:
        effective_at = suspension_effective_at(decided_at=hold.decided_at, notice_arrived_at=arrived_at)
    return HoldRow(hold, effective_at)


def reaches(agreement_ids: Collection[int], tenant_ids: Collection[int]) -> ColumnElement[bool]:
    """Say in SQL whether a hold reaches one of some agreements: its own, or one of scope tenant."""
    return or_(
        Hold.agreement_id.in_(agreement_ids), and_(Hold.tenant_id.in_(tenant_ids), Hold.scope == HoldScope.TENANT)
    )


def stands() -> ColumnElement[bool]:
    """Say in SQL whether a hold is neither cancelled nor lifted."""
    return and_(Hold.cancelled_at.is_(None), Hold.lifted_at.is_(None))


def counts() -> ColumnElement[bool]:
    """Say in SQL whether a standing hold is in effect: recorded so, or its notice has arrived about a breach (E-40)."""
    groundless = (
        select(BreachCase.hold_id)
        .join(Obligation, Obligation.id == BreachCase.obligation_id)
        .where(BreachCase.hold_id.is_not(None), Obligation.state.not_in(BREACHED))
    )
    arrived = and_(Hold.notice_id.in_(select(Arrival.notice_id)), Hold.id.not_in(groundless))
    return or_(Hold.effective_at.is_not(None), arrived)


_STANDING = select(Hold.id).where(  # lists ask for every page of theirs, and mostly none stands
    or_(
        among(Hold.agreement_id, "agreement_ids"),
        and_(among(Hold.tenant_id, "tenant_ids"), Hold.scope == HoldScope.TENANT),
    ),
    stands(),
)
