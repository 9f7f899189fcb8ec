"""Who is called while tenants wait: an hour unmapped, and on the due day at 12:00, 16:00, our target and 24:00."""

import pytest
from sqlalchemy import select

from agreements.parties.actions import confirm_notice_address
from agreements.register.rules import TermFact
from compliance.alarms.actions import open_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind
from compliance.notices.rules import NoticeState
from compliance.upstream.correcting import Withdrawal, withdraw
from compliance.upstream.deciding import decide_triage, exempt
from compliance.upstream.rules import Triage
from tests.builders import at, day
from tests.builders_compliance import arrive
from tests.builders_register import APPROVER, OFFICER, OPS, a_paid_agreement, an_upload
from tests.builders_upstream import RECEIVED, a_change, a_source, an_order, impact_of, letters, run


def stages(session):
    """Every alarm ever raised, as (kind, stage, fell due), in the order of falling due."""
    rows = session.scalars(select(Alarm).order_by(Alarm.as_of, Alarm.id))
    return [(row.kind, row.stage, row.as_of) for row in rows]


def called(session):
    return [alarm.kind for alarm in open_alarms(session)]


LADDER = [
    (AlarmKind.UPSTREAM_NOT_ARRIVED, "notice:2024-11-11:noon", at("Mon 2024-11-11 12:00")),
    (AlarmKind.UPSTREAM_NOT_ARRIVED, "notice:2024-11-11:four", at("Mon 2024-11-11 16:00")),
    (AlarmKind.UPSTREAM_NOT_ARRIVED, "notice:2024-11-11:target", at("Mon 2024-11-11 18:00")),
    (AlarmKind.UPSTREAM_OVERDUE, "notice:2024-11-11:overdue", at("Tue 2024-11-12 00:00")),
]


def test_nobody_is_called_while_all_goes_well(session):
    an_order(session, 1)
    a_change(session, a_source(session))
    run(session, RECEIVED)
    arrive(session, letters(session)[0], at("Mon 2024-11-11 11:59"))

    run(session, at("Mon 2024-11-11 12:00"))

    assert stages(session) == []


def test_domain_8_the_ladder_is_climbed_rung_by_rung_and_one_alarm_stands(session):
    an_order(session, 1)
    a_change(session, a_source(session))
    run(session, RECEIVED)

    for number, (kind, _, due) in enumerate(LADDER, 1):
        run(session, due)
        run(session, due)
        assert stages(session) == LADDER[:number]
        assert called(session) == [kind]


def test_a_scheduler_that_slept_raises_the_same_alarms(session):
    an_order(session, 1)
    a_change(session, a_source(session))

    run(session, at("Thu 2024-11-14 08:00"))

    assert stages(session) == LADDER
    assert called(session) == [AlarmKind.UPSTREAM_OVERDUE]


def test_an_arrival_settles_them(session):
    first, second = an_order(session, 1, "甲"), an_order(session, 2, "乙")
    change = a_change(session, a_source(session))
    run(session, RECEIVED)
    run(session, at("Tue 2024-11-12 08:00"))

    arrive(session, impact_of(session, change, first).notice, at("Tue 2024-11-12 09:00"))
    run(session, at("Tue 2024-11-12 09:01"))
    assert called(session) == [AlarmKind.UPSTREAM_OVERDUE]
    arrive(session, impact_of(session, change, second).notice, at("Tue 2024-11-12 10:00"))
    run(session, at("Tue 2024-11-12 10:01"))
    assert called(session) == []


def test_each_due_day_has_a_ladder_of_its_own(session):
    two_days = {"value": 2, "unit": "working_day", "starts": "provider_receipt_of_source_notice"}
    first = an_order(session, 1, "甲")
    an_order(session, 2, "乙", terms=(TermFact("upstream_notice", two_days, "2.4"),))
    change = a_change(session, a_source(session))
    run(session, RECEIVED)

    run(session, at("Wed 2024-11-13 00:00"))

    tuesday = [
        (AlarmKind.UPSTREAM_NOT_ARRIVED, "notice:2024-11-12:noon", at("Tue 2024-11-12 12:00")),
        (AlarmKind.UPSTREAM_NOT_ARRIVED, "notice:2024-11-12:four", at("Tue 2024-11-12 16:00")),
        (AlarmKind.UPSTREAM_NOT_ARRIVED, "notice:2024-11-12:target", at("Tue 2024-11-12 18:00")),
        (AlarmKind.UPSTREAM_OVERDUE, "notice:2024-11-12:overdue", at("Wed 2024-11-13 00:00")),
    ]
    assert stages(session) == LADDER + tuesday
    assert called(session) == [AlarmKind.UPSTREAM_OVERDUE] * 2

    arrive(session, impact_of(session, change, first).notice, at("Wed 2024-11-13 09:00"))
    run(session, at("Wed 2024-11-13 09:01"))
    assert [alarm.stage for alarm in open_alarms(session)] == ["notice:2024-11-12:overdue"]


def test_an_hour_after_receipt_somebody_must_map_and_read_it(session):
    an_order(session, 1)
    a_change(session, a_source(session), triage=None, actor=OPS, products=())

    run(session, at("Fri 2024-11-08 17:39:59"))
    assert stages(session) == []
    run(session, at("Fri 2024-11-08 17:40"))

    assert {kind for kind, *_ in stages(session)} == {AlarmKind.UPSTREAM_UNMAPPED, AlarmKind.UPSTREAM_UNREAD}
    assert {due for *_, due in stages(session)} == {at("Fri 2024-11-08 17:40")}


def test_reading_and_mapping_settle_it(session):
    an_order(session, 1)
    change = a_change(session, a_source(session), triage=None, actor=OPS)
    run(session, at("Fri 2024-11-08 17:40"))
    assert called(session) == [AlarmKind.UPSTREAM_UNREAD]

    decide_triage(
        session,
        change,
        Triage.UPSTREAM_CHANGE,
        reason="",
        version=change.version,
        actor=OFFICER,
        now=at("Fri 2024-11-08 18:00"),
    )

    assert called(session) == []


def test_what_nobody_mapped_is_called_about_on_the_due_day_too(session):
    an_order(session, 1)
    a_change(session, a_source(session), products=())

    run(session, at("Tue 2024-11-12 00:00"))

    assert [stage for _, stage, _ in stages(session)] == [
        "hour",
        "2024-11-11:noon",
        "2024-11-11:four",
        "2024-11-11:target",
        "2024-11-11:overdue",
    ]


@pytest.mark.parametrize("triage", [Triage.MAINTENANCE, Triage.IRRELEVANT])
def test_what_is_no_matter_of_2_4_calls_nobody(session, triage):
    an_order(session, 1)
    change = a_change(session, a_source(session), triage=None, products=())
    decide_triage(session, change, triage, reason="维护", version=change.version, actor=OFFICER, now=RECEIVED)

    run(session, at("Tue 2024-11-12 00:00"))

    assert stages(session) == []


def test_taking_the_last_agreement_out_settles_them(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session), triage=None)
    run(session, at("Mon 2024-11-11 12:00"))
    assert AlarmKind.UPSTREAM_NOT_ARRIVED in called(session)

    impact = impact_of(session, change, agreement)
    exempt(session, impact, reason="未使用", actor=APPROVER, now=at("Mon 2024-11-11 12:30"))

    assert called(session) == []


def test_a_withdrawal_has_its_own_ladder(session):
    an_order(session, 1)
    change = a_change(session, a_source(session))
    run(session, RECEIVED)
    arrive(session, letters(session)[0], at("Mon 2024-11-11 09:00"))
    run(session, at("Mon 2024-11-11 09:01"))
    now = at("Tue 2024-11-12 15:00")
    withdraw(session, change, Withdrawal(now, "维持原价"), version=change.version, actor=OFFICER, now=now)

    run(session, at("Wed 2024-11-13 12:00"))

    assert [stage for _, stage, _ in stages(session)] == ["withdrawal:2024-11-13:noon"]


def test_domain_4_3_a_tenant_without_an_address_calls_a_person_and_is_reached_once_it_has_one(session):
    agreement = a_paid_agreement(session)
    a_change(session, a_source(session))

    run(session, RECEIVED)
    [letter] = letters(session)
    assert letter.state is NoticeState.APPROVED
    assert called(session) == [AlarmKind.UPSTREAM_NO_ADDRESS]
    assert run(session, RECEIVED) == 0

    confirm_notice_address(
        session,
        agreement.tenant,
        "legal@tenant.example",
        signed_on=day("Sat 2024-11-09"),
        proof=an_upload(),
        actor=OFFICER,
        now=at("Sat 2024-11-09 10:00"),
    )
    run(session, at("Sat 2024-11-09 10:01"))

    assert letter.state is NoticeState.QUEUED
    assert called(session) == []


def test_or_it_is_served_on_paper(session):
    a_paid_agreement(session)
    a_change(session, a_source(session))
    run(session, RECEIVED)

    arrive(session, letters(session)[0], at("Sat 2024-11-09 09:00"))
    run(session, at("Sat 2024-11-09 09:01"))

    assert called(session) == []
