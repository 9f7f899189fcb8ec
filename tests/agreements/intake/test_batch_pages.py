"""Many at once in the pages: upload, progress, problems with line and remedy, confirming what was seen."""

import re
from datetime import timedelta
from io import BytesIO

from sqlalchemy import func, select

from agreements.intake.batch_models import IntakeItem, ItemState
from agreements.intake.batch_reading import read_on, unfinished, work_on
from agreements.intake.batches import open_file_batch
from agreements.intake.models import ContractImport
from agreements.kernel import clock
from agreements.kernel.access.models import Locale, Person
from agreements.kernel.db import db, unit_of_work
from agreements.parties.actions import Upload
from agreements.register.models import Agreement
from compliance.scheduling.jobs import Asked, job_named
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_desk import opened_at, text_of, zh
from tests.builders_imports import agreement_text
from tests.builders_orders import a_csv, an_order

NOW = at("Mon 2024-09-30 10:00")
EXAMPLE = agreement_text().encode()


def upload_list(client, content, name="订单.csv"):
    return client.post("/import/batches/orders", data={"list": (BytesIO(content), name)})


def ticked(client, state="under_review"):
    page = client.get(f"/import/orders?state={state}").get_data(as_text=True)
    return re.findall(r'name="rows" value="([^"]+)"', page)


def test_a_list_is_uploaded_looked_at_and_registered(app):
    client = opened_at(app, NOW)
    sent = upload_list(client, a_csv(an_order("3001"), an_order("3002", 数量="x"), an_order("3003")))
    assert sent.location == "/import/batches/1"
    page = text_of(client.get("/import/batches/1"))
    assert zh("Read to the end: %(total)s.", total="3") in page
    assert "数量" in page
    assert zh("Write a whole number of at least 1.") in page
    assert "备注" in page  # a column that nobody read is named
    problems = client.get("/import/batches/1/problems.csv").get_data(as_text=True)
    assert "3,3002,数量" in problems

    orders = text_of(client.get("/import/orders"))
    assert "30,000 × 1 = 30,000" in orders
    assert "− ¥400.00" in orders
    rows = ticked(client)
    assert client.post("/import/orders", data={"act": "register", "rows": rows}).status_code == 422  # no code yet
    done = client.post("/import/orders", data={"act": "register", "rows": rows, "product_code": "id2-verify"})
    assert done.status_code == 302
    assert zh("Nothing awaits confirmation") in text_of(client.get("/import/orders"))
    assert client.get("/agreements/3003").status_code == 200
    assert upload_list(client, a_csv(an_order("3001"))).location == "/import/batches/2"
    assert zh("known already; nothing was changed") in text_of(client.get("/import/batches/2"))


def test_what_was_not_seen_so_is_not_confirmed(app):
    client = opened_at(app, NOW)
    upload_list(client, a_csv(an_order("3001"), an_order("3002")))
    rows = ticked(client)
    for wrong in ([], ["1:other"], ["x"], ["99:1"]):
        assert client.post("/import/orders", data={"act": "register", "rows": wrong}).status_code in (409, 422)
    assert client.post("/import/orders", data={"act": "burn", "rows": rows}).status_code == 422
    assert client.post("/import/orders", data={"act": "aside", "rows": rows[:1]}).status_code == 302
    assert len(ticked(client)) == 1
    finance = signed_in_client(app, "finance", name="赵财务")
    assert finance.post("/import/orders", data={"act": "register", "rows": rows[1:]}).status_code == 403
    assert upload_list(finance, a_csv(an_order())).status_code == 403
    assert finance.get("/import/batches").status_code == 200


def test_finance_confirms_payments_of_a_list(app):
    client = opened_at(app, NOW)
    upload_list(client, a_csv(an_order("3001", 支付时间="2024-07-28 10:00", 支付流水号="PAY-9")))
    client.post("/import/orders", data={"act": "register", "rows": ticked(client), "product_code": "id2-verify"})
    finance = signed_in_client(app, "finance", name="赵财务")
    rows = ticked(finance, "payment")
    assert client.post("/import/orders?state=payment", data={"act": "paid", "rows": rows}).status_code == 403
    assert finance.post("/import/orders?state=payment", data={"act": "paid", "rows": rows}).status_code == 302
    assert db.session().scalar(select(Agreement.payment_reference)) == "PAY-9"


def test_a_wrong_list_is_refused_beside_its_field(app):
    client = opened_at(app, NOW)
    for content, words in ((b"PK\x03\x04", "Export it again as CSV or .xlsx."), (b"", "Choose the file again.")):
        answer = upload_list(client, content, "x.xlsx")
        assert answer.status_code == 422
        assert zh(words) in text_of(answer)
    assert client.post("/import/batches/orders", data={}).status_code == 422
    assert client.post("/import/batches/files", data={}).status_code == 422
    assert client.get("/import/batches/9").status_code == 404


def test_many_files_end_each_as_review_duplicate_or_refused(app):
    client = opened_at(app, NOW)
    files = [
        (BytesIO(EXAMPLE), "协议甲.md"),
        (BytesIO(EXAMPLE), "协议甲副本.md"),
        (BytesIO("与协议无关的文字。".encode()), "信.txt"),
        (BytesIO(b""), "空.txt"),
    ]
    assert client.post("/import/batches/files", data={"files": files}).location == "/import/batches/1"
    assert zh("%(done)s of %(total)s read; you may leave this page.", done="0", total="4") in text_of(
        client.get("/import/batches/1/progress")
    )
    job = job_named("read_uploads")
    wall = clock.wall()
    job.run(Asked(due_by=NOW - timedelta(days=1), now=NOW, wall=wall))
    assert unfinished(db.session()) == [1]
    assert job.run(Asked(due_by=NOW, now=NOW, wall=wall)).work.done == 4
    session = db.session()
    session.rollback()
    states = session.scalars(select(IntakeItem.state).order_by(IntakeItem.line)).all()
    assert states == [ItemState.UNDER_REVIEW, ItemState.DUPLICATE, ItemState.REFUSED, ItemState.REFUSED]
    assert session.scalar(select(func.count(ContractImport.id))) == 1
    done = client.get("/import/batches/1/progress")
    assert done.headers["HX-Refresh"] == "true"
    assert "协议甲.md" in text_of(client.get("/import/batches/1"))
    assert read_on().done == 0


def test_what_somebody_uploaded_who_left_is_refused_and_holds_up_nothing(app):
    client = opened_at(app, NOW)
    with unit_of_work() as session:
        batch_id = open_file_batch(session, [Upload("a.md", "text/markdown", EXAMPLE)], actor=client.actor, now=NOW).id
        session.get_one(Person, client.person_id).disabled_at = NOW
    work_on(batch_id, most=5)
    assert db.session().scalar(select(IntakeItem.state)) is ItemState.REFUSED


def test_the_pages_read_in_english_too(app):
    client = opened_at(app, NOW, locale=Locale.EN)
    upload_list(client, a_csv(an_order("3001")))
    for address in ("/import/batches", "/import/batches/1", "/import/orders", "/import/orders?state=payment"):
        assert client.get(address).status_code == 200
    assert "to be confirmed" in text_of(client.get("/import/batches/1"))
    assert client.get("/import/orders/template.csv").get_data(as_text=True).startswith("\ufeff订单编号,")
