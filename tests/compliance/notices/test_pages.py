"""The notice centre, one notice, recording an arrival, and the tenant's own page."""

from io import BytesIO

import pytest
from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.access.models import Locale
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.web import csrf, sessions
from compliance.notices.models import Arrival, Notice
from compliance.notices.rules import NoticeKind, NoticeState
from tests.builders import at
from tests.builders_access import csrf_token_of, signed_in_client
from tests.builders_files import a_small_pdf
from tests.builders_notices import (
    ADDRESS,
    a_draft,
    a_mail_server,
    a_queued_notice,
    a_sent_notice,
    an_approved_notice,
    link_token,
    pump,
)
from tests.builders_register import an_onboarded_agreement

RECEIPT = a_small_pdf("receipt")
TODAY = at("Wed 2024-09-25 10:00")
ARRIVED = {"basis": "designated_system", "arrived_at": "2024-09-23T09:40", "note": "收件系统记录"}


@pytest.fixture(autouse=True)
def _two_days_later(app):
    """Pages read the time of their database; here it is two days after the notices were drafted."""
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=TODAY)


@pytest.fixture
def sent(app):
    with unit_of_work() as session:
        return a_sent_notice(session).id


@pytest.fixture
def mailed(app):
    """(notice id, path of the tenant's page) of a notice that a real server took."""
    with unit_of_work() as session:
        notice_id = a_queued_notice(session).id
    with a_mail_server() as server:
        pump(server)
        return notice_id, f"/n/{link_token(server.wire[0][1])}"


def state_of(notice_id):
    session = db.session()
    session.rollback()
    session.expire_all()
    return session.get(Notice, notice_id).state


def test_an_empty_centre_says_what_belongs_here(app):
    page = signed_in_client(app).get("/notices")
    assert "尚无通知" in page.text


def test_failing_notices_stand_first_and_the_list_can_be_filtered(app):
    with unit_of_work() as session:
        first, second = (an_onboarded_agreement(session, order_no=str(n), tenant_name=f"公司{n}") for n in (1, 2))
        bounced = a_queued_notice(session, first, cause="case:1")
        newer = a_draft(session, second, cause="case:2", kind=NoticeKind.SUSPENSION_NOTICE)
        numbers = bounced.number, newer.number
    with a_mail_server() as server:
        server.answers[ADDRESS].append("550 gone")
        pump(server)
    client = signed_in_client(app)

    everything = client.get("/notices").text
    assert everything.index(numbers[0]) < everything.index(numbers[1])
    assert "有 1 份通知未能送达" in everything
    only_drafts = client.get("/notices?state=draft").text
    assert (numbers[0] in only_drafts, numbers[1] in only_drafts) == (False, True)
    only_failing = client.get("/notices?failing=1").text
    assert (numbers[0] in only_failing, numbers[1] in only_failing) == (True, False)
    assert numbers[1] in client.get("/notices?kind=suspension_notice&state=nonsense").text


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("build", [a_draft, an_approved_notice, a_queued_notice, a_sent_notice])
def test_a_notice_shows_its_letter_and_never_says_arrived_before_it_did(app, build, locale):
    with unit_of_work() as session:
        notice = build(session)
        path, number = f"/notices/{notice.id}", notice.number

    page = signed_in_client(app, locale=locale).get(path)

    assert page.status_code == 200
    assert f"通知编号：{number}" in page.text
    assert ADDRESS not in page.text
    arrived = page.text.split('class="proof-steps"')[1].split("</ol>")[0].split("proof-word")
    word = {Locale.ZH: "已到达", Locale.EN: "Arrived"}[locale]
    [step] = [part for part in arrived if part.startswith(f'">{word}<')]
    assert "<time" not in step


def test_sent_arrived_and_acknowledged_are_three_words(mailed, app):
    notice_id, path = mailed
    visitor_acknowledges(app, path)

    page = signed_in_client(app).get(f"/notices/{notice_id}").text

    for word in ("已发送（对方系统已接收）", "已到达", "对方已确认收到"):
        assert page.count(f'"proof-word">{word}<') == 1


def test_an_officer_records_an_arrival_with_its_proof(sent, app):
    client = signed_in_client(app)
    form = client.get(f"/notices/{sent}/arrival").text
    assert "登记已到达" in form
    assert "不得早于 2024-09-23 09:30" in form  # when the attempt that got through began
    assert "不得早于 2024-09-24 09:00" in form  # the next business opening

    answer = client.post(
        f"/notices/{sent}/arrival",
        data={
            "basis": "courier_receipt",
            "arrived_at": "2024-09-24T15:00",
            "note": "",
            "proof": (BytesIO(RECEIPT), "回单.pdf", "application/pdf"),
        },
        content_type="multipart/form-data",
    )

    assert answer.status_code == 302
    assert state_of(sent) is NoticeState.ARRIVED
    assert "回单.pdf" in client.get(f"/notices/{sent}").text
    proof = client.get(f"/notices/{sent}/proof")
    assert (proof.data, proof.headers["Content-Type"]) == (RECEIPT, "application/pdf")
    assert proof.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"basis": ""}, "basis"),
        ({"proof": None}, "proof"),
        ({"basis": "designated_system", "proof": None}, "proof"),
        ({"arrived_at": ""}, "arrived_at"),
        ({"arrived_at": "2024-09-22T09:00"}, "arrived_at"),
        ({"arrived_at": "2099-01-01T09:00"}, "arrived_at"),
        ({"basis": "should_know"}, "arrived_at"),
        ({"note": "长" * 1001}, "note"),
    ],
)
def test_an_arrival_without_what_it_needs_is_refused_beside_its_field(sent, app, changed, field):
    given = ARRIVED | {"proof": (BytesIO(RECEIPT), "回单.pdf", "application/pdf")} | changed

    answer = signed_in_client(app).post(
        f"/notices/{sent}/arrival",
        data={name: value for name, value in given.items() if value is not None},
        content_type="multipart/form-data",
    )

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert state_of(sent) is NoticeState.SENT


@pytest.mark.parametrize("role", ["legal_approver", "ops", "finance", "auditor", "admin"])
def test_only_a_legal_officer_records_arrivals(sent, app, role):
    client = signed_in_client(app, role)

    assert client.get("/notices").status_code == 200
    assert client.get(f"/notices/{sent}").status_code == 200
    assert client.get(f"/notices/{sent}/arrival").status_code == 403
    assert client.post(f"/notices/{sent}/arrival", data=ARRIVED).status_code == 403
    assert state_of(sent) is NoticeState.SENT


def test_a_stranger_sees_no_notice(sent, app):
    for path in ("/notices", f"/notices/{sent}", f"/notices/{sent}/arrival", f"/notices/{sent}/proof"):
        assert app.test_client().get(path).status_code == 302


def test_a_bounced_notice_is_queued_again_to_the_confirmed_address(app):
    with unit_of_work() as session:
        notice_id = a_queued_notice(session, address="old@tenant.example").id
    with a_mail_server() as server:
        server.answers["old@tenant.example"].append("550 gone")
        pump(server)
        page = signed_in_client(app).get(f"/notices/{notice_id}").text
        assert "本通知未能送达。" in page
        assert "550 gone" in page

        signed_in_client(app).post(f"/notices/{notice_id}/queue")
        pump(server, TODAY)

    assert [recipient for recipient, _ in server.wire] == [ADDRESS]
    assert state_of(notice_id) is NoticeState.SENT


def visitor_acknowledges(app, path):
    """Open the tenant's page and press its button, as a browser without an account."""
    client = app.test_client()
    cookie = client.get(path).headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
    token = csrf_token_of(app, cookie, sessions.VISITOR_COOKIE)
    client.set_cookie(sessions.VISITOR_COOKIE, cookie)
    return client.post(path, data={csrf.FIELD: token}), client


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_tenant_page_shows_the_letter_and_nothing_of_ours(mailed, app, language):
    notice_id, path = mailed

    for _ in range(3):
        page = app.test_client().get(path, headers={"Accept-Language": language})

    assert page.status_code == 200
    assert {"zh": "确认收到", "en": "Acknowledge receipt"}[language] in page.text
    assert "改正通知" in page.text
    for internal in ("case:1", "张三", ADDRESS, "SHA-256", 'href="/notices'):
        assert internal not in page.text
    assert 'name="robots" content="noindex' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert state_of(notice_id) is NoticeState.SENT


def test_a_mail_scanner_that_only_looks_or_posts_blindly_acknowledges_nothing(mailed, app):
    notice_id, path = mailed
    scanner = app.test_client()

    scanner.get(path)
    scanner.head(path)
    assert scanner.post(path).status_code == 403

    assert state_of(notice_id) is NoticeState.SENT


def test_the_tenant_acknowledges_once_and_is_told_so_the_second_time(mailed, app):
    notice_id, path = mailed

    answer, client = visitor_acknowledges(app, path)
    again, _ = visitor_acknowledges(app, path)

    assert (answer.status_code, again.status_code) == (302, 302)
    assert state_of(notice_id) is NoticeState.ACKNOWLEDGED
    page = client.get(path).text
    assert "已确认收到。" in page
    assert "<button" not in page.split('class="receipt"')[1]
    assert len(db.session().scalars(select(Arrival)).all()) == 1


def test_an_unknown_link_gets_one_plain_page(app):
    client = app.test_client()
    page = client.get("/n/unknown-token")

    assert page.status_code == 404
    assert "该链接无效或已失效。" in page.text
    assert "LINK_UNKNOWN" not in page.text
    answer, _ = visitor_acknowledges(app, "/n/unknown-token")
    assert answer.status_code == 404
