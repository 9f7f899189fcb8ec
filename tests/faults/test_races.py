"""Several at once on one thing: one of them is first, the others are told, and no cap is passed."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.audit import verify as verify_trail
from agreements.kernel.db import unit_of_work
from agreements.kernel.errors import Conflict
from agreements.kernel.money import Money
from agreements.kernel.sweeps import run_sweep
from agreements.parties.actions import confirm_notice_address
from agreements.parties.models import NoticeAddress, Tenant
from agreements.register.actions import confirm_payment
from agreements.register.models import Agreement
from compliance.breaches.actions import confirm, demand_rectification, dismiss
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.sweeps import SWEEPS
from compliance.notices.arrivals import TENANT, acknowledge
from compliance.notices.models import Arrival, Notice
from compliance.notices.rules import Language, NoticeState
from compliance.service.models import GatewayDirective, Hold
from tests.builders import at, day
from tests.builders_compliance import a_change, a_suspected_case, an_agreement_in_service, arrive, sweep
from tests.builders_notices import a_mail_server, a_queued_notice, link_token, pump
from tests.builders_register import FINANCE, OFFICER, a_registered_agreement, an_upload

pytestmark = pytest.mark.both_engines

SCHEDULERS = 3
CASES = 8
CAP = 3
LAPSED_AT = at("Sat 2024-09-28 00:00")
SWEEP_OF = {each.name: each for each in SWEEPS}


def at_once(app, *works):
    """Do all of these at one moment, each in a unit of its own; return “done” or the refusal's class of each."""
    start = threading.Barrier(len(works))

    def alone(work):
        with app.app_context():
            start.wait()
            try:
                with unit_of_work() as session:
                    work(session)
            except Conflict:
                return "refused"
            return "done"

    with ThreadPoolExecutor(len(works)) as threads:
        return Counter(threads.map(alone, works))


def sweep_at_once(app, name, *, now):
    """Let three schedulers run a sweep at one moment; return how many acts each made."""
    start = threading.Barrier(SCHEDULERS)

    def scheduler(_number):
        with app.app_context():
            start.wait()
            return run_sweep(SWEEP_OF[name], due_by=now, now=now)

    with ThreadPoolExecutor(SCHEDULERS) as threads:
        runs = list(threads.map(scheduler, range(SCHEDULERS)))
    assert not any(run.failed for run in runs)
    return sum(run.done for run in runs)


def unrectified_cases(*, tenant_names):
    """Cases whose demand arrived on Tue 2024-09-24 and whose date passed on Fri 2024-09-27."""
    with unit_of_work() as session:
        agreements = {
            name: an_agreement_in_service(session, order_no=f"70000000000000{number}", tenant_name=name)
            for number, name in enumerate(tenant_names)
        }
        for agreement in agreements.values():
            a_change(session, agreement)
        sweep(session, at("Sat 2024-09-21 00:00"), "obligation_sweep")
        for case in session.scalars(select(BreachCase)).all():
            now = at("Mon 2024-09-23 10:00")
            confirm(session, case, ground_class=GroundClass.OTHER, version=1, actor=OFFICER, now=now)
            demand_rectification(
                session,
                case,
                stated_due_on=day("Fri 2024-09-27"),
                language=Language.ZH,
                version=2,
                actor=OFFICER,
                now=now,
            )
            arrive(session, case.demand_notice, at("Tue 2024-09-24 11:00"))
        sweep(session, LAPSED_AT, "rectification_sweep")


def test_of_two_people_who_act_on_one_case_the_second_is_told(app):
    """E-52: both saw the same version."""
    with unit_of_work() as session:
        case_id = a_suspected_case(session).id
    now = at("Mon 2024-09-23 10:00")

    def confirms(session):
        case = session.get_one(BreachCase, case_id)
        confirm(session, case, ground_class=GroundClass.OTHER, version=1, actor=OFFICER, now=now)

    def dismisses(session):
        case = session.get_one(BreachCase, case_id)
        dismiss(session, case, reason="已按期通知", version=1, actor=OFFICER, now=now)

    assert at_once(app, confirms, dismisses, confirms) == {"done": 1, "refused": 2}
    with unit_of_work() as session:
        assert session.get_one(BreachCase, case_id).version == 2


def test_three_schedulers_together_stay_within_the_cap_of_suspensions(app):
    unrectified_cases(tenant_names=[f"示例{number}公司" for number in range(CASES)])

    assert sweep_at_once(app, "suspension_decide", now=LAPSED_AT) == CAP

    with unit_of_work() as session:
        states = Counter(session.scalars(select(BreachCase.state)))
        assert states == {CaseState.SUSPENSION_DECIDED: CAP, CaseState.NOT_RECTIFIED: CASES - CAP}
        assert session.scalar(select(func.count(Hold.id))) == CAP
        verify_trail(session)


def test_three_schedulers_together_give_a_tenant_s_directives_one_epoch_each(app):
    unrectified_cases(tenant_names=["示例甲公司", "示例甲公司"])
    sweep_at_once(app, "suspension_decide", now=LAPSED_AT)
    with unit_of_work() as session:
        for hold in session.scalars(select(Hold)).all():
            arrive(session, hold.notice, at("Sat 2024-09-28 10:00"))

    assert sweep_at_once(app, "suspension_execute", now=at("Sat 2024-09-28 10:01")) == 2

    with unit_of_work() as session:
        assert sorted(session.scalars(select(GatewayDirective.epoch))) == [1, 2]
        assert all(session.scalars(select(Hold.effective_at)))


def test_three_schedulers_together_open_one_case_for_a_missed_duty(app):
    with unit_of_work() as session:
        for number in range(CASES):
            a_change(
                session,
                an_agreement_in_service(session, order_no=f"70000000000000{number}", tenant_name=f"示例{number}公司"),
            )

    assert sweep_at_once(app, "obligation_sweep", now=at("Sat 2024-09-21 00:00")) == CASES

    with unit_of_work() as session:
        assert session.scalar(select(func.count(BreachCase.id))) == CASES


def test_a_payment_recorded_twice_at_once_counts_once(app):
    with unit_of_work() as session:
        agreement_id = a_registered_agreement(session).id

    def pays(session):
        agreement = session.get_one(Agreement, agreement_id)
        confirm_payment(
            session,
            agreement,
            amount=Money(agreement.paid_amount_fen),
            paid_at=at("Sun 2024-07-28 10:00"),
            reference="PAY-1",
            actor=FINANCE,
            now=at("Mon 2024-07-29 09:30"),
        )

    assert at_once(app, pays, pays, pays) == {"done": 1, "refused": 2}
    with unit_of_work() as session:
        acts = Counter(session.scalars(select(AuditEvent.act)))
        assert acts["agreement.complete_payment"] == acts["agreement.start_service"] == 1


def test_one_order_registered_twice_at_once_is_one_agreement(app):
    def registers(session):
        a_registered_agreement(session)

    assert at_once(app, registers, registers, registers) == {"done": 3}
    with unit_of_work() as session:
        assert session.scalar(select(func.count(Agreement.id))) == 1
        assert session.scalar(select(func.count(Tenant.id))) == 1


def test_an_arrival_acknowledged_and_recorded_at_once_is_one_fact(app):
    with a_mail_server() as server:
        with unit_of_work() as session:
            notice_id = a_queued_notice(session).id
        pump(server)
        token = link_token(server.wire[0][1])
    now = at("Mon 2024-09-23 11:00")

    def acknowledges(session):
        acknowledge(session, token, now=now)

    def records(session):
        arrive(session, session.get_one(Notice, notice_id), now)

    assert at_once(app, acknowledges, records, acknowledges)["done"] >= 2
    with unit_of_work() as session:
        assert session.scalar(select(func.count(Arrival.id))) == 1
        assert session.get_one(Notice, notice_id).state is NoticeState.ACKNOWLEDGED
        acts = session.scalars(select(AuditEvent).where(AuditEvent.act == "notice.acknowledged")).all()
        assert [act.actor_kind for act in acts] == [TENANT.kind]


def test_of_two_address_confirmations_at_once_one_is_in_force(app):
    with unit_of_work() as session:
        tenant_id = an_agreement_in_service(session).tenant_id

    def designates(address):
        def work(session):
            confirm_notice_address(
                session,
                session.get_one(Tenant, tenant_id),
                address,
                signed_on=day("Mon 2024-09-23"),
                proof=an_upload(),
                actor=OFFICER,
                now=at("Mon 2024-09-23 10:00"),
            )

        return work

    assert at_once(app, designates("a@tenant.example"), designates("b@tenant.example")) == {"done": 2}
    with unit_of_work() as session:
        in_force = select(func.count(NoticeAddress.id)).where(NoticeAddress.ended_at.is_(None))
        assert session.scalar(in_force) == 1
