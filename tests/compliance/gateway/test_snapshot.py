"""The decision taken on what the tables hold, at every stage of an agreement's life."""

import pytest
from sqlalchemy import event

from agreements.kernel import files
from agreements.kernel.db import db
from agreements.parties.platforms import add_platform
from agreements.parties.rules import PlatformKind
from agreements.register.ending import end_for_provider_cause
from agreements.register.models import Instrument, Term
from agreements.register.rules import AgreementState, InstrumentKind, SpecKind
from compliance.gateway.actions import Question, answers_to, decide_call
from compliance.gateway.snapshot import entitlement_of
from compliance.service.models import Hold
from compliance.service.rules import HoldGround, HoldScope
from tests.builders import at
from tests.builders_gateway import PRODUCT, TENANT, a_decided_hold, an_open_agreement, arrives, is_lifted
from tests.builders_register import (
    APPROVER,
    OFFICER,
    a_paid_agreement,
    a_registered_agreement,
    an_onboarded_agreement,
    an_upload,
)


def reasons(session, when, tenant=TENANT, product=PRODUCT, **named):
    return decide_call(session, tenant, product, **named, now=at(when)).reason_codes


def test_a_key_that_is_nobodys_is_an_unknown_tenant(session):
    assert reasons(session, "Mon 2024-07-29 12:00", tenant="nobody") == ("UNKNOWN_TENANT",)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (a_registered_agreement, "AGREEMENT_NOT_EFFECTIVE"),
        (a_paid_agreement, "ONBOARDING_INCOMPLETE"),
        (an_onboarded_agreement, "ONBOARDING_INCOMPLETE"),
    ],
)
def test_before_activation_each_stage_has_its_reason(session, build, reason):
    build(session, tenant_key=TENANT)

    assert reasons(session, "Mon 2024-07-29 12:00")[0] == reason


def test_clause_3_3_from_activation_on_the_gateway_allows(session):
    agreement = an_open_agreement(session, now=at("Mon 2024-07-29 10:00"))

    assert reasons(session, "Mon 2024-07-29 09:59:59.999") == ("ONBOARDING_INCOMPLETE",)

    decision = decide_call(session, TENANT, PRODUCT, now=at("Mon 2024-07-29 10:00"))

    assert decision.is_allowed
    assert (decision.agreement_id, decision.remaining_quota) == (agreement.id, 30_000)
    assert decision.valid_until == at("Mon 2024-07-29 10:02")


def test_another_product_was_never_bought(session):
    an_open_agreement(session)

    assert reasons(session, "Mon 2024-07-29 12:00", product="bank4") == ("AGREEMENT_NOT_EFFECTIVE",)


def test_clause_3_1_the_service_period_ends_at_24_00_without_any_job(session):
    agreement = an_open_agreement(session)

    assert reasons(session, "Tue 2025-07-29 23:59:59.999") == ()
    assert reasons(session, "Wed 2025-07-30 00:00") == ("SERVICE_PERIOD_ENDED",)
    assert agreement.state is AgreementState.IN_SERVICE


def test_clause_6_1_a_decided_suspension_withholds_nothing_until_its_notice_has_arrived(session):
    agreement = an_open_agreement(session)
    hold = a_decided_hold(session, agreement, now=at("Tue 2024-10-08 10:00"))

    assert reasons(session, "Tue 2024-10-08 12:00") == ()

    arrives(session, hold, arrived_at=at("Wed 2024-10-09 15:00"))

    assert reasons(session, "Wed 2024-10-09 14:59:59.999") == ()
    decision = decide_call(session, TENANT, PRODUCT, now=at("Wed 2024-10-09 15:00"))
    assert (decision.reason_codes, decision.clause, decision.epoch) == (("SUSPENDED",), "4.4", 1)

    is_lifted(session, hold, now=at("Fri 2024-10-11 09:00"))

    assert reasons(session, "Fri 2024-10-11 08:59:59.999") == ("SUSPENDED",)
    decision = decide_call(session, TENANT, PRODUCT, now=at("Fri 2024-10-11 09:00"))
    assert (decision.reason_codes, decision.epoch) == ((), 2)


def two_agreements(session, scope):
    """The first is suspended since 2024-10-08, the second is clean and ends later."""
    first = an_open_agreement(session)
    second = an_open_agreement(
        session, order_no="200000000000002", service_end_exclusive_at=at("Thu 2026-01-01 00:00"), quota_total=10
    )
    hold = a_decided_hold(session, first, now=at("Tue 2024-10-08 10:00"), scope=scope)
    arrives(session, hold, arrived_at=at("Tue 2024-10-08 10:00"))
    return second


def test_e_38_a_suspended_agreement_does_not_block_the_tenants_other_one(session):
    clean = two_agreements(session, HoldScope.AGREEMENT)

    decision = decide_call(session, TENANT, PRODUCT, now=at("Tue 2024-10-15 12:00"))

    assert (decision.agreement_id, decision.remaining_quota) == (clean.id, 10)


def test_e_38_a_hold_of_scope_tenant_blocks_them_all(session):
    two_agreements(session, HoldScope.TENANT)

    assert reasons(session, "Tue 2024-10-15 12:00") == ("SUSPENDED",)


def test_a_tenants_hold_is_not_another_tenants(session):
    two_agreements(session, HoldScope.TENANT)
    an_open_agreement(session, tenant_key="other", tenant_name="青松咨询有限公司", order_no="200000000000003")

    assert reasons(session, "Tue 2024-10-15 12:00", tenant="other") == ()


def test_clause_3_4_a_frozen_key_is_its_own_reason(session):
    agreement = an_open_agreement(session)
    session.add(
        Hold(
            agreement_id=agreement.id,
            tenant_id=agreement.tenant_id,
            scope=HoldScope.AGREEMENT,
            ground=HoldGround.FREEZE,
            clause="3.4",
            cause="freeze:1",
            decided_at=at("Tue 2024-10-08 02:00"),
            decided_by="王运维",
            by_scheduler=False,
            effective_at=at("Tue 2024-10-08 02:00"),
        )
    )

    assert reasons(session, "Tue 2024-10-08 02:00") == ("KEY_FROZEN",)


class TestPlatforms:
    def test_clause_2_3_without_a_recorded_platform_none_is_allowed(self, session):
        an_open_agreement(session)

        assert reasons(session, "Tue 2024-10-08 12:00", platform="shop.example.com") == ("PLATFORM_NOT_ALLOWED",)

    def test_clause_2_3_a_recorded_platform_is_allowed_however_it_is_written(self, session):
        agreement = an_open_agreement(session)
        add_platform(
            session,
            agreement.tenant,
            PlatformKind.DOMAIN,
            "Shop.example.com",
            proof=None,
            actor=OFFICER,
            now=at("Tue 2024-10-08 10:00"),
        )

        assert reasons(session, "Tue 2024-10-08 12:00", platform=" SHOP.example.com ") == ()
        assert reasons(session, "Tue 2024-10-08 09:00", platform="shop.example.com") == ("PLATFORM_NOT_ALLOWED",)

    def test_clause_8_1_the_limit_is_the_one_of_the_terms_in_force(self, session):
        agreement = an_open_agreement(session)
        lift_platform_limit(session, agreement, at("Tue 2024-10-08 12:00"))

        assert reasons(session, "Tue 2024-10-08 11:59:59.999", platform="any.example.com") == ("PLATFORM_NOT_ALLOWED",)
        assert reasons(session, "Tue 2024-10-08 12:00", platform="any.example.com") == ()


def lift_platform_limit(session, agreement, effective_at):
    document = files.keep(session, b"supplement", name="s.pdf", media_type="application/pdf", now=effective_at)
    supplement = Instrument(
        agreement_id=agreement.id,
        kind=InstrumentKind.SUPPLEMENT,
        file_id=document.id,
        effective_at=effective_at,
        recorded_at=effective_at,
    )
    session.add(supplement)
    session.flush()
    session.add(
        Term(agreement_id=agreement.id, instrument_id=supplement.id, key="own_platform_only", value=False, clause="2.3")
    )
    return supplement


def test_an_allow_ends_where_new_terms_begin(session):
    agreement = an_open_agreement(session)
    before = decide_call(session, TENANT, PRODUCT, now=at("Tue 2024-10-08 11:59"))
    supplement = lift_platform_limit(session, agreement, at("Tue 2024-10-08 12:00"))

    during = decide_call(session, TENANT, PRODUCT, now=at("Tue 2024-10-08 11:59"))
    after = decide_call(session, TENANT, PRODUCT, now=at("Tue 2024-10-08 12:00"))

    assert (before.valid_until, during.valid_until) == (at("Tue 2024-10-08 12:01"), at("Tue 2024-10-08 12:00"))
    assert during.terms_version == before.terms_version
    assert after.terms_version == supplement.id


def test_e_07_an_unlimited_agreement_has_no_quota_to_exhaust(session):
    an_open_agreement(
        session, spec_kind=SpecKind.SUBSCRIPTION, spec_text="3000元/年", quota_total=None, quota_unlimited=True
    )

    decision = decide_call(session, TENANT, PRODUCT, now=at("Tue 2024-10-08 12:00"))

    assert decision.is_allowed
    assert decision.remaining_quota is None


def test_without_a_product_every_product_of_the_tenant_has_its_standing(session):
    an_open_agreement(session)
    a_registered_agreement(session, tenant_key=TENANT, order_no="200000000000002", product_code="bank4")

    answers = answers_to(session, Question(TENANT), now=at("Tue 2024-10-08 12:00"))

    assert [(answer.call.product, answer.decision.is_allowed) for answer in answers] == [
        ("bank4", False),
        (PRODUCT, True),
    ]


def test_the_snapshot_names_the_revision_it_was_read_at(session):
    an_open_agreement(session)
    before = entitlement_of(session, TENANT, at=at("Tue 2024-10-08 12:00")).revision
    a_registered_agreement(session, tenant_key=TENANT, order_no="200000000000002")

    assert entitlement_of(session, TENANT, at=at("Tue 2024-10-08 12:00")).revision > before


def test_the_number_of_queries_does_not_grow_with_the_agreements(session):
    def queries():
        session.flush()
        session.expire_all()
        statements = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        decide_call(session, TENANT, PRODUCT, now=at("Tue 2024-10-08 12:00"))
        return len(statements)

    an_open_agreement(session)
    of_one = queries()
    for number in range(2, 6):
        an_open_agreement(session, order_no=f"20000000000000{number}")

    assert queries() == of_one <= 10


def test_clause_4_6_an_early_end_is_terminated_from_its_instant(session):
    agreement = an_open_agreement(session)
    before = entitlement_of(session, TENANT, at=at("Tue 2024-10-08 12:00")).revision
    end_for_provider_cause(
        session,
        agreement,
        arrived_at=at("Tue 2024-10-08 11:00"),
        reason="停止提供该商品",
        proof=an_upload(),
        actor=APPROVER,
        now=at("Tue 2024-10-08 12:00"),
    )

    assert decide_call(session, TENANT, PRODUCT, now=at("Tue 2024-10-08 10:59:59")).is_allowed
    denied = decide_call(session, TENANT, PRODUCT, now=at("Tue 2024-10-08 11:00"))
    assert (denied.reason_codes[0], denied.clause) == ("TERMINATED", "4.6")
    assert entitlement_of(session, TENANT, at=at("Tue 2024-10-08 12:00")).revision > before
