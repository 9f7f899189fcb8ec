"""The edge-case register where only the whole shows the answer: E-01, E-08, E-09, E-10, E-12, E-34, E-37, E-49."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from agreements.kernel.errors import Conflict
from agreements.kernel.money import Money
from agreements.register.actions import confirm_payment
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from agreements.register.succession import transition
from compliance.breaches.suspension import decide_suspension
from compliance.gateway.actions import decide_call
from compliance.gateway.snapshot import entitlement_of
from compliance.notices.models import Notice
from compliance.notices.rules import Language
from compliance.obligations.models import Obligation
from compliance.sdk.answer import Call
from compliance.sdk.decision import decide
from compliance.service.actions import activate_service
from tests.builders import at, day
from tests.builders_compliance import a_change, an_agreement_in_service, an_unrectified_case, arrive, sweep
from tests.builders_register import (
    APPROVER,
    FINANCE,
    OPS,
    a_paid_agreement,
    a_registered_agreement,
    a_signed_supplement,
)

PRODUCT = "id2-verify"
PERIOD = {"value": 10, "unit": "working_day", "starts": "change", "form": "written"}


LIMITS = {"allow_life_seconds": 120, "quota_low_percent": 20, "expiring_calendar_days": 30}


def with_used(entitlement, *agreement_ids):
    """The entitlement after all calls of some agreements were used."""
    return replace(
        entitlement,
        agreements=tuple(
            replace(each, quota_used=each.quota_total) if each.agreement_id in agreement_ids else each
            for each in entitlement.agreements
        ),
    )


def reasons(session, agreement, when):
    return [
        code.value for code in decide_call(session, agreement.tenant.tenant_key, PRODUCT, now=at(when)).reason_codes
    ]


def test_e_01_the_last_day_is_served_to_24_00(session):
    agreement = an_agreement_in_service(session)

    assert reasons(session, agreement, "Tue 2025-07-29 23:59:59.999") == []
    assert reasons(session, agreement, "Wed 2025-07-30 00:00") == ["SERVICE_PERIOD_ENDED"]


def test_e_08_a_quota_gone_early_denies_service_and_ends_nothing(session):
    agreement = an_agreement_in_service(session)
    now = at("Thu 2024-09-12 10:00")
    entitlement = entitlement_of(session, agreement.tenant.tenant_key, at=now)

    used = decide(with_used(entitlement, agreement.id), Call(PRODUCT), now, **LIMITS)

    assert used.reason_codes[0].value == "QUOTA_EXHAUSTED"
    a_change(session, agreement)  # notification still binds
    assert session.scalar(select(func.count(Obligation.id))) == 1
    assert agreement.state is AgreementState.IN_SERVICE


def test_e_09_unpaid_there_is_no_duty_no_notice_and_no_service(session):
    agreement = a_registered_agreement(session)
    with pytest.raises(Conflict, match="in force"):
        a_change(session, agreement)
    sweep(session, at("Mon 2024-09-23 10:00"))

    assert reasons(session, agreement, "Thu 2024-09-12 10:00")[0] == "AGREEMENT_NOT_EFFECTIVE"
    assert session.scalar(select(func.count(Obligation.id))) == 0
    assert session.scalar(select(func.count(Notice.id))) == 0


def test_e_10_paid_later_it_is_effective_from_payment_and_ends_when_it_said(session):
    agreement = a_registered_agreement(session)
    paid_at = at("Mon 2024-08-05 09:30")
    confirm_payment(
        session,
        agreement,
        amount=Money(agreement.paid_amount_fen),
        paid_at=paid_at,
        reference="P-1",
        actor=FINANCE,
        now=at("Mon 2024-08-05 10:00"),
    )

    assert (agreement.effective_at, agreement.service_end_exclusive_at) == (paid_at, at("Wed 2025-07-30 00:00"))
    assert reasons(session, agreement, "Mon 2024-08-05 09:29")[0] == "AGREEMENT_NOT_EFFECTIVE"


def test_e_12_no_consent_is_needed_to_suspend_but_a_notice_is(session):
    case = an_unrectified_case(session)
    tenant = case.agreement
    now = at("Mon 2024-09-30 10:00")
    hold = decide_suspension(
        session, case, reason="未改正", language=Language.ZH, version=case.version, actor=APPROVER, now=now
    )

    sweep(session, at("Tue 2024-10-08 09:00"), "suspension_execute")
    assert reasons(session, tenant, "Tue 2024-10-08 09:00") == []  # nobody was told: nothing is shut
    arrive(session, hold.notice, at("Tue 2024-10-08 10:00"))
    assert reasons(session, tenant, "Tue 2024-10-08 10:00") == ["SUSPENDED"]


def test_e_34_a_longer_period_counts_for_changes_from_its_effective_date_only(session):
    agreement = an_agreement_in_service(session)
    a_signed_supplement(
        session,
        agreement,
        {"change_notification": PERIOD},
        now=at("Mon 2024-09-02 10:00"),
        asked_for_at=at("Thu 2024-09-12 00:00"),
    )
    a_change(session, agreement, occurred="Wed 2024-09-11")
    a_change(session, agreement, occurred="Thu 2024-09-12")

    due = session.scalars(select(Obligation.due_on).order_by(Obligation.id)).all()
    assert due == [day("Thu 2024-09-19"), day("Fri 2024-09-27")]


def test_e_37_a_renewal_is_a_second_quota_charged_after_the_first_without_a_gap_at_midnight(session):
    old = an_agreement_in_service(session)
    new = a_paid_agreement(
        session,
        order_no="200000000000002",
        service_start_at=at("Tue 2025-07-15 00:00"),
        service_end_exclusive_at=at("Fri 2026-07-31 00:00"),
        now=at("Tue 2025-07-15 10:00"),
        paid_at=at("Thu 2025-07-10 09:00"),
    )
    activate_service(session, new, actor=OPS, now=at("Tue 2025-07-15 10:01"))
    key = old.tenant.tenant_key

    def charged(when, *used_up):
        entitlement = with_used(entitlement_of(session, key, at=at(when)), *used_up)
        return decide(entitlement, Call(PRODUCT), at(when), **LIMITS).agreement_id

    assert [each.quota_total for each in entitlement_of(session, key, at=at("Wed 2025-07-16 09:00")).agreements] == [
        30000,
        30000,
    ]
    assert charged("Tue 2025-07-29 23:59:59.999") == old.id
    assert charged("Tue 2025-07-29 12:00", old.id) == new.id
    assert charged("Wed 2025-07-30 00:00") == new.id
    assert (transition(old, new).overlap_days, transition(old, new).charged_first) == (15, old.order_no)


def test_e_49_the_same_order_twice_is_one_agreement(session):
    first = a_registered_agreement(session)
    again = a_registered_agreement(session, product_name="别的名称")

    assert again.id == first.id
    assert session.scalar(select(func.count(Agreement.id))) == 1
