"""One agreement as it stood: state, period, quota, suspension and terms replayed to an instant; a page that says so."""

from datetime import timedelta

import pytest

from agreements.register.rules import AgreementState
from compliance.breaches.suspension import decide_suspension
from compliance.desk.past import past_of
from compliance.desk.rules import ServiceState
from compliance.notices.rules import Language
from tests.agreements.register.test_supplements import SWITCH, a_draft, signed_by_both
from tests.builders import at
from tests.builders_compliance import an_unrectified_case, arrive
from tests.builders_desk import opened_at, text_of, zh
from tests.builders_register import APPROVER, a_paid_agreement

SECOND = timedelta(seconds=1)


@pytest.mark.both_engines
def test_a_supplement_s_period_and_quota_are_those_of_each_side_of_its_instant(session):
    agreement = a_paid_agreement(session)
    end, quota = agreement.service_end_exclusive_at, agreement.quota_total
    signed_by_both(session, a_draft(session, agreement, {"service_end": "2026-12-31", "quota_total": 50_000}))

    before, after = (past_of(session, agreement, at=instant) for instant in (SWITCH - SECOND, SWITCH))
    assert (before.service_end_exclusive_at, before.quota_total) == (end, quota)
    assert (after.service_end_exclusive_at, after.quota_total) == (at("Fri 2027-01-01 00:00"), 50_000)
    assert past_of(session, agreement, at=end).state is AgreementState.IN_SERVICE


def test_two_supplements_each_hold_from_their_own_instant(session):
    agreement = a_paid_agreement(session)
    quota = agreement.quota_total
    for number, when in ((50_000, SWITCH), (70_000, SWITCH + timedelta(days=30))):
        signed_by_both(session, a_draft(session, agreement, {"quota_total": number}, asked_for_at=when))
    quotas = [
        past_of(session, agreement, at=SWITCH + timedelta(days=days)).quota_total for days in (-1, 0, 29, 30, 300)
    ]
    assert quotas == [quota, 50_000, 50_000, 70_000, 70_000]


def test_state_follows_payment_and_period_whatever_was_recorded_since(session):
    agreement = a_paid_agreement(session)
    end, start = agreement.service_end_exclusive_at, agreement.service_start_at
    paid_at = agreement.effective_at
    assert past_of(session, agreement, at=paid_at - SECOND).state is AgreementState.PENDING_PAYMENT
    assert past_of(session, agreement, at=max(start, paid_at)).state is AgreementState.IN_SERVICE
    assert past_of(session, agreement, at=end - SECOND).state is AgreementState.IN_SERVICE
    assert past_of(session, agreement, at=end).state is AgreementState.EXPIRED


def test_a_suspension_counts_from_its_arrival(session):
    case = an_unrectified_case(session)
    decided, arrived = at("Sun 2024-09-29 10:00"), at("Mon 2024-09-30 09:00")
    decide_suspension(
        session, case, reason="逾期未改正", language=Language.ZH, version=case.version, actor=APPROVER, now=decided
    )
    arrive(session, case.hold.notice, arrived)

    def service(instant):
        past = past_of(session, case.agreement, at=instant)
        return past.service, len(past.holds)

    assert service(decided - SECOND) == (ServiceState.OPEN, 0)
    assert service(decided) == (ServiceState.SUSPENSION_PENDING, 1)
    assert service(arrived) == (ServiceState.SUSPENDED, 1)


def test_the_page_says_that_it_is_the_past_and_leads_back(app):
    def set_up(session):
        signed_by_both(session, a_draft(session, a_paid_agreement(session, order_no="1001")))

    client = opened_at(app, at("Mon 2024-12-02 10:00"), set_up=set_up)
    page = client.get("/agreements/1001/as-of?at=2024-10-31T23:59")
    assert page.status_code == 200
    shown = text_of(page)
    assert zh("This is not the present. What was recorded later about that time is taken into account.") in shown
    assert 'href="/agreements/1001"' in page.text
    assert page.text.count('method="post"') == client.get("/calendar").text.count('method="post"')  # nothing here acts
    later = text_of(client.get("/agreements/1001/as-of?at=2024-11-01"))
    assert later.count(zh("instrument.supplement")) == shown.count(zh("instrument.supplement")) + 1
    assert zh("By what is known now; what happens until then is not in it.") in text_of(
        client.get("/agreements/1001/as-of?at=2030-01-01")
    )
    assert client.get("/agreements/1001/as-of?at=morgen").status_code == 422
    assert client.get("/agreements/9999/as-of").status_code == 404
