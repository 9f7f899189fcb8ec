"""Pages: standard forms, and an import's clauses beside the form that it is compared with."""

import re

import pytest

from agreements.intake import comparing, form_actions
from agreements.intake.beside import compared
from agreements.intake.models import ContractImport
from agreements.kernel.db import db, unit_of_work
from tests.builders_access import signed_in_client
from tests.builders_imports import agreement_text, an_import
from tests.builders_register import OFFICER

PASSAGES = {
    "五个工作日": "十个工作日",
    "甲方应守法经营，": "甲方应当守法经营，",
    "4.1 乙方是依照": "4.1 乙方系依照",
    "### 4. 乙方": "3.5 甲方应缴纳保证金5000元。\n\n### 4. 乙方",
}


@pytest.fixture
def client(app):
    return signed_in_client(app, "legal_officer")


@pytest.fixture
def import_id(app):
    with unit_of_work() as session:
        return an_import(session, text=agreement_text(passages=PASSAGES)).id


def deviations(import_id):
    db.session.remove()
    return comparing.deviations_shown(db.session().get(ContractImport, import_id))


def pieces(found):
    return [(piece.text, piece.differs) for piece in found]


def test_what_differs_between_two_wordings_is_marked():
    here, standard = compared("应在十个工作日内（书面）通知", "应在五个工作日内,通知")
    assert pieces(here) == [("应在", False), ("十", True), ("个工作日内（", False), ("书面）", True), ("通知", False)]
    assert pieces(standard) == [("应在", False), ("五", True), ("个工作日内,通知", False)]


def test_each_departing_clause_stands_beside_the_standard_one(client, import_id):
    page = client.get(f"/import/{import_id}").text

    assert re.search(r"起<ins>十</ins>个工作日", page)
    assert re.search(r"起<del>五</del>个工作日", page)
    assert "甲方应缴纳保证金5000元。" in page
    assert page.count('class="deviation"') == 4


def test_deviations_are_acknowledged_one_by_one_and_rewordings_ask_for_nothing(client, import_id):
    rows = {row.id: row.kind.value for row in deviations(import_id)}
    grave = [at for at, kind in rows.items() if kind != "reworded"]

    together = client.post(f"/import/{import_id}/deviations", data={"deviation": grave})
    assert together.status_code == 409
    for one in grave:
        client.post(f"/import/{import_id}/deviations", data={"deviation": [one], "note": "已阅"})

    assert {row.kind.value for row in deviations(import_id) if row.acknowledged_at is None} == {"reworded"}
    assert not comparing.open_deviations(db.session().get(ContractImport, import_id))
    assert "已阅" in client.get(f"/import/{import_id}").text


@pytest.mark.parametrize("sent", [{}, {"deviation": ["x"]}, {"deviation": ["999999"]}])
def test_a_deviation_that_is_none_of_the_import_s_is_refused(client, import_id, sent):
    assert client.post(f"/import/{import_id}/deviations", data=sent).status_code in {404, 422}


def test_a_text_becomes_a_draft_is_changed_approved_and_put_in_force_by_two_people(app, client, import_id):
    made = client.post("/standard-forms", data={"key": "house", "name": "本公司范本", "import_id": str(import_id)})
    page = client.get(made.location).text
    clause_id = re.search(r'action="[^"]*/clauses/(\d+)"', page)[1]
    address = made.location.rstrip("/")
    client.post(
        f"{address}/clauses/{clause_id}",
        data={"number": "二 1", "wording": "规格以下单时页面展示为准。", "marks": "规格，配置"},
    )
    assert "规格以下单时页面展示为准。" in client.get(address).text
    assert client.post(f"{address}/approve").status_code == 403

    approver = signed_in_client(app, "legal_approver")
    assert approver.post(f"{address}/approve").status_code == 302
    assert approver.post(f"{address}/in-force").status_code == 302
    assert client.post(f"{address}/clauses/{clause_id}", data={"number": "1", "wording": "x"}).status_code == 409

    with db.session() as session:
        version = db.session().get(ContractImport, import_id).version
        [_, house] = form_actions.forms_in_force(session)
    client.post(f"/import/{import_id}/form", data={"form": str(house.id), "version": str(version)})
    assert {row.kind.value for row in deviations(import_id)} == {"reworded"}  # the one clause that was written anew


OWN_WORDS = {
    "4.7 乙方已经履行约定义务的，甲方后续行为的损失属于商业风险，由甲方自担。": "4.7 甲方日后作为之损害属商业风险，与乙方无干。",
    "五个工作日": "七个工作日",
    "7.1.3 乙方为测试、升级或者抽样检查而对服务产生影响。": "7.1.3 因乙方对乙方服务的系统作测试、升级之类工作，而对甲方产生的影响。",
}


def button_to(page, address):
    """The form on a page that posts to an address, as its fields."""
    form = re.search(rf'<form[^>]*action="{re.escape(address)}"[^>]*>(.*?)</form>', page, re.DOTALL)[1]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


def test_a_vendor_s_own_text_becomes_its_standard_form_from_the_review_page(app, client):
    with unit_of_work() as session:
        import_id = an_import(session, text=agreement_text(passages=OWN_WORDS)).id
    assert {row.kind.value for row in deviations(import_id)} == {"changed", "unread", "reworded"}

    review = client.get(f"/import/{import_id}").text
    drafted = client.post("/standard-forms", data=button_to(review, "/standard-forms")).location
    approver = signed_in_client(app, "legal_approver")
    assert f"{drafted}/approve" in approver.get(drafted).text
    approver.post(f"{drafted}/approve")
    approver.post(f"{drafted}/in-force")
    choice = button_to(client.get(drafted).text, f"/import/{import_id}/form")
    client.post(f"/import/{import_id}/form", data=choice)

    assert deviations(import_id) == []
    assert "各条款均在" in client.get(f"/import/{import_id}").text
    with unit_of_work() as session:
        again = an_import(session, text=agreement_text(passages=OWN_WORDS, order_no="900000000000777")).id
    assert deviations(again) == []


def test_deviations_stand_in_groups_with_mere_wording_folded_away(app, client):
    with unit_of_work() as session:
        import_id = an_import(session, text=agreement_text(passages=OWN_WORDS)).id
    page = client.get(f"/import/{import_id}").text

    heads = re.findall(r"<h3[^>]*>([^<]+) <span class=\"num\">(\d)</span></h3>", page)
    assert heads == [("约定内容变更", "1"), ("表述不同、含义未能识别", "1"), ("同义异文", "1")]
    folded = page[page.index('<details class="deviation-group is-same">') :]
    assert "7.1.3" in folded[: folded.index("</details>")]
    assert 'name="deviation"' not in folded[: folded.index("</details>")]


def test_a_text_that_makes_no_form_is_refused_beside_its_field(client):
    answer = client.post("/standard-forms", data={"key": "Bad Key", "name": "x", "text": agreement_text()})
    assert (answer.status_code, "is-invalid" in answer.text) == (422, True)
    assert client.post("/standard-forms", data={"key": "good", "name": "x", "text": "没有条款"}).status_code == 422


def test_an_auditor_sees_the_forms_and_changes_nothing(app, import_id):
    auditor = signed_in_client(app, "auditor")
    with unit_of_work() as session:
        drafted = form_actions.draft_form(
            session, key="house", name="范本", text=agreement_text(), source="t", actor=OFFICER, now=session.get(ContractImport, import_id).created_at
        ).id  # fmt: skip

    page = auditor.get(f"/standard-forms/{drafted}").text
    assert "<form" not in page[page.index("<main") : page.index("</main")]
    assert auditor.get("/standard-forms").status_code == 200
    assert (
        auditor.post("/standard-forms", data={"key": "k-2", "name": "n", "text": agreement_text()}).status_code == 403
    )
