"""The first page: what is due, for whom, by when, and why that date."""

from compliance.scheduling.jobs import JOBS
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_compliance import a_change, a_demanded_case, a_suspected_case, an_agreement_in_service
from tests.builders_desk import move_clock, opened_at, text_of, zh
from tests.builders_register import a_paid_agreement, a_registered_agreement
from tests.builders_scheduling import a_heartbeat


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
    assert zh("In the next 7 days") in page
    assert "2024年9月20日 周五 24:00" in page
    festival, made_up = zh("Mid-autumn Festival"), zh("day_kind.adjusted_working_day")
    assert f"2 2024年9月14日 周六 {made_up}" in page  # counted second
    assert f"– 2024年9月16日 周一 {festival}" in page  # skipped

    move_clock(at("Fri 2024-09-20 23:59"))
    assert zh("last working day") in text_of(client.get("/"))

    move_clock(at("Sat 2024-09-21 00:00"))
    page = text_of(client.get("/"))
    assert f"{zh('Overdue')} 1" in page  # by the bound: no sweep has run


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


def test_a_silent_scheduler_is_announced_in_red_until_it_runs(app):
    client = opened_at(app, at("Mon 2024-07-29 10:00"))
    assert 'class="alert alert-danger health-banner"' in client.get("/").get_data(as_text=True)

    for job in JOBS:
        a_heartbeat(job.name)
    assert "health-banner" not in client.get("/").get_data(as_text=True)
