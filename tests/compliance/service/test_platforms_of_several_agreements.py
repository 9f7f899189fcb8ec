"""Clause 2.3: own platforms belong to the tenant, so what becomes of one shows in every agreement of its own."""

from agreements.parties.platforms import add_platform, doubt_ownership, remove_platform
from agreements.parties.rules import PlatformKind
from compliance.gateway.actions import decide_call
from tests.builders import at
from tests.builders_compliance import an_agreement_in_service
from tests.builders_register import OFFICER

NOW = at("Thu 2024-09-12 15:00")
LATER = at("Thu 2024-09-12 15:01")


def reasons(session, platform, *, now=LATER):
    found = decide_call(session, "haitang", "id2-verify", platform=platform, now=now)
    return [each.value for each in found.reason_codes if each.value == "PLATFORM_NOT_ALLOWED"]


def test_losing_one_platform_shuts_that_one_under_every_agreement_and_leaves_the_others(session):
    first = an_agreement_in_service(session, tenant_key="haitang")
    second = an_agreement_in_service(session, order_no="1002", tenant_key="haitang")
    assert first.tenant_id == second.tenant_id
    shop, app = (
        add_platform(session, first.tenant, kind, name, proof=None, actor=OFFICER, now=NOW)
        for kind, name in ((PlatformKind.DOMAIN, "shop.example.com"), (PlatformKind.APP, "com.example.app"))
    )
    assert reasons(session, shop.identifier) == reasons(session, app.identifier) == []

    doubt_ownership(session, shop, found="备案主体为他人", actor=OFFICER, now=LATER)
    assert reasons(session, shop.identifier) == []  # E-46: no silent removal

    remove_platform(session, shop, cause="adjustment:1", actor=OFFICER, now=LATER)
    assert reasons(session, shop.identifier) == ["PLATFORM_NOT_ALLOWED"]
    assert reasons(session, app.identifier) == []

    remove_platform(session, app, cause="adjustment:2", actor=OFFICER, now=LATER)
    assert reasons(session, app.identifier) == ["PLATFORM_NOT_ALLOWED"]  # an empty list allows nothing
