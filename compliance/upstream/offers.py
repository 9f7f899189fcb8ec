"""Which products their sources have withdrawn, computed from stored bounds for any instant (clause 2.4, T-15)."""

from datetime import datetime

from sqlalchemy import BindParameter, Subquery, bindparam, func, or_, select
from sqlalchemy.orm import Session

from agreements.kernel.db import UTCDateTime, rows_of
from agreements.kernel.instants import start_of
from compliance.upstream.models import UpstreamChange, UpstreamProduct
from compliance.upstream.rules import RELEVANT, ChangeState


def withdrawals(*, at: datetime | BindParameter[datetime]) -> Subquery:
    """Return, for a query to join, (product_id, withdrawn_on): the Shanghai date from whose 0:00 each is withdrawn.

    A cancellation counts once legal has read it as one, whether or not a job has run and whatever has become of the
    notices. It ends where the source took it back or another source took over, by `at`, or where a correction took its
    place. Where several cancel a product, the earliest counts.
    """
    return (
        select(UpstreamProduct.product_id, func.min(UpstreamChange.effective_on).label("withdrawn_on"))
        .join(UpstreamChange, UpstreamChange.id == UpstreamProduct.change_id)
        .where(
            UpstreamProduct.is_cancelled.is_(True),
            UpstreamChange.triage.in_(sorted(RELEVANT)),
            UpstreamChange.state != ChangeState.AMENDED,
            UpstreamChange.effective_on.is_not(None),
            or_(UpstreamProduct.restored_at.is_(None), UpstreamProduct.restored_at > at),
            or_(UpstreamChange.withdrawn_received_at.is_(None), UpstreamChange.withdrawn_received_at > at),
        )
        .group_by(UpstreamProduct.product_id)
        .subquery()
    )


_WITHDRAWN = select(withdrawals(at=bindparam("at", type_=UTCDateTime())))


def withdrawn_products(session: Session, *, at: datetime) -> dict[int, datetime]:
    """Return from when on each product is, or will be, withdrawn, keyed by product id."""
    return {product_id: start_of(on) for product_id, on in rows_of(session, _WITHDRAWN, at=at)}
