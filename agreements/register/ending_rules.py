"""How an agreement may end before its time and be closed (clauses 4.4, 4.6; domain 6.1): what must be shown first.

What rooms above know (an arrived notice, a confirmed breach, open obligations) comes in as a proof value.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agreements.calendar.deadline_rules import Deadline
from agreements.kernel.errors import N_, Conflict, InvalidInput


class EndingGround(StrEnum):
    """What an early end rests on."""

    BOTH_SIGNED = "both_signed"
    FULL_REFUND = "full_refund"
    PROVIDER_CAUSE = "provider_cause"
    BREACH = "breach"


AGREED = (EndingGround.BOTH_SIGNED, EndingGround.FULL_REFUND)


@dataclass(frozen=True, slots=True)
class BreachProof:
    """Clause 4.4: a breach that a person confirmed. subject: the case, such as "case:12"."""

    subject: str
    confirmed: bool
    known_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClosingProof:
    """What must be done before an agreement is closed; confidentiality outlives it (clause 5)."""

    open_obligations: int
    settlement_closed: bool
    retention_scheduled: bool


def require_ending_instant(
    ended_at: datetime, *, effective_at: datetime, over_from: datetime, may_come: bool, now: datetime
) -> None:
    """An early end lies between effect and the end of the period, and before now unless it was agreed for later."""
    if ended_at > now and not may_come:
        raise InvalidInput(
            N_("This end lies in the future."),
            field="ended_at",
            clause="4.6",
            remedy=N_("Record it when it has taken effect; only what both signed can end it at a later instant."),
        )
    if not effective_at <= ended_at < over_from:
        raise InvalidInput(
            N_("An early end lies within the agreement's own time."),
            field="ended_at",
            clause="4.6",
            remedy=N_("Compare it with the payment and the last day of service."),
        )


def require_in_time(proof: BreachProof, *, arrived_at: datetime, cutoff: Deadline) -> None:
    """Clause 4.4, Civil Code 564 and 565: a confirmed breach, and a declaration that arrived within a year of knowing.

    cutoff  one year after `known_at`; its bound is exclusive
    """
    if not proof.confirmed or proof.known_at is None:
        raise Conflict(
            N_("This breach is not confirmed, so it carries no end of service."),
            code="BREACH_NOT_CONFIRMED",
            clause="4.4",
            remedy=N_("Confirm the case first."),
        )
    if arrived_at < proof.known_at:
        raise InvalidInput(N_("The notice arrived before the breach was known."), field="arrived_at", clause="4.4")
    if arrived_at >= cutoff.overdue_from:
        raise Conflict(
            N_("The right to end for this breach lapsed on %(day)s, one year after we knew of it."),
            code="RIGHT_LAPSED",
            clause="4.4",
            remedy=N_("Damages may still be claimed; the agreement goes on."),
            day=cutoff.due_on,
        )


def require_closable(proof: ClosingProof) -> None:
    """Domain 6.1: no open obligation, the settlement closed, retention scheduled."""
    if proof.open_obligations:
        raise Conflict(
            N_("%(count)s obligations of this agreement are still open."),
            code="OBLIGATIONS_OPEN",
            clause="5",
            remedy=N_("Settle them first; what fell due before the end survives it."),
            count=proof.open_obligations,
        )
    if not proof.settlement_closed:
        raise Conflict(
            N_("The settlement is not closed."),
            code="SETTLEMENT_OPEN",
            clause="4.6",
            remedy=N_("Finance records the payment first."),
        )
    if not proof.retention_scheduled:
        raise Conflict(
            N_("How long the records are kept is not set yet."),
            code="RETENTION_NOT_SCHEDULED",
            clause="5",
            remedy=N_("Schedule the retention of the agreement's records first."),
        )
