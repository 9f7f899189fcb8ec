"""Domain 6.1: every pair of state and event, tried through the use cases; the table is the whole of the machine."""

import pytest
from sqlalchemy import select, update

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, NotPermitted
from agreements.kernel.money import Money
from agreements.register.actions import advance, confirm_payment, move
from agreements.register.ending import (
    cancel_order,
    close_agreement,
    end_by_agreement,
    end_by_arrival,
    end_for_provider_cause,
    ending_of,
)
from agreements.register.ending_rules import BreachProof, ClosingProof, EndingGround
from agreements.register.models import Agreement
from agreements.register.rules import AGREEMENT_MOVES, AgreementEvent, AgreementState, legal_events
from tests.builders import at
from tests.builders_register import APPROVER, FINANCE, OFFICER, OPS, a_paid_agreement, a_registered_agreement, an_upload

NOW = at("Tue 2024-10-08 12:00")
ENDED = at("Mon 2024-10-07 18:00")
DONE = ClosingProof(open_obligations=0, settlement_closed=True, retention_scheduled=True)
KNOWN = BreachProof("case:1", confirmed=True, known_at=at("Sun 2024-09-01 10:00"))


def cancel(session, agreement):
    cancel_order(session, agreement, reason="平台取消订单", actor=OPS, now=NOW)


def pay(session, agreement):
    amount = Money(agreement.paid_amount_fen)
    confirm_payment(
        session, agreement, amount=amount, paid_at=at("Sun 2024-07-28 10:00"), reference="P", actor=FINANCE, now=NOW
    )


def agree(session, agreement, ground=EndingGround.BOTH_SIGNED, *, ended_at=ENDED, actor=APPROVER):
    return end_by_agreement(
        session,
        agreement,
        ground,
        ended_at=ended_at,
        reason="双方协商一致",
        proof=an_upload(),
        actor=actor,
        now=NOW,
    )


def our_cause(session, agreement):
    end_for_provider_cause(
        session, agreement, arrived_at=ENDED, reason="停止提供", proof=an_upload(), actor=APPROVER, now=NOW
    )


def breach(session, agreement, proof=KNOWN, arrived_at=ENDED, now=NOW):
    end_by_arrival(
        session,
        agreement,
        proof,
        arrived_at=arrived_at,
        reason="逾期未改正",
        file_id=agreement.document_id,
        now=now,
    )


def close(session, agreement, proof=DONE):
    close_agreement(session, agreement, proof, reason="后续事项办结", actor=OFFICER, now=NOW)


def by_time(event):
    def record(session, agreement):
        move(session, agreement, event, actor=OPS, now=NOW, as_of=NOW)

    return record


USE_CASES = {
    AgreementEvent.VERIFY: by_time(AgreementEvent.VERIFY),
    AgreementEvent.COMPLETE_PAYMENT: pay,
    AgreementEvent.CANCEL: cancel,
    AgreementEvent.START_SERVICE: by_time(AgreementEvent.START_SERVICE),
    AgreementEvent.EXPIRE: by_time(AgreementEvent.EXPIRE),
    AgreementEvent.END_BY_AGREEMENT: agree,
    AgreementEvent.END_PROVIDER_CAUSE: our_cause,
    AgreementEvent.END_FOR_BREACH: breach,
    AgreementEvent.CLOSE: close,
}


def put_in(session, agreement_id, state):
    """Put an agreement into a state with the facts that the database ties to it."""
    agreement = session.get_one(Agreement, agreement_id)
    unpaid = state in (AgreementState.DRAFT, AgreementState.PENDING_PAYMENT, AgreementState.CANCELLED)
    starts_at = agreement.service_start_at
    session.execute(
        update(Agreement)
        .where(Agreement.id == agreement.id)
        .values(
            state=state,
            effective_at=None if unpaid else starts_at,
            service_start_at=at("Tue 2025-01-07 00:00") if state is AgreementState.EFFECTIVE else starts_at,
            service_end_exclusive_at=ENDED if state is AgreementState.EXPIRED else agreement.service_end_exclusive_at,
        )
    )
    session.refresh(agreement)
    return agreement


def test_every_pair_of_state_and_event_does_what_the_table_says(session):
    assert set(USE_CASES) == set(AGREEMENT_MOVES) == set(AgreementEvent)
    registered_id = a_registered_agreement(session).id
    for state in AgreementState:
        for event, use_case in USE_CASES.items():
            with session.begin_nested() as attempt:
                agreement = put_in(session, registered_id, state)
                if state in AGREEMENT_MOVES[event].sources:
                    use_case(session, agreement)
                    moves = session.scalars(
                        select(AuditEvent).where(AuditEvent.act == f"agreement.{event}").order_by(AuditEvent.seq.desc())
                    ).first()
                    assert moves.details == {"from": state.value, "to": AGREEMENT_MOVES[event].target.value}
                    assert moves.clause == AGREEMENT_MOVES[event].clause
                else:
                    with pytest.raises(IllegalMove) as refused:
                        use_case(session, agreement)
                    assert refused.value.values["legal"] == legal_events(state)
                    assert agreement.state is state
                attempt.rollback()
            session.expunge_all()


def test_clause_4_6_an_end_by_agreement_keeps_its_document_and_its_instant(session):
    agreement = a_paid_agreement(session)

    agree(session, agreement, EndingGround.FULL_REFUND)

    ending = ending_of(session, agreement.id)
    assert (ending.ground, ending.ended_at, agreement.ended_at) == (EndingGround.FULL_REFUND, ENDED, ENDED)
    assert ending.file.name
    recorded = session.scalars(select(AuditEvent).where(AuditEvent.act == "agreement.end_by_agreement")).one()
    assert (recorded.as_of, recorded.recorded_at) == (ENDED, NOW)


@pytest.mark.parametrize(
    ("ended_at", "why"),
    [
        (at("Tue 2024-10-08 12:00:01"), "future"),  # a refund lies in the past
        (at("Sun 2024-07-28 09:59"), "own time"),  # before payment
        (at("Wed 2025-07-30 00:00"), "future"),
    ],
)
def test_an_early_end_lies_between_payment_and_now(session, ended_at, why):
    agreement = a_paid_agreement(session)

    with pytest.raises(InvalidInput, match=why):
        agree(session, agreement, EndingGround.FULL_REFUND, ended_at=ended_at)


def test_what_ran_out_can_not_be_ended_early_even_before_a_job_has_run(session):
    agreement = a_paid_agreement(session)
    late = at("Wed 2025-07-30 00:00")

    with pytest.raises(IllegalMove, match="expired"):
        end_for_provider_cause(
            session, agreement, arrived_at=ENDED, reason="停止提供", proof=an_upload(), actor=APPROVER, now=late
        )


def test_only_an_approver_ends_and_never_without_proof_or_reason(session):
    agreement = a_paid_agreement(session)

    with pytest.raises(NotPermitted):
        agree(session, agreement, actor=OFFICER)
    with pytest.raises(InvalidInput, match="proof"):
        end_for_provider_cause(session, agreement, arrived_at=ENDED, reason="停", proof=None, actor=APPROVER, now=NOW)
    with pytest.raises(InvalidInput, match="reason"):
        end_for_provider_cause(
            session, agreement, arrived_at=ENDED, reason=" ", proof=an_upload(), actor=APPROVER, now=NOW
        )


@pytest.mark.parametrize(
    ("arrived", "lapsed"),
    [("Fri 2025-02-28 23:59", False), ("Mon 2025-03-03 00:00", True)],
)
def test_clause_4_4_the_right_to_end_for_breach_lapses_a_year_after_we_knew(session, arrived, lapsed):
    agreement = a_paid_agreement(session)
    proof = BreachProof("case:1", confirmed=True, known_at=at("Thu 2024-02-29 10:00"))

    def end():
        breach(session, agreement, proof, arrived_at=at(arrived), now=at("Tue 2025-03-04 12:00"))

    if lapsed:
        with pytest.raises(Conflict, match="lapsed"):
            end()
    else:
        end()
        assert agreement.state is AgreementState.ENDED_FOR_BREACH


def test_clause_4_4_a_mere_suspicion_ends_nothing(session):
    agreement = a_paid_agreement(session)

    with pytest.raises(Conflict, match="not confirmed"):
        breach(session, agreement, BreachProof("case:1", confirmed=False, known_at=None))


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        (ClosingProof(1, settlement_closed=True, retention_scheduled=True), "OBLIGATIONS_OPEN"),
        (ClosingProof(0, settlement_closed=False, retention_scheduled=True), "SETTLEMENT_OPEN"),
        (ClosingProof(0, settlement_closed=True, retention_scheduled=False), "RETENTION_NOT_SCHEDULED"),
    ],
)
def test_an_agreement_is_closed_when_all_that_followed_is_done(session, proof, code):
    agreement = a_paid_agreement(session)
    agree(session, agreement)

    with pytest.raises(Conflict) as refused:
        close(session, agreement, proof)
    assert refused.value.code == code
    close(session, agreement)
    assert agreement.state is AgreementState.CLOSED
    advance(session, agreement, now=at("Fri 2025-08-29 09:00"))
    assert agreement.state is AgreementState.CLOSED
