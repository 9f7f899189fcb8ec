"""Warnings before an end, by the sweeps, on a database: who is told what, once, and what becomes of the rest."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from agreements.calendar.actions import working_calendar
from agreements.kernel import policies
from agreements.kernel.audit import verify
from agreements.kernel.instants import end_of, start_of
from agreements.parties.rules import DocumentType
from agreements.register.actions import advance
from agreements.register.models import Agreement
from compliance.alarms.actions import open_alarms
from compliance.alarms.models import Alarm
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.planning import warnings_moved_by
from compliance.expiry.reading import outlook_of_agreement, outlooks_of_documents, warned_of_document_in_time
from compliance.notices.actions import body_text
from compliance.notices.models import Notice, Outbox
from compliance.notices.rules import NoticeKind, NoticeState
from tests.builders import a_person, at, day
from tests.builders_compliance import arrive
from tests.builders_expiry import (
    a_document,
    an_agreement_ending,
    scan,
    scan_daily,
    states,
    warnings_of,
)
from tests.builders_register import a_paid_agreement, a_registered_agreement

ADMIN = a_person("admin", name="周管理")
SENT = dict.fromkeys((30, 15, 7, 3, 1), "sent")


def notices(session, kind=NoticeKind.EXPIRY_WARNING):
    return list(session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.id)))


def alarms(session):
    return [(alarm.kind.value, alarm.stage, alarm.settled_at is None) for alarm in session.scalars(select(Alarm))]


def test_every_threshold_goes_out_on_its_day_to_the_tenant_and_to_us(session):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")

    scan(session, at("Wed 2024-10-30 08:59"))
    assert notices(session) == []

    scan_daily(session, at("Wed 2024-10-30 09:00"), at("Mon 2024-12-02 09:00"))

    assert states(session, agreement) == SENT
    assert [row.as_of for row in warnings_of(session, agreement)] == [
        row.due_at for row in warnings_of(session, agreement)
    ]
    assert {row.lateness_seconds for row in warnings_of(session, agreement)} == {0}
    assert [notice.state for notice in notices(session)] == [NoticeState.QUEUED] * 5
    assert [stage for _, stage, _ in alarms(session)] == [f"2024-11-29:{count}" for count in (30, 15, 7, 3, 1)]
    assert not open_alarms(session)  # it has ended
    session.expire_all()
    assert verify(session)  # what was hashed is what was stored


def test_scanning_again_changes_nothing(session):
    an_agreement_ending(session, "Fri 2024-11-29")
    scan(session, at("Wed 2024-10-30 09:00"))

    assert scan(session, at("Wed 2024-10-30 09:00")) == 0
    assert scan(session, at("Wed 2024-10-30 23:00")) == 0
    assert len(notices(session)) == 1


def test_the_letter_says_that_the_end_is_automatic_and_a_renewal_a_new_order(session):
    an_agreement_ending(session, "Fri 2024-11-29")

    scan(session, at("Fri 2024-11-22 09:00"))

    [notice] = notices(session)
    said = body_text(session, notice)
    for words in (
        "服务期限至2024年11月29日（周五）24:00（北京时间）届满，距今7日。",
        "服务自动终止，无须另行通知",
        "未使用的调用次数随之失效",
        "另行下单并付款",
        "届满前30日的提醒：2024年10月30日（周三）。",
        "届满前7日的提醒：2024年11月22日（周五）。",
    ):
        assert words in said
    assert notice.pre_approval == "expiry_warning/v1"


def test_what_falls_on_one_day_before_spring_festival_is_one_message(session):
    agreement = an_agreement_ending(session, "Wed 2025-02-05")

    scan_daily(session, at("Wed 2024-12-18 09:00"), at("Mon 2025-02-10 09:00"))

    assert states(session, agreement) == SENT
    by_threshold = {row.threshold: row.notice_id for row in warnings_of(session, agreement)}
    assert by_threshold[7] == by_threshold[3] == by_threshold[1]
    assert len(notices(session)) == 3


def test_a_scheduler_away_for_three_weeks_says_it_once_and_notes_the_lateness(session):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")
    scan(session, at("Wed 2024-10-30 09:00"))

    scan(session, at("Wed 2024-11-27 10:00"))

    assert states(session, agreement) == SENT | {15: "collapsed", 7: "collapsed", 1: "planned"}
    rows = {row.threshold: row for row in warnings_of(session, agreement)}
    assert rows[7].notice_id == rows[3].notice_id
    assert rows[7].as_of == at("Fri 2024-11-22 09:00")
    assert rows[3].lateness_seconds == 25 * 3600
    assert len(notices(session)) == 2


@pytest.mark.parametrize("now", ["Sat 2024-11-30 00:00", "Mon 2024-12-30 09:00"])
def test_after_the_end_no_warning_goes_out(session, now):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")
    scan(session, at("Wed 2024-10-30 09:00"))

    scan(session, at(now))

    assert states(session, agreement) == {30: "sent"} | dict.fromkeys((15, 7, 3, 1), "ended")
    assert len(notices(session)) == 1
    assert not open_alarms(session)


def test_a_tenant_without_a_confirmed_address_is_ours_to_call(session):
    agreement = a_paid_agreement(session, service_end_exclusive_at=end_of(day("Fri 2024-11-29")))

    scan(session, at("Wed 2024-10-30 09:00"))

    assert states(session, agreement)[30] == "sent"
    assert notices(session) == []
    assert alarms(session) == [("agreement_ending", "2024-11-29:30", True)]


def test_an_order_that_was_never_paid_is_not_warned_of(session):
    agreement = a_registered_agreement(session, service_end_exclusive_at=end_of(day("Fri 2024-11-29")))

    scan(session, at("Fri 2024-11-22 09:00"))

    assert warnings_of(session, agreement) == []


def renewed(session, *, paid, starts="Sat 2024-11-30"):
    """A second order of the same tenant and product."""
    make = a_paid_agreement if paid else a_registered_agreement
    extra = {"paid_at": at("Mon 2024-10-28 10:00")} if paid else {}
    return make(
        session,
        now=at("Mon 2024-10-28 11:00"),
        order_no="200000000000002",
        service_start_at=start_of(day(starts)),
        service_end_exclusive_at=end_of(day("Sun 2025-11-30")),
        **extra,
    )


def test_a_paid_renewal_leaves_the_courtesy_and_calls_nobody(session):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")
    renewal = renewed(session, paid=True)

    scan(session, at("Wed 2024-10-30 09:00"))

    assert states(session, agreement)[30] == "sent"
    assert alarms(session) == []
    [notice] = notices(session)
    assert "贵方已另有订单编号 200000000000002，其服务期限自2024年11月30日（周六）起。" in body_text(session, notice)
    assert outlook_of_agreement(session, agreement, now=at("Wed 2024-10-30 10:00")).renewal is renewal


def test_an_unpaid_renewal_is_what_the_alarm_is_about(session):
    an_agreement_ending(session, "Fri 2024-11-29")
    renewed(session, paid=False)

    scan(session, at("Wed 2024-10-30 09:00"))

    assert alarms(session) == [("renewal_unpaid", "2024-11-29:30", True)]
    assert "付款尚未完成" in body_text(session, notices(session)[0])


def test_a_renewal_with_a_gap_is_none(session):
    an_agreement_ending(session, "Fri 2024-11-29")
    renewed(session, paid=True, starts="Mon 2024-12-02")

    scan(session, at("Wed 2024-10-30 09:00"))

    assert alarms(session) == [("agreement_ending", "2024-11-29:30", True)]


def test_paying_the_renewal_settles_the_alarm(session):
    an_agreement_ending(session, "Fri 2024-11-29")
    scan(session, at("Fri 2024-11-22 09:00"))
    assert len(open_alarms(session)) == 1

    renewed(session, paid=True)
    scan(session, at("Fri 2024-11-22 10:00"))

    assert not open_alarms(session)


def correct_the_end(session, agreement, last_day):
    """A misread end, corrected in the record."""
    session.execute(
        update(Agreement).where(Agreement.id == agreement.id).values(service_end_exclusive_at=end_of(day(last_day)))
    )
    session.refresh(agreement)


def test_a_corrected_end_is_a_generation_of_its_own(session):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")
    scan(session, at("Thu 2024-11-14 09:00"))

    correct_the_end(session, agreement, "Tue 2024-12-31")
    scan_daily(session, at("Fri 2024-11-15 09:00"), at("Thu 2025-01-02 09:00"))

    rows = warnings_of(session, agreement)
    old, new = rows[:5], rows[5:]
    assert {row.threshold: (row.silence or row.state).value for row in old} == {
        30: "collapsed",
        15: "sent",
        **dict.fromkeys((7, 3, 1), "moved"),
    }
    assert {row.threshold: row.state.value for row in new} == SENT
    assert len(notices(session)) == 6


def test_an_end_corrected_forth_and_back_is_warned_of_once(session):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")
    scan(session, at("Thu 2024-11-14 09:00"))
    correct_the_end(session, agreement, "Tue 2024-12-31")
    scan(session, at("Thu 2024-11-14 10:00"))
    correct_the_end(session, agreement, "Fri 2024-11-29")

    scan_daily(session, at("Thu 2024-11-14 11:00"), at("Thu 2025-01-02 11:00"))

    first = [row for row in warnings_of(session, agreement) if row.bound_at == end_of(day("Fri 2024-11-29"))]
    assert {row.threshold: (row.silence or row.state).value for row in first} == SENT | {30: "collapsed"}
    assert len(notices(session)) == 4


def test_a_threshold_taken_from_the_policy_is_not_wanted_any_more(session):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")
    scan(session, at("Wed 2024-10-30 09:00"))

    policies.change(
        session,
        "expiry_warnings_calendar_days",
        ["45", "30", "7"],
        effective_at=at("Thu 2024-10-31 09:00"),
        reason="少打扰",
        actor=ADMIN,
        now=at("Thu 2024-10-31 09:00"),
    )
    scan_daily(session, at("Thu 2024-10-31 09:00"), at("Mon 2024-12-02 09:00"))

    assert states(session, agreement) == {
        30: "sent",
        15: "not_wanted",
        7: "sent",
        3: "not_wanted",
        1: "not_wanted",
    }


def test_clause_3_3_an_approval_of_the_tenants_is_warned_of_the_same_way(session):
    agreement = an_agreement_ending(session, "Tue 2025-07-29")
    document = a_document(session, agreement.tenant, "Fri 2024-11-29", number="B2-2024")

    scan_daily(session, at("Wed 2024-10-30 09:00"), at("Mon 2024-12-02 09:00"))

    assert states(session, document) == SENT
    said = [body_text(session, notice) for notice in notices(session, NoticeKind.DOCUMENT_EXPIRY_WARNING)]
    assert len(said) == 5
    assert "前置审批文件（编号：B2-2024）的有效期至2024年11月29日（周五）止，距今30日。" in said[0]
    assert "提交加盖公章的审批文件副本" in said[0]
    assert not open_alarms(session)


def test_a_renewed_document_leaves_nothing_to_warn_of(session):
    agreement = an_agreement_ending(session, "Tue 2025-07-29")
    old = a_document(session, agreement.tenant, "Fri 2024-11-29")
    scan(session, at("Thu 2024-11-14 09:00"))
    assert len(open_alarms(session)) == 1

    a_document(session, agreement.tenant, "Sat 2025-11-29", now=at("Mon 2024-11-18 10:00"))
    scan(session, at("Mon 2024-11-18 10:00"))

    assert states(session, old) == {30: "collapsed", 15: "sent"} | dict.fromkeys((7, 3, 1), "renewed")
    assert not open_alarms(session)


def test_clause_3_3_a_renewal_without_the_seal_leaves_the_old_one_s_warnings_standing(session):
    agreement = an_agreement_ending(session, "Tue 2025-07-29")
    old = a_document(session, agreement.tenant, "Fri 2024-11-29")
    a_document(
        session,
        agreement.tenant,
        "Sat 2025-11-29",
        sealed=False,
        replaces=old,
        now=at("Thu 2024-10-31 10:00"),
    )

    scan(session, at("Thu 2024-11-14 09:00"))

    assert states(session, old) == {30: "collapsed", 15: "sent"} | dict.fromkeys((7, 3, 1), "planned")
    assert len(open_alarms(session)) == 1

    a_document(session, agreement.tenant, "Sat 2025-11-29", now=at("Mon 2024-11-18 10:00"))
    scan(session, at("Mon 2024-11-18 10:00"))

    assert states(session, old) == {30: "collapsed", 15: "sent"} | dict.fromkeys((7, 3, 1), "renewed")
    assert not open_alarms(session)


def test_a_document_of_a_tenant_without_an_agreement_in_force_matters_to_nobody(session):
    agreement = an_agreement_ending(session, "Fri 2024-11-01")
    document = a_document(session, agreement.tenant, "Fri 2024-11-29")
    advance(session, agreement, now=at("Sat 2024-11-02 00:00"))

    scan(session, at("Fri 2024-11-22 09:00"))

    assert "sent" not in states(session, document).values()
    assert notices(session, NoticeKind.DOCUMENT_EXPIRY_WARNING) == []


def test_an_expired_document_taken_in_for_the_file_is_not_warned_of(session):
    agreement = an_agreement_ending(session, "Tue 2025-07-29")
    document = a_document(
        session, agreement.tenant, "Fri 2024-06-28", kind=DocumentType.RELATION_PROOF, issued_on=day("Mon 2024-01-01")
    )

    scan(session, at("Mon 2024-08-05 09:00"))

    assert warnings_of(session, document) == []


def test_domain_6_2_only_an_arrived_warning_counts_for_a_later_suspension(session):
    agreement = an_agreement_ending(session, "Tue 2025-07-29")
    document = a_document(session, agreement.tenant, "Fri 2024-11-29")
    scan(session, at("Wed 2024-10-30 09:00"))
    [notice] = notices(session, NoticeKind.DOCUMENT_EXPIRY_WARNING)
    assert warned_of_document_in_time(session, document) is None

    arrive(session, notice, at("Thu 2024-10-31 11:00"))

    assert warned_of_document_in_time(session, document) is notice


def test_the_agreement_page_can_say_what_comes_next_and_what_went_out(session):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")

    far = outlook_of_agreement(session, agreement, now=at("Mon 2024-09-02 09:00"))
    scan(session, at("Wed 2024-10-30 09:00"))
    near = outlook_of_agreement(session, agreement, now=at("Wed 2024-10-30 10:00"))

    assert (far.next_at, far.threshold, far.last) == (at("Wed 2024-10-30 09:00"), 30, None)
    assert (near.next_at, near.threshold) == (at("Thu 2024-11-14 09:00"), 15)
    assert near.last.threshold == 30
    assert near.last.notice in notices(session)
    assert outlook_of_agreement(session, agreement, now=at("Sat 2024-11-30 00:00")) is None


def test_the_tenant_page_can_say_the_same_of_documents(session):
    agreement = an_agreement_ending(session, "Tue 2025-07-29")
    document = a_document(session, agreement.tenant, "Fri 2024-11-29")

    outlooks = outlooks_of_documents(session, [document], now=at("Mon 2024-09-02 09:00"))

    assert outlooks[document.id].next_at == at("Wed 2024-10-30 09:00")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE expiry_warning SET state = 'planned' WHERE threshold = 30",
        "UPDATE expiry_warning SET notice_id = NULL, alarm_id = NULL WHERE threshold = 30",
        "UPDATE expiry_warning SET as_of = recorded_at, recorded_at = as_of, due_at = planned_at WHERE threshold = 30",
        "UPDATE expiry_warning SET state = 'skipped' WHERE threshold = 30",
        "UPDATE expiry_warning SET document_id = 1 WHERE threshold = 7",
        "UPDATE expiry_warning SET due_at = bound_at WHERE threshold = 7",
        "UPDATE expiry_warning SET threshold = 3 WHERE threshold = 7",
    ],
)
def test_the_database_refuses_a_state_without_its_facts(session, statement):
    agreement = an_agreement_ending(session, "Fri 2024-11-29")
    a_document(session, agreement.tenant, "Fri 2025-07-25")
    scan(session, at("Thu 2024-10-31 09:00"))
    from sqlalchemy import text

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(statement))


def test_clause_5_1_one_tenant_a_message(session):
    an_agreement_ending(session, "Fri 2024-11-29")
    an_agreement_ending(
        session,
        "Fri 2024-11-29",
        order_no="200000000000002",
        tenant_name="木槿科技（武汉）有限公司",
        address="b@tenant.example",
    )

    scan(session, at("Wed 2024-10-30 09:00"))

    first, second = notices(session)
    assert first.tenant_id != second.tenant_id
    assert "木槿" not in body_text(session, first)
    assert len(session.scalars(select(Outbox)).all()) == 2
    assert len(session.scalars(select(ExpiryWarning)).all()) == 10


def test_what_another_calendar_would_move_is_told_before_it_is_loaded(session):
    an_agreement_ending(session, "Tue 2025-07-29")
    now = at("Thu 2025-06-26 10:00")
    scan(session, now)
    known = working_calendar(session)
    newer = replace(known, holidays={**known.holidays, day("Mon 2025-07-14"): "临时放假"}, version="newer")

    told = [
        (move.warning.threshold, move.warning.due_on, move.to) for move in warnings_moved_by(session, newer, now=now)
    ]

    assert told == [(15, day("Mon 2025-07-14"), day("Fri 2025-07-11"))]
    assert list(warnings_moved_by(session, known, now=now)) == []
