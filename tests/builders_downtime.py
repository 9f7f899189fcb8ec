"""An office that goes dark for thirty days over some four hundred deadlines of every kind, built by the use cases."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from agreements.calendar.actions import working_calendar
from agreements.kernel import clock
from agreements.kernel.db import unit_of_work
from agreements.kernel.instants import end_of, legal_date, start_of
from agreements.products.models import Product
from agreements.products.sources import ensure_source, link_source
from compliance.breaches.actions import confirm, demand_rectification
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import GroundClass
from compliance.notices.rules import Language
from compliance.scheduling.runner import tick_once
from compliance.service.actions import activate_service
from compliance.upstream.models import UpstreamChange
from tests import builders_upstream as upstream
from tests.builders import at
from tests.builders_compliance import a_change, arrive
from tests.builders_expiry import a_document
from tests.builders_register import OFFICER, OPS, a_paid_agreement, an_onboarded_agreement

DARK_FROM = at("Fri 2024-11-08 18:00")
BACK_AT = at("Sun 2024-12-08 18:00")
ANNOUNCED = "face-verify"
"""The product whose source has news."""

KNOWN_LATE = 3
"""Tenants whose notice came in time, while nobody was there to record it."""


@dataclass
class Office:
    """What was built; ids, for the sessions that made them are gone."""

    agreements: int = 0
    in_time: list[int] = field(default_factory=list)  # changes whose notice arrived in time, unrecorded
    poison: int = 0  # the agreement whose warning can't be written

    def order(self, session, make=an_onboarded_agreement, **changed):
        """An order of a tenant of its own."""
        self.agreements += 1
        number = self.agreements
        extra = {"address": f"legal{number}@tenant.example"} if make is an_onboarded_agreement else {}
        return make(
            session,
            order_no=f"3000000000{number:05}",
            tenant_name=f"示例{number}号商贸（武汉）有限公司",
            **extra,
            **changed,
        )


def spread(number, first, last):
    """The number-th of days spread evenly from first to last, both included, in turns."""
    days = (last - first).days + 1
    return first + timedelta(days=number * 7 % days)


FIRST, LAST = date(2024, 11, 9), date(2024, 12, 7)


def build(app):
    """Everything stands on Fri 2024-11-08 18:00, and the scheduler has just run for the last time."""
    office = Office()
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=at("Mon 2024-07-29 08:00"))
    for make in (_endings, _starts, _documents, _changes, _cases):
        with unit_of_work() as session:
            make(session, office)
    tick(at("Mon 2024-11-04 10:00"))
    with unit_of_work() as session:
        _demands(session)
        _upstream(session)
    tick(DARK_FROM)
    with unit_of_work() as session:
        _last_arrivals(session)
    return office


def tick(now):
    with unit_of_work() as session:
        clock.set_rehearsal_clock(session, now)
    return tick_once(due_by=now, now=now)


def _endings(session, office):
    """Service periods that end in the dark or soon after it."""
    for number in range(50):
        office.order(session, service_end_exclusive_at=end_of(spread(number, FIRST, LAST + timedelta(days=20))))
    unsigned = office.order(
        session, service_end_exclusive_at=end_of(date(2024, 12, 20)), provider_name=None, product_code="unsigned"
    )
    office.poison = unsigned.id


def _starts(session, office):
    for number in range(12):
        starts = spread(number, FIRST, LAST)
        office.order(session, make=a_paid_agreement, service_start_at=start_of(starts), product_code=ANNOUNCED)


def _documents(session, office):
    """Approvals of several authorities that expire in the dark or soon after it; some renewed: nothing left to say."""
    for number in range(64):
        if number % 4 == 0:
            tenant = office.order(session).tenant
        expires = spread(number, FIRST, LAST + timedelta(days=20))
        issuer = f"示例市第{number % 4}局"
        a_document(session, tenant, f"{expires:%a %Y-%m-%d}", issuer=issuer)
        if number % 10 == 0:
            a_document(session, tenant, "Mon 2025-12-01", issuer=issuer, now=at("Thu 2024-10-31 10:00"))


def _changes(session, office):
    """Changes of which no notice came; of the first few it came in time, and lies unrecorded."""
    for number in range(30):
        agreement = office.order(session)
        occurred = date(2024, 11, 1) + timedelta(days=number % 4)
        change = a_change(session, agreement, occurred=f"{occurred:%a %Y-%m-%d}", now=at("Mon 2024-11-04 09:00"))
        if number < KNOWN_LATE:
            office.in_time.append(change.id)


def _cases(session, office):
    """Tenants in service that missed a notice in October."""
    for _ in range(24):
        agreement = office.order(session)
        activate_service(session, agreement, actor=OPS, now=at("Tue 2024-07-30 10:00"))
        a_change(session, agreement, occurred="Mon 2024-10-14", now=at("Mon 2024-10-14 15:00"))


def _demands(session):
    """All of them were confirmed and told to rectify by a day in the dark."""
    now = at("Tue 2024-11-05 09:00")
    clock.set_rehearsal_clock(session, now)
    calendar = working_calendar(session)
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    worked = [day for day in days if calendar.is_working_day(day)]
    for number, case in enumerate(session.query(BreachCase).order_by(BreachCase.id)):
        confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=now)
        demand_rectification(
            session,
            case,
            stated_due_on=worked[-1 - number % len(worked)],
            language=Language.ZH,
            version=case.version,
            actor=OFFICER,
            now=now,
        )
        if number % 2:
            arrive(session, case.demand_notice, at("Wed 2024-11-06 11:00"))


def _upstream(session):
    """Two announcements of a source; their letters are on their way when the lights go out."""
    now = at("Fri 2024-11-08 16:40")
    clock.set_rehearsal_clock(session, now)
    source = ensure_source(session, "示例数据源", actor=OFFICER, now=now)
    session.flush()
    product = session.query(Product).filter_by(code=ANNOUNCED).one()
    link_source(session, source, product, actor=OFFICER, now=now)
    for number in range(2):
        upstream.a_change(
            session, source, received=now + timedelta(minutes=number), now=now + timedelta(minutes=number)
        )


def _last_arrivals(session):
    """The other half of the demands arrived in the last minute; nobody has started their clocks."""
    for case in session.query(BreachCase).order_by(BreachCase.id):
        if case.demand_notice is not None and case.demand_notice.arrived_at is None:
            arrive(session, case.demand_notice, DARK_FROM)


__all__ = ["BACK_AT", "DARK_FROM", "Office", "UpstreamChange", "build", "legal_date", "tick"]
