"""From the end of an agreement to the payment (clause 4.6)."""

import pytest
from sqlalchemy import select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, NotPermitted, Stale
from agreements.kernel.money import Money
from agreements.register.ending import end_by_agreement
from agreements.register.ending_rules import EndingGround
from agreements.register.rules import AgreementState, SpecKind
from compliance.obligations.rules import ObligationState
from compliance.settlement.actions import (
    confirm,
    dispute,
    open_settlement,
    pay,
    set_earlier_refunds,
    uphold,
    withdraw,
)
from compliance.settlement.figures import bases_of
from compliance.settlement.models import Settlement
from compliance.settlement.rules import Basis, Measure, SettlementState, UsageState
from compliance.settlement.sweeps import SWEEPS
from compliance.settlement.usage import effective_usage, record_usage, reject, sign_off
from compliance.upstream.rules import ChangeKind
from tests.builders import at, day
from tests.builders_compliance import an_agreement_in_service
from tests.builders_register import an_upload
from tests.builders_settlement import (
    APPROVER,
    FINANCE,
    NOW,
    OFFICER,
    OTHER,
    a_confirmed_settlement,
    a_settlement,
    a_usage,
    an_ended_agreement,
    confirmed,
    ended,
    signed_usage,
)
from tests.builders_upstream import a_change, a_source, run

[SWEEP] = SWEEPS


def acts(session, prefix):
    return [act for act in session.scalars(select(AuditEvent.act).order_by(AuditEvent.seq)) if act.startswith(prefix)]


def test_the_sweep_opens_one_settlement_however_often_it_runs(session):
    agreement = an_ended_agreement(session)

    assert SWEEP.find(session, due_by=NOW) == [agreement.id]
    assert SWEEP.act(session, agreement.id, now=NOW) is True
    assert SWEEP.act(session, agreement.id, now=NOW) is False
    assert SWEEP.find(session, due_by=NOW) == []
    settlement = session.scalars(select(Settlement)).one()
    assert (settlement.state, settlement.ended_on) == (SettlementState.DRAFT, day("Fri 2024-11-08"))


def test_an_end_that_both_signed_leads_to_a_settlement_as_of_its_day(session):
    agreement = an_agreement_in_service(session)
    end_by_agreement(
        session,
        agreement,
        EndingGround.BOTH_SIGNED,
        ended_at=at("Fri 2024-11-08 18:00"),
        reason="双方协商终止",
        proof=an_upload("终止协议.pdf"),
        actor=APPROVER,
        now=NOW,
    )

    [found] = SWEEP.find(session, due_by=NOW)
    SWEEP.act(session, found, now=NOW)

    assert session.scalars(select(Settlement)).one().ended_on == day("Fri 2024-11-08")


def test_clause_4_6_both_are_reminded_ten_working_days_after_the_end(session):
    duty = a_settlement(session).obligation

    assert (duty.code, duty.debtor, duty.clause) == ("settlement_actual_usage", "both", "4.6")
    assert duty.due_on == day("Fri 2024-11-22")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AgreementState.EXPIRED, "ran out"),
        (AgreementState.ENDED_FOR_BREACH, "legal decision"),
        (AgreementState.IN_SERVICE, "still running"),
    ],
)
def test_other_endings_are_refused_with_the_reason(session, state, words):
    agreement = ended(session, an_agreement_in_service(session), state)

    with pytest.raises(Conflict, match=words) as refused:
        open_settlement(session, agreement, actor=OFFICER, now=NOW)
    assert refused.value.code == "NO_SETTLEMENT"
    assert SWEEP.find(session, due_by=NOW) == []


@pytest.mark.parametrize(("used", "paid_basis", "list_basis"), [(10000, 53333, 40000), (25000, 13333, 0)])
def test_the_standard_order_on_both_bases(session, used, paid_basis, list_basis):
    settlement = a_settlement(session)
    signed_usage(session, settlement.agreement, used)

    found = bases_of(session, settlement)
    assert (found.paid_proportional.refund, found.list_price.refund) == (Money(paid_basis), Money(list_basis))


def test_a_draft_waits_for_usage_that_a_second_person_signed_off(session):
    settlement = a_settlement(session)
    assert bases_of(session, settlement) is None
    statement = a_usage(session, settlement.agreement, 10000)
    assert bases_of(session, settlement) is None
    with pytest.raises(Conflict, match="sign it off"):
        sign_off(session, statement, actor=OFFICER, now=NOW)

    sign_off(session, statement, actor=OTHER, now=NOW)

    assert bases_of(session, settlement).paid_proportional.used == 10000
    with pytest.raises(Stale):
        sign_off(session, statement, actor=FINANCE, now=NOW)


def test_a_usage_statement_is_replaced_and_never_edited(session):
    agreement = a_settlement(session).agreement
    first = signed_usage(session, agreement, 10000)
    rejected = a_usage(session, agreement, 99)
    reject(session, rejected, reason="与明细不符", actor=OTHER, now=NOW)
    second = signed_usage(session, agreement, 12000)

    assert (first.state, rejected.state, second.state) == (
        UsageState.REPLACED,
        UsageState.REJECTED,
        UsageState.EFFECTIVE,
    )
    assert effective_usage(session, agreement.id) is second
    assert acts(session, "usage.") == [
        "usage.recorded",
        "usage.signed_off",
        "usage.recorded",
        "usage.rejected",
        "usage.recorded",
        "usage.replaced",
        "usage.signed_off",
    ]


def test_an_older_usage_statement_does_not_replace_a_newer_one(session):
    agreement = a_settlement(session).agreement
    older, newer = a_usage(session, agreement, 10000), a_usage(session, agreement, 12000)
    with pytest.raises(Conflict, match="newer"):
        sign_off(session, older, actor=OTHER, now=NOW)
    sign_off(session, newer, actor=OTHER, now=NOW)
    with pytest.raises(Conflict, match="newer"):
        sign_off(session, older, actor=OTHER, now=NOW)
    assert effective_usage(session, agreement.id) is newer


def test_usage_needs_its_file_and_lies_within_the_service(session):
    agreement = a_settlement(session).agreement
    given = {"used": 1, "used_through_on": day("Fri 2024-11-08"), "source": "明细", "actor": OFFICER, "now": NOW}

    with pytest.raises(InvalidInput, match="Attach the file"):
        record_usage(session, agreement, **given, upload=None)
    for changed in (
        {"used": -1},
        {"used_through_on": day("Tue 2024-11-12")},
        {"used_through_on": day("Sat 2024-07-27")},
        {"source": " "},
    ):
        with pytest.raises(InvalidInput):
            record_usage(session, agreement, **(given | changed), upload=None)


def test_confirming_writes_the_figures_the_basis_and_who_approved(session):
    settlement = a_confirmed_settlement(session)

    assert settlement.state is SettlementState.CONFIRMED
    assert (settlement.basis, settlement.measure, settlement.used) == (Basis.PAID_PROPORTIONAL, Measure.CALLS, 10000)
    assert (settlement.paid_fen, settlement.consumed_fen, settlement.refund_fen) == (80000, 26667, 53333)
    assert (settlement.confirmed_by, settlement.confirmed_by_id) == ("李审批", APPROVER.id)
    assert settlement.obligation.state is ObligationState.PERFORMED_ON_TIME
    assert acts(session, "settlement.") == ["settlement.opened", "settlement.confirm"]


def test_a_basis_needs_its_reason_an_approver_and_the_figures_that_were_seen(session):
    settlement = a_settlement(session)
    signed_usage(session, settlement.agreement, 10000)
    given = {
        "basis": Basis.LIST_PRICE,
        "reason": "合同约定按官网价",
        "refund": Money(40000),
        "version": settlement.version,
        "actor": APPROVER,
        "now": NOW,
    }

    for changed, error in (
        ({"actor": OFFICER}, NotPermitted),
        ({"reason": " "}, InvalidInput),
        ({"refund": Money(53333)}, Conflict),
        ({"version": 99}, Stale),
    ):
        with pytest.raises(error):
            confirm(session, settlement, **(given | changed))
    confirm(session, settlement, **given)
    assert settlement.refund_fen == 40000


def test_usage_that_ends_before_the_cooperation_settles_nothing(session):
    settlement = a_settlement(session)
    signed_usage(session, settlement.agreement, 10000, through="Thu 2024-11-07")

    with pytest.raises(Conflict, match="ends before"):
        confirmed(session, settlement)


def test_a_subscription_needs_no_usage_statement(session):
    settlement = a_settlement(session, spec_kind=SpecKind.SUBSCRIPTION, quota_total=None, quota_unlimited=True)

    confirmed(session, settlement)

    assert (settlement.measure, settlement.used, settlement.usage_statement_id) == (Measure.DAYS, 104, None)
    assert settlement.refund_fen == 57330  # 800.00 × (367 − 104) / 367


def test_earlier_refunds_are_recorded_with_their_ground(session):
    settlement = a_settlement(session)
    signed_usage(session, settlement.agreement, 10000)
    with pytest.raises(InvalidInput):
        set_earlier_refunds(
            session, settlement, Money(10000), note="", version=settlement.version, actor=OFFICER, now=NOW
        )

    set_earlier_refunds(
        session, settlement, Money(10000), note="平台已退", version=settlement.version, actor=OFFICER, now=NOW
    )
    confirmed(session, settlement)

    assert (settlement.refund_fen, settlement.consumed_fen) == (43333, 26667)
    with pytest.raises(Conflict, match="Only a draft"):
        set_earlier_refunds(session, settlement, Money(0), note="", version=settlement.version, actor=OFFICER, now=NOW)


def test_finance_pays_and_names_the_payment(session):
    settlement = a_confirmed_settlement(session)
    given = {
        "paid_on": day("Mon 2024-11-11"),
        "reference": "TT-7",
        "version": settlement.version,
        "actor": FINANCE,
        "now": NOW,
    }
    for changed, error in (
        ({"actor": APPROVER}, NotPermitted),
        ({"reference": " "}, InvalidInput),
        ({"paid_on": day("Tue 2024-11-12")}, InvalidInput),
        ({"paid_on": day("Sun 2024-11-10")}, InvalidInput),
    ):
        with pytest.raises(error):
            pay(session, settlement, **(given | changed))

    pay(session, settlement, **given)

    assert (settlement.state, settlement.payment_reference) == (SettlementState.PAID, "TT-7")
    with pytest.raises(IllegalMove):
        dispute(session, settlement, reason="迟来", version=settlement.version, actor=OFFICER, now=NOW)


def test_a_zero_is_settled_without_a_payment(session):
    settlement = a_confirmed_settlement(session, used=30000)

    pay(
        session,
        settlement,
        paid_on=day("Mon 2024-11-11"),
        reference="",
        version=settlement.version,
        actor=FINANCE,
        now=NOW,
    )

    assert (settlement.refund_fen, settlement.state) == (0, SettlementState.PAID)


def test_a_dispute_stops_the_payment_until_it_is_upheld(session):
    settlement = a_confirmed_settlement(session)
    dispute(session, settlement, reason="用量有异议", version=settlement.version, actor=OFFICER, now=NOW)
    with pytest.raises(IllegalMove):
        pay(
            session,
            settlement,
            paid_on=day("Mon 2024-11-11"),
            reference="TT-7",
            version=settlement.version,
            actor=FINANCE,
            now=NOW,
        )

    uphold(session, settlement, reason="核对无误", version=settlement.version, actor=APPROVER, now=NOW)

    assert settlement.state is SettlementState.CONFIRMED


def test_a_withdrawn_settlement_makes_room_for_another(session):
    first = a_confirmed_settlement(session)
    with pytest.raises(Conflict, match="another statement"):
        signed_usage(session, first.agreement, 9000)
    dispute(session, first, reason="用量有异议", version=first.version, actor=OFFICER, now=NOW)

    second = withdraw(session, first, reason="用量应为9000", version=first.version, actor=APPROVER, now=NOW)
    signed_usage(session, first.agreement, 9000, now=at("Mon 2024-11-11 11:00"))
    confirmed(session, second)

    assert (first.state, first.refund_fen) == (SettlementState.WITHDRAWN, 53333)
    assert (second.generation, second.refund_fen) == (2, 56000)


def test_a_source_s_cancellation_is_not_this_formula(session):
    agreement = an_agreement_in_service(session)
    source = a_source(session)
    a_change(
        session, source, kinds=frozenset({ChangeKind.FULL_CANCELLATION}), cancelled=frozenset({agreement.product_id})
    )
    run(session, at("Fri 2024-11-08 16:41"))
    ended(session, agreement, AgreementState.ENDED_PROVIDER_CAUSE)

    with pytest.raises(Conflict, match="aftermath"):
        open_settlement(session, agreement, actor=OFFICER, now=NOW)
    assert SWEEP.find(session, due_by=NOW) == []
