"""What both sides agreed for later: supplements that are not in force yet, an end that has not come (4.6, 8.1)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from agreements.register.ending_models import AgreementEnding
from agreements.register.models import Agreement
from agreements.register.supplement_models import Supplement
from agreements.register.supplement_rules import SupplementState


@dataclass(frozen=True, slots=True)
class Coming:
    """One change that comes by itself at its instant: a supplement, or the agreed end."""

    at: datetime
    supplement: Supplement | None = None
    ending: AgreementEnding | None = None


def coming_of(session: Session, agreement: Agreement, *, now: datetime) -> list[Coming]:
    """Return what comes after an instant, the soonest first."""
    signed = session.scalars(
        select(Supplement)
        .where(
            Supplement.agreement_id == agreement.id,
            Supplement.state == SupplementState.SIGNED_BY_BOTH,
            Supplement.in_force_at > now,
        )
        .options(selectinload(Supplement.terms))
    )
    found = [Coming(each.in_force_at, supplement=each) for each in signed if each.in_force_at is not None]
    if agreement.ended_at is not None and agreement.ended_at > now:
        found.append(Coming(agreement.ended_at, ending=session.get_one(AgreementEnding, agreement.id)))
    return sorted(found, key=lambda coming: coming.at)
