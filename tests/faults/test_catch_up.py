"""Reliability A3, A14, A15: thirty days in the dark over some four hundred deadlines, then one tick."""

import time
from itertools import pairwise

from sqlalchemy import func, select

from agreements.kernel.audit import AuditEvent, verify
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.sweeps import SweepFailure
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.alarms.models import Alarm
from compliance.breaches import board
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState
from compliance.breaches.waiting import Waits
from compliance.changes.models import ChangeEvent
from compliance.changes.notifying import record_change_notice
from compliance.changes.rules import NoticeVia
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.rules import WarningState
from compliance.notices.models import Notice
from compliance.obligations.models import Obligation, ObligationFiring
from compliance.obligations.rules import FormLevel, ObligationState
from compliance.service.models import Hold
from tests.builders import at
from tests.builders_downtime import BACK_AT, DARK_FROM, build, tick
from tests.builders_register import OFFICER, an_upload

MOST_SECONDS = 60


def test_thirty_days_in_the_dark_are_caught_up_in_due_order_each_stage_once(app, capsys):
    office = build(app)
    deadlines = how_many_fell_due()
    last_seen = newest_act()
    with unit_of_work() as session:  # A14: what the tenants sent in time is taken in first
        for change_id in office.in_time:
            change = session.get_one(ChangeEvent, change_id)
            record_change_notice(
                session,
                change.tenant,
                [change],
                arrived_at=at("Fri 2024-11-08 17:00"),
                form=FormLevel.WRITTEN,
                via=NoticeVia.EMAIL,
                upload=an_upload("变更通知.pdf"),
                actor=OFFICER,
                now=BACK_AT,
            )

    began, worked_before = time.monotonic(), time.process_time()
    done = tick(BACK_AT)
    seconds, worked = time.monotonic() - began, time.process_time() - worked_before

    with capsys.disabled():
        print(f"\n{deadlines} deadlines of 30 days caught up in {seconds:.1f} s ({worked:.1f} s of work)")
    assert deadlines >= 400
    assert worked < MOST_SECONDS  # of our own work: what others do on the machine meanwhile is no fault
    assert done.settled
    session = db.session()
    session.rollback()
    assert_each_stage_once(session, office)
    assert_in_due_order(session, after=last_seen)
    assert_nobody_suspended_unheard(session)
    assert_remedies_in_time_count(session, office)
    assert_the_poison_row_stopped_nobody(session, office)
    assert verify(session)

    newest = newest_act()
    tick(BACK_AT)
    assert newest_act() == newest  # nothing is done twice


def how_many_fell_due():
    """Count what falls due in the dark: bounds, warnings, arrivals whose clocks start, lapses, rungs of alarms."""
    session = db.session()
    session.rollback()
    ends = session.scalar(
        select(func.count(Agreement.id)).where(
            Agreement.service_end_exclusive_at > DARK_FROM, Agreement.service_end_exclusive_at <= BACK_AT
        )
    )
    starts = session.scalar(
        select(func.count(Agreement.id)).where(
            Agreement.state == AgreementState.EFFECTIVE, Agreement.service_start_at <= BACK_AT
        )
    )
    warnings = session.scalar(
        select(func.count(ExpiryWarning.id)).where(
            ExpiryWarning.state == WarningState.PLANNED, ExpiryWarning.due_at <= BACK_AT
        )
    )
    duties = session.scalar(
        select(func.count(Obligation.id)).where(
            Obligation.state == ObligationState.OPEN, Obligation.overdue_from <= BACK_AT
        )
    )
    clocks = session.scalar(
        select(func.count(BreachCase.id)).where(
            BreachCase.state == CaseState.RECTIFICATION_DEMANDED, BreachCase.rectification_obligation_id.is_(None)
        )
    )
    return ends + starts + warnings + duties + 2 * clocks  # a clock that starts runs out too


def newest_act():
    session = db.session()
    session.rollback()
    return session.scalar(select(func.max(AuditEvent.seq)))


def assert_each_stage_once(session, office):
    left = select(ExpiryWarning).where(ExpiryWarning.state == WarningState.PLANNED, ExpiryWarning.due_at <= BACK_AT)
    assert {row.agreement_id for row in session.scalars(left)} <= {office.poison}
    for row in session.scalars(select(ExpiryWarning).where(ExpiryWarning.state != WarningState.PLANNED)):
        assert row.as_of <= row.due_at <= row.bound_at
    overdue = session.scalars(select(Obligation).where(Obligation.state == ObligationState.OVERDUE)).all()
    fired = session.scalars(select(ObligationFiring)).all()
    assert len(fired) == len({firing.obligation_id for firing in fired}) >= len(overdue) > 0
    bound = {obligation.id: obligation.overdue_from for obligation in session.scalars(select(Obligation))}
    assert all(firing.as_of == bound[firing.obligation_id] <= firing.observed_at for firing in fired)
    assert not session.scalars(
        select(Obligation.id).where(Obligation.state == ObligationState.OPEN, Obligation.overdue_from <= BACK_AT)
    ).all()
    assert not session.scalars(
        select(Agreement.id).where(
            Agreement.state.in_((AgreementState.EFFECTIVE, AgreementState.IN_SERVICE)),
            Agreement.service_end_exclusive_at <= BACK_AT,
        )
    ).all()
    assert not session.scalars(select(BreachCase.id).where(BreachCase.state == CaseState.RECTIFICATION_DEMANDED)).all()
    for alarm in session.scalars(select(Alarm)):
        assert alarm.as_of <= alarm.raised_at


MOVES = ("agreement.start_service", "agreement.expire", "obligation.overdue", "case.lapse")


def assert_in_due_order(session, *, after):
    """The trail tells in which order things were done; each must have been due no earlier than the one before it."""
    events = session.scalars(select(AuditEvent).where(AuditEvent.seq > after).order_by(AuditEvent.seq)).all()
    places = [(event.act, place) for event in events if (place := due_place(session, event)) is not None]
    assert len({act for act, _ in places}) >= 6, places
    for (act, place), (next_act, next_place) in pairwise(places):
        assert place <= next_place, (act, place, next_act, next_place)


def due_place(session, event):
    """When the item behind an act of the tick fell due; None for what follows from it or prepares it."""
    if event.actor_name != "scheduler" or event.recorded_at != BACK_AT:
        return None
    if event.act in MOVES:
        return event.as_of
    kind, _, number = event.subject.partition(":")
    if event.act == "obligation.opened":
        return event.as_of
    if event.act in ("expiry.warned", "expiry.skipped"):
        column = ExpiryWarning.agreement_id if kind == "agreement" else ExpiryWarning.document_id
        return session.scalar(
            select(func.min(ExpiryWarning.due_at)).where(
                column == int(number), ExpiryWarning.recorded_at == BACK_AT, ExpiryWarning.as_of == ExpiryWarning.due_at
            )
        )
    return None


def assert_nobody_suspended_unheard(session):
    """No hold without a notice issued before it; what lapsed long ago waits for a person and says so."""
    holds = session.scalars(select(Hold)).all()
    assert 0 < len(holds) <= 3  # of the last working day, within the cap
    for hold in holds:
        notice = session.get_one(Notice, hold.notice_id)
        assert notice.approved_at <= hold.decided_at
        assert hold.effective_at is None
    waiting = session.scalars(select(BreachCase).where(BreachCase.state == CaseState.NOT_RECTIFIED)).all()
    rows = board.rows(session, waiting, now=BACK_AT)
    assert {row.waits for row in rows} == {Waits.FOUND_LATE}
    assert len(rows) >= 20


def assert_remedies_in_time_count(session, office):
    causes = [f"change:{change_id}" for change_id in office.in_time]
    duties = session.scalars(select(Obligation).where(Obligation.cause.in_(causes))).all()
    assert {duty.state for duty in duties} == {ObligationState.PERFORMED_ON_TIME}
    assert not session.scalars(
        select(BreachCase.id).where(BreachCase.obligation_id.in_([duty.id for duty in duties]))
    ).all()


def assert_the_poison_row_stopped_nobody(session, office):
    failures = session.scalars(select(SweepFailure)).all()
    assert [(failure.sweep, failure.item_id) for failure in failures] == [("expiry_warn", office.poison)]
