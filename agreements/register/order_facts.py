"""Facts of an order that a supplement changed, right at its instant though no job has recorded it (8.1, T-15)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from agreements.kernel.instants import end_of
from agreements.register.models import Agreement
from agreements.register.supplement_models import Supplement, SupplementTerm
from agreements.register.supplement_rules import SupplementState
from agreements.register.term_values import ORDER_KEYS, QUOTA_TOTAL, SERVICE_END


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What a supplement that has come says; None where it leaves the order as it is."""

    service_end_exclusive_at: datetime | None = None
    quota_total: int | None = None


NOTHING = OrderFacts()


def is_changing(agreement_id: Any) -> ColumnElement[bool]:
    """Say in SQL whether an agreement has a supplement that both signed and that is not recorded as in force."""
    return exists().where(Supplement.agreement_id == agreement_id, Supplement.state == SupplementState.SIGNED_BY_BOTH)


def unrecorded_facts(session: Session, agreement_ids: Collection[int], *, at: datetime) -> dict[int, OrderFacts]:
    """Return what supplements in force by an instant changed and nobody recorded yet, by agreement; mostly nothing."""
    said: dict[int, dict[str, object]] = {}
    for agreement_id, key, value in session.execute(
        select(Supplement.agreement_id, SupplementTerm.key, SupplementTerm.value)
        .join(SupplementTerm, SupplementTerm.supplement_id == Supplement.id)
        .where(
            Supplement.agreement_id.in_(agreement_ids),
            Supplement.state == SupplementState.SIGNED_BY_BOTH,
            Supplement.in_force_at <= at,
            SupplementTerm.key.in_(ORDER_KEYS),
        )
        .order_by(Supplement.in_force_at, Supplement.id)
    ):
        said.setdefault(agreement_id, {})[key] = value
    return {agreement_id: _facts(values) for agreement_id, values in said.items()}


def over_from_at(session: Session, agreement: Agreement, *, at: datetime) -> datetime:
    """Return `agreement.over_from` as it stands at an instant."""
    facts = unrecorded_facts(session, [agreement.id], at=at).get(agreement.id, NOTHING)
    return agreement.ended_at or facts.service_end_exclusive_at or agreement.service_end_exclusive_at


def _facts(values: dict[str, object]) -> OrderFacts:
    last_on, quota = values.get(SERVICE_END), values.get(QUOTA_TOTAL)
    return OrderFacts(
        end_of(date.fromisoformat(last_on)) if isinstance(last_on, str) else None,
        quota if isinstance(quota, int) else None,
    )
