"""The register found, arranged and taken out: pinyin, saved views, bulk acts that bind nobody, XLSX."""

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, event, func, select

from agreements.kernel.access.models import Person
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.parties.models import Party
from agreements.parties.search_models import PartySearch
from agreements.parties.searching import index_missing, index_party
from agreements.parties.spelling import folded, spellings_of
from compliance.desk.searching import Search, agreements_of_ids, ids_found, page_of_ids
from tests.builders import at
from tests.builders_access import a_staff_member, signed_in_client
from tests.builders_desk import opened_at, text_of, zh
from tests.builders_register import a_registered_agreement
from tests.builders_rest import a_program

NOW = at("Mon 2024-09-30 10:00")


def two(session):
    a_registered_agreement(
        session, order_no="1001", tenant_name="海棠企业管理（武汉）有限责任公司", tenant_key="haitang"
    )
    a_registered_agreement(session, order_no="1002", tenant_name="重庆银杏网络股份有限公司", product_code="bank4")
    a_registered_agreement(
        session, order_no="1003", tenant_name="甲公司", product_code="bank4", product_name="四要素特惠Special"
    )
    session.flush()


def found(session, text):
    ids = session.scalars(ids_found(session, Search(text=text), now=NOW)).all()
    return {agreement.order_no for agreement in agreements_of_ids(session, ids)}


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("haitang", {"1001"}),
        ("HaiTang QiYe", {"1001"}),
        ("htqygl", {"1001"}),
        ("chongqingyinxing", {"1002"}),  # the city is not read zhong
        ("cqyx", {"1002"}),
        ("海棠企业管理(武汉)有限公司", {"1001"}),
        ("銀杏網絡", {"1002"}),
        ("【银杏】", {"1002"}),
        ("银杏 BANK4", {"1002"}),
        ("海棠 bank4", set()),
        ("100", {"1001", "1002", "1003"}),
        ("１００２", {"1002"}),
        ("有限", {"1001", "1002"}),
        ("特惠 SPECIAL", {"1003"}),
        ("（）", set()),
    ],
)
@pytest.mark.both_engines
def test_e_50_words_are_found_in_any_spelling_and_in_pinyin(session, text, orders):
    two(session)
    assert found(session, text) == orders


def test_one_company_s_forms_fold_into_one():
    assert folded("海棠科技 有限责任公司") == folded("海棠科技（有限公司）")
    assert spellings_of(["ABC Ltd."]) == "abcltd"


def test_what_was_registered_before_the_index_is_indexed_and_a_new_name_too(session):
    two(session)
    session.execute(delete(PartySearch))
    party = session.scalar(select(Party).where(Party.name.contains("海棠")))
    assert found(session, "haitang") == set()
    assert index_missing(session, most=1) == 1
    assert (index_missing(session), index_missing(session)) == (2, 0)
    assert found(session, "haitang") == {"1001"}

    party.name = "青榕科技有限公司"
    session.flush()
    assert index_missing(session) == 1
    assert found(session, "qingrong") == {"1001"}
    index_party(session, party, former_names=["海棠企业管理有限公司"])
    session.flush()
    assert found(session, "海棠企业") == found(session, "qingrong") == {"1001"}


def test_pages_from_the_end_hold_what_pages_from_the_start_would(session):
    for number in range(7):
        a_registered_agreement(session, order_no=f"2{number:03}", tenant_name=f"第{number % 2}公司")
    session.flush()
    for sort in ("-registered", "order_no", "-tenant", "quota"):
        whole = session.scalars(ids_found(session, Search(sort=sort), now=NOW)).all()
        pages = [page_of_ids(session, Search(sort=sort), number=n, size=3, now=NOW) for n in (1, 2, 3)]
        assert [each for page in pages for each in page.ids] == whole
        beyond = page_of_ids(session, Search(sort=sort), number=99, size=3, now=NOW)
        assert (beyond.number, beyond.total, beyond.ids) == (3, 7, whole[6:])


def test_a_view_is_kept_shown_again_replaced_and_deleted(app):
    client = opened_at(app, NOW, set_up=two)
    kept = client.post("/register/views", data={"name": " 等钱的 ", "query": "state=pending_payment&junk=1&sort=ends"})
    assert kept.location == "/agreements?state=pending_payment&sort=ends"
    assert "等钱的" in text_of(client.get("/agreements"))
    client.post("/register/views", data={"name": "等钱的", "query": "q=x", "shared": "yes"})

    other = signed_in_client(app, "legal_officer", name="李旁人")
    page = other.get("/agreements").get_data(as_text=True)
    assert "?q=x" in page
    assert "/register/views/1/delete" not in page
    assert other.post("/register/views/1/delete").status_code == 403
    assert client.post("/register/views/1/delete").status_code == 302
    assert "等钱的" not in text_of(client.get("/agreements"))
    assert other.post("/register/views/1/delete").status_code == 404
    assert client.post("/register/views", data={"name": "  "}).status_code == 422


def test_ticked_rows_get_an_owner_and_labels_and_each_change_is_recorded(app):
    def set_up(session):
        two(session)
        a_staff_member(session, "finance", name="赵财务", login="finance")

    client = opened_at(app, NOW, set_up=set_up)
    own = str(client.person_id)
    assert client.post("/register/rows", data={"ids": ["1", "2"], "act": "assign", "to": own}).status_code == 302
    client.post("/register/rows", data={"ids": ["1"], "act": "assign", "to": "me"})  # already
    client.post("/register/rows", data={"ids": ["1", "2"], "act": "label", "label": " 重点 "})
    client.post("/register/rows", data={"ids": ["2"], "act": "unlabel", "label": "重点"})
    shown = text_of(client.get("/agreements?owner=me&label=重点"))
    assert "1001" in shown
    assert "1002" not in shown
    client.post("/register/rows", data={"ids": ["2"], "act": "assign", "to": "nobody"})
    assert "1002" in text_of(client.get("/agreements?owner=nobody"))

    session = db.session()
    session.rollback()
    counts = dict(session.execute(select(AuditEvent.act, func.count()).group_by(AuditEvent.act)).all())
    assert (counts["agreement.assigned"], counts["agreement.labelled"], counts["agreement.label_taken_off"]) == (
        3,
        2,
        1,
    )
    finance = session.scalar(select(Person.id).where(Person.login == "finance"))
    session.rollback()
    assert client.post("/register/rows", data={"ids": ["1"], "act": "assign", "to": finance}).status_code == 422
    for wrong in ({"ids": [], "act": "label"}, {"ids": ["1"], "act": "suspend"}, {"ids": ["1"], "act": "assign"}):
        assert client.post("/register/rows", data=wrong).status_code == 422
    auditor = signed_in_client(app, "auditor", name="孙审计")
    assert auditor.post("/register/rows", data={"ids": ["1"], "act": "label", "label": "x"}).status_code == 403


def test_the_workbook_holds_numbers_dates_and_text_that_is_never_run(app):
    def set_up(session):
        a_registered_agreement(session, order_no="1001", tenant_name='=HYPERLINK("http://x.example")公司\x0b')
        a_registered_agreement(session, order_no="1002", tenant_name="乙公司")

    client = opened_at(app, NOW, set_up=set_up)
    response = client.get("/agreements/export.xlsx?sort=order_no", buffered=True)
    sheet = load_workbook(io.BytesIO(response.data)).active
    heads, first, second = sheet.iter_rows(values_only=True)
    row = dict(zip(heads, first, strict=True))
    assert row[zh("Tenant")].startswith("'=")
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "inlineStr", "n", "d"}
    assert (row[zh("Paid (yuan)")], row[zh("Last day of service")].date().isoformat()) == (800, "2025-07-29")
    assert second[0] == "1002"

    ticked = client.post("/register/rows", data={"ids": ["2"], "act": "xlsx"}, buffered=True)
    assert [line[0] for line in load_workbook(io.BytesIO(ticked.data)).active.iter_rows(values_only=True)][1:] == [
        "1002"
    ]
    ticked = client.post("/register/rows", data={"ids": ["2"], "act": "csv"}, buffered=True)
    assert ticked.get_data(as_text=True).count("\r\n") == 2


def test_the_list_with_owners_and_labels_asks_no_more_questions(app):
    heard = []

    def listener(*_):
        heard.append(1)

    def count(client):
        client.get("/agreements?q=公司")
        heard.clear()
        event.listen(db.engine, "before_cursor_execute", listener)
        client.get("/agreements?q=公司")
        event.remove(db.engine, "before_cursor_execute", listener)
        return len(heard)

    client = opened_at(app, NOW, set_up=two)
    before = count(client)
    with unit_of_work() as session:
        for number in range(10):
            a_registered_agreement(session, order_no=f"3{number:03}", tenant_name=f"第{number}公司")
    ids = [str(number) for number in range(1, 13)]
    client.post("/register/rows", data={"ids": ids, "act": "label", "label": "重点"})
    client.post("/register/rows", data={"ids": ids, "act": "assign", "to": "me"})
    assert count(client) == before


def test_programs_find_by_label_and_read_who_looks_after(app):
    client = opened_at(app, NOW, set_up=two)
    client.post("/register/rows", data={"ids": ["1"], "act": "label", "label": "重点"})
    client.post("/register/rows", data={"ids": ["1"], "act": "assign", "to": "me"})
    program = a_program(app, "auditor")
    [row] = program.get("/agreements?label=重点").json["items"]
    assert (row["order_no"], row["owner"], row["labels"]) == ("1001", client.actor.name, ["重点"])
    assert program.get("/agreements?q=cqyx").json["items"][0]["labels"] == []
