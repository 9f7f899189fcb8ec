"""The first page: what is due, for whom, by when, and why that date."""

import re

import pytest

from agreements.kernel.db import unit_of_work
from compliance.alarms.actions import raise_alarm
from compliance.alarms.rules import AlarmKind
from compliance.scheduling.jobs import JOBS
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_compliance import a_change, a_demanded_case, a_suspected_case, an_agreement_in_service
from tests.builders_desk import move_clock, opened_at, text_of, zh
from tests.builders_register import a_paid_agreement, a_registered_agreement
from tests.builders_scheduling import a_heartbeat, a_parked_item


def test_an_empty_register_teaches_how_to_begin(app):
    client = opened_at(app, at("Mon 2024-07-29 09:00"))
    assert zh("Nothing is watched yet") in text_of(client.get("/"))


def test_a_duty_stands_under_the_day_it_falls_due_with_its_counted_days(app):
    def set_up(session):
        a_change(session, an_agreement_in_service(session))

    client = opened_at(app, at("Thu 2024-09-12 15:00"), set_up=set_up)
    assert "2024年9月20日" not in text_of(client.get("/"))  # eight days away

    move_clock(at("Fri 2024-09-13 09:00"))
    page = text_of(client.get("/"))
    assert zh("moment.soon") in page
    assert "2024年9月20日 周五 24:00" in page
    festival, made_up = zh("Mid-autumn Festival"), zh("day_kind.adjusted_working_day")
    assert f"2 2024年9月14日 周六 {made_up}" in page  # counted second
    assert f"– 2024年9月16日 周一 {festival}" in page  # skipped

    move_clock(at("Fri 2024-09-20 23:59"))
    assert zh("last working day") in text_of(client.get("/"))

    move_clock(at("Sat 2024-09-21 00:00"))
    page = text_of(client.get("/"))
    assert f"{zh('moment.overdue')} 1" in page  # by the bound: no sweep has run


def test_a_suspected_case_waits_for_the_officer_and_shows_others_what_is_waited_for(app):
    client = opened_at(app, at("Mon 2024-09-23 09:00"), set_up=a_suspected_case)
    act = zh("next_act.confirm_case")
    assert f"{zh('Cases that wait for a decision')} 1" in text_of(client.get("/"))
    assert f">{act}<" in client.get("/").get_data(as_text=True)

    page = signed_in_client(app, "auditor", name="钱审计").get("/")
    assert f"{zh('waits:')} {act}" in text_of(page)
    assert f">{act}<" not in page.get_data(as_text=True)


def test_a_demand_that_has_not_arrived_is_on_its_way(app):
    client = opened_at(app, at("Mon 2024-09-23 11:00"), set_up=a_demanded_case)
    page = text_of(client.get("/"))
    assert f"{zh('Demands not arrived yet')} 1" in page
    assert zh("Cases that wait for a decision") not in page


def test_agreements_that_are_not_in_service_wait_for_their_next_act(app):
    def set_up(session):
        a_registered_agreement(session, order_no="1001", tenant_name="甲公司")
        a_paid_agreement(session, order_no="1002", tenant_name="乙公司")

    page = text_of(opened_at(app, at("Mon 2024-07-29 10:00"), set_up=set_up).get("/"))
    assert f"{zh('Waiting for payment')} 1" in page
    assert f"{zh('Waiting to be opened')} 1" in page
    missing = ("document_business_licence", "document_business_description", "notice_address")
    assert f"{zh('Missing:')} {'、'.join(zh(f'obstacle.{word}') for word in missing)}" in page


def test_a_silent_scheduler_is_announced_in_red_on_every_page_until_it_runs(app):
    client = opened_at(app, at("Mon 2024-07-29 10:00"))
    for page in ("/", "/agreements", "/cases", "/account"):
        assert 'class="alert alert-danger health-banner"' in client.get(page).get_data(as_text=True)
    assert "health-banner" not in app.test_client().get("/sign-in").get_data(as_text=True)  # no visitor's business

    for job in JOBS:
        a_heartbeat(job.name)
    assert "health-banner" not in client.get("/").get_data(as_text=True)


def test_work_that_needs_a_person_is_announced_in_red_although_the_scheduler_is_punctual(app):
    client = opened_at(app, at("Mon 2024-07-29 10:00"))
    for job in JOBS:
        a_heartbeat(job.name)
    with unit_of_work() as session:
        session.add(a_parked_item())

    for page in ("/", "/agreements", "/cases", "/account"):
        told = client.get(page).get_data(as_text=True)
        assert 'class="alert alert-danger health-banner"' in told
        assert "定时任务有 1 项连续失败，需人工处理。" in told
        assert zh("job.lifecycle") in told


def test_duties_are_filtered_by_side_by_when_and_by_what_is_owed(app):
    client = opened_at(app, at("Mon 2024-09-23 11:00"), set_up=a_demanded_case)
    everything = text_of(client.get("/"))
    assert f"{zh('moment.overdue')} 1" in everything
    assert f"{zh('obligation.tenant_change_notification')} 1" in everything

    assert "海棠企业管理" in duties_of(client.get("/?side=theirs&when=overdue"))
    nothing = duties_of(client.get("/?side=theirs&when=today"))
    assert zh("Nothing fits this filter.") in nothing
    assert f"{zh('moment.overdue')} 1" in nothing  # the counts stay, so that the way back is seen
    assert "海棠企业管理" not in nothing
    assert "海棠企业管理" in duties_of(client.get("/?side=ours&when=overdue"))  # the other side is left alone


@pytest.mark.parametrize("query", ["side=nobody", "side=theirs&when=never&duty=x", "when=today", "side="])
def test_an_old_bookmark_of_a_filter_still_opens_the_page(app, query):
    client = opened_at(app, at("Mon 2024-09-23 11:00"), set_up=a_demanded_case)
    assert "海棠企业管理" in duties_of(client.get(f"/?{query}"))


def duties_of(response):
    """The words of the card of the tenants' duties."""
    card = response.get_data(as_text=True).partition('id="theirs"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", card).split())


def test_an_open_alarm_stands_first_with_the_way_to_its_matter(app):
    def set_up(session):
        case = a_demanded_case(session)
        notice = case.demand_notice
        raise_alarm(
            session,
            AlarmKind.NOTICE_BOUNCED,
            cause=f"notice:{notice.id}",
            stage="bounced",
            as_of=at("Mon 2024-09-23 10:30"),
            now=at("Mon 2024-09-23 10:31"),
            details={"number": notice.number},
        )

    page = opened_at(app, at("Mon 2024-09-23 11:00"), set_up=set_up).get("/")
    text = text_of(page)
    assert text.index(zh("severity.danger")) < text.index(zh("What we owe"))
    assert 'href="/notices/1"' in page.get_data(as_text=True)
