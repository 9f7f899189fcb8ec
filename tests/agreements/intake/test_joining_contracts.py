"""The contract of an order that a list registered first: it joins once, agrees with the order, and is never read twice."""

import pytest
from sqlalchemy import func, select

from agreements.intake.actions import register
from agreements.intake.models import ImportState
from agreements.intake.order_review import confirm_orders
from agreements.kernel.access.models import Locale
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, NotPermitted
from agreements.register.actions import agreement_of_order
from agreements.register.contract_joining import awaits_contract
from agreements.register.models import Agreement, Instrument, Term
from agreements.register.rules import InstrumentKind
from tests.agreements.intake.test_order_lists import seen, taken_in
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_imports import ORDER_NO, TAKEN_IN, accepted, agreement_text, an_import
from tests.builders_orders import a_csv, an_order
from tests.builders_register import OFFICER, OPS

LATER = at("Mon 2024-09-30 11:00")
LISTED = {
    "甲方": "海棠商务服务（武汉）集团有限公司",
    "商品名称": "身份信息核验-姓名证件号两项比对",
    "规格名称": "1200元/3万次",
    "订单原价（元）": "1200.00",
    "实付金额（元）": "800.00",
}


@pytest.fixture
def listed(app):
    """An order registered from a list, as the example agreement states it."""
    taken_in(a_csv(an_order(ORDER_NO, **LISTED)))
    with unit_of_work() as session:
        confirm_orders(session, seen(session), product_code="id2-verify", actor=OFFICER, now=LATER)
    return app


def joined(session, imported, *, actor=OFFICER):
    return register(session, imported, product_code=None, tenant_key="another", actor=actor, now=LATER)


def test_a_contract_joins_its_order_with_file_clauses_and_contact(listed):
    session = db.session()
    agreement = agreement_of_order(session, ORDER_NO)
    assert awaits_contract(session, agreement)
    listed_in = agreement.document_id
    imported = accepted(session, an_import(session))

    registration = joined(session, imported)

    assert (registration.created, registration.has_joined, registration.agreement) == (False, True, agreement)
    assert imported.state is ImportState.REGISTERED
    assert imported.agreement_id == agreement.id
    assert agreement.document_id == imported.file_id
    assert agreement.product.code == "id2-verify"
    annexes = session.scalars(select(Instrument).where(Instrument.kind == InstrumentKind.ANNEX)).all()
    assert [annex.file_id for annex in annexes] == [imported.file_id]
    term = session.scalar(select(Term).where(Term.key == "change_notification"))
    assert (term.clause, term.value["value"], term.text_start is None) == ("3.3", 5, False)
    event = session.scalar(select(AuditEvent).where(AuditEvent.act == "agreement.contract_joined"))
    assert event.details == {"file_id": imported.file_id, "listed_in": listed_in}
    assert not awaits_contract(session, agreement)


def test_a_second_file_of_the_order_changes_nothing(listed):
    session = db.session()
    joined(session, accepted(session, an_import(session)))
    session.flush()
    terms = session.scalar(select(func.count(Term.id)))
    other = an_import(session, text=agreement_text() + "\n\n（副本）\n", name="copy.md")

    assert joined(session, other).has_joined is False
    assert other.state is ImportState.UNDER_REVIEW
    assert session.scalar(select(func.count(Agreement.id))) == 1
    assert session.scalar(select(func.count(Term.id))) == terms


def test_a_contract_that_says_otherwise_does_not_join(app):
    taken_in(a_csv(an_order(ORDER_NO, **LISTED | {"实付金额（元）": "799.00", "服务结束时间": "2025-07-28"})))
    with unit_of_work() as session:
        confirm_orders(session, seen(session), product_code="id2-verify", actor=OFFICER, now=LATER)
    session = db.session()
    imported = accepted(session, an_import(session))

    with pytest.raises(Conflict, match="paid_amount、service_end") as refused:
        joined(session, imported)
    assert refused.value.code == "CONTRACT_DIFFERS"
    assert imported.state is ImportState.UNDER_REVIEW
    assert session.scalar(select(func.count(Term.id))) == 0


def test_a_contract_joins_only_after_its_review_and_by_who_may_register(listed):
    session = db.session()
    imported = an_import(session)
    with pytest.raises(Conflict, match="not acknowledged"):
        joined(session, imported)
    with pytest.raises(NotPermitted):
        joined(session, accepted(session, imported), actor=OPS)


def test_the_review_lays_the_order_beside_the_contract_and_joins_it(listed):
    with unit_of_work() as session:
        imported = accepted(session, an_import(session, now=TAKEN_IN))
        address = f"/import/{imported.id}"
    client = signed_in_client(listed, locale=Locale.EN)
    page = client.get(address).text
    assert "registered from a list" in page
    assert "Join the contract" in page
    assert 'name="tenant_key"' not in page

    answer = client.post(f"{address}/register", data={"product_code": "id2-verify"}, follow_redirects=False)

    assert answer.status_code == 302
    assert answer.location == f"/agreements/{ORDER_NO}"
