"""How each channel does: when it last took a message, how often it failed since, and for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from agreements.parties.models import Tenant
from compliance.notices.dispatch import address_of
from compliance.notices.models import DeliveryAttempt, Notice, Outbox
from compliance.notices.reading import masked
from compliance.notices.rules import FAILING_AFTER, Channel, OutboxState, Outcome

FAILING_CHANNEL_AFTER = 5
"""Failures in a row, of any messages, after which the channel itself is taken to fail."""

CHANNEL_FAULTS = (Outcome.TEMPORARY, Outcome.UNKNOWN)
"""What speaks against the channel. A refusal is about one address."""

MOST_ADDRESSES = 100


@dataclass(frozen=True, slots=True)
class FailingAddress:
    """An address that refused, or did not take a message after three tries; it shows its first letter and domain."""

    outbox: Outbox
    masked_address: str
    last: DeliveryAttempt | None


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """One channel now.

    last_taken_at  when it last took a message; None where never
    in_a_row       failures since then; `failing_since` is when the first of them ended
    failed_in_24_hours  by outcome
    """

    channel: Channel
    last_taken_at: datetime | None
    in_a_row: int
    failing_since: datetime | None
    failing_from: datetime | None
    failed_in_24_hours: dict[Outcome, int]
    waiting: int

    @property
    def is_failing(self) -> bool:
        return self.in_a_row >= FAILING_CHANNEL_AFTER


def standing_of(session: Session, channel: Channel, *, now: datetime) -> ChannelStanding:
    """Return how a channel does. `failing_from` is when the failure that made it a failing one ended, else None."""
    of_channel = (
        select(DeliveryAttempt).join(Outbox, Outbox.id == DeliveryAttempt.outbox_id).where(Outbox.channel == channel)
    )
    taken = session.scalars(
        of_channel.where(DeliveryAttempt.outcome == Outcome.ACCEPTED).order_by(DeliveryAttempt.id.desc()).limit(1)
    ).first()
    faults = of_channel.where(
        DeliveryAttempt.outcome.in_(CHANNEL_FAULTS), DeliveryAttempt.id > (taken.id if taken else 0)
    )
    first = list(session.scalars(faults.order_by(DeliveryAttempt.id).limit(FAILING_CHANNEL_AFTER)))
    counted = session.execute(
        select(DeliveryAttempt.outcome, func.count())
        .join(Outbox, Outbox.id == DeliveryAttempt.outbox_id)
        .where(
            Outbox.channel == channel,
            DeliveryAttempt.outcome != Outcome.ACCEPTED,
            DeliveryAttempt.ended_at > now - timedelta(hours=24),
        )
        .group_by(DeliveryAttempt.outcome)
    )
    return ChannelStanding(
        channel=channel,
        last_taken_at=taken.ended_at if taken else None,
        in_a_row=session.scalar(select(func.count()).select_from(faults.subquery())) or 0,
        failing_since=first[0].ended_at if first else None,
        failing_from=first[-1].ended_at if len(first) == FAILING_CHANNEL_AFTER else None,
        failed_in_24_hours={row[0]: row[1] for row in counted if row[0] is not None},
        waiting=session.scalar(
            select(func.count()).where(Outbox.channel == channel, Outbox.state == OutboxState.PENDING)
        )
        or 0,
    )


def failing_addresses(session: Session, channel: Channel) -> list[FailingAddress]:
    """Return the addresses that need a person, the newest messages first, at most a hundred."""
    rows = session.scalars(
        select(Outbox)
        .join(Notice, Notice.id == Outbox.notice_id)
        .options(joinedload(Outbox.notice).joinedload(Notice.tenant).joinedload(Tenant.party))
        .where(Outbox.channel == channel, _needs_a_person())
        .order_by(Outbox.id.desc())
        .limit(MOST_ADDRESSES)
    )
    return [FailingAddress(row, masked(address_of(session, row)), _last_attempt(session, row)) for row in rows]


def _needs_a_person() -> ColumnElement[bool]:
    tried = and_(Outbox.state.in_((OutboxState.PENDING, OutboxState.CLAIMED)), Outbox.attempts >= FAILING_AFTER)
    return or_(Outbox.state.in_((OutboxState.UNDELIVERABLE, OutboxState.HELD)), tried)


def _last_attempt(session: Session, outbox: Outbox) -> DeliveryAttempt | None:
    return session.scalars(
        select(DeliveryAttempt)
        .where(DeliveryAttempt.outbox_id == outbox.id)
        .order_by(DeliveryAttempt.id.desc())
        .limit(1)
    ).first()
