"""What holds for every entitlement: holds only take away, bounds bind, order is nothing, the answer is a function."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from compliance.sdk.answer import Call
from compliance.sdk.decision import decide
from compliance.sdk.entitlement import (
    AgreementEntitlement,
    Ending,
    EndingKind,
    Entitlement,
    Hold,
    HoldGround,
    OwnPlatform,
    Scope,
)
from tests.builders import at
from tests.builders_sdk import POLICIES

START = at("Tue 2024-10-15 00:00")
LONG_AGO = START - timedelta(days=30)
# A few seconds around one another, so that bounds meet, cross and fall inside an allow's life.
instants = st.integers(0, 40).map(lambda steps: START + timedelta(seconds=15 * steps))
maybe = st.one_of(st.none(), instants)
products = st.sampled_from(["id2", "bank4"])
platforms = st.sampled_from(["shop.example.com", "app.example.com"])
purposes = st.sampled_from(["account_opening", "anti_fraud"])

holds = st.builds(
    Hold, st.sampled_from(HoldGround), st.sampled_from(["4.4", "6.1"]), st.sampled_from(Scope), instants, maybe
)
tenant_holds = st.builds(Hold, st.sampled_from(HoldGround), st.just("3.1"), st.just(Scope.TENANT), instants, maybe)
endings = st.builds(Ending, st.sampled_from(EndingKind), instants, st.just("4.4"))


@st.composite
def agreements(draw, agreement_id):
    def mostly(usual, unusual):  # or next to nothing would ever be allowed
        return draw(unusual) if draw(st.integers(0, 3)) == 0 else usual

    start = mostly(LONG_AGO, instants)
    return AgreementEntitlement(
        agreement_id=agreement_id,
        order_no=str(agreement_id),
        product_code=mostly("id2", products),
        service_start_at=start,
        service_end_exclusive_at=max(start, draw(instants)) + timedelta(seconds=15),
        effective_at=mostly(LONG_AGO, maybe),
        ending=mostly(None, endings),
        activated_at=mostly(LONG_AGO, maybe),
        holds=mostly((), st.lists(holds, max_size=2).map(tuple)),
        withdrawn_at=mostly(None, instants),
        platforms=draw(st.frozensets(st.builds(OwnPlatform, platforms, maybe, maybe), max_size=2)),
        own_platform_only=draw(st.booleans()),
        purposes=mostly(None, st.frozensets(purposes, max_size=2)),
        quota_total=mostly(None, st.integers(0, 3)),
        quota_used=draw(st.integers(0, 3)),
        terms_until_at=mostly(None, instants),
    )


@st.composite
def entitlements(draw):
    count = draw(st.integers(1, 4))
    return Entitlement(
        "hubei-consulting",
        agreements=tuple(draw(agreements(number + 1)) for number in range(count)),
        holds=tuple(draw(st.lists(tenant_holds, max_size=1))) if draw(st.integers(0, 3)) == 0 else (),
    )


calls = st.builds(Call, st.just("id2"), st.one_of(st.none(), platforms), st.one_of(st.none(), purposes))


def judge(entitlement, call, now):
    return decide(entitlement, call, now, **POLICIES)


@given(entitlements(), calls, instants, holds, st.data())
def test_a_further_hold_never_allows_more(entitlement, call, now, hold, data):
    before = judge(entitlement, call, now)
    agreements = list(entitlement.agreements)
    if agreements:
        index = data.draw(st.integers(0, len(agreements) - 1))
        agreements[index] = replace(agreements[index], holds=(*agreements[index].holds, hold))
    after = judge(replace(entitlement, agreements=tuple(agreements)), call, now)

    assert before.is_allowed or not after.is_allowed
    if after.is_allowed and before.agreement_id == after.agreement_id:
        assert after.valid_until <= before.valid_until


@given(entitlements(), calls, instants)
def test_an_allow_outlives_no_bound_and_no_life(entitlement, call, now):
    decision = judge(entitlement, call, now)
    if not decision.is_allowed:
        return

    charged = next(each for each in entitlement.agreements if each.agreement_id == decision.agreement_id)

    assert now < decision.valid_until <= now + timedelta(seconds=120)
    assert decision.valid_until <= charged.service_end_exclusive_at
    assert charged.ending is None or decision.valid_until <= charged.ending.at
    assert charged.withdrawn_at is None or decision.valid_until <= charged.withdrawn_at
    for hold in entitlement.holds_on(charged):
        assert hold.effective_at <= now or decision.valid_until <= hold.effective_at


@given(entitlements(), calls, instants, st.floats(0, 1, exclude_max=True))
def test_an_allow_stays_true_until_it_expires(entitlement, call, now, share):
    decision = judge(entitlement, call, now)
    if not decision.is_allowed:
        return

    later = judge(entitlement, call, now + share * (decision.valid_until - now))

    assert later.is_allowed
    assert later.agreement_id == decision.agreement_id


@given(entitlements(), calls, instants, st.randoms(use_true_random=False))
def test_the_order_of_agreements_and_holds_is_nothing(entitlement, call, now, random):
    def shuffled(values):
        return tuple(random.sample(values, len(values)))

    reordered = replace(
        entitlement,
        agreements=shuffled(tuple(replace(each, holds=shuffled(each.holds)) for each in entitlement.agreements)),
    )

    assert judge(reordered, call, now) == judge(entitlement, call, now)


@given(entitlements(), calls, instants)
def test_the_same_question_has_the_same_answer(entitlement, call, now):
    assert judge(entitlement, call, now) == judge(entitlement, call, now)


@given(entitlements(), calls, instants)
def test_an_answer_is_an_allow_with_a_charge_or_a_denial_with_reasons(entitlement, call, now):
    decision = judge(entitlement, call, now)

    assert decision.is_allowed is not bool(decision.reason_codes)
    if decision.is_allowed:
        assert decision.agreement_id is not None
        assert decision.clause is None
        assert decision.remaining_quota is None or decision.remaining_quota > 0
    else:
        assert decision.clause is not None
        assert decision.valid_until is None


@given(entitlements(), calls, instants)
def test_naming_more_never_allows_more(entitlement, call, now):
    bare = replace(call, platform=None, purpose=None)

    assert judge(entitlement, bare, now).is_allowed or not judge(entitlement, call, now).is_allowed
