"""Main agreement 一, 三 1: registered, paid, in service, expired."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agreements.kernel import audit
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import IllegalMove, InvalidInput, NotPermitted
from agreements.kernel.money import Money
from agreements.register.actions import advance, confirm_payment, register_agreement, terms_in_force
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from agreements.register.sweeps import agreements_to_advance
from tests.builders import at
from tests.builders_register import (
    APPROVER,
    FINANCE,
    OFFICER,
    a_paid_agreement,
    a_registered_agreement,
    facts,
)


def acts_of(session, agreement):
    return list(
        session.scalars(select(AuditEvent.act).where(AuditEvent.agreement_id == agreement.id).order_by(AuditEvent.seq))
    )


def test_a_registered_order_awaits_payment(session):
    agreement = a_registered_agreement(session)

    assert agreement.state is AgreementState.PENDING_PAYMENT
    assert acts_of(session, agreement) == ["agreement.imported", "agreement.verify"]


def test_the_same_order_again_changes_nothing(session):
    first = a_registered_agreement(session)
    rows = audit.verify(session)

    again = register_agreement(
        session,
        facts(product_name="别的名称"),
        product_code="id2-verify",
        tenant_key=None,
        contact=None,
        document=None,
        actor=OFFICER,
        now=at("Tue 2024-07-30 09:00"),
    )

    assert (again.created, again.agreement.id) == (False, first.id)
    assert audit.verify(session) == rows


def test_a_tenant_spelled_in_full_width_is_the_same_tenant(session):
    first = a_registered_agreement(session)
    second = a_registered_agreement(session, order_no="200000000000002", tenant_name="海棠企业管理 (武汉) 有限公司")

    assert first.tenant_id == second.tenant_id


def test_clause_main_3_1_payment_makes_the_agreement_effective_from_its_own_instant(session):
    agreement = a_paid_agreement(session, paid_at=at("Mon 2024-07-29 08:00"))

    assert agreement.state is AgreementState.IN_SERVICE
    assert agreement.effective_at == at("Mon 2024-07-29 08:00")
    started = session.scalars(select(AuditEvent).where(AuditEvent.act == "agreement.start_service")).one()
    assert started.as_of == at("Mon 2024-07-29 08:00")  # never before payment


def test_payment_before_the_start_date_waits_for_it(session):
    now = at("Sat 2024-07-27 12:00")
    agreement = a_paid_agreement(session, now=now, paid_at=at("Sat 2024-07-27 10:00"))
    assert agreement.state is AgreementState.EFFECTIVE

    advance(session, agreement, now=at("Sat 2024-07-27 23:59:59"))
    assert agreement.state is AgreementState.EFFECTIVE
    advance(session, agreement, now=at("Sun 2024-07-28 00:00"))
    assert agreement.state is AgreementState.IN_SERVICE


def test_payment_is_confirmed_once_by_finance_with_the_amount_of_the_order(session):
    agreement = a_registered_agreement(session)
    now = at("Mon 2024-07-29 12:00")

    def pay(amount=80000, actor=FINANCE, paid_at=now):
        confirm_payment(
            session, agreement, amount=Money(amount), paid_at=paid_at, reference="PAY-1", actor=actor, now=now
        )

    with pytest.raises(NotPermitted):
        pay(actor=APPROVER)
    with pytest.raises(InvalidInput, match=r"800\.00"):
        pay(amount=120000)
    with pytest.raises(InvalidInput, match="future"):
        pay(paid_at=at("Tue 2024-07-30 00:00"))
    with pytest.raises(InvalidInput, match="more than a year"):
        pay(paid_at=at("Mon 2014-07-28 10:00"))
    pay()
    with pytest.raises(IllegalMove, match="expire"):
        pay()


def test_the_period_ends_at_24_00_of_its_last_day_however_late_it_is_recorded(session):
    agreement = a_paid_agreement(session)

    assert agreements_to_advance(session, due_by=at("Tue 2025-07-29 23:59:59")) == []
    assert agreements_to_advance(session, due_by=at("Wed 2025-07-30 00:00")) == [agreement.id]
    advance(session, agreement, now=at("Fri 2025-08-29 09:00"))
    advance(session, agreement, now=at("Fri 2025-08-29 09:05"))

    ended = session.scalars(select(AuditEvent).where(AuditEvent.act == "agreement.expire")).one()
    assert ended.as_of == at("Wed 2025-07-30 00:00")
    assert ended.recorded_at == at("Fri 2025-08-29 09:00")
    assert agreement.state is AgreementState.EXPIRED


def test_the_database_refuses_an_effective_agreement_without_payment(session):
    agreement = a_registered_agreement(session)
    session.flush()

    with pytest.raises(IntegrityError, match="effective_is_paid"), session.begin_nested():
        session.execute(text("UPDATE agreement SET state = 'in_service' WHERE id = :id"), {"id": agreement.id})
    assert session.get(Agreement, agreement.id).state is AgreementState.PENDING_PAYMENT


def test_a_term_points_to_the_instrument_that_set_it(session):
    agreement = a_paid_agreement(session)

    terms = terms_in_force(session, agreement.id, at=at("Thu 2024-09-12 00:00"))

    assert terms["change_notification"].value["value"] == 5
    assert terms["change_notification"].instrument.kind == "annex"
