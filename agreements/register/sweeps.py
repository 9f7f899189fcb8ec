"""What the scheduler records of agreements' lives; the truth itself is computed from the stored bounds."""

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from agreements.register.actions import advance
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState


def agreements_to_advance(session: Session, *, now: datetime) -> list[int]:
    """Return ids of agreements whose start or end bound has passed unrecorded, earliest end first."""
    return list(
        session.scalars(
            select(Agreement.id)
            .where(
                or_(
                    and_(Agreement.state.in_(IN_FORCE), Agreement.service_end_exclusive_at <= now),
                    and_(
                        Agreement.state == AgreementState.EFFECTIVE,
                        Agreement.service_start_at <= now,
                        Agreement.effective_at <= now,
                    ),
                )
            )
            .order_by(Agreement.service_end_exclusive_at, Agreement.id)
        )
    )


def advance_agreement(session: Session, agreement_id: int, *, now: datetime) -> None:
    """Record what time made true of one agreement."""
    advance(session, session.get_one(Agreement, agreement_id), now=now)
