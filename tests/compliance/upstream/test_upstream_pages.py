"""The room of source notices: intake in a minute, who gets what before it goes, and legal's acts on the way."""

import io
import re

import pytest
from sqlalchemy import select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import unit_of_work
from agreements.products.models import DataSource, Product, ProductSource
from compliance.notices.models import Notice
from compliance.upstream.models import UpstreamAnswer, UpstreamChange, UpstreamImpact
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_compliance import arrive
from tests.builders_desk import move_clock, opened_at, read, text_of, zh
from tests.builders_files import A_PDF
from tests.builders_upstream import a_change, a_source, an_order, run

NOW = at("Fri 2024-11-08 17:00")


def a_pdf(name="通知.pdf", content=A_PDF):
    return (io.BytesIO(content), name)


def known(session):
    an_order(session, 1)
    an_order(session, 2, tenant="乙")
    a_source(session)


def intake(**changed):
    values = {
        "source": "1",
        "kinds": "price",
        "subject": "核验单价调整",
        "effective_on": "2024-12-01",
        "received_at": "2024-11-08T16:40",
        "received_via": "email",
        "file": a_pdf(),
    }
    return {name: value for name, value in (values | changed).items() if value is not None}


def in_database(work):
    """Do something as the scheduler would, and commit it."""
    with unit_of_work() as session:
        return work(session)


def count(model):
    return read(lambda session: session.query(model).count())


def a_version():
    return str(read(lambda session: session.scalars(select(UpstreamChange.version)).one()))


def recorded(session):
    """Received and typed in, not read by legal; the scheduler has found both agreements."""
    known(session)
    a_change(session, session.scalars(select(DataSource)).one(), triage=None)
    run(session, NOW)


def notified(session):
    """Both letters have left, and the first tenant's has arrived."""
    known(session)
    a_change(session, session.scalars(select(DataSource)).one())
    run(session, at("Fri 2024-11-08 16:41"))
    first = session.scalars(select(Notice).order_by(Notice.id)).first()
    arrive(session, first, at("Fri 2024-11-08 16:50"), now=NOW)
    run(session, NOW)


def test_an_empty_room_teaches(app):
    client = opened_at(app, NOW)

    page = text_of(client.get("/upstream"))

    assert zh("No source notice yet") in page
    assert zh("Nothing to score yet.") in page


def test_clause_2_4_a_notice_is_taken_in_on_one_page_and_its_letters_are_read_before_they_go(app):
    client = opened_at(app, NOW, set_up=known)

    answer = client.post("/upstream/new", intake())

    assert answer.location == "/upstream/1"
    assert count(Notice) == 0
    page = text_of(client.get("/upstream/1"))
    assert zh("Legal has not read this notice.") in page
    assert "2024年11月11日 周一 24:00" in page
    letters = text_of(client.get("/upstream/1/letters"))
    assert "示例甲科技（武汉）有限公司" in letters
    assert "示例乙科技（武汉）有限公司" in letters
    assert "核验单价调整" in letters
    assert "示例数据源" not in letters.partition(zh("Who gets what"))[2].partition("核验单价调整")[2]  # clause 5.1

    shown = text_of(client.get("/upstream/1/triage"))
    assert zh("All %(count)s letters", count="2") in shown
    decided = client.post("/upstream/1/triage", {"triage": "upstream_change", "version": a_version()})
    assert decided.status_code == 302
    in_database(lambda session: run(session, NOW))
    assert count(Notice) == 2


def test_a_notice_of_clause_2_4_can_be_let_go_at_once(app):
    client = opened_at(app, NOW, set_up=known)

    client.post("/upstream/new", intake(at_once="yes"))
    in_database(lambda session: run(session, NOW))

    assert count(Notice) == 2


def test_a_new_source_is_named_with_its_products(app):
    client = opened_at(app, NOW, set_up=known)
    product = str(read(lambda session: session.scalars(select(Product.id)).one()))
    new = intake(source="", new_source="另一数据源")
    assert 'id="products-error"' in client.post("/upstream/new", new).get_data(as_text=True)

    assert client.post("/upstream/new", intake(source="", new_source="另一数据源", products=product)).status_code == 302

    assert read(lambda session: session.scalars(select(DataSource.name).order_by(DataSource.id)).all()) == [
        "示例数据源",
        "另一数据源",
    ]
    assert count(ProductSource) == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"source": ""}, "source"),
        ({"new_source": "又一数据源"}, "new_source"),
        ({"kinds": None}, "kinds"),
        ({"kinds": "weather"}, "kinds"),
        ({"subject": " "}, "subject"),
        ({"subject": "价" * 201}, "subject"),
        ({"received_at": "2024-11-08T17:30"}, "received_at"),
        ({"received_at": "2023-11-01T17:30"}, "received_at"),
        ({"received_at": "Friday"}, "received_at"),
        ({"received_via": "pigeon"}, "received_via"),
        ({"effective_on": "soon"}, "effective_on"),
        ({"file": None}, "file"),
        ({"cancelled": "1", "products": "1"}, "cancelled"),
        ({"summary": "长" * 901}, "summary"),
    ],
)
def test_a_source_notice_at_fault_says_so_beside_its_field_and_keeps_the_rest(app, wrong, field):
    client = opened_at(app, NOW, set_up=known)

    answer = client.post("/upstream/new", intake(**wrong))

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    assert count(UpstreamChange) == 0


def test_the_same_notice_again_is_refused(app):
    client = opened_at(app, NOW, set_up=recorded)

    assert client.post("/upstream/new", intake()).status_code == 409


def test_the_list_counts_what_was_sent_and_arrived_and_is_loud_about_our_lateness(app):
    client = opened_at(app, NOW, set_up=notified)
    page = text_of(client.get("/upstream"))
    assert zh("Running now") in page
    assert zh("%(hours)s h %(minutes)s min left", hours="73", minutes=0) in page  # the target, Monday 18:00
    campaign = text_of(client.get("/upstream/1"))
    assert zh("impact_state.notified_on_time") in campaign
    assert "示例甲科技（武汉）有限公司" in campaign

    move_clock(at("Tue 2024-11-12 00:00"))

    late = zh("We are late: %(count)s source notices have not reached every tenant in time.", count=1)
    assert late in text_of(client.get("/upstream"))
    campaign = text_of(client.get("/upstream/1?show=late"))
    assert zh("We are late towards %(count)s agreements: our notice has not arrived in time.", count=1) in campaign
    assert zh("we are late") in campaign
    assert "示例甲科技（武汉）有限公司" not in campaign
    assert "示例乙科技（武汉）有限公司" in campaign


def test_irrelevant_needs_a_reason_and_an_approver_once_agreements_were_found(app):
    client = opened_at(app, NOW, set_up=recorded)
    approver = signed_in_client(app, "legal_approver", name="李审批")
    page = "/upstream/1/triage"
    nothing_chosen = client.post(page, {"triage": "", "version": a_version()})
    assert 'id="triage-error"' in nothing_chosen.get_data(as_text=True)
    choice = {"triage": "irrelevant", "version": a_version()}

    assert client.post(page, choice | {"reason": "与我方产品无关"}).status_code == 403
    assert 'id="reason-error"' in approver.post(page, choice).get_data(as_text=True)
    assert approver.post(page, choice | {"reason": "与我方产品无关"}).status_code == 302

    assert set(read(lambda session: session.scalars(select(UpstreamImpact.state)).all())) == {"not_applicable"}
    stale = approver.post(page, choice | {"reason": "再次"})
    assert stale.status_code == 409


def test_one_agreement_is_found_not_affected_by_an_approver(app):
    client = opened_at(app, NOW, set_up=recorded)
    approver = signed_in_client(app, "legal_approver", name="李审批")
    assert client.get("/upstream/agreements/1/exempt").status_code == 403
    assert 'id="reason-error"' in approver.post("/upstream/agreements/1/exempt", {"reason": ""}).get_data(as_text=True)

    assert approver.post("/upstream/agreements/1/exempt", {"reason": "未使用该字段"}).status_code == 302

    assert "未使用该字段" in text_of(client.get("/upstream/agreements/1"))


def test_a_slip_is_corrected_before_the_letters_and_a_correction_of_the_source_is_a_notice_of_its_own(app):
    client = opened_at(app, NOW, set_up=recorded)
    form = client.get("/upstream/1/restate").get_data(as_text=True)
    assert 'value="核验单价调整"' in form
    restated = {"kinds": "price", "subject": "核验结算单价调整", "effective_on": "2024-12-01", "version": a_version()}
    assert client.post("/upstream/1/restate", restated).status_code == 302
    assert client.post("/upstream/1/restate", restated).status_code == 409  # the version that was seen is gone

    amended = intake(source=None, subject="核验单价调整（更正）", version=a_version(), received_at="2024-11-08T16:55")
    looked = client.post("/upstream/1/amend", amended)

    assert "核验单价调整（更正）" in text_of(looked)
    assert zh("Who gets what") in text_of(looked)
    assert count(UpstreamChange) == 1  # nothing is recorded by looking
    seen = {"seen": re.search(r'name="seen" value="([0-9a-f]{64})"', looked.text).group(1)}
    without = client.post("/upstream/1/amend", amended | seen | {"file": (io.BytesIO(b""), "")})
    assert ('id="file-error"' in without.text, zh("Who gets what") in text_of(without)) == (True, True)
    other = client.post("/upstream/1/amend", amended | seen | {"subject": "另一句", "file": a_pdf()})
    assert ("另一句" in text_of(other), count(UpstreamChange)) == (True, 1)  # what was not seen is shown first
    answer = client.post("/upstream/1/amend", amended | seen | {"file": a_pdf()})

    assert answer.location == "/upstream/2"
    assert zh("The source corrected this notice:") in text_of(client.get("/upstream/1"))
    assert count(UpstreamChange) == 2


def test_a_withdrawal_tells_the_tenants_and_only_an_approver_may_keep_silent(app):
    client = opened_at(app, NOW, set_up=recorded)
    given = {"received_at": "2024-11-08T16:58", "reason": "数据源撤回", "file": a_pdf(), "version": a_version()}
    assert client.post("/upstream/1/withdraw", given | {"without_notice": "yes"}).status_code == 403
    early = client.post("/upstream/1/withdraw", given | {"received_at": "2024-11-08T16:00", "file": a_pdf()})
    assert 'id="received_at-error"' in early.get_data(as_text=True)

    approver = signed_in_client(app, "legal_approver", name="李审批")
    silent = approver.post("/upstream/1/withdraw", given | {"without_notice": "yes", "file": a_pdf()})

    assert silent.status_code == 302
    assert read(lambda session: session.scalars(select(UpstreamChange.state)).one()) == "withdrawn"
    assert client.get("/upstream/1/withdrawal-file").status_code == 200


def test_an_answer_on_paper_opens_the_aftermath_which_an_approver_ends(app):
    client = opened_at(app, NOW, set_up=notified)
    impact = read(lambda session: session.scalars(select(UpstreamImpact.id).order_by(UpstreamImpact.id)).first())
    page = f"/upstream/agreements/{impact}"
    paper = {"kind": "refuse", "text": "不接受涨价", "said_by": "周经理", "answered_at": "2024-11-08T16:55"}
    without_file = client.post(f"{page}/answer", paper)
    assert 'id="file-error"' in without_file.get_data(as_text=True)
    no_ground = client.post(f"{page}/answer", paper | {"text": "", "file": a_pdf()})
    assert 'id="text-error"' in no_ground.get_data(as_text=True)

    assert client.post(f"{page}/answer", paper | {"file": a_pdf()}).status_code == 302

    shown = text_of(client.get(page))
    assert "不接受涨价" in shown
    assert "周经理" in shown
    assert zh("impact_state.aftermath_negotiation") in shown
    assert client.post(f"{page}/sign", {"signed_at": "2024-11-08T16:59", "file": a_pdf()}).status_code == 403
    approver = signed_in_client(app, "legal_approver", name="李审批")
    refused = approver.post(f"{page}/sign", {"signed_at": "2024-11-08T16:59"})
    assert 'id="file-error"' in refused.get_data(as_text=True)
    approver.post(f"{page}/sign", {"signed_at": "2024-11-08T16:59", "file": a_pdf(), "note": "维持原价至期满"})
    assert "维持原价至期满" in text_of(client.get(page))
    assert approver.post(f"{page}/fail", {"reason": "协商不成"}).status_code == 409
    assert client.get(f"{page}/aftermath-file").status_code == 200


def test_a_question_is_replied_to_once(app):
    client = opened_at(app, NOW, set_up=notified)
    impact = read(lambda session: session.scalars(select(UpstreamImpact.id).order_by(UpstreamImpact.id)).first())
    asked = {"kind": "ask", "text": "已付款的次数是否受影响？", "said_by": "", "answered_at": "2024-11-08T16:55"}
    client.post(f"/upstream/agreements/{impact}/answer", asked | {"file": a_pdf()})
    question = read(lambda session: session.scalars(select(UpstreamAnswer.id)).one())
    assert zh("%(count)s questions of tenants wait for our reply.", count=1) in text_of(client.get("/upstream/1"))
    page = f"/upstream/answers/{question}/reply"
    assert 'id="reply-error"' in client.post(page, {"reply": " "}).get_data(as_text=True)

    assert client.post(page, {"reply": "已付款的次数价格不变。"}).status_code == 302

    assert "已付款的次数价格不变。" in text_of(client.get(f"/upstream/agreements/{impact}"))
    assert client.post(page, {"reply": "再次"}).status_code == 409
    assert client.get(f"/upstream/answers/{question}/file").status_code == 200
    assert client.get("/upstream/answers/99/file").status_code == 404


def test_it_is_closed_only_when_everybody_is_settled(app):
    client = opened_at(app, NOW, set_up=notified)

    early = client.post("/upstream/1/close", {"note": "全部办结", "version": a_version()})

    assert early.status_code == 409
    assert "全部办结" in early.get_data(as_text=True)


def test_a_product_that_stopped_is_put_on_offer_again_by_an_approver(app):
    def set_up(session):
        from compliance.upstream.rules import ChangeKind

        known(session)
        source = session.scalars(select(DataSource)).one()
        a_change(session, source, kinds=frozenset({ChangeKind.FULL_CANCELLATION}))

    client = opened_at(app, NOW, set_up=set_up)
    approver = signed_in_client(app, "legal_approver", name="李审批")
    page = "/upstream/1/products/1/restore"
    assert client.get(page).status_code == 403
    assert 'id="reason-error"' in approver.post(page, {"reason": ""}).get_data(as_text=True)

    approver.post(page, {"reason": "备用数据源已接替"})

    assert zh("restored") in text_of(client.get("/upstream/1"))
    assert approver.post(page, {"reason": "再次"}).status_code == 409
    assert approver.get("/upstream/1/products/9/restore").status_code == 404


def test_readers_read_and_change_nothing(app):
    opened_at(app, NOW, set_up=notified)
    auditor = signed_in_client(app, "auditor")

    for page in ("/upstream", "/upstream/1", "/upstream/1/letters", "/upstream/agreements/1", "/upstream/1/file"):
        assert auditor.get(page).status_code == 200, page
    before = count(AuditEvent)
    for page in (
        "/upstream/new",
        "/upstream/1/triage",
        "/upstream/1/withdraw",
        "/upstream/1/close",
        "/upstream/1/amend",
        "/upstream/1/restate",
        "/upstream/agreements/1/answer",
        "/upstream/agreements/1/exempt",
        "/upstream/agreements/1/sign",
        "/upstream/agreements/1/fail",
    ):
        assert auditor.get(page).status_code == 403, page
        assert auditor.post(page, {"reason": "x", "version": "1"}).status_code == 403, page
    assert auditor.post("/upstream/1/map").status_code == 403
    assert auditor.get("/upstream/99").status_code == 404
    assert count(AuditEvent) == before


def test_looking_changes_nothing(app):
    client = opened_at(app, NOW, set_up=recorded)
    before = count(AuditEvent)

    for page in ("/upstream/1", "/upstream/1/letters", "/upstream/1/triage", "/upstream/1/amend", "/upstream/1/close"):
        assert client.get(page).status_code == 200, page

    assert count(AuditEvent) == before
    assert client.client.post("/upstream/new", data=intake()).status_code == 403  # no form token


def test_looking_again_finds_who_joined(app):
    client = opened_at(app, NOW, set_up=recorded)
    in_database(lambda session: an_order(session, 3, tenant="丙"))

    client.post("/upstream/1/map")

    assert count(UpstreamImpact) == 3
