"""Pages of the import room: upload, list, review, registration; who sees and may do what."""

import html
import io
import re

import pytest
from sqlalchemy import func, select

from agreements.intake.models import ContractImport, ImportState
from agreements.kernel.access.models import Locale
from agreements.kernel.access.rules import Role
from agreements.kernel.db import db, unit_of_work
from agreements.register.models import Agreement
from tests.builders_access import signed_in_client
from tests.builders_imports import ORDER_NO, WARNINGS, accepted, agreement_text, an_import, registered


def files(*contents):
    return {"files": [(io.BytesIO(content), name) for name, content in contents]}


def example(**replaced):
    return agreement_text(**replaced).encode()


def upload(client, *contents):
    return client.post("/import", data=files(*contents), content_type="multipart/form-data")


@pytest.fixture
def client(app):
    return signed_in_client(app)


@pytest.fixture
def reviewed_id(app):
    """The id of a review in which everything is acknowledged and confirmed."""
    with unit_of_work() as session:
        return accepted(session, an_import(session)).id


@pytest.fixture
def fresh_id(app):
    with unit_of_work() as session:
        return an_import(session).id


def count(table):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table))


def the_import(import_id):
    db.session.rollback()
    return db.session.get(ContractImport, import_id)


def shown_text(page):
    """The contract's text as the review page holds it, tags taken out."""
    inside = re.search(r"data-contract>(.*?)</div>", page, re.DOTALL).group(1)
    return html.unescape(re.sub(r"<[^>]+>", "", inside))


def test_an_upload_leads_to_its_review(client):
    answer = upload(client, ("agreement.md", example()))

    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert page.count('class="warning-title"') == len(WARNINGS)
    assert not [code for code in WARNINGS if code in page]  # people read words
    assert ORDER_NO in page


def test_the_same_file_again_leads_to_the_same_review(client):
    first = upload(client, ("agreement.md", example()))
    again = upload(client, ("again.md", example()))

    assert again.location == first.location
    assert "此前已上传" in client.get(again.location).text
    assert count(ContractImport) == 1


def test_a_refused_file_is_named_and_keeps_no_other_out(client):
    answer = upload(client, ("invoice.txt", "发票".encode()), ("scan.pdf", b"%PDF-1.7"), ("agreement.md", example()))

    assert answer.status_code == 422
    assert "invoice.txt" in answer.text
    assert "scan.pdf" in answer.text
    assert count(ContractImport) == 1


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", "發票一張".encode("big5"), b"MZ\x90\x00" * 100])
def test_a_bad_file_writes_nothing(client, content):
    answer = upload(client, ("bad.md", content))

    assert answer.status_code == 422
    assert count(ContractImport) == 0


def test_an_upload_without_a_file_says_so(client):
    answer = client.post("/import", data={})

    assert answer.status_code == 422
    assert 'id="files-error"' in answer.text


def test_more_than_the_limit_is_refused(client):
    body = b"x" * (20 * 1024 * 1024 + 1)
    answer = client.client.post("/import", data=body, content_type="multipart/form-data; boundary=x")

    assert answer.status_code == 413
    assert count(ContractImport) == 0


def test_a_name_with_folders_or_tags_is_only_a_name(client):
    answer = upload(client, ("../../<b>x</b>.md", example()))

    page = client.get(answer.location).text
    assert "<b>x" not in page
    assert ".." not in the_import(1).source_name


def test_the_text_is_shown_exactly(client):
    text = "\n\n  " + agreement_text() + '\n<script>alert("x")</script> & &amp; \t末尾  '
    answer = upload(client, ("agreement.md", text.encode()))

    page = client.get(answer.location).text
    assert shown_text(page) == text
    assert '<script>alert("x")' not in page


def test_a_page_with_personal_data_is_not_stored(client, fresh_id):
    assert client.get(f"/import/{fresh_id}").headers["Cache-Control"] == "no-store"


def test_a_value_leads_to_its_evidence(client, fresh_id):
    page = client.get(f"/import/{fresh_id}").text

    assert 'href="#read-order.paid_amount" data-shows="order.paid_amount"' in page
    assert 'id="read-order.paid_amount"' in page
    assert re.search(r'data-evidence="[^"]*order\.paid_amount[^"]*">800\.00<', page)


def test_the_arithmetic_is_shown(client, fresh_id):
    page = client.get(f"/import/{fresh_id}").text

    for formula in (
        "3万 = 3 × 10,000 = 30,000",
        "30,000 × 1 = 30,000",
        "1,200.00 × 1 = 1,200.00",
        "1,200.00 − 800.00 = 400.00",
        "800.00 ÷ 30,000 = 0.026667",
        "2025-07-29 − 2024-07-28 = 366 + 1 = 367",
        "2025年7月29日 周二 24:00",
    ):
        assert formula in page


def test_more_paid_than_the_list_price_is_a_warning_and_no_discount(client):
    answer = upload(client, ("agreement.md", example(passages={"| 实付金额 | 800.00 |": "| 实付金额 | 1900.00 |"})))

    page = client.get(answer.location).text
    assert "1,900.00 − 1,200.00 = 700.00" in page
    assert ("−700.00" in page, "-700.00" in page, "实付金额高于商品价格" in page) == (False, False, True)


def test_a_term_that_differs_is_marked_beside_the_standard_form(app, client):
    answer = upload(client, ("agreement.md", example(passages={"五个工作日": "十个工作日"})))

    page = client.get(answer.location).text
    assert "1 处不同" in page
    row = re.search(r'<tr class="differs" id="field-terms.change_notification".*?</tr>', page, re.DOTALL).group()
    assert "10 个工作日" in row
    assert "5 个工作日" in row


def test_warnings_are_acknowledged_one_by_one(client, fresh_id):
    ids = [warning.id for warning in the_import(fresh_id).warnings]

    answer = client.post(f"/import/{fresh_id}/warnings/{ids[0]}", data={"note": "已取得授权书"})

    assert answer.location.endswith(f"#warning-{ids[1]}")
    assert [warning.acknowledged_at is not None for warning in the_import(fresh_id).warnings] == [True, False, False]
    assert "已取得授权书" in client.get(f"/import/{fresh_id}").text


def test_the_register_button_says_what_is_missing(client, fresh_id):
    page = client.get(f"/import/{fresh_id}").text

    button = re.search(
        r'<button class="btn btn-primary" type="submit" (.*?)>', page[page.index('id="register"') :]
    ).group(1)
    assert button == 'disabled aria-describedby="left-to-do"'
    assert "确认 3 条提示" in page
    assert "核对以下数额" in page


def test_a_correction_is_shown_with_what_was_read(client, fresh_id):
    version = the_import(fresh_id).version
    form = {"field": "order.paid_amount", "value": "780", "reason": "平台订单", "version": version}

    answer = client.post(f"/import/{fresh_id}/correct", data=form)

    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "¥780.00" in page
    assert "<del>800.00</del>" in page


def test_a_refused_correction_stays_open_with_its_reason(client, fresh_id):
    form = {"field": "order.paid_amount", "value": "8oo", "reason": "订单表", "version": "1"}

    answer = client.post(f"/import/{fresh_id}/correct", data=form)

    assert answer.status_code == 422
    assert 'id="wrong-order.paid_amount"' in answer.text
    assert 'value="8oo"' in answer.text
    assert 'value="订单表"' in answer.text


def test_a_correction_of_an_older_page_is_a_conflict(client, fresh_id):
    form = {"field": "order.quantity", "value": "2", "reason": "订单表", "version": "1"}
    client.post(f"/import/{fresh_id}/correct", data=form)

    answer = client.post(f"/import/{fresh_id}/correct", data=form | {"value": "3"})

    assert answer.status_code == 409


def test_registering_leads_to_the_agreement(client, reviewed_id):
    answer = client.post(
        f"/import/{reviewed_id}/register", data={"product_code": "id2-verify", "tenant_key": "haitang"}
    )

    assert answer.location == f"/agreements/{ORDER_NO}"
    assert the_import(reviewed_id).state is ImportState.REGISTERED
    assert count(Agreement) == 1


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"product_code": ""}, "product_code"),
        ({"product_code": "Bad Code"}, "product_code"),
        ({"product_code": "id2-verify", "tenant_key": "A B"}, "tenant_key"),
    ],
)
def test_a_refused_registration_names_its_field_and_writes_nothing(client, reviewed_id, form, field):
    answer = client.post(f"/import/{reviewed_id}/register", data=form)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert count(Agreement) == 0


def test_registering_too_early_is_a_conflict_that_says_why(client, fresh_id):
    answer = client.post(f"/import/{fresh_id}/register", data={"product_code": "id2-verify"})

    assert answer.status_code == 409
    assert "未确认" in answer.text
    assert count(Agreement) == 0


def test_the_same_order_in_another_file_is_told_with_its_agreement(client):
    with unit_of_work() as session:
        registered(session, accepted(session, an_import(session)))
    answer = upload(client, ("other.md", example(passages={"800.00": "700.00"})))

    page = client.get(answer.location).text
    assert "该订单已登记" in page
    assert f'href="/agreements/{ORDER_NO}"' in page
    assert 'id="register"' not in page

    answer = client.post(f"{answer.location}/register", data={"product_code": "id2-verify"})
    assert answer.location == f"/agreements/{ORDER_NO}"
    assert count(Agreement) == 1


def test_a_known_tenant_keeps_its_key(client):
    with unit_of_work() as session:
        registered(session, accepted(session, an_import(session)))
    answer = upload(client, ("second.md", example(order_no="900000000000002")))

    page = client.get(answer.location).text
    assert "<code>haitang</code>" in page
    assert 'name="tenant_key"' not in page


def test_a_review_is_laid_aside_and_found_again(client, fresh_id):
    answer = client.post(f"/import/{fresh_id}/discard", data={"version": the_import(fresh_id).version})

    assert answer.status_code == 302
    assert "agreement.md" not in client.get("/import").text
    assert "agreement.md" in client.get("/import?state=discarded").text


@pytest.mark.parametrize("role", list(Role))
def test_everybody_on_the_staff_may_read_a_review_but_only_some_may_act(app, fresh_id, role):
    client = signed_in_client(app, role.value)

    page = client.get(f"/import/{fresh_id}").text

    may_import, may_register = role in {Role.LEGAL_OFFICER, Role.OPS}, role is Role.LEGAL_OFFICER
    assert ('class="correct-form"' in page) == may_import
    assert ('class="acknowledge"' in page) == may_register
    assert ("/register" in page[page.index('id="content"') :]) == may_register
    assert ('enctype="multipart/form-data"' in client.get("/import").text) == may_import


@pytest.mark.parametrize("role", ["legal_approver", "finance", "auditor", "admin"])
def test_who_may_not_import_is_refused(app, role):
    assert upload(signed_in_client(app, role), ("agreement.md", example())).status_code == 403
    assert count(ContractImport) == 0


@pytest.mark.parametrize("path", ["/import", "/import/1"])
def test_a_stranger_is_led_to_the_sign_in_page(app, path):
    answer = app.test_client().get(path)

    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_an_unknown_import_is_not_found(client):
    assert client.get("/import/999").status_code == 404


def test_the_pages_are_complete_in_english(app, fresh_id):
    client = signed_in_client(app, locale=Locale.EN)

    for page in (client.get("/import").text, client.get(f"/import/{fresh_id}").text):
        assert not re.search(r">\s*(import|term|arithmetic|extra_term|quota)_?\w*\.[\w.]+\s*<", page)
    assert "Rights and duties lie with the named party A" in page
