"""The tenant's page behind its one-purpose link: it reads, accepts, refuses or asks; a scanner changes nothing."""

import re
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.web import csrf, sessions
from compliance.notices.dispatch import message_of
from compliance.notices.models import Notice, Outbox
from compliance.upstream.answers import reply
from compliance.upstream.models import UpstreamAnswer, UpstreamImpact
from tests.builders import at
from tests.builders_access import csrf_token_of
from tests.builders_browser import a_browser, a_page, serving
from tests.builders_desk import move_clock, read, text_of, zh
from tests.builders_register import OFFICER
from tests.builders_upstream import a_change, a_source, an_order, run

NOW = at("Mon 2024-11-11 10:00")
RECEIVED = at("Fri 2024-11-08 16:40")
ACCEPT = {"kind": "accept", "text": "", "said_by": "周经理", "step": "send"}
REFUSE = ACCEPT | {"kind": "refuse", "text": "不接受涨价"}
ASK = ACCEPT | {"kind": "ask", "text": "已付款的次数是否受影响？"}


class Visitor:
    """A tenant's browser: no session, the cookie that its first page sets, and the form token that belongs to it."""

    def __init__(self, app):
        self.app, self.client, self.token = app, app.test_client(), ""

    def get(self, path):
        return self.client.get(path)

    def post(self, path, data):
        if not self.token:
            cookie = self.client.get(path).headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
            self.token = csrf_token_of(self.app, cookie, sessions.VISITOR_COOKIE)
            self.client.set_cookie(sessions.VISITOR_COOKIE, cookie)
        return self.client.post(path, data={csrf.FIELD: self.token, **data})


@pytest.fixture
def links(app):
    """Two tenants were told of a price rise, the first one of two orders; returns the address of each one's link."""
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=NOW)
        an_order(session, 1)
        an_order(session, 3)
        an_order(session, 2, tenant="乙")
        a_change(session, a_source(session))
        run(session, RECEIVED)
    session = db.session()
    found = [f"/a/{_token(session, outbox)}" for outbox in session.scalars(select(Outbox).order_by(Outbox.id))]
    db.session.remove()
    return found


def _token(session, outbox):
    text = message_from_bytes(message_of(session, outbox).content, policy=policy.default).get_content()
    return re.search(r"/a/([\w-]+)", text).group(1)


def states():
    return read(
        lambda session: [
            str(each) for each in session.scalars(select(UpstreamImpact.state).order_by(UpstreamImpact.id))
        ]
    )


def count(model):
    return read(lambda session: session.query(model).count())


def test_looking_changes_nothing_however_a_scanner_looks(app, links):
    before, told = count(AuditEvent), read(lambda session: session.scalars(select(Notice.state)).all())

    for _ in range(3):
        assert app.test_client().get(links[0]).status_code == 200
        assert app.test_client().head(links[0]).status_code == 200

    assert count(AuditEvent) == before
    assert read(lambda session: session.scalars(select(Notice.state)).all()) == told
    assert states() == ["pending"] * 3


def test_the_page_shows_the_letter_and_nothing_of_another_tenant_or_the_source(app, links):
    page = app.test_client().get(links[0])

    words = text_of(page)
    assert "示例甲科技（武汉）有限公司" in words
    assert "200000000000001" in words
    assert "200000000000003" in words
    for secret in ("示例乙", "示例数据源", "200000000000002"):
        assert secret not in page.get_data(as_text=True)
    assert "noindex" in page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"


def test_the_first_press_shows_the_answer_and_only_the_second_one_says_it(app, links):
    tenant = Visitor(app)

    review = tenant.post(links[0], REFUSE | {"step": "review"})

    assert "不接受涨价" in text_of(review)
    assert zh("answer_means.refuse") in text_of(review)
    assert count(UpstreamAnswer) == 0
    assert tenant.post(links[0], REFUSE).status_code == 302
    assert states() == ["aftermath_negotiation", "aftermath_negotiation", "pending"]


def test_clause_2_4_acceptance_covers_all_orders_and_can_not_be_turned_round(app, links):
    tenant = Visitor(app)

    answer = tenant.post(links[0], ACCEPT)

    assert answer.location == f"{links[0]}#said"
    assert states() == ["accepted", "accepted", "pending"]
    page = text_of(tenant.get(links[0]))
    assert zh("What you have told us") in page
    assert zh("Nothing is left to accept or refuse here: it was answered, corrected or withdrawn.") in page
    assert tenant.post(links[0], REFUSE).status_code == 409
    assert states() == ["accepted", "accepted", "pending"]


def test_some_orders_are_accepted_and_others_refused(app, links):
    tenant = Visitor(app)
    first, second, other = read(
        lambda session: session.scalars(select(UpstreamImpact.id).order_by(UpstreamImpact.id)).all()
    )

    tenant.post(links[0], ACCEPT | {"impacts": str(first)})
    tenant.post(links[0], REFUSE | {"impacts": str(second)})

    assert states() == ["accepted", "aftermath_negotiation", "pending"]
    foreign = tenant.post(links[0], ACCEPT | {"impacts": str(other)})
    assert foreign.status_code == 422
    assert states()[2] == "pending"


def test_e_29_a_refusal_is_explained_as_no_breach_and_no_refund(app, links):
    tenant = Visitor(app)

    tenant.post(links[1], REFUSE)

    told = "A refusal is no breach and gives no refund by itself. We will contact you to agree on the aftermath in a separate document."
    assert zh(told) in text_of(tenant.get(links[1]))


def test_a_question_moves_nothing_and_its_reply_stands_on_the_page(app, links):
    tenant = Visitor(app)

    tenant.post(links[1], ASK)

    assert states()[2] not in ("accepted", "aftermath_negotiation")
    assert zh("Our reply will stand here.") in text_of(tenant.get(links[1]))
    with unit_of_work() as session:
        question = session.scalars(select(UpstreamAnswer)).one()
        reply(session, question, text="已付款的次数价格不变。", actor=OFFICER, now=NOW)
    assert "已付款的次数价格不变。" in text_of(tenant.get(links[1]))
    assert tenant.post(links[1], ACCEPT).status_code == 302


def test_questions_are_bounded(app, links):
    tenant = Visitor(app)

    answers = [tenant.post(links[1], ASK).status_code for _ in range(7)]

    assert answers == [302] * 5 + [409] * 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "maybe"}, "kind"),
        ({"text": " "}, "text"),
        ({"said_by": " "}, "said_by"),
        ({"text": "长" * 2001}, "text"),
    ],
)
@pytest.mark.parametrize("step", ["review", "send"])
def test_an_answer_at_fault_says_so_beside_its_field(app, links, wrong, field, step):
    answer = Visitor(app).post(links[0], REFUSE | {"step": step} | wrong)

    if step == "review" and wrong == {"text": "长" * 2001}:
        return  # told when it is sent
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    assert count(UpstreamAnswer) == 0


def test_an_unknown_or_ended_link_says_what_to_do(app, links):
    tenant = Visitor(app)
    assert tenant.get("/a/unknown").status_code == 404

    move_clock(at("Mon 2026-11-09 10:00"))

    ended = tenant.get(links[0])
    assert ended.status_code == 404
    told = "Each letter has a link of its own that expires; the latest letter of this matter holds the one that works. You may also answer in writing to the address in the letter."
    assert zh(told) in text_of(ended)


def test_no_answer_without_the_form_token(app, links):
    assert app.test_client().post(links[0], data=ACCEPT).status_code == 403
    assert count(UpstreamAnswer) == 0


def test_the_page_speaks_english_too(app, links):
    page = app.test_client().get(links[0], headers={"Accept-Language": "en"}).get_data(as_text=True)

    assert "We don&#39;t accept" in page
    assert 'lang="zh-CN"' in page  # the letter itself is Chinese


def test_what_was_typed_stays_when_the_language_is_switched(app, links):
    tenant = Visitor(app)
    typed = {"kind": "refuse", "text": "不接受涨价", "said_by": "周经理"}

    page = tenant.post(links[0], typed | {"locale": "en"})

    assert page.status_code == 200
    assert "What do you want to tell us?" in text_of(page)
    assert '<html lang="en"' in page.text
    assert re.search(r'value="refuse"[^>]* checked', page.text)
    assert all(value in page.text for value in ("不接受涨价", "周经理"))
    assert "What do you want to tell us?" in text_of(tenant.get(links[0]))  # the choice is kept
    assert count(UpstreamAnswer) == 0


def test_half_an_answer_is_shown_in_the_other_language_without_a_complaint(app, links):
    page = Visitor(app).post(links[0], {"text": "还没写完", "said_by": "", "locale": "en"})

    assert (page.status_code, "还没写完" in page.text) == (200, True)


def test_the_answer_about_to_be_sent_is_shown_in_the_other_language_and_taken_back(app, links):
    tenant = Visitor(app)
    review = REFUSE | {"shown": "review"}

    english = tenant.post(links[0], {name: review[name] for name in review if name != "step"} | {"locale": "en"})
    back = tenant.post(links[0], review | {"step": "back"})

    assert 'name="step" value="send"' in english.text
    assert '<html lang="en"' in english.text
    assert "不接受涨价" in back.text
    assert 'name="step" value="review"' in back.text
    assert count(UpstreamAnswer) == 0
    assert tenant.post(links[0], review).status_code == 302


@pytest.mark.parametrize(("path", "locale", "status"), [("/a/none", "en", 404), (None, "fr", 422)])
def test_an_unknown_link_or_language_is_refused(app, links, path, locale, status):
    tenant = Visitor(app)
    tenant.post(links[0], ASK | {"locale": "zh"})  # has the form's token now

    assert tenant.post(path or links[0], ASK | {"locale": locale}).status_code == status


@pytest.mark.both_engines
@pytest.mark.parametrize("field", ["text", "said_by"])
def test_what_cannot_be_shown_is_not_taken(app, links, field):
    answer = Visitor(app).post(links[0], ASK | {field: "a\x00b"})

    assert (answer.status_code, field in answer.text) == (422, True)
    assert count(UpstreamAnswer) == 0


@pytest.mark.browser
def test_in_a_browser_the_switch_keeps_what_was_typed_and_enter_still_looks_at_the_answer(app, links):
    complaints = []
    with a_browser() as browser, serving(app) as address:
        page = a_page(browser, complaints=complaints, width=360, language="zh-CN")
        page.goto(address + links[0])
        page.check("input[value=ask]")
        page.fill("textarea[name=text]", "已付款的次数\n是否受影响？")
        page.fill("input[name=said_by]", "周经理")
        page.click("button[name=locale][value=en]")
        assert page.get_attribute("html", "lang") == "en"
        assert page.input_value("textarea[name=text]") == "已付款的次数\n是否受影响？"
        assert page.is_checked("input[value=ask]")

        page.press("input[name=said_by]", "Enter")
        page.click("button[name=locale][value=zh]")

        assert page.get_attribute("html", "lang") == "zh-CN"
        page.click("button[value=back]")
        assert page.input_value("textarea[name=text]") == "已付款的次数\n是否受影响？"
        assert page.input_value("input[name=said_by]") == "周经理"
    assert complaints == []
