"""Clause 2.4 on Today and on the pages of tenant and agreement: who has been told, how long is left, and our lateness."""

import pytest

from compliance.desk.sources import running_notices
from compliance.obligations.rules import ObligationCode
from tests.builders import at
from tests.builders_compliance import arrive
from tests.builders_desk import opened_at, text_of, zh
from tests.builders_upstream import a_change, a_source, an_order, impact_of, run

SATURDAY, TUESDAY = at("Sat 2024-11-09 09:00"), at("Tue 2024-11-12 00:00")


def two_tenants_told(session):
    """Received Fri 2024-11-08 16:40, due Mon 2024-11-11 24:00; letters written on Saturday, the first arrived then."""
    first, second = an_order(session, 1, tenant_key="jia"), an_order(session, 2, tenant="乙")
    change = a_change(session, a_source(session))
    run(session, SATURDAY)
    arrive(session, impact_of(session, change, first).notice, at("Sat 2024-11-09 10:00"))
    run(session, at("Sat 2024-11-09 10:00"))
    return change, first, second


@pytest.mark.both_engines
def test_a_campaign_counts_whom_its_letters_reached_and_who_is_still_owed(session):
    change, *_ = two_tenants_told(session)

    [row] = running_notices(session, now=at("Sun 2024-11-10 09:00"))

    assert row.change.id == change.id
    assert (row.affected, row.arrived, row.waiting, row.overdue) == (2, 1, 1, 0)
    assert row.overdue_from == TUESDAY
    assert row.target_at == at("Mon 2024-11-11 18:00")
    assert not row.is_late


@pytest.mark.both_engines
def test_from_the_bound_on_we_are_late_by_whoever_was_not_reached(session):
    two_tenants_told(session)

    [row] = running_notices(session, now=TUESDAY)

    assert row.is_late
    assert row.overdue == 1


@pytest.mark.both_engines
def test_a_notice_that_nobody_has_mapped_runs_by_the_standard_form(session):
    an_order(session, 1)
    a_change(session, a_source(session), triage=None)

    [row] = running_notices(session, now=at("Fri 2024-11-08 17:00"))

    assert (row.affected, row.overdue_from) == (0, TUESDAY)
    assert running_notices(session, now=TUESDAY)[0].is_late


@pytest.mark.both_engines
def test_a_campaign_whose_every_tenant_was_told_does_not_run_any_more(session):
    change, _, second = two_tenants_told(session)
    arrive(session, impact_of(session, change, second).notice, at("Mon 2024-11-11 09:00"))
    run(session, at("Mon 2024-11-11 09:00"))

    assert running_notices(session, now=TUESDAY) == []


def test_today_counts_down_and_then_says_that_we_are_late(app):
    client = opened_at(app, at("Mon 2024-11-11 16:40"), set_up=two_tenants_told)
    page = text_of(client.get("/"))
    assert f"{zh('Source notices running')} 1" in page
    assert "7 小时 20 分钟" in page  # to the bound
    assert zh("our target in %(time)s", time="1 小时 20 分钟") in page
    listed = text_of(client.get(f"/?side=ours&duty={ObligationCode.PROVIDER_UPSTREAM_NOTICE.value}"))
    assert listed.count(zh("obligation.provider_upstream_notice")) > page.count(
        zh("obligation.provider_upstream_notice")
    )


def test_today_is_as_loud_about_our_lateness_as_about_theirs(app):
    client = opened_at(app, at("Tue 2024-11-12 09:00"), set_up=two_tenants_told)
    page = text_of(client.get("/"))
    assert f"1 {zh('We are late')}" in page
    assert zh("late by %(time)s", time="9 小时 0 分钟") in page


def test_agreement_and_tenant_tell_of_the_change_that_touches_them(app):
    client = opened_at(app, at("Sun 2024-11-10 09:00"), set_up=two_tenants_told)
    for address in ("/agreements/200000000000001", "/tenants/jia"):
        page = text_of(client.get(address))
        assert "核验单价调整" in page
        assert zh("impact_state.notified_on_time") in page
    assert zh("%(count)s of them late", count=1) not in page
