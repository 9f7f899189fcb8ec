"""Clause 4.6 in figures: both bases, one rounding, nothing claimed beyond what was paid."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput
from agreements.kernel.money import Money
from agreements.register.rules import AgreementState, SpecKind
from compliance.settlement.rules import (
    SETTLEMENT_MOVES,
    Basis,
    Measure,
    NoSettlement,
    Order,
    SettlementEvent,
    SettlementState,
    SharedOrder,
    calculate,
    charge_earliest_end_first,
    refusal,
    require_second_person,
    settlement_move,
    why_not,
)
from tests.builders import day

PAID, LIST = Basis.PAID_PROPORTIONAL, Basis.LIST_PRICE
END = day("Fri 2024-11-08")


def an_order(**changed):
    """1200元/3万次, paid 800.00, 2024-07-28 to 2025-07-29 inclusive."""
    values = {
        "kind": SpecKind.PACK,
        "list_price": Money(120000),
        "paid": Money(80000),
        "quota": 30000,
        "first_on": day("Sun 2024-07-28"),
        "last_on": day("Tue 2025-07-29"),
    }
    return Order(**(values | changed))


def refund(order, basis, used=0, **changed):
    return str(calculate(order, basis=basis, used=used, **({"ended_on": END} | changed)).refund)


@pytest.mark.parametrize(
    ("used", "paid_basis", "list_basis"),
    [
        (0, "800.00", "800.00"),
        (1, "799.97", "799.96"),
        (10000, "533.33", "400.00"),
        (20000, "266.67", "0.00"),
        (25000, "133.33", "0.00"),
        (29999, "0.03", "0.00"),
        (30000, "0.00", "0.00"),
        (30001, "0.00", "0.00"),
    ],
)
def test_clause_4_6_the_two_bases_of_a_pack(used, paid_basis, list_basis):
    assert (refund(an_order(), PAID, used), refund(an_order(), LIST, used)) == (paid_basis, list_basis)


def test_a_list_value_beyond_the_payment_is_no_claim():
    found = calculate(an_order(), basis=LIST, used=25000, ended_on=END)

    assert (found.consumed_value, found.beyond_paid) == (Decimal(100000), Decimal(20000))
    assert (found.consumed, found.refund, found.due) == (Money(80000), Money(0), Money(0))


def test_the_shown_consumption_is_what_the_refund_leaves():
    found = calculate(an_order(), basis=PAID, used=10000, ended_on=END)

    assert (found.consumed, found.refund) == (Money(26667), Money(53333))


def test_a_half_fen_is_rounded_up_once_at_the_refund():
    order = an_order(paid=Money(1), list_price=Money(1), quota=2)

    assert refund(order, PAID, 1) == "0.01"


def test_only_money_paid_is_refunded_a_coupon_never():
    assert refund(an_order(paid=Money(0)), PAID, 0) == refund(an_order(paid=Money(0)), LIST, 0) == "0.00"


def test_earlier_refunds_are_taken_off():
    assert refund(an_order(), PAID, 10000, earlier=Money(10000)) == "433.33"
    assert refund(an_order(), PAID, 10000, earlier=Money(60000)) == "0.00"
    with pytest.raises(InvalidInput):
        refund(an_order(), PAID, 0, earlier=Money(80001))


@pytest.mark.parametrize(
    ("ended", "elapsed", "left"),
    [
        ("Sat 2024-07-27", 0, "800.00"),
        ("Sun 2024-07-28", 1, "797.82"),  # the day of the end counts as elapsed
        ("Mon 2025-07-28", 366, "2.18"),
        ("Tue 2025-07-29", 367, "0.00"),
        ("Fri 2025-08-01", 367, "0.00"),
    ],
)
def test_a_subscription_goes_by_days_both_ends_included(ended, elapsed, left):
    order = an_order(kind=SpecKind.SUBSCRIPTION, quota=None)
    found = calculate(order, basis=PAID, used=999, ended_on=day(ended))

    assert (found.measure, found.used, found.total, str(found.refund)) == (Measure.DAYS, elapsed, 367, left)


def test_pay_as_you_go_bills_the_calls_and_refunds_nothing():
    order = an_order(
        kind=SpecKind.PAY_AS_YOU_GO, quota=None, paid=Money(0), list_price=Money(0), unit_price=Decimal("0.0125")
    )
    found = calculate(order, basis=PAID, used=333, ended_on=END)

    assert (str(found.billed), str(found.due), str(found.refund)) == ("4.16", "4.16", "0.00")
    with pytest.raises(InvalidInput):
        calculate(an_order(kind=SpecKind.PAY_AS_YOU_GO, quota=None), basis=PAID, used=1, ended_on=END)


FEN = st.integers(0, 10**12)


@given(st.tuples(FEN, FEN, FEN), st.integers(1, 10**9), st.integers(0, 2 * 10**9), st.sampled_from(Basis))
def test_a_settlement_is_never_negative_and_its_parts_add_up(amounts, quota, used, basis):
    listed, paid, earlier = amounts
    order = an_order(list_price=Money(listed), paid=Money(paid), quota=quota)
    found = calculate(order, basis=basis, used=used, ended_on=END, earlier=Money(min(earlier, paid)))

    assert Money(0) <= found.refund <= order.paid
    assert found.consumed >= Money(0)
    assert found.consumed + found.earlier + found.refund == order.paid
    assert abs(found.refund.fen - max(paid - found.earlier.fen - found.consumed_value, Decimal(0))) <= Decimal("0.5001")
    assert found.due == Money(0)


@given(FEN, st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_usage_never_refunds_more(paid, quota, one, other):
    order = an_order(list_price=Money(paid), paid=Money(paid), quota=quota)
    less, more = sorted((one, other))

    first, second = (calculate(order, basis=PAID, used=used, ended_on=END).refund for used in (less, more))
    assert first >= second


@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**5), min_size=1, max_size=6))
def test_shared_usage_fills_order_after_order(calls, quotas):
    orders = [
        SharedOrder(f"{number}", day("Sun 2024-07-28"), day("Tue 2025-07-29"), quota)
        for number, quota in enumerate(quotas)
    ]
    charged = charge_earliest_end_first(calls, orders)

    assert sum(charged.values()) == min(calls, sum(quotas))
    assert all(0 <= charged[order.order_no] <= order.quota for order in orders)
    untouched = [order for order in orders if charged[order.order_no] < order.quota]
    assert all(charged[order.order_no] == 0 for order in untouched[1:])


def test_the_order_that_ends_first_is_charged_first():
    early = SharedOrder("B", day("Mon 2024-09-02"), day("Mon 2024-12-02"), 100)
    late = SharedOrder("A", day("Sun 2024-07-28"), day("Tue 2025-07-29"), None)

    assert charge_earliest_end_first(130, [late, early]) == {"B": 100, "A": 30}


@pytest.mark.parametrize(
    ("state", "is_upstream", "reason"),
    [
        (AgreementState.ENDED_BY_AGREEMENT, False, None),
        (AgreementState.ENDED_PROVIDER_CAUSE, False, None),
        (AgreementState.ENDED_BY_AGREEMENT, True, NoSettlement.UPSTREAM),
        (AgreementState.ENDED_PROVIDER_CAUSE, True, NoSettlement.UPSTREAM),
        (AgreementState.EXPIRED, False, NoSettlement.NATURAL_EXPIRY),
        (AgreementState.ENDED_FOR_BREACH, False, NoSettlement.BREACH),
        (AgreementState.IN_SERVICE, False, NoSettlement.STILL_RUNNING),
        (AgreementState.EFFECTIVE, False, NoSettlement.STILL_RUNNING),
        (AgreementState.PENDING_PAYMENT, False, NoSettlement.NEVER_EFFECTIVE),
        (AgreementState.CANCELLED, False, NoSettlement.NEVER_EFFECTIVE),
    ],
)
def test_clause_4_6_covers_two_endings_only(state, is_upstream, reason):
    assert why_not(state, is_upstream=is_upstream) is reason
    if reason:
        assert refusal(reason).clause == "4.6"


def test_every_move_is_written_down():
    for event, move in SETTLEMENT_MOVES.items():
        for state in SettlementState:
            if state in move.sources:
                assert settlement_move(state, event) is move
            else:
                with pytest.raises(IllegalMove):
                    settlement_move(state, event)
    assert set(SettlementEvent) == set(SETTLEMENT_MOVES)


@pytest.mark.parametrize("signer", [7, None])
def test_nobody_signs_off_what_they_recorded(signer):
    with pytest.raises(Conflict):
        require_second_person(7, signer)
    require_second_person(7, 8)
