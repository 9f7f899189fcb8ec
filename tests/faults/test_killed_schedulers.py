"""kill -9 of the scheduler at random instants leaves each act and each notice exactly once in the ledger."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from email import message_from_bytes

import pytest
from sqlalchemy import func, select

from agreements.kernel import audit, clock
from agreements.kernel.db import db, unit_of_work
from app import create_app
from compliance.breaches.actions import accept_rectification, confirm, demand_rectification
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.suspension import decide_suspension, reinstate
from compliance.notices.models import DeliveryAttempt, Notice
from compliance.notices.rules import Language, NoticeKind, NoticeState
from compliance.obligations.models import ObligationFiring
from compliance.service.models import GatewayDirective, Hold
from tests.builders import at
from tests.builders_compliance import a_change, a_change_notice, an_agreement_in_service, arrive
from tests.builders_notices import a_mail_server
from tests.builders_register import APPROVER, OFFICER

AGREEMENTS = 8
KILLS_PER_STEP = 10
DRAIN_SECONDS = 60


class Schedulers:
    """Starts schedulers and kills them at random instants."""

    def __init__(self, instance, port, seed):
        self.random = random.Random(seed)
        self.forks = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.scheduler_forks", str(instance), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.kills = 0

    def start(self):
        self.forks.stdin.write("start\n")
        self.forks.stdin.flush()
        return int(self.forks.stdout.readline())

    def storm(self, kills):
        for _ in range(kills):
            pid = self.start()
            time.sleep(self.random.uniform(0.02, 0.45))
            os.kill(pid, signal.SIGKILL)
            self.kills += 1

    def run_until(self, reached):
        """Let one scheduler live until the ledger says so."""
        pid = self.start()
        until = time.monotonic() + DRAIN_SECONDS
        while not reached():
            assert time.monotonic() < until, "the schedulers did not get there"
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)

    def close(self):
        self.forks.stdin.close()
        self.forks.wait(10)
        self.forks.stdout.close()


@pytest.fixture
def mail_server():
    with a_mail_server() as server:
        yield server


@pytest.fixture
def rehearsal(instance, mail_server):
    """A rehearsal on 2024-09-12, its agreements with a change each, a mail server, and schedulers to kill."""
    app = create_app({"smtp_port": mail_server.port, "smtp_timeout_seconds": 2}, instance_path=str(instance))
    with app.app_context():
        with unit_of_work() as session:
            clock.install(session, rehearsal_at=at("Thu 2024-09-12 15:00"))
            for number in range(AGREEMENTS):
                agreement = an_agreement_in_service(
                    session, order_no=f"70000000000000{number}", tenant_name=f"海棠第{number}公司"
                )
                a_change(session, agreement)
        schedulers = Schedulers(instance, mail_server.port, seed=20240912)
        yield schedulers
        schedulers.close()
        db.session.remove()
        db.engine.dispose()


def set_clock(instant):
    with unit_of_work() as session:
        clock.set_rehearsal_clock(session, at(instant))


def all_cases(state):
    def reached():
        with unit_of_work() as session:
            return session.scalar(select(func.count(BreachCase.id)).where(BreachCase.state == state)) == AGREEMENTS

    return reached


def all_sent(kind):
    def reached():
        with unit_of_work() as session:
            sent = select(func.count(Notice.id)).where(
                Notice.kind == kind, Notice.state.in_([NoticeState.SENT, NoticeState.ARRIVED])
            )
            return session.scalar(sent) == AGREEMENTS

    return reached


def for_each_case(act):
    with unit_of_work() as session:
        for case in session.scalars(select(BreachCase).order_by(BreachCase.id)).all():
            act(session, case, clock.now(session))


def demand(session, case, now):
    confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=now)
    demand_rectification(
        session, case, stated_due_on=None, language=Language.ZH, version=case.version, actor=OFFICER, now=now
    )


def decide(session, case, now):
    """The cap lets the scheduler decide three; an approver decides the others."""
    if case.state is CaseState.NOT_RECTIFIED:
        decide_suspension(
            session, case, reason="逾期未改正", language=Language.ZH, version=case.version, actor=APPROVER, now=now
        )


def cure(session, case, now):
    a_change_notice(session, case, arrived=now)
    accept_rectification(session, case, note="已核验", version=case.version, actor=OFFICER, now=now)
    reinstate(session, case, language=Language.ZH, version=case.version, actor=APPROVER, now=now)


def test_fifty_kills_leave_each_notice_exactly_once_in_the_ledger(rehearsal, mail_server):
    def step(instant, reached):
        set_clock(instant)
        rehearsal.storm(KILLS_PER_STEP)
        rehearsal.run_until(reached)

    step("Sat 2024-09-21 00:00", all_cases(CaseState.SUSPECTED))
    set_clock("Mon 2024-09-23 10:00")
    for_each_case(demand)
    step("Mon 2024-09-23 10:01", all_sent(NoticeKind.RECTIFICATION_DEMAND))
    for_each_case(lambda session, case, now: arrive(session, case.demand_notice, now))
    set_clock("Sat 2024-09-28 00:00")
    rehearsal.storm(KILLS_PER_STEP // 2)
    rehearsal.run_until(three_decided_and_the_rest_waiting)
    for_each_case(decide)
    step("Sat 2024-09-28 09:00", all_sent(NoticeKind.SUSPENSION_NOTICE))
    for_each_case(lambda session, case, now: arrive(session, case.hold.notice, now))
    step("Sat 2024-09-28 09:05", all_cases(CaseState.SUSPENDED))
    set_clock("Tue 2024-10-08 10:00")
    for_each_case(cure)
    rehearsal.storm(KILLS_PER_STEP // 2)
    rehearsal.run_until(all_sent(NoticeKind.RESUME_NOTICE))

    assert rehearsal.kills == 50
    check_ledger()
    check_wire(mail_server.wire)


def three_decided_and_the_rest_waiting():
    with unit_of_work() as session:
        states = Counter(session.scalars(select(BreachCase.state)))
    return states == {CaseState.SUSPENSION_DECIDED: 3, CaseState.NOT_RECTIFIED: AGREEMENTS - 3}


def check_ledger():
    with unit_of_work() as session:
        assert session.scalar(select(func.count(ObligationFiring.id))) == 2 * AGREEMENTS  # change notice, rectification
        assert Counter(session.scalars(select(Notice.kind))) == {
            NoticeKind.RECTIFICATION_DEMAND: AGREEMENTS,
            NoticeKind.SUSPENSION_NOTICE: AGREEMENTS,
            NoticeKind.RESUME_NOTICE: AGREEMENTS,
        }
        assert session.scalar(select(func.count(Hold.id))) == AGREEMENTS
        assert session.scalar(select(func.count(GatewayDirective.id))) == 2 * AGREEMENTS
        acts = Counter(session.scalars(select(audit.AuditEvent.act)))
        for act in ("case.suspected", "case.lapse", "hold.decided", "hold.effective", "hold.lifted"):
            assert acts[act] == AGREEMENTS, act
        assert acts["notice.sent"] == 3 * AGREEMENTS
        audit.verify(session)


def check_wire(wire):
    """At least once each; a second copy only under the same id, with the same bytes, and each with its attempt."""
    copies = defaultdict(list)
    for _, content in wire:
        copies[message_from_bytes(content)["Message-ID"]].append(content)
    assert len(copies) == 3 * AGREEMENTS
    assert all(len(set(same)) == 1 for same in copies.values())
    with unit_of_work() as session:
        attempts = session.scalar(select(func.count(DeliveryAttempt.id)))
    assert attempts >= len(wire)
