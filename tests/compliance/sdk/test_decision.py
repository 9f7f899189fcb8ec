"""Domain section 9: the order of checks, every reason with its clause, and the exact bounds."""

from datetime import datetime, timedelta
from itertools import combinations

import pytest

from compliance.sdk.answer import STEP, Reason
from compliance.sdk.entitlement import DegradedWindow, Entitlement, OwnPlatform
from tests.builders import at
from tests.builders_sdk import a_hold, a_tenant, an_agreement, an_ending, answer

UNPAID = {"effective_at": None}
PAID_LATER = {"effective_at": at("Wed 2024-10-16 09:00")}
ENDED = {"ending": an_ending("Mon 2024-10-14 00:00")}
ENDED_TOGETHER = {"ending": an_ending("Mon 2024-10-14 00:00", "ended_by_agreement", "4.6")}
EXPIRED = {"service_end_exclusive_at": at("Tue 2024-10-15 00:00")}
NOT_STARTED = {"service_start_at": at("Wed 2024-10-16 00:00")}
SUSPENDED = {"holds": (a_hold(),)}
FROZEN = {"holds": (a_hold(ground="key_freeze", clause="3.4"),)}
NOT_ACTIVATED = {"activated_at": None}
WITHDRAWN = {"withdrawn_at": at("Tue 2024-10-15 00:00")}
NO_PLATFORM = {"platforms": frozenset()}
NO_PURPOSE = {"purposes": frozenset()}
EXHAUSTED = {"quota_used": 30_000}


def ask(*agreements, **options):
    return answer(a_tenant(*agreements), platform="shop.example.com", purpose="account_opening", **options)


@pytest.mark.parametrize(
    ("facts", "reason", "clause"),
    [
        (UNPAID, "AGREEMENT_NOT_EFFECTIVE", "三 1"),
        (PAID_LATER, "AGREEMENT_NOT_EFFECTIVE", "三 1"),
        (ENDED, "TERMINATED", "4.4"),
        (ENDED_TOGETHER, "TERMINATED", "4.6"),
        (EXPIRED, "SERVICE_PERIOD_ENDED", "三 1"),
        (NOT_STARTED, "SERVICE_NOT_STARTED", "一"),
        (SUSPENDED, "SUSPENDED", "4.4"),
        ({"holds": (a_hold(clause="6.1"),)}, "SUSPENDED", "6.1"),
        (FROZEN, "KEY_FROZEN", "3.4"),
        (NOT_ACTIVATED, "ONBOARDING_INCOMPLETE", "3.3"),
        (WITHDRAWN, "PRODUCT_WITHDRAWN_UPSTREAM", "2.4"),
        (NO_PLATFORM, "PLATFORM_NOT_ALLOWED", "2.3"),
        (NO_PURPOSE, "PURPOSE_NOT_COVERED", "2.3"),
        (EXHAUSTED, "QUOTA_EXHAUSTED", "一"),
    ],
)
def test_each_fact_denies_with_its_reason_and_clause(facts, reason, clause):
    decision = ask(an_agreement(**facts))

    assert not decision.is_allowed
    assert decision.reason_codes == (reason,)
    assert (decision.clause, decision.agreement_id, decision.valid_until) == (clause, 1, None)


def test_an_agreement_that_fails_nothing_is_allowed_and_charged():
    decision = ask(an_agreement(quota_used=1))

    assert decision.as_json() == {
        "decision": "allow",
        "reason_codes": [],
        "clause": None,
        "agreement_id": 1,
        "remaining_quota": 29_999,
        "valid_until": "2024-10-15T04:02:00+00:00",
        "epoch": 7,
        "revision": 40,
        "terms_version": 1,
        "hints": [],
        "unchecked": [],
        "decided_at": "2024-10-15T04:00:00+00:00",
    }


def test_an_unknown_tenant_is_denied_as_such():
    decision = answer(Entitlement("nobody", known=False))

    assert decision.reason_codes == ("UNKNOWN_TENANT",)
    assert (decision.clause, decision.agreement_id, decision.remaining_quota) == (None, None, None)


def test_a_known_tenant_without_an_agreement_for_the_product_has_none_effective():
    decision = answer(a_tenant(an_agreement()), product="another")

    assert (decision.reason_codes, decision.clause) == (("AGREEMENT_NOT_EFFECTIVE",), "三 1")
    assert decision.agreement_id is None


ORDER = [
    (UNPAID, "AGREEMENT_NOT_EFFECTIVE"),
    (ENDED, "TERMINATED"),
    (EXPIRED, "SERVICE_PERIOD_ENDED"),
    (NOT_STARTED, "SERVICE_NOT_STARTED"),
    (SUSPENDED, "SUSPENDED"),
    (NOT_ACTIVATED, "ONBOARDING_INCOMPLETE"),
    (WITHDRAWN, "PRODUCT_WITHDRAWN_UPSTREAM"),
    (NO_PLATFORM, "PLATFORM_NOT_ALLOWED"),
    (NO_PURPOSE, "PURPOSE_NOT_COVERED"),
    (EXHAUSTED, "QUOTA_EXHAUSTED"),
]


# Every two reasons that can meet: a period does not end before it starts.
PAIRS = [(*a, b) for a, b in combinations(ORDER, 2) if (a[0], b[0]) != (EXPIRED, NOT_STARTED)]


@pytest.mark.parametrize(("facts", "reason", "later"), PAIRS)
def test_the_first_failing_check_is_the_primary_reason(facts, reason, later):
    assert ask(an_agreement(**facts, **later[0])).reason_codes[0] == reason


def test_the_order_of_checks_is_the_order_of_the_reasons():
    assert list(STEP) == list(Reason)
    assert sorted(STEP.values()) == list(STEP.values())
    assert STEP[Reason.SUSPENDED] == STEP[Reason.KEY_FROZEN] == 6
    assert STEP[Reason.QUOTA_EXHAUSTED] == 11


def test_the_reasons_after_the_primary_one_follow_in_order():
    facts = {"holds": (*SUSPENDED["holds"], *FROZEN["holds"])} | NOT_ACTIVATED | EXHAUSTED

    assert ask(an_agreement(**facts)).reason_codes == (
        "SUSPENDED",
        "KEY_FROZEN",
        "ONBOARDING_INCOMPLETE",
        "QUOTA_EXHAUSTED",
    )


def test_an_ended_agreement_is_not_suspended_any_more():
    assert ask(an_agreement(**EXPIRED, **SUSPENDED)).reason_codes == ("SERVICE_PERIOD_ENDED",)


@pytest.mark.parametrize(
    ("when", "reasons"),
    [
        ("Tue 2025-07-29 23:59:59.999", ()),
        ("Wed 2025-07-30 00:00", ("SERVICE_PERIOD_ENDED",)),
        ("Sun 2024-07-28 00:00", ()),
        ("Sat 2024-07-27 23:59:59.999", ("SERVICE_NOT_STARTED",)),
    ],
)
def test_clause_3_1_the_service_period_is_whole_days_in_shanghai(when, reasons):
    paid_before = an_agreement(effective_at=at("Fri 2024-07-26 10:00"), activated_at=at("Fri 2024-07-26 11:00"))

    assert ask(paid_before, when=when).reason_codes == reasons


def test_clause_3_1_paid_late_is_effective_from_payment():
    paid_late = an_agreement(effective_at=at("Mon 2024-08-05 15:30"), activated_at=at("Mon 2024-07-29 10:00"))

    assert ask(paid_late, when="Mon 2024-08-05 15:29:59.999").reason_codes == ("AGREEMENT_NOT_EFFECTIVE",)
    assert ask(paid_late, when="Mon 2024-08-05 15:30").is_allowed


@pytest.mark.parametrize(
    ("when", "is_allowed"),
    [
        ("Tue 2024-10-08 09:59:59.999", True),
        ("Tue 2024-10-08 10:00", False),
        ("Fri 2024-10-11 16:59:59.999", False),
        ("Fri 2024-10-11 17:00", True),
    ],
)
def test_clause_6_1_a_hold_withholds_from_its_effect_until_it_is_lifted(when, is_allowed):
    held = an_agreement(holds=(a_hold("Tue 2024-10-08 10:00", lifted="Fri 2024-10-11 17:00"),))

    assert ask(held, when=when).is_allowed is is_allowed


def test_access_returns_only_when_no_hold_is_left():
    lifted = a_hold("Tue 2024-10-08 10:00", lifted="Fri 2024-10-11 17:00")
    standing = a_hold("Wed 2024-10-09 10:00", clause="6.1")

    decision = ask(an_agreement(holds=(lifted, standing)), when="Fri 2024-10-11 17:00")

    assert (decision.reason_codes, decision.clause) == (("SUSPENDED",), "6.1")


def test_two_suspensions_are_one_reason_with_the_clause_of_the_first():
    holds = (a_hold("Wed 2024-10-09 10:00", clause="4.4"), a_hold("Tue 2024-10-08 10:00", clause="6.1"))

    decision = ask(an_agreement(holds=holds))

    assert (decision.reason_codes, decision.clause) == (("SUSPENDED",), "6.1")


@pytest.mark.parametrize(
    ("facts", "before", "from_then_on"),
    [
        ({"activated_at": at("Tue 2024-10-15 12:00")}, ("ONBOARDING_INCOMPLETE",), ()),
        ({"ending": an_ending("Tue 2024-10-15 12:00")}, (), ("TERMINATED",)),
        ({"withdrawn_at": at("Tue 2024-10-15 12:00")}, (), ("PRODUCT_WITHDRAWN_UPSTREAM",)),
    ],
)
def test_a_fact_counts_from_its_very_instant(facts, before, from_then_on):
    assert ask(an_agreement(**facts), when="Tue 2024-10-15 11:59:59.999").reason_codes == before
    assert ask(an_agreement(**facts), when="Tue 2024-10-15 12:00").reason_codes == from_then_on


class TestSeveralAgreements:
    def test_the_earliest_end_is_charged_first(self):
        later = an_agreement(1, service_end_exclusive_at=at("Thu 2026-01-01 00:00"))
        earlier = an_agreement(2)

        assert ask(later, earlier).agreement_id == 2

    def test_of_one_end_the_oldest_order_is_charged(self):
        newer = an_agreement(1, effective_at=at("Fri 2024-08-02 09:00"))
        older = an_agreement(2)

        assert ask(newer, older).agreement_id == 2

    def test_an_exhausted_agreement_lets_the_next_serve(self):
        decision = ask(
            an_agreement(1, **EXHAUSTED), an_agreement(2, service_end_exclusive_at=at("Thu 2026-01-01 00:00"))
        )

        assert (decision.agreement_id, decision.remaining_quota) == (2, 30_000)

    def test_a_suspended_agreement_lends_no_quota_and_blocks_no_other(self):
        suspended, clean = an_agreement(1, **SUSPENDED), an_agreement(2, quota_total=10)

        decision = ask(suspended, clean)

        assert (decision.agreement_id, decision.remaining_quota) == (2, 10)

    def test_a_suspended_agreement_is_no_reserve_of_an_exhausted_one(self):
        decision = ask(an_agreement(1, **SUSPENDED), an_agreement(2, **EXHAUSTED))

        assert (decision.reason_codes, decision.agreement_id) == (("QUOTA_EXHAUSTED",), 2)

    @pytest.mark.parametrize("other_product", ["id2", "bank4"])
    def test_a_hold_of_scope_tenant_reaches_every_agreement(self, other_product):
        case = an_agreement(1, product_code=other_product, holds=(a_hold(scope="tenant"),))

        assert ask(case, an_agreement(2)).reason_codes == ("SUSPENDED",)

    def test_a_tenant_hold_beside_the_agreements_reaches_them_all(self):
        decision = answer(a_tenant(an_agreement(1), an_agreement(2), holds=(a_hold(scope="tenant", clause="3.1"),)))

        assert (decision.reason_codes, decision.clause) == (("SUSPENDED",), "3.1")

    def test_an_expired_order_never_masks_a_suspended_current_one(self):
        decision = ask(an_agreement(1, **SUSPENDED), an_agreement(2, **EXPIRED))

        assert (decision.reason_codes, decision.agreement_id) == (("SUSPENDED",), 1)

    def test_of_two_equally_far_the_latest_start_is_reported(self):
        newer = an_agreement(1, **SUSPENDED, service_start_at=at("Thu 2024-08-01 00:00"))
        older = an_agreement(2, holds=(a_hold(clause="6.1"),))

        assert ask(newer, older).agreement_id == ask(older, newer).agreement_id == 1

    def test_suspended_and_frozen_are_one_check(self):
        frozen = an_agreement(1, **FROZEN)
        newer = an_agreement(2, **SUSPENDED, service_start_at=at("Thu 2024-08-01 00:00"))

        assert ask(frozen, newer).reason_codes == ("SUSPENDED",)

    def test_an_allow_ends_where_another_agreement_is_to_be_charged(self):
        paid_soon = an_agreement(
            1, service_end_exclusive_at=at("Tue 2025-07-29 00:00"), effective_at=at("Tue 2024-10-15 12:01")
        )

        assert ask(paid_soon, an_agreement(2)).valid_until == at("Tue 2024-10-15 12:01")

    def test_renewals_meet_at_midnight_without_a_gap(self):
        renewal = an_agreement(
            2,
            service_start_at=at("Wed 2025-07-30 00:00"),
            service_end_exclusive_at=at("Thu 2026-07-30 00:00"),
        )

        assert ask(an_agreement(1), renewal, when="Tue 2025-07-29 23:59:59.999").agreement_id == 1
        assert ask(an_agreement(1), renewal, when="Wed 2025-07-30 00:00").agreement_id == 2


class TestPlatformAndPurpose:
    def test_clause_2_3_only_the_tenants_own_platforms(self):
        tenant = a_tenant(an_agreement())

        assert answer(tenant, platform="shop.example.com").is_allowed
        assert answer(tenant, platform="other.example.com").reason_codes == ("PLATFORM_NOT_ALLOWED",)

    def test_clause_2_3_a_platform_counts_within_its_own_bounds(self):
        platform = OwnPlatform("shop.example.com", at("Tue 2024-10-01 00:00"), at("Tue 2024-10-15 12:01"))
        tenant = a_tenant(an_agreement(platforms=frozenset({platform})))

        allowed = answer(tenant, platform="shop.example.com")

        assert allowed.valid_until == at("Tue 2024-10-15 12:01")
        assert not answer(tenant, "Tue 2024-10-15 12:01", platform="shop.example.com").is_allowed
        assert not answer(tenant, "Mon 2024-09-30 23:59:59", platform="shop.example.com").is_allowed

    def test_clause_8_1_without_the_limit_any_platform_but_not_any_purpose(self):
        tenant = a_tenant(an_agreement(own_platform_only=False))

        assert answer(tenant, platform="other.example.com", purpose="account_opening").is_allowed
        assert answer(tenant, platform="other.example.com", purpose="resale").reason_codes == ("PURPOSE_NOT_COVERED",)

    @pytest.mark.parametrize(
        ("named", "unchecked"),
        [
            ({}, ("platform", "purpose")),
            ({"platform": "shop.example.com"}, ("purpose",)),
            ({"purpose": "account_opening"}, ("platform",)),
            ({"platform": "shop.example.com", "purpose": "account_opening"}, ()),
        ],
    )
    def test_what_the_call_does_not_name_is_said_to_be_unchecked(self, named, unchecked):
        decision = answer(a_tenant(an_agreement()), **named)

        assert decision.is_allowed
        assert decision.unchecked == unchecked

    def test_a_purpose_is_not_judged_where_no_list_was_agreed(self):
        decision = ask(an_agreement(purposes=None))

        assert decision.is_allowed
        assert decision.unchecked == ("purpose",)


class TestQuota:
    @pytest.mark.parametrize(
        ("total", "used", "remaining", "is_allowed"),
        [
            (30_000, 29_999, 1, True),
            (30_000, 30_000, 0, False),
            (30_000, 30_007, 0, False),  # an overrun by fault
            (None, 123, None, True),  # 包年, 按量: nothing is prepaid
            (0, 0, 0, False),
        ],
    )
    def test_clause_1_the_last_call_is_served_and_no_more(self, total, used, remaining, is_allowed):
        decision = ask(an_agreement(quota_total=total, quota_used=used))

        assert (decision.remaining_quota, decision.is_allowed) == (remaining, is_allowed)

    @pytest.mark.parametrize(("used", "hints"), [(24_000, ()), (24_001, ("QUOTA_LOW",)), (29_999, ("QUOTA_LOW",))])
    def test_below_a_fifth_the_quota_is_low(self, used, hints):
        assert ask(an_agreement(quota_used=used)).hints == hints


@pytest.mark.parametrize(
    ("when", "hints"),
    [("Sun 2025-06-29 23:59:59.999", ()), ("Mon 2025-06-30 00:00", ("EXPIRING",))],
)
def test_thirty_days_before_the_end_the_answer_says_expiring(when, hints):
    assert ask(an_agreement(), when=when).hints == hints


def test_clause_4_3_maintenance_is_a_hint_and_never_a_denial():
    window = DegradedWindow("id2", at("Tue 2024-10-15 11:00"), at("Tue 2024-10-15 13:00"))
    tenant = a_tenant(an_agreement(), degraded=(window,))

    assert answer(tenant).hints == ("DEGRADED",)
    assert answer(tenant, "Tue 2024-10-15 13:00").hints == ()


@pytest.mark.parametrize(
    ("facts", "when", "valid_until"),
    [
        ({}, "Tue 2024-10-15 12:00", "Tue 2024-10-15 12:02"),
        ({}, "Tue 2025-07-29 23:59", "Wed 2025-07-30 00:00"),
        ({"holds": (a_hold("Tue 2024-10-15 12:01"),)}, "Tue 2024-10-15 12:00", "Tue 2024-10-15 12:01"),
        ({"ending": an_ending("Tue 2024-10-15 12:01")}, "Tue 2024-10-15 12:00", "Tue 2024-10-15 12:01"),
        ({"withdrawn_at": at("Tue 2024-10-15 12:01")}, "Tue 2024-10-15 12:00", "Tue 2024-10-15 12:01"),
        ({"terms_until_at": at("Tue 2024-10-15 12:01")}, "Tue 2024-10-15 12:00", "Tue 2024-10-15 12:01"),
    ],
)
def test_an_allow_lives_until_the_next_bound_or_its_life(facts, when, valid_until):
    assert answer(a_tenant(an_agreement(**facts)), when).valid_until == at(valid_until)


def test_the_same_denial_at_any_hour_of_the_machines_zone():
    tenant = a_tenant(an_agreement())

    assert not answer(tenant, datetime.fromisoformat("2025-07-29T09:00:00-07:00")).is_allowed
    assert answer(tenant, datetime.fromisoformat("2025-07-29T08:59:59.999-07:00")).is_allowed


class TestRefusals:
    def test_a_naive_instant_is_refused(self):
        naive = at("Tue 2024-10-15 12:00").replace(tzinfo=None)

        with pytest.raises(ValueError, match="time zone"):
            answer(a_tenant(an_agreement()), naive)
        with pytest.raises(ValueError, match="time zone"):
            an_agreement(activated_at=naive)

    def test_a_period_that_ends_before_it_starts_is_refused(self):
        with pytest.raises(ValueError, match="ends before it starts"):
            an_agreement(service_end_exclusive_at=at("Sun 2024-07-28 00:00") - timedelta(days=1))

    def test_a_negative_quota_is_refused(self):
        with pytest.raises(ValueError, match="negative"):
            an_agreement(quota_total=-1)

    def test_one_agreement_twice_is_refused(self):
        with pytest.raises(ValueError, match="twice"):
            a_tenant(an_agreement(1), an_agreement(1))

    def test_an_agreements_hold_must_stand_with_its_agreement(self):
        with pytest.raises(ValueError, match="scope tenant"):
            a_tenant(an_agreement(), holds=(a_hold(),))

    def test_an_unknown_tenant_has_no_agreements(self):
        with pytest.raises(ValueError, match="unknown tenant"):
            a_tenant(an_agreement(), known=False)
