"""A changed calendar and the dates that are open (T-14, E-47, E-48; A8, A9)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from agreements.calendar.actions import calendar_with, load_year, working_calendar
from agreements.calendar.deadline_rules import Counting
from agreements.calendar.deadline_table import DeadlineRule, Debtor
from agreements.calendar.published import published_calendar
from agreements.calendar.rules import DayRuling, with_rulings
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, NotPermitted, Stale
from agreements.kernel.instants import end_of
from agreements.kernel.sweeps import run_sweep
from compliance.alarms.actions import open_alarms
from compliance.alarms.calendar_watch import GUARD, RECOUNT, recount_one, resolve_recount
from compliance.alarms.rules import AlarmKind
from compliance.obligations.actions import mark_overdue, record_performance
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import (
    OpenDate,
    RecountOutcome,
    RecountReason,
    RecountResolution,
    judge_recount,
)
from compliance.obligations.recounting import moves_under, not_recounted, recount, undecided
from compliance.obligations.rules import ObligationState
from tests.builders import a_person, at, day
from tests.builders_calendar import OURS, TENANTS, a_duty, a_long_agreement, a_year_2027, rule
from tests.builders_register import APPROVER, OFFICER


def recount_all(session, now):
    rows = []
    for item in not_recounted(session, due_by=now):
        rows.append(recount(session, item, now=now))
        session.flush()
    return [row for row in rows if row is not None]


def test_a_8_a_provisional_date_becomes_final_when_its_year_is_loaded(session):
    now = at("Tue 2026-12-29 10:00")
    agreement = a_long_agreement(session)
    theirs = a_duty(session, agreement, TENANTS, "Mon 2026-12-28")
    ours = a_duty(session, agreement, OURS, "Thu 2026-12-31", number=2)
    assert (theirs.provisional, theirs.due_on) == (True, day("Tue 2027-01-05"))
    assert (ours.provisional, ours.due_on) == (True, day("Sat 2027-01-02"))
    before = ours.calendar_version

    load_year(session, a_year_2027(), actor=APPROVER, now=now)
    rows = recount_all(session, now)

    assert (theirs.provisional, theirs.due_on, theirs.generation) == (False, day("Tue 2027-01-05"), 2)
    assert (ours.provisional, ours.due_on, ours.generation) == (False, day("Mon 2027-01-04"), 2)
    assert ours.overdue_from == end_of(day("Mon 2027-01-04"))
    assert ours.target_at == at("Mon 2027-01-04 18:00")
    assert {(row.reason, row.from_version) for row in rows} == {
        (RecountReason.BECAME_FINAL, before),
        (RecountReason.MOVED_LATER, before),
    }
    assert ours.calendar_version == rows[0].to_version == working_calendar(session).version
    assert ours.count_trace["days"][-1]["day"] == "2027-01-04"
    assert recount_all(session, now) == []


def test_a_9_a_change_that_moves_50_of_200_recounts_exactly_those(app):
    opened, changed = at("Mon 2026-11-02 09:00"), at("Wed 2026-11-04 09:00")
    with unit_of_work() as session:
        agreement = a_long_agreement(session)
        for number in range(200):
            moved = number % 4 == 0
            a_duty(
                session, agreement, TENANTS, "Mon 2026-11-09" if moved else "Mon 2026-11-02", number=number, now=opened
            )
        old = working_calendar(session).version
    with unit_of_work() as session:
        rule(session, "Fri 2026-11-13", is_working=False, now=changed)
        new = working_calendar(session).version

    run = run_sweep(RECOUNT[0], due_by=changed, now=changed)
    again = run_sweep(RECOUNT[0], due_by=changed, now=changed)

    assert (run.done, run.failed, again.done) == (50, 0, 0)
    with unit_of_work() as session:
        rows = session.scalars(select(ObligationRecount)).all()
        assert len(rows) == 50
        assert {(row.outcome, row.from_due_on, row.counted_on) for row in rows} == {
            (RecountOutcome.APPLIED, day("Mon 2026-11-16"), day("Tue 2026-11-17"))
        }
        events = session.scalars(select(AuditEvent).where(AuditEvent.act == "obligation.recounted")).all()
        assert len(events) == 50
        assert {(event.details["from_calendar"], event.details["to_calendar"]) for event in events} == {(old, new)}
        due = dict(session.execute(select(Obligation.due_on, func.count()).group_by(Obligation.due_on)).all())
        assert due == {day("Tue 2026-11-17"): 50, day("Mon 2026-11-09"): 150}
        assert set(session.scalars(select(Obligation.calendar_version))) == {new}


def test_a_recount_that_is_cut_short_is_finished_by_the_next_run_and_nothing_twice(app):
    changed = at("Wed 2026-11-04 09:00")
    with unit_of_work() as session:
        agreement = a_long_agreement(session)
        for number in range(12):
            a_duty(session, agreement, TENANTS, "Mon 2026-11-02", number=number)
        rule(session, "Fri 2026-11-06", is_working=False, now=changed)
    asked = iter([True] * 5 + [False])

    first = run_sweep(RECOUNT[0], due_by=changed, now=changed, go_on=lambda: next(asked))
    rest = run_sweep(RECOUNT[0], due_by=changed, now=changed)

    assert (first.done, first.interrupted, rest.done) == (5, True, 7)
    with unit_of_work() as session:
        assert session.scalar(select(func.count(ObligationRecount.id))) == 12
        assert set(session.scalars(select(Obligation.generation))) == {2}


def test_what_is_overdue_or_performed_is_untouched(session):
    agreement = a_long_agreement(session)
    late = a_duty(session, agreement, TENANTS, "Mon 2026-11-02", number=1)
    done = a_duty(session, agreement, TENANTS, "Mon 2026-11-02", number=2)
    unrecorded = a_duty(session, agreement, TENANTS, "Mon 2026-11-02", number=3)
    record_performance(
        session, done, performed_at=at("Tue 2026-11-03 10:00"), actor=OFFICER, now=at("Tue 2026-11-03 10:00")
    )
    now = at("Tue 2026-11-10 09:00")
    mark_overdue(session, late, now=now)

    rule(session, "Wed 2026-11-04", is_working=False, now=now)

    assert recount_all(session, now) == []
    assert not_recounted(session, due_by=now) == []
    assert {each.due_on for each in (late, done, unrecorded)} == {day("Mon 2026-11-09")}
    assert late.state is ObligationState.OVERDUE
    assert mark_overdue(session, unrecorded, now=now), "it was late before the calendar changed"


def test_a_calendar_loaded_before_the_bound_counts_though_the_scheduler_comes_later(session):
    agreement = a_long_agreement(session)
    duty = a_duty(session, agreement, TENANTS, "Mon 2026-11-02")
    rule(session, "Wed 2026-11-04", is_working=False, now=at("Mon 2026-11-09 20:00"))

    [row] = recount_all(session, at("Wed 2026-11-11 09:00"))

    assert (row.reason, duty.due_on) == (RecountReason.MOVED_LATER, day("Tue 2026-11-10"))


def test_e_48_what_a_tenant_owes_is_never_moved_earlier_by_itself(session):
    agreement = a_long_agreement(session)
    theirs = a_duty(session, agreement, TENANTS, "Mon 2026-11-02", number=1)
    ours = a_duty(session, agreement, OURS, "Fri 2026-11-06", number=2)
    now = at("Fri 2026-11-06 10:00")

    rule(session, "Sat 2026-11-07", is_working=True, now=now)
    rows = {row.obligation_id: row for row in recount_all(session, now)}

    kept, applied = rows[theirs.id], rows[ours.id]
    assert (kept.outcome, kept.reason, kept.counted_on) == (
        RecountOutcome.KEPT,
        RecountReason.NEVER_EARLIER,
        day("Sat 2026-11-07"),
    )
    assert (theirs.due_on, theirs.generation) == (day("Mon 2026-11-09"), 1)
    assert (applied.outcome, applied.reason) == (RecountOutcome.APPLIED, RecountReason.MOVED_EARLIER)
    assert (ours.due_on, ours.target_at) == (day("Sat 2026-11-07"), at("Sat 2026-11-07 18:00"))
    assert recount_all(session, now) == []


def test_a_tenants_provisional_date_becomes_final_at_its_later_end(session):
    agreement = a_long_agreement(session)
    duty = a_duty(session, agreement, TENANTS, "Mon 2026-12-28")
    now = at("Tue 2026-12-29 10:00")

    load_year(session, a_year_2027("2027-01-09"), actor=APPROVER, now=now)
    rule(session, "Sat 2027-01-02", is_working=True, now=now)
    [row] = recount_all(session, now)

    assert (row.outcome, row.counted_on) == (RecountOutcome.KEPT, day("Mon 2027-01-04"))
    assert (duty.due_on, duty.provisional, duty.generation) == (day("Tue 2027-01-05"), False, 2)
    assert recount_all(session, now) == []
    assert mark_overdue(session, duty, now=at("Wed 2027-01-06 00:00"))


@pytest.fixture
def past(session):
    """Our duty that a working Saturday, announced on the Sunday after it, puts into the past."""
    agreement = a_long_agreement(session)
    duty = a_duty(session, agreement, OURS, "Fri 2026-11-06")
    now = at("Sun 2026-11-08 10:00")
    rule(session, "Sat 2026-11-07", is_working=True, now=now)
    assert recount_one(session, duty.id, now=now)
    return duty


def test_a_9_a_date_shortened_into_the_past_goes_to_a_person(session, past):
    row = session.scalars(select(ObligationRecount)).one()

    assert (row.outcome, row.reason) == (RecountOutcome.TO_PERSON, RecountReason.ALREADY_PAST)
    assert (past.due_on, past.state) == (day("Mon 2026-11-09"), ObligationState.OPEN)
    [alarm] = open_alarms(session)
    assert (alarm.kind, alarm.cause) == (AlarmKind.RECOUNT_UNDECIDED, f"recount:{row.id}")
    assert not mark_overdue(session, past, now=at("Mon 2026-11-09 12:00"))
    assert not recount_one(session, past.id, now=at("Sun 2026-11-08 11:00")), "a person is asked once"


@pytest.mark.parametrize(
    ("resolution", "due"), [(RecountResolution.APPLIED, "Sat 2026-11-07"), (RecountResolution.KEPT, "Mon 2026-11-09")]
)
def test_a_person_moves_the_date_or_keeps_it(session, past, resolution, due):
    row = session.scalars(select(ObligationRecount)).one()
    now = at("Sun 2026-11-08 12:00")

    with pytest.raises(InvalidInput):
        resolve_recount(session, row.id, resolution, reason=" ", actor=APPROVER, now=now)
    with pytest.raises(NotPermitted):
        resolve_recount(session, row.id, resolution, reason="x", actor=a_person("finance"), now=now)
    resolve_recount(session, row.id, resolution, reason="按国务院通知", actor=APPROVER, now=now)

    assert past.due_on == day(due)
    assert mark_overdue(session, past, now=now) is (resolution is RecountResolution.APPLIED)
    assert open_alarms(session) == []
    with pytest.raises(Stale):
        resolve_recount(session, row.id, resolution, reason="again", actor=APPROVER, now=now)
    assert (
        session.scalar(select(AuditEvent.reason).where(AuditEvent.act == "obligation.recount_decided"))
        == "按国务院通知"
    )


def test_a_later_recount_speaks_for_the_date_that_waited(app):
    def run(now):
        for sweep in RECOUNT:
            run_sweep(sweep, due_by=now, now=now)

    with unit_of_work() as session:
        agreement = a_long_agreement(session)
        a_duty(session, agreement, OURS, "Fri 2026-11-06")
        rule(session, "Sat 2026-11-07", is_working=True, now=at("Sun 2026-11-08 10:00"))
    run(at("Sun 2026-11-08 10:00"))
    with unit_of_work() as session:
        first = session.scalars(select(ObligationRecount.id)).one()
        rule(session, "Wed 2026-11-11", is_working=False, now=at("Sun 2026-11-08 11:00"))
    run(at("Sun 2026-11-08 11:00"))

    with unit_of_work() as session:
        [alarm] = open_alarms(session)
        assert alarm.cause != f"recount:{first}"
        assert [f"recount:{row.id}" for row in undecided(session)] == [alarm.cause]
        now = at("Sun 2026-11-08 12:00")
        with pytest.raises(Stale):
            resolve_recount(session, first, RecountResolution.KEPT, reason="x", actor=APPROVER, now=now)
        session.rollback()


def test_only_what_was_left_to_a_person_is_decided(session):
    agreement = a_long_agreement(session)
    a_duty(session, agreement, TENANTS, "Mon 2026-11-02")
    now = at("Tue 2026-11-03 10:00")
    rule(session, "Fri 2026-11-06", is_working=False, now=now)
    [row] = recount_all(session, now)

    with pytest.raises(Conflict):
        resolve_recount(session, row.id, RecountResolution.KEPT, reason="x", actor=APPROVER, now=now)


def test_the_preview_says_what_the_sweep_then_does(session):
    agreement = a_long_agreement(session)
    a_duty(session, agreement, TENANTS, "Mon 2026-12-28", number=1)
    a_duty(session, agreement, OURS, "Thu 2026-12-31", number=2)
    a_duty(session, agreement, OURS, "Mon 2026-12-28", number=3)
    now = at("Mon 2026-12-28 18:00")
    arrangement = a_year_2027()

    foreseen = [
        (move.obligation.id, move.recount.outcome, move.recount.stays_on)
        for move in moves_under(session, calendar_with(session, arrangement), now=now)
    ]
    load_year(session, arrangement, actor=APPROVER, now=now)
    rows = recount_all(session, now)

    assert foreseen == [(row.obligation_id, row.outcome, row.obligation.due_on) for row in rows]
    assert len(rows) == 2


def test_a_calendar_taken_back_moves_the_dates_back(session):
    agreement = a_long_agreement(session)
    ours = a_duty(session, agreement, OURS, "Thu 2026-11-05")
    seen = []
    for hour, is_working in enumerate((False, True, False, True), start=9):
        now = at(f"Thu 2026-11-05 {hour:02}:00")
        rule(session, "Fri 2026-11-06", is_working=is_working, now=now)
        recount_all(session, now)
        seen.append(ours.due_on)

    assert seen == [day("Mon 2026-11-09"), day("Fri 2026-11-06")] * 2
    assert ours.generation == 5


CALENDAR = published_calendar()


def an_open_date(due, *, counted=None, debtor=Debtor.TENANT, provisional=False):
    return OpenDate(debtor, day(due), provisional, None, day(counted or due))


def counted(text, *, ruling=None, debtor=Debtor.TENANT):
    days = (
        with_rulings(CALENDAR, [DayRuling(day(ruling), is_working=False, name="x", source_notice="n")])
        if ruling
        else CALENDAR
    )
    return Counting(days).due(DeadlineRule.RECTIFICATION, day(text), debtor=debtor)


@pytest.mark.parametrize("ruling", ["Wed 2024-09-25", "Thu 2024-09-26", "Fri 2024-09-27"])
def test_clause_4_4_a_stated_date_never_moves(ruling):
    stated = an_open_date("Mon 2024-09-30", counted="Fri 2024-09-27")

    assert judge_recount(stated, counted("Tue 2024-09-24", ruling=ruling), now=at("Tue 2024-09-24 12:00")) is None


def test_a_stated_date_that_was_provisional_becomes_final():
    stated = an_open_date("Tue 2026-12-15", counted="Mon 2026-12-14", provisional=True)

    judged = judge_recount(stated, counted("Tue 2026-12-08"), now=at("Wed 2026-12-09 12:00"))

    assert (judged.reason, judged.stays_on, judged.provisional) == (
        RecountReason.BECAME_FINAL,
        day("Tue 2026-12-15"),
        False,
    )


days_around = st.integers(-20, 20).map(timedelta)


@given(days_around, st.sampled_from(Debtor), st.booleans(), days_around)
def test_whatever_the_calendar_says_a_tenant_loses_no_day_and_nothing_fires_unseen(shift, debtor, provisional, until):
    new = counted("Tue 2024-09-24", debtor=debtor)
    old = OpenDate(debtor, new.due_on + shift, provisional, None, new.due_on + shift)
    now = new.overdue_from + until

    judged = judge_recount(old, new, now=now)

    stays_on = judged.stays_on if judged else old.due_on
    if debtor is not Debtor.PROVIDER:
        assert stays_on >= old.due_on
    if stays_on < old.due_on:
        assert end_of(stays_on) > now
    assert (judged is None) == (shift == timedelta() and not provisional)


def test_the_guard_calls_for_the_next_year_until_it_is_loaded(app):
    def run(now):
        for sweep in (*GUARD, *RECOUNT):
            run_sweep(sweep, due_by=now, now=now)
        with unit_of_work() as session:
            return [(alarm.kind, alarm.cause, alarm.stage) for alarm in open_alarms(session)]

    missing = AlarmKind.CALENDAR_YEAR_MISSING
    assert run(at("Sat 2026-10-31 23:59")) == []
    assert run(at("Sun 2026-11-01 00:00")) == [(missing, "year:2027", "november")]
    assert run(at("Mon 2026-11-30 12:00")) == [(missing, "year:2027", "november")]
    assert run(at("Tue 2026-12-01 00:00")) == [(missing, "year:2027", "december")]
    with unit_of_work() as session:
        load_year(session, a_year_2027(), actor=APPROVER, now=at("Tue 2026-12-01 09:00"))
    assert run(at("Tue 2026-12-01 09:01")) == []


def test_the_guard_calls_for_a_provisional_date_that_is_near(app):
    with unit_of_work() as session:
        a_duty(session, a_long_agreement(session), OURS, "Thu 2026-12-31", now=at("Tue 2026-12-15 09:00"))

    def run(now):
        for sweep in (*GUARD, *RECOUNT):
            run_sweep(sweep, due_by=now, now=now)
        with unit_of_work() as session:
            return {alarm.kind for alarm in open_alarms(session)}

    assert AlarmKind.CALENDAR_PROVISIONAL not in run(at("Fri 2026-12-18 23:00"))
    assert AlarmKind.CALENDAR_PROVISIONAL in run(at("Sat 2026-12-19 00:00"))
    with unit_of_work() as session:
        load_year(session, a_year_2027(), actor=APPROVER, now=at("Mon 2026-12-21 09:00"))
    assert run(at("Mon 2026-12-21 09:01")) == set()
