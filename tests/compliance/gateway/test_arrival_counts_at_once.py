"""Clause 6.1, T-15: a suspension is in effect from its notice's arrival, before any sweep has recorded it."""

from compliance.breaches.rules import CaseState
from compliance.gateway.actions import decide_call
from tests.builders import at
from tests.builders_compliance import an_unrectified_case, arrive, sweep


def asked(session, case, instant):
    return decide_call(session, case.agreement.tenant.tenant_key, "id2-verify", now=at(instant))


def test_the_gateway_denies_from_the_arrival_without_any_job(session):
    case = an_unrectified_case(session)
    sweep(session, at("Sat 2024-09-28 00:05"))
    assert case.state is CaseState.SUSPENSION_DECIDED
    assert asked(session, case, "Sat 2024-10-12 09:59:59").is_allowed

    arrive(session, case.hold.notice, at("Sat 2024-10-12 10:00"))

    denied = asked(session, case, "Sat 2024-10-12 10:00")
    assert (denied.is_allowed, denied.reason_codes[0].value, denied.clause) == (False, "SUSPENDED", "4.4")
    assert asked(session, case, "Sat 2024-10-12 09:59:59").is_allowed
