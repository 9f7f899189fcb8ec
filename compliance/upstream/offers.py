"""Which products their sources have withdrawn, computed from stored bounds for any instant (clause 2.4, T-15)."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agreements.kernel.instants import start_of
from compliance.upstream.models import UpstreamChange, UpstreamProduct
from compliance.upstream.rules import RELEVANT, ChangeState


def withdrawn_products(session: Session, *, at: datetime) -> dict[int, datetime]:
    """Return from when on each product is, or will be, withdrawn, keyed by product id; the earliest where several are.

    A cancellation counts once legal has read it as one, from 0:00 of its effective date, whether or not a job has run
    and whatever has become of the notices. It ends where the source took it back or another source took over, by `at`,
    or where a correction took its place.
    """
    rows = session.execute(
        select(UpstreamProduct.product_id, UpstreamChange.effective_on)
        .join(UpstreamChange, UpstreamChange.id == UpstreamProduct.change_id)
        .where(
            UpstreamProduct.is_cancelled.is_(True),
            UpstreamChange.triage.in_(sorted(RELEVANT)),
            UpstreamChange.state != ChangeState.AMENDED,
            UpstreamChange.effective_on.is_not(None),
            or_(UpstreamProduct.restored_at.is_(None), UpstreamProduct.restored_at > at),
            or_(UpstreamChange.withdrawn_received_at.is_(None), UpstreamChange.withdrawn_received_at > at),
        )
    )
    found: dict[int, datetime] = {}
    for product_id, effective_on in rows:
        assert effective_on is not None, "asked for"
        since = start_of(effective_on)
        found[product_id] = min(since, found.get(product_id, since))
    return found
