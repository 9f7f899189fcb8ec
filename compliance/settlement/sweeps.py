"""Opening the settlement of every agreement that ended early by agreement or for our reason."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.sweeps import Sweep
from agreements.register.models import Agreement
from compliance.settlement.actions import live_settlement, open_settlement
from compliance.settlement.figures import why_not_settled
from compliance.settlement.models import Settlement
from compliance.settlement.rules import SETTLED_ENDINGS


def endings_without_settlement(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of ended agreements that clause 4.6 covers and nobody opened a settlement for."""
    found = session.scalars(
        select(Agreement)
        .where(
            Agreement.state.in_(SETTLED_ENDINGS),
            Agreement.registered_at <= due_by,
            Agreement.id.not_in(select(Settlement.agreement_id)),
        )
        .order_by(Agreement.id)
    )
    return [agreement.id for agreement in found if why_not_settled(session, agreement) is None]


def open_for_ending(session: Session, agreement_id: int, *, now: datetime) -> bool:
    if live_settlement(session, agreement_id) is not None:
        return False
    open_settlement(session, session.get_one(Agreement, agreement_id), actor=SCHEDULER, now=now)
    return True


SWEEPS = (Sweep("settlement_open", endings_without_settlement, open_for_ending),)
