"""Opening a settlement, choosing its basis, paying it, and what follows where the tenant disputes it (clause 4.6)."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel.access.rules import SCHEDULER, Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound
from agreements.kernel.instants import legal_date, start_of
from agreements.kernel.money import Money
from agreements.register.models import Agreement
from compliance.obligations.actions import open_obligation, record_performance
from compliance.obligations.rules import OPEN_STATES, ObligationCode
from compliance.settlement.figures import bases_of, last_day_of, usage_of, why_not_settled
from compliance.settlement.models import Settlement, UsageStatement
from compliance.settlement.moving import CLAUSE, move, record, require_text, write
from compliance.settlement.rules import (
    Basis,
    Calculation,
    Measure,
    SettlementEvent,
    SettlementState,
    UsageState,
    refusal,
    settlement_move,
)
from compliance.settlement.statement import issue_statement

CAUSE = "settlement"


def settlement_of_id(session: Session, settlement_id: int) -> Settlement:
    settlement = session.get(Settlement, settlement_id)
    if settlement is None:
        raise NotFound(N_("There is no settlement %(number)s."), field="settlement", number=settlement_id)
    return settlement


def live_settlement(session: Session, agreement_id: int) -> Settlement | None:
    """Return the agreement's settlement that was not withdrawn, or None."""
    return session.scalar(
        select(Settlement).where(Settlement.agreement_id == agreement_id, Settlement.state != SettlementState.WITHDRAWN)
    )


def open_settlement(session: Session, agreement: Agreement, *, actor: Actor, now: datetime) -> Settlement:
    """Clause 4.6: the agreement ended early by agreement or for our reason, so both settle; reminded in 10 days [P].

    Returns the one that exists. Raises Conflict with the reason where the end is none of 4.6.
    """
    if actor != SCHEDULER:
        require(actor, Permission.PREPARE_SETTLEMENT)
    known = live_settlement(session, agreement.id)
    if known is not None:
        return known
    reason = why_not_settled(session, agreement)
    if reason is not None:
        raise refusal(reason)
    last_day = last_day_of(agreement)
    duty = open_obligation(
        session,
        agreement,
        ObligationCode.SETTLEMENT_ACTUAL_USAGE,
        cause=CAUSE,
        triggered_at=start_of(last_day),
        deadline=counting_in_force(session, now=now).due(DeadlineRule.SETTLEMENT_STATEMENT, last_day),
        actor=actor,
        now=now,
    )
    settlement = Settlement(
        agreement_id=agreement.id,
        generation=1 + _generations(session, agreement.id),
        state=SettlementState.DRAFT,
        version=1,
        ended_on=last_day,
        obligation_id=duty.id,
        opened_at=now,
        earlier_refunds_fen=0,
    )
    session.add(settlement)
    session.flush()  # the audit row names its id
    record(session, settlement, "settlement.opened", actor=actor, now=now, details={"ended_on": last_day.isoformat()})
    return settlement


def _generations(session: Session, agreement_id: int) -> int:
    return session.scalar(select(func.count(Settlement.id)).where(Settlement.agreement_id == agreement_id)) or 0


def set_earlier_refunds(
    session: Session,
    settlement: Settlement,
    amount: Money,
    *,
    note: str,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Record what was refunded before, by the platform for instance; it is taken off once."""
    require(actor, Permission.PREPARE_SETTLEMENT)
    if settlement.state is not SettlementState.DRAFT:
        raise Conflict(N_("Only a draft can be changed."), code="NOT_A_DRAFT", clause=CLAUSE)
    if not 0 <= amount.fen <= settlement.agreement.paid_amount_fen:
        raise InvalidInput(N_("Earlier refunds can't exceed what was paid."), field="earlier_refunds")
    written = require_text(note, "note") if amount.fen else None
    write(
        session,
        settlement,
        version=version,
        values={"earlier_refunds_fen": amount.fen, "earlier_refunds_note": written},
    )
    record(
        session,
        settlement,
        "settlement.earlier_refunds",
        actor=actor,
        now=now,
        reason=written,
        details={"amount": str(amount)},
    )


def calculation_to_confirm(session: Session, settlement: Settlement, basis: Basis) -> Calculation:
    """Return the figures that confirming would write down; raises Conflict while something is missing."""
    found = bases_of(session, settlement)
    if found is None:
        raise Conflict(
            N_("No usage statement is signed off yet."),
            code="USAGE_MISSING",
            clause=CLAUSE,
            remedy=N_("Record the usage with its file; a second person signs it off."),
        )
    usage = usage_of(session, settlement)
    calculation = found.of(basis)
    if calculation.measure is not Measure.DAYS and usage is not None and usage.used_through_on < settlement.ended_on:
        raise Conflict(
            N_("The usage statement ends before the cooperation did, on %(day)s."),
            code="USAGE_TOO_SHORT",
            clause=CLAUSE,
            remedy=N_("Record one that covers the last day too."),
            day=usage.used_through_on,
        )
    return calculation


def confirm(
    session: Session,
    settlement: Settlement,
    *,
    basis: Basis,
    reason: str,
    refund: Money,
    version: int,
    actor: Actor,
    now: datetime,
) -> Calculation:
    """Clause 4.6: an approver chooses the basis and confirms the figures; they are written down and stay,
    and the statement is issued with them.

    reason  why this basis
    refund  what the approver saw; raises Conflict where it has changed since
    """
    require(actor, Permission.CONFIRM_SETTLEMENT)
    calculation = calculation_to_confirm(session, settlement, basis)
    reason = require_text(reason, "reason")
    if calculation.refund != refund:
        raise Conflict(
            N_("The refund is %(now)s yuan now, not %(seen)s."),
            code="FIGURES_CHANGED",
            clause=CLAUSE,
            remedy=N_("Look at the figures again, then decide."),
            now=calculation.refund,
            seen=refund,
        )
    usage = usage_of(session, settlement)
    settlement_move(settlement.state, SettlementEvent.CONFIRM)
    document = issue_statement(session, settlement, calculation, usage, actor=actor, now=now)
    move(
        session,
        settlement,
        SettlementEvent.CONFIRM,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={
            "basis": basis,
            "basis_reason": reason,
            "measure": calculation.measure,
            "usage_statement_id": usage.id if usage else None,
            "used": calculation.used,
            "paid_fen": calculation.paid.fen,
            "consumed_fen": calculation.consumed.fen,
            "refund_fen": calculation.refund.fen,
            "due_fen": calculation.due.fen,
            "confirmed_by": actor.name,
            "confirmed_by_id": actor.id,
            "confirmed_at": now,
            "document_number": document.number,
        },
        details={"basis": basis.value, "used": calculation.used, "refund": str(calculation.refund)},
    )
    if settlement.obligation.state in OPEN_STATES:
        record_performance(session, settlement.obligation, performed_at=now, actor=actor, now=now)
    return calculation


def pay(
    session: Session,
    settlement: Settlement,
    *,
    paid_on: date,
    reference: str,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Finance has paid the refund or, where calls are billed, received what was due; a zero is settled by saying so.

    reference  number of the payment; needed unless nothing is to be paid
    """
    require(actor, Permission.PAY_SETTLEMENT)
    if settlement.confirmed_at is not None and paid_on < legal_date(settlement.confirmed_at):
        raise InvalidInput(N_("It can't be paid before it was confirmed."), field="paid_on", clause=CLAUSE)
    if paid_on > legal_date(now):
        raise InvalidInput(N_("Payment can't have completed in the future."), field="paid_on", clause=CLAUSE)
    reference = reference.strip()[:120]
    if not reference and (settlement.refund_fen or settlement.due_fen):
        raise InvalidInput(N_("The number of the payment is missing."), field="reference", clause=CLAUSE)
    move(
        session,
        settlement,
        SettlementEvent.PAY,
        version=version,
        actor=actor,
        now=now,
        values={"settled_on": paid_on, "settled_by": actor.name, "payment_reference": reference or None},
        details={"paid_on": paid_on.isoformat()},
    )


def dispute(
    session: Session, settlement: Settlement, *, reason: str, version: int, actor: Actor, now: datetime
) -> None:
    """The tenant does not accept the figures: nothing is paid until it is upheld or withdrawn."""
    require(actor, Permission.PREPARE_SETTLEMENT)
    reason = require_text(reason, "reason")
    move(
        session,
        settlement,
        SettlementEvent.DISPUTE,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={"dispute": reason, "disputed_at": now},
    )


def uphold(session: Session, settlement: Settlement, *, reason: str, version: int, actor: Actor, now: datetime) -> None:
    """An approver stands by the figures; finance may pay."""
    require(actor, Permission.CONFIRM_SETTLEMENT)
    reason = require_text(reason, "reason")
    move(session, settlement, SettlementEvent.UPHOLD, version=version, actor=actor, now=now, reason=reason)


def withdraw(
    session: Session, settlement: Settlement, *, reason: str, version: int, actor: Actor, now: datetime
) -> Settlement:
    """An approver takes the disputed figures back; returns the new draft, which starts from the same usage."""
    require(actor, Permission.CONFIRM_SETTLEMENT)
    reason = require_text(reason, "reason")
    move(
        session,
        settlement,
        SettlementEvent.WITHDRAW,
        version=version,
        actor=actor,
        now=now,
        reason=reason,
        values={"withdrawn_reason": reason},
    )
    fresh = open_settlement(session, settlement.agreement, actor=SCHEDULER, now=now)
    fresh.earlier_refunds_fen = settlement.earlier_refunds_fen
    fresh.earlier_refunds_note = settlement.earlier_refunds_note
    session.flush()  # readers in the same transaction see them
    return fresh


def waiting_usage(session: Session, agreement_id: int) -> list[UsageStatement]:
    """Return statements that wait for a second person, oldest first."""
    return list(
        session.scalars(
            select(UsageStatement)
            .where(UsageStatement.agreement_id == agreement_id, UsageStatement.state == UsageState.RECORDED)
            .order_by(UsageStatement.id)
        )
    )
