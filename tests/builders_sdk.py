"""Entitlements to decide on: valid and allowed by default, only the relevant value is shown by a test."""

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

POLICIES = {"allow_life_seconds": 120, "quota_low_percent": 20, "expiring_calendar_days": 30}


def an_agreement(agreement_id=1, **facts):
    """In service from 2024-07-28 to 2025-07-29, paid, activated, with 30 000 calls."""
    values = {
        "order_no": f"9000000000000{agreement_id:02}",
        "product_code": "id2",
        "service_start_at": at("Sun 2024-07-28 00:00"),
        "service_end_exclusive_at": at("Wed 2025-07-30 00:00"),
        "effective_at": at("Sun 2024-07-28 09:00"),
        "activated_at": at("Mon 2024-07-29 10:00"),
        "platforms": frozenset({OwnPlatform("shop.example.com")}),
        "purposes": frozenset({"account_opening"}),
        "quota_total": 30_000,
    }
    return AgreementEntitlement(agreement_id=agreement_id, **(values | facts))


def a_tenant(*agreements, **facts):
    return Entitlement("hubei-consulting", agreements=agreements, **({"epoch": 7, "revision": 40} | facts))


def a_hold(effective="Tue 2024-10-08 10:00", *, lifted=None, ground="suspension", clause="4.4", scope="agreement"):
    return Hold(HoldGround(ground), clause, Scope(scope), at(effective), lifted and at(lifted))


def an_ending(ended_at, kind="ended_for_breach", clause="4.4"):
    return Ending(EndingKind(kind), at(ended_at), clause)


def answer(entitlement, when="Tue 2024-10-15 12:00", product="id2", platform=None, purpose=None, **policies):
    now = at(when) if isinstance(when, str) else when
    return decide(entitlement, Call(product, platform, purpose), now, **(POLICIES | policies))
