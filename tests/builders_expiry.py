"""Agreements and documents that end soon, and the expiry sweeps as the scheduler runs them."""

from datetime import timedelta

from sqlalchemy import select

from agreements.kernel.instants import end_of
from agreements.parties.documents import record_document
from agreements.parties.rules import DocumentType
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.sweeps import AGREEMENT_SWEEPS, DOCUMENT_SWEEPS
from tests.builders import at, day
from tests.builders_register import OFFICER, an_onboarded_agreement, an_upload

SWEEPS = AGREEMENT_SWEEPS + DOCUMENT_SWEEPS


def an_agreement_ending(session, last_day, **changed):
    """In force since 2024-07-28, its tenant reachable; the last day of service is given."""
    return an_onboarded_agreement(session, service_end_exclusive_at=end_of(day(last_day)), **changed)


def a_document(session, tenant, expires, *, kind=DocumentType.PRIOR_APPROVAL, now=None, **changed):
    """A sealed approval of the tenant's, valid through a day."""
    return record_document(
        session,
        tenant,
        kind,
        upload=an_upload("许可证.pdf"),
        **({"sealed": True} | changed),
        expires_on=day(expires),
        actor=OFFICER,
        now=now or at("Mon 2024-07-29 11:00"),
    )


def scan(session, now):
    """Run the expiry sweeps until nothing is left; returns how many acts they made."""
    acted = 0
    for _ in range(5):
        before = acted
        for each in SWEEPS:
            for item in each.find(session, due_by=now):
                acted += each.act(session, item, now=now) is not False
                session.flush()
        if acted == before:
            return acted
    raise AssertionError("the sweeps never come to rest")


def scan_daily(session, first, last):
    """Scan every day at 09:00, both days included."""
    moment = first
    while moment <= last:
        scan(session, moment)
        moment += timedelta(days=1)


def warnings_of(session, subject):
    """A subject's rows of all ends, by threshold, the longest first."""
    column = ExpiryWarning.agreement_id if hasattr(subject, "order_no") else ExpiryWarning.document_id
    return list(
        session.scalars(
            select(ExpiryWarning)
            .where(column == subject.id)
            .order_by(ExpiryWarning.bound_at, ExpiryWarning.threshold.desc())
            .execution_options(populate_existing=True)
        )
    )


def states(session, subject):
    """What became of each threshold: {30: "sent", …}; a silent one gives its reason."""
    return {row.threshold: (row.silence or row.state).value for row in warnings_of(session, subject)}
