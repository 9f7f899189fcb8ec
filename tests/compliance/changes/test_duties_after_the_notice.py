"""What follows a notice: a procedure that passes its date is a case of its own; an announced change calls on its day."""

from sqlalchemy import select

from compliance.alarms.announced_changes import SWEEPS
from compliance.alarms.models import Alarm
from compliance.breaches.actions import demand_draft
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseGround
from compliance.changes.announcing import drop_announced
from compliance.changes.procedures import complete_procedure
from compliance.changes.rules import ChangeKind, NoticeVia
from compliance.changes.taking_in import Missing, Reported, take_in_notice
from compliance.notices.rules import Language
from compliance.obligations.rules import FormLevel
from tests.builders import at, day
from tests.builders_compliance import an_agreement_in_service, sweep
from tests.builders_register import OFFICER, an_upload

TAKEN = at("Thu 2024-09-12 15:00")


def taken_in(session, *, occurred="Thu 2024-09-12", missing=None):
    agreement = an_agreement_in_service(session)
    return take_in_notice(
        session,
        agreement.tenant,
        [Reported(ChangeKind.LICENCE, "营业执照经营范围变更", day(occurred))],
        arrived_at=at("Thu 2024-09-12 14:00"),
        form=FormLevel.WRITTEN,
        via=NoticeVia.EMAIL,
        upload=an_upload(),
        missing=missing,
        actor=OFFICER,
        now=TAKEN,
    )


def run(session, now):
    return sum(
        each.act(session, item, now=now) is not False for each in SWEEPS for item in each.find(session, due_by=now)
    )


def test_clause_3_3_a_procedure_that_passes_its_date_opens_a_case_of_its_own(session):
    taken_in(session, missing=Missing("新营业执照盖章复印件", day("Mon 2024-09-30")))

    assert sweep(session, at("Mon 2024-09-30 23:59")) == 0
    assert sweep(session, at("Tue 2024-10-01 00:00")) == 1

    case = session.scalars(select(BreachCase)).one()
    assert (case.ground, case.suspected_as_of) == (CaseGround.CHANGE_PROCEDURE_OVERDUE, at("Tue 2024-10-01 00:00"))
    draft = demand_draft(session, case, stated_due_on=day("Wed 2024-10-16"), language=Language.ZH, actor=OFFICER)
    said = "".join(fact.text for fact in draft.particulars.facts) + "".join(draft.particulars.requests)
    assert "办结变更手续" in said
    assert "营业执照经营范围变更" in said
    assert "书面变更通知" not in said  # the notice itself was on time


def test_a_procedure_completed_on_its_last_day_is_no_breach(session):
    taken = taken_in(session, missing=Missing("新营业执照盖章复印件", day("Mon 2024-09-30")))

    complete_procedure(
        session,
        taken.changes[0],
        completed_at=at("Mon 2024-09-30 23:59"),
        note="已收到",
        upload=None,
        actor=OFFICER,
        now=at("Wed 2024-10-09 09:00"),
    )

    assert sweep(session, at("Wed 2024-10-09 10:00")) == 0


def test_an_announced_change_calls_a_person_once_on_its_day_until_it_is_dealt_with(session):
    taken = taken_in(session, occurred="Tue 2024-10-08")
    assert run(session, at("Mon 2024-10-07 23:59")) == 0

    assert run(session, at("Wed 2024-10-09 09:00")) == 1  # late, and once
    assert run(session, at("Wed 2024-10-09 09:01")) == 0

    alarm = session.scalars(select(Alarm)).one()
    assert alarm.as_of == at("Tue 2024-10-08 00:00")
    drop_announced(session, taken.announced[0], reason="已取消", actor=OFFICER, now=at("Wed 2024-10-09 10:00"))
    run(session, at("Wed 2024-10-09 10:01"))
    session.refresh(alarm)
    assert alarm.settled_at == at("Wed 2024-10-09 10:01")
