"""Clause 2.4: from the effective date of a cancellation the gateway answers PRODUCT_WITHDRAWN_UPSTREAM."""

import pytest
from sqlalchemy import select

from agreements.kernel import revisions
from agreements.kernel.errors import Conflict, NotPermitted
from agreements.products.models import Product
from compliance.gateway.actions import decide_call
from compliance.upstream.correcting import Withdrawal, amend, withdraw
from compliance.upstream.deciding import decide_triage, restore_product
from compliance.upstream.rules import ChangeKind, Triage
from tests.builders import at, day
from tests.builders_compliance import an_agreement_in_service
from tests.builders_register import APPROVER, OFFICER
from tests.builders_upstream import RECEIVED, a_change, a_receipt, a_source, content, run

FULL = {
    "kinds": frozenset({ChangeKind.FULL_CANCELLATION}),
    "subject": "停止提供二要素核验",
    "summary": "自2024年12月1日起停止提供",
}
BEFORE, FROM = "Sat 2024-11-30 23:59:59", "Sun 2024-12-01 00:00"


def reasons(session, agreement, when):
    decision = decide_call(session, agreement.tenant.tenant_key, agreement.product.code, now=at(when))
    return tuple(reason.value for reason in decision.reason_codes)


def a_cancellation(session, *, source=None, **changed):
    return a_change(session, source or a_source(session), **(FULL | changed))


def test_it_denies_from_the_first_instant_of_the_day_whether_or_not_a_job_has_run(session):
    agreement = an_agreement_in_service(session)
    a_cancellation(session)

    assert reasons(session, agreement, BEFORE) == ()
    assert reasons(session, agreement, FROM) == ("PRODUCT_WITHDRAWN_UPSTREAM",)


def test_an_allow_before_it_is_not_good_beyond_it(session):
    agreement = an_agreement_in_service(session)
    a_cancellation(session)

    decision = decide_call(session, agreement.tenant.tenant_key, agreement.product.code, now=at(BEFORE))

    assert decision.valid_until == at(FROM)


def test_it_gives_its_clause_and_the_revision_rises(session):
    agreement = an_agreement_in_service(session)
    before = revisions.latest(session)

    a_cancellation(session)

    assert revisions.latest(session) > before
    decision = decide_call(session, agreement.tenant.tenant_key, agreement.product.code, now=at(FROM))
    assert decision.clause == "2.4"


def test_what_legal_has_not_read_stops_nobody(session):
    agreement = an_agreement_in_service(session)
    change = a_cancellation(session, triage=None)
    assert reasons(session, agreement, FROM) == ()

    decide_triage(session, change, Triage.IRRELEVANT, reason="另一产品", version=1, actor=OFFICER, now=RECEIVED)
    assert reasons(session, agreement, FROM) == ()


def test_a_price_rise_and_a_partial_cancellation_of_no_whole_product_stop_nobody(session):
    agreement = an_agreement_in_service(session)
    source = a_source(session)
    a_change(session, source)
    a_change(
        session,
        source,
        kinds=frozenset({ChangeKind.PARTIAL_CANCELLATION}),
        subject="停止返回照片",
        cancelled=frozenset(),
    )

    assert reasons(session, agreement, FROM) == ()


def test_a_partial_cancellation_stops_the_products_it_names(session):
    first = an_agreement_in_service(session)
    second = an_agreement_in_service(
        session, order_no="200000000000002", tenant_name="示例乙科技（武汉）有限公司", product_code="face-verify"
    )
    source = a_source(session, "id2-verify", "face-verify")
    a_cancellation(
        session,
        source=source,
        kinds=frozenset({ChangeKind.PARTIAL_CANCELLATION}),
        cancelled=frozenset({second.product_id}),
    )

    assert reasons(session, first, FROM) == ()
    assert reasons(session, second, FROM) == ("PRODUCT_WITHDRAWN_UPSTREAM",)


def test_a_product_with_another_source_goes_on_unless_somebody_says_otherwise(session):
    agreement = an_agreement_in_service(session)
    source = a_source(session)
    a_source(session, name="另一数据源")

    a_cancellation(session, source=source)

    assert reasons(session, agreement, FROM) == ()


def test_a_withdrawn_cancellation_lets_the_product_go_on(session):
    agreement = an_agreement_in_service(session)
    change = a_cancellation(session)
    run(session, RECEIVED)
    before = revisions.latest(session)

    now = at("Mon 2024-12-02 10:00")
    withdraw(session, change, Withdrawal(now, "恢复提供"), version=change.version, actor=OFFICER, now=now)

    assert reasons(session, agreement, "Mon 2024-12-02 09:59") == ("PRODUCT_WITHDRAWN_UPSTREAM",)
    assert reasons(session, agreement, "Mon 2024-12-02 10:00") == ()
    assert revisions.latest(session) > before


def test_a_corrected_date_takes_the_place_of_the_old_one(session):
    agreement = an_agreement_in_service(session)
    change = a_cancellation(session)
    later = at("Mon 2024-11-11 10:00")
    amend(
        session,
        change,
        content(**FULL | {"effective_on": day("Wed 2025-01-01")}),
        a_receipt(later),
        version=change.version,
        actor=OFFICER,
        now=later,
    )

    assert reasons(session, agreement, FROM) == ()
    assert reasons(session, agreement, "Wed 2025-01-01 00:00") == ("PRODUCT_WITHDRAWN_UPSTREAM",)


def test_an_approver_puts_it_on_offer_again_when_another_source_took_over(session):
    agreement = an_agreement_in_service(session)
    change = a_cancellation(session)
    product = session.scalars(select(Product)).one()
    now = at("Tue 2024-12-03 10:00")
    with pytest.raises(NotPermitted):
        restore_product(session, change, product.id, reason="新数据源接入", actor=OFFICER, now=now)

    restore_product(session, change, product.id, reason="新数据源接入", actor=APPROVER, now=now)
    session.flush()

    assert reasons(session, agreement, "Tue 2024-12-03 10:00") == ()
    with pytest.raises(Conflict):
        restore_product(session, change, product.id, reason="再次", actor=APPROVER, now=now)
