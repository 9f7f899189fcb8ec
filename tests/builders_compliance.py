"""Agreements in service, changes, overdue duties and cases for tests, through the real use cases."""

from sqlalchemy import select

from agreements.kernel.errors import Stale
from agreements.parties.actions import keep_upload
from compliance.breaches.actions import accept_rectification, confirm, demand_rectification
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import GroundClass
from compliance.breaches.sweeps import SWEEPS
from compliance.changes.actions import record_change
from compliance.changes.models import ChangeEvent
from compliance.changes.notifying import record_change_notice
from compliance.changes.rules import ChangeKind, ChangeSource, NoticeVia
from compliance.notices.arrivals import record_arrival
from compliance.notices.rules import ArrivalBasis, Language
from compliance.obligations.rules import FormLevel
from compliance.service.actions import activate_service
from tests.builders import at, day
from tests.builders_register import OFFICER, OPS, an_onboarded_agreement, an_upload


def an_agreement_in_service(session, **changed):
    """Activated on Tue 2024-07-30 10:00; the gateway allows from then on."""
    agreement = an_onboarded_agreement(session, **changed)
    activate_service(session, agreement, actor=OPS, now=at("Tue 2024-07-30 10:00"))
    return agreement


def a_change(session, agreement, *, occurred="Thu 2024-09-12", now=None, **changed):
    """The business licence changed; recorded the same day."""
    values = {
        "kind": ChangeKind.LICENCE,
        "description": "营业执照经营范围变更",
        "occurred_on": day(occurred),
        "source": ChangeSource.OWN_DISCOVERY,
        "proof": None,
    }
    return record_change(
        session,
        agreement.tenant,
        **(values | changed),
        actor=OFFICER,
        now=now or at("Thu 2024-09-12 15:00"),
    )


def sweep(session, now, *names):
    """Run the breach sweeps as the scheduler does, until nothing is left; returns how many acts they made."""
    acted = 0
    for _ in range(10):
        before = acted
        for each in SWEEPS:
            if names and each.name not in names:
                continue
            for item in each.find(session, due_by=now):
                try:
                    acted += each.act(session, item, now=now) is not False
                except Stale:
                    continue
                session.flush()
        if acted == before:
            break
    return acted


def the_case(session):
    return session.scalars(select(BreachCase)).one()


def a_suspected_case(session, *, now=None):
    agreement = an_agreement_in_service(session)
    a_change(session, agreement)
    sweep(session, now or at("Sat 2024-09-21 00:00"))
    return the_case(session)


def a_demanded_case(session, *, now=None, stated="Fri 2024-09-27"):
    """Confirmed and demanded on Mon 2024-09-23; the demand is queued."""
    case = a_suspected_case(session)
    now = now or at("Mon 2024-09-23 10:00")
    confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=now)
    demand_rectification(
        session,
        case,
        stated_due_on=day(stated),
        language=Language.ZH,
        version=case.version,
        actor=OFFICER,
        now=now,
    )
    return case


def arrive(session, notice, when, *, now=None):
    """The officer records personal service with proof: the notice has arrived."""
    return record_arrival(
        session,
        notice,
        basis=ArrivalBasis.PERSONAL,
        arrived_at=when,
        proof=keep_upload(session, an_upload("签收单.pdf"), now=now or when),
        note="当面签收",
        actor=OFFICER,
        now=now or when,
    )


def an_unrectified_case(session, *, now=None):
    """The demand arrived on Tue 2024-09-24 and its date passed; the sweep ran on Sat 2024-09-28 00:00."""
    case = a_demanded_case(session)
    arrive(session, case.demand_notice, at("Tue 2024-09-24 11:00"))
    sweep(session, now or at("Sat 2024-09-28 00:00"), "rectification_sweep")
    return case


def a_change_notice(session, case, *, arrived, form=FormLevel.WRITTEN, now=None):
    """The tenant's written notice of the change behind a case."""
    change_id = int(case.obligation.cause.removeprefix("change:"))
    change = session.get_one(ChangeEvent, change_id)
    return record_change_notice(
        session,
        case.agreement.tenant,
        [change],
        arrived_at=arrived,
        form=form,
        via=NoticeVia.EMAIL,
        upload=an_upload("变更通知.pdf"),
        actor=OFFICER,
        now=now or arrived,
    )


def a_cure(session, case, *, now):
    accept_rectification(session, case, note="已核验变更后的营业执照", version=case.version, actor=OFFICER, now=now)
