"""One agreement as it stood at an instant, by the facts known today: nothing of it is stored, all of it is replayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.kernel.audit import AuditEvent
from agreements.kernel.instants import end_of
from agreements.register.models import Agreement, Term
from agreements.register.rules import AgreementEvent, AgreementState
from agreements.register.supplement_models import Supplement, SupplementTerm
from agreements.register.term_values import ORDER_KEYS, QUOTA_TOTAL, SERVICE_END
from compliance.desk import rules
from compliance.desk.agreement_reading import sorted_terms
from compliance.desk.duties import Duty, duties
from compliance.desk.holds import HoldRow, hold_rows, reaches
from compliance.desk.rules import HoldFact, LifeFacts, ServiceState
from compliance.obligations.models import Obligation
from compliance.service.models import ServiceActivation

MOVES = tuple(f"agreement.{event.value}" for event in AgreementEvent)
BY_BOUNDS = frozenset(
    {
        AgreementState.DRAFT,
        AgreementState.PENDING_PAYMENT,
        AgreementState.EFFECTIVE,
        AgreementState.IN_SERVICE,
        AgreementState.EXPIRED,
    }
)
"""States that follow from payment and period alone, so that a late record of them changes nothing."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was true of an agreement at `at`.

    is_recorded               False before it came into the register; what is said is true all the same
    service_end_exclusive_at  as supplements in force by then had it; so is the quota
    activated_at              None where service was not open yet
    holds                     decided by then, newest first; `state_at(at)` says what each did
    duties                    triggered by then
    """

    at: datetime
    is_recorded: bool
    state: AgreementState
    service: ServiceState
    service_end_exclusive_at: datetime
    quota_total: int | None
    activated_at: datetime | None
    terms: Sequence[Term]
    holds: Sequence[HoldRow]
    duties: Sequence[Duty]


def past_of(session: Session, agreement: Agreement, *, at: datetime) -> Past:
    """Replay an agreement up to an instant, which counts; one that is still to come is shown by what is known now."""
    order = _order_facts(session, agreement, at=at)
    end_at, quota = order[SERVICE_END], order[QUOTA_TOTAL]
    state = _state(session, agreement, service_end_exclusive_at=end_at, at=at)
    activation = session.get(ServiceActivation, agreement.id)
    activated_at = activation.activated_at if activation and activation.activated_at <= at else None
    reaching = hold_rows(session, reaches([agreement.id], [agreement.tenant_id]))
    holds = [row for row in reaching if row.hold.decided_at <= at]
    service = rules.service_state(
        state=state,
        is_activated=activated_at is not None,
        holds=[HoldFact(row.hold.ground, row.state_at(at)) for row in holds],
    )
    owed = duties(
        session,
        Obligation.agreement_id == agreement.id,
        Obligation.triggered_at <= at,
        calendar=working_calendar(session),
        now=at,
    )
    return Past(
        at=at,
        is_recorded=agreement.registered_at <= at,
        state=state,
        service=service,
        service_end_exclusive_at=end_at,
        quota_total=quota,
        activated_at=activated_at,
        terms=sorted_terms(session, agreement, at=at),
        holds=holds,
        duties=owed,
    )


def _state(
    session: Session, agreement: Agreement, *, service_end_exclusive_at: datetime, at: datetime
) -> AgreementState:
    """Return an end, a cancellation or a closing as recorded by its own instant, else what the bounds say."""
    last = session.scalars(
        select(AuditEvent.details)
        .where(AuditEvent.agreement_id == agreement.id, AuditEvent.act.in_(MOVES), AuditEvent.as_of <= at)
        .order_by(AuditEvent.as_of.desc(), AuditEvent.seq.desc())
        .limit(1)
    ).first()
    moved_to = AgreementState(last["to"]) if last else AgreementState.PENDING_PAYMENT
    if moved_to not in BY_BOUNDS:
        return moved_to
    life = LifeFacts(
        AgreementState.EFFECTIVE,
        agreement.effective_at,
        agreement.service_start_at,
        service_end_exclusive_at,
        agreement.ended_at,
    )
    return rules.state_at(life, at)


def _order_facts(session: Session, agreement: Agreement, *, at: datetime) -> dict[str, Any]:
    """Return end and quota by their keys: what the last supplement in force said, else what the first later one found.

    A supplement keeps what applied before it beside what it says, so the order is known before and after each.
    """
    rows = session.execute(
        select(SupplementTerm.key, SupplementTerm.value, SupplementTerm.old_value, Supplement.in_force_at)
        .join(Supplement, Supplement.id == SupplementTerm.supplement_id)
        .where(
            Supplement.agreement_id == agreement.id,
            Supplement.in_force_at.is_not(None),
            SupplementTerm.key.in_(ORDER_KEYS),
        )
        .order_by(Supplement.in_force_at, Supplement.id)
    ).all()
    said: dict[str, Any] = {}
    for key, value, old_value, in_force_at in reversed(rows):
        if key in said and said[key][1]:
            continue  # a later supplement in force has the word
        said[key] = (value, True) if in_force_at <= at else (old_value, False)
    last_on = said.get(SERVICE_END, (None, False))[0]
    return {
        SERVICE_END: end_of(date.fromisoformat(last_on)) if last_on else agreement.service_end_exclusive_at,
        QUOTA_TOTAL: said[QUOTA_TOTAL][0] if QUOTA_TOTAL in said else agreement.quota_total,
    }
