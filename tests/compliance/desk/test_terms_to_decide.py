"""Main 二 3, I-7: decisions on terms wait on the first page, with our own limit, until somebody decides."""

from sqlalchemy import select

from agreements.kernel.db import unit_of_work
from agreements.register.correcting import propose_correction, reject_correction
from agreements.register.ledger import open_conflicts
from agreements.register.models import Agreement, Instrument
from agreements.register.online_terms import record_online_terms, resolve_conflict
from agreements.register.rules import TermFact
from agreements.register.snapshots import record_snapshot
from agreements.register.term_rules import Side
from agreements.register.term_tasks import TermTaskKind, term_tasks
from compliance.alarms.models import Alarm
from compliance.alarms.term_watch import SWEEPS
from tests.builders import at
from tests.builders_desk import move_clock, opened_at, read, text_of, zh
from tests.builders_register import APPROVER, OFFICER, a_paid_agreement, a_signed_supplement, an_upload

NOW = at("Tue 2024-10-08 12:00")
LIMIT = at("Sat 2024-10-12 00:00")  # three working days after Tuesday end on Friday; Saturday, a working one, is late
PERIOD = {"value": 5, "unit": "working_day", "starts": "change", "form": "written"}


def a_conflict(session):
    agreement = a_paid_agreement(session)
    record_online_terms(
        session,
        agreement.product,
        label="2024-07",
        effective_from_at=at("Mon 2024-07-01 00:00"),
        terms=[TermFact("change_notification", {**PERIOD, "value": 7, "unit": "calendar_day"}, "3.3")],
        upload=an_upload(),
        actor=OFFICER,
        now=NOW,
    )
    [conflict] = open_conflicts(session, agreement.id)
    return agreement, conflict


def a_correction(session, agreement):
    annex = session.scalars(select(Instrument).where(Instrument.agreement_id == agreement.id)).first()
    return propose_correction(
        session,
        agreement,
        "change_notification",
        {**PERIOD, "value": 10},
        instrument_id=annex.id,
        clause="3.3",
        reason="录入有误",
        actor=OFFICER,
        now=NOW,
    )


def run(session, now):
    for each in SWEEPS:
        for item in each.find(session, due_by=now):
            assert each.act(session, item, now=now)
        session.flush()


def calls(session):
    return [alarm.cause for alarm in session.scalars(select(Alarm).where(Alarm.settled_at.is_(None)))]


def test_a_conflict_waits_on_the_first_page_until_an_approver_decides(app):
    client = opened_at(app, NOW, "legal_approver", set_up=a_conflict)
    page = text_of(client.get("/"))
    assert zh("Terms that wait for a decision") in page
    assert zh("term_task.term_conflict") in page
    assert "2024年10月11日 周五 24:00" in page

    with unit_of_work() as session:
        [conflict] = open_conflicts(session)
        resolve_conflict(session, conflict, Side.ONLINE, reason="对我方更不利", actor=APPROVER, now=NOW)
    move_clock(at("Tue 2024-10-08 12:01"))
    assert zh("Terms that wait for a decision") not in text_of(client.get("/"))


def test_who_may_not_decide_reads_who_does(app):
    page = text_of(opened_at(app, NOW, "legal_officer", set_up=a_conflict).get("/"))

    assert f"{zh('waits:')} {zh('role.legal_approver')}" in page


def test_past_our_own_limit_legal_is_called_once_and_the_call_ends_with_the_decision(session):
    agreement, conflict = a_conflict(session)
    correction = a_correction(session, agreement)
    run(session, at("Fri 2024-10-11 23:59"))
    assert calls(session) == []

    run(session, LIMIT)
    run(session, LIMIT)
    assert calls(session) == [f"term_conflict:{conflict.id}", f"correction:{correction.id}"]
    assert session.scalars(select(Alarm.as_of).distinct()).all() == [LIMIT]

    resolve_conflict(session, conflict, Side.ANNEX, reason="对我方更不利", actor=APPROVER, now=LIMIT)
    reject_correction(session, correction, reason="原录入无误", actor=APPROVER, now=LIMIT)
    run(session, LIMIT)
    assert calls(session) == []


def test_a_supplement_in_force_overtakes_a_conflict(session):
    agreement, _ = a_conflict(session)
    assert [task.kind for task in term_tasks(session, now=NOW)] == [TermTaskKind.CONFLICT]
    a_signed_supplement(session, agreement, {"change_notification": {**PERIOD, "value": 10}}, now=NOW)

    assert term_tasks(session, now=NOW) == []


def test_the_page_names_who_looks_after_the_agreement(app):
    client = opened_at(app, NOW, "legal_approver", set_up=a_conflict)

    assert zh("nobody yet") in text_of(client.get("/"))
    assert read(lambda session: session.scalars(select(Agreement.owner_id)).one()) is None


def test_main_2_1_a_new_order_asks_for_its_product_page_until_it_is_kept(app):
    client = opened_at(app, at("Mon 2024-07-29 15:00"), "legal_officer", set_up=a_paid_agreement)
    page = text_of(client.get("/"))
    assert zh("Product page not kept") in page
    assert zh("Keep the page") in page

    with unit_of_work() as session:
        record_snapshot(
            session,
            session.scalars(select(Agreement)).one(),
            url="https://market.example/spec",
            displayed_at=at("Sun 2024-07-28 09:59"),
            calls_each=None,
            bonus_each=0,
            upload=an_upload("页面.pdf"),
            actor=OFFICER,
            now=at("Mon 2024-07-29 15:01"),
        )
    assert zh("Product page not kept") not in text_of(client.get("/"))


def test_after_two_weeks_nobody_is_asked_for_the_page_any_more(app):
    client = opened_at(app, at("Mon 2024-08-12 09:31"), set_up=a_paid_agreement)

    assert zh("Product page not kept") not in text_of(client.get("/"))
