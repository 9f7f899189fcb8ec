"""An act on all that fit a search: asked about with its number, refused where the set changed, one record each."""

import re

from sqlalchemy import func, select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from compliance.desk import arranging
from compliance.desk.arranging_models import AgreementLabel
from tests.builders import at
from tests.builders_desk import opened_at, text_of, zh
from tests.builders_register import a_registered_agreement

NOW = at("Mon 2024-09-30 10:00")
MANY = 53  # more than a page


def many(session):
    for number in range(MANY):
        a_registered_agreement(session, order_no=f"30{number:03}", tenant_name="甲公司", tenant_key="jia")
    a_registered_agreement(session, order_no="4001", tenant_name="乙公司")


def labelled():
    session = db.session()
    session.rollback()
    return session.scalar(select(func.count(AgreementLabel.agreement_id)))


def confirmed(page):
    """The hidden fields that the page of confirmation sends back."""
    names = ("act", "to", "label", "query", "mark")
    body = page.get_data(as_text=True)
    return {name: re.search(f'type="hidden" name="{name}" value="([^"]*)"', body).group(1) for name in names}


def test_the_number_is_asked_about_first_and_then_every_page_is_labelled(app):
    client = opened_at(app, NOW, set_up=many)
    assert zh("all %(count)s that fit", count=MANY) in text_of(client.get("/agreements?q=甲公司"))
    asked = {"scope": "all", "query": "q=甲公司", "act": "label", "label": " 重点 "}
    page = client.post("/register/rows", data=asked)
    assert page.status_code == 200
    assert zh("Do it to all %(count)s", count=MANY) in text_of(page)
    assert labelled() == 0

    done = client.post("/register/all", data=confirmed(page))
    assert done.status_code == 302
    assert labelled() == MANY
    session = db.session()
    acts = session.scalar(select(func.count(AuditEvent.seq)).where(AuditEvent.act == "agreement.labelled"))
    assert acts == MANY
    session.rollback()
    assert zh("Nothing fits") not in text_of(client.get("/agreements?label=重点"))


def test_where_others_fit_by_then_nothing_is_done_and_the_new_number_is_asked_about(app):
    client = opened_at(app, NOW, set_up=many)
    page = client.post("/register/rows", data={"scope": "all", "query": "q=甲公司", "act": "assign", "to": "me"})
    with unit_of_work() as session:
        a_registered_agreement(session, order_no="30999", tenant_name="甲公司", tenant_key="jia")

    again = client.post("/register/all", data=confirmed(page))
    assert again.status_code == 409
    assert zh("Do it to all %(count)s", count=MANY + 1) in text_of(again)
    assert zh("Nothing fits") in text_of(client.get("/agreements?owner=me"))
    assert client.post("/register/all", data=confirmed(again)).status_code == 302
    assert zh("Nothing fits") not in text_of(client.get("/agreements?owner=me"))


def test_what_can_t_be_meant_is_refused_before_anybody_confirms(app, monkeypatch):
    client = opened_at(app, NOW, set_up=many)
    for wrong in (
        {"act": "label", "label": " "},
        {"act": "assign"},
        {"act": "suspend"},
        {"act": "label", "label": "重点", "query": "q=没有"},
    ):
        assert client.post("/register/rows", data={"scope": "all", "query": "q=甲公司", **wrong}).status_code == 422
    monkeypatch.setattr(arranging, "MOST_THAT_FIT", 10)
    refused = client.post("/register/rows", data={"scope": "all", "act": "label", "label": "重点"})
    assert refused.status_code == 422
    assert labelled() == 0


def test_the_lists_are_handed_out_whole_and_readers_change_nothing(app):
    client = opened_at(app, NOW, "auditor", set_up=many)
    lines = client.post("/register/rows", data={"scope": "all", "query": "q=甲公司", "act": "csv"}, buffered=True)
    assert len(lines.get_data(as_text=True).strip().splitlines()) == MANY + 1
    refused = client.post("/register/rows", data={"scope": "all", "act": "label", "label": "重点"})
    assert refused.status_code == 403
    assert client.post("/register/all", data={"act": "label", "label": "重点", "mark": ""}).status_code in {403, 409}
