"""A source announces a price rise on a Friday afternoon; every tenant it touches knows by Monday, or we are late."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from agreements.kernel.instants import start_of
from agreements.kernel.money import Money
from agreements.register.actions import confirm_payment
from compliance.breaches.models import BreachCase
from compliance.breaches.sweeps import record_overdue
from compliance.notices.actions import body_text
from compliance.notices.models import Outbox
from compliance.notices.rules import NoticeState
from compliance.obligations.actions import overdue_unrecorded
from compliance.obligations.models import Obligation, ObligationFiring
from compliance.obligations.rules import ObligationState
from compliance.upstream.deciding import close, decide_triage
from compliance.upstream.models import UpstreamImpact
from compliance.upstream.reading import campaign, overdue_ours, scorecard
from compliance.upstream.rules import ChangeState, ImpactState, Triage
from tests.builders import at, day
from tests.builders_compliance import an_unrectified_case, arrive
from tests.builders_register import FINANCE, OFFICER, a_registered_agreement
from tests.builders_upstream import RECEIVED, a_change, a_source, an_order, impact_of, impacts_of, letters, run

JOINS_AT = at("Fri 2024-11-08 16:41")


def record_lateness(session, now):
    """What the job `obligation_sweep` does."""
    return [record_overdue(session, each, now=now) for each in overdue_unrecorded(session, due_by=now)]


def test_received_on_a_friday_afternoon_it_is_due_at_the_end_of_monday_and_meant_to_be_done_by_six(session):
    an_order(session, 1)
    change = a_change(session, a_source(session))

    run(session, RECEIVED)

    [impact] = impacts_of(session, change)
    duty = impact.obligation
    assert (duty.due_on, duty.overdue_from) == (day("Mon 2024-11-11"), at("Tue 2024-11-12 00:00"))
    assert duty.target_at == at("Mon 2024-11-11 18:00")
    assert duty.triggered_at == RECEIVED


def test_e_23_to_e_27_each_agreement_in_force_is_told_and_no_other(session):
    suspended = an_unrectified_case(session).agreement
    plain = an_order(session, 2, "甲")
    exhausted = an_order(session, 3, "丙", quota_total=1)
    unpaid = a_registered_agreement(session, order_no="200000000000004", tenant_name="示例丁科技（武汉）有限公司")
    expired = an_order(session, 5, "戊", service_end_exclusive_at=start_of(day("Thu 2024-11-07")))
    ends_today = an_order(session, 6, "己", service_end_exclusive_at=start_of(day("Sat 2024-11-09")))
    elsewhere = an_order(session, 7, "庚", product_code="face-verify")

    change = a_change(session, a_source(session))
    run(session, RECEIVED)

    told = {impact.agreement_id for impact in impacts_of(session, change)}
    assert told == {plain.id, suspended.id, exhausted.id, ends_today.id}
    assert not {unpaid.id, expired.id, elsewhere.id} & told
    assert len(letters(session)) - 1 == 4  # the demand of the case is the other one
    assert {impact.obligation_id for impact in impacts_of(session, change)} == {
        duty.id for duty in session.scalars(select(Obligation).where(Obligation.cause == f"upstream:{change.id}"))
    }


def test_e_25_who_becomes_a_tenant_between_receipt_and_dispatch_is_told_too(session):
    an_order(session, 1, "甲")
    late = a_registered_agreement(session, order_no="200000000000002", tenant_name="示例乙科技（武汉）有限公司")
    later = a_registered_agreement(session, order_no="200000000000003", tenant_name="示例丙科技（武汉）有限公司")
    change = a_change(session, a_source(session), triage=None)
    run(session, RECEIVED)

    pay(session, late, at("Fri 2024-11-08 17:00"))
    run(session, at("Fri 2024-11-08 17:01"), "upstream_map")
    read_by_legal(session, change, at("Fri 2024-11-08 17:30"))
    run(session, at("Fri 2024-11-08 17:31"))
    pay(session, later, at("Fri 2024-11-08 17:32"))
    run(session, at("Fri 2024-11-08 17:33"))

    assert impact_of(session, change, late).obligation.overdue_from == at("Tue 2024-11-12 00:00")
    assert {impact.agreement_id for impact in impacts_of(session, change)} >= {late.id}
    assert later.id not in {impact.agreement_id for impact in impacts_of(session, change)}


def test_who_paid_before_dispatch_is_told_even_where_the_payment_is_recorded_after_it(session):
    an_order(session, 1, "甲")
    late = a_registered_agreement(session, order_no="200000000000002", tenant_name="示例乙科技（武汉）有限公司")
    change = a_change(session, a_source(session))
    run(session, at("Fri 2024-11-08 16:42"))

    pay(session, late, JOINS_AT, now=at("Sat 2024-11-09 10:00"))
    run(session, at("Sat 2024-11-09 10:01"))

    assert impact_of(session, change, late).notice is not None


def pay(session, agreement, paid_at, *, now=None):
    confirm_payment(
        session,
        agreement,
        amount=Money(agreement.paid_amount_fen),
        paid_at=paid_at,
        reference="PAY-9",
        actor=FINANCE,
        now=now or paid_at,
    )


def read_by_legal(session, change, now):
    session.refresh(change)
    decide_triage(session, change, Triage.UPSTREAM_CHANGE, reason="", version=change.version, actor=OFFICER, now=now)


def test_e_24_one_letter_a_tenant_lists_all_its_orders_and_nobody_else(session):
    first = an_order(session, 1, "甲")
    second = an_order(session, 2, "甲")
    other = an_order(session, 3, "乙")
    change = a_change(session, a_source(session))

    run(session, RECEIVED)

    assert impact_of(session, change, first).notice_id == impact_of(session, change, second).notice_id
    assert impact_of(session, change, first).obligation_id != impact_of(session, change, second).obligation_id
    ours, theirs = letters(session)
    said = body_text(session, ours)
    assert first.order_no in said
    assert second.order_no in said
    assert other.order_no not in said
    assert "示例乙" not in said
    assert "示例数据源" not in said
    assert "示例甲" not in body_text(session, theirs)


def test_clause_2_4_the_letter_says_what_from_when_what_it_means_and_how_to_answer(session):
    an_order(session, 1)
    a_change(session, a_source(session))
    run(session, RECEIVED)

    said = body_text(session, letters(session)[0])

    for words in (
        "数据源调整通知",
        "2024年11月8日（周五）：我方接到数据源方通知，内容为：自2024年12月1日起上调核验服务的结算单价。",
        "调整类别：价格调整。",
        "上述调整自2024年12月1日（周日）0:00（北京时间）起执行。",
        "数据源的价格调整不改变贵方的价格：依据协议第8.1条",
        "5个工作日内答复。贵方未答复的，不视为接受。",
        "不接受不构成贵方违约",
        "第2.4条",
        "第6.2条",
        "第5.1条",
        "经办人：张法务",
    ):
        assert words in said, words
    assert "None" not in said


def test_it_goes_out_at_once_on_a_saturday_night_and_only_its_arrival_counts(session):
    agreement = an_order(session, 1)
    received = at("Sat 2024-11-09 23:10")
    change = a_change(session, a_source(session), received=received)

    run(session, at("Sat 2024-11-09 23:11"))

    impact = impact_of(session, change, agreement)
    assert impact.notice.state is NoticeState.QUEUED
    assert session.scalars(select(Outbox)).one().next_attempt_at == at("Sat 2024-11-09 23:11")
    assert impact.state is ImpactState.PENDING
    assert change.state is ChangeState.NOTIFYING
    assert change.dispatched_at == at("Sat 2024-11-09 23:11")


@pytest.mark.parametrize(
    ("arrived", "state", "judged"),
    [
        ("Mon 2024-11-11 23:59:59", ImpactState.NOTIFIED_ON_TIME, ObligationState.PERFORMED_ON_TIME),
        ("Tue 2024-11-12 00:00", ImpactState.NOTIFIED_LATE, ObligationState.PERFORMED_LATE),
    ],
)
def test_t_5_an_arrival_counts_until_the_end_of_the_day(session, arrived, state, judged):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session))
    run(session, RECEIVED)

    arrive(session, letters(session)[0], at(arrived))
    run(session, at("Wed 2024-11-13 09:00"))

    impact = impact_of(session, change, agreement)
    assert (impact.state, impact.obligation.state, impact.notified_at) == (state, judged, at(arrived))
    assert change.state is ChangeState.NOTIFIED


def test_a_scheduler_stopped_over_the_deadline_still_sends_once_and_records_how_late_we_were(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session))

    resumed = at("Thu 2024-11-14 08:00")
    run(session, resumed)
    record_lateness(session, resumed)
    run(session, resumed)

    [letter] = letters(session)
    assert letter.queued_at == resumed
    duty = impact_of(session, change, agreement).obligation
    assert duty.state is ObligationState.OVERDUE
    [firing] = session.scalars(select(ObligationFiring))
    assert (firing.as_of, firing.observed_at) == (at("Tue 2024-11-12 00:00"), resumed)
    assert session.scalars(select(BreachCase)).all() == []

    arrive(session, letter, at("Thu 2024-11-14 10:00"))
    run(session, at("Thu 2024-11-14 10:01"))
    assert impact_of(session, change, agreement).state is ImpactState.NOTIFIED_LATE
    assert impact_of(session, change, agreement).obligation.state is ObligationState.PERFORMED_LATE


def test_our_lateness_shows_at_its_instant_whether_or_not_a_job_has_run(session):
    an_order(session, 1)
    change = a_change(session, a_source(session))
    run(session, RECEIVED)

    assert overdue_ours(session, now=at("Mon 2024-11-11 23:59:59")) == []
    [late] = overdue_ours(session, now=at("Tue 2024-11-12 00:00"))
    assert (late.change.id, late.overdue, late.on_time) == (change.id, 1, 0)


def test_an_unmapped_change_is_ours_to_be_late_with_too(session):
    an_order(session, 1)
    source = a_source(session, now=at("Mon 2024-07-29 08:00"))
    a_change(session, source, products=())

    assert overdue_ours(session, now=at("Mon 2024-11-11 23:00")) == []
    assert len(overdue_ours(session, now=at("Tue 2024-11-12 00:00"))) == 1


def test_e_22_a_notice_recorded_late_is_counted_from_receipt_and_may_be_born_overdue(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session), now=at("Wed 2024-11-13 09:00"))

    run(session, at("Wed 2024-11-13 09:01"))
    record_lateness(session, at("Wed 2024-11-13 09:05"))

    duty = impact_of(session, change, agreement).obligation
    assert (duty.state, duty.overdue_from) == (ObligationState.OVERDUE, at("Tue 2024-11-12 00:00"))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("Fri 2024-09-13 19:00", "Sat 2024-09-14"),  # an adjusted Saturday is worked
        ("Sun 2024-09-15 12:00", "Wed 2024-09-18"),  # within a holiday
        ("Fri 2024-09-13 23:59", "Sat 2024-09-14"),
        ("Sat 2024-09-14 00:01", "Wed 2024-09-18"),
    ],
)
def test_e_21_fridays_holidays_and_adjusted_saturdays(session, received, due):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session), received=at(received))

    run(session, at(received))

    assert impact_of(session, change, agreement).obligation.due_on == day(due)


def test_every_sweep_run_twice_changes_nothing(session):
    first = an_order(session, 1)
    an_order(session, 2, "乙")
    change = a_change(session, a_source(session))
    now = at("Fri 2024-11-08 16:45")
    assert run(session, now) > 0

    assert run(session, now) == 0
    arrive(session, impact_of(session, change, first).notice, at("Sat 2024-11-09 09:00"))
    assert run(session, at("Sat 2024-11-09 09:01")) > 0
    assert run(session, at("Sat 2024-11-09 09:01")) == 0
    assert len(letters(session)) == 2


def test_it_takes_effect_at_its_date_and_closes_when_all_are_settled(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session))
    run(session, RECEIVED)
    arrive(session, letters(session)[0], at("Mon 2024-11-11 09:00"))
    run(session, at("Mon 2024-11-11 09:01"))

    assert run(session, at("Sat 2024-11-30 23:59")) == 1  # silence since 2024-11-19 is recorded
    assert impact_of(session, change, agreement).state is ImpactState.NO_RESPONSE
    assert run(session, at("Sun 2024-12-01 00:00")) == 1

    assert change.state is ChangeState.IN_EFFECT
    close_it(session, change)
    assert change.state is ChangeState.CLOSED


def close_it(session, change):
    close(session, change, note="", version=change.version, actor=OFFICER, now=at("Mon 2024-12-02 09:00"))


def test_the_scorecard_tells_on_time_late_and_open_apart_by_month_of_receipt(session):
    first, second, third = (an_order(session, number, name) for number, name in enumerate("甲乙丙", 1))
    change = a_change(session, a_source(session))
    run(session, RECEIVED)
    arrive(session, impact_of(session, change, first).notice, at("Mon 2024-11-11 09:00"))
    arrive(session, impact_of(session, change, second).notice, at("Tue 2024-11-12 09:00"))
    run(session, at("Tue 2024-11-12 09:01"))

    [month] = scorecard(session, now=at("Tue 2024-11-12 10:00"))

    assert month.month == day("Fri 2024-11-01")
    assert (month.campaigns, month.on_time, month.late, month.open, month.overdue) == (1, 1, 1, 1, 1)
    assert month.on_time_percent == 33
    shown = campaign(session, change, now=at("Tue 2024-11-12 10:00"))
    assert (shown.on_time, shown.late, shown.waiting, shown.overdue) == (1, 1, 1, 1)
    assert [row.agreement.id for row in shown.rows if row.is_overdue] == [third.id]


def test_an_impact_is_one_for_a_change_and_an_agreement(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session))
    run(session, RECEIVED)

    assert len(session.scalars(select(UpstreamImpact)).all()) == 1
    row = impact_of(session, change, agreement)
    again = UpstreamImpact(
        change_id=row.change_id,
        agreement_id=row.agreement_id,
        tenant_id=row.tenant_id,
        state=ImpactState.PENDING,
        mapped_at=RECEIVED,
        obligation_id=row.obligation_id,
    )
    session.add(again)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
