"""The register: found whatever the spelling, filtered by truth and not by records, exported without running formulas."""

import csv
import io

import pytest
from sqlalchemy import event

from agreements.kernel.access.models import Locale
from agreements.kernel.db import db, unit_of_work
from agreements.register.rules import AgreementState
from compliance.breaches.suspension import decide_suspension
from compliance.desk.reading import positions_of
from compliance.desk.rules import ServiceState
from compliance.desk.searching import Search, agreements_of_ids, ids_found
from compliance.notices.rules import Language
from tests.builders import at
from tests.builders_compliance import an_agreement_in_service, an_unrectified_case, arrive
from tests.builders_desk import opened_at, text_of, zh
from tests.builders_register import APPROVER, a_paid_agreement, a_registered_agreement

NOW = at("Mon 2024-09-30 10:00")


def everything(session):
    """One agreement at each stage; the one of order 200000000000001 is suspended by arrival, unrecorded."""
    case = an_unrectified_case(session)
    decide_suspension(
        session,
        case,
        reason="逾期未改正",
        language=Language.ZH,
        version=case.version,
        actor=APPROVER,
        now=at("Sun 2024-09-29 10:00"),
    )
    arrive(session, case.hold.notice, at("Mon 2024-09-30 09:00"))
    a_registered_agreement(session, order_no="1001", tenant_name="甲公司")
    a_paid_agreement(session, order_no="1002", tenant_name="乙公司")
    an_agreement_in_service(session, order_no="1003", tenant_name="丙公司", product_code="bank4")
    a_paid_agreement(
        session,
        order_no="1004",
        tenant_name="丁公司",
        service_start_at=at("Tue 2024-10-01 00:00"),
        service_end_exclusive_at=at("Wed 2025-10-01 00:00"),
    )
    an_agreement_in_service(
        session, order_no="1005", tenant_name="戊公司", service_end_exclusive_at=at("Mon 2024-09-30 00:00")
    )


def found(session, **search):
    ids = session.scalars(ids_found(session, Search(**search), now=NOW)).all()
    return {agreement.order_no for agreement in agreements_of_ids(session, ids)}


def test_every_filter_finds_exactly_what_the_rows_show(session):
    everything(session)
    session.flush()
    ids = session.scalars(ids_found(session, Search(), now=NOW)).all()
    agreements = agreements_of_ids(session, ids)
    positions = positions_of(session, agreements, now=NOW)
    shown = {agreement.order_no: positions[agreement.id] for agreement in agreements}

    assert shown["200000000000001"].service is ServiceState.SUSPENDED
    assert shown["200000000000001"].gateway.reason_codes == ("SUSPENDED",)
    assert shown["1005"].state is AgreementState.EXPIRED  # no sweep has run
    for state in AgreementState:
        assert found(session, state=state) == {no for no, each in shown.items() if each.state is state}
    for service in ServiceState:
        assert found(session, service=service) == {no for no, each in shown.items() if each.service is service}
    assert {each.service for each in shown.values()} >= {"suspended", "not_activated", "open", "closed"}


@pytest.mark.parametrize(
    "text",
    [
        "海棠企业管理（武汉）",
        "海棠 企业管理(武汉)",
        "海棠企业管理\u3000（ 武汉 ）",
        "２０００００",
        "200000000000001",
        "ID2－Verify",
        "haitang",
    ],
)
def test_e_50_an_agreement_is_found_by_any_spelling(session, text):
    a_registered_agreement(session, tenant_key="haitang")
    a_registered_agreement(session, order_no="1001", tenant_name="甲公司", product_code="bank4", product_name="银行卡")
    session.flush()
    assert found(session, text=text) == {"200000000000001"}


def test_marks_of_the_query_language_are_letters(session):
    a_registered_agreement(session)
    assert found(session, text="%") == set()
    assert found(session, text="_") == set()


def test_the_address_keeps_what_was_asked_and_ignores_what_it_does_not_know(app):
    client = opened_at(app, NOW, set_up=everything)
    assert "1003" in text_of(client.get("/agreements?product=bank4&sort=-ends"))
    assert client.get("/agreements?state=nonsense&sort=nonsense&page=99&ending=x").status_code == 200
    assert client.get("/register?q=丙公司").location == "/agreements?q=%E4%B8%99%E5%85%AC%E5%8F%B8"
    assert zh("Nothing fits") in text_of(client.get("/agreements?q=没有"))


def test_a_longer_list_asks_no_more_questions(app):
    def one(session):
        a_registered_agreement(session)

    def count(client):
        asked = []

        def listener(*_):
            asked.append(1)

        event.listen(db.engine, "before_cursor_execute", listener)
        client.get("/agreements")
        event.remove(db.engine, "before_cursor_execute", listener)
        return len(asked)

    client = opened_at(app, NOW, set_up=one)
    client.get("/agreements")
    before = count(client)
    with unit_of_work() as session:
        for number in range(12):
            a_registered_agreement(session, order_no=f"3{number:03}", tenant_name=f"第{number}公司")
    assert count(client) == before


def test_the_export_holds_what_the_filter_shows_and_runs_no_formula(app):
    def set_up(session):
        a_registered_agreement(session, order_no="1001", tenant_name='=HYPERLINK("http://x.example","点我")公司')
        a_registered_agreement(session, order_no="1002", tenant_name="＋乙公司")
        an_agreement_in_service(session, order_no="1003", tenant_name="丙公司")

    client = opened_at(app, NOW, set_up=set_up)
    response = client.get("/agreements/export.csv?state=pending_payment&sort=order_no", buffered=True)
    assert response.data.startswith(b"\xef\xbb\xbf")
    assert response.headers["Content-Disposition"] == "attachment; filename=agreements-20240930.csv"
    rows = list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"))))
    assert [row[zh("Order number")] for row in rows] == ["1001", "1002"]
    assert [row[zh("Tenant")][:2] for row in rows] == ["'=", "'＋"]
    assert rows[0][zh("Last day of service")] == "2025-07-29"
    assert rows[0][zh("Gateway answers")] == "AGREEMENT_NOT_EFFECTIVE"
    assert rows[0][zh("Next act")] == zh("next_act.confirm_payment")


def test_the_list_reads_in_english_too(app):
    client = opened_at(app, NOW, set_up=everything, locale=Locale.EN)
    assert "Awaiting payment" in text_of(client.get("/agreements"))
